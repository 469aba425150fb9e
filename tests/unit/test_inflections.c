/* Inflection points of a process: which series, what is told, and the recordings. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/base/compiler.h"
#include "model/detect/inflections.h"
#include "model/detect/watch.h"
#include "model/session.h"
#include "model/units.h"
#include "tests/unit/session_of.h"
#include "tests/unit/support.h"

TestSuite(inflections, .fini = test_abort_on_leak);

#define MIB(n) ((n)*1048576.0)

static struct process *process_of(struct session *s)
{
    return session_add_process(s, session_add_source(s, "log"))->process;
}

/* A value of each metric every 250 ms; `value(metric, row)` says which. */
typedef double value_of(uint32_t metric, size_t row);

static struct session *fed(const uint32_t *metrics, size_t count, size_t rows,
                           value_of *value)
{
    struct session *s = session_create();
    struct inflections *in = inflections_create(s, process_of(s));
    struct feed_value values[8];

    for (size_t r = 0; r < rows; r++) {
        struct feed_row row = {(int64_t)r * 250 * NS_PER_MS, values, count};

        for (size_t i = 0; i < count; i++)
            values[i] = (struct feed_value){metrics[i], value(metrics[i], r)};
        inflections_row(in, &row);
    }
    inflections_destroy(in);
    return s;
}

static double wobble(size_t row)
{
    uint64_t seed = row;

    return (double)test_random_below(&seed, 1000) / 1000;
}

static double step_value(uint32_t metric, size_t row)
{
    if (metric == METRIC_GC_CYCLES || metric == METRIC_ALLOC_TOTAL)
        return (double)row;
    return MIB(row < 200 ? 60 : 120) + MIB(0.4 * wobble(row + metric * 7919));
}

Test(inflections, say_what_they_found)
{
    static const uint32_t metrics[] = {METRIC_HEAP_LIVE};
    struct session *s = fed(metrics, 1, 400, step_value);
    const struct event *e = s->findings[0];

    cr_assert_eq(s->finding_count, 1);
    cr_expect_eq(e->kind, EVENT_LEVEL_SHIFT);
    cr_expect_eq(e->severity, SEVERITY_NOTICE);
    cr_expect_eq(e->process, s->processes[0]);
    cr_expect(e->has_series && e->metric == METRIC_HEAP_LIVE);
    cr_expect(e->has_time && e->time_ns == 50 * NS_PER_S, "%g",
              (double)e->time_ns * 1e-9);
    cr_expect(e->detected_ns > e->time_ns && e->detected_ns <= 53 * NS_PER_S);
    cr_expect_str_eq(e->message, "live heap steps from 60.2 MiB to 120 MiB");
    cr_expect(fabs(e->before - MIB(60.2)) < MIB(0.1) && isnan(e->slope_per_s));
    cr_expect_geq(e->evidence_count, 5);
    session_destroy(s);
}

static const struct {
    const char *name;
    uint32_t metrics[3];
    size_t count, findings;
} choices[] = {
    {"the live heap makes the others needless",
     {METRIC_HEAP_GOAL, METRIC_HEAP_ALLOC, METRIC_HEAP_LIVE},
     3,
     1},
    {"the goal makes the floor needless", {METRIC_HEAP_GOAL, METRIC_HEAP_ALLOC}, 2, 1},
    {"the floor stands alone", {METRIC_HEAP_ALLOC, METRIC_GC_CYCLES}, 2, 1},
    {"no counters, no raw sawtooth",
     {METRIC_ALLOC_TOTAL, METRIC_HEAP_INUSE, METRIC_HEAP_END},
     3,
     0},
    {"nothing that inputs named",
     {METRIC_X_GCTRACE_STACKS, METRIC_COUNT, METRIC_COUNT + 1},
     3,
     0},
};

Test(inflections, choose_the_best_series_of_the_same_thing)
{
    for (size_t i = 0; i < COUNT_OF(choices); i++) {
        struct session *s = fed(choices[i].metrics, choices[i].count, 400, step_value);

        cr_expect_eq(s->finding_count, choices[i].findings, "%s: %zu", choices[i].name,
                     s->finding_count);
        session_destroy(s);
    }
}

static double sawtooth_value(uint32_t metric, size_t row)
{
    if (metric == METRIC_GC_CYCLES)
        return floor((double)row / 8);
    return MIB(50) + MIB(6) * (double)(row % 8) + MIB(wobble(row));
}

Test(inflections, do_not_take_a_sawtooth_for_changes)
{
    static const uint32_t metrics[] = {METRIC_HEAP_ALLOC, METRIC_GC_CYCLES};
    struct session *s = fed(metrics, 2, 4000, sawtooth_value);

    cr_expect_eq(s->finding_count, 0, "%s",
                 s->finding_count ? s->findings[0]->message : "");
    session_destroy(s);
}

/* A leak that is freed at once: the line through both sides is below zero behind it. */
static double freed_value(uint32_t metric, size_t row)
{
    (void)metric;
    return row < 80 ? MIB(20) + MIB(16) * (double)row + MIB(wobble(row))
                    : MIB(16 + wobble(row));
}

Test(inflections, never_tell_of_less_than_nothing)
{
    static const uint32_t metrics[] = {METRIC_MEM_RSS};
    struct session *s = fed(metrics, 1, 140, freed_value);
    bool is_drop_told = false;

    for (size_t i = 0; i < s->finding_count; i++) {
        const struct event *e = s->findings[i];

        cr_expect(e->before >= 0 && e->after >= 0, "%s", e->message);
        cr_expect_not(strstr(e->message, " -"), "%s", e->message);
        is_drop_told = is_drop_told || strstr(e->message, "resident memory drops from");
    }
    cr_expect(is_drop_told);
    session_destroy(s);
}

/* Up and down all the time. */
static double restless_value(uint32_t metric, size_t row)
{
    size_t turn = row / 40;

    (void)metric;
    return MIB(turn % 2 ? 50 : 100 + 40 * (double)(turn % 7)) + MIB(wobble(row));
}

Test(inflections, tell_a_bounded_number_of_a_series)
{
    static const uint32_t metrics[] = {METRIC_HEAP_LIVE};
    struct session *s = fed(metrics, 1, 14400, restless_value); /* an hour */

    cr_expect(s->finding_count >= 1 && s->finding_count <= 24, "%zu", s->finding_count);
    session_destroy(s);
}

/* The recordings. */

static bool is_inflection(const struct event *e)
{
    return e->kind == EVENT_LEVEL_SHIFT || e->kind == EVENT_SLOPE_CHANGE ||
           e->kind == EVENT_VARIANCE_CHANGE || e->kind == EVENT_SPIKE;
}

static struct session *watched(const char *name)
{
    struct session *s = session_create();
    struct watch *w;

    (void)session_add_trace(s, name);
    w = watch_create(s, NULL);
    while (watch_advance(w, 1000))
        continue;
    watch_destroy(w);
    return s;
}

static size_t count_of(const struct session *s, enum event_kind kind, uint32_t metric,
                       enum severity severity)
{
    size_t count = 0;

    for (size_t i = 0; i < s->finding_count; i++) {
        const struct event *e = s->findings[i];

        count += e->kind == kind && e->severity >= severity && e->has_series &&
                 (metric == METRIC_COUNT || e->metric == metric);
    }
    return count;
}

static const struct event *first_of(const struct session *s, enum event_kind kind,
                                    uint32_t metric)
{
    for (size_t i = 0; i < s->finding_count; i++) {
        if (s->findings[i]->kind == kind && s->findings[i]->metric == metric)
            return s->findings[i];
    }
    return NULL;
}

static double offset_s(const struct session *s, int64_t time_ns)
{
    int64_t from_ns, to_ns;

    cr_assert(session_span(s, &from_ns, &to_ns));
    return (double)(time_ns - from_ns) * 1e-9;
}

/* truth.json: 60 MiB more are live from 25.0 s on. */
Test(inflections, find_the_step_of_a_recording)
{
    struct session *s = watched("step/gctrace.log.zst");
    const struct event *e = first_of(s, EVENT_LEVEL_SHIFT, METRIC_HEAP_LIVE);

    cr_assert(e);
    cr_expect_eq(count_of(s, EVENT_LEVEL_SHIFT, METRIC_HEAP_LIVE, SEVERITY_INFO), 1);
    cr_expect(fabs(offset_s(s, e->time_ns) - 25) < 1, "%g", offset_s(s, e->time_ns));
    cr_expect(offset_s(s, e->detected_ns) < 30, "%g", offset_s(s, e->detected_ns));
    cr_expect(fabs(e->before - MIB(60)) < MIB(2) && fabs(e->after - MIB(119)) < MIB(4),
              "%g to %g", e->before, e->after);
    session_destroy(s);

    s = watched("step/memstats.ndjson.gz");
    e = first_of(s, EVENT_LEVEL_SHIFT, METRIC_HEAP_GOAL);
    cr_assert(e);
    cr_expect(fabs(offset_s(s, e->time_ns) - 25) < 1, "%g", offset_s(s, e->time_ns));
    session_destroy(s);
}

/* truth.json: 96 MiB for one cycle at 10, 20, 30, 40 s. */
Test(inflections, find_the_spikes_of_a_recording)
{
    struct session *s = watched("burst/gctrace.log.lz4");
    size_t spike = 0;

    for (size_t i = 0; i < s->finding_count; i++) {
        const struct event *e = s->findings[i];

        if (e->kind != EVENT_SPIKE || e->metric != METRIC_HEAP_LIVE)
            continue;
        spike++;
        cr_expect(fabs(offset_s(s, e->time_ns) - 10 * (double)spike) < 0.5,
                  "spike %zu: %g", spike, offset_s(s, e->time_ns));
        cr_expect(fabs(e->after - e->before - MIB(96)) < MIB(3), "%s", e->message);
    }
    cr_expect_eq(spike, 4);
    cr_expect_eq(count_of(s, EVENT_LEVEL_SHIFT, METRIC_HEAP_LIVE, SEVERITY_INFO), 0);
    session_destroy(s);
}

static const struct {
    const char *name;
    size_t notices; /* at most, of all series */
} calm[] = {
    {"steady/gctrace.log.gz", 1},    {"steady/memstats.ndjson.gz", 3},
    {"traffic/gctrace.log.lz4", 8},  {"diurnal/memstats.ndjson.zst", 4},
    {"daily/gctrace.log.zst", 8},    {"daily/memstats.ndjson.xz", 6},
    {"burst/memstats.ndjson.gz", 8},
};

Test(inflections, tell_little_of_what_is_healthy)
{
    for (size_t i = 0; i < COUNT_OF(calm); i++) {
        struct session *s = watched(calm[i].name);
        size_t notices = 0;

        for (size_t k = 0; k < s->finding_count; k++) {
            const struct event *e = s->findings[k];

            notices += is_inflection(e) && e->severity == SEVERITY_NOTICE;
            cr_expect(!is_inflection(e) || e->severity <= SEVERITY_NOTICE);
        }
        cr_expect_leq(notices, calm[i].notices, "%s: %zu", calm[i].name, notices);
        session_destroy(s);
    }
}
