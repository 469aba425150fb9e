/*
 * A simulated Go service: what lives on its heap, the collector that follows it, and the
 * kernel that kills it at the limit. Rows are as a GC trace or MemStats would have them.
 *
 * The collector is the rule of runtime/mgcpacer.go: when what is allocated reaches the
 * goal a cycle ends, and the next goal is 1 + GOGC/100 times what lives then, 4 MiB at
 * least. The process dies in the middle of a cycle, when what is in use and what the
 * runtime needs beside it reach the limit.
 */
#ifndef TESTS_BENCH_SERVICE_H
#define TESTS_BENCH_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "model/session.h"

#define SERVICE_MIB 1048576.0

enum service_shape {
    SHAPE_FLAT,     /* the same load all day */
    SHAPE_DAILY,    /* a wave, with a smaller one of half its period on it */
    SHAPE_SPELLS,   /* busy and quiet spells of minutes to hours */
    SHAPE_WARMUP,   /* caches that fill, ever slower */
    SHAPE_STEPS,    /* deploys of data: other levels, a few a day */
    SHAPE_RESTARTS, /* deploys of the program: a new process, which warms up */
    SHAPE_BURSTS,   /* for seconds to minutes, some an hour */
    SHAPE_WALK,     /* a cache that wanders between bounds */
    SHAPE_FILLING,  /* a cache that fills evenly up to its bound */
    SERVICE_SHAPES,
};
const char *service_shape_name(enum service_shape shape);

/* Bytes and seconds. */
struct service {
    enum service_shape shape;
    double pace_s; /* MemStats that often; 0: a GC trace, a row a cycle */
    double length_s;
    double level;          /* what lives, on the average */
    double gogc;           /* 100 */
    double cycle_s;        /* how long a cycle takes at that level */
    double noise, noise_s; /* share of the level; how long it is like itself */
    double swing;          /* of the shape, as a share of the level */
    double period_s;       /* … and how long it takes, where it has such a thing */
    double overhead;       /* of the runtime and the program, beside the heap */
    double per_byte;       /* in use for each byte allocated */
    double limit;
    double onset_s, leak_per_s; /* leak_per_s = 0: none */
    uint64_t seed;
};

/* Pseudo-random numbers (splitmix64), the same everywhere. */
double service_uniform(uint64_t *state); /* 0..1, exclusive */
double service_normal(uint64_t *state);
double service_between(uint64_t *state, double low, double high);
double service_log_between(uint64_t *state, double low, double high);

/*
 * Adds the run to the session as one process, or several where it restarts, from session
 * time 0 on. False: the limit was not reached. died_s may be NULL.
 */
bool service_run(const struct service *what, struct session *s, double *died_s);

#endif
