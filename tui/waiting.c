/* What a live session waits for while it has nothing. */
#include "tui/app_internal.h"
#include "tui/header_internal.h"
#include "tui/wrap.h"

#define NAME_COLS 36
#define WHY_COLS 400 /* in several lines */

/* What is known of the source, in as many rows as that takes. Returns how many. */
static int draw_source(const struct app *app, struct canvas *c, struct rect area,
                       const struct source *source)
{
    const char *why = source->trouble ? source->trouble : source->unreadable;
    bool ascii = c->charset == CHARSET_ASCII;
    int name_cols = area.cols / 2 < NAME_COLS ? area.cols / 2 : NAME_COLS;
    int col = area.col + name_cols + 2, rows = 0;
    char since[UNIT_TEXT + 2];
    struct text name = {0}, safe = {0};
    struct slice rest;

    text_put_safe_cells(&name, slice_str(source->path), name_cols, ascii);
    (void)canvas_put(c, area.col, area.row, ROLE_STRONG, 0, text_str(&name));
    text_put_safe_cells(&safe, slice_str(why ? why : "nothing yet"), WHY_COLS, ascii);
    text_put_str(&safe, header_since(app, source, since));
    rest = slice_str(text_str(&safe));
    do {
        struct slice line = wrap_next(&rest, area.col + area.cols - col);

        (void)canvas_putf(c, col, area.row + rows++, why ? ROLE_WARNING : ROLE_DIM, 0,
                          "%.*s", (int)line.len, line.ptr);
    } while (rest.len > 0 && rows < area.rows);
    text_finish(&name);
    text_finish(&safe);
    return rows;
}

void waiting_draw(const struct app *app, struct canvas *c, struct rect area)
{
    const struct session *s = app->session;
    struct rect rest = {area.col + 2, area.row + 2, area.cols - 4, area.rows - 3};

    canvas_box(c, area, ROLE_DIM, 0);
    (void)canvas_put(c, area.col + 2, area.row, ROLE_TITLE, 0, " Waiting for ");
    for (size_t i = 0; i < s->source_count && rest.rows > 0; i++) {
        size_t left = s->source_count - i;
        struct rect room = rest;
        int rows;

        if (rest.rows == 1 && left > 1) {
            (void)canvas_putf(c, rest.col, rest.row, ROLE_DIM, 0, "… and %zu more", left);
            return;
        }
        /* Nobody's reason takes the room that the others have to be named in. */
        if (left > 1 && room.rows > 1)
            room.rows -= left - 1 < (size_t)room.rows ? (int)(left - 1) : room.rows - 1;
        rows = draw_source(app, c, room, s->sources[i]);
        rest.row += rows;
        rest.rows -= rows;
    }
    if (s->source_count == 0)
        (void)canvas_put(c, rest.col, rest.row, ROLE_DIM, 0, "a source");
}
