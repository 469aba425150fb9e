/* The watcher in sessions whose sources give as time goes on. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/align.h"
#include "model/base/num.h"
#include "model/base/text.h"
#include "model/detect/watch.h"
#include "model/ingest.h"
#include "model/session.h"
#include "tests/unit/made.h"
#include "tests/unit/support.h"

TestSuite(live_watch, .fini = test_abort_on_leak);

#define SECONDS 600

struct live {
    struct session *session;
    struct watch *watch;
};

static struct live begin(void)
{
    struct live l = {.session = session_create()};

    l.session->is_streamed = true;
    l.session->limit_bytes = 400 * MADE_MIB;
    l.session->limit_source = "--limit";
    l.session->is_limit_given = true;
    l.watch = watch_create(l.session, NULL);
    return l;
}

static void finish(struct live *l)
{
    watch_destroy(l->watch);
    session_destroy(l->session);
}

/* What the session does each second. */
static void beat(struct live *l)
{
    l->session->revision++;
    align_session(l->session);
    while (watch_advance(l->watch, 100))
        continue;
}

static struct track *add_process(struct session *s)
{
    struct track *t = session_add_process(s, session_add_source(s, "made"));

    t->clock = CLOCK_WALL;
    (void)table_column(t->table, METRIC_HEAP_LIVE, 0);
    (void)table_column(t->table, METRIC_HEAP_GOAL, 0);
    return t;
}

/* 60 MiB, more from 200 s on. */
static void append(struct track *t, int64_t second, bool leaks)
{
    uint64_t seed = (uint64_t)second;
    double live = 60 + (leaks && second > 200 ? 0.3 * (double)(second - 200) : 0) +
                  (double)test_random_below(&seed, 1000) / 1000;
    double values[] = {live * MADE_MIB, 2 * live * MADE_MIB};

    table_append(t->table, second * MADE_S, values);
}

static char *told(const struct session *s)
{
    struct text t = {0};
    char *copy;

    for (size_t i = 0; i < s->finding_count; i++) {
        const struct event *e = s->findings[i];

        text_printf(&t, "%u %s %lld %lld %s\n", (unsigned)e->process->id,
                    event_kind_name(e->kind), (long long)e->time_ns,
                    (long long)e->detected_ns, e->message);
    }
    copy = malloc(t.len + 1);
    if (!copy)
        abort();
    memcpy(copy, text_str(&t), t.len + 1);
    text_finish(&t);
    return copy;
}

static bool has_kind(const struct session *s, const struct process *p,
                     enum event_kind kind)
{
    for (size_t i = 0; i < s->finding_count; i++) {
        if (s->findings[i]->process == p && s->findings[i]->kind == kind)
            return true;
    }
    return false;
}

/* Sources that come and go, with the pace at which the watcher looks. */
static char *told_of_made(size_t pace)
{
    struct live l = begin();
    struct track *t = add_process(l.session), *late = NULL, *second_run = NULL;
    char *text;

    for (int64_t second = 0; second < SECONDS; second++) {
        double goroutines = 100 + (double)second;

        append(t, second, true);
        if (second == 150) {
            late = session_add_track(l.session, t->process,
                                     session_add_source(l.session, "late"));
            late->clock = CLOCK_WALL;
            (void)table_column(late->table, METRIC_SCHED_GOROUTINES, 0);
        }
        if (late)
            table_append(late->table, second * MADE_S, &goroutines);
        if (second == 300)
            second_run = add_process(l.session);
        if (second_run)
            append(second_run, second, true);
        l.session->revision++;
        align_session(l.session);
        while (watch_advance(l.watch, pace))
            continue;
    }
    text = told(l.session);
    finish(&l);
    return text;
}

/* The same beats give the same findings, known at the same moments. */
Test(live_watch, says_the_same_of_the_same_beats)
{
    char *want = told_of_made(1), *got = told_of_made(100000);

    cr_expect(strstr(want, "1 leak "), "%s", want);
    cr_expect_str_eq(got, want);
    free(want);
    free(got);
}

/* A source's past, read at once, is told as if it had been watched all along. */
Test(live_watch, says_the_same_of_a_past_read_at_once)
{
    struct live slow = begin(), fast = begin();
    struct track *a = add_process(slow.session), *b = add_process(fast.session);
    char *want, *got;

    for (int64_t second = 0; second < SECONDS; second++) {
        append(a, second, true);
        append(b, second, true);
        beat(&slow);
    }
    beat(&fast);
    want = told(slow.session);
    got = told(fast.session);
    cr_expect(strstr(want, "leak "), "%s", want);
    cr_expect_str_eq(got, want);
    free(want);
    free(got);
    finish(&slow);
    finish(&fast);
}

static const struct event *watch_leak(struct live *l, struct track *t)
{
    for (int64_t second = 0; second < SECONDS; second++) {
        append(t, second, true);
        beat(l);
    }
    cr_assert(has_kind(l->session, t->process, EVENT_LEAK));
    return l->session->findings[0];
}

Test(live_watch, keeps_findings_when_another_process_begins)
{
    struct live l = begin();
    struct track *t = add_process(l.session), *next;
    const struct event *first = watch_leak(&l, t);
    size_t count = l.session->finding_count;

    next = add_process(l.session);
    for (int64_t second = SECONDS; second < SECONDS + 60; second++) {
        append(next, second, false);
        beat(&l);
    }
    cr_expect_eq(l.session->finding_count, count);
    cr_expect(l.session->findings[0] == first, "the same event");
    finish(&l);
}

/* Another's clock is found to have been wrong: only that one is looked at again. */
Test(live_watch, forgets_only_the_process_that_moved)
{
    struct live l = begin();
    struct track *calm = add_process(l.session), *t = add_process(l.session);
    const struct event *first;

    for (int64_t second = 0; second < SECONDS; second++)
        append(calm, second, false);
    first = watch_leak(&l, t);
    calm->clock = CLOCK_MATCHED;
    calm->origin_ns = 5 * MADE_S;
    beat(&l);
    cr_expect(l.session->findings[0] == first, "the same event");
    t->clock = CLOCK_MATCHED;
    t->origin_ns = 5 * MADE_S;
    beat(&l);
    cr_assert(has_kind(l.session, t->process, EVENT_LEAK));
    for (size_t i = 0; i < l.session->finding_count; i++)
        cr_expect_lt(l.session->findings[i]->detected_ns, (SECONDS + 5) * MADE_S);
    finish(&l);
}

Test(live_watch, keeps_findings_when_a_clock_gets_better)
{
    struct live l = begin();
    struct track *t = add_process(l.session);
    const struct event *first = watch_leak(&l, t);
    size_t count = l.session->finding_count;

    t->clock = CLOCK_MATCHED;
    for (int i = 1; i <= 20; i++) {
        t->origin_ns -= 90 * NS_PER_MS;
        append(t, SECONDS + i, true);
        beat(&l);
    }
    cr_expect_geq(l.session->finding_count, count);
    cr_expect(l.session->findings[0] == first, "the same event");
    finish(&l);
}

/* A source that is added after hours: its past is not told as news. */
Test(live_watch, takes_a_late_source_from_now_on)
{
    struct live l = begin();
    struct track *t = add_process(l.session), *late;
    const struct event *first = watch_leak(&l, t);

    late = session_add_track(l.session, t->process, session_add_source(l.session, "b"));
    late->clock = CLOCK_WALL;
    (void)table_column(late->table, METRIC_SCHED_GOROUTINES, 0);
    for (int64_t second = 0; second < SECONDS; second++) {
        double value = 100 + 100 * (double)second;

        table_append(late->table, second * MADE_S, &value);
    }
    beat(&l);
    cr_expect(l.session->findings[0] == first, "the same event");
    cr_expect(!has_kind(l.session, t->process, EVENT_GOROUTINE_GROWTH));
    cr_expect_eq(watch_progress(l.watch), 1, "its past is done with");
    finish(&l);
}

/* Watched apart, then found to be one: nothing is left of the one that is gone. */
Test(live_watch, looks_at_joined_processes_as_one)
{
    struct live l = begin();
    struct track *t = add_process(l.session), *gone = add_process(l.session);
    struct process *from = gone->process;

    for (int64_t second = 0; second < SECONDS; second++)
        append(gone, second, true);
    (void)watch_leak(&l, t);
    cr_assert(has_kind(l.session, from, EVENT_LEAK));
    session_join(l.session, t->process, from);
    beat(&l);
    cr_expect(has_kind(l.session, t->process, EVENT_LEAK));
    for (size_t i = 0; i < l.session->finding_count; i++)
        cr_expect(l.session->findings[i]->process == t->process);
    finish(&l);
}

/* The source that knows best ends; the other, which goes on, sees the leak. */
Test(live_watch, listens_to_another_when_a_source_falls_silent)
{
    struct live l = begin();
    struct track *t = add_process(l.session), *other;

    t->source->format = "gctrace";
    other = session_add_track(l.session, t->process, session_add_source(l.session, "b"));
    other->clock = CLOCK_WALL;
    (void)table_column(other->table, METRIC_HEAP_LIVE, 0);
    (void)table_column(other->table, METRIC_HEAP_GOAL, 0);
    for (int64_t second = 0; second < SECONDS; second++) {
        if (second < 100)
            append(t, second, false);
        append(other, second, true);
        beat(&l);
    }
    cr_expect(has_kind(l.session, t->process, EVENT_LEAK));
    finish(&l);
}

/* Rows that are gone cannot be looked at again; those that are left are. */
Test(live_watch, looks_again_from_where_rows_are_left)
{
    struct live l = begin();
    struct track *t = add_process(l.session);

    for (int64_t second = 0; second < 9000; second++)
        append(t, second, false);
    beat(&l);
    table_retire(t->table, 8000 * MADE_S);
    cr_assert_gt(table_first_row(t->table), 0);
    t->clock = CLOCK_MATCHED;
    t->origin_ns = 5 * MADE_S;
    beat(&l);
    cr_expect_eq(watch_progress(l.watch), 1);
    cr_expect_eq(l.session->finding_count, 0);
    finish(&l);
}

static struct gc_cycle cycle(uint32_t number, int64_t start_ns, int64_t stamp_ns)
{
    return (struct gc_cycle){.number = number,
                             .has_start = true,
                             .start_ns = start_ns,
                             .stamp = STAMP_OWN,
                             .stamp_ns = stamp_ns,
                             .stamp_step_ns = 1,
                             .heap_live = 60 * MADE_MIB,
                             .heap_start = 60 * MADE_MIB,
                             .heap_goal = 120 * MADE_MIB,
                             .procs = 4};
}

static void feed_two_runs(struct session *s)
{
    struct ingest *in = ingest_create(s, session_add_source(s, "gc.log"));
    const struct sink *sink = ingest_sink(in);

    for (int run = 0; run < 2; run++) {
        for (uint32_t number = 1; number <= 20; number++) {
            int64_t start_ns = (int64_t)number * MADE_S;
            struct gc_cycle c = cycle(number, start_ns, start_ns + run * 24 * MADE_S);

            cr_assert_null(sink->gc_cycle(sink->user, &c));
        }
    }
    align_session(s);
    ingest_destroy(in);
}

Test(live_watch, tells_that_a_process_restarted)
{
    struct live l = begin();
    const struct event *e;

    feed_two_runs(l.session);
    cr_assert_eq(l.session->process_count, 2);
    cr_assert_eq(l.session->event_count, 1);
    e = l.session->events[0];
    cr_expect_eq(e->kind, EVENT_RESTART);
    cr_expect_eq(e->severity, SEVERITY_NOTICE);
    cr_expect(e->process == l.session->processes[1]);
    cr_expect(e->has_time && llabs(e->time_ns - 25 * MADE_S) < MADE_S / 10, "%lld",
              (long long)e->time_ns);
    cr_expect_str_eq(e->message,
                     "a new process began after the one before it was silent for 5.0 s");
    finish(&l);
}

/* Of a file everything is there at once: its processes are listed, that is enough. */
Test(live_watch, tells_no_restarts_of_files)
{
    struct session *s = session_create();

    feed_two_runs(s);
    cr_expect_eq(s->process_count, 2);
    cr_expect_eq(s->event_count, 0);
    session_destroy(s);
}

static void feed_snapshot(struct ingest *in, int64_t second, double total)
{
    struct mem_snapshot snapshot = {.has_time = true,
                                    .time_ns = second * MADE_S,
                                    .total_alloc = total,
                                    .mallocs = total / 100,
                                    .heap_alloc = 60 * MADE_MIB};

    cr_assert_null(ingest_sink(in)->mem_snapshot(in, &snapshot));
}

/* Two sources of one process tell its beginning: one event, and its echo. */
Test(live_watch, tells_a_restart_once)
{
    struct live l = begin();
    struct ingest *in[2];
    size_t own = 0;

    for (int i = 0; i < 2; i++)
        in[i] = ingest_create(l.session, session_add_source(l.session, i ? "b" : "a"));
    for (int64_t second = 0; second < 100; second++) {
        for (int i = 0; i < 2; i++)
            feed_snapshot(in[i], second, 1e6 * (double)(second % 50 + 1));
        beat(&l);
    }
    cr_expect_eq(l.session->process_count, 2, "%zu", l.session->process_count);
    cr_expect_eq(l.session->event_count, 2);
    for (size_t i = 0; i < l.session->event_count; i++)
        own += !l.session->events[i]->echo_of;
    cr_expect_eq(own, 1);
    for (int i = 0; i < 2; i++)
        ingest_destroy(in[i]);
    finish(&l);
}

/* A kill that names the process is its end; one that only looks like it says nothing of
 * a process that goes on. */
Test(live_watch, lays_only_named_kills_to_who_still_speaks)
{
    for (int is_named = 0; is_named < 2; is_named++) {
        struct live l = begin();
        struct track *t = add_process(l.session);
        struct notice n = notice_empty(EVENT_OOM_KILLED);

        t->process->pid = 77;
        for (int64_t second = 0; second < 50; second++) {
            append(t, second, false);
            beat(&l);
        }
        n.time_kind = MOMENT_WALL;
        n.time_ns = 50 * MADE_S;
        n.pid = is_named ? 77 : -1;
        n.message = SLICE("killed");
        cr_assert_not_null(session_add_event(l.session, t->source, &n));
        beat(&l);
        cr_expect_eq(t->process->end, is_named ? END_OOM_KILLED : END_UNKNOWN);
        for (int i = 0; i < 40; i++)
            beat(&l);
        cr_expect_eq(t->process->end, END_OOM_KILLED, "silent since");
        finish(&l);
    }
}
