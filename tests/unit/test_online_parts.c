/* What the online detector is made of, against plain arithmetic. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "model/base/compiler.h"
#include "model/base/mem.h"
#include "model/base/text.h"
#include "model/detect/kink.h"
#include "model/detect/level.h"
#include "model/detect/online_past.h"
#include "model/detect/online_words.h"
#include "model/detect/scales.h"
#include "tests/unit/support.h"

TestSuite(online_parts, .fini = test_abort_on_leak);

static double uniform(uint64_t *seed)
{
    return ((double)(test_random(seed) >> 11) + 0.5) * 0x1p-53;
}

static double normal(uint64_t *seed)
{
    double radius = sqrt(-2 * log(uniform(seed)));

    return radius * cos(6.283185307179586 * uniform(seed));
}

static bool is_near(double got, double want, double share)
{
    return fabs(got - want) <= share * fabs(want);
}

/* Of two means of n white points each the variance is 2/n; of a walk's it is 2n/3. */
Test(scales, know_white_noise_from_a_walk)
{
    struct scales white = {0}, walk = {0};
    uint64_t seed = 1;
    double level = 0;

    for (int i = 0; i < 40000; i++) {
        double step = normal(&seed);

        scales_add(&white, step);
        scales_add(&walk, level += step);
    }
    for (unsigned i = 0; i <= 6; i++) {
        double n = ldexp(1, (int)i), want = n > 1 ? 2 * n / 3 : 1;

        cr_expect(is_near(scales_variance(&white, n, n), 2 / n, 0.3), "white %g: %g", n,
                  scales_variance(&white, n, n));
        cr_expect(is_near(scales_variance(&walk, n, n), want, 0.35), "walk %g: %g", n,
                  scales_variance(&walk, n, n));
    }
}

Test(scales, hardly_learn_from_one_change)
{
    struct scales s = {0};
    uint64_t seed = 2;
    double before;

    for (int i = 0; i < 1024; i++)
        scales_add(&s, normal(&seed));
    before = scales_variance(&s, 8, 8);
    for (int i = 0; i < 1024; i++)
        scales_add(&s, 1000 + normal(&seed));
    cr_expect(is_near(scales_variance(&s, 8, 8), before, 0.35), "%g, then %g", before,
              scales_variance(&s, 8, 8));
}

/* The best split is a corner of one of the hulls. */
Test(level, finds_the_split_that_trying_all_finds)
{
    for (uint64_t seed = 1; seed <= 40; seed++) {
        uint64_t state = seed;
        struct level l = {0};
        struct level_change got;
        double sums[301] = {0}, best = 0;
        size_t best_at = 0, count = 40 + test_random_below(&state, 261);

        for (size_t i = 0; i < count; i++) {
            double value = normal(&state) + (i > count / 2 ? 1 : 0);

            level_add(&l, (int64_t)i, 1, value);
            sums[i + 1] = sums[i] + value;
        }
        for (size_t at = 4; at + 4 <= count; at++) {
            double n = (double)count, k = (double)at;
            double d = sums[at] / k - (sums[count] - sums[at]) / (n - k);

            if (d * d * k * (n - k) / n > best) {
                best = d * d * k * (n - k) / n;
                best_at = at;
            }
        }
        cr_assert(level_place(&l, 4, (double)count - 4, &got));
        cr_expect_eq(got.time_ns, (int64_t)best_at, "seed %lu", (unsigned long)seed);
        cr_expect_eq(got.before_count, (double)best_at);
    }
}

Test(level, gives_up_its_oldest_corner_at_worst)
{
    struct level l = {0};

    /* Ever steeper: every point is a corner. */
    for (int i = 0; i < 10000; i++)
        level_add(&l, i, 1, (double)i * i);
    cr_expect_leq(l.rise.count, LEVEL_CORNERS);
    cr_expect_eq(l.rise.corners[0].count, 0);
    cr_expect_eq(l.rise.corners[l.rise.count - 1].count, 9999);
}

Test(past, lists_every_point_once)
{
    struct past *p = mem_alloc(sizeof *p);
    struct past_span spans[PAST_SPANS];

    for (uint64_t i = 0; i < 300000; i++) {
        unsigned count;
        uint64_t end;

        past_add(p, (double)i, 2 * (double)i);
        if (i % 997 && i > 200)
            continue;
        count = past_list(p, 0, spans);
        end = spans[0].end - (uint64_t)spans[0].points;
        cr_expect(i > 131072 || end == 0, "the oldest of %lu", (unsigned long)i);
        for (unsigned k = 0; k < count; k++) {
            double first = (double)end, middle = first + (spans[k].points - 1) / 2;

            end += (uint64_t)spans[k].points;
            cr_assert_eq(spans[k].end, end);
            cr_assert(fabs(spans[k].time_s - middle) < 1e-6);
            cr_assert(fabs(spans[k].value - 2 * middle) < 1e-6);
        }
        cr_assert_eq(end, i + 1);
    }
    cr_expect_eq(past_list(p, 300000, spans), 0);
    cr_expect_eq(past_list(p, 299999, spans), 1);
    free(p);
}

static unsigned spans_of(struct past_span *spans, unsigned count, double step,
                         double slope)
{
    for (unsigned i = 0; i < count; i++)
        spans[i] = (struct past_span){
            1, 0.5 * i, 7 + (i >= 60 ? step + slope * 0.5 * (i - 59) : 0), i + 1};
    return count;
}

Test(kink, tells_a_jump_from_a_kink)
{
    struct past_span spans[100];
    struct fits fits;

    cr_assert(kink_fit(spans, spans_of(spans, 100, 5, 0), false, 4, 4, &fits));
    cr_expect_eq(fits.jump.at, 60);
    cr_expect(fits.jump.left < 1e-9 && fits.kink.left > 10);
    cr_expect(is_near(fits.jump.before, 7, 1e-9) && is_near(fits.jump.after, 12, 1e-9));
    cr_expect(fits.points_before == 60 && fits.points_after == 40);

    cr_assert(kink_fit(spans, spans_of(spans, 100, 0, -3), false, 4, 4, &fits));
    cr_expect(fits.kink.left < 30 && fits.jump.left > 1000, "%g %g", fits.kink.left,
              fits.jump.left);
    cr_expect(is_near(fits.kink.slope, -3, 0.05), "%g", fits.kink.slope);
    cr_expect(fabs(fits.kink.time_s - 29.5) <= 0.5, "%g", fits.kink.time_s);
}

Test(kink, bears_stretches_without_length)
{
    struct past_span spans[20];
    struct fits fits;

    cr_expect_not(kink_fit(spans, spans_of(spans, 1, 0, 0), false, 4, 4, &fits));
    cr_expect_not(kink_fit(spans, spans_of(spans, 7, 0, 0), true, 4, 4, &fits));
    spans_of(spans, 20, 0, 0);
    for (unsigned i = 0; i < 20; i++)
        spans[i].time_s = 3;
    cr_expect(kink_fit(spans, 20, true, 4, 4, &fits));
    cr_expect(fits.jump.left == 0 && fits.kink.left == 0 && fits.line.slope == 0);
}

#define MIB(n) ((n)*1048576.0)

static const struct {
    const char *what;
    enum unit unit;
    struct inflection found;
    const char *text;
} words[] = {
    {"live heap",
     UNIT_BYTES,
     {.kind = EVENT_LEVEL_SHIFT, .before = MIB(52), .after = MIB(112)},
     "live heap steps from 52.0 MiB to 112 MiB"},
    {"live heap",
     UNIT_BYTES,
     {.kind = EVENT_LEVEL_SHIFT, .before = MIB(112), .after = MIB(52), .is_return = true},
     "live heap drops back from 112 MiB to 52.0 MiB"},
    {"live heap",
     UNIT_BYTES,
     {.kind = EVENT_SLOPE_CHANGE, .slope_per_s = MIB(2)},
     "live heap begins to grow by 2.00 MiB a second"},
    {"live heap",
     UNIT_BYTES,
     {.kind = EVENT_SLOPE_CHANGE, .slope_per_s = 600},
     "live heap begins to grow by 35.2 KiB a minute"},
    {"live heap",
     UNIT_BYTES,
     {.kind = EVENT_SLOPE_CHANGE, .slope_before = MIB(4), .slope_per_s = MIB(1)},
     "live heap grows slower, by 1.00 MiB a second after 4.00 MiB a second"},
    {"live heap",
     UNIT_BYTES,
     {.kind = EVENT_SLOPE_CHANGE, .slope_before = MIB(4), .slope_per_s = 100},
     "live heap stops growing (it was 4.00 MiB a second)"},
    {"GC interval",
     UNIT_NS,
     {.kind = EVENT_VARIANCE_CHANGE, .before = 2e6, .after = 6e6},
     "GC interval: its spread grows 3 times"},
    {"GC interval",
     UNIT_NS,
     {.kind = EVENT_VARIANCE_CHANGE, .before = 6e6, .after = 0},
     "GC interval no longer varies"},
    {"GC pause",
     UNIT_NS,
     {.kind = EVENT_SPIKE, .before = 3e5, .after = 25e6},
     "GC pause jumps to 25.0 ms and is back at 0.30 ms"},
};

Test(online_parts, speaks_plainly)
{
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        struct text text = {0};

        online_words(&text, words[i].what, words[i].unit, &words[i].found);
        cr_expect_str_eq(text_str(&text), words[i].text);
        text_finish(&text);
    }
}
