#include "model/detect/scales.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Differences that a figure remembers: a spread that changes slowly is followed. */
#define WEIGHT_MAX 256.0
#define WEIGHT_ANEW 16.0 /* when the spread changed */
/* What the scale below says counts as so many differences. */
#define LEAN 4.0
/* Differences beyond three deviations count as three. */
#define WINSOR 9.0
/* With few differences the figure may be too small: half as much again with none. */
#define DOUBT 2.0
/* From scale to scale, as a power of two, where little is known: noise, mostly. */
#define USUAL_RATIO (-0.75)
#define USUAL_WEIGHT 6.0
/* The figures above the one that changed follow at these intervals. */
#define REFRESH_MASK 63U
#define REFRESH_EARLY 3U

/* fmax has to think of NaN, which there is none of here, and is a call. */
static double greater(double a, double b)
{
    return a > b ? a : b;
}

static double lesser(double a, double b)
{
    return a < b ? a : b;
}

static void believe(struct scales *s, unsigned i)
{
    struct scale *at = &s->at[i];
    double variance = at->mean;

    if (i > 0)
        variance = (LEAN * at->ratio * s->at[i - 1].variance + at->weight * at->mean) /
                   (LEAN + at->weight);
    at->variance = greater(variance, 2 * s->least / (double)(UINT64_C(1) << i));
    at->half = at->variance * (1 + DOUBT / (LEAN + at->weight)) / 2;
}

/* How the figure goes on from scale to scale, from the three below: between white noise
 * and a random walk. `rise` has how it went, as powers of two, of those below. */
static double ratio_to(const struct scales *s, const double rise[SCALES], unsigned i)
{
    double sum = USUAL_RATIO * USUAL_WEIGHT, weight = USUAL_WEIGHT;

    for (unsigned k = i > 3 ? i - 3 : 1; k < i; k++) {
        double w = lesser(s->at[k].weight, s->at[k - 1].weight);

        sum += w * rise[k];
        weight += w;
    }
    return exp2(lesser(greater(sum / weight, -1), 1));
}

/* The scales that there is anything to know of, and two above. */
static void refresh(struct scales *s)
{
    double rise[SCALES] = {0};

    for (unsigned i = 0; i < SCALES; i++) {
        struct scale *at = &s->at[i];

        at->ratio = ratio_to(s, rise, i);
        believe(s, i);
        if (i > 0 && at->variance > 0 && at[-1].variance > 0)
            rise[i] = log2(at->variance / at[-1].variance);
        if (i > 2 && s->count >> (i - 2) == 0)
            break;
    }
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* The first differences may hold a start-up jump: their median decides. */
static void begin(struct scales *s, double difference)
{
    double sorted[SCALES_BEGIN];
    double deviation;
    unsigned seen = (unsigned)s->count - 1;

    s->begin[seen] = fabs(difference);
    if (seen + 1 < SCALES_BEGIN)
        return;
    for (unsigned i = 0; i < SCALES_BEGIN; i++)
        sorted[i] = s->begin[i];
    qsort(sorted, SCALES_BEGIN, sizeof *sorted, compare);
    deviation = (sorted[SCALES_BEGIN / 2 - 1] + sorted[SCALES_BEGIN / 2]) / 2 /
                0.6744897501960817;
    s->at[0].mean = deviation * deviation;
    s->at[0].weight = SCALES_BEGIN;
    refresh(s);
}

static void learn(struct scales *s, unsigned i, double difference)
{
    struct scale *at = &s->at[i];
    double late = at->waiting[at->waiting_at % SCALES_WAIT], square;

    at->waiting[at->waiting_at++ % SCALES_WAIT] = difference;
    if (at->waiting_at <= SCALES_WAIT)
        return;
    square = lesser(late * late, WINSOR * at->variance);
    at->weight = lesser(at->weight + 1, WEIGHT_MAX);
    at->mean += (square - at->mean) / at->weight;
    believe(s, i);
}

void scales_add(struct scales *s, double value)
{
    double mean = value;
    uint64_t count = s->count;

    for (unsigned i = 0; i < SCALES; i++, count >>= 1) {
        struct scale *at = &s->at[i];
        double last = at->last;

        if (at->has_last && s->count > SCALES_BEGIN)
            learn(s, i, mean - last);
        else if (at->has_last && i == 0)
            begin(s, mean - last);
        at->last = mean;
        at->has_last = true;
        if ((count & 1) == 0)
            break;
        mean = (last + mean) / 2;
    }
    s->count++;
    if ((s->count & REFRESH_MASK) == 0 ||
        (s->count < REFRESH_MASK && (s->count & REFRESH_EARLY) == 0))
        refresh(s);
}

bool scales_known(const struct scales *s)
{
    return s->count > SCALES_BEGIN;
}

void scales_stretch(struct scales *s, double factor)
{
    for (unsigned i = 0; i < SCALES; i++) {
        s->at[i].mean *= greater(factor, 1);
        s->at[i].weight = lesser(s->at[i].weight, WEIGHT_ANEW);
    }
    refresh(s);
}

void scales_shift(struct scales *s, double by)
{
    for (unsigned i = 0; i < SCALES; i++)
        s->at[i].last += by;
}

/* Of a mean of so many points, at least one: between the two scales around. */
static double variance_at(const struct scales *s, double points)
{
    uint64_t bits;
    unsigned i;
    double fraction;

    /* points = (1 + fraction) 2^i, as doubles are kept; frexp is a call. */
    memcpy(&bits, &points, sizeof bits);
    i = (unsigned)(bits >> 52) - 1023;
    fraction = (double)(bits & ((UINT64_C(1) << 52) - 1)) * 0x1p-52;
    if (i >= SCALES - 1)
        return s->at[SCALES - 1].half;
    return s->at[i].half + (s->at[i + 1].half - s->at[i].half) * fraction;
}

double scales_variance(const struct scales *s, double before, double after)
{
    return variance_at(s, before) + variance_at(s, after);
}
