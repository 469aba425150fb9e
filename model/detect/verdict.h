/*
 * One word for a process: the worst that was found of it, or that befell it.
 */
#ifndef MODEL_DETECT_VERDICT_H
#define MODEL_DETECT_VERDICT_H

#include "model/session.h"

/* Worst last. */
enum verdict {
    VERDICT_HEALTHY,
    VERDICT_PRESSURE,
    VERDICT_LEAK,
    VERDICT_PRE_OOM,
    VERDICT_OOM_KILLED,
};
const char *verdict_name(enum verdict verdict); /* "pre-oom" */

/* "PRE-OOM", "healthy": large where it is bad, so that it reads without colour too. */
const char *verdict_word(enum verdict verdict);

/* Did somebody die for want of memory: killed by the kernel or its container's keeper, or
 * because Go's runtime could get no more? */
bool verdict_is_starved(const struct event *e);

/* As it stood at that moment (session time; INT64_MAX: at the end), with the event that
 * it rests on: NULL where there is none. */
enum verdict verdict_of_process(const struct session *s, const struct process *p,
                                int64_t at_ns, const struct event **because);
enum verdict verdict_of_session(const struct session *s, int64_t at_ns,
                                const struct event **because);

/* The last fatal error that it told of by then, of whatever kind; NULL: none. */
const struct event *verdict_fatal_of(const struct session *s, const struct process *p,
                                     int64_t at_ns);

#endif
