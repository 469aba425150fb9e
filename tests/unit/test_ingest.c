#include <criterion/criterion.h>
#include <stdlib.h>

#include "model/base/text.h"
#include "model/ingest.h"
#include "parsers/gctrace.h"
#include "tests/unit/session_of.h"
#include "tests/unit/support.h"

TestSuite(ingest, .fini = test_abort_on_leak);

struct expected {
    const char *series, *values;
};

static void expect_values(const struct session *s, const struct process *p,
                          const struct expected *want, size_t count)
{
    char got[SERIES_TEXT];

    for (size_t i = 0; i < count; i++)
        cr_expect_str_eq(process_values(got, s, p, want[i].series, 50), want[i].values,
                         "process %u, %s: %s", p->id, want[i].series, got);
}

#define HEAP " MB, 4 MB goal, 4 P"

/* Worked out by hand. Each cycle: 1 + 10 + 2 ms; assist 8, dedicated 20, idle 4, pauses
 * 12 ms of CPU, on four processors. */
static const char by_hand[] =
    "gc 1 @1.000s 1%: 1+10+2 ms clock, 4+8/20/4+8 ms cpu, 4->5->2" HEAP "\n"
    "gc 2 @2.013s 1%: 1+10+2 ms clock, 4+8/20/4+8 ms cpu, 12->13->3" HEAP "\n"
    /* Cycle 3 is missing: nothing can be said of what lies between. */
    "gc 4 @4.000s 1%: 1+10+2 ms clock, 4+8/20/4+8 ms cpu, 9->9->9" HEAP "\n"
    "gc 5 @4.513s 1%: 1+10+2 ms clock, 4+0/0/0+8 ms cpu, 8->9->9" HEAP " (forced)\n"
    /* Cut off: what lacks a part is missing. */
    "gc 6 @5.013s 1%: 1+10+2 ms clock, 4+8";

static const struct expected by_hand_values[] = {
    {"gc.cycles", "1 2 4 5 6"},
    {"gc.forced", "0 0 0 1 1"},
    {"gc.pause", "3000000 3000000 3000000 3000000 3000000"},
    {"gc.mark.wall", "10000000 10000000 10000000 10000000 10000000"},
    {"gc.cpu.stw", "12000000 12000000 12000000 12000000 -"},
    {"gc.interval", "- 1013000000 - 513000000 500000000"},
    /* 40 ms of 4 × 1013 ms; 12 of 4 × 513 */
    {"gc.cpu.fraction",
     "0.009871668311944718 0.009871668311944718 - 0.005847953216374269 -"},
    {"gc.assist.share", "0.25 0.25 0.25 - -"},
    /* (12 - 2) MiB in 1 s; a heap below the last live one is no negative rate */
    {"alloc.rate", "- 10485760 - 0 -"},
    {"heap.start", "4194304 12582912 9437184 8388608 -"},
    {"heap.live", "2097152 3145728 9437184 9437184 -"},
    {"sched.procs", "4 4 4 4 -"},
    {"x.gctrace.stacks", "- - - - -"},
};

Test(ingest, derived_by_hand)
{
    struct session *s = session_create();
    struct source *source =
        session_add_text(s, "log", &gctrace_parser, slice_str(by_hand));

    cr_assert_eq(s->process_count, 1);
    cr_expect_eq(source->records, 5);
    cr_expect_eq(source->diag.skipped, 1, "the torn one");
    expect_values(s, s->processes[0], by_hand_values, COUNT_OF(by_hand_values));
    session_destroy(s);
}

#define OLD(n)                                                                           \
    "gc" #n "(2): 1+1+0 ms 10 -> 5 MB 58439 -> 8912 (573381-564469) objects 1 handoff\n"

/* Before 1.5 a line has no time; what needs one is missing, not made up. */
static const struct expected old_values[] = {
    {"gc.cycles", "1 2 3"},       {"gc.pause", "2000000 2000000 2000000"},
    {"gc.interval", "- - -"},     {"alloc.rate", "- - -"},
    {"gc.cpu.fraction", "- - -"}, {"heap.live", "5242880 5242880 5242880"},
};

Test(ingest, eras_without_a_time)
{
    struct session *s = session_create();

    (void)session_add_text(s, "log", &gctrace_parser, SLICE(OLD(1) OLD(2) OLD(3)));
    cr_assert_eq(s->process_count, 1);
    expect_values(s, s->processes[0], old_values, COUNT_OF(old_values));
    cr_expect_eq(table_row_time(s->processes[0]->tracks[0]->table, 2),
                 2 * INT64_C(1000000000), "a second apart");
    session_destroy(s);
}

static const struct expected old_stamped_values[] = {
    {"gc.interval", "- 2000000000 0"},
    {"alloc.rate", "- 2624064.064064064 -"}, /* (10 - 5) MiB in 2 s less 2 ms */
};

Test(ingest, eras_without_a_time_take_the_log_s)
{
    struct session *s = session_create();
    const struct table *t;

    (void)session_add_text(
        s, "log", &gctrace_parser,
        SLICE("2026-11-21T12:00:00Z " OLD(1) "2026-11-21T12:00:02Z " OLD(2) OLD(3)));
    cr_assert_eq(s->process_count, 1);
    t = s->processes[0]->tracks[0]->table;
    cr_expect_eq(table_row_time(t, 1), INT64_C(1795262401998000000));
    expect_values(s, s->processes[0], old_stamped_values, COUNT_OF(old_stamped_values));
    session_destroy(s);
}

/* A first line without a stamp must not put the process's beginning into 1970. */
Test(ingest, a_stamp_that_comes_late)
{
    struct session *s = session_create();
    const struct table *t;

    (void)session_add_text(s, "log", &gctrace_parser,
                           SLICE(OLD(1) "2026-11-21T12:00:02Z " OLD(2) OLD(3)));
    cr_assert_eq(s->process_count, 1);
    t = s->processes[0]->tracks[0]->table;
    cr_expect_leq(table_row_time(t, 2) - table_row_time(t, 0), 3 * INT64_C(1000000000));
    session_destroy(s);
}

static const struct {
    const char *trace;
    size_t processes;
    const char *cycles[4]; /* of each, as far as they are looked at */
} logs[] = {
    {"gctrace/public-go118-go-test-many-processes.log",
     4,
     {"12 13 14", "1 2", "1 2", "1 2 3 4 5"}},
    {"gctrace/gen-go1.26-crashloop-cri.log", 3, {NULL}},
    {"gctrace/gen-go1.15-interleaved-stderr.log", 1, {NULL}},
    {"gctrace/gen-go1.26-interleaved-stderr.log", 1, {NULL}},
    {"gctrace/gcvis-go15_stderr.log", 1, {NULL}},
    {"gctrace/tebeka-map.gctrace", 4, {NULL}},
    {"append/gctrace.log.xz", 1, {NULL}},
    {"thrash/gctrace.log.zst", 1, {NULL}},
};

Test(ingest, tells_processes_apart)
{
    for (size_t i = 0; i < COUNT_OF(logs); i++) {
        struct session *s = session_create();
        struct source *source = session_add_trace(s, logs[i].trace);
        char got[SERIES_TEXT];

        cr_expect_eq(s->process_count, logs[i].processes, "%s: %zu", logs[i].trace,
                     s->process_count);
        for (size_t k = 0; k < COUNT_OF(logs[i].cycles) && logs[i].cycles[k]; k++)
            cr_expect_str_eq(process_values(got, s, s->processes[k], "gc.cycles", 50),
                             logs[i].cycles[k], "%s: %s", logs[i].trace, got);
        cr_expect_gt(source->records, 0);
        session_destroy(s);
    }
}

static const char rest[] =
    " @0.010s 1%: 1+10+2 ms clock, 4+8/20/4+8 ms cpu, 4->5->2" HEAP "\n";

/* A crash loop of months: what is beyond the limit is counted, and memory is bounded. */
Test(ingest, the_number_of_processes_is_limited)
{
    struct session *s = session_create();
    struct text t = {0};
    struct source *source;
    size_t bytes = 0;

    for (size_t i = 0; i < SESSION_PROCESSES_MAX + 10; i++)
        text_printf(&t, "gc 1%s", rest);
    source = session_add_text(s, "log", &gctrace_parser, slice_of(t.ptr, t.len));
    cr_expect_eq(s->process_count, SESSION_PROCESSES_MAX);
    cr_expect_eq(source->records, SESSION_PROCESSES_MAX);
    cr_expect_eq(source->diag.skipped, 10);
    cr_expect_str_eq(source->diag.kept[0].reason, "more processes than a session holds");
    cr_expect_eq(source->diag.kept[0].line, SESSION_PROCESSES_MAX + 1);
    for (size_t i = 0; i < s->process_count; i++)
        bytes += table_memory_bytes(s->processes[i]->tracks[0]->table);
    cr_expect_lt(bytes, (size_t)128 << 20, "%zu bytes", bytes);
    text_finish(&t);
    session_destroy(s);
}

/* A torn record that is given up after newer ones of its process came is no process of
 * its own. */
Test(ingest, a_record_that_comes_late)
{
    struct session *s = session_create();
    struct text t = {0};

    text_printf(&t, "gc 5%s", rest);
    text_put_str(&t, "gc 6 @0.100s 1%: 1+10+{\"level\":\"info\"}\n");
    text_put_str(&t, "gc 8 @0.300s 1%: 1+10+2 ms clock, 4+8/20/4+8 ms cpu, 4->5->2" HEAP
                     "\n");
    text_put_str(&t, "gc 9 @0.400s 1%: 1+10+2 ms clock, 4+8/20/4+8 ms cpu, 4->5->2" HEAP
                     "\n");
    (void)session_add_text(s, "log", &gctrace_parser, slice_of(t.ptr, t.len));
    cr_expect_eq(s->process_count, 1, "%zu processes", s->process_count);
    text_finish(&t);
    session_destroy(s);
}
