#include "tui/app_internal.h"
#include "tui/events.h"

static void draw_prompt(const struct app *app, struct canvas *c, struct rect area)
{
    int col = canvas_put(c, area.col + 1, area.row, ROLE_KEY, 0, "go to: ");

    col = canvas_put(c, col, area.row, ROLE_TEXT, 0, app->prompt);
    /* The terminal's own cursor stays hidden; this one also shows in a snapshot. */
    (void)canvas_put(c, col, area.row, ROLE_TEXT, ATTR_REVERSE, " ");
    if (app->prompt_len == 0)
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
    for (size_t i = 0; i < list_key_count; i++)
        if ((!list_keys[i].needs_charts || app->lane.count > 0) &&
            col + text_cells(list_keys[i].keys) + text_cells(list_keys[i].does) + 3 <=
                end)
            col = put_key(c, col, row, list_keys[i].keys, list_keys[i].does);
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
    if (app_is_list(app))
        col = draw_list_keys(app, c, col, area.row, end);
    for (size_t i = 0; i < key_table_count && !app_is_list(app); i++) {
        const struct key_row *row = &key_table[i];
        const char *does = row->footer, *keys = row->footer_keys;

        if (!does || row == help)
            continue;
        if (row->action == ACTION_PLAY && app->clock.is_playing)
            does = "pause";
        if (row->action == ACTION_LATER && c->charset == CHARSET_ASCII)
            keys = "hl"; /* there are no arrows to show */
        if (col + text_cells(keys) + text_cells(does) + 3 > end)
            continue;
        col = put_key(c, col, area.row, keys, does);
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
