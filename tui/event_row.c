#include <stdio.h>

#include "model/base/num.h"
#include "model/base/text.h"
#include "tui/app_internal.h"
#include "tui/events.h"

/* A row this wide has columns for everything; a narrower one leaves out words. */
#define WIDE_COLS 96
#define OFFSET_COLS 11
#define SEVERITY_COLS 12
#define KIND_COLS 17
#define SERIES_COLS 17
#define TOLD_COLS 16

/* Text that an input may have had a hand in, cut to a column of the row. */
static int put_cut(struct canvas *c, int col, int row, enum role role, const char *from,
                   int cells)
{
    struct text safe = {0};

    if (cells < 1)
        return col;
    text_put_safe_cells(&safe, slice_str(from), cells, c->charset == CHARSET_ASCII);
    col = canvas_put(c, col, row, role, 0, text_str(&safe));
    text_finish(&safe);
    return col;
}

static int at_least(int a, int b)
{
    return a > b ? a : b;
}

static int put_offset(const struct app *app, struct canvas *c, int col, int row,
                      const struct event *e)
{
    char offset[UNIT_TEXT] = "?";
    int next;

    if (e->has_time)
        (void)unit_format_offset(offset, num_sat_sub_i64(e->time_ns, app->zero_ns), 2);
    next = canvas_put(c, col, row, ROLE_TEXT, 0, offset) + 1;
    return at_least(next, col + OFFSET_COLS);
}

/* When it was told, at the right; returns the column where it begins. */
static int put_told(const struct app *app, struct canvas *c, struct rect row,
                    const struct event *e)
{
    char offset[UNIT_TEXT];
    int end = row.col + row.cols;

    if (e->source || e->detected_ns == e->time_ns)
        return end;
    (void)unit_format_offset(offset, num_sat_sub_i64(e->detected_ns, app->zero_ns), 2);
    (void)canvas_putf(c, end - text_cells(offset) - 5, row.row, ROLE_DIM, 0, "told %s",
                      offset);
    return end - at_least(TOLD_COLS, text_cells(offset) + 6);
}

static int put_process(const struct app *app, struct canvas *c, int col, int row,
                       const struct event *e)
{
    const struct lane_entry *now = lane_at(&app->lane, app->clock.position_ns);

    /* A kernel's log tells of everybody on the machine. */
    if (!e->process && e->kind == EVENT_OOM_KILLED && app->session->process_count > 0)
        return canvas_put(c, col, row, ROLE_DIM, 0, "another process: ");
    if (!e->process || app->session->process_count < 2 ||
        (now && now->process == e->process))
        return col;
    return canvas_putf(c, col, row, ROLE_DIM, 0,
                       "process %u: ", (unsigned)e->process->id);
}

static int put_wide(const struct app *app, struct canvas *c, int col, int row,
                    const struct event *e)
{
    int next = canvas_putf(c, col, row, severity_role(e->severity), 0, "%s %s",
                           severity_sign(e->severity), severity_name(e->severity));

    col = at_least(next + 1, col + SEVERITY_COLS);
    next = canvas_put(c, col, row, ROLE_STRONG, 0, event_kind_name(e->kind));
    col = at_least(next + 1, col + KIND_COLS);
    if (e->has_series)
        (void)put_cut(c, col, row, ROLE_DIM,
                      metric_name(&app->session->metrics, e->metric), SERIES_COLS - 1);
    return col + SERIES_COLS;
}

void event_row_draw(const struct app *app, struct canvas *c, struct rect row,
                    const struct event *e, enum event_row_state state)
{
    bool is_wide = row.cols >= WIDE_COLS;
    struct rect clip = c->clip;
    int col = row.col + 2, end;

    c->clip = row;
    if (state != EVENT_ROW_PLAIN)
        (void)canvas_put(c, row.col, row.row, ROLE_CURSOR, 0, "\u25b8");
    col = put_offset(app, c, col, row.row, e);
    end = is_wide ? put_told(app, c, row, e) : row.col + row.cols;
    if (is_wide) {
        col = put_wide(app, c, col, row.row, e);
    } else {
        col = canvas_putf(c, col, row.row, severity_role(e->severity), 0, "%s %s",
                          severity_sign(e->severity), event_kind_name(e->kind));
        col += 2;
    }
    col = put_process(app, c, col, row.row, e);
    (void)put_cut(c, col, row.row, ROLE_TEXT, e->message, end - col);
    for (int i = row.col; state == EVENT_ROW_CHOSEN && i < row.col + row.cols; i++) {
        struct cell *cell = canvas_cell(c, i, row.row);

        if (cell)
            cell->attrs |= ATTR_REVERSE;
    }
    c->clip = clip;
}
