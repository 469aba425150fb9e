/* What a process needs at its next peak, against sums by hand and against a collector. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "model/base/compiler.h"
#include "model/detect/needs.h"
#include "tests/unit/support.h"

TestSuite(needs, .fini = test_abort_on_leak);

#define MIB(n) ((n)*1048576.0)

/* The rows' end: no metric has that number. */
#define NO_VALUE                                                                         \
    {                                                                                    \
        METRIC_COUNT, 0                                                                  \
    }
#define VALUES 12

/* What lives is told by itself, before the rest: the goal of a row that tells both is
 * that of the cycle before. */
static struct needs needs_of(double limit_bytes, const struct feed_value *values,
                             size_t count)
{
    struct session *s = session_create();
    struct feed_value rest[VALUES];
    struct feed_row row = {1, rest, 0};
    struct needs n;

    cr_assert_leq(count, VALUES);
    if (limit_bytes > 0) {
        s->limit_bytes = limit_bytes;
        s->is_limit_given = true;
    }
    needs_init(&n, s);
    for (size_t i = 0; i < count; i++) {
        if (values[i].metric == METRIC_HEAP_LIVE)
            needs_row(&n, &(struct feed_row){0, &values[i], 1});
        else
            rest[row.count++] = values[i];
    }
    needs_row(&n, &row);
    session_destroy(s);
    return n;
}

/*
 * The first snapshot of steady/memstats.ndjson.gz:
 *   off the heap      67283224 - 62554112             =  4729112
 *   resident beyond   64860160 - (67283224 - 6078464) =  3655400
 *   in use / alloc    56254464 / 55726808             =  1.009469
 *   at the peak       59224146 * 1.009469 + 8384512   = 68169434
 */
static const struct feed_value memstats[] = {
    {METRIC_HEAP_ALLOC, 55726808},   {METRIC_HEAP_INUSE, 56254464},
    {METRIC_HEAP_RELEASED, 6078464}, {METRIC_HEAP_SYS, 62554112},
    {METRIC_HEAP_GOAL, 59224146},    {METRIC_MEM_SYS, 67283224},
    {METRIC_MEM_RSS, 64860160},
};

Test(needs, of_a_snapshot)
{
    struct needs n = needs_of(0, memstats, COUNT_OF(memstats));

    cr_expect_eq(needs_overhead(&n), 4729112 + 3655400);
    cr_expect(fabs(needs_per_byte(&n) - 1.009469) < 1e-6);
    cr_expect(fabs(needs_at_peak(&n) - 68169434) < 100, "%.0f", needs_at_peak(&n));
    cr_expect(isnan(needs_limit(&n)), "nobody says one");
}

/* What is missing is not taken for nothing, nor for too much. */
static const struct {
    const char *name;
    struct feed_value values[VALUES];
    size_t count;
    double overhead, per_byte; /* NaN = unknown: somewhere between 1 and 1.15 */
    double goal;
} partial[] = {
    {"nothing", {NO_VALUE}, 0, MIB(8), NAN, NAN},
    {"gctrace before 1.18",
     {{METRIC_HEAP_GOAL, MIB(64)}, {METRIC_HEAP_LIVE, MIB(32)}},
     2,
     MIB(8),
     NAN,
     MIB(64)},
    {"gctrace with stacks and globals",
     {{METRIC_HEAP_GOAL, MIB(64)},
      {METRIC_X_GCTRACE_STACKS, MIB(3)},
      {METRIC_X_GCTRACE_GLOBALS, MIB(1)}},
     3,
     MIB(12),
     NAN,
     MIB(64)},
    {"no RSS",
     {{METRIC_HEAP_GOAL, MIB(64)}, {METRIC_MEM_SYS, MIB(90)}, {METRIC_HEAP_SYS, MIB(80)}},
     3,
     MIB(10),
     NAN,
     MIB(64)},
    {"less resident than taken",
     {{METRIC_HEAP_GOAL, MIB(64)},
      {METRIC_MEM_SYS, MIB(90)},
      {METRIC_HEAP_SYS, MIB(80)},
      {METRIC_HEAP_RELEASED, MIB(5)},
      {METRIC_MEM_RSS, MIB(40)}},
     5,
     MIB(10),
     NAN,
     MIB(64)},
    {"holes all over, just after a collection",
     {{METRIC_HEAP_GOAL, MIB(100)},
      {METRIC_HEAP_ALLOC, MIB(20)},
      {METRIC_HEAP_INUSE, MIB(60)}},
     3,
     MIB(8),
     1.15,
     MIB(100)},
    {"less in use than allocated: two clocks",
     {{METRIC_HEAP_GOAL, MIB(100)},
      {METRIC_HEAP_ALLOC, MIB(60)},
      {METRIC_HEAP_INUSE, MIB(59)}},
     3,
     MIB(8),
     1,
     MIB(100)},
    {"nothing allocated",
     {{METRIC_HEAP_GOAL, MIB(4)}, {METRIC_HEAP_ALLOC, 0}, {METRIC_HEAP_INUSE, 0}},
     3,
     MIB(8),
     NAN,
     MIB(4)},
};

static bool is_same(double a, double b)
{
    return isnan(b) ? isnan(a) : fabs(a - b) <= 1e-9 * fabs(b);
}

Test(needs, of_what_is_known)
{
    for (size_t i = 0; i < COUNT_OF(partial); i++) {
        struct needs n = needs_of(0, partial[i].values, partial[i].count);
        double per_byte = needs_per_byte(&n);

        cr_expect(isnan(partial[i].per_byte) ? per_byte >= 1 && per_byte <= 1.15
                                             : is_same(per_byte, partial[i].per_byte),
                  "%s: %g", partial[i].name, per_byte);
        cr_expect(
            is_same(needs_at_peak(&n), partial[i].goal * per_byte + partial[i].overhead),
            "%s: %g", partial[i].name, needs_at_peak(&n));
        cr_expect(is_same(needs_overhead(&n), partial[i].overhead), "%s: %g",
                  partial[i].name, needs_overhead(&n));
    }
}

/* Given, of the cgroup, of GOMEMLIMIT; what is left of them. */
static const struct {
    const char *name;
    double given;
    struct feed_value values[VALUES];
    size_t count;
    double limit;
    const char *source;
    bool is_soft;
} limits[] = {
    {"none", 0, {NO_VALUE}, 0, NAN, "cgroup", false},
    {"given", MIB(512), {NO_VALUE}, 0, MIB(512), "--limit", false},
    {"cgroup", 0, {{METRIC_MEM_LIMIT, MIB(320)}}, 1, MIB(320), "cgroup", false},
    {"given goes before",
     MIB(512),
     {{METRIC_MEM_LIMIT, MIB(320)}},
     1,
     MIB(512),
     "--limit",
     false},
    {"memory.max is max: PAGE_COUNTER_MAX",
     0,
     {{METRIC_MEM_LIMIT, 9223372036854771712.0}},
     1,
     NAN,
     "cgroup",
     false},
    {"no limit is told as 0", 0, {{METRIC_MEM_LIMIT, 0}}, 1, NAN, "cgroup", false},
    {"GOMEMLIMIT kills nobody",
     0,
     {{METRIC_MEM_GOMEMLIMIT, MIB(100)}},
     1,
     NAN,
     "cgroup",
     false},
    {"more resident than was given",
     MIB(100),
     {{METRIC_MEM_RSS, MIB(101)}},
     1,
     NAN,
     "cgroup",
     true},
    {"more allocated than was given",
     MIB(100),
     {{METRIC_HEAP_ALLOC, MIB(110)}},
     1,
     NAN,
     "cgroup",
     true},
    {"allocated but not yet touched",
     MIB(100),
     {{METRIC_HEAP_ALLOC, MIB(103)}},
     1,
     MIB(100),
     "--limit",
     false},
    {"a peak above it, the cgroup's beyond",
     MIB(100),
     {{METRIC_HEAP_END, MIB(110)}, {METRIC_MEM_LIMIT, MIB(320)}},
     2,
     MIB(320),
     "cgroup",
     true},
    {"close to it", MIB(100), {{METRIC_MEM_RSS, MIB(99)}}, 1, MIB(100), "--limit", false},
};

Test(needs, the_limit)
{
    for (size_t i = 0; i < COUNT_OF(limits); i++) {
        struct needs n = needs_of(limits[i].given, limits[i].values, limits[i].count);

        cr_expect(is_same(needs_limit(&n), limits[i].limit), "%s: %g", limits[i].name,
                  needs_limit(&n));
        cr_expect_str_eq(needs_limit_source(&n), limits[i].source, "%s", limits[i].name);
        cr_expect_eq(n.is_given_soft, limits[i].is_soft, "%s", limits[i].name);
    }
}

/* A limit that goes away, or comes: the last word counts. */
Test(needs, the_limit_may_change)
{
    static const double told[] = {MIB(100), MIB(200), 9.2e18, MIB(50)};
    static const double want[] = {MIB(100), MIB(200), NAN, MIB(50)};
    struct needs n = needs_of(0, NULL, 0);

    for (size_t i = 0; i < COUNT_OF(told); i++) {
        struct feed_value v = {METRIC_MEM_LIMIT, told[i]};

        needs_row(&n, &(struct feed_row){(int64_t)i, &v, 1});
        cr_expect(is_same(needs_limit(&n), want[i]), "%zu: %g", i, needs_limit(&n));
    }
}

/*
 * A Go process: `live` grows by `slope` a second, allocation goes on at `rate`, a
 * collection starts at the goal and leaves what lives.
 */
struct process_model {
    const char *name;
    double live, slope, rate, ratio; /* ratio: the goal over what lives */
    double overhead, per_byte, limit, soft;
};

static double goal_of(const struct process_model *m, double live)
{
    return fmax(fmin(m->ratio * live, m->soft > 0 ? m->soft : INFINITY), 1.02 * live);
}

/* Runs on from a heap of that size by steps of a millisecond until it is killed. */
static double killed_after(const struct process_model *m, double heap)
{
    double live = m->live, goal = goal_of(m, live), t = 0, dt = 0.001;

    while (heap * m->per_byte + m->overhead < m->limit && t < 1e5) {
        t += dt;
        live += m->slope * dt;
        heap += m->rate * dt;
        if (heap >= goal) {
            heap = live;
            goal = goal_of(m, live);
        }
    }
    return t;
}

static const struct process_model processes[] = {
    {"quick leak", MIB(60), MIB(8), MIB(100), 2, MIB(10), 1, MIB(320), 0},
    {"slow leak", MIB(60), MIB(0.14), MIB(30), 2, MIB(12), 1.05, MIB(512), 0},
    {"leaks all it allocates", MIB(60), MIB(25), MIB(25), 2, MIB(10), 1, MIB(512), 0},
    {"GOGC=50", MIB(100), MIB(2), MIB(80), 1.5, MIB(10), 1.02, MIB(512), 0},
    {"GOGC=400", MIB(20), MIB(1), MIB(50), 5, MIB(10), 1, MIB(512), 0},
    {"held down by GOMEMLIMIT", MIB(100), MIB(2), MIB(60), 2, MIB(10), 1, MIB(512),
     MIB(400)},
    {"much garbage", MIB(60), MIB(4), MIB(900), 2, MIB(10), 1, MIB(320), 0},
};

static struct needs needs_of_model(const struct process_model *m, double alloc)
{
    const struct feed_value values[] = {
        {METRIC_HEAP_LIVE, m->live},
        {METRIC_HEAP_GOAL, goal_of(m, m->live)},
        {METRIC_HEAP_ALLOC, alloc},
        {METRIC_HEAP_INUSE, alloc * m->per_byte},
        {METRIC_MEM_SYS, MIB(1000) + m->overhead},
        {METRIC_HEAP_SYS, MIB(1000)},
        {METRIC_ALLOC_RATE, m->rate},
        {METRIC_MEM_LIMIT, m->limit},
        {METRIC_MEM_GOMEMLIMIT, m->soft > 0 ? m->soft : 9223372036854775807.0},
    };

    return needs_of(0, values, COUNT_OF(values));
}

Test(needs, eta_is_when_the_process_is_killed)
{
    static const double fill[] = {0, 0.3,
                                  0.9}; /* of the way from what lives to the goal */

    for (size_t i = 0; i < COUNT_OF(processes); i++) {
        for (size_t k = 0; k < COUNT_OF(fill); k++) {
            const struct process_model *m = &processes[i];
            double heap = m->live + fill[k] * (goal_of(m, m->live) - m->live);
            struct needs n = needs_of_model(m, heap);
            double want = killed_after(m, heap);
            double got = needs_eta(&n, m->live, m->slope, needs_limit(&n));

            cr_expect(fabs(got - want) <= 0.05 * want + 0.01, "%s, %g: %g s, not %g s",
                      m->name, fill[k], got, want);
        }
    }
}

/* Without the rate: by when the goal is beyond the room, which comes first. */
Test(needs, eta_without_an_allocation_rate)
{
    const struct feed_value values[] = {
        {METRIC_HEAP_LIVE, MIB(60)},   {METRIC_HEAP_GOAL, MIB(120)},
        {METRIC_MEM_LIMIT, MIB(308)},  {METRIC_HEAP_ALLOC, MIB(100)},
        {METRIC_HEAP_INUSE, MIB(100)},
    };
    struct needs n = needs_of(0, values, COUNT_OF(values));

    /* (308 - 8) / 2 = 150 MiB may live: 90 more at 3 a second. */
    cr_expect(is_same(needs_eta(&n, MIB(60), MIB(3), MIB(308)), 30), "%g",
              needs_eta(&n, MIB(60), MIB(3), MIB(308)));
    cr_expect_eq(needs_eta(&n, MIB(60), 0, MIB(308)), INFINITY, "it does not grow");
    cr_expect_eq(needs_eta(&n, MIB(60), -1, MIB(308)), INFINITY);
    cr_expect_eq(needs_eta(&n, MIB(400), MIB(3), MIB(308)), 0, "it is beyond already");
}

/* Nothing grows, but the next peak is more than there is. */
Test(needs, eta_of_a_goal_beyond_the_limit)
{
    const struct feed_value values[] = {
        {METRIC_HEAP_LIVE, MIB(200)},  {METRIC_HEAP_GOAL, MIB(400)},
        {METRIC_HEAP_ALLOC, MIB(212)}, {METRIC_HEAP_INUSE, MIB(212)},
        {METRIC_ALLOC_RATE, MIB(10)},  {METRIC_MEM_LIMIT, MIB(320)},
    };
    struct needs n = needs_of(0, values, COUNT_OF(values));

    /* 312 MiB of heap fit: 100 more at 10 a second. */
    cr_expect(is_same(needs_eta(&n, MIB(200), 0, MIB(320)), 10), "%g",
              needs_eta(&n, MIB(200), 0, MIB(320)));
    cr_expect_eq(needs_eta(&n, MIB(200), 0, MIB(500)), INFINITY, "there is room");
}

/* GOMEMLIMIT given as --limit: the collector holds the goal below it, again and again. */
Test(needs, a_soft_limit_shows_itself)
{
    struct session *s = session_create();
    struct needs n;

    s->limit_bytes = MIB(112);
    s->is_limit_given = true;
    needs_init(&n, s);
    for (int i = 0; i < 40 && !n.is_given_soft; i++) {
        const struct feed_value values[] = {{METRIC_HEAP_LIVE, MIB(95)},
                                            {METRIC_HEAP_GOAL, MIB(104)}};

        needs_row(&n, &(struct feed_row){i, values, COUNT_OF(values)});
    }
    cr_expect(n.is_given_soft, "95 MiB live at GOGC=100 would want 190");
    cr_expect(isnan(needs_limit(&n)));
    session_destroy(s);
}

/* … and a hard one is not taken for it by a process that merely comes near. */
Test(needs, a_hard_limit_stays_hard)
{
    struct session *s = session_create();
    struct needs n;

    s->limit_bytes = MIB(320);
    s->is_limit_given = true;
    needs_init(&n, s);
    for (int i = 0; i < 200; i++) {
        double live = MIB(60) + MIB(0.45) * i;
        const struct feed_value values[] = {{METRIC_HEAP_LIVE, live},
                                            {METRIC_HEAP_GOAL, 2 * live},
                                            {METRIC_HEAP_END, 2 * live},
                                            {METRIC_MEM_RSS, 2 * live + MIB(10)}};

        needs_row(&n, &(struct feed_row){i, values, COUNT_OF(values)});
        cr_assert(!n.is_given_soft, "at %g live", live);
    }
    cr_expect_eq(needs_limit(&n), MIB(320));
    session_destroy(s);
}

/* Whatever is missing, no figure turns up out of nothing and nothing hangs. */
Test(needs, any_subset_of_a_row)
{
    static const struct feed_value whole[] = {
        {METRIC_HEAP_LIVE, MIB(60)},    {METRIC_HEAP_GOAL, MIB(120)},
        {METRIC_HEAP_ALLOC, MIB(80)},   {METRIC_HEAP_INUSE, MIB(84)},
        {METRIC_MEM_SYS, MIB(140)},     {METRIC_HEAP_SYS, MIB(130)},
        {METRIC_HEAP_RELEASED, MIB(4)}, {METRIC_MEM_RSS, MIB(138)},
        {METRIC_ALLOC_RATE, MIB(50)},
    };

    for (unsigned mask = 0; mask < 1U << COUNT_OF(whole); mask++) {
        struct feed_value values[COUNT_OF(whole)];
        size_t count = 0;
        struct needs n;
        double eta;

        for (unsigned i = 0; i < COUNT_OF(whole); i++) {
            if (mask >> i & 1)
                values[count++] = whole[i];
        }
        n = needs_of(0, values, count);
        eta = needs_eta(&n, MIB(60), MIB(2), MIB(320));
        cr_expect(eta > 20 && eta < 60, "mask %x: %g", mask, eta);
        cr_expect(needs_overhead(&n) >= 0 && needs_per_byte(&n) >= 1, "mask %x", mask);
    }
}
