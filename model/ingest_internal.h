/* What ingest.c, ingest_gc.c and ingest_mem.c share. */
#ifndef MODEL_INGEST_INTERNAL_H
#define MODEL_INGEST_INTERNAL_H

#include "model/ingest.h"

/* Processes of one log that may be alive at once: `go build` runs many. The one that
 * was silent longest is closed to make room. */
#define INGEST_OPEN_MAX 64

/* Columns of a gctrace row, in this order in every table. */
enum gc_column {
    GC_CYCLES,
    GC_FORCED,
    GC_INTERVAL,
    GC_PAUSE,
    GC_SWEEPTERM,
    GC_MARKTERM,
    GC_MARK,
    GC_ASSIST,
    GC_DEDICATED,
    GC_IDLE,
    GC_STW,
    GC_FRACTION,
    GC_ASSIST_SHARE,
    GC_HEAP_START,
    GC_HEAP_END,
    GC_HEAP_LIVE,
    GC_HEAP_GOAL,
    GC_AMPLITUDE,
    GC_ALLOC_RATE,
    GC_PROCS,
    GC_STACKS,
    GC_GLOBALS,
    GC_PERCENT,
    GC_COLUMNS_SINCE_1_5,
    GC_OBJECTS = GC_COLUMNS_SINCE_1_5, /* what only older lines have */
    GC_MALLOCS,
    GC_FREES,
    GC_GOROUTINES,
    GC_COLUMNS,
};

/* A process as the stream of one log shows it. */
struct open_process {
    struct track *track;
    uint64_t used; /* the stream's record count when it last spoke */
    uint32_t last_number;
    int64_t last_start_ns, last_end_ns; /* table time */
    double last_live;
    double procs;
    double forced;
    bool has_clock; /* its lines carry their own times, as all since 1.5 */
    bool has_times; /* … or the log's stamps give them; else they are made up */
    bool was_timed; /* the last record's time was not made up */
    uint64_t began; /* the stream's record count at its first record */
};

struct gc_stream {
    struct open_process open[INGEST_OPEN_MAX];
    unsigned count, current;
    uint64_t records;
    int64_t heard_ns; /* the source's own clock: the end of the last record */
};

struct mem_stream {
    struct track *track;
    struct track *pauses; /* the ring's single pauses; NULL until one is seen */
    bool has_last;
    int64_t last_time_ns;
    int64_t last_pause_end_ns;
    uint32_t last_pause_cycle; /* NumGC of the last ring */
    bool has_pause_cycle;
    double last_total_alloc, last_mallocs;
    uint32_t last_num_gc;
    bool has_num_gc;
    double wrapped_cycles; /* NumGC has 32 bits */
    /* The metric and column of the i-th extra, as long as the names stay the same. */
    uint32_t extra_metrics[SNAPSHOT_EXTRA_MAX];
    unsigned extra_columns[SNAPSHOT_EXTRA_MAX];
    unsigned extra_count;
};

/* Samples of one shape of one life of an instance: the rows of a table. */
struct sample_stream {
    char *shape;
    struct track *track;
    unsigned instance, life;
    enum moment_kind time_kind; /* rows with and without a clock do not mix */
    const struct track *beside; /* the gc records that they stood between */
    bool has_last;
    int64_t last_ns;
    double last_total_alloc, last_mallocs, last_cycles;
    /* Where the i-th value went last time; names and order rarely change. */
    uint32_t *metrics;
    unsigned *columns;
    size_t known, metric_capacity, column_capacity;
};

/* One run of a process; the next begins where its counters fell. */
struct sample_life {
    struct process *process;
    struct track *unused; /* came with the process; of the first stream that wants one */
    int64_t from_ns;
};

struct sample_instance {
    char *name;
    enum subject subject;
    struct sample_life *lives;
    unsigned count;
    size_t capacity;
};

#define INGEST_STREAMS_MAX 8192

/* Tables of one process that snapshots out of order may open. */
#define INGEST_PIECES_MAX 4096

struct sample_streams {
    struct sample_stream *streams;
    struct sample_instance *instances;
    unsigned count, instance_count, current, current_instance;
    size_t capacity, instance_capacity;
};

/* Totals of profiles of one kind; NULL until there is one. */
struct profile_tracks {
    struct track *timed, *untimed;
};

struct ingest {
    struct session *session;
    struct source *source;
    struct sink sink;
    struct gc_stream gc;
    struct mem_stream mem;
    struct sample_streams samples;
    struct profile_tracks profiles[PROFILE_KINDS];
    struct process *early; /* of lines that came before the first gc record */
    double *row;           /* scratch: one value a column */
    size_t row_capacity;
    char *name;       /* of its processes; NULL = unknown */
    int64_t pid;      /* … -1 = unknown */
    int64_t next_pid; /* … of the next process that begins, once */
    bool is_over;     /* the present process has ended: the next record says so */
    uint32_t run;     /* of the service: … */
    struct ingest_service *service; /* … NULL: of none */
    bool began_run;                 /* our last process was not there before */
    bool has_moment;                /* when the input was fetched: … */
    int64_t moment_ns;              /* … Unix time */
};

#define INGEST_TOO_MANY "more processes than a session holds"
#define INGEST_TOO_LATE "gc record cut off, and given up after later ones"

#define INGEST_TOO_MANY_NAMES "too many different names: some values left out"

const char *ingest_gc_cycle(void *user, const struct gc_cycle *cycle);
const char *ingest_mem_snapshot(void *user, const struct mem_snapshot *snapshot);
const char *ingest_sample(void *user, const struct sample *sample);
const char *ingest_notice(void *user, const struct notice *notice);
const char *ingest_profile(void *user, const struct profile_record *profile);

void ingest_samples_finish(struct sample_streams *samples);

/* session_add_process, with the name that ingest_set_name gave (ingest_service.c). */
struct track *ingest_add_process(struct ingest *in);

/* … or a table of the process that the service is now, where that is not ours yet. */
struct track *ingest_add_run(struct ingest *in);

/* Is what comes now of another process than what came before, as others say? */
bool ingest_is_behind(const struct ingest *in);

void ingest_name_process(const struct ingest *in, struct process *p);

/* The process that other records of the same input tell of, when they tell of one
 * process at a time; NULL when there are none. */
struct process *ingest_process_beside(const struct ingest *in);

/* The track of the process whose gc record came last; NULL before the first. */
struct track *ingest_last_cycle(struct ingest *in, int64_t *table_ns);

/* Resident memory that Go does not account for; NaN where a part is. */
double ingest_offheap(double rss, double sys, double released);

/*
 * `after` began where `before`, of the same source and instance, had ended: an event of
 * streamed sessions. at_ns is the table time of its first record; silent_ns what passed
 * in between, NaN where nothing tells.
 */
void ingest_note_restart(struct ingest *in, struct track *after, int64_t at_ns,
                         double silent_ns);

/* Between rows of two tables, by what their own clocks say. */
double ingest_silence(const struct track *before, int64_t before_ns,
                      const struct track *after, int64_t after_ns);

/* Makes room for one row of the table, all of it missing. */
void ingest_clear_row(struct ingest *in, const struct table *t);

#endif
