#include "model/detect/cp_internal.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

#include "model/base/mem.h"

/* A spike is told from the median of so many samples around it. */
#define SPIKE_WINDOW 7
#define SPIKE_HALF (SPIKE_WINDOW / 2)

/* The scale of a long series is taken from so many of its samples. */
#define SCALE_SAMPLES ((size_t)1 << 15)

/* Variation below this share of the greatest value is rounding. */
#define FLAT_SHARE (64 * DBL_EPSILON)

static int compare(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static double median(double *values, size_t count)
{
    size_t half = count / 2;

    qsort(values, count, sizeof *values, compare);
    return count % 2 ? values[half] : (values[half - 1] + values[half]) / 2;
}

/* The greatest magnitude, missing values and infinities left out (and made NaN). */
static double take_column(double *to, const double *from, size_t n)
{
    double most = 0;

    for (size_t i = 0; i < n; i++) {
        double magnitude = fabs(from[i]);

        to[i] = magnitude <= DBL_MAX ? from[i] : NAN;
        if (magnitude <= DBL_MAX && magnitude > most)
            most = magnitude;
    }
    return most;
}

static void clear_column(double *y, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] = NAN;
}

bool cp_standardise(double *y, size_t n)
{
    double count = 0, sum = 0, squares = 0, mean, scale;

    for (size_t i = 0; i < n; i++) {
        if (!isnan(y[i])) {
            count++;
            sum += y[i];
        }
    }
    if (count < 2)
        return false;
    mean = sum / count;
    for (size_t i = 0; i < n; i++) {
        if (!isnan(y[i])) {
            y[i] -= mean;
            squares += y[i] * y[i];
        }
    }
    scale = sqrt(squares / count);
    if (!(scale > FLAT_SHARE))
        return false;
    for (size_t i = 0; i < n; i++)
        y[i] /= scale;
    return true;
}

/* The median of what is there of the window around i; false when nothing is. */
static bool window_median(const double *y, size_t n, size_t i, double *out)
{
    size_t from = i < SPIKE_HALF ? 0 : i - SPIKE_HALF;
    size_t to = n - i > SPIKE_HALF ? i + SPIKE_HALF + 1 : n;
    double window[SPIKE_WINDOW];
    size_t count = 0;

    for (size_t k = from; k < to; k++) {
        size_t place = count;

        if (isnan(y[k]))
            continue;
        for (; place > 0 && window[place - 1] > y[k]; place--)
            window[place] = window[place - 1];
        window[place] = y[k];
        count++;
    }
    if (count == 0)
        return false;
    *out =
        count % 2 ? window[count / 2] : (window[count / 2 - 1] + window[count / 2]) / 2;
    return true;
}

static double distance(const double *y, size_t n, size_t i)
{
    double middle;

    return !isnan(y[i]) && window_median(y, n, i, &middle) ? fabs(y[i] - middle) : 0;
}

/* The usual distance of a sample from its window's median, as a standard deviation. The
 * samples of a long series are taken evenly, from the middle outwards to either side, so
 * that the reversed series gives the same. */
static double usual_distance(const double *y, size_t n)
{
    size_t step = n / SCALE_SAMPLES + 1, count = 0;
    size_t first = (n - 1) % step / 2;
    double *taken = mem_alloc_array(n / step + 1, sizeof *taken);
    double usual = 0;

    for (size_t i = first; i < n; i += step) {
        if (!isnan(y[i]))
            taken[count++] = distance(y, n, i);
    }
    if (count > 0)
        usual = 1.4826 * median(taken, count);
    free(taken);
    return usual;
}

static void add_spike(struct cp_work *w, size_t i)
{
    w->spikes =
        mem_grow(w->spikes, &w->spike_capacity, w->spike_count + 1, sizeof *w->spikes);
    w->spikes[w->spike_count++] = i;
}

/*
 * Hampel's rule, and both neighbours back where they belong: two in a row are a short
 * regime. The bound rises with the length as the greatest of n normal values does, so
 * that plain noise of any length has hardly a spike.
 */
static void find_spikes(struct cp_work *w, const double *y)
{
    double usual = usual_distance(y, w->n);
    double bound = fmax(usual, 0.01) * (1.5 + sqrt(2 * log((double)w->n)));
    double before = 0, here = distance(y, w->n, 0), after;

    for (size_t i = 0; i + 1 < w->n; i++) {
        after = distance(y, w->n, i + 1);
        if (i > 0 && here > bound && before <= bound && after <= bound)
            add_spike(w, i);
        before = here;
        here = after;
    }
}

static int compare_places(const void *a, const void *b)
{
    const size_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static void sort_spikes(struct cp_work *w)
{
    size_t kept = 0;

    if (w->spike_count > 0)
        qsort(w->spikes, w->spike_count, sizeof *w->spikes, compare_places);
    for (size_t i = 0; i < w->spike_count; i++) {
        if (kept == 0 || w->spikes[kept - 1] != w->spikes[i])
            w->spikes[kept++] = w->spikes[i];
    }
    w->spike_count = kept;
}

/* Returns whether it is flat. */
static bool prepare_column(struct cp_work *w, double *y, const double *from)
{
    size_t n = w->n, first = w->spike_count;
    double most = take_column(y, from, n);
    double half, rest;
    int exponent;

    /* Powers of two, so that nothing is rounded but by the division by the scale; two of
     * them, since that of the smallest numbers would be too large. */
    (void)frexp(most, &exponent);
    half = ldexp(1, -exponent / 2);
    rest = ldexp(1, -(exponent - exponent / 2));
    for (size_t i = 0; i < n; i++)
        y[i] = y[i] * half * rest;
    if (!cp_standardise(y, n)) {
        clear_column(y, n);
        return true;
    }
    find_spikes(w, y);
    for (size_t i = first; i < w->spike_count; i++)
        y[w->spikes[i]] = NAN;
    if (w->spike_count > first && !cp_standardise(y, n)) {
        clear_column(y, n);
        return true;
    }
    return false;
}

void cp_prepare(struct cp_work *w, const struct cp_input *in)
{
    *w = (struct cp_work){.n = in->n, .dims = in->dims};
    w->values = mem_alloc_array(in->n * in->dims, sizeof *w->values);
    w->is_flat = mem_alloc_array(in->dims, sizeof *w->is_flat);
    for (size_t d = 0; d < in->dims; d++)
        w->is_flat[d] = prepare_column(w, w->values + d * in->n, in->values + d * in->n);
    sort_spikes(w);
}

struct cp_work cp_work_dup(const struct cp_work *w)
{
    struct cp_work copy = {.n = w->n, .dims = w->dims};

    copy.values = mem_alloc_array(w->n * w->dims, sizeof *copy.values);
    memcpy(copy.values, w->values, w->n * w->dims * sizeof *copy.values);
    return copy;
}

void cp_work_turn(struct cp_work *w)
{
    for (size_t d = 0; d < w->dims; d++) {
        double *y = w->values + d * w->n;

        for (size_t i = 0; i < w->n / 2; i++) {
            double swapped = y[i];

            y[i] = y[w->n - 1 - i];
            y[w->n - 1 - i] = swapped;
        }
    }
}

void cp_work_finish(struct cp_work *w)
{
    free(w->values);
    free(w->spikes);
    free(w->is_flat);
    *w = (struct cp_work){0};
}
