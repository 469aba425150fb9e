#include "parsers/kernel_log_probe.h"

#include "parsers/gctrace.h"
#include "parsers/kernel_log_line.h"
#include "parsers/kernel_log_prefix.h"
#include "parsers/kernel_log_scan.h"
#include "parsers/limits.h"
#include "parsers/scan.h"
#include "parsers/systemd_oom.h"
#include "parsers/text_line.h"

#define LINES_LOOKED_AT 50 /* for a kernel log in which nothing was killed */

static const struct klog_calendar no_calendar;

static bool is_text(struct slice head)
{
    for (size_t i = 0; i < head.len; i++) {
        unsigned char c = (unsigned char)head.ptr[i];

        /* NULs are the hole of a log that was truncated in place, ESC is dmesg's colours.
         */
        if (c < ' ' && c != '\t' && c != '\n' && c != '\r' && c != '\0' && c != '\x1b')
            return false;
    }
    return true;
}

static enum probe sure_if(bool is_sure)
{
    return is_sure ? PROBE_CERTAIN : PROBE_LIKELY;
}

static enum probe probe_line(struct slice text)
{
    struct klog_line line;
    struct klog_parsed p;
    struct systemd_oom o;
    struct klog_plain plain;

    klog_peel(klog_without_colours(text, &plain), &no_calendar, &line);
    klog_parse(line.text, &p);
    switch (p.kind) {
    case KLOG_TRIGGER:
    case KLOG_SUMMARY:
        return PROBE_CERTAIN;
    case KLOG_KILL:
    case KLOG_SACRIFICE:
        /* In the midst of a line it may be an event of Kubernetes in another format. */
        return sure_if(slice_starts(line.text, SLICE("Killed process ")) ||
                       slice_starts(line.text, SLICE("Memory cgroup out of memory: ")) ||
                       slice_starts(line.text, SLICE("Out of memory")));
    case KLOG_MEMORY:
    case KLOG_STATS:
    case KLOG_TABLE:
    case KLOG_REAPED:
    case KLOG_SYSTEM:
        return PROBE_LIKELY;
    default:
        break;
    }
    if (systemd_oom_parse(line.tag, line.text, &o))
        return sure_if(slice_eq(line.tag, SLICE("systemd-oomd")));
    return PROBE_NO;
}

static enum probe probe_candidates(struct slice head)
{
    const char *p = head.ptr, *end = p + head.len;
    enum probe best = PROBE_NO;
    uint64_t newlines = 0;

    while (p < end && best != PROBE_CERTAIN) {
        const char *found = klog_scan(p, end, &newlines), *start, *stop;
        enum probe answer;

        if (found == end)
            break;
        start = scan_line_start(p, found);
        stop = scan_line_end(found, end);
        answer = probe_line(slice_of(start, (size_t)(stop - start)));
        best = answer > best ? answer : best;
        p = stop < end ? stop + 1 : end;
    }
    return best;
}

/* Lines that only a kernel's log has, or, where there is nothing more to come, nothing
 * but lines with a stamp of the kernel's. */
static bool is_kernel_log(struct slice head, bool is_all)
{
    unsigned lines = 0, stamped = 0;

    while (head.len && lines < LINES_LOOKED_AT) {
        struct slice text = text_line_first(head, &head);
        struct klog_line line;
        struct klog_plain plain;

        klog_peel(klog_without_colours(text, &plain), &no_calendar, &line);
        if (slice_eq(line.tag, SLICE("kernel")) ||
            (line.is_record && slice_starts(line.text, SLICE("Linux version "))))
            return true;
        lines++;
        stamped += line.is_record && line.has_boot;
    }
    return is_all && lines > 0 && stamped == lines;
}

enum probe klog_probe(struct slice head, bool is_whole)
{
    bool is_all = is_whole || head.len >= LIMIT_PROBE_BYTES;
    enum probe answer;

    while (head.len && head.ptr[0] == '\0')
        head = slice_after(head, 1);
    if (!is_text(head))
        return PROBE_NO;
    answer = head.len ? probe_candidates(head) : PROBE_NO;
    /* A host's whole log may hold a Go program's lines, too: a kill is one record, they
     * are hundreds. */
    if (answer == PROBE_CERTAIN && gctrace_parser.probe(head, is_whole) == PROBE_CERTAIN)
        answer = PROBE_LIKELY;
    if (answer == PROBE_NO && is_kernel_log(head, is_all))
        answer = PROBE_LIKELY;
    if (answer != PROBE_NO || is_all)
        return answer;
    return head.len && (head.ptr[0] == '{' || head.ptr[0] == '#') ? PROBE_NO
                                                                  : PROBE_NEED_MORE;
}
