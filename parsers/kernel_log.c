#include "parsers/kernel_log.h"

#include <math.h>

#include "model/base/num.h"
#include "parsers/kernel_log_notice.h"
#include "parsers/kernel_log_probe.h"
#include "parsers/kernel_log_recent.h"
#include "parsers/kernel_log_report.h"
#include "parsers/kernel_log_scan.h"
#include "parsers/limits.h"
#include "parsers/lines.h"
#include "parsers/scan.h"
#include "parsers/systemd_oom.h"
#include "parsers/text_line.h"

struct kernel_log {
    const struct sink *sink;
    struct diag *diag;
    struct lines lines;
    struct klog_calendar calendar;
    bool has_wall;   /* a line told the wall-clock time */
    bool has_booted; /* … and the kernel's own beside it: the machine booted at boot_ns */
    int64_t boot_ns; /* Unix time */
    struct klog_reports reports;
    struct klog_recent recent;
    struct klog_path candidate; /* that oomd named last, and what it said of it */
    double candidate_bytes;
    struct text message;
};

static void skip(struct kernel_log *k, const struct klog_place *at, const char *reason)
{
    diag_skip(k->diag, at->offset_bytes, at->number, at->line.text, reason);
}

static void lost_report(void *user, const struct klog_report *r)
{
    struct kernel_log *k = user;
    struct klog_place at = {
        .line = {.text = klog_name_text(&r->trigger),
                 .time_kind = r->time_kind,
                 .time_ns = r->time_ns},
        .offset_bytes = r->offset_bytes,
        .number = r->number,
    };
    struct klog_kill kill = {
        .report = r, .time_kind = r->time_kind, .time_ns = r->time_ns};
    const char *reason = NULL;
    bool is_used;

    if (r->victim_pid >= 0) {
        /* A second logger's copy, of which the kill was known. */
        if (klog_recent_has_pid(&k->recent, &at, r->victim_pid))
            return;
        reason = klog_notice_kill(k->sink, &kill, &k->message);
    } else {
        reason = klog_notice_cgroup(k->sink, r, &is_used);
    }
    skip(k, &at, reason ? reason : "report of the OOM killer without its kill line");
}

static void take_kill(struct kernel_log *k, const struct klog_place *at,
                      const struct klog_parsed *p)
{
    struct klog_kill kill = {
        .line = p, .time_kind = at->line.time_kind, .time_ns = at->line.time_ns};
    struct klog_report *report;
    const char *reason;

    if (klog_recent_has(&k->recent, at, p)) {
        klog_reports_copied(&k->reports, at, p);
        return;
    }
    report = klog_reports_of_kill(&k->reports, at, p, lost_report, k);
    if (p->is_bare && !(report && (report->has_trigger || report->has_sacrifice)))
        return;
    kill.report = report;
    reason = klog_notice_kill(k->sink, &kill, &k->message);
    reason = reason ? reason : p->reason;
    if (reason)
        skip(k, at, reason);
    klog_recent_add(&k->recent, at, p);
    klog_recent_add_unit(&k->recent, at, klog_notice_path(report), true);
    if (report)
        klog_report_close(report);
}

/* A word on a kill whose own line may be lost. */
static void take_hearsay(struct kernel_log *k, const struct klog_place *at,
                         struct klog_parsed *p)
{
    if (klog_recent_has_pid(&k->recent, at, p->pid))
        return;
    p->kind = KLOG_KILL;
    take_kill(k, at, p);
}

static void take_systemd_kill(struct kernel_log *k, const struct klog_place *at,
                              const struct systemd_oom *o)
{
    bool by_kernel = o->kind == SYSTEMD_OOM_BY_KERNEL;
    double bytes = NAN;
    const char *reason;

    if (klog_recent_has_unit(&k->recent, at, o->unit, by_kernel))
        return;
    if (slice_eq(klog_path_text(&k->candidate), o->unit))
        bytes = k->candidate_bytes;
    reason = klog_notice_systemd(k->sink, &at->line, o, bytes, &k->message);
    if (reason)
        skip(k, at, reason);
    klog_recent_add_unit(&k->recent, at, o->unit, by_kernel);
}

static void take_systemd(struct kernel_log *k, const struct klog_place *at)
{
    struct systemd_oom o;

    if (!systemd_oom_parse(at->line.tag, at->line.text, &o))
        return;
    if (o.kind == SYSTEMD_OOM_CANDIDATE) {
        struct slice path = slice_first(o.unit, sizeof k->candidate.bytes);

        k->candidate.len = path.len;
        memcpy(k->candidate.bytes, path.ptr, path.len);
        k->candidate_bytes = NAN;
    } else if (o.kind == SYSTEMD_OOM_USAGE) {
        k->candidate_bytes = o.usage_bytes;
    } else {
        take_systemd_kill(k, at, &o);
    }
}

/* Of what programs write, a kill is taken only: the rest has the shape of many lines. */
static void take_message(struct kernel_log *k, const struct klog_place *at)
{
    bool by_kernel = at->line.tag.len == 0 || slice_eq(at->line.tag, SLICE("kernel"));
    struct klog_parsed p;

    klog_parse(at->line.text, &p);
    if (p.kind == KLOG_OTHER && by_kernel && klog_reports_open(&k->reports))
        (void)klog_parse_stat(at->line.text, &p);
    switch (p.kind) {
    case KLOG_OTHER:
        if (by_kernel)
            klog_reports_pass(&k->reports);
        take_systemd(k, at);
        break;
    case KLOG_TORN:
        skip(k, at, p.reason);
        break;
    case KLOG_KILL:
        take_kill(k, at, &p);
        break;
    case KLOG_REAPED:
    case KLOG_SYSTEM:
        take_hearsay(k, at, &p);
        break;
    default:
        if (by_kernel)
            klog_reports_take(&k->reports, at, &p, lost_report, k);
        break;
    }
}

/* One input has one clock. Where some lines tell the wall-clock time, one that has only
 * the kernel's is put beside them, or left without a time. */
static void settle_time(struct kernel_log *k, struct klog_line *line)
{
    if (line->time_kind == MOMENT_WALL) {
        k->has_wall = true;
        if (line->has_boot) {
            k->has_booted = true;
            k->boot_ns = num_sat_sub_i64(line->time_ns, line->boot_ns);
        }
    } else if (line->time_kind == MOMENT_BOOT && k->has_wall) {
        line->time_kind = k->has_booted ? MOMENT_WALL : MOMENT_UNKNOWN;
        line->time_ns = k->has_booted ? num_sat_add_i64(k->boot_ns, line->boot_ns) : 0;
    }
}

static void take_line(struct kernel_log *k, struct slice text, uint64_t offset_bytes,
                      uint64_t number)
{
    static const struct slice newline = SLICE_INIT("\\x0a");
    struct klog_place at = {.offset_bytes = offset_bytes, .number = number};
    struct klog_plain plain;
    struct slice rest;

    klog_peel(text_trim(klog_without_colours(text, &plain)), &k->calendar, &at.line);
    settle_time(k, &at.line);
    rest = at.line.text;
    /* A record of /dev/kmsg is one line, however many it stands for. */
    for (;;) {
        size_t len = at.line.is_record ? text_find(rest, newline) : rest.len;

        at.line.text = slice_first(rest, len);
        take_message(k, &at);
        if (len == rest.len)
            return;
        rest = slice_after(rest, len + newline.len);
    }
}

/* While no report is open, only lines with one of its words matter. */
static uint64_t take_run(void *user, const struct lines_run *run)
{
    struct kernel_log *k = user;
    const char *p = run->bytes.ptr, *end = p + run->bytes.len;
    uint64_t newlines = 0;

    /* The kernel writes no line of a megabyte: it is some program's. */
    if (run->is_head || run->cut_bytes)
        return !run->is_head && end > p && end[-1] == '\n';
    while (p < end) {
        const char *stop;

        if (!klog_reports_open(&k->reports)) {
            const char *found = klog_scan(p, end, &newlines);

            if (found == end)
                break;
            p = scan_line_start(p, found);
        }
        stop = scan_line_end(p, end);
        while (p < stop && *p == '\0')
            p++;
        take_line(k, slice_of(p, (size_t)(stop - p)),
                  run->offset_bytes + (uint64_t)(p - run->bytes.ptr),
                  run->first_line + newlines);
        if (stop == end)
            break;
        newlines++;
        p = stop + 1;
    }
    return newlines;
}

static bool kernel_log_open(void *state, const struct sink *sink, struct diag *diag)
{
    struct kernel_log *k = state;

    k->sink = sink;
    k->diag = diag;
    k->calendar = (struct klog_calendar){sink->has_mtime, sink->mtime_ns};
    k->candidate_bytes = NAN;
    return true;
}

static bool kernel_log_feed(void *state, struct slice bytes, struct err *err)
{
    struct kernel_log *k = state;

    (void)err; /* a bad line does not spoil the next */
    lines_feed(&k->lines, bytes, take_run, k);
    return true;
}

static bool kernel_log_finish(void *state, struct err *err)
{
    struct kernel_log *k = state;

    (void)err;
    lines_finish(&k->lines, take_run, k);
    klog_reports_finish(&k->reports, lost_report, k);
    return true;
}

static void kernel_log_close(void *state)
{
    struct kernel_log *k = state;

    lines_close(&k->lines);
    text_finish(&k->message);
}

const struct parser_ops kernel_log_parser = {
    .name = "kernel-log",
    .about = "kernel log (dmesg, journalctl -k, syslog): the OOM killer's reports, "
             "systemd-oomd's kills",
    .sign = "a line with \" invoked oom-killer:\", \"oom-kill:constraint=\", \"Killed "
            "process N (\" or of systemd-oomd; or lines of the kernel",
    .example = "[ 6307.099510] Memory cgroup out of memory: Killed process 4099 (lab) "
               "total-vm:2169520kB, anon-rss:522608kB, file-rss:7232kB, shmem-rss:0kB, "
               "UID:0 pgtables:1176kB oom_score_adj:0",
    .growth = PARSER_LINES,
    .state_bytes = sizeof(struct kernel_log),
    .probe = klog_probe,
    .open = kernel_log_open,
    .feed = kernel_log_feed,
    .finish = kernel_log_finish,
    .close = kernel_log_close,
};
