/*
 * What the files that make up the dashboard share.
 */
#ifndef TUI_APP_INTERNAL_H
#define TUI_APP_INTERNAL_H

#include "replay/clock.h"
#include "tui/app.h"
#include "tui/keys.h"
#include "tui/lane.h"
#include "tui/panels.h"
#include "tui/view.h"

/* An offset, a date or a percentage; nothing sensible is longer. */
#define PROMPT_TEXT 48
#define MESSAGE_TEXT 96

struct app {
    struct session *session;
    struct clock clock;
    struct view view;

    struct process *chosen; /* NULL: the busiest */
    struct lane lane;
    int64_t zero_ns; /* offsets count from here: the session's first record */
    uint64_t revision;
    bool has_data;

    struct panel panels[PANEL_COUNT];
    struct rowmaps rowmaps;
    struct raster raster;

    unsigned focus; /* index into the panels that have data */
    bool is_enlarged;
    bool is_focus_shown; /* once it was moved */

    bool has_help;
    int help_row; /* first line shown */
    bool has_prompt;
    char prompt[PROMPT_TEXT];
    size_t prompt_len;
    char message[MESSAGE_TEXT]; /* shown until the next key */

    struct loader_progress progress;
    bool is_loading;
    int64_t real_ns; /* of the last tick */
    enum app_request request;
    bool is_dirty;
};

/* The panels worth showing, in order, the heap first. Returns how many. */
unsigned app_panels(const struct app *app, enum panel_id out[PANEL_COUNT]);

/* header.c: two lines. */
void header_draw(const struct app *app, struct canvas *c, struct rect area);

/* footer.c: one line: keys, the prompt or a message. */
void footer_draw(const struct app *app, struct canvas *c, struct rect area);

/* help.c */
void help_draw(const struct app *app, struct canvas *c);
int help_line_count(void);

/* overview.c: everything between header and footer. */
void overview_draw(struct app *app, struct canvas *c, struct rect area);

#endif
