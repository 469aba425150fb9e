/* What a live session waits for while it has nothing. */
#include "tui/app_internal.h"
#include "tui/header_internal.h"

#define NAME_COLS 36

static void draw_source(const struct app *app, struct canvas *c, struct rect row,
                        const struct source *source)
{
    const char *why = source->trouble ? source->trouble : source->unreadable;
    bool ascii = c->charset == CHARSET_ASCII;
    int name_cols = row.cols / 2 < NAME_COLS ? row.cols / 2 : NAME_COLS, col;
    char since[UNIT_TEXT + 2];
    struct text name = {0}, safe = {0};

    text_put_safe_cells(&name, slice_str(source->path), name_cols, ascii);
    (void)canvas_put(c, row.col, row.row, ROLE_STRONG, 0, text_str(&name));
    col = row.col + name_cols + 2;
    header_since(app, source, since);
    text_put_safe_cells(&safe, slice_str(why ? why : "nothing yet"),
                        row.col + row.cols - col - text_cells(since), ascii);
    col = canvas_put(c, col, row.row, why ? ROLE_WARNING : ROLE_DIM, 0, text_str(&safe));
    (void)canvas_put(c, col, row.row, ROLE_DIM, 0, since);
    text_finish(&name);
    text_finish(&safe);
}

void waiting_draw(const struct app *app, struct canvas *c, struct rect area)
{
    const struct session *s = app->session;
    struct rect row = {area.col + 2, area.row + 2, area.cols - 4, 1};
    int last = area.row + area.rows - 2;

    canvas_box(c, area, ROLE_DIM, 0);
    (void)canvas_put(c, area.col + 2, area.row, ROLE_TITLE, 0, " Waiting for ");
    for (size_t i = 0; i < s->source_count && row.row <= last; i++, row.row++) {
        if (row.row == last && i + 1 < s->source_count) {
            (void)canvas_putf(c, row.col, row.row, ROLE_DIM, 0, "… and %zu more",
                              s->source_count - i);
            return;
        }
        draw_source(app, c, row, s->sources[i]);
    }
    if (s->source_count == 0)
        (void)canvas_put(c, row.col, row.row, ROLE_DIM, 0, "a source");
}
