#include "model/detect/floor.h"

#include <stdlib.h>

/* A fall is at least that share of the range; less is noise on the way up. */
#define FALL_SHARE 0.1
#define FALLS 2
#define FLOOR_QUANTILE 0.1

static int compare(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

bool floor_add(struct floor_finder *f, double value, double *floor)
{
    if (!f->has_last) {
        f->least = f->most = value;
        f->has_last = true;
    } else if (f->last - value > FALL_SHARE * (f->most - f->least)) {
        f->falls++;
    }
    f->least = value < f->least ? value : f->least;
    f->most = value > f->most ? value : f->most;
    f->last = value;
    f->samples[f->count++] = value;
    if ((f->count < FLOOR_SAMPLES || f->falls < FALLS) && f->count < FLOOR_SAMPLES_MAX)
        return false;
    qsort(f->samples, f->count, sizeof *f->samples, compare);
    *floor = f->samples[(size_t)(FLOOR_QUANTILE * (double)f->count)];
    /* What a fall is follows the heap. */
    f->least = f->samples[0];
    f->most = f->samples[f->count - 1];
    f->count = 0;
    f->falls = 0;
    return true;
}
