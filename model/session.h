/*
 * A session: everything that was opened together, on one timeline.
 *
 * Shapes. A source is one input; a process is one run of a Go program, told apart by
 * cycle numbers and clocks; a table holds what one source says of one process. The
 * tables of one process meet on one clock (see align.h). Session time is int64 ns:
 * Unix time where any source knew the wall clock, otherwise since the first record.
 *
 * Lifetime. The session owns sources, processes and tables. Pointers to them stay
 * valid until session_destroy; what they hold changes as records arrive.
 */
#ifndef MODEL_SESSION_H
#define MODEL_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/base/diag.h"
#include "model/event.h"
#include "model/finding.h"
#include "model/forecast.h"
#include "model/metric.h"
#include "model/profile.h"
#include "model/record.h"
#include "model/table.h"

/* What a source's records were placed by, best last. */
enum clock_kind {
    CLOCK_NONE,    /* nothing known: records one second apart */
    CLOCK_PROCESS, /* seconds since the process began, no wall clock */
    CLOCK_FILE,    /* the file's own time: its name's, else that of its last change */
    CLOCK_START,   /* --start */
    CLOCK_STAMPS,  /* time stamps in or between the lines */
    CLOCK_FITTED,  /* next-GC goals of snapshots of the same process */
    CLOCK_MATCHED, /* NumGC and LastGC of a snapshot of the same process */
    CLOCK_WALL,    /* the records carry wall-clock times themselves */
};
const char *clock_kind_name(enum clock_kind kind); /* "process", "stamps", … */

enum process_end {
    END_RUNNING,
    END_EXIT,
    END_OOM_KILLED,
    END_FATAL,
    END_UNKNOWN,
};
const char *process_end_name(enum process_end end);

struct source {
    uint32_t index;
    char *path;              /* as given; "-" for standard input; not sanitised */
    const char *format;      /* "gctrace", NULL while or where unknown; static */
    const char *compression; /* "none", "gzip", "zstd", "lz4", "xz"; static */
    const char *wrapping;    /* "none"; static */
    uint64_t records;
    struct diag diag;
    char *unreadable; /* why it could not be opened or made sense of; NULL = read */
    char *trouble; /* live: why it gives nothing now, or how it ended; NULL = it gives */
    int64_t trouble_ns; /* … since then, Unix time */
    bool is_foreign;    /* … because it is in no format that we know */
    bool is_member;     /* came with a folder, where other files may lie as well */
    bool has_mtime;
    int64_t mtime_ns; /* Unix time of its last change; of a pipe there is none */
    /* Of a recording: its parts, and those that could not be read to their end. */
    uint64_t part_count, lost_parts;
};

/* One source's view of one process. */
struct track {
    struct source *source;
    struct process *process;
    struct table *table;
    enum clock_kind clock;
    /* Session time of a row = its table time + origin_ns. Settled by align_session. */
    int64_t origin_ns;
    /* What align_session settles it from: where the source itself puts the table's
     * zero (order in the log), and what time stamps say of it, if anything. */
    int64_t base_ns;
    enum stamp_kind stamp;
    int64_t stamp_origin_ns;
    enum subject subject;
    bool has_gaps;    /* rows without any value stand where the source was silent */
    bool is_fixed;    /* … by its file's time, in a streamed session */
    bool is_piece;    /* of a table whose rows came out of order */
    bool is_gathered; /* its rows are in a common table as well, or it is that table */
    const struct track *beside; /* written beside that one: shares its clock; or NULL */
};

struct process {
    uint32_t id;            /* from 1, in order of appearance */
    const char *go_version; /* "go1.18+" where only the era is known; NULL; static */
    char *exact_version;    /* "go1.26.8"; NULL; letters, digits and ".-+_ " only */
    char *name;             /* of its program or container; NULL; not sanitised */
    int64_t pid;            /* -1 = unknown */
    enum process_end end;
    bool has_end;   /* … and when that was: */
    int64_t end_ns; /* session time */
    struct track **tracks;
    size_t track_count, track_capacity;
    struct process *joined_into; /* what it turned out to be; NULL: itself */
    struct forecast_log forecasts;
    /* Of align_session in a streamed session: how many rows it had last time, and how
     * often since it had no more. */
    size_t aligned_rows;
    uint32_t idle_count;
};

struct session {
    struct source **sources;
    size_t source_count, source_capacity;
    struct process **processes;
    size_t process_count, process_capacity;
    struct process **joined; /* processes that turned out to be others; kept alive */
    size_t joined_count, joined_capacity;
    struct metric_registry metrics;
    struct event **events; /* that inputs told, in the order in which they were read */
    size_t event_count, event_capacity;
    struct event **findings; /* that detectors found, in the order in which they knew */
    size_t finding_count, finding_capacity;
    struct profile_store *profiles;
    bool is_loading; /* sources are still being read */
    /* Sources give as time goes on (a live session, or its recording): what was settled
     * stays, and nothing is settled that more records could belie. */
    bool is_streamed;
    bool has_earliest;        /* … and what nothing tells the time of is put … */
    int64_t earliest_ns;      /* … here: the first moment that was known */
    bool has_wall;            /* session time is Unix time */
    bool has_start;           /* --start was given */
    int64_t start_ns;         /* … with this value, Unix ns */
    double limit_bytes;       /* NaN = unknown */
    const char *limit_source; /* "--limit", "cgroup"; NULL = unknown; static */
    bool is_limit_given;      /* --limit: what the sources say does not count */
    uint64_t revision;        /* grows with every change a view could show */
};

struct session *session_create(void);
void session_destroy(struct session *s);

struct source *session_add_source(struct session *s, const char *path);

/* Is it an error that it was not read? Not of what merely lies in the same folder. */
bool source_has_failed(const struct source *source);

/*
 * A new process with one track (an empty table) of that source. NULL when the session
 * has SESSION_PROCESSES_MAX: a crash loop of months, or an input made to exhaust us.
 */
#define SESSION_PROCESSES_MAX 4096
struct track *session_add_process(struct session *s, struct source *source);

/* One more table of that source for a process that is known. */
struct track *session_add_track(struct session *s, struct process *p,
                                struct source *source);

/* What a live source gives is a gap from here on, or how it ended; empty: it gives again.
 */
void source_set_trouble(struct source *source, struct slice why, int64_t unix_ns);

/* That nothing could be made of it is no fault: a log may have been new and empty. */
void source_forgive(struct source *source);

/* A chart draws no line over what the source did not see. */
void session_add_gap(struct session *s, const struct source *source, int64_t unix_ns);

/*
 * A process has ended, as `how` says in words: the one of that pid, or else (-1, or it is
 * not known) the one that the source told of last.
 */
void session_end_process(struct session *s, const struct source *source, int64_t pid,
                         struct slice how, bool is_oom_kill, int64_t unix_ns);

/* Takes what the notice says; at most SESSION_EVENTS_MAX, then NULL. */
#define SESSION_EVENTS_MAX 16384
struct event *session_add_event(struct session *s, const struct source *source,
                                const struct notice *notice);

/*
 * Takes what a detector found. At SESSION_FINDINGS_MAX those below a warning are refused,
 * at twice that all: NULL. The event stays valid until session_drop_findings.
 */
#define SESSION_FINDINGS_MAX 16384
struct event *session_add_finding(struct session *s, const struct finding *finding);

/* Forgets all that detectors said: findings and forecasts. */
void session_drop_findings(struct session *s);

/* … of one process, which may be one that was joined to another. */
void session_drop_findings_of(struct session *s, struct process *p);

/* Told events first, then found ones: i from 0 to the count. */
size_t session_event_count(const struct session *s);
struct event *session_event(const struct session *s, size_t i);

/* Remembers what a process is called, unless that is known. */
void process_name(struct process *p, struct slice name);
void process_version(struct process *p, struct slice version);

/* "go1.26.8" where a source says so, else the era of its lines; NULL = unknown. */
const char *process_go_version(const struct process *p);

/* All tracks of `from` become tracks of `into`; ids close up. */
void session_join(struct session *s, struct process *into, struct process *from);

/* The span of all records, of the events where there are no others; false while there are
 * none. to is inclusive. */
bool session_span(const struct session *s, int64_t *from_ns, int64_t *to_ns);
bool process_span(const struct process *p, int64_t *from_ns, int64_t *to_ns);

/* Of all its tables. */
size_t process_rows(const struct process *p);

/* A series: one metric of one process, from the table that knows it best. */
struct series {
    const struct process *process;
    const struct track *track;
    unsigned column;
    uint32_t metric;
    enum unit unit;
    const char *name;
};

/*
 * The best source of a metric: the one with the most points, the earlier one among
 * equals. Of the allocation rate one that counts bytes (TotalAlloc) goes before gctrace,
 * which knows whole MiB between cycles. False where nothing gives it.
 */
bool session_series(const struct session *s, const struct process *p, uint32_t metric,
                    struct series *out);

/*
 * The next series that the process has at least one value of, from metric *next on (in
 * catalogue order, then "x." in order of appearance); false past the end.
 *
 *   for (uint32_t next = 0; session_next_series(s, p, &next, &series);)
 */
bool session_next_series(const struct session *s, const struct process *p, uint32_t *next,
                         struct series *out);

struct span_values {
    bool has; /* any value in the span */
    double min, max;
    double first, last; /* the first and last value in the span */
    int64_t first_ns, last_ns;
};

/* Over session times [from_ns, to_ns). */
struct span_values series_span(const struct series *s, int64_t from_ns, int64_t to_ns);

/* The greatest value over session times [from_ns, to_ns), and when it first was. False
 * where the span holds none. */
bool series_greatest(const struct series *s, int64_t from_ns, int64_t to_ns,
                     double *value, int64_t *at_ns);

/* The last value at or before the session time; false where there is none. */
bool series_value_at(const struct series *s, int64_t time_ns, double *value,
                     int64_t *value_ns);

struct summary {
    size_t points;
    double first, last, min, max, mean, p50, p99;
};

/*
 * Exact; copies the values once and sorts them. Quantiles are nearest-rank; points is
 * 0 where the span holds none, and the rest then means nothing. Where a part of the span
 * is retired, min and max are of all of it (and points of the whole series, retired or
 * not), the rest is of what is left; of blocks' greatest values where nothing is.
 */
struct summary series_summary(const struct series *s);
struct summary series_summary_span(const struct series *s, int64_t from_ns,
                                   int64_t to_ns);

#endif
