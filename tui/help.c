#include "tui/app_internal.h"

#include <string.h>

#define KEYS_COLS 16
#define HELP_COLS 68

static bool is_told(const struct app *app, const struct key_row *key)
{
    return key->keys && app_has_key(app, key);
}

int help_line_count(const struct app *app)
{
    int lines = 0;

    for (size_t i = 0; i < key_table_count; i++)
        lines += is_told(app, &key_table[i]);
    return lines;
}

static void draw_line(struct canvas *c, struct rect inside, int row,
                      const struct key_row *key)
{
    (void)canvas_put(c, inside.col + 1, row, ROLE_KEY, 0, key->keys);
    (void)canvas_put(c, inside.col + 1 + KEYS_COLS, row, ROLE_TEXT, 0, key->help);
}

void help_draw(const struct app *app, struct canvas *c)
{
    int lines = help_line_count(app), rows = lines + 2, skip = app->help_row;
    int cols = c->cols < HELP_COLS ? c->cols : HELP_COLS;
    struct rect area, inside, clip = c->clip;

    if (rows > c->rows - 2)
        rows = c->rows - 2;
    if (skip > lines - (rows - 2))
        skip = lines - (rows - 2);
    area = (struct rect){(c->cols - cols) / 2, (c->rows - rows) / 2, cols, rows};
    inside = rect_inset(area, 1);
    canvas_fill(c, area, ROLE_TEXT, 0, ' ');
    canvas_box(c, area, ROLE_TEXT, 0);
    (void)canvas_put(c, area.col + 2, area.row, ROLE_TITLE, 0, " Keys ");
    (void)canvas_put(c, area.col + 2, area.row + rows - 1, ROLE_DIM, 0,
                     skip + rows - 2 < lines || skip > 0 ? " ↑↓ more · q close "
                                                         : " q close ");
    c->clip = inside;
    for (size_t i = 0; i < key_table_count; i++)
        if (is_told(app, &key_table[i]) && skip-- <= 0)
            draw_line(c, inside, inside.row - skip - 1, &key_table[i]);
    c->clip = clip;
}
