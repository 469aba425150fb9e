/*
 * The gctrace lines of Go 1.0 to 1.4.
 *
 * Source: mgc0.c of those versions.
 *   1.0       gcN(procs): m+s+t ms A -> B MB X -> Y (nmalloc-nfree) objects K handoff
 *   1.1, 1.2  the same with commas: … ms, A -> B MB X -> Y (nmalloc-nfree) objects, …
 *   1.3       gcN(procs): a+b+c+d us, A -> B MB, X (nmalloc-nfree) objects, …
 *   1.4       … objects, G goroutines, …
 * Shapes: everything but the sweep stops the world, so the phases' sum is the pause.
 * Up to 1.2, B is the heap after the collection (heap_live); from 1.3 on sweeping is
 * lazy and B is the size that triggers the next one (heap_goal). There is no time.
 */
#ifndef PARSERS_GCTRACE_OLD_H
#define PARSERS_GCTRACE_OLD_H

#include "model/base/compiler.h"
#include "model/base/err.h"
#include "model/record.h"

/* `text` begins at "gcN(" and ends with the line. False with *err filled. */
MUST_USE bool gctrace_old(struct slice text, struct gc_cycle *cycle, struct err *err);

/* Do these bytes begin such a line? */
bool gctrace_old_is_here(struct slice text);

#endif
