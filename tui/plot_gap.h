/*
 * Where a curve breaks: its source was silent there, or nobody could read it.
 *
 * Such a hole has a row without any value in it (session_add_gap), which may stand at the
 * hole's end, in the very pixel column of the next value. So what counts is not where
 * that row lies, but that it lies between the two values that a line would join.
 */
#ifndef TUI_PLOT_GAP_H
#define TUI_PLOT_GAP_H

#include <stdbool.h>
#include <stdint.h>

#include "tui/plot.h"

/*
 * Do the nearest values before and from `at_ns` on lie so far apart, with a hole between
 * them? Of retired rows nothing is known: false.
 */
bool plot_gap_at(const struct plot_parts *parts, int64_t at_ns, int64_t least_ns);

#endif
