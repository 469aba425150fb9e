/* Growth as a user hears of it: recordings whose truth is known, and made ones. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "model/base/compiler.h"
#include "model/detect/watch.h"
#include "model/session.h"
#include "tests/unit/made.h"
#include "tests/unit/session_of.h"
#include "tests/unit/support.h"
#include "tests/unit/trace_file.h"

TestSuite(growth, .fini = test_abort_on_leak);

static struct session *session_with(double limit_mib)
{
    struct session *s = session_create();

    if (limit_mib > 0) {
        s->limit_bytes = limit_mib * MADE_MIB;
        s->limit_source = "--limit";
        s->is_limit_given = true;
    }
    return s;
}

static void watch_all(struct session *s)
{
    struct watch *w = watch_create(s, NULL);

    while (watch_advance(w, 1000))
        continue;
    watch_destroy(w);
}

static struct session *watched(const char *name, double limit_mib)
{
    struct session *s = session_with(limit_mib);

    (void)session_add_trace(s, name);
    watch_all(s);
    return s;
}

static double offset_s(const struct session *s, int64_t time_ns)
{
    int64_t from_ns, to_ns;

    cr_assert(session_span(s, &from_ns, &to_ns));
    return (double)(time_ns - from_ns) * 1e-9;
}

static bool is_growth(const struct event *e)
{
    return e->kind == EVENT_LEAK || e->kind == EVENT_PRE_OOM;
}

static size_t count_of(const struct session *s, enum event_kind kind)
{
    size_t count = 0;

    for (size_t i = 0; i < s->finding_count; i++)
        count += s->findings[i]->kind == kind;
    return count;
}

static double evidence_of(const struct event *e, const char *name)
{
    for (size_t i = 0; i < e->evidence_count; i++) {
        if (strcmp(e->evidence[i].name, name) == 0)
            return e->evidence[i].number;
    }
    return NAN;
}

/* What truth.json says of each: when it began and when it was killed. */
#define EVENTS 3
static const struct {
    const char *name;
    double limit_mib; /* 0: none */
    struct {
        enum event_kind kind;
        uint32_t metric;                      /* of a leak */
        double began_s, within_s, detected_s; /* detected: at the latest */
    } want[EVENTS];
    size_t count;
    double killed_s; /* 0: was not */
} recordings[] = {
    {"lateleak/gctrace.log",
     320,
     {{EVENT_PRE_OOM, METRIC_COUNT, 20, 1.5, 26},
      {EVENT_LEAK, METRIC_HEAP_LIVE, 20, 1.5, 31}},
     2,
     31.93},
    {"lateleak/memstats.ndjson.zst",
     320,
     {{EVENT_PRE_OOM, METRIC_COUNT, 20, 1.5, 25},
      {EVENT_LEAK, METRIC_HEAP_GOAL, 20, 1.5, 31}},
     2,
     31.93},
    {"lateleak/metrics.prom.zst",
     320,
     {{EVENT_PRE_OOM, METRIC_COUNT, 20, 1.5, 29.5},
      {EVENT_LEAK, METRIC_HEAP_GOAL, 20, 1.5, 31}},
     2,
     0},
    {"lateleak/gctrace.log", 0, {{EVENT_LEAK, METRIC_HEAP_LIVE, 20, 1.5, 31}}, 1, 0},
    {"upload/gctrace.log.gz", 512, {{EVENT_PRE_OOM, METRIC_COUNT, 25.8, 1.5, 37}}, 1, 0},
    {"upload/memstats.ndjson.zst",
     512,
     {{EVENT_PRE_OOM, METRIC_COUNT, 25.8, 1.5, 34}},
     1,
     41.2},
    {"leak/gctrace.log", 512, {{EVENT_PRE_OOM, METRIC_COUNT, 0, 1, 11}}, 1, 0},
    {"leak/memstats.ndjson.gz", 512, {{EVENT_PRE_OOM, METRIC_COUNT, 0, 1, 9}}, 1, 18.5},
    {"hotkey/gctrace.log", 320, {{EVENT_PRE_OOM, METRIC_COUNT, 0, 1, 6.5}}, 1, 0},
    {"hotkey/memstats.ndjson", 320, {{EVENT_PRE_OOM, METRIC_COUNT, 0, 1, 6.5}}, 1, 0},
    {"slowleak/gctrace.log.gz",
     512,
     {{EVENT_LEAK, METRIC_HEAP_LIVE, 600, 10, 800},
      {EVENT_PRE_OOM, METRIC_COUNT, 600, 20, 1300}},
     2,
     2121},
    {"slowleak/gctrace.log.gz", 0, {{EVENT_LEAK, METRIC_HEAP_LIVE, 600, 10, 800}}, 1, 0},
    {"slowleak/memstats.ndjson.xz",
     512,
     {{EVENT_LEAK, METRIC_HEAP_GOAL, 600, 10, 800},
      {EVENT_PRE_OOM, METRIC_COUNT, 600, 20, 1300}},
     2,
     2121},
    {"goroutines/memstats.ndjson.gz",
     0,
     {{EVENT_LEAK, METRIC_SCHED_GOROUTINES, 11.25, 1, 42},
      {EVENT_LEAK, METRIC_STACK_INUSE, 11.25, 1, 42},
      {EVENT_LEAK, METRIC_HEAP_GOAL, 11.25, 1.5, 42}},
     3,
     0},
    {"goroutines/gctrace.log.xz",
     1024,
     {{EVENT_LEAK, METRIC_HEAP_LIVE, 11.25, 1.5, 43},
      {EVENT_LEAK, METRIC_X_GCTRACE_STACKS, 11.25, 1, 43}},
     2,
     0},
    {"twolayer/gctrace.log.xz", 1024, {{EVENT_LEAK, METRIC_HEAP_LIVE, 0, 1, 43}}, 1, 0},
};

/* The live heap and the goal, a multiple of it, are one thing. */
static bool is_floor(uint32_t metric)
{
    return metric == METRIC_HEAP_LIVE || metric == METRIC_HEAP_GOAL;
}

/* Which of the series that all go to the limit is told of first does not matter. */
static const struct event *found(const struct session *s, enum event_kind kind,
                                 uint32_t metric)
{
    for (size_t i = 0; i < s->finding_count; i++) {
        const struct event *e = s->findings[i];

        if (e->kind == kind && e->has_series &&
            (kind == EVENT_PRE_OOM || e->metric == metric ||
             (is_floor(metric) && is_floor(e->metric))))
            return e;
    }
    return NULL;
}

static void expect_eta(const struct session *s, const struct event *e, double killed_s,
                       const char *name)
{
    double left = killed_s - offset_s(s, e->detected_ns);
    double eta = evidence_of(e, "eta_s");
    const struct forecast *f = forecast_at(&e->process->forecasts, e->detected_ns);

    cr_expect(fabs(eta - left) < 0.35 * left, "%s: %g s, not %g s", name, eta, left);
    cr_expect(evidence_of(e, "eta_low_s") <= eta && eta <= evidence_of(e, "eta_high_s"));
    cr_expect(f && fabs(f->eta_s - eta) < 0.15 * left && f->end == FORECAST_KILL,
              "%s: a forecast goes with it", name);
}

Test(growth, of_recordings)
{
    for (size_t i = 0; i < COUNT_OF(recordings); i++) {
        const char *name = recordings[i].name;
        struct session *s = watched(name, recordings[i].limit_mib);

        cr_expect_eq(count_of(s, EVENT_LEAK) + count_of(s, EVENT_PRE_OOM),
                     recordings[i].count, "%s at %g", name, recordings[i].limit_mib);
        for (size_t k = 0; k < recordings[i].count; k++) {
            const struct event *e =
                found(s, recordings[i].want[k].kind, recordings[i].want[k].metric);

            cr_expect(e, "%s: event %zu", name, k);
            if (!e)
                continue;
            cr_expect_leq(fabs(offset_s(s, e->time_ns) - recordings[i].want[k].began_s),
                          recordings[i].want[k].within_s, "%s: began %g", name,
                          offset_s(s, e->time_ns));
            cr_expect_leq(offset_s(s, e->detected_ns), recordings[i].want[k].detected_s,
                          "%s: detected %g", name, offset_s(s, e->detected_ns));
            cr_expect_eq(e->severity,
                         e->kind == EVENT_LEAK ? SEVERITY_WARNING : SEVERITY_CRITICAL);
            cr_expect(e->slope_per_s > 0 && e->after > e->before, "%s", name);
            cr_expect(!e->has_end, "%s: it goes on", name);
            if (recordings[i].killed_s > 0 && e->kind == EVENT_PRE_OOM)
                expect_eta(s, e, recordings[i].killed_s, name);
        }
        cr_expect(recordings[i].limit_mib > 0 || !s->processes[0]->forecasts.count,
                  "%s: nothing foretold without a limit", name);
        session_destroy(s);
    }
}

static const char *const healthy[] = {
    "burst/gctrace.log.lz4",   "burst/memstats.ndjson.gz",
    "daily/gctrace.log.zst",   "daily/memstats.ndjson.xz",
    "diurnal/gctrace.log.gz",  "diurnal/memstats.ndjson.zst",
    "plateau/gctrace.log.gz",  "plateau/memstats.ndjson.xz",
    "steady/gctrace.log.gz",   "steady/memstats.ndjson.gz",
    "step/gctrace.log.zst",    "step/memstats.ndjson.gz",
    "traffic/gctrace.log.lz4", "traffic/memstats.ndjson.zst",
    "warmup/gctrace.log.zst",  "warmup/memstats.ndjson.gz",
};

Test(growth, is_silent_on_the_healthy)
{
    for (size_t i = 0; i < COUNT_OF(healthy); i++) {
        for (int with_limit = 0; with_limit <= 1; with_limit++) {
            struct session *s = watched(healthy[i], with_limit ? 1024 : 0);

            for (size_t k = 0; k < s->finding_count; k++)
                cr_expect_lt(s->findings[k]->severity, SEVERITY_WARNING, "%s: %s",
                             healthy[i], s->findings[k]->message);
            cr_expect_eq(s->processes[0]->forecasts.count, 0, "%s", healthy[i]);
            session_destroy(s);
        }
    }
}

/* The first part of a text, up to the end of a line. */
static struct slice cut(struct slice text, size_t percent)
{
    size_t len = text.len * percent / 100;

    while (len > 0 && text.ptr[len - 1] != '\n')
        len--;
    return slice_first(text, len);
}

static void expect_same(const struct event *a, const struct event *b, const char *name)
{
    cr_expect(a->kind == b->kind && a->severity == b->severity && a->metric == b->metric,
              "%s: %s, %s", name, a->message, b->message);
    cr_expect(a->time_ns == b->time_ns && a->detected_ns == b->detected_ns, "%s: %s",
              name, a->message);
    cr_expect_str_eq(a->message, b->message, "%s", name);
    cr_expect_eq(a->evidence_count, b->evidence_count, "%s", name);
}

/* Those known before the last row of the cut, and none besides but at that row. */
static void expect_prefix(const struct session *s, const struct session *whole,
                          const char *name)
{
    int64_t from_ns, to_ns;
    size_t before = 0;

    if (!session_span(s, &from_ns, &to_ns))
        return;
    for (size_t i = 0; i < whole->finding_count; i++)
        before += whole->findings[i]->detected_ns < to_ns;
    cr_assert(before <= s->finding_count && s->finding_count <= whole->finding_count,
              "%s: %zu, %zu", name, before, s->finding_count);
    for (size_t i = 0; i < s->finding_count; i++) {
        const struct event *e = s->findings[i], *same = whole->findings[i];

        cr_expect_leq(e->detected_ns, to_ns, "%s: from what came later", name);
        expect_same(e, same, name);
        cr_expect(!e->has_end || (same->has_end && same->end_ns == e->end_ns), "%s",
                  name);
    }
}

static const struct {
    const char *name;
    double limit_mib;
} cuttable[] = {
    {"lateleak/gctrace.log", 320},        {"lateleak/memstats.ndjson.zst", 320},
    {"slowleak/gctrace.log.gz", 512},     {"wavyleak/gctrace.log.xz", 512},
    {"goroutines/memstats.ndjson.gz", 0}, {"thrash/memstats.ndjson.lz4", 112},
    {"burst/gctrace.log.lz4", 1024},      {"anyjson/memstats.ndjson.xz", 1024},
};

static struct session *watched_text(const char *name, const struct parser_ops *ops,
                                    struct slice text, double limit_mib)
{
    struct session *s = session_with(limit_mib);

    (void)session_add_text(s, name, ops, text);
    watch_all(s);
    return s;
}

Test(growth, of_a_cut_recording_is_what_was_known_by_then)
{
    static const size_t percents[] = {5, 35, 55, 70, 90};

    for (size_t i = 0; i < COUNT_OF(cuttable); i++) {
        struct slice text = trace_plain(cuttable[i].name);
        bool need_more;
        const struct parser_ops *ops = parser_probe(text, true, &need_more);
        struct session *whole =
            watched_text(cuttable[i].name, ops, text, cuttable[i].limit_mib);

        cr_expect(whole->finding_count > 0, "%s", cuttable[i].name);
        for (size_t k = 0; k < COUNT_OF(percents); k++) {
            struct session *s = watched_text(
                cuttable[i].name, ops, cut(text, percents[k]), cuttable[i].limit_mib);

            if (s->process_count)
                expect_prefix(s, whole, cuttable[i].name);
            session_destroy(s);
        }
        session_destroy(whole);
        test_free(text);
    }
}

/* A service of 60 MiB that grows by per_s from 120 s to 240 s, is back where it was or
 * stays there, and goes on for as long again. */
static struct session *grown_and_done(double limit_mib, double per_s_mib, bool falls)
{
    struct session *s = session_with(limit_mib);
    struct track *t = session_add_process(s, session_add_source(s, "made"));

    (void)table_column(t->table, METRIC_HEAP_LIVE, 0);
    (void)table_column(t->table, METRIC_HEAP_GOAL, 0);
    for (int64_t second = 0; second < 900; second++) {
        uint64_t seed = (uint64_t)second;
        double grown = second < 120 ? 0 : second < 240 ? (double)(second - 120) : 120;
        double live = 60 + (falls && second >= 240 ? 0 : grown * per_s_mib);
        double values[2];

        live += (double)test_random_below(&seed, 1000) / 1000;
        values[0] = live * MADE_MIB;
        values[1] = 2 * values[0];
        table_append(t->table, second * MADE_S, values);
    }
    watch_all(s);
    return s;
}

static const struct {
    const char *name;
    double limit_mib, per_s_mib;
    bool falls;
    size_t leaks, pre_ooms;
    double over_s; /* at the latest */
} episodes[] = {
    {"leak, dropped", 0, 1, true, 1, 0, 300},
    {"leak, stays", 0, 1, false, 1, 0, 380},
    {"on its way to the limit, dropped", 400, 1, true, 1, 1, 300},
    {"on its way to the limit, stays", 400, 1, false, 1, 1, 380},
};

Test(growth, that_ends_is_closed_once)
{
    for (size_t i = 0; i < COUNT_OF(episodes); i++) {
        struct session *s = grown_and_done(episodes[i].limit_mib, episodes[i].per_s_mib,
                                           episodes[i].falls);
        const struct forecast_log *log = &s->processes[0]->forecasts;

        cr_expect_eq(count_of(s, EVENT_LEAK), episodes[i].leaks, "%s: %zu",
                     episodes[i].name, count_of(s, EVENT_LEAK));
        cr_expect_eq(count_of(s, EVENT_PRE_OOM), episodes[i].pre_ooms, "%s: %zu",
                     episodes[i].name, count_of(s, EVENT_PRE_OOM));
        for (size_t k = 0; k < s->finding_count; k++) {
            const struct event *e = s->findings[k];

            if (!is_growth(e))
                continue;
            cr_expect(e->has_end, "%s: %s", episodes[i].name, e->message);
            cr_expect(fabs(offset_s(s, e->time_ns) - 120) < 5, "%s: %g", episodes[i].name,
                      offset_s(s, e->time_ns));
            cr_expect(offset_s(s, e->end_ns) > 230 &&
                          offset_s(s, e->end_ns) < episodes[i].over_s,
                      "%s: over at %g", episodes[i].name, offset_s(s, e->end_ns));
        }
        if (episodes[i].pre_ooms) {
            cr_expect(forecast_at(log, 235 * MADE_S), "%s", episodes[i].name);
        }
        cr_expect_null(forecast_at(log, 880 * MADE_S), "%s", episodes[i].name);
        cr_expect(log->count == 0 || log->items[log->count - 1].is_over, "%s",
                  episodes[i].name);
        session_destroy(s);
    }
}

/* Forecasts of a straight leak come true, the better the nearer the end is. */
Test(growth, forecasts_come_true)
{
    /* 2 * live + 8 MiB = 400 MiB at 196 MiB: 136 s after the onset at 300 s. */
    static const struct made_line lines[] = {
        {METRIC_HEAP_LIVE, 60 * MADE_MIB, MADE_MIB, 300},
        {METRIC_HEAP_GOAL, 120 * MADE_MIB, 2 * MADE_MIB, 301},
        {METRIC_HEAP_ALLOC, 60 * MADE_MIB, MADE_MIB, 300},
        {METRIC_HEAP_INUSE, 60 * MADE_MIB, MADE_MIB, 300},
    };
    struct session *s = made_session(lines, COUNT_OF(lines), 436);
    const struct forecast_log *log = &s->processes[0]->forecasts;

    s->limit_bytes = 400 * MADE_MIB;
    s->limit_source = "--limit";
    s->is_limit_given = true;
    watch_all(s);
    cr_assert(log->count > 5, "%zu", log->count);
    for (size_t i = 0; i < log->count; i++) {
        const struct forecast *f = &log->items[i];
        double left = 436 - (double)f->as_of_ns * 1e-9;

        cr_expect(fabs(f->eta_s - left) <= 0.05 * left + 1, "at %g: %g, not %g",
                  436 - left, f->eta_s, left);
        cr_expect(f->eta_low_s <= f->eta_s && f->eta_s <= f->eta_high_s);
        cr_expect(fabs((double)f->onset_ns * 1e-9 - 300) < 5);
        cr_expect_eq(f->limit_bytes, 400 * MADE_MIB);
        cr_expect_str_eq(f->limit_source, "--limit");
    }
    session_destroy(s);
}

/* Up and down for a day: said in a bounded number of words, each about what was there. */
Test(growth, tells_little_of_a_restless_series)
{
    struct session *s = session_with(1024);
    struct track *t = session_add_process(s, session_add_source(s, "made"));
    uint64_t seed = 7;
    double live = 60;

    (void)table_column(t->table, METRIC_HEAP_LIVE, 0);
    (void)table_column(t->table, METRIC_HEAP_GOAL, 0);
    for (int64_t second = 0; second < 86400; second++) {
        double values[2];

        live += (double)test_random_below(&seed, 2001) / 1000 - 1;
        live = second % 997 == 0 ? 60 : fmin(fmax(live, 20), 400);
        values[0] = live * MADE_MIB;
        values[1] = 2 * values[0];
        table_append(t->table, second * MADE_S, values);
    }
    watch_all(s);
    cr_expect_lt(count_of(s, EVENT_LEAK) + count_of(s, EVENT_PRE_OOM), 20, "%zu %zu",
                 count_of(s, EVENT_LEAK), count_of(s, EVENT_PRE_OOM));
    cr_expect_leq(s->processes[0]->forecasts.count, FORECASTS_MAX);
    session_destroy(s);
}

/* Stairs of deploys and caches that fill are no leaks. */
static const struct {
    const char *name;
    double step_mib, every_s, tau_s;
} harmless[] = {
    {"two steps", 40, 300, 0},
    {"a cache that fills", 0, 0, 60},
    {"a cache that fills slowly", 0, 0, 150},
};

Test(growth, is_not_seen_in_what_levels_off)
{
    for (size_t i = 0; i < COUNT_OF(harmless); i++) {
        struct session *s = session_with(2048);
        struct track *t = session_add_process(s, session_add_source(s, "made"));

        (void)table_column(t->table, METRIC_HEAP_LIVE, 0);
        for (int64_t second = 0; second < 750; second++) {
            uint64_t seed = (uint64_t)second;
            double at = (double)second, live = 60;

            if (harmless[i].tau_s > 0)
                live += 200 * (1 - exp(-at / harmless[i].tau_s));
            else
                live += harmless[i].step_mib * floor(at / harmless[i].every_s);
            live = (live + (double)test_random_below(&seed, 1000) / 500) * MADE_MIB;
            table_append(t->table, second * MADE_S, &live);
        }
        watch_all(s);
        for (size_t k = 0; k < s->finding_count; k++)
            cr_expect_lt(s->findings[k]->severity, SEVERITY_WARNING, "%s: %s at %g",
                         harmless[i].name, s->findings[k]->message,
                         offset_s(s, s->findings[k]->detected_ns));
        session_destroy(s);
    }
}

/* 100 MiB live, 1 MiB more each second from 300 s on, Go's soft limit at 600 MiB. */
Test(growth, under_a_soft_limit_ends_in_thrashing)
{
    const struct made_line lines[] = {
        {METRIC_HEAP_LIVE, 100 * MADE_MIB, MADE_MIB, 300},
        {METRIC_MEM_GOMEMLIMIT, 600 * MADE_MIB, 0, 0},
    };
    struct session *s = made_session(lines, COUNT_OF(lines), 500);
    struct watch *w = watch_create(s, NULL);
    const struct forecast *f;

    while (watch_advance(w, 64))
        ;
    f = forecast_at(&s->processes[0]->forecasts, 480 * MADE_S);
    cr_assert(f);
    cr_expect_eq(f->end, FORECAST_THRASH);
    cr_expect_str_eq(f->limit_source, "gomemlimit");
    cr_expect_eq(f->limit_bytes, 600 * MADE_MIB);
    /* 280 MiB live, and 8 MiB that nothing accounts for. */
    cr_expect_float_eq(f->eta_s, 312, 20);
    cr_expect_eq(count_of(s, EVENT_LEAK), 1u);
    cr_expect_eq(count_of(s, EVENT_PRE_OOM), 0u);
    watch_destroy(w);
    session_destroy(s);
}
