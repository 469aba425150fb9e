/* Inflection points of one series, as they come in. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/base/compiler.h"
#include "model/base/mem.h"
#include "model/detect/online.h"
#include "model/units.h"
#include "tests/unit/support.h"

TestSuite(online, .fini = test_abort_on_leak);

#define TOLD_MAX 256

struct told {
    size_t at; /* the point at which it was told */
    struct inflection what;
};

struct told_list {
    struct told items[TOLD_MAX];
    size_t count;
};

static double uniform(uint64_t *seed)
{
    return ((double)(test_random(seed) >> 11) + 0.5) * 0x1p-53;
}

static double normal(uint64_t *seed)
{
    double radius = sqrt(-2 * log(uniform(seed)));

    return radius * cos(6.283185307179586 * uniform(seed));
}

enum noise { WHITE, AR_HALF, AR_NINE, WALK, STUDENT };

static double noise_next(enum noise noise, double *last, uint64_t *seed)
{
    static const double rho[] = {[AR_HALF] = 0.5, [AR_NINE] = 0.9, [STUDENT] = 0};

    if (noise == WALK)
        return *last += normal(seed);
    if (noise == STUDENT) {
        double z = normal(seed), a = normal(seed), b = normal(seed), c = normal(seed);

        return z / sqrt(a * a + b * b + c * c);
    }
    *last = rho[noise] * *last + sqrt(1 - rho[noise] * rho[noise]) * normal(seed);
    return *last;
}

static double *noise_of(enum noise noise, size_t count, uint64_t seed)
{
    double *values = mem_alloc_array(count, sizeof *values), last = 0;

    for (size_t i = 0; i < count; i++)
        values[i] = noise_next(noise, &last, &seed);
    return values;
}

/* A point a second where there are no times. */
static void run(const double *values, const int64_t *times_ns, size_t count,
                const struct online_options *options, struct told_list *told)
{
    struct online *o = mem_alloc(sizeof *o);
    struct online_options none = {0};

    told->count = 0;
    online_init(o, options ? options : &none);
    for (size_t i = 0; i < count; i++) {
        struct inflection what;
        int64_t time_ns = times_ns ? times_ns[i] : (int64_t)i * NS_PER_S;

        if (!online_add(o, time_ns, values[i], &what))
            continue;
        cr_assert_lt(told->count, TOLD_MAX);
        cr_expect_leq(what.began_ns, what.detected_ns);
        cr_expect_eq(what.detected_ns, time_ns);
        cr_expect(what.confidence >= 0 && what.confidence <= 1, "%g", what.confidence);
        cr_expect(isfinite(what.before) && isfinite(what.after) &&
                  isfinite(what.statistic) && isfinite(what.sigma));
        told->items[told->count++] = (struct told){i, what};
    }
    free(o);
}

static const char *kind_of(const struct told_list *told)
{
    return told->count ? event_kind_name(told->items[0].what.kind) : "nothing";
}

#define CHANGE 400

static const struct {
    const char *name;
    enum noise noise;
    double step, slope, spread, spike;
    enum event_kind kind;
    size_t delay_max, off_max;
} found[] = {
    {"step of 4", WHITE, 4, 0, 1, 0, EVENT_LEVEL_SHIFT, 10, 1},
    {"step down of 8", WHITE, -8, 0, 1, 0, EVENT_LEVEL_SHIFT, 8, 0},
    {"step of 2", WHITE, 2, 0, 1, 0, EVENT_LEVEL_SHIFT, 40, 8},
    {"step of 4, correlated", AR_HALF, 4, 0, 1, 0, EVENT_LEVEL_SHIFT, 30, 4},
    {"step of 8, heavy tails", STUDENT, 8, 0, 1, 0, EVENT_LEVEL_SHIFT, 10, 1},
    {"ramp of 0.1", WHITE, 0, 0.1, 1, 0, EVENT_SLOPE_CHANGE, 50, 15},
    {"ramp down of 0.5", WHITE, 0, -0.5, 1, 0, EVENT_SLOPE_CHANGE, 20, 6},
    {"ramp of 0.1, correlated", AR_HALF, 0, 0.1, 1, 0, EVENT_SLOPE_CHANGE, 80, 25},
    {"five times the spread", WHITE, 0, 0, 5, 0, EVENT_VARIANCE_CHANGE, 64, 16},
    {"a fifth of the spread", WHITE, 0, 0, 0.2, 0, EVENT_VARIANCE_CHANGE, 64, 16},
    {"spike of 12", WHITE, 0, 0, 1, 12, EVENT_SPIKE, 3, 0},
    {"spike down of 30, correlated", AR_NINE, 0, 0, 1, -30, EVENT_SPIKE, 3, 0},
};

Test(online, finds_each_kind_where_it_is)
{
    for (size_t k = 0; k < COUNT_OF(found); k++) {
        double *values = noise_of(found[k].noise, 1000, 20 + k);
        struct told_list told;
        const struct told *first = &told.items[0];

        for (size_t i = CHANGE; i < 1000; i++) {
            values[i] *= found[k].spread;
            values[i] += found[k].step + found[k].slope * (double)(i - CHANGE + 1);
        }
        values[CHANGE] += found[k].spike;
        run(values, NULL, 1000, NULL, &told);
        free(values);
        cr_expect(told.count > 0 && first->what.kind == found[k].kind, "%s: %s",
                  found[k].name, kind_of(&told));
        if (told.count == 0)
            continue;
        cr_expect(first->at >= CHANGE && first->at - CHANGE <= found[k].delay_max,
                  "%s: told at %zu", found[k].name, first->at);
        cr_expect(llabs(first->what.began_ns / NS_PER_S - CHANGE) <=
                      (int64_t)found[k].off_max,
                  "%s: laid to %g", found[k].name, (double)first->what.began_ns * 1e-9);
    }
}

Test(online, says_levels_and_slopes)
{
    struct told_list told = {0};
    double *values = noise_of(WHITE, 900, 5);
    const struct inflection *what = &told.items[0].what;

    for (size_t i = 300; i < 900; i++)
        values[i] += i < 600 ? 50 : 50 + 2 * (double)(i - 599);
    run(values, NULL, 900, NULL, &told);
    free(values);
    cr_assert_eq(told.count, 2);
    cr_expect(fabs(what->before) < 0.5 && fabs(what->after - 50) < 1.5, "%g to %g",
              what->before, what->after);
    cr_expect(isnan(what->slope_per_s));
    what = &told.items[1].what;
    cr_expect_eq(what->kind, EVENT_SLOPE_CHANGE);
    cr_expect(fabs(what->before - 50) < 2, "%g", what->before);
    cr_expect(fabs(what->slope_per_s - 2) < 0.5, "%g", what->slope_per_s);
    cr_expect(fabs(what->slope_before) < 0.1, "%g", what->slope_before);
}

static const struct {
    const char *name;
    enum noise noise;
    size_t most; /* in 60,000 points, with this seed */
} quiet[] = {
    {"white", WHITE, 0}, {"AR(1) 0.5", AR_HALF, 0},   {"AR(1) 0.9", AR_NINE, 1},
    {"a walk", WALK, 1}, {"heavy tails", STUDENT, 5},
};

Test(online, finds_nothing_in_noise)
{
    for (size_t k = 0; k < COUNT_OF(quiet); k++) {
        double *values = noise_of(quiet[k].noise, 60000, 77);
        struct told_list told;

        run(values, NULL, 60000, NULL, &told);
        free(values);
        cr_expect_leq(told.count, quiet[k].most, "%s: %zu, first %s", quiet[k].name,
                      told.count, kind_of(&told));
    }
}

/* Load that comes and goes each day is told at first, then it is what is usual. */
Test(online, gets_used_to_waves)
{
    for (size_t period = 500; period <= 20000; period *= 3) {
        double *values = noise_of(WHITE, 100000, 9);
        struct told_list told;

        for (size_t i = 0; i < 100000; i++)
            values[i] += 20 * sin(6.283185307179586 * (double)i / (double)period);
        run(values, NULL, 100000, NULL, &told);
        free(values);
        cr_expect_leq(told.count, 6, "a period of %zu: %zu", period, told.count);
    }
}

/* Steps, ramps, bursts of noise, spikes. */
static double *mixed(size_t count, uint64_t seed)
{
    double *values = noise_of(AR_HALF, count, seed);

    for (size_t i = 0; i < count; i++) {
        values[i] += i / 700 % 2 ? 8 : 0;
        values[i] += i % 2100 > 1500 ? (double)(i % 2100 - 1500) * 0.05 : 0;
        values[i] *= i / 2500 % 2 ? 3 : 1;
        values[i] += i % 997 == 500 ? 60 : 0;
    }
    return values;
}

static bool is_same(const struct told *a, const struct told *b)
{
    return a->at == b->at && a->what.kind == b->what.kind &&
           a->what.began_ns == b->what.began_ns &&
           a->what.detected_ns == b->what.detected_ns &&
           a->what.before == b->what.before && a->what.after == b->what.after &&
           a->what.statistic == b->what.statistic;
}

Test(online, says_of_a_beginning_what_it_says_of_the_whole_by_then)
{
    double *values = mixed(8000, 3);
    struct told_list whole, part;

    run(values, NULL, 8000, NULL, &whole);
    cr_assert_gt(whole.count, 5);
    for (size_t cut = 0; cut < 8000; cut += 371) {
        size_t until = 0;

        while (until < whole.count && whole.items[until].at < cut)
            until++;
        run(values, NULL, cut, NULL, &part);
        cr_assert_eq(part.count, until, "cut at %zu: %zu for %zu", cut, part.count,
                     until);
        for (size_t i = 0; i < until; i++)
            cr_expect(is_same(&whole.items[i], &part.items[i]), "cut at %zu: %zu", cut,
                      i);
    }
    free(values);
}

Test(online, does_not_mind_units)
{
    static const struct {
        double scale, shift;
    } maps[] = {{1048576, 0}, {1, 1e6}, {-2, 5}, {1e-9, 0}, {1e60, 0}};
    double *values = mixed(8000, 4);
    struct told_list plain, mapped;

    run(values, NULL, 8000, NULL, &plain);
    cr_assert_gt(plain.count, 5);
    for (size_t m = 0; m < COUNT_OF(maps); m++) {
        double *other = mem_alloc_array(8000, sizeof *other);

        for (size_t i = 0; i < 8000; i++)
            other[i] = maps[m].scale * values[i] + maps[m].shift;
        run(other, NULL, 8000, NULL, &mapped);
        free(other);
        cr_assert_eq(mapped.count, plain.count, "map %zu", m);
        for (size_t i = 0; i < plain.count; i++)
            cr_expect(mapped.items[i].at == plain.items[i].at &&
                          mapped.items[i].what.kind == plain.items[i].what.kind &&
                          mapped.items[i].what.began_ns == plain.items[i].what.began_ns,
                      "map %zu: %zu", m, i);
    }
    free(values);
}

Test(online, knows_that_a_constant_is_one)
{
    static const double constants[] = {0, 3, -1e99, 1e-300, 62914560};
    double values[2000];
    struct told_list told;

    for (size_t k = 0; k < COUNT_OF(constants); k++) {
        for (size_t i = 0; i < COUNT_OF(values); i++)
            values[i] = constants[k];
        run(values, NULL, COUNT_OF(values), NULL, &told);
        cr_expect_eq(told.count, 0, "%g: %s", constants[k], kind_of(&told));
    }
    for (size_t i = 1000; i < COUNT_OF(values); i++)
        values[i] *= 2;
    run(values, NULL, COUNT_OF(values), NULL, &told);
    cr_assert_eq(told.count, 1);
    cr_expect_eq(told.items[0].what.kind, EVENT_LEVEL_SHIFT);
    cr_expect_eq(told.items[0].what.began_ns, 1000 * NS_PER_S);
    cr_expect(fabs(told.items[0].what.before - 62914560) < 1e-3);
    cr_expect(fabs(told.items[0].what.after - 2 * 62914560.0) < 1e-3);
}

Test(online, keeps_to_itself_what_is_not_worth_telling)
{
    static const struct {
        struct online_options options;
        size_t count;
    } rows[] = {
        {{0}, 1},
        {{.least = 3}, 1},
        {{.least = 5}, 0},
        {{.least_share = 0.03}, 1},
        {{.least_share = 0.05}, 0},
        {{.is_log = true}, 1},
    };
    double *values = noise_of(WHITE, 1000, 8);
    struct told_list told;

    for (size_t i = 0; i < 1000; i++)
        values[i] = 100 + 0.1 * values[i] + (i < 500 ? 0 : 4);
    for (size_t k = 0; k < COUNT_OF(rows); k++) {
        run(values, NULL, 1000, &rows[k].options, &told);
        cr_expect_eq(told.count, rows[k].count, "row %zu: %zu", k, told.count);
    }
    free(values);
}

Test(online, tells_a_spike_from_a_step_that_went_away_and_from_one_that_stays)
{
    static const struct {
        size_t length, count;
        enum event_kind kind;
    } rows[] = {
        {1, 1, EVENT_SPIKE}, {2, 1, EVENT_SPIKE},         {3, 0, EVENT_SPIKE},
        {4, 0, EVENT_SPIKE}, {500, 1, EVENT_LEVEL_SHIFT},
    };

    for (size_t k = 0; k < COUNT_OF(rows); k++) {
        double *values = noise_of(WHITE, 1000, 30);
        struct told_list told;

        for (size_t i = 500; i < 500 + rows[k].length; i++)
            values[i] += 14;
        run(values, NULL, 1000, NULL, &told);
        free(values);
        cr_expect_eq(told.count, rows[k].count, "%zu points: %zu, %s", rows[k].length,
                     told.count, kind_of(&told));
        if (told.count && rows[k].count)
            cr_expect_eq(told.items[0].what.kind, rows[k].kind, "%zu points",
                         rows[k].length);
    }
}

/* Slopes go by time, whatever the pace; the rest by points. */
Test(online, takes_points_at_any_pace)
{
    double *values = noise_of(WHITE, 1000, 12);
    int64_t times_ns[1000], now_ns = 0;
    uint64_t seed = 1;
    struct told_list told = {0};
    const struct inflection *what = &told.items[0].what;

    for (size_t i = 0; i < 1000; i++) {
        /* From a microsecond to three seconds, and a gap of a day. */
        now_ns += (int64_t)test_random_below(&seed, 3000) * NS_PER_MS + 1000;
        now_ns += i == 200 ? 86400 * NS_PER_S : 0;
        times_ns[i] = now_ns;
        values[i] += i >= 500 ? (double)(now_ns - times_ns[499]) * 1e-9 : 0;
    }
    run(values, times_ns, 1000, NULL, &told);
    free(values);
    cr_assert_eq(told.count, 1);
    cr_expect_eq(what->kind, EVENT_SLOPE_CHANGE);
    cr_expect(fabs(what->slope_per_s - 1) < 0.2, "%g", what->slope_per_s);
    cr_expect(llabs(what->began_ns - times_ns[499]) < 8 * NS_PER_S, "%g",
              (double)(what->began_ns - times_ns[499]) * 1e-9);
}

Test(online, bears_time_that_stands_still)
{
    double *values = noise_of(WHITE, 800, 13);
    int64_t times_ns[800];
    struct told_list told;

    for (size_t i = 0; i < 800; i++) {
        times_ns[i] = INT64_MAX - 5;
        values[i] += i < 400 ? 0 : 9;
    }
    run(values, times_ns, 800, NULL, &told);
    cr_assert_eq(told.count, 1);
    cr_expect_eq(told.items[0].what.kind, EVENT_LEVEL_SHIFT);
    for (size_t i = 0; i < 800; i++)
        times_ns[i] = i < 400 ? INT64_MIN : INT64_MAX;
    run(values, times_ns, 800, NULL, &told);
    cr_expect_eq(told.count, 1);
    free(values);
}

Test(online, bears_values_of_any_size)
{
    static const double sizes[] = {0,    1e-320, 1e-300, 1e-160, 1,
                                   1e20, 1e99,   1e160,  1.7e308};
    uint64_t seed = 15;
    struct told_list told;
    double values[4000];

    for (size_t i = 0; i < COUNT_OF(values); i++) {
        double size = sizes[test_random_below(&seed, COUNT_OF(sizes))];

        values[i] = test_random_below(&seed, 2) ? size : -size;
    }
    run(values, NULL, COUNT_OF(values), NULL, &told);
    for (size_t s = 0; s < COUNT_OF(sizes); s++) {
        for (size_t i = 0; i < COUNT_OF(values); i++)
            values[i] = normal(&seed) * fmin(sizes[s], 1e305) * (i < 2000 ? 1 : 3);
        run(values, NULL, COUNT_OF(values), NULL, &told);
    }
}

Test(online, has_little_memory)
{
    cr_expect_leq(sizeof(struct online), 16 * 1024);
}

/* A series that jumps about all the time raises its own bound. */
Test(online, does_not_go_on_alarming)
{
    uint64_t seed = 16;
    double *values = mem_alloc_array(50000, sizeof *values), level = 0;
    struct told_list told;

    for (size_t i = 0; i < 50000; i++) {
        if (test_random_below(&seed, 60) == 0)
            level = (double)test_random_below(&seed, 50);
        values[i] = level + normal(&seed);
    }
    run(values, NULL, 50000, NULL, &told);
    free(values);
    cr_expect_leq(told.count, 60, "%zu of 830 steps", told.count);
}
