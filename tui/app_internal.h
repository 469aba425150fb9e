/*
 * What the files that make up the dashboard share.
 */
#ifndef TUI_APP_INTERNAL_H
#define TUI_APP_INTERNAL_H

#include "model/detect/story_blame.h"
#include "replay/clock.h"
#include "tui/app.h"
#include "tui/keys.h"
#include "tui/lane.h"
#include "tui/panels.h"
#include "tui/told.h"
#include "tui/view.h"

/* An offset, a date or a percentage; nothing sensible is longer. */
#define PROMPT_TEXT 48
#define MESSAGE_TEXT 512

enum app_view { VIEW_OVERVIEW, VIEW_EVENTS, VIEW_LOG };

enum app_prompt { PROMPT_TIME, PROMPT_TRACE };

/* The events view: which event is chosen, among which. */
struct event_list {
    const struct event *chosen; /* only ever compared: it may be gone. NULL: the last */
    size_t row;                 /* where it was, if it is gone */
    size_t top;                 /* the first row shown */
    size_t page;                /* rows that the last frame had room for */
    enum severity least;        /* milder ones are left out */
    size_t *rows;               /* indices into the told list */
    size_t count, capacity;
};

/* The view of the log: where it is scrolled to. */
struct log_place {
    bool is_scrolled;  /* else its end is that of what was known at the playhead */
    uint64_t end;      /* the line after the last one shown */
    int rows, cols;    /* that the last frame had for it */
    bool is_ascii;     /* … which escapes more */
    uint64_t seen_end; /* of all of it, when it was last looked at */
};

/* Of live sessions: app_live.c. */
struct live_time {
    int64_t now_ns;    /* as far as the screen has come */
    int64_t newest_ns; /* the end of the records … */
    int64_t behind_ns; /* … and how far it was behind us, where clocks differ */
    int64_t window_ns; /* of the window that follows; 0: the usual one */
    int64_t usual_ns;  /* … which was last so long */
    int64_t sizes_ns;  /* the first moment with a size of the heap or the process */
    bool is_frozen;
    bool was_following; /* … when it was frozen */
};

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

    enum app_view shown;
    struct told_list told;
    bool has_told; /* … and it is of this revision */
    struct event_list list;
    struct blame_memo blame;  /* of the story in the header */
    struct chart_mark *marks; /* of the chart being drawn */
    size_t mark_capacity;

    bool has_segments; /* they are asked for */
    struct segments segments;
    struct chart_segment *pieces; /* the same, of the chart being drawn */
    size_t piece_capacity;

    unsigned panel_mask;         /* the panels on the screen */
    enum panel_id first_panel;   /* … and the one at the top */
    enum panel_id segment_panel; /* the chosen one */
    unsigned focus;              /* index into the panels that have data */
    bool is_enlarged;
    bool is_focus_shown; /* once it was moved */

    bool has_help;
    int help_row; /* first line shown */
    bool has_prompt;
    enum app_prompt prompt_kind;
    char prompt[PROMPT_TEXT];
    size_t prompt_len;
    bool is_prompt_preset;      /* it is a proposal, in whose place typing puts another */
    char message[MESSAGE_TEXT]; /* shown until the next key; not sanitised */
    enum role message_role;

    struct app_live live;
    struct live_time live_time;
    struct log_place log;
    unsigned trace_seconds; /* 0: none was asked for yet */
    bool is_quit_asked;     /* the last key would have ended a program */

    struct loader_progress progress;
    bool is_loading;
    bool is_watching; /* not all rows were looked at */
    double watched;   /* … but this share of them */
    int64_t real_ns;  /* of the last tick */
    enum app_request request;
    bool is_dirty;
};

/* The panels worth showing, in order, the heap first. Returns how many. */
unsigned app_panels(const struct app *app, enum panel_id out[PANEL_COUNT]);

/* What was known at the playhead is what event_known_ns() and the like put at or before
 * this: all of it at the recording's end. */
int64_t app_known_ns(const struct app *app);

void app_say(struct app *app, enum role role, const char *format, ...) PRINTF_LIKE(3, 4);

/* Moves the playhead, and the window where it would be outside. */
void app_seek(struct app *app, int64_t position_ns);
void app_choose(struct app *app, struct process *p);
/* Looks at the session whether or not it changed. */
void app_rebuild(struct app *app);

/* app_live.c: the end of time and the window that follows it. */
/* How far time has come, where the records end there. */
int64_t app_end_ns(struct app *app, int64_t newest_ns);
/* Looks anew at what the window that follows depends on. */
void app_find_sizes(struct app *app);
/* Brings the window to the end of time, where it follows that. */
void app_follow(struct app *app);
/* The window that follows is as long as the one on the screen. */
void app_keep_window(struct app *app);
/* Goes to the end of time, and on with it. */
void app_resume(struct app *app);
void app_freeze(struct app *app, bool freeze);
/* How long nothing came, where that is long; 0 otherwise. */
int64_t app_silence_ns(const struct app *app);

/* app_live_keys.c: the keys that live sessions have, and what they make of others. True:
 * nothing is left to do. */
bool app_live_action(struct app *app, enum action action);
/* It is told of: those of live sessions only there, but for what outlasts them. */
bool app_has_key(const struct app *app, const struct key_row *key);
void app_live_prompt(struct app *app);
/* What has to be asked first has been. */
bool app_may_quit(struct app *app);

/* app_findings.c: what is told, and the keys that go there. */
void app_refresh_told(struct app *app);
void app_step_finding(struct app *app, bool next, enum severity least);
void app_go_to_told(struct app *app, const struct told *told);

/* What is foretold at the playhead of the process there; NULL: nothing. */
const struct forecast *app_forecast(const struct app *app);
/* How far beyond the end of its records the window reaches, so that there is room. */
int64_t app_room_ns(const struct app *app);

/* log.c: the view of the transcript, and a few lines of it below the charts. */
bool log_exists(const struct app *app);
void log_draw(struct app *app, struct canvas *c, struct rect area);
bool log_key(struct app *app, uint32_t key);
/* How many rows of a screen of `rows` the overview should leave; 0: none. */
int log_pane_rows(const struct app *app, int rows);
void log_draw_pane(const struct app *app, struct canvas *c, struct rect area);

/* waiting.c: what a live session waits for while it has nothing. */
void waiting_draw(const struct app *app, struct canvas *c, struct rect area);

/* header.c: two lines. */
void header_draw(struct app *app, struct canvas *c, struct rect area);

/* footer.c: one line: keys, the prompt or a message. */
void footer_draw(const struct app *app, struct canvas *c, struct rect area);

/* help.c */
void help_draw(const struct app *app, struct canvas *c);
int help_line_count(const struct app *app);

/* overview.c: everything between header and footer. */
void overview_draw(struct app *app, struct canvas *c, struct rect area);

#endif
