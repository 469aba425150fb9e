/*
 * Where a process's memory goes, as foretold at one moment, and the log of such moments
 * that a dashboard looks up at its playhead.
 *
 * What is foretold is not when the floor reaches the limit but when the process's next
 * peak does: live heap plus what the collector lets pile up on it, stacks, the runtime's
 * overhead and what lies off the heap. There are two ends: the kernel kills at the
 * cgroup's limit; or, under GOMEMLIMIT, collections run back to back for hours.
 */
#ifndef MODEL_FORECAST_H
#define MODEL_FORECAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum forecast_end {
    FORECAST_KILL,   /* need reaches the limit at which the kernel kills */
    FORECAST_THRASH, /* the live heap reaches Go's soft limit */
};
const char *forecast_end_name(enum forecast_end end); /* "oom-kill", "gc-thrash" */

struct forecast {
    int64_t as_of_ns; /* the records up to then support it; session time */
    int64_t onset_ns; /* when the growth began */
    bool is_over;     /* from as_of_ns on nothing is foretold: the growth ended */
    enum forecast_end end;
    uint32_t metric; /* whose growth it follows: METRIC_HEAP_LIVE, METRIC_MEM_RSS, … */
    double level;    /* of that series at as_of_ns, by the fit */
    double slope_per_s, slope_low, slope_high; /* bytes/s; 80 % interval */
    double fit_r2;                             /* 0..1 since the onset */
    double need_bytes;                         /* at the next peak, as of now */
    double need_slope_per_s;
    double limit_bytes;
    const char *limit_source;            /* "--limit", "cgroup", "gomemlimit"; static */
    double eta_s, eta_low_s, eta_high_s; /* from as_of_ns; 80 % interval; high may be
                                            INFINITY */
};

/* In order of as_of_ns; zero-initialise. */
#define FORECASTS_MAX 4096
struct forecast_log {
    struct forecast *items;
    size_t count, capacity;
};

/* At FORECASTS_MAX every second one goes. */
void forecast_log_add(struct forecast_log *log, const struct forecast *forecast);
void forecast_log_finish(struct forecast_log *log);

/* What was foretold at that moment; NULL where nothing was, or no longer. */
const struct forecast *forecast_at(const struct forecast_log *log, int64_t time_ns);

#endif
