/*
 * The values of one sample while a parser gathers them: figures of one moment under
 * names put together from a fixed front and a key of the input.
 *
 * Owns its names; they stay where they are until figures_clear. Memory is fixed: at
 * most LIMIT_FIGURES values, of LIMIT_FIGURE_NAME_BYTES a name. What does not fit is
 * left out, and `is_full` says so.
 */
#ifndef PARSERS_FIGURES_H
#define PARSERS_FIGURES_H

#include <stdbool.h>
#include <stddef.h>

#include "model/record.h"
#include "parsers/limits.h"

struct figures {
    struct sample_value values[LIMIT_FIGURES];
    size_t count;
    char names[LIMIT_FIGURES * 32];
    size_t names_len;
    bool is_full;
};

void figures_clear(struct figures *f);

/* The index of the value of this metric (METRIC_COUNT: with this name), at or behind
 * `from`; f->count when there is none. */
size_t figures_find(const struct figures *f, size_t from, uint32_t metric,
                    struct slice prefix, struct slice key);

/* Adds a value; NaN and infinities are left out. The metric of the catalogue … */
void figures_put_metric(struct figures *f, enum metric metric, double value);
/* … or "x." + prefix + key. */
void figures_put(struct figures *f, struct slice prefix, struct slice key, enum unit unit,
                 double value);

/* Adds to the value of that name, or puts it there. */
void figures_add(struct figures *f, struct slice prefix, struct slice key, enum unit unit,
                 double value);

/* "93.45" per cent as the nearest number to 0.9345, which a division need not give. */
bool figures_percent(struct slice digits, double *ratio);

/* NaN where it is missing. */
double figures_get_metric(const struct figures *f, enum metric metric);
double figures_get(const struct figures *f, struct slice prefix, struct slice key);

#endif
