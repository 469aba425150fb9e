/*
 * What happened to a process, and when. Source of the kinds: the "Events" table of the
 * public contract (README, man page).
 */
#ifndef MODEL_EVENT_H
#define MODEL_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum event_kind {
    EVENT_OOM_KILLED, /* by the kernel, or so the container's status says */
    EVENT_FATAL,      /* the Go runtime ended the process */
    EVENT_RESTART,    /* a process that followed another in the same log */
    EVENT_FORCED_GC,  /* runtime.GC, debug.FreeOSMemory or the two-minute timer */
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
    const struct source *source;
    struct process *process; /* NULL: of nobody that other sources know */
    bool has_time;
    int64_t time_ns; /* session time; settled by align_session */
    /* Where time_ns comes from: the source's own figure, and what it counts from. */
    int64_t stated_ns;
    int stated_kind;               /* enum moment_kind */
    const struct track *track;     /* beside whose rows it was written; NULL */
    int64_t pid;                   /* -1 = unknown */
    char *program, *instance;      /* NULL = unknown */
    double limit_bytes, rss_bytes; /* NaN = unknown */
    const struct event *echo_of;   /* another input told it already; NULL */
    double confidence;             /* 0..1 that it befell `process` */
    char *message;
    struct evidence *evidence;
    size_t evidence_count;
    struct event_task *tasks;
    size_t task_count;
};

struct notice;
struct event *event_create(const struct notice *notice);
void event_destroy(struct event *e);

#endif
