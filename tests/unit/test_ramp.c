/* Flat, then growing: what a fit says of series whose making is known. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "model/base/compiler.h"
#include "model/base/mem.h"
#include "model/detect/ramp.h"
#include "model/units.h"
#include "tests/unit/support.h"

TestSuite(ramp, .fini = test_abort_on_leak);

#define MIB 1048576.0
#define SEEDS 24

enum shape { RAMP, STEP, STAIRS, LEVELLING, WAVE, SPEEDING };

/* A made series: a value each `step_s` from 0 s to `span_s`. */
struct made {
    const char *name;
    enum shape shape;
    double span_s, step_s;
    double level, onset_s, per_s; /* per_s: of a step its height, of a wave its half */
    double noise, rho;            /* standard deviation; how alike neighbours are */
};

static double normal(uint64_t *seed)
{
    double u = ((double)test_random_below(seed, 1000000) + 0.5) / 1e6;
    double v = (double)test_random_below(seed, 1000000) / 1e6;

    return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

static double shape_at(const struct made *m, double t)
{
    double since = t - m->onset_s, rest = m->span_s - m->onset_s;

    switch (m->shape) {
    case RAMP:
        return m->level + (since > 0 ? since * m->per_s : 0);
    case STEP:
        return m->level + (since > 0 ? m->per_s : 0);
    case STAIRS: /* five of them */
        return m->level + (since > 0 ? m->per_s * ceil(since / rest * 5) : 0);
    case LEVELLING:
        return m->level + (since > 0 ? m->per_s * (1 - exp(-since / (rest / 3))) : 0);
    case SPEEDING:
        return m->level + (since > 0 ? m->per_s * since * since : 0);
    case WAVE: /* from the trough at the onset to just before the crest at the end */
        return m->level + m->per_s * (1 - cos(3.0 * fmax(0, since) / rest));
    }
    return NAN;
}

/* All blocks of the series; free() them. value = a * y + b, all `later_ns` later. */
static struct block *blocks_of(const struct made *m, uint64_t seed, double a, double b,
                               int64_t later_ns, size_t *count)
{
    struct trail t = {0};
    struct block *blocks = mem_alloc_array(TRAIL_BLOCKS_MAX, sizeof *blocks);
    size_t points = (size_t)(m->span_s / m->step_s);
    double wander = normal(&seed) * m->noise;

    for (size_t i = 0; i < points; i++) {
        double at = (double)i * m->step_s;
        double y = shape_at(m, at) + wander;

        (void)trail_add(&t, later_ns + (int64_t)(at * 1e9), a * y + b);
        wander = m->rho * wander + sqrt(1 - m->rho * m->rho) * m->noise * normal(&seed);
    }
    *count = trail_recent(&t, trail_top(&t), blocks, TRAIL_BLOCKS_MAX);
    trail_finish(&t);
    return blocks;
}

static bool fit(const struct made *m, uint64_t seed, struct ramp *r)
{
    size_t count;
    struct block *blocks = blocks_of(m, seed, 1, 0, 0, &count);
    bool has = ramp_fit(blocks, count, r);

    free(blocks);
    return has;
}

static const struct {
    struct made made;
    double slope_share, onset_share; /* of slope and span: how far off at most */
} ramps[] = {
    {{"exact", RAMP, 60, 0.5, 100 * MIB, 20, MIB, 0, 0}, 0.01, 0.01},
    {{"from the start", RAMP, 60, 0.5, 100 * MIB, 0, MIB, 0, 0}, 0.002, 0.01},
    {{"long", RAMP, 3600, 1, 100 * MIB, 1200, 0.1 * MIB, 0, 0}, 0.01, 0.02},
    {{"little noise", RAMP, 60, 0.25, 100 * MIB, 20, MIB, MIB, 0}, 0.05, 0.03},
    {{"white noise", RAMP, 60, 0.25, 100 * MIB, 20, MIB, 8 * MIB, 0}, 0.25, 0.15},
    {{"alike noise", RAMP, 120, 0.25, 100 * MIB, 40, MIB, 4 * MIB, 0.8}, 0.2, 0.12},
    {{"seen for long", RAMP, 2400, 0.5, 100 * MIB, 800, 0.1 * MIB, 4 * MIB, 0.8},
     0.08,
     0.06},
    {{"goroutines", RAMP, 120, 1, 12, 30, 5, 3, 0}, 0.05, 0.03},
};

Test(ramp, finds_slope_and_onset)
{
    for (size_t i = 0; i < COUNT_OF(ramps); i++) {
        const struct made *m = &ramps[i].made;
        unsigned outside = 0;

        for (uint64_t seed = 1; seed <= SEEDS; seed++) {
            struct ramp r;
            double off, onset_off;

            cr_assert(fit(m, seed, &r), "%s, seed %d", m->name, (int)seed);
            off = fabs(r.slope - m->per_s);
            onset_off = fabs(r.onset - m->onset_s);
            cr_expect_leq(off, ramps[i].slope_share * m->per_s, "%s, seed %d: %g",
                          m->name, (int)seed, r.slope / m->per_s);
            cr_expect_leq(onset_off, ramps[i].onset_share * m->span_s, "%s, seed %d: %g",
                          m->name, (int)seed, r.onset);
            cr_expect(r.z > 5 && r.step_gain > 1.25, "%s, seed %d: %g %g", m->name,
                      (int)seed, r.z, r.step_gain);
            cr_expect_leq(fabs(r.now - shape_at(m, r.end)),
                          3 * m->noise + ramps[i].slope_share * m->per_s * m->span_s,
                          "%s, seed %d", m->name, (int)seed);
            cr_expect(r.early > 0 && r.late > 0.5 * r.early, "%s, seed %d", m->name,
                      (int)seed);
            outside += m->noise > 0 && off > 3 * r.slope_se;
        }
        /* The error that is told is for the onset that was found; where that is off, it
         * is too little, but not by much. */
        cr_expect_leq(outside, SEEDS / 4, "%s: %u", m->name, outside);
    }
}

/* Bytes or kilobytes, this morning or in 1970: the same growth. */
static const struct {
    double a, b;
    int64_t later_ns;
} alike[] = {
    {1024, 0, 0},
    {1.0 / 1048576, 0, 0},
    {1, 1024 * MIB, 0},
    {1, 0, 1795223730 * NS_PER_S},
    {3, -100 * MIB, -NS_PER_S},
};

static bool is_close(double a, double b, double share)
{
    return fabs(a - b) <= share * fmax(fabs(a), fabs(b)) || a == b;
}

Test(ramp, is_the_same_at_any_scale)
{
    const struct made *m = &ramps[5].made;
    size_t count;
    struct block *blocks = blocks_of(m, 3, 1, 0, 0, &count);
    struct ramp r, other;

    cr_assert(ramp_fit(blocks, count, &r));
    free(blocks);
    for (size_t i = 0; i < COUNT_OF(alike); i++) {
        blocks = blocks_of(m, 3, alike[i].a, alike[i].b, alike[i].later_ns, &count);
        cr_assert(ramp_fit(blocks, count, &other), "row %zu", i);
        cr_expect(is_close(other.onset, r.onset, 1e-9), "row %zu", i);
        cr_expect(is_close(other.slope, alike[i].a * r.slope, 1e-6), "row %zu", i);
        cr_expect(is_close(other.now, alike[i].a * r.now + alike[i].b, 1e-6), "row %zu",
                  i);
        cr_expect(is_close(other.z, r.z, 1e-5), "row %zu: %g %g", i, other.z, r.z);
        cr_expect(is_close(other.r2, r.r2, 1e-6), "row %zu", i);
        cr_expect(is_close(other.step_gain, r.step_gain, 1e-5), "row %zu", i);
        cr_expect(is_close(other.smooth_gain, r.smooth_gain, 1e-4), "row %zu", i);
        cr_expect(is_close(other.late / other.early, r.late / r.early, 1e-5), "row %zu",
                  i);
        free(blocks);
    }
}

/* A later zero of the same blocks moves the onset and nothing else. */
Test(ramp, moves_with_its_blocks)
{
    size_t count;
    struct block *blocks = blocks_of(&ramps[4].made, 5, 1, 0, 0, &count);
    struct ramp r, later;

    cr_assert(ramp_fit(blocks, count, &r));
    for (size_t i = 0; i < count; i++) {
        blocks[i].t += 7200;
        blocks[i].from += 7200;
        blocks[i].to += 7200;
    }
    cr_assert(ramp_fit(blocks, count, &later));
    cr_expect(is_close(later.onset, r.onset + 7200, 1e-9));
    cr_expect(is_close(later.slope, r.slope, 1e-6) && is_close(later.z, r.z, 1e-5));
    cr_expect(is_close(later.before, r.before, 1e-6));
    free(blocks);
}

static const struct made still[] = {
    {"constant", RAMP, 600, 1, 100 * MIB, 600, 0, 0, 0},
    {"nothing", RAMP, 600, 1, 0, 600, 0, 0, 0},
    {"no round number", RAMP, 600, 0.03, 0.1, 600, 0, 0, 0},
    {"falling", RAMP, 600, 1, 100 * MIB, 0, -0.01 * MIB, 0, 0},
    {"too few", RAMP, 4, 1, 100 * MIB, 0, MIB, 0, 0},
};

Test(ramp, sees_no_growth_in)
{
    for (size_t i = 0; i < COUNT_OF(still); i++) {
        struct ramp r;

        cr_expect(!fit(&still[i], 1, &r), "%s: slope %g", still[i].name, r.slope);
    }
    cr_expect(!ramp_fit(&(struct block){0}, 0, &(struct ramp){0}));
}

/* Where there is only noise a kink is found all the same: the best of many. It hardly
 * ever looks like growth. */
static const struct made noisy[] = {
    {"white noise", RAMP, 300, 0.5, 100 * MIB, 300, 0, 4 * MIB, 0},
    {"alike noise", RAMP, 300, 0.5, 100 * MIB, 300, 0, 4 * MIB, 0.8},
};

Test(ramp, of_noise_is_not_significant)
{
    for (size_t i = 0; i < COUNT_OF(noisy); i++) {
        unsigned high = 0;

        for (uint64_t seed = 1; seed <= 2 * SEEDS; seed++) {
            struct ramp r;

            high +=
                fit(&noisy[i], seed, &r) && r.z >= 5 && r.step_gain > 1.25 && r.r2 > 0.9;
        }
        cr_expect_eq(high, 0, "%s: %u", noisy[i].name, high);
    }
}

static const struct {
    struct made made;
    double step_gain_most; /* 0: not asked */
    double late_most;      /* slope of the second half over that of the first */
    double late_least;
    double latest_most; /* slope of the last quarter over the whole's */
    double smooth_least;
} others[] = {
    {{"step", STEP, 60, 0.5, 100 * MIB, 30, 50 * MIB, MIB, 0}, 1, 0, 0, 0, 0},
    {{"step early on", STEP, 60, 0.5, 100 * MIB, 8, 50 * MIB, MIB, 0}, 1, 0, 0, 0, 0},
    {{"step late", STEP, 60, 0.5, 100 * MIB, 50, 50 * MIB, MIB, 0}, 1, 0, 0, 0, 0},
    {{"levelling", LEVELLING, 60, 0.5, 100 * MIB, 0, 100 * MIB, MIB, 0},
     0,
     0.5,
     0,
     0.6,
     2},
    {{"wave", WAVE, 600, 1, 100 * MIB, 200, 50 * MIB, MIB, 0}, 0, 0, 0, 0.7, 0},
    {{"speeding", SPEEDING, 60, 0.5, 100 * MIB, 0, 0.1 * MIB, MIB, 0}, 0, 0, 1.5, 0, 1.2},
};

Test(ramp, tells_growth_from_its_likes)
{
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        const struct made *m = &others[i].made;

        for (uint64_t seed = 1; seed <= SEEDS; seed++) {
            struct ramp r;
            double late;

            cr_assert(fit(m, seed, &r), "%s", m->name);
            late = r.late / r.early;
            cr_expect(others[i].step_gain_most <= 0 ||
                          r.step_gain <= others[i].step_gain_most,
                      "%s, seed %d: step %g", m->name, (int)seed, r.step_gain);
            cr_expect(others[i].late_most <= 0 || late <= others[i].late_most,
                      "%s, seed %d: late %g", m->name, (int)seed, late);
            cr_expect_geq(late, others[i].late_least - 1e9 * (others[i].late_least <= 0),
                          "%s, seed %d: late %g", m->name, (int)seed, late);
            cr_expect(others[i].latest_most <= 0 ||
                          r.latest <= others[i].latest_most * r.slope,
                      "%s, seed %d: latest %g", m->name, (int)seed, r.latest / r.slope);
            cr_expect_geq(r.smooth_gain, others[i].smooth_least, "%s, seed %d: %g",
                          m->name, (int)seed, r.smooth_gain);
        }
    }
}

/* Deploy after deploy: a line from afar, but what it leaves is no noise. */
Test(ramp, leaves_a_staircase_its_steps)
{
    static const struct made stairs = {"stairs", STAIRS,   300, 0.5, 100 * MIB,
                                       60,       20 * MIB, MIB, 0};

    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct ramp r;

        cr_assert(fit(&stairs, seed, &r));
        cr_expect_geq(r.rho, 0.5, "seed %d: %g", (int)seed, r.rho);
    }
}

/* An alarm's onset is settled; the slope goes on with what comes. */
Test(ramp, follows_an_onset_that_is_given)
{
    for (size_t i = 0; i < COUNT_OF(ramps); i++) {
        const struct made *m = &ramps[i].made;
        size_t count;
        struct block *blocks = blocks_of(m, 11, 1, 0, 0, &count);
        struct ramp r;

        cr_assert(ramp_follow(blocks, count, m->onset_s, &r), "%s", m->name);
        cr_expect_eq(r.onset, m->onset_s);
        cr_expect_leq(fabs(r.slope - m->per_s), 0.06 * m->per_s, "%s: %g", m->name,
                      r.slope / m->per_s);
        cr_expect(!ramp_follow(blocks, count, m->span_s, &r), "%s: nothing after it",
                  m->name);
        cr_expect(!ramp_follow(blocks, 0, m->onset_s, &r));
        free(blocks);
    }
}

/* What has stopped growing says so, rather than nothing. */
Test(ramp, follows_what_falls_again)
{
    static const struct made falling = {"falling", RAMP, 60, 0.5, 100 * MIB,
                                        20,        -MIB, 0,  0};
    size_t count;
    struct block *blocks = blocks_of(&falling, 1, 1, 0, 0, &count);
    struct ramp r;

    cr_assert(ramp_follow(blocks, count, 20, &r));
    cr_expect(is_close(r.slope, -MIB, 0.01), "%g", r.slope);
    free(blocks);
}
