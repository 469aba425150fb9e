/* What the parts of align.c share. */
#ifndef MODEL_ALIGN_INTERNAL_H
#define MODEL_ALIGN_INTERNAL_H

#include "model/align.h"

/* Rows looked at in a comparison: plenty to tell processes apart, few enough to do it
 * again after every slice of loading. */
#define ALIGN_SAMPLES ((size_t)512)

struct gc_columns {
    unsigned cycles, sweepterm, mark, markterm, start, goal;
};

/* Does the track hold gctrace's cycles? Then `c` says where. */
bool align_is_gctrace(const struct track *t, struct gc_columns *c);

/* Table time at which the cycle of that row ended; false where it is not known. */
bool align_cycle_end(const struct table *t, const struct gc_columns *c, size_t row,
                     int64_t *end_ns);

/* More records may still come, and belie what is only likely. */
static inline bool align_is_strict(const struct session *s)
{
    return s->is_loading || s->is_streamed;
}

/*
 * In a streamed session, what came since the last time (align_active.c): ended processes
 * are left alone, or a crash loop of weeks would be compared with itself at every beat.
 */
void align_note_rows(struct session *s);

/* May p and q be compared: did one of them speak since, and neither end long ago? */
bool align_is_pair_active(const struct session *s, const struct process *p,
                          const struct process *q);

/* Can p be active in no pair: is it long since it said anything? Cheap to ask first. */
bool align_is_over(const struct session *s, const struct process *p);

/* In a streamed session: has it said nothing for a while? */
bool align_is_silent(const struct process *p);

/* Is it known where on the session's clock the track's rows lie? */
bool align_is_placed(const struct track *t);

/* gctrace against snapshots that name a cycle and its end (align_match.c). */
void align_match(struct session *s);

/* gctrace against the next-GC goal of snapshots that name no cycle (align_goal.c). */
void align_goals(struct session *s);

/*
 * What proves that p and q, of different sources, are one run (align_proof.c): each value
 * of the counters lies between the other's before and after it; the same LastGC; the
 * counters of a snapshot that does not know its moment lie between two rows of p.
 */
bool align_counters_agree(const struct session *s, const struct process *p,
                          const struct process *q);
bool align_shares_last_gc(const struct session *s, const struct process *p,
                          const struct process *q);
bool align_is_moment_of(const struct session *s, const struct process *p,
                        const struct process *q);

/* Does any of its tables hold what only a Go runtime says? */
bool align_is_go(const struct session *s, const struct process *p);

/* Processes of different sources that are one (align_join.c). */
void align_join(struct session *s);

/* In a streamed session: whose last words those of a process without records are
 * (align_words.c). */
void align_words(struct session *s);

/* Files that were saved one by one become series (align_gather.c). Once, at the end. */
void align_gather(struct session *s);

/* The pauses that a snapshot still remembers: as many as there were, of one moment. */
bool align_is_ring(const struct track *t);

/* When events were and whom they befell; how processes ended; the limit
 * (align_death.c). */
void align_deaths(struct session *s);
void align_limit(struct session *s);

#endif
