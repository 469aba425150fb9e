/*
 * A series in one line of characters: ▁▂▃▄▅▆▇█, or .:-=+*#%@ without UTF-8.
 *
 * Each character shows the greatest value of its share of the time, so that no peak is
 * lost. The scale starts at zero, so that a heap that doubles looks twice as high; for a
 * counter, or where there are values below zero, it starts at the least one.
 */
#ifndef CLI_SPARKLINE_H
#define CLI_SPARKLINE_H

#include <stdint.h>

#include "model/session.h"

struct text;

void sparkline_put(struct text *t, const struct series *series, int64_t from_ns,
                   int64_t to_ns, int cells, bool ascii);

/* One of its characters: how high `value` stands between 0 and `most`. */
const char *sparkline_mark(double value, double most, bool ascii);

#endif
