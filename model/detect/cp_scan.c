#include "model/detect/cp_internal.h"

#include <stdlib.h>

#include "model/base/mem.h"

/*
 * Jumps in a long series, by the difference of the means of the h samples on either side
 * of each place (Eichinger and Kirch's MOSUM), for h from 16 on, four times as many each
 * time. What is usual for that difference is taken from the series itself at the same h,
 * so noise with a memory, or a random walk, is its own measure.
 */
#define WIDTH_FIRST 16
#define WIDTH_STEP 4

/* The usual difference is the median of so many. */
#define USUAL_SAMPLES ((size_t)1 << 14)

/* What is far beyond the greatest that chance brings about, in usual differences. */
#define BEYOND_CHANCE 4.0

struct scan {
    const double *y;
    size_t n, width;
    double usual, bound;
};

struct sums {
    double before, after;             /* sums of what is there */
    double before_count, after_count; /* on either side */
};

static double there(double y)
{
    return isnan(y) ? 0 : y;
}

static double one(double y)
{
    return isnan(y) ? 0 : 1;
}

static struct sums sums_at(const struct scan *s, size_t at)
{
    struct sums sums = {0};

    for (size_t i = at - s->width; i < at; i++) {
        sums.before += there(s->y[i]);
        sums.before_count += one(s->y[i]);
    }
    for (size_t i = at; i < at + s->width; i++) {
        sums.after += there(s->y[i]);
        sums.after_count += one(s->y[i]);
    }
    return sums;
}

/* From `at` to at + 1. */
static void slide(const struct scan *s, struct sums *sums, size_t at)
{
    double here = s->y[at], left = s->y[at - s->width], right = s->y[at + s->width];

    sums->before += there(here) - there(left);
    sums->before_count += one(here) - one(left);
    sums->after += there(right) - there(here);
    sums->after_count += one(right) - one(here);
}

/* NaN where half of either side is missing. */
static double difference(const struct scan *s, const struct sums *sums)
{
    double least = (double)s->width / 2;

    if (sums->before_count < least || sums->after_count < least)
        return NAN;
    return fabs(sums->after / sums->after_count - sums->before / sums->before_count);
}

static int compare(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* Places spread evenly, and alike from either end. */
static double usual_difference(const struct scan *s)
{
    size_t places = s->n - 2 * s->width + 1, step = places / USUAL_SAMPLES + 1;
    size_t count = 0;
    double *taken, usual = 0;

    if (step < s->width / 4)
        step = s->width / 4;
    taken = mem_alloc_array(places / step + 1, sizeof *taken);
    for (size_t i = (places - 1) % step / 2; i < places; i += step) {
        struct sums sums = sums_at(s, i + s->width);
        double off = difference(s, &sums);

        if (!isnan(off))
            taken[count++] = off;
    }
    if (count > 0) {
        qsort(taken, count, sizeof *taken, compare);
        usual = 1.4826 * taken[count / 2];
    }
    free(taken);
    return usual;
}

struct peak {
    size_t at;
    double height; /* 0 = none */
};

static bool is_known(const struct cp_founds *known, size_t *cursor, size_t count,
                     size_t at, size_t width)
{
    while (*cursor < count && known->items[*cursor].at + width < at)
        (*cursor)++;
    return *cursor < count && known->items[*cursor].at <= at + width;
}

static void take_peak(const struct scan *s, const struct peak *p, size_t *cursor,
                      size_t count, struct cp_founds *out)
{
    if (p->height > 0 && !is_known(out, cursor, count, p->at, s->width))
        cp_found_add(out, p->at, 1 - s->bound / (2 * p->height));
}

/* The highest place of each run above the bound; two that are nearer than the width to
 * each other are one. `out` is sorted as far as `count`. */
static void find_peaks(const struct scan *s, size_t count, struct cp_founds *out)
{
    struct sums sums = sums_at(s, s->width);
    size_t cursor = 0, last = s->n - s->width;
    struct peak peak = {0};

    for (size_t at = s->width;; at++) {
        double height = difference(s, &sums) / s->usual;

        if (peak.height > 0 && at > peak.at + s->width) {
            take_peak(s, &peak, &cursor, count, out);
            peak.height = 0;
        }
        if (height > s->bound && height > peak.height)
            peak = (struct peak){at, height};
        if (at == last)
            break;
        slide(s, &sums, at);
    }
    take_peak(s, &peak, &cursor, count, out);
}

void cp_scan(const struct cp_work *w, size_t width_max, struct cp_founds *out)
{
    double chance = sqrt(2 * log((double)w->n * (double)w->dims));

    for (size_t width = WIDTH_FIRST; width <= width_max && 4 * width < w->n;
         width *= WIDTH_STEP) {
        for (size_t d = 0; d < w->dims; d++) {
            struct scan s = {
                .y = w->values + d * w->n,
                .n = w->n,
                .width = width,
                .bound = BEYOND_CHANCE + chance,
            };

            s.usual = usual_difference(&s);
            if (s.usual > 0)
                find_peaks(&s, out->count, out);
            cp_founds_sort(out);
        }
    }
    for (size_t i = 0; i < out->count; i++)
        out->items[i].is_exact = true;
}
