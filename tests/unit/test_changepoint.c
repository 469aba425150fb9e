#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/base/compiler.h"
#include "model/detect/changepoint.h"
#include "tests/unit/support.h"

TestSuite(changepoint, .fini = test_abort_on_leak);

#define MOST 4000

static double normal(uint64_t *seed)
{
    double sum = -6;

    for (int i = 0; i < 12; i++)
        sum += (double)(test_random(seed) >> 11) / 9007199254740992.0;
    return sum;
}

struct series {
    double y[2 * MOST];
    size_t n, dims;
};

static struct cp_result find(const struct series *s)
{
    struct cp_input in = {s->y, s->n, s->dims};
    struct cp_result r;

    changepoint_find(&in, &r);
    return r;
}

/* Noise of 1 with a jump of `jump`, a bend to `slope` a sample and `spread` times the
 * noise from `at` on. */
static void make(struct series *s, size_t n, size_t at, double jump, double slope,
                 double spread, uint64_t seed)
{
    s->n = n;
    s->dims = 1;
    for (size_t i = 0; i < n; i++) {
        double later = i >= at ? (double)(i - at) : 0;

        s->y[i] =
            normal(&seed) * (i >= at ? spread : 1) + (i >= at ? jump : 0) + slope * later;
    }
}

static const struct {
    const char *name;
    size_t n, at;
    double jump, slope, spread;
    enum cp_kind kind;
    size_t slack;
} changes[] = {
    {"level", 300, 150, 4, 0, 1, CP_LEVEL, 1},
    {"level, long", 4000, 1500, 2, 0, 1, CP_LEVEL, 8},
    {"slope", 400, 200, 0, 0.1, 1, CP_SLOPE, 20},
    {"spread", 600, 300, 0, 0, 5, CP_SPREAD, 5},
    {"spread, long", 4000, 2000, 0, 0, 3, CP_SPREAD, 20},
};

Test(changepoint, finds_and_names)
{
    struct series s;

    for (size_t i = 0; i < COUNT_OF(changes); i++) {
        struct cp_result r;

        make(&s, changes[i].n, changes[i].at, changes[i].jump, changes[i].slope,
             changes[i].spread, 11 + i);
        r = find(&s);
        cr_assert_eq(r.point_count, 1, "%s: %zu points", changes[i].name, r.point_count);
        cr_expect_leq(fabs((double)r.points[0].at - (double)changes[i].at),
                      (double)changes[i].slack, "%s: at %zu", changes[i].name,
                      r.points[0].at);
        cr_expect_eq(r.points[0].kind, changes[i].kind, "%s: %s", changes[i].name,
                     changepoint_kind_name(r.points[0].kind));
        cr_expect(r.points[0].confidence >= 0.5 && r.points[0].confidence <= 1);
        cr_assert_eq(r.segment_count, 2);
        cr_expect_eq(r.segments[0].from, 0);
        cr_expect_eq(r.segments[0].to, r.points[0].at);
        cr_expect_eq(r.segments[1].to, s.n);
        changepoint_finish(&r);
    }
}

/* What a leak looks like from its first day on: a level, then a ramp; and what the end of
 * one looks like. Without noise, memory of a few samples tells all of it but the bend. */
Test(changepoint, finds_where_a_ramp_begins_and_ends)
{
    static const double noises[] = {0, 0.01, 0.5, 1, 3};
    const size_t n = 1000, at = 500;
    struct series s = {.n = n, .dims = 1};

    for (size_t i = 0; i < 2 * COUNT_OF(noises); i++) {
        double noise = noises[i / 2];
        bool is_end = i % 2;
        uint64_t seed = 5 + i;
        struct cp_result r;

        for (size_t k = 0; k < n; k++) {
            bool is_ramp = is_end ? k < at : k >= at;

            s.y[k] = 100 + noise * normal(&seed) +
                     (is_ramp ? ((double)k - (double)at) * 0.2 : 0);
        }
        r = find(&s);
        cr_assert_eq(r.point_count, 1, "noise %g, end %d: %zu points", noise, is_end,
                     r.point_count);
        cr_expect_leq(fabs((double)r.points[0].at - (double)at), 0.02 * (double)n,
                      "noise %g, end %d: at %zu", noise, is_end, r.points[0].at);
        cr_expect_eq(r.points[0].kind, CP_SLOPE, "noise %g, end %d", noise, is_end);
        changepoint_finish(&r);
    }
}

/* White, with a memory, a walk: shapes that chance makes. */
Test(changepoint, silent_on_noise)
{
    static const double memories[] = {0, 0.5, 0.9, 1};
    static const size_t lengths[] = {50, 300, 1000, 4000};
    struct series s = {.dims = 1};
    size_t found = 0;

    for (size_t m = 0; m < COUNT_OF(memories); m++) {
        for (size_t l = 0; l < COUNT_OF(lengths); l++) {
            for (uint64_t seed = 1; seed <= 3; seed++) {
                uint64_t state = seed * 977;
                struct cp_result r;
                double last = 0;

                s.n = lengths[l];
                for (size_t i = 0; i < s.n; i++)
                    s.y[i] = last = memories[m] * last + normal(&state);
                r = find(&s);
                found += r.point_count;
                changepoint_finish(&r);
            }
        }
    }
    cr_expect_leq(found, 1, "%zu change points in 48 noises", found);
}

Test(changepoint, says_nothing_of_nothing)
{
    static const double values[] = {0, 7.25, -1e300, 5e-324};
    struct series s = {.dims = 1};

    for (size_t n = 0; n <= 200; n = n < 5 ? n + 1 : 2 * n) {
        for (size_t v = 0; v <= COUNT_OF(values); v++) {
            struct cp_result r;

            s.n = n;
            for (size_t i = 0; i < n; i++)
                s.y[i] = v < COUNT_OF(values) ? values[v] : NAN;
            r = find(&s);
            cr_expect_eq(r.point_count, 0);
            cr_expect_eq(r.spike_count, 0);
            cr_expect_eq(r.segment_count, n > 0);
            if (n > 0 && v < COUNT_OF(values))
                cr_expect_eq(r.segments[0].mean, values[v]);
            else if (n > 0)
                cr_expect(isnan(r.segments[0].mean));
            changepoint_finish(&r);
        }
    }
}

Test(changepoint, segments_are_in_the_input_s_unit)
{
    struct series s = {.n = 200, .dims = 1};
    struct cp_result r;

    for (size_t i = 0; i < s.n; i++)
        s.y[i] = i < 100 ? 3e300 : 3e300 + 1e299 * (double)(i - 99);
    s.y[40] = NAN;
    r = find(&s);
    cr_assert_eq(r.point_count, 1);
    cr_expect_leq(fabs((double)r.points[0].at - 100), 1);
    cr_expect_float_eq(r.segments[0].mean / 1e300, 3, 1e-9);
    cr_expect_float_eq(r.segments[0].slope / 1e300, 0, 1e-9);
    cr_expect_float_eq(r.segments[1].slope / 1e299, 1, 1e-6);
    changepoint_finish(&r);
}

Test(changepoint, two_steps_with_values_missing)
{
    struct series s;
    struct cp_result r;

    make(&s, 300, 100, 8, 0, 1, 5);
    for (size_t i = 200; i < s.n; i++)
        s.y[i] -= 12;
    for (size_t i = 0; i < s.n; i += 7)
        s.y[i] = NAN;
    s.y[50] = INFINITY;
    r = find(&s);
    cr_assert_eq(r.point_count, 2);
    cr_expect_leq(fabs((double)r.points[0].at - 100), 1);
    cr_expect_leq(fabs((double)r.points[1].at - 200), 1);
    changepoint_finish(&r);
}

Test(changepoint, a_spike_is_no_change)
{
    struct series s;
    struct cp_result r;

    make(&s, 300, 300, 0, 0, 1, 9);
    s.y[120] = 40;
    r = find(&s);
    cr_expect_eq(r.point_count, 0);
    cr_assert_eq(r.spike_count, 1);
    cr_expect_eq(r.spikes[0], 120);
    changepoint_finish(&r);
}

/* The same points for a * y + b, and mirrored for the series read backwards. */
Test(changepoint, does_not_depend_on_unit_or_direction)
{
    static const double scales[][2] = {{1, 0}, {-3.7, 11}, {1e-9, 0}, {1e12, -5e12}};
    struct series s, turned;

    make(&s, 500, 180, 3, 0.03, 1.5, 21);
    turned.dims = 1;
    turned.n = s.n;
    for (size_t k = 0; k < 2 * COUNT_OF(scales); k++) {
        struct cp_result r = find(&s), other;
        bool is_back = k >= COUNT_OF(scales);
        const double *scale = scales[k % COUNT_OF(scales)];

        for (size_t i = 0; i < s.n; i++)
            turned.y[i] = scale[0] * s.y[is_back ? s.n - 1 - i : i] + scale[1];
        other = find(&turned);
        cr_assert_gt(r.point_count, 0);
        cr_assert_eq(r.point_count, other.point_count);
        for (size_t i = 0; i < r.point_count; i++) {
            size_t at = is_back ? s.n - other.points[r.point_count - 1 - i].at
                                : other.points[i].at;

            cr_expect_eq(at, r.points[i].at, "%zu, %zu", k, i);
        }
        changepoint_finish(&r);
        changepoint_finish(&other);
    }
}

Test(changepoint, several_dimensions_change_together)
{
    struct series s;
    struct cp_result r;
    uint64_t seed = 3;

    make(&s, 400, 150, 3, 0, 1, 2);
    s.dims = 2;
    for (size_t i = 0; i < s.n; i++)
        s.y[s.n + i] = 100 + normal(&seed) - (i >= 150 ? 4 : 0);
    r = find(&s);
    cr_assert_eq(r.point_count, 1);
    cr_expect_leq(fabs((double)r.points[0].at - 150), 1);
    cr_assert_eq(r.segment_count, 2);
    cr_expect_float_eq(r.segments[0].mean, 0, 0.4);   /* segment 0, dimension 0 */
    cr_expect_float_eq(r.segments[1].mean, 100, 0.4); /* segment 0, dimension 1 */
    cr_expect_float_eq(r.segments[3].mean, 96, 0.4);  /* segment 1, dimension 1 */
    changepoint_finish(&r);
}
