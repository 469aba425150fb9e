#include "model/detect/cp_internal.h"

#include <stdlib.h>
#include <string.h>

#include "model/base/mem.h"

/* Periods that are looked for: what has been seen four times at least. */
#define PERIOD_MIN 3
#define PERIODS_SEEN_MIN 4

/* A wave explains so much of what is left when the running mean is gone, the number of
 * its phases allowed for. A multiple of a period explains as much as the period: a longer
 * one must explain more by this. */
#define SHARE_MIN 0.5
#define SHARE_MORE 0.01

/* Sums in front of each sample, for the running mean. */
struct sums {
    double *values;
    double *counts;
};

struct wave {
    size_t period;
    double share;
    double *phases; /* room for the longest period: how far each is off the mean */
    double *sums, *counts;
};

static void sum_up(struct sums *s, const double *y, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bool is_there = !isnan(y[i]);

        s->values[i + 1] = s->values[i] + (is_there ? y[i] : 0);
        s->counts[i + 1] = s->counts[i] + (is_there ? 1 : 0);
    }
}

/* y[i] less the mean of one period around it, the two ends of an even period counting
 * half; NaN where nothing is known. */
static double off_running_mean(const struct sums *s, const double *y, size_t i,
                               size_t period)
{
    size_t half = period / 2, from = i - half, to = i + half + 1;
    double sum = s->values[to] - s->values[from];
    double count = s->counts[to] - s->counts[from];

    if (period % 2 == 0) {
        sum = (sum + s->values[to - 1] - s->values[from + 1]) / 2;
        count = (count + s->counts[to - 1] - s->counts[from + 1]) / 2;
    }
    return count > 0 ? y[i] - sum / count : NAN;
}

/* The mean of each phase; returns the share of the variance that they explain, or 0. */
static double fold(struct wave *w, const struct sums *s, const double *y, size_t n,
                   size_t period)
{
    double sum = 0, squares = 0, count = 0, explained = 0, mean, total;

    memset(w->sums, 0, period * sizeof *w->sums);
    memset(w->counts, 0, period * sizeof *w->counts);
    for (size_t i = period / 2; i + period / 2 < n; i++) {
        double off = off_running_mean(s, y, i, period);

        if (!isnan(off)) {
            w->sums[i % period] += off;
            w->counts[i % period]++;
            sum += off;
            squares += off * off;
            count++;
        }
    }
    if (count < 3 * (double)period)
        return 0;
    mean = sum / count;
    total = squares - sum * mean;
    for (size_t p = 0; p < period; p++) {
        double off = w->counts[p] > 0 ? w->sums[p] / w->counts[p] - mean : 0;

        explained += w->counts[p] * off * off;
    }
    if (!(total > 0))
        return 0;
    return 1 - (1 - explained / total) * (count - 1) / (count - (double)period);
}

static void find_wave(struct wave *w, const struct sums *s, const double *y, size_t n)
{
    for (size_t period = PERIOD_MIN; period <= n / PERIODS_SEEN_MIN; period++) {
        double share = fold(w, s, y, n, period);

        if (share > w->share + SHARE_MORE) {
            w->share = share;
            w->period = period;
            for (size_t p = 0; p < period; p++)
                w->phases[p] = w->counts[p] > 0 ? w->sums[p] / w->counts[p] : 0;
        }
    }
}

static void take_away(double *y, size_t n, const struct wave *w)
{
    double mean = 0;

    assert(w->period > 0);
    for (size_t p = 0; p < w->period; p++)
        mean += w->phases[p] / (double)w->period;
    for (size_t i = 0; i < n; i++)
        y[i] -= w->phases[i % w->period] - mean;
}

bool cp_take_season(struct cp_work *w)
{
    size_t longest = w->n / PERIODS_SEEN_MIN + 1;
    struct sums s = {mem_alloc_array(w->n + 1, sizeof(double)),
                     mem_alloc_array(w->n + 1, sizeof(double))};
    struct wave wave = {.phases = mem_alloc_array(longest, sizeof(double)),
                        .sums = mem_alloc_array(longest, sizeof(double)),
                        .counts = mem_alloc_array(longest, sizeof(double))};
    bool has_any = false;

    for (size_t d = 0; d < w->dims; d++) {
        double *y = w->values + d * w->n;

        wave.share = 0;
        wave.period = 0;
        sum_up(&s, y, w->n);
        find_wave(&wave, &s, y, w->n);
        if (wave.period > 0 && wave.share > SHARE_MIN) {
            take_away(y, w->n, &wave);
            cp_standardise(y, w->n);
            has_any = true;
        }
    }
    free(s.values);
    free(s.counts);
    free(wave.phases);
    free(wave.sums);
    free(wave.counts);
    return has_any;
}
