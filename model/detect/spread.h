/*
 * Does a series scatter more, or less, than it did: a test of the level (level.h) of the
 * logarithm of how far neighbours lie apart, in blocks of eight points.
 *
 * Why differences: a change of level touches one block and a slope hardly any. Of the
 * eight the two greatest count as the third, so a spike or a jump is none of its
 * business.
 */
#ifndef MODEL_DETECT_SPREAD_H
#define MODEL_DETECT_SPREAD_H

#include <stdbool.h>
#include <stdint.h>

#include "model/detect/level.h"
#include "model/detect/scales.h"

#define SPREAD_BLOCK 8

/* Plain; zero-initialise. */
struct spread {
    struct scales noise;
    struct level level;
    double steps[SPREAD_BLOCK];
    unsigned step_count;
    int64_t begin_ns; /* of the block that is being filled */
    uint64_t blocks;
};

/*
 * The difference of two neighbours; `quantum` is what the series is rounded to (0: not).
 * True where that was a block's last.
 */
bool spread_add(struct spread *s, int64_t time_ns, double step, double quantum);

/* The spread's most notable change; before and after are mean distances. */
bool spread_best(const struct spread *s, struct level_change *out);

/* It is as it is: begin anew. */
void spread_restart(struct spread *s);

#endif
