#include "model/detect/spike.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define OUTSIDE 5.0   /* deviations: held back */
#define FAR_BEGIN 3.0 /* … told beyond this and so many mean excesses over it: */
#define FAR_EXCESSES 9.0
#define EXCESS 0.34      /* of normal noise */
#define EXCESS_TRUST 4.0 /* is believed like so many that were seen */
#define EXCESS_MEMORY 200.0
#define EXCESS_WINSOR 4.0
#define FAR_TAIL 1.5 /* … and beyond so many times the tail, of few points more */
#define FEW 64.0
#define BACK 2       /* points that a spike is told behind */
#define MEMORY 256.0 /* points that the deviation remembers */
#define TAIL_FADE (1.0 / 131072)
/* Mean distance of a normal variable from the median of five others, in sigmas. */
#define DISTANCE_SIGMA 0.905
/* Sigma of what is rounded to whole quanta, in quanta. */
#define ROUNDING 0.2886751345948129

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void order(double *a, double *b)
{
    double low = *a < *b ? *a : *b, high = *a < *b ? *b : *a;

    *a = low;
    *b = high;
}

/* Of five, by comparing seven times. */
static double median(const double v[SPIKE_NEAR])
{
    double a = v[0], b = v[1], c = v[2], d = v[3], e = v[4];

    order(&a, &b);
    order(&d, &e);
    order(&a, &d);
    order(&b, &e);
    order(&b, &c);
    order(&c, &d);
    order(&b, &c);
    return c;
}

static double sigma_of(const struct spike *s)
{
    return fmax(s->deviation / DISTANCE_SIGMA, s->quantum * ROUNDING);
}

static void take(struct spike *s, struct spike_point p, struct spike_step *out)
{
    double last = s->near[(s->near_at + SPIKE_NEAR - 1) % SPIKE_NEAR];
    double step = fabs(p.value - last);

    if (s->count && step > 0 && (s->quantum == 0 || step < s->quantum))
        s->quantum = step;
    s->near[s->near_at] = p.value;
    s->near_at = s->near_at + 1 == SPIKE_NEAR ? 0 : s->near_at + 1;
    s->count++;
    out->taken[out->taken_count++] = p;
}

/* The first values: how far neighbours lie apart, whatever a start-up does. */
static void begin(struct spike *s, struct spike_point p, struct spike_step *out)
{
    double steps[SPIKE_BEGIN - 1];

    if (s->count == 0) {
        for (unsigned i = 0; i < SPIKE_NEAR; i++)
            s->near[i] = p.value;
    }
    s->begin[s->count] = p.value;
    take(s, p, out);
    if (s->count < SPIKE_BEGIN)
        return;
    for (unsigned i = 0; i + 1 < SPIKE_BEGIN; i++)
        steps[i] = fabs(s->begin[i + 1] - s->begin[i]);
    qsort(steps, SPIKE_BEGIN - 1, sizeof *steps, compare);
    s->deviation = steps[SPIKE_BEGIN / 2] * DISTANCE_SIGMA;
    s->excess = EXCESS;
    s->excess_weight = EXCESS_TRUST;
}

/* What lies outside counts little, however far: but what keeps coming counts. */
static void learn(struct spike *s, double distance, bool is_outside)
{
    double most = fmax(3 * s->deviation, is_outside ? distance / 64 : 0), excess;

    if (!is_outside && most < s->quantum)
        most = s->quantum;
    s->deviation += (fmin(distance, most) - s->deviation) / MEMORY;
    s->tail -= s->tail * TAIL_FADE;
    excess = distance / sigma_of(s) - FAR_BEGIN;
    if (!(excess > 0))
        return;
    s->excess_weight = fmin(s->excess_weight + 1, EXCESS_MEMORY);
    s->excess += (fmin(excess, EXCESS_WINSOR * s->excess) - s->excess) / s->excess_weight;
}

/* It was off and is back: was it far? */
static void judge(struct spike *s, double middle)
{
    struct spike_found *f = &s->found;
    double sigma = sigma_of(s), distance = 0;
    double tail = s->tail * FAR_TAIL * (1 + FEW / (double)s->count);

    for (unsigned i = 0; i < s->held_count; i++) {
        if (fabs(s->held[i].value - middle) > distance) {
            f->point = s->held[i];
            distance = fabs(s->held[i].value - middle);
        }
    }
    f->bound = fmax((FAR_BEGIN + FAR_EXCESSES * s->excess) * sigma, tail);
    f->level = middle;
    f->sigma = sigma;
    f->deviations = sigma > 0 ? distance / sigma : INFINITY;
    f->points = s->held_count;
    if (distance > f->bound) {
        s->back = s->calm > SPIKE_NEAR ? BACK : 0;
        s->tail += (distance - s->tail) / 8;
    } else {
        s->tail = fmax(s->tail, distance);
    }
    s->calm = 0;
}

static void inside(struct spike *s, struct spike_point p, double middle, double distance,
                   struct spike_step *out)
{
    if (s->held_count)
        judge(s, middle);
    else
        s->tail = fmax(s->tail, distance);
    s->held_count = 0;
    s->calm++;
    if (s->back && --s->back == 0) {
        out->is_spike = true;
        out->found = s->found;
    }
    take(s, p, out);
}

static void outside(struct spike *s, struct spike_point p, double middle,
                    struct spike_step *out)
{
    /* On the other side: what came before did not last either. */
    if (s->held_count && (s->held[0].value > middle) != (p.value > middle)) {
        s->held_count = 0;
        s->calm = 0;
    }
    s->back = 0;
    s->held[s->held_count++] = p;
    if (s->held_count < SPIKE_HELD)
        return;
    for (unsigned i = 0; i < SPIKE_HELD; i++)
        take(s, s->held[i], out);
    s->held_count = 0;
}

void spike_stretch(struct spike *s, double factor)
{
    s->deviation *= factor;
    s->tail *= factor;
}

void spike_add(struct spike *s, int64_t time_ns, double value, struct spike_step *out)
{
    struct spike_point p = {time_ns, value};
    double middle, distance;
    bool is_outside;

    out->taken_count = 0;
    out->is_spike = false;
    if (s->count < SPIKE_BEGIN) {
        begin(s, p, out);
        return;
    }
    middle = median(s->near);
    distance = fabs(value - middle);
    is_outside = distance > OUTSIDE * sigma_of(s);
    learn(s, distance, is_outside);
    if (is_outside)
        outside(s, p, middle, out);
    else
        inside(s, p, middle, distance, out);
}
