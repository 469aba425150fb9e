/* A chart's lower frame: offsets of time, and marks where findings began. */
#include "model/base/num.h"
#include "tui/axis.h"
#include "tui/chart_internal.h"
#include "tui/severity.h"

#define FRAME 0x2500u
#define TICK_DOWN 0x252cu
#define DASHED 0x250au /* ┊ */
#define TOLD 0x25b5u   /* ▵ */

/* More serious marks than these say that there are many, not where each is. Then times
 * come first, and no lines are drawn up through the chart. */
#define SERIOUS_FEW 6

/* Marks of one cell come to one: the worst; where something began before where it was
 * told. */
struct foot_cell {
    bool has, is_told;
    enum severity severity;
    const char *label;
};

struct foot {
    struct foot_cell cells[CANVAS_MAX_COLS];
    struct canvas *c;
    struct rect plot;
    int row;
};

static void add_mark(struct foot *f, int x, bool is_told, const struct chart_mark *mark)
{
    int across = raster_dots_across(f->c->charset), col = x / across;
    struct foot_cell *cell;

    if (x < 0 || col >= f->plot.cols || col >= CANVAS_MAX_COLS)
        return;
    cell = &f->cells[col];
    if (cell->has && (cell->severity > mark->severity ||
                      (cell->severity == mark->severity && !cell->is_told)))
        return;
    *cell = (struct foot_cell){true, is_told, mark->severity, mark->label};
}

static void gather(struct foot *f, const struct chart *chart)
{
    for (size_t i = 0; i < chart->mark_count; i++) {
        const struct chart_mark *mark = &chart->marks[i];

        add_mark(f, mark->onset, false, mark);
        /* Of side notes it does not matter when they were told. */
        if (mark->severity >= SEVERITY_WARNING && mark->told != mark->onset)
            add_mark(f, mark->told, true, mark);
    }
}

static bool is_free(const struct foot *f, int col, int cells)
{
    for (int i = 0; i < cells; i++) {
        const struct cell *cell = canvas_cell(f->c, col + i, f->row);

        if (col + i < f->plot.col || col + i >= f->plot.col + f->plot.cols || !cell ||
            cell->base != (f->c->charset == CHARSET_ASCII ? '-' : FRAME))
            return false;
    }
    return true;
}

/* A tick needs a cell of frame between it and whatever stands before it. */
static bool has_room(const struct foot *f, int col, int cells)
{
    return is_free(f, col, cells) && (col == f->plot.col || is_free(f, col - 1, 1));
}

/* The name beside its mark, a cell of frame apart from whatever is next. */
static void put_label(struct foot *f, int col, const struct foot_cell *cell)
{
    int cells = text_cells(cell->label);
    enum role role = severity_role(cell->severity);

    if (is_free(f, col + 1, cells + 3))
        (void)canvas_putf(f->c, col + 1, f->row, role, 0, " %s ", cell->label);
    else if (is_free(f, col - cells - 3, cells + 3))
        (void)canvas_putf(f->c, col - cells - 2, f->row, role, 0, " %s ", cell->label);
}

static void put_marks(struct foot *f, bool severe)
{
    for (int i = 0; i < f->plot.cols && i < CANVAS_MAX_COLS; i++) {
        const struct foot_cell *cell = &f->cells[i];

        if (cell->has && severe == (cell->severity >= SEVERITY_WARNING) &&
            is_free(f, f->plot.col + i, 1))
            (void)canvas_put_point(f->c, f->plot.col + i, f->row,
                                   severity_role(cell->severity), 0,
                                   cell->is_told ? TOLD : severity_mark(cell->severity));
    }
    for (int i = 0; i < f->plot.cols && i < CANVAS_MAX_COLS; i++) {
        const struct foot_cell *cell = &f->cells[i];

        if (cell->has && !cell->is_told && cell->label &&
            cell->severity >= SEVERITY_NOTICE &&
            severe == (cell->severity >= SEVERITY_WARNING))
            put_label(f, f->plot.col + i, cell);
    }
}

/* Offsets along the lower frame, each behind its tick. */
static void put_times(struct foot *f, const struct chart *chart)
{
    const struct view *v = chart->view;
    struct rect plot = f->plot;
    int64_t step_ns = axis_time_step(view_span(v), plot.cols / 14 + 1);
    int64_t from_ns = num_sat_sub_i64(v->from_ns, chart->zero_ns);
    int64_t tick_ns = from_ns - from_ns % step_ns;
    int decimals = axis_time_decimals(step_ns);

    for (; num_sat_add_i64(tick_ns, chart->zero_ns) < v->to_ns; tick_ns += step_ns) {
        char label[UNIT_TEXT];
        int column =
            view_column_of(v, num_sat_add_i64(tick_ns, chart->zero_ns), plot.cols);
        int col = plot.col + column, cells;

        if (tick_ns > INT64_MAX - step_ns)
            break;
        (void)unit_format_offset(label, tick_ns, decimals);
        cells = text_cells(label);
        if (column < 0 || !has_room(f, col, cells + 1))
            continue;
        (void)canvas_put_point(f->c, col, f->row, ROLE_DIM, 0, TICK_DOWN);
        (void)canvas_put(f->c, col + 1, f->row, ROLE_DIM, 0, label);
    }
}

static int count_serious(const struct foot *f)
{
    int count = 0;

    for (int i = 0; i < f->plot.cols && i < CANVAS_MAX_COLS; i++)
        count += f->cells[i].has && f->cells[i].severity >= SEVERITY_WARNING &&
                 !f->cells[i].is_told;
    return count;
}

void chart_draw_foot(const struct chart *chart, struct canvas *c, struct rect plot,
                     int row)
{
    struct foot f = {.c = c, .plot = plot, .row = row};

    gather(&f, chart);
    if (count_serious(&f) > SERIOUS_FEW)
        put_times(&f, chart);
    put_marks(&f, true);
    put_times(&f, chart);
    put_marks(&f, false);
}

/* Lines up from where what is serious began, behind the curves. */
void chart_draw_onsets(const struct chart *chart, struct canvas *c, struct rect plot)
{
    struct foot f = {.c = c, .plot = plot};

    gather(&f, chart);
    if (count_serious(&f) > SERIOUS_FEW)
        return;
    for (int i = 0; i < plot.cols && i < CANVAS_MAX_COLS; i++) {
        int col = plot.col + i;

        if (!f.cells[i].has || f.cells[i].is_told ||
            f.cells[i].severity < SEVERITY_WARNING)
            continue;
        for (int row = plot.row; row < plot.row + plot.rows; row++) {
            const struct cell *cell = canvas_cell(c, col, row);

            if (cell && cell->base == ' ')
                (void)canvas_put_point(c, col, row, ROLE_DIM, 0, DASHED);
        }
    }
}
