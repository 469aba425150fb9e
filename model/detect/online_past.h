/*
 * What a series did, in little memory: the last points one by one, older ones as means of
 * 2, 4, 8 … points, so that a span of any age is resolved to about a tenth of that age.
 *
 * Shapes. A block is (points, mean time, mean value); time in seconds and values relative
 * to whatever the caller counts from. Blocks come back in the order of time. Bounded: of
 * 131,000 points and more the oldest are forgotten.
 */
#ifndef MODEL_DETECT_ONLINE_PAST_H
#define MODEL_DETECT_ONLINE_PAST_H

#include <stdbool.h>
#include <stdint.h>

#define PAST_LEVELS 14
#define PAST_BLOCKS 16 /* a level, at most; at least half of that but for the oldest */
#define PAST_SPANS (PAST_LEVELS * PAST_BLOCKS)

/* A block as a list shows it. */
struct past_span {
    double points, time_s, value;
    uint64_t end; /* points of the whole series up to and with this one */
};

/* Plain; zero-initialise. */
struct past {
    struct {
        double time_s[PAST_BLOCKS], value[PAST_BLOCKS]; /* oldest first */
        unsigned count;
    } levels[PAST_LEVELS];
    uint64_t count; /* points so far */
};

void past_add(struct past *p, double time_s, double value);

/* The blocks that hold no point before the `from`-th, oldest first; how many. */
unsigned past_list(const struct past *p, uint64_t from, struct past_span out[PAST_SPANS]);

#endif
