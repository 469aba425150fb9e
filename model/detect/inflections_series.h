/*
 * The series in which inflection points are looked for, and what is worth telling there.
 */
#ifndef MODEL_DETECT_INFLECTIONS_SERIES_H
#define MODEL_DETECT_INFLECTIONS_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct inflections_series {
    uint32_t metric;
    const char *what;   /* "live heap" */
    double least;       /* a smaller difference is not told, in the metric's unit */
    double least_share; /* … nor a smaller share of the level */
    bool is_log;        /* it varies by factors */
    bool is_sawtooth;   /* only its floor */
    bool has_spikes;    /* a lone point far off says something */
};

/* NULL where the metric is none of them. */
const struct inflections_series *inflections_series_of(uint32_t metric);
size_t inflections_series_count(void);

/* Its number, from 0 to the count. */
size_t inflections_series_index(const struct inflections_series *one);

#endif
