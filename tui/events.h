/*
 * What happened and what was found, as a list: a view of its own, a few lines below the
 * charts, and all there is to see of a kernel log by itself. Only what was known at the
 * playhead.
 */
#ifndef TUI_EVENTS_H
#define TUI_EVENTS_H

#include "tui/app.h"
#include "tui/canvas.h"
#include "tui/severity.h"
#include "tui/told.h"

/* The list is what is on the screen. */
bool app_is_list(const struct app *app);

void events_draw(struct app *app, struct canvas *c, struct rect area);

/* What a key does to the list; false: it is not one of its own. */
bool events_key(struct app *app, uint32_t key);
/* Shows all, warnings and worse, critical ones only, in turn. */
void events_filter(struct app *app);
/* Puts the list on that event. */
void events_choose(struct app *app, const struct told *told);

/* How many lines the overview should leave for the nearest ones; 0 where nothing was
 * ever told. */
int events_pane_rows(const struct app *app, int rows);
void events_draw_pane(const struct app *app, struct canvas *c, struct rect area);

/* event_row.c: one line. */
enum event_row_state { EVENT_ROW_PLAIN, EVENT_ROW_LATEST, EVENT_ROW_CHOSEN };
void event_row_draw(const struct app *app, struct canvas *c, struct rect row,
                    const struct event *e, enum event_row_state state);

/* event_details.c: everything that is known of an event. */
void event_details_draw(const struct app *app, struct canvas *c, struct rect area,
                        const struct event *e);

#endif
