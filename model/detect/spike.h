/*
 * Spikes: one or two points far off, with two neighbours on each side where the series
 * was. What lies further off than five deviations is held back until it is known whether
 * the series stays there; a spike is told and never passed on, so the tests behind need
 * no clipping that would bend a jump.
 *
 * Source of the idea: Hampel's filter (running median and spread), made causal. How far
 * is far: as far as an exponential tail reaches once in a million points, its length
 * being measured on what lies beyond three deviations (six deviations for normal noise,
 * twenty and more for heavy tails), and beyond 1.75 times the furthest that was ordinary.
 * So what keeps coming is not told for ever.
 */
#ifndef MODEL_DETECT_SPIKE_H
#define MODEL_DETECT_SPIKE_H

#include <stdbool.h>
#include <stdint.h>

#define SPIKE_NEAR 5
#define SPIKE_BEGIN 16
#define SPIKE_HELD 3

struct spike_point {
    int64_t time_ns;
    double value;
};

struct spike_found {
    struct spike_point point; /* the furthest */
    double level;             /* where the series was and is again */
    double deviations, bound; /* how far off, and how far is far */
    double sigma;
    unsigned points;
};

/* Plain; zero-initialise. */
struct spike {
    double near[SPIKE_NEAR]; /* the last values that were taken, any order */
    unsigned near_at;
    uint64_t count;
    double begin[SPIKE_BEGIN];
    double deviation; /* mean distance from the running median, of what is ordinary */
    double tail;      /* the furthest that was ordinary */
    double excess;    /* how far beyond three deviations what is beyond lies, in those */
    double excess_weight;
    double quantum; /* least difference between two values; 0: none yet */
    struct spike_point held[SPIKE_HELD];
    unsigned held_count;
    unsigned back; /* points that are to stay inside until `found` is told; 0: nothing */
    uint64_t calm; /* points since something lay outside */
    struct spike_found found;
};

struct spike_step {
    struct spike_point taken[SPIKE_HELD + 1]; /* to pass on, in order */
    unsigned taken_count;
    bool is_spike;
    struct spike_found found;
};

/* The series scatters so many times as much from now on. */
void spike_stretch(struct spike *s, double factor);

void spike_add(struct spike *s, int64_t time_ns, double value, struct spike_step *out);

#endif
