/*
 * One clock for all sources of a process.
 *
 * A gctrace line counts from the process's start; a MemStats snapshot says which
 * cycle was last (NumGC) and when it ended on the wall clock (LastGC). Each pair of a
 * line and a snapshot that name the same cycle gives the process's start:
 *     start = LastGC - (@ + the clock phases)
 * The line's figures are truncated, so each estimate is too late by at most their
 * precision and the least is the best. Pairs that disagree by more than
 * ALIGN_SPREAD_NS are not one process.
 */
#ifndef MODEL_ALIGN_H
#define MODEL_ALIGN_H

#include "model/session.h"

#define ALIGN_SPREAD_NS (INT64_C(2) * NS_PER_S)

/*
 * Settles every track's origin from what is known so far, joins the processes of
 * different sources that turn out to be one, and says how each was placed. Cheap
 * enough to call after each slice of loading; idempotent.
 */
void align_session(struct session *s);

#endif
