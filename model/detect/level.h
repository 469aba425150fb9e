/*
 * Has the mean of a series changed, when, and how surely: the likelihood ratio of two
 * means against one, for every moment of change at once.
 *
 * Of all moments only those can be the best, now or later, that are corners of the convex
 * hull of the cumulative sum: the lower one for a rise, the upper one for a fall. That
 * idea is functional pruning (FOCuS, arXiv 2110.08205): some log n corners a point. What
 * is new here is the yardstick: each corner is measured against the noise of its own two
 * scales (scales.h), so that correlation and slow waves do not look like changes.
 *
 * Shapes. Values in order, far from overflow; counts as doubles. Bounded: of more corners
 * than fit the oldest is given up.
 */
#ifndef MODEL_DETECT_LEVEL_H
#define MODEL_DETECT_LEVEL_H

#include <stdbool.h>
#include <stdint.h>

#include "model/detect/scales.h"

/* 45 was the most in 10^7 points of noise, both hulls together. */
#define LEVEL_CORNERS 48

struct level_corner {
    double count, sum; /* of all values before it */
    int64_t time_ns;   /* of the first value after it */
};

struct level_hull {
    struct level_corner corners[LEVEL_CORNERS];
    unsigned count;
};

/* Plain; zero-initialise. */
struct level {
    struct level_hull rise, fall;
    double count, sum;
};

struct level_change {
    double statistic; /* squared difference over its variance */
    double before_count, after_count;
    double before, after; /* means */
    int64_t time_ns;      /* of the first value of the new level */
};

void level_restart(struct level *l);

/* `count` values of that mean, the first at time_ns. */
void level_add(struct level *l, int64_t time_ns, double count, double mean);

/*
 * The change that stands out most, of those with at least so many values on each side.
 * False where there is none. Older corners are looked at less often, since their
 * statistic moves slowly: every fourth time beyond 64 values, every 32nd beyond 512.
 */
bool level_best(const struct level *l, const struct scales *noise, double least_before,
                double least_after, struct level_change *out);

/*
 * The split among the corners with [least_after, most_after] values behind them that the
 * data fit best, whatever the noise: a change found by level_best or otherwise, laid to
 * the point. False where there is no such corner.
 */
bool level_place(const struct level *l, double least_after, double most_after,
                 struct level_change *out);

#endif
