#include "parsers/gctrace_probe.h"

#include <stdlib.h>

#include "model/base/mem.h"
#include "parsers/gctrace.h"
#include "parsers/gctrace_line.h"
#include "parsers/gctrace_old.h"
#include "parsers/limits.h"
#include "parsers/scan.h"

/* Text has few control characters; NULs are the hole that a log truncated in place
 * leaves behind. */
static bool is_text(struct slice head)
{
    size_t odd = 0;

    for (size_t i = 0; i < head.len; i++) {
        unsigned char c = (unsigned char)head.ptr[i];

        odd += c < 32 && c != '\n' && c != '\r' && c != '\t' && c != 27 && c != 0;
    }
    return odd * 50 <= head.len;
}

static bool has_gc_record(struct slice head)
{
    const char *p = head.ptr, *end = p + head.len;
    enum scan_mark mark;
    uint64_t lines = 0;

    for (; (p = scan_mark(p, end, &lines, &mark)) < end; p += 2) {
        struct slice at = {p, (size_t)(end - p)};
        struct gctrace_record r;

        if (mark != SCAN_GC)
            continue;
        if (gctrace_old_is_here(at))
            return true;
        if (at.ptr[2] == ' ') {
            (void)gctrace_record_begin(&r, &at);
            if (r.section > GCTRACE_START)
                return true;
        }
    }
    return false;
}

static const char *count_sample(void *user, const struct sample *sample)
{
    size_t *count = user;

    (void)sample;
    ++*count;
    return NULL;
}

static const char *count_notice(void *user, const struct notice *notice)
{
    size_t *count = user;

    (void)notice;
    ++*count;
    return NULL;
}

static const char *ignore_cycle(void *user, const struct gc_cycle *cycle)
{
    (void)user;
    (void)cycle;
    return NULL;
}

/* The other lines have so many shapes that reading them is the simplest test. */
static bool has_companion(struct slice head)
{
    size_t count = 0;
    struct sink sink = {
        .user = &count,
        .gc_cycle = ignore_cycle,
        .sample = count_sample,
        .notice = count_notice,
    };
    struct diag *diag = mem_alloc(sizeof *diag);
    void *state = mem_alloc(gctrace_parser.state_bytes);
    struct err err;
    bool ok = gctrace_parser.open(state, &sink, diag) &&
              gctrace_parser.feed(state, head, &err) &&
              gctrace_parser.finish(state, &err);

    gctrace_parser.close(state);
    free(state);
    free(diag);
    return ok && count > 0;
}

enum probe gctrace_probe(struct slice head, bool is_whole)
{
    if (head.len == 0 || !is_text(head))
        return PROBE_NO;
    if (has_gc_record(head) || has_companion(head))
        return PROBE_CERTAIN;
    if (is_whole)
        return PROBE_NO;
    /* Megabytes of other output may come first: keep looking. */
    return head.len < LIMIT_PROBE_BYTES ? PROBE_NEED_MORE : PROBE_LIKELY;
}
