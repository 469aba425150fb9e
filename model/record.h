/*
 * What parsers hand on: records in the runtime's own terms, before they become rows.
 *
 * Missing numbers are NaN (doubles) or named flags; times are nanoseconds, memory is
 * bytes. A record is complete when it is handed on, or says that it is partial.
 */
#ifndef MODEL_RECORD_H
#define MODEL_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "model/base/slice.h"
#include "model/units.h"

/* How a line's wall-clock time is known, worst first. */
enum stamp_kind {
    STAMP_NONE,
    STAMP_BEFORE, /* from a line above it: the record is not older than this */
    STAMP_OWN,    /* in front of the line itself: the record is not younger */
};

/*
 * One garbage collection. Source: gcMarkTermination in runtime/mgc.go (1.5 to 1.27),
 * gc and runtime·gc in mgc0.c (1.0 to 1.4).
 */
struct gc_cycle {
    uint32_t number;
    /* Which Go prints this shape: "go1.18+", "go1.6-1.17"; NULL where a partial record
     * does not tell. Static text. */
    const char *era;
    bool has_start; /* eras before 1.5 print no time */
    bool is_forced;
    bool is_leak_check;
    bool is_partial;       /* what follows the damage is missing */
    int64_t start_ns;      /* since the process began */
    int64_t stamp_ns;      /* unix time, UTC assumed where no zone was written */
    int64_t stamp_step_ns; /* what the stamp was truncated to: 1 s, 1 ms, … */
    enum stamp_kind stamp;

    double cpu_percent; /* of all CPU since the process began */
    /* Wall time. All phases of eras before 1.5 are stop-the-world and in pause_ns. */
    double sweepterm_ns, mark_ns, markterm_ns, pause_ns;
    double wall_ns; /* from start to end of the cycle, all phases */
    /* CPU time. */
    double cpu_stw_ns, cpu_assist_ns, cpu_dedicated_ns, cpu_idle_ns;
    double heap_start, heap_end, heap_live, heap_goal; /* goal: NaN for "none" */
    double stacks, globals;
    double procs;
    double objects, mallocs, frees, goroutines; /* only eras before 1.5 */
};

/* All numbers missing, all flags off. */
struct gc_cycle gc_cycle_empty(void);

/*
 * One runtime.MemStats snapshot. Fields that have no series of their own in the
 * catalogue travel as extras under the name that the input gave them.
 */
#define SNAPSHOT_EXTRA_MAX 256

struct snapshot_extra {
    struct slice name; /* borrowed; as the input wrote it */
    double value;
};

struct mem_snapshot {
    bool has_time;
    int64_t time_ns; /* unix time */
    bool has_last_gc;
    int64_t last_gc_ns; /* unix time; exact */
    bool has_num_gc;
    uint32_t num_gc;
    double heap_alloc, heap_inuse, heap_idle, heap_released, heap_sys, heap_objects;
    double next_gc; /* NaN for "no goal" */
    double total_alloc, mallocs, frees;
    double stack_inuse, stack_sys, mspan_inuse, mcache_inuse, buckhash_sys, gc_sys,
        other_sys, sys;
    double num_forced_gc;
    double rss, goroutines;
    /* The pause ring, newest last; borrowed; count 0 where the input had none. */
    const double *pause_ns;
    const int64_t *pause_end_ns;
    unsigned pause_count;
    const struct snapshot_extra *extra;
    unsigned extra_count;
};

struct mem_snapshot mem_snapshot_empty(void);

/*
 * Where records go. `user` is the first argument of each call. Each call returns NULL,
 * or why the record could not be used, or not all of it (static text): the parser
 * knows where it stood and counts it as skipped.
 */
struct sink {
    void *user;
    const char *(*gc_cycle)(void *user, const struct gc_cycle *cycle);
    const char *(*mem_snapshot)(void *user, const struct mem_snapshot *snapshot);
};

#endif
