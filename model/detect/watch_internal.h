/* What watch.c, watch_plan.c and watch_owner.c share. */
#ifndef MODEL_DETECT_WATCH_INTERNAL_H
#define MODEL_DETECT_WATCH_INTERNAL_H

#include "model/detect/watch.h"

/* Of a metric: which track it is taken from, and how often that one spoke. */
struct watched_owner {
    uint32_t track; /* + 1; 0: none yet */
    int64_t first_ns, last_ns;
    uint64_t count; /* of its values since it became the owner */
};

struct watched_track {
    const struct track *track;
    int64_t origin_ns;
    size_t next_row;
};

struct watched_process {
    struct process *process;
    struct watched_track *tracks;
    size_t track_count, track_capacity;
    struct watched_owner *owners; /* of each metric */
    size_t owner_count;
    int64_t began_ns; /* the first row's time */
    int64_t heard_ns; /* the last row's time */
    bool has_heard;
    bool is_stale; /* what was found of it may be wrong: look again */
    bool is_gone;  /* joined to another */
    bool is_awake; /* has its detectors: */
    struct growth *growth;
    struct pressure *pressure;
    struct inflections *inflections;
    struct rule_watch *rules; /* NULL: there are none */
};

/* The plan: which tables are looked at, and where in time they stand (watch_plan.c). */
struct watched_process watch_plan(struct process *p);
void watch_plan_finish(struct watched_process *p);

/* The same tables in the same places? */
bool watch_plan_is_same(const struct watched_process *plan);

/*
 * Follows the process where nothing that was said is wrong for it: an origin that moved
 * a little, a table more. False: all has to be looked at again. In streamed sessions.
 */
bool watch_plan_follow(struct watched_process *plan);

/* Is the metric taken from this track, which gives a value of it now? (watch_owner.c) */
bool watch_owns(struct watched_process *p, size_t track, uint32_t metric,
                int64_t time_ns);

#endif
