#include "tui/axis.h"

#include <assert.h>
#include <math.h>

#include "model/base/compiler.h"
#include "model/base/num.h"

/* Numbers of a binary unit that look round: powers of two, of ten, and in between. */
static const double binary_steps[] = {1,   2,   4,   5,   8,   10,  16,  20,
                                      32,  40,  50,  64,  80,  100, 128, 160,
                                      200, 256, 320, 400, 512, 640, 800};
static const double decimal_steps[] = {1, 2, 5};
/* With room for one number only, its top may be any round one. */
static const double decimal_tops[] = {1, 2, 3, 4, 5, 6, 8};

/* What the smallest axis shows: a chart of nothing but zeros still has a scale. */
static double least_top(enum unit unit)
{
    switch (unit) {
    case UNIT_BYTES:
    case UNIT_BYTES_PER_S:
        return 1024;
    case UNIT_NS:
        return 1000;
    case UNIT_RATIO:
        return 0.01;
    default:
        return 1;
    }
}

static struct axis axis_of_step(double max, double step)
{
    double steps = ceil(max / step - 1e-9);

    if (steps < 1)
        steps = 1;
    /* More than any chart has room for; keeps the conversion defined. */
    if (steps > 1e6)
        steps = 1e6;
    return (struct axis){step, steps * step, (int)steps};
}

/* The axis that wastes least room; among equals the one with more steps. */
static struct axis better(struct axis a, struct axis b, int steps_max)
{
    if (b.steps > steps_max)
        return a;
    if (a.steps < 1)
        return b;
    if (b.top < a.top * (1 - 1e-9))
        return b;
    return b.top <= a.top * (1 + 1e-9) && b.steps > a.steps ? b : a;
}

static struct axis axis_from_table(double max, double base, double base_up,
                                   const double *table, unsigned count, int steps_max)
{
    struct axis best = {0};

    /* Two decades (or binary units) hold every step that can be the right one. */
    for (int decade = 0; decade < 2; decade++, base *= base_up)
        for (unsigned i = 0; i < count; i++)
            best = better(best, axis_of_step(max, base * table[i]), steps_max);
    if (best.steps < 1)
        best = axis_of_step(max, max);
    return best;
}

struct axis axis_of(double max, enum unit unit, int steps_max)
{
    bool is_binary = unit == UNIT_BYTES || unit == UNIT_BYTES_PER_S;

    assert(steps_max >= 1);
    if (!(max > least_top(unit)))
        max = least_top(unit);
    if (!(max < 1e300))
        max = 1e300;
    if (is_binary) {
        double least = max / steps_max, base = 1;

        while (base * 1024 <= least)
            base *= 1024;
        return axis_from_table(max, base, 1024, binary_steps, COUNT_OF(binary_steps),
                               steps_max);
    }
    if (steps_max == 1)
        return axis_from_table(max, pow(10, floor(log10(max))), 10, decimal_tops,
                               COUNT_OF(decimal_tops), 1);
    return axis_from_table(max, pow(10, floor(log10(max / steps_max))), 10, decimal_steps,
                           COUNT_OF(decimal_steps), steps_max);
}

int64_t axis_time_step(int64_t span_ns, int pieces_max)
{
    static const int64_t seconds[] = {1,    2,    5,     10,    15,    30,
                                      60,   120,  300,   600,   900,   1800,
                                      3600, 7200, 10800, 21600, 43200, 86400};
    int64_t least = num_sat_add_i64(span_ns / pieces_max, 1), step = 1;

    assert(pieces_max >= 1);
    while (step < NS_PER_S) {
        if (step >= least)
            return step;
        if (step * 2 >= least)
            return step * 2;
        if (step * 5 >= least)
            return step * 5;
        step *= 10;
    }
    for (unsigned i = 0; i < COUNT_OF(seconds); i++)
        if (seconds[i] * NS_PER_S >= least)
            return seconds[i] * NS_PER_S;
    step = INT64_C(86400) * NS_PER_S;
    while (step < least && step < INT64_MAX / 2)
        step *= 2;
    return step;
}

int axis_time_decimals(int64_t step_ns)
{
    int decimals = 0;

    for (int64_t unit = NS_PER_S; unit > 1 && step_ns % unit != 0; unit /= 10)
        decimals++;
    return decimals;
}
