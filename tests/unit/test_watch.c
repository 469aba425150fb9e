/* The watcher: every row once, in the order of time, whatever happens to the session. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/base/compiler.h"
#include "model/base/text.h"
#include "model/detect/watch.h"
#include "model/session.h"
#include "tests/unit/made.h"
#include "tests/unit/support.h"

TestSuite(watch, .fini = test_abort_on_leak);

#define SECONDS 600

static struct session *empty_session(void)
{
    struct session *s = session_create();

    s->limit_bytes = 400 * MADE_MIB;
    s->limit_source = "--limit";
    s->is_limit_given = true;
    return s;
}

/* A process of 60 MiB, which leaks from 200 s on or does not. */
static void append(struct track *t, int64_t second, bool leaks)
{
    uint64_t seed = (uint64_t)second;
    double live = 60 + (leaks && second > 200 ? 0.3 * (double)(second - 200) : 0) +
                  (double)test_random_below(&seed, 1000) / 1000;
    double values[] = {live * MADE_MIB, 2 * live * MADE_MIB};

    table_append(t->table, second * MADE_S, values);
}

static struct track *add_process(struct session *s)
{
    struct track *t = session_add_process(s, session_add_source(s, "made"));

    (void)table_column(t->table, METRIC_HEAP_LIVE, 0);
    (void)table_column(t->table, METRIC_HEAP_GOAL, 0);
    return t;
}

static struct track *add_whole_process(struct session *s, bool leaks)
{
    struct track *t = add_process(s);

    for (int64_t second = 0; second < SECONDS; second++)
        append(t, second, leaks);
    return t;
}

static void advance_all(struct watch *w, size_t rows)
{
    while (watch_advance(w, rows))
        continue;
}

static void watch_all(struct session *s)
{
    struct watch *w = watch_create(s, NULL);

    advance_all(w, 1000);
    watch_destroy(w);
}

/* All that was found of a process, and of its forecasts the number, as text. */
static char *told_of(const struct session *s, const struct process *p, int64_t shift_ns)
{
    struct text t = {0};
    char *told;

    for (size_t i = 0; i < s->finding_count; i++) {
        const struct event *e = s->findings[i];

        if (e->process == p)
            text_printf(&t, "%s %u %lld %lld %s\n", event_kind_name(e->kind),
                        (unsigned)e->metric, (long long)(e->time_ns - shift_ns),
                        (long long)(e->detected_ns - shift_ns), e->message);
    }
    text_printf(&t, "%zu forecasts", p->forecasts.count);
    told = malloc(t.len + 1);
    if (!told)
        abort();
    memcpy(told, text_str(&t), t.len + 1);
    text_finish(&t);
    return told;
}

static void expect_told(const struct session *s, const struct process *p,
                        int64_t shift_ns, const char *want, const char *name)
{
    char *got = told_of(s, p, shift_ns);

    cr_expect_str_eq(got, want, "%s", name);
    free(got);
}

/* What a leaking process by itself is told. */
static char *told_of_leak(void)
{
    struct session *s = empty_session();
    char *told;

    (void)add_whole_process(s, true);
    watch_all(s);
    told = told_of(s, s->processes[0], 0);
    cr_assert(strstr(told, "leak ") && strstr(told, "pre-oom "), "%s", told);
    session_destroy(s);
    return told;
}

static const size_t paces[] = {1, 7, 600, 100000};

Test(watch, says_the_same_at_any_pace)
{
    char *want = told_of_leak();

    for (size_t i = 0; i < COUNT_OF(paces); i++) {
        struct session *s = empty_session();
        struct watch *w;

        (void)add_whole_process(s, true);
        w = watch_create(s, NULL);
        advance_all(w, paces[i]);
        expect_told(s, s->processes[0], 0, want, "at once or in steps");
        watch_destroy(w);
        session_destroy(s);
    }
    free(want);
}

/* A live source says the same as its recording, and has said it by then. */
Test(watch, of_a_live_source_is_as_of_its_recording)
{
    char *want = told_of_leak();
    struct session *s = empty_session();
    struct track *t = add_process(s);
    struct watch *w = watch_create(s, NULL);

    for (int64_t second = 0; second < SECONDS; second++) {
        append(t, second, true);
        s->revision++;
        advance_all(w, 100);
        for (size_t i = 0; i < s->finding_count; i++)
            cr_assert_leq(s->findings[i]->detected_ns, second * MADE_S);
    }
    expect_told(s, s->processes[0], 0, want, "live");
    watch_destroy(w);
    session_destroy(s);
    free(want);
}

Test(watch, tells_processes_apart)
{
    char *want = told_of_leak();
    struct session *s = empty_session();
    struct track *calm = add_process(s), *leaking = add_process(s);
    struct watch *w = watch_create(s, NULL);

    for (int64_t second = 0; second < SECONDS; second++) {
        append(calm, second, false);
        append(leaking, second, true);
        advance_all(w, 100);
    }
    expect_told(s, leaking->process, 0, want, "the one that leaks");
    expect_told(s, calm->process, 0, "0 forecasts", "the one that does not");
    watch_destroy(w);
    session_destroy(s);
    free(want);
}

/* Alignment moved a source: what was found is found again where it is now, once. */
Test(watch, looks_again_when_sources_move)
{
    char *want = told_of_leak();
    struct session *s = empty_session();
    struct track *t = add_whole_process(s, true);
    struct watch *w = watch_create(s, NULL);

    advance_all(w, 100);
    expect_told(s, t->process, 0, want, "as it was");
    for (int64_t moved_s = 1000; moved_s >= -1000; moved_s -= 1000) {
        t->origin_ns = moved_s * MADE_S;
        s->revision++;
        advance_all(w, 100);
        expect_told(s, t->process, t->origin_ns, want, "moved");
    }
    watch_destroy(w);
    session_destroy(s);
    free(want);
}

/* Moved in the middle of the way: nothing of the first half is said twice. */
Test(watch, looks_again_from_the_beginning)
{
    char *want = told_of_leak();
    struct session *s = empty_session();
    struct track *t = add_process(s);
    struct watch *w = watch_create(s, NULL);

    for (int64_t second = 0; second < SECONDS; second++) {
        append(t, second, true);
        if (second == 450) {
            t->origin_ns = 77 * MADE_S;
            s->revision++;
        }
        advance_all(w, 100);
    }
    expect_told(s, t->process, 77 * MADE_S, want, "moved on the way");
    watch_destroy(w);
    session_destroy(s);
    free(want);
}

/* What else changes in a session is no reason to forget. */
Test(watch, keeps_what_it_said_when_others_come)
{
    char *want = told_of_leak();
    struct session *s = empty_session();
    struct track *t = add_whole_process(s, true), *other;
    struct watch *w = watch_create(s, NULL);
    const struct event *first;

    advance_all(w, 100);
    cr_assert(s->finding_count > 0);
    first = s->findings[0];
    other = add_whole_process(s, false);
    (void)made_kill(s, 590, NAN, NAN);
    s->revision++;
    advance_all(w, 100);
    cr_expect(s->findings[0] == first, "the same event, not another like it");
    expect_told(s, t->process, 0, want, "the first");
    expect_told(s, other->process, 0, "0 forecasts", "the other");
    watch_destroy(w);
    session_destroy(s);
    free(want);
}

/* Two that turn out to be one. */
Test(watch, looks_again_when_processes_join)
{
    struct session *s = empty_session(), *whole = empty_session();
    struct track *live, *goroutines;
    struct watch *w = watch_create(s, NULL);
    char *want;

    for (int i = 0; i < 2; i++) {
        struct session *of = i ? whole : s;
        struct track *t = add_whole_process(of, true);

        goroutines = i ? session_add_track(of, t->process, session_add_source(of, "b"))
                       : session_add_process(of, session_add_source(of, "b"));
        live = t;
        (void)table_column(goroutines->table, METRIC_SCHED_GOROUTINES, 0);
        for (int64_t second = 0; second < SECONDS; second++) {
            double value = 100;

            table_append(goroutines->table, second * MADE_S + MADE_S / 2, &value);
        }
        if (i == 0) {
            advance_all(w, 100);
            session_join(s, live->process, goroutines->process);
            s->revision++;
            advance_all(w, 100);
            cr_expect_eq(s->process_count, 1);
        }
    }
    watch_all(whole);
    want = told_of(whole, whole->processes[0], 0);
    expect_told(s, s->processes[0], 0, want, "joined");
    cr_expect_eq(s->finding_count, whole->finding_count, "none left of the other");
    free(want);
    watch_destroy(w);
    session_destroy(s);
    session_destroy(whole);
}

/* A metric that two sources give is taken from the one that knows it best. */
Test(watch, takes_a_metric_from_one_source)
{
    char *want = told_of_leak();
    struct session *s = empty_session();
    struct track *t = add_whole_process(s, true);
    struct track *rare = session_add_track(s, t->process, session_add_source(s, "rare"));

    (void)table_column(rare->table, METRIC_HEAP_LIVE, 0);
    for (int64_t second = 0; second < SECONDS; second += 15) {
        double value = 5 * MADE_MIB; /* nonsense that must not be mixed in */

        table_append(rare->table, second * MADE_S, &value);
    }
    watch_all(s);
    expect_told(s, t->process, 0, want, "the source with more points");
    session_destroy(s);
    free(want);
}

/* One source is behind: its rows come late, but time does not run backwards. */
Test(watch, takes_late_rows_as_of_now)
{
    struct session *s = empty_session();
    struct track *t = add_process(s);
    struct track *late = session_add_track(s, t->process, session_add_source(s, "late"));
    struct watch *w = watch_create(s, NULL);
    double value = 60 * MADE_MIB;
    int64_t known_ns = INT64_MIN;

    (void)table_column(late->table, METRIC_MEM_RSS, 0);
    for (int64_t second = 0; second < SECONDS; second++) {
        append(t, second, true);
        advance_all(w, 100);
        if (second % 50 == 49) {
            for (int64_t k = second - 49; k <= second; k++) {
                value += MADE_MIB / 2;
                table_append(late->table, k * MADE_S, &value);
            }
            advance_all(w, 100);
        }
    }
    for (size_t i = 0; i < s->finding_count; i++) {
        const struct event *e = s->findings[i];

        cr_expect_geq(e->detected_ns, known_ns, "%s", e->message);
        cr_expect_leq(e->time_ns, e->detected_ns, "%s", e->message);
        known_ns = e->detected_ns;
    }
    watch_destroy(w);
    session_destroy(s);
}

Test(watch, tells_how_far_it_is)
{
    struct session *s = empty_session();
    struct watch *w = watch_create(s, NULL);
    double before = 0;

    cr_expect(!watch_advance(w, 10), "nothing to see");
    cr_expect_eq(watch_progress(w), 1);
    (void)add_whole_process(s, true);
    cr_expect(watch_advance(w, 60), "more is left");
    cr_expect(fabs(watch_progress(w) - 0.1) < 1e-9, "%g", watch_progress(w));
    while (watch_advance(w, 60)) {
        cr_expect_gt(watch_progress(w), before);
        before = watch_progress(w);
    }
    cr_expect_eq(watch_progress(w), 1);
    cr_expect(!watch_advance(w, 60));
    watch_destroy(w);
    watch_destroy(NULL);
    session_destroy(s);
}

static const int64_t hostile_ns[] = {
    INT64_MIN, INT64_MIN + 1, -1, 0, 1, MADE_S, INT64_MAX / 2, INT64_MAX - 1, INT64_MAX,
};
static const double hostile[] = {0, -1, 1e-300, 1, 1e9, 1e18, 1e300, -1e300};

/* Any times, any figures, any metric: bounded, and nothing begins after it was known. */
Test(watch, survives_hostile_tables)
{
    for (uint64_t i = 1; i <= 30; i++) {
        struct session *s = empty_session();
        struct track *t = session_add_process(s, session_add_source(s, "made"));
        uint64_t seed = i;
        int64_t time_ns = hostile_ns[test_random_below(&seed, COUNT_OF(hostile_ns))];

        for (uint32_t m = 0; m < METRIC_COUNT; m++)
            (void)table_column(t->table, m, 0);
        t->origin_ns = hostile_ns[test_random_below(&seed, COUNT_OF(hostile_ns))];
        for (int row = 0; row < 400; row++) {
            double values[METRIC_COUNT];

            for (uint32_t m = 0; m < METRIC_COUNT; m++)
                values[m] = hostile[test_random_below(&seed, COUNT_OF(hostile))] *
                            (test_random_below(&seed, 2) ? 1 : (double)row);
            if (time_ns < INT64_MAX - 10 * MADE_S)
                time_ns += (int64_t)test_random_below(&seed, (size_t)MADE_S);
            table_append(t->table, time_ns, values);
        }
        watch_all(s);
        for (size_t k = 0; k < s->finding_count; k++)
            cr_expect(s->findings[k]->time_ns <= s->findings[k]->detected_ns, "seed %d",
                      (int)i);
        cr_expect_leq(s->finding_count, 2 * SESSION_FINDINGS_MAX);
        session_destroy(s);
    }
}
