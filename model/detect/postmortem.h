/*
 * After a process was killed for want of memory, or died of it: what its last minutes
 * were like, what the memory went to, and whose it was. Unlike an event it looks back
 * from the end with all that is known.
 *
 * Shapes. What was used when it ended (`total_bytes`: what the kernel says was charged to
 * the cgroup, else the process's resident memory) is taken apart into `parts`, which add
 * up to it as far as figures go. Those of the process are as of its last record; what it
 * took between that and its end is a part of its own.
 *
 * Lifetime. Holds nothing to free; borrows from the session.
 */
#ifndef MODEL_DETECT_POSTMORTEM_H
#define MODEL_DETECT_POSTMORTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/base/compiler.h"
#include "model/detect/story_blame.h"
#include "model/session.h"

struct text;

/* What memory goes to, in the order in which it is told. */
enum postmortem_part {
    PART_LIVE,       /* heap that the last collection found reachable */
    PART_GARBAGE,    /* heap on top of that: what GOGC lets pile up, not yet collected */
    PART_SINCE,      /* heap allocated since the last record of it, by the rate of then */
    PART_FREE,       /* heap that is free and not given back */
    PART_STACKS,     /* goroutines' stacks */
    PART_RUNTIME,    /* Go's own structures */
    PART_OFFHEAP,    /* resident, and nothing that Go knows of */
    PART_UNSEEN,     /* resident at the end, and of no record: taken after the last one */
    PART_PAGE_CACHE, /* files, charged to the cgroup */
    PART_KERNEL,     /* the kernel's memory for the cgroup */
    PART_NEIGHBOURS, /* other processes in the cgroup (of the host's kill: on the host) */
    PART_KINDS,
};
const char *postmortem_part_name(enum postmortem_part part); /* "garbage" */

/* The conclusion. */
enum postmortem_cause {
    CAUSE_UNKNOWN,
    CAUSE_LIVE_HEAP,
    CAUSE_GARBAGE,
    CAUSE_STACKS,
    CAUSE_OFFHEAP,
    CAUSE_PAGE_CACHE,
    CAUSE_KERNEL,
    CAUSE_NEIGHBOUR,
    CAUSE_KINDS,
};
const char *postmortem_cause_name(enum postmortem_cause cause); /* "live-heap" */

/* A series over the last minutes. */
struct postmortem_trend {
    uint32_t metric;
    double first, last;
    double slope_per_s; /* least squares; NaN where there are too few values */
};
#define POSTMORTEM_TRENDS 10

struct postmortem {
    const struct process *process;
    const struct event *death; /* of kind oom-killed or fatal */
    int64_t end_ns, from_ns;   /* the last minutes: [from, end] */
    bool is_host_wide;   /* no limit of the process's own was hit: the host was full */
    double limit_bytes;  /* NaN = unknown */
    double rss_bytes;    /* NaN = unknown */
    double total_bytes;  /* of which `parts` are; NaN = unknown */
    double cgroup_bytes; /* what was charged to the cgroup; NaN = unknown */
    double parts[PART_KINDS]; /* bytes; NaN = unknown */
    bool is_live_estimated;   /* PART_LIVE is the least that HeapAlloc was lately */
    struct postmortem_trend trends[POSTMORTEM_TRENDS];
    size_t trend_count;
    enum postmortem_cause cause;
    struct blame blame;                 /* of the growth in the window */
    const struct event *warning;        /* the first pre-oom told; NULL */
    const struct event_task *neighbour; /* the largest other task; NULL */
};

/* False where the process did not die for want of memory, as far as anybody tells. */
MUST_USE bool postmortem_find(const struct session *s, const struct process *p,
                              struct postmortem *out);

/* The conclusion in a sentence with its figures, sanitised, no full stop. */
void postmortem_put_conclusion(const struct session *s, const struct postmortem *m,
                               bool ascii, struct text *t);

/* What to do about such a cause; static. */
const char *postmortem_advice(enum postmortem_cause cause);

#endif
