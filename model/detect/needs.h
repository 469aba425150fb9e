/*
 * What a process needs of its memory at its next peak, and when that will be more than
 * there is.
 *
 * The live heap is not what kills: at GOGC=100 the collector lets as much garbage pile up
 * again before it starts, so the next peak is the goal. On it come the heap's holes (in
 * use over allocated), the runtime's own memory and stacks (what it took from the system
 * and is no heap), and what is resident beyond that. Source: gcControllerState in
 * runtime/mgcpacer.go (1.18 to 1.26), MemStats in runtime/mstats.go.
 */
#ifndef MODEL_DETECT_NEEDS_H
#define MODEL_DETECT_NEEDS_H

#include <stdbool.h>
#include <stdint.h>

#include "model/detect/feed.h"
#include "model/session.h"

/* What is known of a process at a moment; NaN = not yet. Start with needs_init. */
struct needs {
    double given, cgroup, gomemlimit; /* limits: --limit, mem.limit, Go's soft one */
    double live, goal, alloc, inuse;
    double peak; /* of the last cycle */
    double sys, heap_sys, released, rss;
    double stacks, globals;
    double alloc_rate; /* bytes/s, smoothed */
    int64_t rate_ns;   /* of the last alloc_rate */
    /* The limit that was given is not one at which the kernel kills: the process went on
     * beyond it, or the collector holds the heap below it. GOMEMLIMIT, then. */
    bool is_given_soft;
    double last_live; /* of the cycle before: what the goal was set from */
    bool
        is_goal_past; /* the goal is that of the cycle that ended, as gctrace prints it */
    unsigned high_samples; /* in a row that were close to the goal */
};

void needs_init(struct needs *n, const struct session *s);
void needs_row(struct needs *n, const struct feed_row *row);

/* At which the kernel kills, and who says so; NaN where nobody does. */
double needs_limit(const struct needs *n);
const char *needs_limit_source(const struct needs *n);

/* Go's, however it is known; INFINITY where there is none. */
double needs_soft_limit(const struct needs *n);

/* At the next peak, with the goal as it is; NaN where no goal is known. */
double needs_at_peak(const struct needs *n);

/*
 * The heap at which the collector will start next, as MemStats says it; NaN where it is
 * not known: gctrace prints the goal that a cycle had, and GOMEMLIMIT may hold down the
 * next.
 */
double needs_next_goal(const struct needs *n);

/* Seconds until allocation has brought the heap to the limit, when nothing is collected
 * before; INFINITY where nothing is allocated. */
double needs_fill(const struct needs *n, double limit);

/* The goal for each byte that lives; 2, GOGC=100, where the live heap is not told. */
double needs_goal_per_live(const struct needs *n);

/* Bytes that are there whatever the heap does. */
double needs_overhead(const struct needs *n);

/* Bytes in use for each byte allocated, 1 or more. */
double needs_per_byte(const struct needs *n);

/*
 * Seconds until what is in use reaches the limit, when the live heap is `live` now and
 * grows by `slope` a second; INFINITY where it never does. Goes through the cycles to
 * come: the heap dies within one, before its goal is reached, as allocation goes on.
 */
double needs_eta(const struct needs *n, double live, double slope, double limit);

#endif
