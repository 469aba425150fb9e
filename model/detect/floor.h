/*
 * The floor under a sawtooth of which only samples are known: no live heap, no goal, no
 * count of collections.
 *
 * Samples are gathered until the heap has fallen twice, and there are FLOOR_SAMPLES of
 * them at least; their tenth lowest in a hundred is the floor. Sampled finer than the
 * collections that is a whole tooth or more; sampled coarser (a scrape each 15 s, a cycle
 * each 2 s) the samples lie anywhere on the teeth, and a quantile, unlike the least, does
 * not sink with their number. Where nothing ever falls, FLOOR_SAMPLES_MAX samples are a
 * tooth.
 */
#ifndef MODEL_DETECT_FLOOR_H
#define MODEL_DETECT_FLOOR_H

#include <stdbool.h>
#include <stddef.h>

#define FLOOR_SAMPLES 20
#define FLOOR_SAMPLES_MAX 256

/* Zero-initialise. */
struct floor_finder {
    double samples[FLOOR_SAMPLES_MAX];
    size_t count;
    unsigned falls;
    double last, least, most; /* the last sample; the range since the floor before */
    bool has_last;
};

/* True when the samples so far give a floor; they are forgotten then. */
bool floor_add(struct floor_finder *f, double value, double *floor);

#endif
