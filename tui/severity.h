/* How bad something is, as a sign, a colour and a word: never by colour alone. */
#ifndef TUI_SEVERITY_H
#define TUI_SEVERITY_H

#include <stdint.h>

#include "model/event.h"
#include "tui/theme.h"

enum role severity_role(enum severity severity);

/* In front of a line: "■" critical, "▲" warning, "▴" notice, "·" info. */
const char *severity_sign(enum severity severity);

/* On the axis of a chart, where what began points up. */
uint32_t severity_mark(enum severity severity);

#endif
