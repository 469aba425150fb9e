/*
 * How far a series wanders by itself, at every scale at once: the variance of the
 * difference between two neighbouring block means, for blocks of 1, 2, 4, 8 … points (a
 * robust running Allan variance).
 *
 * Why not one sigma and one correlation: white noise, AR(1), a random walk and a daily
 * wave differ in exactly this figure. It halves from scale to scale in white noise,
 * doubles in a random walk, and rises up to half a wave's period and falls beyond it. A
 * test whose yardstick is measured at its own scale holds its false alarm rate in all of
 * them, without a model that would have to be right.
 *
 * Shapes. Values in, variances out, in the square of their unit; a point costs two blocks
 * on average. Scales with few blocks so far lean on the scale below. A block difference
 * counts at most as three deviations, so one change of level does not blind the next test
 * while one that keeps coming back becomes what is usual. It is learned three blocks
 * late: a change must not raise the yardstick that it is measured with.
 */
#ifndef MODEL_DETECT_SCALES_H
#define MODEL_DETECT_SCALES_H

#include <stdbool.h>
#include <stdint.h>

#define SCALES 24
#define SCALES_BEGIN 8 /* differences that the first figure is taken from */
#define SCALES_WAIT 3  /* differences that are not learned yet */

struct scale {
    double last;                 /* mean of the last whole block of 2^i points */
    double waiting[SCALES_WAIT]; /* differences, in turn */
    unsigned waiting_at;
    double mean;     /* running mean of the squared differences of neighbours */
    double weight;   /* of that mean, in differences, bounded */
    double ratio;    /* of its figure to the one below, as expected */
    double variance; /* what is believed: with the scale below, and for want of data */
    double half;     /* of that, with doubts: of one of the two means */
    bool has_last;
};

/* Plain; zero-initialise. */
struct scales {
    struct scale at[SCALES];
    uint64_t count; /* values so far */
    double begin[SCALES_BEGIN];
    double least; /* variance of one point that no figure goes below: its rounding */
};

void scales_add(struct scales *s, double value);

/* Is there a figure yet? */
bool scales_known(const struct scales *s);

/*
 * The noise changed by this factor (of its variance), at all scales; it is learned anew
 * from there. A factor below 1 is left to the learning alone: too small a figure makes
 * alarms, too great a one only delays them.
 */
void scales_stretch(struct scales *s, double factor);

/* All values from now on are so much greater. */
void scales_shift(struct scales *s, double by);

/* Of the difference of the means of two neighbouring spans of so many points. */
double scales_variance(const struct scales *s, double before, double after);

#endif
