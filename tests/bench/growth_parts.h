/*
 * What the parts of bench_growth share: lists of figures and how a table prints them.
 */
#ifndef TESTS_BENCH_GROWTH_PARTS_H
#define TESTS_BENCH_GROWTH_PARTS_H

#include <stddef.h>

#include "model/session.h"

#define SEED UINT64_C(20261121)
#define HOUR_S 3600.0

/* GOGC of the services, in turn. */
#define GOGCS 3
static const double gogcs[GOGCS] = {100, 50, 200};

/* Zero-initialise. */
struct list {
    double *items;
    size_t count, capacity;
};
void list_add(struct list *l, double value); /* NaN is left out */
void list_finish(struct list *l);

/* NaN of an empty list. */
double list_quantile(struct list *l, double share); /* sorts it */
double list_mean(const struct list *l);

/* One figure of a column; where there is none (NaN) a dash. */
void put_figure(int width, double value, int decimals, const char *unit);
void put_bias(int width, double percent);

/* The watcher over all rows. */
void watch_all(struct session *s);

/* The tables. */
void leaks_put(int runs_each);
void cost_put(int rows);

#endif
