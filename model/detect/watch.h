/*
 * The watcher: sees every process's rows in the order of time, once, and says what a
 * detector found at the moment when it could be known. The same code looks at a live
 * session and at a recording; what is appended later changes nothing that was said.
 *
 * Findings become events of the session (session_add_finding), forecasts go to each
 * process's log. Memory is bounded by the number of processes and series, not of rows.
 *
 * When sources are placed anew (align_session moved a table, processes joined), what was
 * found so far may be wrong: the watcher then forgets it all and looks again from the
 * beginning. In a streamed session (session.h) only the processes that changed are
 * forgotten; a clock that moved by a little, or a table more of a process that has been
 * watched for a while, is no change. What is told then depends on when it was looked: a
 * session and its recording see the same when align_session and this are called at the
 * same records, and watch_advance until nothing is left.
 *
 * Of several sources that give a metric one is listened to, until it falls silent.
 *
 * Lifetime. Borrows the session and the rules, which must outlive it.
 */
#ifndef MODEL_DETECT_WATCH_H
#define MODEL_DETECT_WATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "model/session.h"

/* So many processes' detectors are awake at once; what had to make room and speaks again
 * is watched as if it had begun then. In a streamed session those make room that were
 * silent for an hour when another woke. */
#define WATCH_AWAKE_MAX 64

struct rule_set;
struct watch;

/* rules may be NULL: none. */
struct watch *watch_create(struct session *session, const struct rule_set *rules);
void watch_destroy(struct watch *w);

/* Looks at up to `rows` rows that it has not seen; true where more are left. */
bool watch_advance(struct watch *w, size_t rows);

/* Looks at all that are left. */
void watch_catch_up(struct watch *w);

/* The share of all rows that it has seen, 0..1. */
double watch_progress(const struct watch *w);

#endif
