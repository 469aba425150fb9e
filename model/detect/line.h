/*
 * A straight line through points by least squares, in one pass. Times count from some
 * moment near the points, in seconds, so that the sums stay small.
 */
#ifndef MODEL_DETECT_LINE_H
#define MODEL_DETECT_LINE_H

#include <math.h>

/* Zero-initialise. */
struct line {
    double n, t, y, tt, ty;
};

static inline void line_add(struct line *l, double t, double y)
{
    l->n++;
    l->t += t;
    l->y += y;
    l->tt += t * t;
    l->ty += t * y;
}

/* NaN where there are fewer than `least` points, or all at one moment. */
static inline double line_slope(const struct line *l, double least)
{
    double spread = l->n * l->tt - l->t * l->t;

    if (l->n < least || !(spread > 0))
        return NAN;
    return (l->n * l->ty - l->t * l->y) / spread;
}

#endif
