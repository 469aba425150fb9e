#include "tui/events.h"

#include "model/base/num.h"
#include "model/base/text.h"
#include "tui/app_internal.h"

/* "+0:25.67" and two blanks. */
#define OFFSET_COLS 12

static void draw_event(const struct app *app, struct canvas *c, struct rect row,
                       const struct event *e)
{
    bool ascii = c->charset == CHARSET_ASCII;
    char offset[UNIT_TEXT] = "?";
    struct text message = {0};

    if (e->has_time)
        (void)unit_format_offset(offset, num_sat_sub_i64(e->time_ns, app->zero_ns), 2);
    (void)canvas_put(c, row.col, row.row, ROLE_TEXT, 0, offset);
    text_put_safe_cells(&message, slice_str(e->message), row.cols - OFFSET_COLS, ascii);
    (void)canvas_put(c, row.col + OFFSET_COLS, row.row,
                     e->severity == SEVERITY_CRITICAL ? ROLE_CRITICAL : ROLE_TEXT, 0,
                     text_str(&message));
    text_finish(&message);
}

void events_draw(const struct app *app, struct canvas *c, struct rect area)
{
    const struct session *s = app->session;
    size_t room = area.rows > 2 ? (size_t)(area.rows - 2) : 0;
    /* The last ones tell how it ended. */
    size_t first = s->event_count > room ? s->event_count - room : 0;
    struct rect row = {area.col + 2, area.row + 1, area.cols - 4, 1};

    canvas_box(c, area, ROLE_DIM, 0);
    (void)canvas_put(c, area.col + 2, area.row, ROLE_TITLE, 0, " What happened ");
    for (size_t i = first; i < s->event_count; i++, row.row++)
        draw_event(app, c, row, s->events[i]);
}
