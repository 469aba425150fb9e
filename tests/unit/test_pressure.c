/* The collector works too hard, or does not: rows as each kind of source tells them. */
#include <criterion/criterion.h>
#include <math.h>

#include "model/base/compiler.h"
#include "model/detect/pressure.h"
#include "tests/unit/support.h"

TestSuite(pressure, .fini = test_abort_on_leak);

#define MIB(n) ((n)*1048576.0)
#define STEP_MS 100
#define SPELL_S ((double)PRESSURE_SPELL_NS * 1e-9)

/* How a process fares over a while. */
struct phase {
    int until_s;
    double share;        /* of the CPU that the collector takes */
    double cycles_per_s; /* at most 1000 / STEP_MS, or a whole multiple of it */
    double alloc_mib;    /* allocated a second */
    double goal_mib;
};

enum telling { CYCLES, SNAPSHOTS, EXPOSITIONS };

struct feeder {
    enum telling telling;
    struct session *s;
    struct pressure *p;
    uint32_t cpu_metric;
    double cycles, cpu_s, due;
    int64_t last_ns;
};

static void put_cycle(struct feeder *f, const struct phase *now, int64_t time_ns)
{
    double interval_ns = (double)(time_ns - f->last_ns);
    const struct feed_value values[] = {
        {METRIC_HEAP_LIVE, MIB(now->goal_mib / 2)},
        {METRIC_HEAP_GOAL, MIB(now->goal_mib)},
        {METRIC_ALLOC_RATE, MIB(now->alloc_mib)},
        {METRIC_GC_CYCLES, f->cycles},
        {METRIC_GC_INTERVAL, interval_ns},
        {METRIC_GC_CPU_FRACTION, now->share},
        {METRIC_GC_ASSIST_SHARE, 0.1},
        {METRIC_SCHED_PROCS, 2},
    };

    pressure_row(f->p, &(struct feed_row){time_ns, values, COUNT_OF(values)});
    f->last_ns = time_ns;
}

static void put_sample(struct feeder *f, const struct phase *now, int64_t time_ns)
{
    const struct feed_value values[] = {
        {METRIC_HEAP_ALLOC, MIB(now->goal_mib * 0.6)},
        {METRIC_HEAP_GOAL, MIB(now->goal_mib)},
        {METRIC_ALLOC_RATE, MIB(now->alloc_mib)},
        {METRIC_GC_CYCLES, floor(f->cycles)},
        {f->cpu_metric, f->cpu_s / ((double)time_ns * 1e-9)},
    };

    pressure_row(f->p, &(struct feed_row){time_ns, values, COUNT_OF(values)});
}

/* A row a cycle, spread over the step, or one each 200 ms or second. */
static void put_step(struct feeder *f, const struct phase *now, int64_t time_ns)
{
    double per_step = now->cycles_per_s * STEP_MS / 1000;
    int64_t every_ms = f->telling == SNAPSHOTS ? 200 : 1000;

    f->cpu_s += now->share * STEP_MS / 1000;
    f->cycles += per_step;
    f->due += per_step;
    if (f->telling != CYCLES) {
        if (time_ns % (every_ms * NS_PER_MS) == 0)
            put_sample(f, now, time_ns);
        return;
    }
    for (int left = (int)(f->due + 1e-9), n = left; left > 0; left--) {
        f->due -= 1;
        put_cycle(f, now, time_ns - (left - 1) * STEP_MS * NS_PER_MS / n);
    }
}

static struct session *told(enum telling telling, double gomemlimit,
                            const struct phase *phases, size_t count)
{
    struct feeder f = {.telling = telling, .s = session_create()};
    struct process *process =
        session_add_process(f.s, session_add_source(f.s, "made"))->process;
    struct feed_value soft = {METRIC_MEM_GOMEMLIMIT, gomemlimit};
    int64_t time_ms = 0;

    (void)metric_register(&f.s->metrics,
                          telling == SNAPSHOTS ? SLICE("GCCPUFraction")
                                               : SLICE("go_memstats_gc_cpu_fraction"),
                          UNIT_RATIO, &f.cpu_metric);
    f.p = pressure_create(f.s, process);
    if (gomemlimit > 0)
        pressure_row(f.p, &(struct feed_row){0, &soft, 1});
    for (size_t i = 0; i < count; i++) {
        for (; time_ms < phases[i].until_s * 1000; time_ms += STEP_MS)
            put_step(&f, &phases[i], (time_ms + STEP_MS) * NS_PER_MS);
    }
    pressure_destroy(f.p);
    return f.s;
}

#define PHASES 6
#define ALL_TELLINGS 3
static const struct {
    const char *name;
    double gomemlimit_mib;
    struct phase phases[PHASES];
    size_t count;
    size_t events;
    enum event_kind kind;
    int begins_s; /* the pressure of the first event */
    int ends_s;   /* 0: it goes on */
} cases[] = {
    {"calm", 0, {{60, 0.01, 2, 100, 100}}, 1, 0, 0, 0, 0},
    {"a tenth of the CPU",
     0,
     {{20, 0.01, 2, 100, 100}, {60, 0.1, 20, 100, 100}},
     2,
     1,
     EVENT_GC_PRESSURE,
     20,
     0},
    {"from the start on", 0, {{60, 0.08, 10, 100, 100}}, 1, 1, EVENT_GC_PRESSURE, 0, 0},
    {"twice the load, twice the cycles",
     0,
     {{20, 0.015, 2, 100, 100}, {60, 0.03, 4, 200, 100}},
     2,
     0,
     0,
     0,
     0},
    {"three times as dear, for as much",
     0,
     {{20, 0.01, 2, 100, 100}, {60, 0.03, 6, 100, 60}},
     2,
     1,
     EVENT_GC_PRESSURE,
     20,
     0},
    {"dearer, but for nothing worth a word",
     0,
     {{20, 0.001, 2, 100, 100}, {60, 0.004, 6, 100, 60}},
     2,
     0,
     0,
     0,
     0},
    {"a tiny heap, collected all the time", 0, {{60, 0.01, 60, 100, 4}}, 1, 0, 0, 0, 0},
    {"a big heap, collected all the time",
     0,
     {{20, 0.01, 2, 100, 100}, {60, 0.01, 60, 100, 100}},
     2,
     1,
     EVENT_GC_PRESSURE,
     20,
     0},
    {"one moment",
     0,
     {{21, 0.01, 10, 100, 100}, {22, 0.2, 10, 100, 100}, {60, 0.01, 10, 100, 100}},
     3,
     0,
     0,
     0,
     0},
    {"while it starts",
     0,
     {{2, 0.3, 20, 100, 20}, {60, 0.01, 2, 100, 100}},
     2,
     0,
     0,
     0,
     0},
    {"against the soft limit",
     100,
     {{20, 0.01, 2, 100, 60}, {60, 0.12, 40, 100, 98}},
     2,
     1,
     EVENT_GC_THRASH,
     20,
     0},
    {"below the soft limit",
     400,
     {{20, 0.01, 2, 100, 60}, {60, 0.12, 40, 100, 98}},
     2,
     1,
     EVENT_GC_PRESSURE,
     20,
     0},
    {"over",
     0,
     {{20, 0.01, 2, 100, 100}, {40, 0.1, 20, 100, 100}, {90, 0.01, 2, 100, 100}},
     3,
     1,
     EVENT_GC_PRESSURE,
     20,
     40},
    {"bursts close together",
     0,
     {{20, 0.01, 2, 100, 100},
      {34, 0.1, 20, 100, 100},
      {40, 0.01, 2, 100, 100},
      {54, 0.1, 20, 100, 100},
      {90, 0.01, 2, 100, 100}},
     5,
     1,
     EVENT_GC_PRESSURE,
     20,
     54},
    {"bursts far apart",
     0,
     {{20, 0.01, 2, 100, 100},
      {34, 0.1, 20, 100, 100},
      {70, 0.01, 2, 100, 100},
      {90, 0.1, 20, 100, 100}},
     4,
     2,
     EVENT_GC_PRESSURE,
     20,
     34},
};

static double seconds(int64_t time_ns)
{
    return (double)time_ns * 1e-9;
}

Test(pressure, is_told_by_any_source)
{
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        for (int telling = 0; telling < ALL_TELLINGS; telling++) {
            struct session *s = told((enum telling)telling, MIB(cases[i].gomemlimit_mib),
                                     cases[i].phases, cases[i].count);
            const struct event *e = s->finding_count ? s->findings[0] : NULL;

            cr_expect_eq(s->finding_count, cases[i].events, "%s, %d: %zu", cases[i].name,
                         telling, s->finding_count);
            if (e && cases[i].events) {
                cr_expect_eq(e->kind, cases[i].kind, "%s, %d", cases[i].name, telling);
                cr_expect_eq(e->severity, SEVERITY_WARNING);
                cr_expect(fabs(seconds(e->time_ns) - cases[i].begins_s) <= 3 * SPELL_S,
                          "%s, %d: began %g", cases[i].name, telling,
                          seconds(e->time_ns));
                cr_expect(seconds(e->detected_ns) >= cases[i].begins_s &&
                              seconds(e->detected_ns) <=
                                  cases[i].begins_s + 5 * SPELL_S + 1,
                          "%s, %d: detected %g", cases[i].name, telling,
                          seconds(e->detected_ns));
                cr_expect_eq(e->has_end, cases[i].ends_s > 0, "%s, %d", cases[i].name,
                             telling);
                /* It is over when it has stayed away for six spells. */
                cr_expect(!e->has_end || fabs(seconds(e->end_ns) - cases[i].ends_s -
                                              6 * SPELL_S) <= 2 * SPELL_S,
                          "%s, %d: ended %g", cases[i].name, telling, seconds(e->end_ns));
            }
            session_destroy(s);
        }
    }
}

/* Its figures are those that were fed. */
Test(pressure, says_how_much)
{
    static const struct phase phases[] = {{20, 0.01, 2, 100, 100},
                                          {60, 0.1, 20, 100, 100}};

    for (int telling = 0; telling < ALL_TELLINGS; telling++) {
        struct session *s = told((enum telling)telling, 0, phases, COUNT_OF(phases));
        const struct event *e = s->findings[0];

        cr_assert_eq(s->finding_count, 1);
        cr_expect(e->has_series && e->metric == METRIC_GC_CPU_FRACTION);
        cr_expect(fabs(e->after - 0.1) < 0.01, "%d: %g", telling, e->after);
        cr_expect(fabs(e->before - 0.01) < 0.002, "%d: %g", telling, e->before);
        session_destroy(s);
    }
}

/* A source that tells nothing of the collector is not made out to. */
Test(pressure, is_not_made_up)
{
    struct session *s = session_create();
    struct process *process =
        session_add_process(s, session_add_source(s, "made"))->process;
    struct pressure *p = pressure_create(s, process);

    for (int64_t i = 0; i < 1000; i++) {
        const struct feed_value rss = {METRIC_MEM_RSS, MIB(100)};

        pressure_row(p, &(struct feed_row){i * NS_PER_S, &rss, 1});
        pressure_row(p, &(struct feed_row){i * NS_PER_S, NULL, 0});
    }
    cr_expect_eq(s->finding_count, 0);
    pressure_destroy(p);
    session_destroy(s);
}

/* Times that stand still or leap, counters that start again, figures beyond all reason.
 */
Test(pressure, survives_hostile_rows)
{
    static const double figures[] = {0, -1, 1e-300, 1, 1e18, 1e308, -1e308};
    static const uint32_t metrics[] = {
        METRIC_GC_INTERVAL, METRIC_GC_CPU_FRACTION, METRIC_GC_CYCLES,   METRIC_ALLOC_RATE,
        METRIC_HEAP_ALLOC,  METRIC_HEAP_GOAL,       METRIC_SCHED_PROCS,
    };

    for (uint64_t i = 1; i <= 20; i++) {
        struct session *s = session_create();
        struct process *process =
            session_add_process(s, session_add_source(s, "made"))->process;
        struct pressure *p = pressure_create(s, process);
        int64_t time_ns = INT64_MIN;
        uint64_t seed = i;

        for (int k = 0; k < 4000; k++) {
            struct feed_value values[COUNT_OF(metrics)];

            for (size_t m = 0; m < COUNT_OF(metrics); m++)
                values[m] = (struct feed_value){
                    metrics[m], figures[test_random_below(&seed, COUNT_OF(figures))]};
            if (test_random_below(&seed, 1000) == 0)
                time_ns = time_ns / 2;
            time_ns += (int64_t)test_random_below(&seed, 1000) * NS_PER_MS;
            pressure_row(p, &(struct feed_row){time_ns, values, COUNT_OF(values)});
        }
        for (size_t k = 0; k < s->finding_count; k++)
            cr_expect(s->findings[k]->time_ns <= s->findings[k]->detected_ns, "seed %d",
                      (int)i);
        pressure_destroy(p);
        session_destroy(s);
    }
}
