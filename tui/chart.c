#include "tui/chart.h"

#include <math.h>
#include <stdio.h>

#include "tui/axis.h"
#include "tui/chart_internal.h"

/* Frame, label and axis to the left of the curves; the frame to the right. */
#define LABEL_COLS 6
#define LEFT_COLS (1 + LABEL_COLS + 1)
#define RIGHT_COLS 1

/* A limit further above the curves than this would flatten them. */
#define LIMIT_REACH 4.0

#define DASH 0x254cu
#define TICK 0x2524u
#define BAR 0x2502u
#define DASHED 0x254eu /* ╎ */
#define CROSS 0x00d7u

/* A flatter chart has no row to spare for marks. */
#define MARK_LEAST_ROWS 3

static int plot_cols(int cols)
{
    int left = cols - LEFT_COLS - RIGHT_COLS;

    return left > 0 ? left : 1;
}

int chart_width(int cols, enum charset charset)
{
    return plot_cols(cols) * raster_dots_across(charset);
}

static struct rect plot_area(struct rect area)
{
    return (struct rect){area.col + LEFT_COLS, area.row + 1, plot_cols(area.cols),
                         area.rows - 2};
}

static double greatest(const struct chart *chart)
{
    double max = NAN;

    for (unsigned i = 0; i < chart->curve_count; i++) {
        double here = chart->curves[i].plot->max;

        if (!isnan(here) && !(max >= here))
            max = here;
    }
    return max;
}

/* What the scale has to reach. */
static double scale_max(const struct chart *chart, struct rect plot)
{
    bool is_bars = chart->curve_count && chart->curves[0].plot->kind == PLOT_BARS;

    if (!is_bars || chart->is_whole || plot.rows < MARK_LEAST_ROWS)
        return greatest(chart);
    return plot_bar_scale(chart->curves[0].plot);
}

static bool limit_is_near(const struct chart *chart, double max)
{
    return chart->limit > 0 && max * LIMIT_REACH >= chart->limit;
}

static int height_of(const struct raster *r, double value, double top)
{
    double y = value / top * (r->height - 1);

    if (!(y > 0))
        return 0;
    return y < r->height - 1 ? (int)(y + 0.5) : r->height - 1;
}

/* The cell row, from the area's top, that shows a value. */
static int row_of(const struct raster *r, double value, double top)
{
    return r->rows - 1 - height_of(r, value, top) / r->dot_rows;
}

/* Joins two heights that lie `x1 - x0` pixel columns apart, each column taking its
 * share of the way up or down. */
static void join_slope(struct raster *r, int x0, double y0, int x1, double y1,
                       enum role role)
{
    double per_column = (y1 - y0) / (x1 - x0);

    for (int x = x0; x <= x1; x++) {
        double from = y0 + per_column * (x == x0 ? 0 : x - x0 - 0.5);
        double to = y0 + per_column * (x == x1 ? x1 - x0 : x - x0 + 0.5);

        raster_column(r, x, (int)(from + 0.5), (int)(to + 0.5), role);
    }
}

static void level(struct raster *r, int x0, int x1, int y,
                  const struct chart_curve *curve)
{
    for (int x = x0; x <= x1; x++)
        if (!curve->is_dotted || x % 2 == 0)
            raster_dot(r, x, y, curve->role);
}

static void join(struct raster *r, const struct chart_curve *curve, int x0, int y0,
                 int x1, int y1)
{
    if (x1 <= x0) {
        raster_column(r, x0, y0, y1, curve->role);
        return;
    }
    switch (curve->plot->kind) {
    case PLOT_LINE:
        join_slope(r, x0, y0, x1, y1, curve->role);
        break;
    case PLOT_STEPS_AFTER:
        level(r, x0, x1, y0, curve);
        raster_column(r, x1, y0, y1, curve->role);
        break;
    case PLOT_STEPS_BEFORE:
        raster_column(r, x0, y0, y1, curve->role);
        level(r, x0, x1, y1, curve);
        break;
    case PLOT_BARS:
        break;
    }
}

static void draw_curve(struct raster *r, const struct chart_curve *curve, double top,
                       int visible)
{
    const struct plot *p = curve->plot;
    int end = (int)p->count < visible ? (int)p->count : visible;
    bool has_pen = p->has_left;
    int pen_x = 0, pen_y = has_pen ? height_of(r, p->left, top) : 0;

    for (int x = 0; x < end; x++) {
        const struct plot_column *column = &p->columns[x];

        if (!column->has)
            continue;
        if (p->kind == PLOT_BARS) {
            raster_column(r, x, 0, height_of(r, column->max, top), curve->role);
            continue;
        }
        if (has_pen && !column->is_gap)
            join(r, curve, pen_x, pen_y, x, height_of(r, column->first, top));
        raster_column(r, x, height_of(r, column->min, top),
                      height_of(r, column->max, top), curve->role);
        has_pen = true;
        pen_x = x;
        pen_y = height_of(r, column->last, top);
    }
    if (p->has_right && has_pen && end == (int)p->count)
        join(r, curve, pen_x, pen_y, end - 1, height_of(r, p->right, top));
}

static void draw_scale(struct canvas *c, struct rect plot, const struct raster *r,
                       struct axis axis, enum unit unit)
{
    int taken = plot.rows;

    for (int row = 0; row < plot.rows; row++)
        (void)canvas_put_point(c, plot.col - 1, plot.row + row, ROLE_DIM, 0, BAR);
    for (int i = 0; i <= axis.steps; i++) {
        char label[UNIT_TEXT];
        int row = row_of(r, axis.step * i, axis.top), cells;

        if (row >= taken)
            continue;
        taken = row;
        (void)unit_format_short(label, axis.step * i, unit);
        cells = text_cells(label);
        (void)canvas_put(c, plot.col - 1 - (cells < LABEL_COLS ? cells : LABEL_COLS),
                         plot.row + row, ROLE_DIM, 0, label);
        (void)canvas_put_point(c, plot.col - 1, plot.row + row, ROLE_DIM, 0, TICK);
    }
}

static void draw_limit(const struct chart *chart, struct canvas *c, struct rect plot,
                       const struct raster *r, double top)
{
    int row = plot.row + row_of(r, chart->limit, top);

    for (int col = 0; col < plot.cols; col++)
        (void)canvas_put_point(c, plot.col + col, row, ROLE_LIMIT, 0, DASH);
}

/* Names the limit where the curves leave its line free. */
static void draw_limit_label(const struct chart *chart, struct canvas *c,
                             struct rect plot, const struct raster *r, double top)
{
    char size[UNIT_TEXT], label[UNIT_TEXT + 16];
    int row = plot.row + row_of(r, chart->limit, top), run = 0, cells;

    (void)unit_format(size, chart->limit, chart->unit, c->charset == CHARSET_ASCII);
    cells = snprintf(label, sizeof label, " limit %s ", size);
    for (int col = plot.col + 2; col < plot.col + plot.cols && run < cells + 1; col++) {
        const struct cell *cell = canvas_cell(c, col, row);

        run = cell && cell->role == ROLE_LIMIT ? run + 1 : 0;
        if (run == cells + 1)
            (void)canvas_put(c, col - cells, row, ROLE_LIMIT, 0, label);
    }
}

static void draw_playhead(const struct chart *chart, struct canvas *c, struct rect plot)
{
    int across = raster_dots_across(c->charset);

    if (chart->playhead < 0 || chart->playhead >= plot.cols * across)
        return;
    for (int row = 0; row < plot.rows; row++) {
        int col = plot.col + chart->playhead / across;
        struct cell *cell = canvas_cell(c, col, plot.row + row);

        if (!cell)
            continue;
        if (cell->base == ' ' || cell->base == DASH)
            (void)canvas_put_point(c, col, plot.row + row, ROLE_CURSOR, 0, BAR);
        else /* what is there stays to be seen */
            cell->role = ROLE_CURSOR;
    }
}

/* A cross with a line below it, behind the curves. What is yet to come is dim, as the
 * curves are. */
static void draw_end(struct canvas *c, struct rect plot, int col, bool is_future)
{
    enum role role = is_future ? ROLE_DIM : ROLE_CRITICAL;

    for (int row = 1; row < plot.rows; row++) {
        const struct cell *cell = canvas_cell(c, col, plot.row + row);

        if (cell && (cell->base == ' ' || cell->base == BAR))
            (void)canvas_put_point(c, col, plot.row + row, role, 0, DASHED);
    }
    (void)canvas_put_point(c, col, plot.row, role, 0, CROSS);
}

static void draw_ends(const struct chart *chart, struct canvas *c, struct rect plot)
{
    int across = raster_dots_across(c->charset);

    for (unsigned i = 0; i < chart->end_count; i++) {
        bool is_future = chart->ends[i] > chart->playhead;

        if (chart->ends[i] < 0 || chart->ends[i] >= plot.cols * across ||
            (chart->is_film && is_future))
            continue;
        draw_end(c, plot, plot.col + chart->ends[i] / across, is_future);
    }
}

/* How many steps the scale may have so that its numbers keep apart. */
static int steps_for(int rows)
{
    if (rows < 5)
        return 1;
    return rows < 9 ? 2 : rows / 3;
}

static void draw_empty(const struct chart *chart, struct canvas *c, struct rect plot)
{
    int cells = text_cells(chart->empty);
    struct rect clip = c->clip;

    c->clip = plot;
    (void)canvas_put(c, plot.col + (plot.cols > cells ? (plot.cols - cells) / 2 : 0),
                     plot.row + plot.rows / 2, ROLE_DIM, 0, chart->empty);
    c->clip = clip;
}

static void draw_curves(const struct chart *chart, struct canvas *c, struct rect plot,
                        struct raster *r, double top)
{
    int across = raster_dots_across(c->charset);
    int dim_from = plot.cols;

    for (unsigned i = 0; i < chart->curve_count; i++)
        draw_curve(r, &chart->curves[i], top, chart->visible);
    if (!chart->is_film && chart->playhead < plot.cols * across)
        dim_from = chart->playhead < 0 ? 0 : chart->playhead / across + 1;
    raster_paint(r, c, plot.col, plot.row, dim_from);
}

void chart_draw(const struct chart *chart, struct canvas *c, struct rect area,
                struct raster *scratch)
{
    struct rect plot = plot_area(area);
    double max = scale_max(chart, plot);
    struct axis axis;
    bool has_limit;
    bool is_bars = chart->curve_count && chart->curves[0].plot->kind == PLOT_BARS;

    if (area.cols < CHART_LEAST_COLS || area.rows < CHART_LEAST_ROWS)
        return;
    canvas_box(c, area, chart->is_focused ? ROLE_TEXT : ROLE_DIM, 0);
    chart_draw_foot(chart, c, plot, area.row + area.rows - 1);
    if (isnan(max)) {
        draw_empty(chart, c, plot);
        draw_playhead(chart, c, plot);
        chart_draw_head(chart, c, area);
        return;
    }
    raster_begin(scratch, c->charset, is_bars, plot.cols, plot.rows);
    if (chart->cone.has && chart->cone.from > max &&
        chart->cone.from <= max * LIMIT_REACH)
        max = chart->cone.from;
    if (limit_is_near(chart, max) && chart->limit > max)
        max = chart->limit;
    axis = axis_of(max, chart->unit, steps_for(plot.rows));
    draw_scale(c, plot, scratch, axis, chart->unit);
    has_limit = limit_is_near(chart, max);
    if (has_limit)
        draw_limit(chart, c, plot, scratch, axis.top);
    chart_draw_onsets(chart, c, plot);
    draw_curves(chart, c, plot, scratch, axis.top);
    chart_draw_segments(chart, c, plot, scratch, axis.top);
    chart_draw_cone(chart, c, plot, scratch, axis.top);
    if (has_limit)
        draw_limit_label(chart, c, plot, scratch, axis.top);
    draw_playhead(chart, c, plot);
    draw_ends(chart, c, plot);
    if (is_bars && chart_draw_marks(chart, c, plot, axis.top))
        chart_draw_head_with_peak(chart, c, area, plot);
    else
        chart_draw_head(chart, c, area);
}
