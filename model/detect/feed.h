/*
 * What detectors see of a process: its rows in the order of time, each metric from one
 * table at a time: a source that knows it better takes it over when it first speaks.
 */
#ifndef MODEL_DETECT_FEED_H
#define MODEL_DETECT_FEED_H

#include <stddef.h>
#include <stdint.h>

struct feed_value {
    uint32_t metric;
    double value; /* finite */
};

/* The figures of one moment of one source; what is missing is left out. Borrowed for the
 * call. */
struct feed_row {
    int64_t time_ns; /* session time; never before the row before */
    const struct feed_value *values;
    size_t count;
};

#endif
