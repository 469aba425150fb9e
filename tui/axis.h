/*
 * Round numbers along the edges of a chart.
 *
 * Values run from 0 to a top that is a whole number of round steps: bytes in steps
 * that are round in binary units (80M, 160M, 240M), everything else in 1, 2 or 5
 * times a power of ten. Times run in steps that people count in (5 s, 1 min, 6 h).
 */
#ifndef TUI_AXIS_H
#define TUI_AXIS_H

#include <stdint.h>

#include "model/units.h"

struct axis {
    double step;
    double top; /* steps * step; above 0 */
    int steps;  /* at least 1 */
};

/* Room for `max` in at most `steps_max` (>= 1) steps. A max that is not a positive
 * number gives the smallest axis that its unit has. */
struct axis axis_of(double max, enum unit unit, int steps_max);

/* The least round step of time that cuts `span_ns` into at most `pieces_max` (>= 1)
 * pieces. */
int64_t axis_time_step(int64_t span_ns, int pieces_max);

/* How many decimals an offset needs so that multiples of the step differ: 0 to 9. */
int axis_time_decimals(int64_t step_ns);

#endif
