/*
 * One clock for all sources of a process.
 *
 * A gctrace line counts from the process's start; a MemStats snapshot says which
 * cycle was last (NumGC) and when it ended on the wall clock (LastGC). Each pair of a
 * line and a snapshot that name the same cycle gives the process's start:
 *     start = LastGC - (@ + the clock phases)
 * The line's figures are truncated, so each estimate is too late by at most their
 * precision and the least is the best.
 *
 * Two services under the same load have cycles of the same number at much the same
 * times, so one pair proves little. Estimates of one process lie within 3 ms of each
 * other for hours (twenty recordings in traces/), unless the wall clock is set; those of
 * strangers wander. So nearly all neighbouring estimates have to agree, and while
 * sources are still being read there have to be ALIGN_CYCLES_SURE of them.
 */
#ifndef MODEL_ALIGN_H
#define MODEL_ALIGN_H

#include "model/session.h"

/* Neighbouring estimates agree within this: a tick of the coarsest clock, 16 ms. */
#define ALIGN_STEP_NS (INT64_C(20) * NS_PER_MS)
/* However the clock was set in between, one process stays within this. */
#define ALIGN_SPREAD_NS (INT64_C(2) * NS_PER_S)
/* Of neighbours, at least so many in a hundred agree (strangers reach 82). */
#define ALIGN_AGREEING_PERCENT 90
#define ALIGN_CYCLES_SURE 5

/*
 * Settles every track's origin from what is known so far, joins the processes of
 * different sources that turn out to be one, and says how each was placed. Cheap
 * enough to call after each slice of loading; idempotent.
 */
void align_session(struct session *s);

#endif
