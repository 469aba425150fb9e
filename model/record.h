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
#include "model/event.h"
#include "model/metric.h"
#include "model/profile_record.h"
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
    struct slice program; /* its name or path where the input tells; borrowed */
    /* The pause ring, newest last; borrowed; count 0 where the input had none. */
    const double *pause_ns;
    const int64_t *pause_end_ns;
    unsigned pause_count;
    const struct snapshot_extra *extra;
    unsigned extra_count;
};

struct mem_snapshot mem_snapshot_empty(void);

/* Where a record's time comes from. */
enum moment_kind {
    MOMENT_UNKNOWN, /* the input has none: the input's own time has to do */
    MOMENT_WALL,    /* Unix ns */
    MOMENT_CYCLE, /* written beside gc records: the time of the last of the same input */
    MOMENT_PROCESS, /* ns since the process began, or near it (schedtrace) */
    MOMENT_BOOT,    /* ns since the machine booted (kernel log) */
};

/* Whose memory a sample tells of. */
enum subject {
    SUBJECT_PROCESS,   /* a Go process, as all of gctrace and MemStats does */
    SUBJECT_CGROUP,    /* the cgroup or container that it lives in */
    SUBJECT_HOST,      /* the machine */
    SUBJECT_NEIGHBOUR, /* another program: redis */
};

struct sample_value {
    uint32_t metric;   /* of the catalogue; METRIC_COUNT: `name` says which */
    struct slice name; /* borrowed; of the series "x." + name */
    enum unit unit;    /* of that series; the catalogue knows its own */
    double value;      /* in that unit; NaN and infinities are missing values */
};

/*
 * Some figures of one moment: a Prometheus scrape, a line of scavtrace, a cgroup's
 * files. Samples of one input with the same shape and instance become rows of one
 * table, so they should be of one time order and carry much the same names.
 */
struct sample {
    struct slice shape; /* "prometheus", "scav", "cgroup"; borrowed */
    enum subject subject;
    struct slice instance; /* tells apart several of them in one input; borrowed */
    enum moment_kind time_kind;
    int64_t time_ns;
    int64_t pid;          /* -1 = unknown */
    struct slice program; /* name of the program or container; borrowed; may be empty */
    struct slice go_version; /* "go1.26.8"; borrowed; may be empty */
    const struct sample_value *values;
    size_t count;
};

/* No time, no pid, no values. */
struct sample sample_empty(void);

/* One more thing that is known about a notice; becomes its event's evidence. */
struct fact {
    const char *name; /* "anon_rss_bytes": says the unit; static text */
    bool is_text;
    double number;     /* where it is none; NaN: left out */
    struct slice text; /* borrowed */
};

/* A row of the kernel's table of tasks. */
struct notice_task {
    int64_t pid;
    struct slice name; /* borrowed */
    double rss_bytes;
};

/*
 * Something that happened, as an input tells it: the kernel killed a process, the Go
 * runtime died, a container was restarted.
 */
struct notice {
    enum event_kind kind;
    enum moment_kind time_kind;
    int64_t time_ns;
    int64_t pid;          /* of whom it befell; -1 = unknown */
    struct slice program; /* … its name (of at most 15 bytes from a kernel); borrowed */
    struct slice instance; /* … its cgroup, pod or container; borrowed */
    double limit_bytes;    /* the limit that it ran into; NaN = none or unknown */
    double rss_bytes;      /* what it had; NaN = unknown */
    struct slice message;  /* in plain words; borrowed */
    const struct fact *facts;
    size_t fact_count;
    const struct notice_task *tasks; /* greatest memory first */
    size_t task_count;
};

struct notice notice_empty(enum event_kind kind);

/*
 * Where records go. `user` is the first argument of each call. Each call returns NULL,
 * or why the record could not be used, or not all of it (static text): the parser
 * knows where it stood and counts it as skipped.
 */
struct sink {
    void *user;
    const char *(*gc_cycle)(void *user, const struct gc_cycle *cycle);
    const char *(*mem_snapshot)(void *user, const struct mem_snapshot *snapshot);
    const char *(*sample)(void *user, const struct sample *sample);
    const char *(*notice)(void *user, const struct notice *notice);
    const char *(*profile)(void *user, const struct profile_record *profile);
    /* What is known of the input from outside, for formats that do not say it
     * themselves ("memory.current" holds a number and nothing else). */
    struct slice file_name; /* without folders; empty for a pipe; outlives the parser */
    bool has_mtime;
    int64_t mtime_ns; /* Unix time of its last change */
};

#endif
