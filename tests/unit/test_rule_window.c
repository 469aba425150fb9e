#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "model/detect/rule_window.h"
#include "tests/unit/support.h"

TestSuite(rule_window, .fini = test_abort_on_leak);

#define SAMPLES 3000
#define S(n) ((int64_t)((n) * (double)NS_PER_S))

struct sample {
    int64_t time_ns;
    double value;
};

static struct sample *make_samples(uint64_t seed, double pace_s, double jitter_s)
{
    struct sample *samples = malloc(SAMPLES * sizeof *samples);
    double time_s = -500;

    for (size_t i = 0; i < SAMPLES; i++) {
        time_s += pace_s + jitter_s * (double)test_random_below(&seed, 1000) / 1000;
        samples[i] =
            (struct sample){S(time_s), (double)test_random_below(&seed, 1000000)};
    }
    return samples;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* By the definition, over the samples [from, to]. */
static double brute(const struct sample *s, size_t from, size_t to, enum rule_op op,
                    double share)
{
    double values[SAMPLES], sum = 0, min = INFINITY, max = -INFINITY;
    size_t count = 0;

    for (size_t i = from; i <= to; i++) {
        values[count++] = s[i].value;
        sum += s[i].value;
        min = fmin(min, s[i].value);
        max = fmax(max, s[i].value);
    }
    if (op == RULE_OP_MIN)
        return min;
    if (op == RULE_OP_MAX)
        return max;
    if (op == RULE_OP_MEAN)
        return sum / (double)count;
    qsort(values, count, sizeof *values, compare);
    return values[(size_t)fmax(0, ceil(share * (double)count) - 1)];
}

/* Of up to 32 samples each has its bucket: exact, and missing until there are as many. */
Test(rule_window, few_samples_are_exact)
{
    static const enum rule_op ops[] = {RULE_OP_MIN, RULE_OP_MAX, RULE_OP_MEAN};
    struct sample *s = make_samples(1, 1, 5);

    for (int64_t count = 1; count <= RULE_BUCKETS; count++) {
        struct rule_span span = {.is_samples = true, .count = count};

        for (size_t k = 0; k < COUNT_OF(ops); k++) {
            struct rule_window w = {0};

            for (size_t i = 0; i < 200; i++) {
                double got =
                    rule_window_add(&w, ops[k], 0, span, s[i].time_ns, s[i].value);
                size_t n = (size_t)count;

                if (i + 1 < n)
                    cr_expect(isnan(got));
                else
                    cr_expect_float_eq(got, brute(s, i + 1 - n, i, ops[k], 0), 1e-6);
            }
            rule_window_finish(&w);
        }
    }
    free(s);
}

Test(rule_window, changes_of_few_samples_are_exact)
{
    struct sample *s = make_samples(2, 1, 5);

    for (int64_t count = 1; count <= RULE_BUCKETS; count++) {
        struct rule_span span = {.is_samples = true, .count = count};
        struct rule_window w = {0}, rates = {0};

        for (size_t i = 0; i < 200; i++) {
            size_t n = (size_t)count;
            double delta =
                rule_window_add(&w, RULE_OP_DELTA, 0, span, s[i].time_ns, s[i].value);
            double rate =
                rule_window_add(&rates, RULE_OP_RATE, 0, span, s[i].time_ns, s[i].value);

            if (i < n) {
                cr_expect(isnan(delta) && isnan(rate));
                continue;
            }
            cr_expect_eq(delta, s[i].value - s[i - n].value);
            cr_expect_float_eq(
                rate, delta * 1e9 / (double)(s[i].time_ns - s[i - n].time_ns), 1e-6);
        }
        rule_window_finish(&w);
        rule_window_finish(&rates);
    }
    free(s);
}

/* The quantile is over what was before the sample. */
Test(rule_window, quantile_of_few_samples_is_exact)
{
    struct sample *s = make_samples(3, 1, 5);
    static const double shares[] = {0, 0.1, 0.5, 0.9, 1};

    for (size_t k = 0; k < COUNT_OF(shares); k++) {
        struct rule_window w = {0};
        struct rule_span span = {.is_samples = true, .count = 16};

        for (size_t i = 0; i < 200; i++) {
            double got = rule_window_add(&w, RULE_OP_QUANTILE, shares[k], span,
                                         s[i].time_ns, s[i].value);

            if (i >= 16)
                cr_expect_eq(got, brute(s, i - 16, i - 1, RULE_OP_QUANTILE, shares[k]),
                             "%g at %zu", shares[k], i);
        }
        rule_window_finish(&w);
    }
    free(s);
}

/* First and last sample that a window of that span may leave out, and must not. */
static void check_long(const struct sample *s, size_t i, struct rule_span span,
                       enum rule_op op, double got)
{
    size_t wide = i, narrow = i;
    double bucket = (double)span.count / RULE_BUCKETS;

    if (span.is_samples) {
        wide = i + 1 - (size_t)((double)span.count + bucket);
        narrow = i + 1 - (size_t)((double)span.count - bucket - 1);
    } else {
        while (wide > 0 && s[i].time_ns - s[wide - 1].time_ns < span.count)
            wide--;
        while (narrow > 0 && (double)(s[i].time_ns - s[narrow - 1].time_ns) <
                                 (double)span.count - bucket)
            narrow--;
    }
    if (op == RULE_OP_MIN) {
        cr_expect_leq(got, brute(s, narrow, i, op, 0));
        cr_expect_geq(got, brute(s, wide, i, op, 0));
    } else if (op == RULE_OP_MAX) {
        cr_expect_geq(got, brute(s, narrow, i, op, 0));
        cr_expect_leq(got, brute(s, wide, i, op, 0));
    } else if (op == RULE_OP_MEAN) {
        cr_expect_float_eq(got, brute(s, wide, i, op, 0), 1e5, "%g", got);
    }
}

/* Long windows are exact to a 32nd. */
Test(rule_window, long_windows_are_exact_to_the_bucket)
{
    static const enum rule_op ops[] = {RULE_OP_MIN, RULE_OP_MAX, RULE_OP_MEAN};
    static const struct rule_span spans[] = {
        {true, 100}, {true, 1000}, {false, S(60)}, {false, S(777)}};
    struct sample *s = make_samples(4, 0.2, 1);

    for (size_t n = 0; n < COUNT_OF(spans); n++) {
        for (size_t k = 0; k < COUNT_OF(ops); k++) {
            struct rule_window w = {0};

            for (size_t i = 0; i < SAMPLES; i++) {
                double got =
                    rule_window_add(&w, ops[k], 0, spans[n], s[i].time_ns, s[i].value);

                if (!isnan(got) && i > 1100 && i % 7 == 0)
                    check_long(s, i, spans[n], ops[k], got);
                if (i == SAMPLES - 1)
                    cr_expect_not(isnan(got));
            }
            cr_expect_leq(w.count, (size_t)RULE_BUCKETS_KEPT);
            rule_window_finish(&w);
        }
    }
    free(s);
}

Test(rule_window, long_quantiles_are_near)
{
    struct sample *s = make_samples(5, 0.2, 1);
    struct rule_span span = {.is_samples = true, .count = 2000};
    struct rule_window w = {0};
    double got = NAN;

    for (size_t i = 0; i < SAMPLES; i++)
        got = rule_window_add(&w, RULE_OP_QUANTILE, 0.9, span, s[i].time_ns, s[i].value);
    /* Uniform up to a million, 500 samples kept: four standard deviations. */
    cr_expect_float_eq(got, 900000, 4 * 1e6 * sqrt(0.9 * 0.1 / 500), "%g", got);
    rule_window_finish(&w);
    free(s);
}

Test(rule_window, times_that_stand_still_have_no_rate)
{
    struct rule_window w = {0};
    struct rule_span span = {.is_samples = true, .count = 1};

    (void)rule_window_add(&w, RULE_OP_RATE, 0, span, 5, 1);
    cr_expect(isnan(rule_window_add(&w, RULE_OP_RATE, 0, span, 5, 2)));
    cr_expect_eq(rule_window_add(&w, RULE_OP_RATE, 0, span, 5 + NS_PER_S, 4), 2);
    rule_window_finish(&w);
}

/* A scrape slower than the window: against the one before it. */
Test(rule_window, sparse_samples)
{
    struct rule_window w = {0}, m = {0};
    struct rule_span span = {.count = 10 * NS_PER_S};

    for (int i = 0; i < 5; i++) {
        double delta = rule_window_add(&w, RULE_OP_DELTA, 0, span, S(60.0 * i), 3 * i);
        double mean = rule_window_add(&m, RULE_OP_MEAN, 0, span, S(60.0 * i), 3 * i);

        if (i > 0) {
            cr_expect_eq(delta, 3);
            cr_expect_eq(mean, 3 * i);
        }
    }
    rule_window_finish(&w);
    rule_window_finish(&m);
}

Test(rule_window, extreme_times_and_values)
{
    static const int64_t times[] = {INT64_MIN, INT64_MIN + 1, -1,
                                    0,         INT64_MAX - 1, INT64_MAX};
    static const enum rule_op ops[] = {RULE_OP_RATE, RULE_OP_DELTA, RULE_OP_MEAN,
                                       RULE_OP_MIN,  RULE_OP_MAX,   RULE_OP_QUANTILE};

    for (size_t k = 0; k < COUNT_OF(ops); k++) {
        for (int64_t count = 1; count <= RULE_SPAN_NS_MAX; count *= 1000) {
            struct rule_window w = {0};

            for (size_t i = 0; i < COUNT_OF(times); i++)
                (void)rule_window_add(&w, ops[k], 0.5, (struct rule_span){.count = count},
                                      times[i], i % 2 ? 1.7e308 : -1.7e308);
            rule_window_finish(&w);
        }
    }
}
