/*
 * The catalogue of series: a number, a name and a unit for each quantity that the
 * program knows. Source: the "Series names" table of the public contract (README,
 * man page), and what a format that we know carries beyond it, under "x.". Metrics that
 * an input carries beyond it are registered per session under "x." and get numbers from
 * METRIC_COUNT on.
 */
#ifndef MODEL_METRIC_H
#define MODEL_METRIC_H

#include <stdbool.h>
#include <stdint.h>

#include "model/base/slice.h"
#include "model/units.h"

enum metric {
    METRIC_HEAP_LIVE,
    METRIC_HEAP_ALLOC,
    METRIC_HEAP_INUSE,
    METRIC_HEAP_IDLE,
    METRIC_HEAP_RELEASED,
    METRIC_HEAP_SYS,
    METRIC_HEAP_GOAL,
    METRIC_HEAP_OBJECTS,
    METRIC_HEAP_START,
    METRIC_HEAP_END,
    METRIC_HEAP_AMPLITUDE,
    METRIC_ALLOC_TOTAL,
    METRIC_ALLOC_RATE,
    METRIC_ALLOC_MALLOCS,
    METRIC_ALLOC_FREES,
    METRIC_STACK_INUSE,
    METRIC_STACK_SYS,
    METRIC_MSPAN_INUSE,
    METRIC_MCACHE_INUSE,
    METRIC_BUCKHASH_SYS,
    METRIC_GC_SYS,
    METRIC_OTHER_SYS,
    METRIC_MEM_SYS,
    METRIC_MEM_RSS,
    METRIC_MEM_CGROUP,
    METRIC_MEM_LIMIT,
    METRIC_MEM_GOMEMLIMIT,
    METRIC_MEM_OFFHEAP,
    METRIC_GC_CYCLES,
    METRIC_GC_FORCED,
    METRIC_GC_INTERVAL,
    METRIC_GC_PAUSE,
    METRIC_GC_STW_SWEEPTERM,
    METRIC_GC_STW_MARKTERM,
    METRIC_GC_MARK_WALL,
    METRIC_GC_CPU_ASSIST,
    METRIC_GC_CPU_DEDICATED,
    METRIC_GC_CPU_IDLE,
    METRIC_GC_CPU_STW,
    METRIC_GC_CPU_FRACTION,
    METRIC_GC_ASSIST_SHARE,
    METRIC_SCHED_GOROUTINES,
    METRIC_SCHED_PROCS,
    METRIC_SCHED_THREADS,
    METRIC_PSI_SOME,
    METRIC_PSI_FULL,
    METRIC_X_GCTRACE_STACKS,
    METRIC_X_GCTRACE_GLOBALS,
    METRIC_X_GCTRACE_CPU_PERCENT,
    METRIC_COUNT,
};

struct metric_info {
    const char *name; /* "heap.live" */
    enum unit unit;
    const char *about; /* one line, for help */
};

/* For a number below METRIC_COUNT. */
const struct metric_info *metric_info(uint32_t metric);

/* The names that inputs added. Zero-initialise. */
struct metric_registry {
    char **names; /* each starts with "x." */
    enum unit *units;
    size_t count, capacity, units_capacity;
    /* Open addressing by the name's hash: a name's index + 1, 0 where there is none. */
    uint32_t *slots;
    size_t slot_count; /* a power of two, at least twice `count` */
};

/*
 * At most METRIC_EXTRA_MAX names a session: an input that invents more is counted
 * as damage by its parser, not followed.
 */
#define METRIC_EXTRA_MAX 16384

void metric_registry_finish(struct metric_registry *r);

/*
 * The number of "x." + name: the catalogue's where it has that name, else registered
 * on first sight. False when full.
 */
bool metric_register(struct metric_registry *r, struct slice name, enum unit unit,
                     uint32_t *metric);

/* As metric_register, for names that are there already. */
bool metric_find(const struct metric_registry *r, struct slice name, uint32_t *metric);

const char *metric_name(const struct metric_registry *r, uint32_t metric);
enum unit metric_unit(const struct metric_registry *r, uint32_t metric);

#endif
