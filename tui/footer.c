#include "tui/app_internal.h"
#include "tui/events.h"

static void draw_prompt(const struct app *app, struct canvas *c, struct rect area)
{
    bool is_trace = app->prompt_kind == PROMPT_TRACE;
    int col = canvas_put(c, area.col + 1, area.row, ROLE_KEY, 0,
                         is_trace ? "trace for how many seconds: " : "go to: ");

    col = canvas_put(c, col, area.row, ROLE_TEXT, 0, app->prompt);
    /* The terminal's own cursor stays hidden; this one also shows in a snapshot. */
    (void)canvas_put(c, col, area.row, ROLE_TEXT, ATTR_REVERSE, " ");
    if (is_trace)
        (void)canvas_put(c, col + 3, area.row, ROLE_DIM, 0, "Enter · Esc");
    else if (app->prompt_len == 0)
        (void)canvas_put(c, col + 3, area.row, ROLE_DIM, 0,
                         "14:03:05  +0:27.5  -5m  50%  2026-11-21T01:37:31Z · Esc");
}

static int put_key(struct canvas *c, int col, int row, const char *keys, const char *does)
{
    col = canvas_put(c, col, row, ROLE_KEY, 0, keys);
    return canvas_putf(c, col, row, ROLE_DIM, 0, " %s  ", does);
}

static int draw_list_keys(const struct app *app, struct canvas *c, int col, int row,
                          int end)
{
    bool is_log = app->shown == VIEW_LOG;
    const struct list_key *keys = is_log ? log_keys : list_keys;
    size_t count = is_log ? log_key_count : list_key_count;

    for (size_t i = 0; i < count; i++)
        if ((!keys[i].needs_charts || app->lane.count > 0) &&
            col + text_cells(keys[i].keys) + text_cells(keys[i].does) + 3 <= end)
            col = put_key(c, col, row, keys[i].keys, keys[i].does);
    return col;
}

/* What a key would do now; NULL: nothing. */
static const char *deed(const struct app *app, const struct key_row *row)
{
    switch (row->action) {
    case ACTION_PLAY:
        return app->clock.is_playing || (app->live.is_live && app->clock.is_following)
                   ? "pause"
                   : row->footer;
    case ACTION_RECORD:
        return app->live.recording ? "stop recording" : row->footer;
    case ACTION_FREEZE:
        if (!app->has_data)
            return NULL;
        return app->live_time.is_frozen ? "catch up" : row->footer;
    case ACTION_PROFILES:
    case ACTION_TRACE:
        return app->live.has_profiles ? row->footer : NULL;
    case ACTION_ADD_OFFER:
        return app->live.offer ? row->footer : NULL;
    case ACTION_VIEW_LOG:
        return log_exists(app) ? row->footer : NULL;
    case ACTION_BACK:
        return row->footer;
    default:
        /* There are no charts yet that they could do anything to. */
        return app->live.is_live && !app->has_data ? NULL : row->footer;
    }
}

/* Those of live sessions, or the others, except for that of the help page. */
static int draw_chart_keys(const struct app *app, struct canvas *c, int col, int row,
                           int end, bool is_live)
{
    for (size_t i = 0; i < key_table_count; i++) {
        const struct key_row *key = &key_table[i];
        const char *does = key->footer ? deed(app, key) : NULL;
        const char *keys = key->footer_keys;

        if (!does || !app_has_key(app, key) || key->is_live != is_live ||
            key->action == ACTION_HELP)
            continue;
        if (key->action == ACTION_LATER && c->charset == CHARSET_ASCII)
            keys = "hl"; /* there are no arrows to show */
        if (col + text_cells(keys) + text_cells(does) + 3 > end)
            continue;
        col = put_key(c, col, row, keys, does);
    }
    return col;
}

static void draw_keys(const struct app *app, struct canvas *c, struct rect area)
{
    int col = area.col + 1, end = area.col + area.cols - 1;
    const struct key_row *help = NULL;

    /* "? keys" leads to all others and has its place kept at the end. */
    for (size_t i = 0; i < key_table_count; i++)
        if (key_table[i].action == ACTION_HELP && key_table[i].footer)
            help = &key_table[i];
    end -= help ? text_cells(help->footer_keys) + text_cells(help->footer) + 3 : 0;
    if (app->shown == VIEW_LOG || app_is_list(app)) {
        col = draw_list_keys(app, c, col, area.row, end);
    } else {
        /* What only goes while it lasts comes first. */
        col = draw_chart_keys(app, c, col, area.row, end, true);
        col = draw_chart_keys(app, c, col, area.row, end, false);
    }
    if (help) {
        col = canvas_put(c, col, area.row, ROLE_KEY, 0, help->footer_keys);
        (void)canvas_putf(c, col, area.row, ROLE_DIM, 0, " %s", help->footer);
    }
}

static void draw_message(const struct app *app, struct canvas *c, struct rect area)
{
    struct text safe = {0};

    text_put_safe_cells(&safe, slice_str(app->message), area.cols - 2,
                        c->charset == CHARSET_ASCII);
    (void)canvas_put(c, area.col + 1, area.row, app->message_role, 0, text_str(&safe));
    text_finish(&safe);
}

void footer_draw(const struct app *app, struct canvas *c, struct rect area)
{
    if (app->has_prompt)
        draw_prompt(app, c, area);
    else if (app->message[0] != '\0')
        draw_message(app, c, area);
    else
        draw_keys(app, c, area);
}
