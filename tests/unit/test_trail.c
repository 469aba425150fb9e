/* A series' past in bounded memory: nothing of it is lost but its edges. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "model/base/compiler.h"
#include "model/base/mem.h"
#include "model/detect/trail.h"
#include "model/units.h"
#include "tests/unit/support.h"

TestSuite(trail, .fini = test_abort_on_leak);

/* Sums over bins as they came, which is what blocks have to add up to. */
struct sums {
    long double n, t, y, tt, ty, yy;
    double min, max;
};

static void sums_add(struct sums *s, double t, double y)
{
    s->min = s->n > 0 ? fmin(s->min, y) : y;
    s->max = s->n > 0 ? fmax(s->max, y) : y;
    s->n += 1;
    s->t += t;
    s->y += y;
    s->tt += (long double)t * t;
    s->ty += (long double)t * y;
    s->yy += (long double)y * y;
}

static bool is_close(double a, double b, double share)
{
    return fabs(a - b) <= share * fmax(fabs(a), fabs(b));
}

static void expect_sums(const struct block *b, const struct sums *s, const char *name)
{
    double t = (double)(s->t / s->n), y = (double)(s->y / s->n);

    cr_expect_eq(b->count, (double)s->n, "%s: %g bins", name, b->count);
    cr_expect(is_close(b->t, t, 1e-12) && is_close(b->y, y, 1e-12), "%s: means", name);
    cr_expect(is_close(b->ctt, (double)(s->tt - s->t * s->t / s->n), 1e-7), "%s", name);
    cr_expect(is_close(b->cty, (double)(s->ty - s->t * s->y / s->n), 1e-7), "%s", name);
    cr_expect(is_close(b->cyy, (double)(s->yy - s->y * s->y / s->n), 1e-7), "%s", name);
    cr_expect(b->min == s->min && b->max == s->max, "%s: %g to %g", name, b->min, b->max);
}

static struct block joined(const struct block *blocks, size_t count)
{
    struct block sum = {0};

    for (size_t i = 0; i < count; i++)
        sum = block_join(&sum, &blocks[i]);
    return sum;
}

static struct block *blocks_of(const struct trail *t, unsigned level, size_t *count)
{
    struct block *blocks = mem_alloc_array(TRAIL_BLOCKS_MAX, sizeof *blocks);

    *count = trail_recent(t, level, blocks, TRAIL_BLOCKS_MAX);
    return blocks;
}

/* One point a bin, so that the bins are known. */
static const struct {
    const char *name;
    size_t points;
    int64_t step_ns, jitter_ns;
    double start, per_s, wobble;
} series[] = {
    {"one", 1, TRAIL_BIN_NS, 0, 1e9, 0, 0},
    {"two", 2, TRAIL_BIN_NS, 0, 1e9, 1e6, 0},
    {"as many as are kept", TRAIL_KEPT, TRAIL_BIN_NS, 0, 1e9, 1e6, 1e5},
    {"the first merge", TRAIL_KEPT + 2, TRAIL_BIN_NS, 0, 1e9, 1e6, 1e5},
    {"bytes", 20000, TRAIL_BIN_NS, 0, 1e9, 3e4, 1e6},
    {"seconds apart", 5000, NS_PER_S, 400 * NS_PER_MS, 4e9, 1e5, 1e7},
    {"goroutines", 5000, NS_PER_S, 0, 12, 0.25, 7},
};

Test(trail, adds_up_to_its_bins)
{
    for (size_t i = 0; i < COUNT_OF(series); i++) {
        struct trail t = {0};
        struct sums s = {0};
        struct block *blocks, sum;
        uint64_t seed = 8 + i;
        int64_t start_ns = 1795223730 * NS_PER_S;
        size_t count;

        for (size_t k = 0; k < series[i].points; k++) {
            int64_t at_ns = (int64_t)k * series[i].step_ns;
            double y;

            if (k && series[i].jitter_ns)
                at_ns += (int64_t)test_random_below(&seed, (size_t)series[i].jitter_ns);
            y = series[i].start + series[i].per_s * (double)at_ns * 1e-9 +
                series[i].wobble * (double)test_random_below(&seed, 1000) / 1000;
            cr_assert(trail_add(&t, start_ns + at_ns, y), "%s: a new bin",
                      series[i].name);
            sums_add(&s, (double)at_ns * 1e-9, y);
        }
        blocks = blocks_of(&t, trail_top(&t), &count);
        sum = joined(blocks, count);
        expect_sums(&sum, &s, series[i].name);
        cr_expect_eq(sum.from, 0, "%s", series[i].name);
        free(blocks);
        trail_finish(&t);
    }
}

Test(trail, keeps_order_and_a_bounded_number)
{
    struct trail t = {0};
    size_t count;
    struct block *blocks;
    double age;

    for (int64_t i = 0; i < 1000000; i++)
        (void)trail_add(&t, i * TRAIL_BIN_NS, (double)i);
    cr_expect_eq(t.bins, 999999);
    cr_expect_lt(trail_top(&t), 16, "%u", trail_top(&t));
    blocks = blocks_of(&t, trail_top(&t), &count);
    cr_expect_lt(count, 16 * TRAIL_KEPT, "%zu", count);
    cr_expect_eq(joined(blocks, count).count, 1e6);
    age = 1e6;
    for (size_t i = 0; i < count; i++) {
        cr_expect(i == 0 || blocks[i].from > blocks[i - 1].to, "block %zu", i);
        cr_expect(blocks[i].from <= blocks[i].t && blocks[i].t <= blocks[i].to);
        /* A line's block means lie on it, and its ends are its extremes. */
        cr_expect(is_close(blocks[i].y, blocks[i].t * 8, 1e-9), "block %zu", i);
        cr_expect(blocks[i].min <= blocks[i].y && blocks[i].y <= blocks[i].max);
        age -= blocks[i].count;
        cr_expect(blocks[i].count == 1 || blocks[i].count <= age / (TRAIL_KEPT / 2.0 - 1),
                  "block %zu: %g bins, %g ago", i, blocks[i].count, age);
    }
    free(blocks);
    trail_finish(&t);
}

/* Those of the levels up to the one asked for, none twice, none left out. */
Test(trail, recent_blocks_are_the_end_of_all)
{
    struct trail t = {0};
    size_t all_count;
    struct block *all;

    for (int64_t i = 0; i < 3000; i++)
        (void)trail_add(&t, i * TRAIL_BIN_NS, (double)(i % 17));
    all = blocks_of(&t, trail_top(&t), &all_count);
    for (unsigned level = 0; level <= trail_top(&t); level++) {
        size_t count;
        struct block *some = blocks_of(&t, level, &count);

        cr_assert(count && count <= all_count, "level %u", level);
        for (size_t i = 0; i < count; i++) {
            const struct block *same = &all[all_count - count + i];

            cr_expect(some[i].from == same->from && some[i].count == same->count &&
                          some[i].y == same->y,
                      "level %u, block %zu", level, i);
        }
        cr_expect_eq(trail_recent(&t, level, some, 3), 3, "no more than there is room");
        free(some);
    }
    free(all);
    trail_finish(&t);
}

/* A level's blocks change every 2^level bins: that often there is a look at it. */
Test(trail, each_level_has_its_turn)
{
    struct trail t = {0};
    uint64_t looks[TRAIL_LEVELS] = {0}, since[TRAIL_LEVELS] = {0};

    for (int64_t i = 0; i < 40000; i++) {
        unsigned due;

        (void)trail_add(&t, i * TRAIL_BIN_NS, 1);
        due = trail_due(&t);
        cr_assert_leq(due, trail_top(&t));
        for (unsigned level = 0; level <= trail_top(&t); level++) {
            since[level] = level <= due ? 0 : since[level] + 1;
            looks[level] += level <= due;
            cr_assert_lt(since[level], UINT64_C(1) << level, "bin %lld, level %u",
                         (long long)i, level);
        }
    }
    cr_expect_eq(looks[0], 40000);
    for (unsigned level = 1; level <= trail_top(&t); level++)
        cr_expect_leq(looks[level], 40000 >> level, "level %u: %llu", level,
                      (unsigned long long)looks[level]);
    trail_finish(&t);
}

Test(trail, a_burst_weighs_as_much_as_a_point)
{
    struct trail t = {0};
    size_t count;
    struct block *blocks;

    cr_expect(trail_add(&t, 0, 10));
    for (int i = 0; i < 100; i++)
        cr_expect(!trail_add(&t, TRAIL_BIN_NS - 1, 20), "of the same bin");
    cr_expect(trail_add(&t, TRAIL_BIN_NS, 7), "ranges are half-open");
    /* Time stands still: it stays the one open bin. */
    for (int i = 0; i < 1000; i++)
        cr_expect(!trail_add(&t, TRAIL_BIN_NS, 9));
    cr_expect_eq(t.bins, 1);
    blocks = blocks_of(&t, trail_top(&t), &count);
    cr_assert_eq(count, 2);
    cr_expect(is_close(blocks[0].y, 2010.0 / 101, 1e-12), "%g", blocks[0].y);
    cr_expect_eq(blocks[0].count, 1);
    cr_expect(is_close(blocks[1].y, 9007.0 / 1001, 1e-12), "%g", blocks[1].y);
    free(blocks);
    trail_finish(&t);
}

Test(trail, is_empty_at_first)
{
    struct trail t = {0};
    struct block block;

    cr_expect_eq(trail_recent(&t, trail_top(&t), &block, 1), 0);
    cr_expect_eq(trail_top(&t), 0);
    cr_expect_eq(trail_due(&t), 0);
    trail_finish(&t);
    (void)trail_add(&t, 5 * NS_PER_S, 1);
    trail_finish(&t);
    /* What is finished can be begun anew, with another zero. */
    (void)trail_add(&t, 9 * NS_PER_S, 2);
    cr_expect_eq(trail_seconds(&t, 10 * NS_PER_S), 1);
    trail_finish(&t);
}

static const struct {
    int64_t first_ns, second_ns;
} gaps[] = {
    {0, 3600 * 24 * 365 * NS_PER_S},
    {-5 * NS_PER_S, 5 * NS_PER_S},
    {INT64_MIN, 0},
    {INT64_MIN, INT64_MAX},
    {0, INT64_MAX},
    {INT64_MAX, INT64_MAX},
};

Test(trail, survives_any_gap)
{
    for (size_t i = 0; i < COUNT_OF(gaps); i++) {
        struct trail t = {0};
        struct block blocks[8];
        size_t count;

        (void)trail_add(&t, gaps[i].first_ns, 1);
        (void)trail_add(&t, gaps[i].second_ns, 2);
        count = trail_recent(&t, trail_top(&t), blocks, COUNT_OF(blocks));
        for (size_t k = 0; k < count; k++)
            cr_expect(isfinite(blocks[k].t) && isfinite(blocks[k].y), "row %zu", i);
        cr_expect_eq(trail_time(&t, 0), gaps[i].first_ns, "row %zu", i);
        /* Beyond what a trail can be long its end stands still, but does not wrap. */
        cr_expect_geq(trail_time(&t, blocks[count - 1].to), gaps[i].first_ns, "row %zu",
                      i);
        trail_finish(&t);
    }
}

Test(trail, times_come_back)
{
    struct trail t = {0};

    (void)trail_add(&t, 1795223730 * NS_PER_S + 1, 1);
    for (int64_t s = 0; s < 4000000; s += 99991) {
        int64_t time_ns = 1795223730 * NS_PER_S + 1 + s * NS_PER_S + 250 * NS_PER_MS;

        cr_expect_eq(trail_time(&t, trail_seconds(&t, time_ns)), time_ns);
    }
    trail_finish(&t);
}

static struct block random_block(uint64_t *seed)
{
    struct trail t = {0};
    struct block blocks[8], sum;
    size_t points = 1 + test_random_below(seed, 7), count;

    for (size_t i = 0; i < points; i++)
        (void)trail_add(&t, (int64_t)i * NS_PER_S,
                        1e9 + (double)test_random_below(seed, 100000000));
    count = trail_recent(&t, 0, blocks, COUNT_OF(blocks));
    sum = joined(blocks, count);
    sum.t += 100 * (double)test_random_below(seed, 1000);
    trail_finish(&t);
    return sum;
}

static void expect_same(const struct block *a, const struct block *b, uint64_t seed)
{
    cr_expect(a->count == b->count && a->min == b->min && a->max == b->max &&
                  a->from == b->from && a->to == b->to,
              "seed %llu", (unsigned long long)seed);
    cr_expect(is_close(a->t, b->t, 1e-12) && is_close(a->y, b->y, 1e-12) &&
                  is_close(a->ctt, b->ctt, 1e-9) && is_close(a->cyy, b->cyy, 1e-9) &&
                  fabs(a->cty - b->cty) <= 1e-9 * sqrt(a->ctt * a->cyy),
              "seed %llu", (unsigned long long)seed);
}

Test(trail, joining_takes_any_order)
{
    for (uint64_t i = 1; i <= 200; i++) {
        uint64_t seed = i;
        struct block a = random_block(&seed), b = random_block(&seed),
                     c = random_block(&seed), none = {0};
        struct block ab = block_join(&a, &b), ba = block_join(&b, &a),
                     bc = block_join(&b, &c);
        struct block left = block_join(&ab, &c), right = block_join(&a, &bc);

        expect_same(&ab, &ba, i);
        expect_same(&left, &right, i);
        ab = block_join(&a, &none);
        expect_same(&ab, &a, i);
        ab = block_join(&none, &a);
        expect_same(&ab, &a, i);
    }
}
