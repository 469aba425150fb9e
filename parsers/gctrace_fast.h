/*
 * The gctrace line of Go 1.6 to 1.27 where nothing came between: the shape that a big
 * log is made of, read in one pass without looking back.
 *
 * Anything else (other eras, text glued in, twenty-digit goals, a damaged line) is
 * left to gctrace_line.c, which knows the whole grammar.
 */
#ifndef PARSERS_GCTRACE_FAST_H
#define PARSERS_GCTRACE_FAST_H

#include "model/record.h"

/* So many bytes must be readable from p on; a line is far shorter. */
#define GCTRACE_FAST_ROOM 512

/*
 * p stands at "gc ". Returns the place behind the line's newline with *cycle filled
 * (stamps apart), or NULL with *cycle in any state.
 */
const char *gctrace_fast(const char *p, struct gc_cycle *cycle);

#endif
