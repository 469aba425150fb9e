/*
 * Inflection points of a process's series: where a level, a slope or a spread changed,
 * and spikes. Each series that is worth it has a detector of its own (online.h); what it
 * finds becomes an event of the session, `notice` where it is notable, else `info`, never
 * more: whether a change is bad is for those to say who know what it means.
 *
 * Which series: those of inflections_series.c. Of sawtooths never the raw values:
 * heap.live is the floor already; where it is missing, the goal, which follows it; where
 * that is missing too, the least of heap.alloc over some cycles.
 *
 * Notable is a step of a quarter of the level, a slope that moved it by a tenth, a spread
 * three times as large or small, a spike of half the level; but only after 24 points in
 * which things were as before (a start-up is none), and no return to a level that the
 * series has stepped to or from already.
 *
 * Bounded. Some 13 KiB a series; at most six changes and six spikes of a series at once,
 * and as many in each hour.
 */
#ifndef MODEL_DETECT_INFLECTIONS_H
#define MODEL_DETECT_INFLECTIONS_H

#include "model/detect/feed.h"
#include "model/session.h"

struct inflections;

/* Both must outlive it. */
struct inflections *inflections_create(struct session *s, struct process *p);
void inflections_row(struct inflections *i, const struct feed_row *row);
void inflections_destroy(struct inflections *i);

#endif
