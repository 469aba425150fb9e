#include "model/detect/spread.h"

#include <math.h>
#include <stdlib.h>

#define LEAST_BEFORE 8.0
#define LEAST_AFTER 4.0

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void sort(double values[SPREAD_BLOCK])
{
    qsort(values, SPREAD_BLOCK, sizeof *values, compare);
}

/* Mean distance of the eight from their median, the two greatest held at the third. */
static double held_mean(double steps[SPREAD_BLOCK])
{
    double middle, sum = 0;

    sort(steps);
    middle = (steps[SPREAD_BLOCK / 2 - 1] + steps[SPREAD_BLOCK / 2]) / 2;
    for (unsigned i = 0; i < SPREAD_BLOCK; i++)
        steps[i] = fabs(steps[i] - middle);
    sort(steps);
    for (unsigned i = 0; i < SPREAD_BLOCK - 2; i++)
        sum += steps[i];
    return (sum + 2 * steps[SPREAD_BLOCK - 3]) / SPREAD_BLOCK;
}

bool spread_add(struct spread *s, int64_t time_ns, double step, double quantum)
{
    double value;

    if (s->step_count == 0)
        s->begin_ns = time_ns;
    s->steps[s->step_count++] = step;
    if (s->step_count < SPREAD_BLOCK)
        return false;
    s->step_count = 0;
    value = held_mean(s->steps) + quantum / 4;
    if (!(value > 0))
        return false;
    value = log(value);
    scales_add(&s->noise, value);
    level_add(&s->level, s->begin_ns, 1, value);
    s->blocks++;
    return true;
}

bool spread_best(const struct spread *s, struct level_change *out)
{
    if (!scales_known(&s->noise) ||
        !level_best(&s->level, &s->noise, LEAST_BEFORE, LEAST_AFTER, out))
        return false;
    out->before = exp(out->before);
    out->after = exp(out->after);
    return true;
}

void spread_restart(struct spread *s)
{
    level_restart(&s->level);
}
