/*
 * What happened to a process, and when: told by an input, or found in its figures. Source
 * of the kinds: the "Events" table of the public contract (README, man page).
 */
#ifndef MODEL_EVENT_H
#define MODEL_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/base/slice.h"

enum event_kind {
    EVENT_OOM_KILLED,  /* by the kernel, or so the container's status says */
    EVENT_FATAL,       /* the Go runtime ended the process */
    EVENT_RESTART,     /* a process that followed another in the same log */
    EVENT_FORCED_GC,   /* runtime.GC, debug.FreeOSMemory or the two-minute timer */
    EVENT_LEVEL_SHIFT, /* an inflection point of one series … */
    EVENT_SLOPE_CHANGE,
    EVENT_VARIANCE_CHANGE,
    EVENT_SPIKE,
    EVENT_LEAK,    /* what lives keeps growing beyond load and warm-up */
    EVENT_PRE_OOM, /* … and reaches a limit that is known */
    EVENT_GC_PRESSURE,
    EVENT_GC_THRASH,
    EVENT_GOAL_FROZEN, /* from here on: as the rules say */
    EVENT_HEAP_SPIKE,
    EVENT_PAUSE_OUTLIER,
    EVENT_ASSIST_SPIKE,
    EVENT_GOROUTINE_GROWTH,
    EVENT_OFFHEAP_GROWTH,
    EVENT_FRAGMENTATION,
    EVENT_RULE, /* a condition of the user's that names no other kind */
    EVENT_KINDS,
};

enum severity { SEVERITY_INFO, SEVERITY_NOTICE, SEVERITY_WARNING, SEVERITY_CRITICAL };

const char *event_kind_name(enum event_kind kind); /* "oom-killed" */
const char *severity_name(enum severity severity); /* "critical" */

/* A piece of evidence: a number (its name says the unit) or a text. */
struct evidence {
    const char *name; /* static */
    char *text;       /* NULL: it is the number; not sanitised */
    double number;
};

struct event_task {
    int64_t pid;
    char *name; /* not sanitised */
    double rss_bytes;
};

struct process;
struct source;
struct track;

/* Owned by the session. Texts are not sanitised. */
struct event {
    enum event_kind kind;
    enum severity severity;
    const struct source *source; /* who told it; NULL: a detector found it */
    struct process *process;     /* NULL: of nobody that other sources know */
    bool has_time;
    int64_t time_ns;     /* when it began, session time; of a told one align_session's */
    int64_t detected_ns; /* … of what was found: when it could be known */
    bool has_end;        /* … and what was found is over, since */
    int64_t end_ns;
    bool has_series; /* which it was found in */
    uint32_t metric;
    double before, after, slope_per_s; /* of that series; NaN = says nothing */
    char *rule;                        /* whose condition held; NULL: none's */
    char *advice;                      /* the rule's own; NULL: event_advice knows */
    /* Where time_ns comes from: the source's own figure, and what it counts from. */
    int64_t stated_ns;
    int stated_kind;               /* enum moment_kind */
    const struct track *track;     /* beside whose rows it was written; NULL */
    int64_t pid;                   /* -1 = unknown */
    char *program, *instance;      /* NULL = unknown */
    double limit_bytes, rss_bytes; /* NaN = unknown */
    const struct event *echo_of;   /* another input told it already; NULL */
    double confidence;             /* 0..1 that it befell `process`, or that it is so */
    char *message;
    struct evidence *evidence;
    size_t evidence_count;
    struct event_task *tasks;
    size_t task_count;
};

/* The kind of that name; EVENT_KINDS where there is none. */
enum event_kind event_kind_of(struct slice name);

/* When a watcher would have been told. */
int64_t event_known_ns(const struct event *e);

struct notice;
struct event *event_create(const struct notice *notice);
void event_destroy(struct event *e);

#endif
