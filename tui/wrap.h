/*
 * Text that is longer than a line of the screen.
 */
#ifndef TUI_WRAP_H
#define TUI_WRAP_H

#include <stddef.h>

#include "model/base/slice.h"

/* The longest front of the text that fits into so many cells, cut at a blank where there
 * is one. */
size_t wrap_len(struct slice text, int cells);

/* The same and at least one character, without the blanks that stood in front: the next
 * line of `rest`, which is moved behind it. */
struct slice wrap_next(struct slice *rest, int cells);

#endif
