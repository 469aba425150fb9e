/* What happened, as a list: all there is to see of a kernel log by itself. */
#ifndef TUI_EVENTS_H
#define TUI_EVENTS_H

#include "tui/app.h"
#include "tui/canvas.h"

void events_draw(const struct app *app, struct canvas *c, struct rect area);

#endif
