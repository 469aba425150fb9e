#include "tui/app_internal.h"

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

static void draw_keys(const struct app *app, struct canvas *c, struct rect area)
{
    int col = area.col + 1, end = area.col + area.cols - 1;
    const struct key_row *help = NULL;

    /* "? keys" leads to all others and has its place kept at the end. */
    for (size_t i = 0; i < key_table_count; i++)
        if (key_table[i].action == ACTION_HELP && key_table[i].footer)
            help = &key_table[i];
    end -= help ? text_cells(help->footer_keys) + text_cells(help->footer) + 3 : 0;
    for (size_t i = 0; i < key_table_count; i++) {
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
        col = canvas_put(c, col, area.row, ROLE_KEY, 0, keys);
        col = canvas_putf(c, col, area.row, ROLE_DIM, 0, " %s  ", does);
    }
    if (help) {
        col = canvas_put(c, col, area.row, ROLE_KEY, 0, help->footer_keys);
        (void)canvas_putf(c, col, area.row, ROLE_DIM, 0, " %s", help->footer);
    }
}

void footer_draw(const struct app *app, struct canvas *c, struct rect area)
{
    if (app->has_prompt)
        draw_prompt(app, c, area);
    else if (app->message[0] != '\0')
        (void)canvas_put(c, area.col + 1, area.row, ROLE_WARNING, 0, app->message);
    else
        draw_keys(app, c, area);
}
