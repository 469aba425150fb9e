/* What lies over a chart's curves: segments of the series, and the cone of a forecast. */
#include <math.h>

#include "tui/chart_internal.h"

/* Gaps of the lines, in dots along them: the middle of the cone, its edges, the spread.
 */
#define MIDDLE_GAP 2
#define EDGE_GAP 4
#define SPREAD_GAP 4

struct line {
    double x0, y0, x1, y1; /* dots, not rounded */
};

/* Narrows [*t0, *t1], parts of a line that goes from a by d, to what lies in [0, most].
 */
static void narrow(double a, double d, double most, double *t0, double *t1)
{
    double enter, leave;

    if (d == 0) {
        if (a < 0 || a > most)
            *t1 = -1;
        return;
    }
    enter = -a / d;
    leave = (most - a) / d;
    *t0 = fmax(*t0, fmin(enter, leave));
    *t1 = fmin(*t1, fmax(enter, leave));
}

/* Leaves of the line what lies in the raster; false where that is nothing. */
static bool clip_line(struct line *l, const struct raster *r)
{
    double dx = l->x1 - l->x0, dy = l->y1 - l->y0, t0 = 0, t1 = 1;
    struct line whole = *l;

    if (!isfinite(dx) || !isfinite(dy))
        return false;
    narrow(l->x0, dx, r->width, &t0, &t1);
    narrow(l->y0, dy, r->height, &t0, &t1);
    if (!(t0 <= t1))
        return false;
    *l = (struct line){whole.x0 + dx * t0, whole.y0 + dy * t0, whole.x0 + dx * t1,
                       whole.y0 + dy * t1};
    return true;
}

static int nearest(double dots)
{
    return dots < 0 ? -1 : (int)(dots + 0.5);
}

/* Every gap-th dot along the line, counted on its longer side. */
static void draw_line(struct raster *r, struct line l, int gap, enum role role)
{
    int steps;

    if (!clip_line(&l, r))
        return;
    steps = (int)fmax(fabs(l.x1 - l.x0), fabs(l.y1 - l.y0));
    for (int i = 0; i <= steps; i += gap) {
        double part = steps > 0 ? (double)i / steps : 0;

        raster_dot(r, nearest(l.x0 + (l.x1 - l.x0) * part - 0.5),
                   nearest(l.y0 + (l.y1 - l.y0) * part), role);
    }
}

/* A height in dots; beyond the chart it is beyond the dots. */
static double dots_of(const struct raster *r, double value, double top)
{
    return value / top * (r->height - 1);
}

static void begin(struct raster *r, const struct canvas *c, struct rect plot)
{
    raster_begin(r, c->charset, false, plot.cols, plot.rows);
}

void chart_draw_cone(const struct chart *chart, struct canvas *c, struct rect plot,
                     struct raster *r, double top)
{
    const struct chart_cone *cone = &chart->cone;
    struct line l;

    if (!cone->has)
        return;
    begin(r, c, plot);
    l = (struct line){.x0 = cone->from_x, .y0 = dots_of(r, cone->from, top)};
    l.y1 = dots_of(r, cone->limit, top);
    l.x1 = cone->low_x;
    draw_line(r, l, EDGE_GAP, ROLE_DIM);
    l.x1 = cone->high_x;
    if (!isfinite(l.x1)) { /* perhaps it comes to nothing at all */
        l.x1 = fmax(r->width, l.x0);
        l.y1 = l.y0;
    }
    draw_line(r, l, EDGE_GAP, ROLE_DIM);
    raster_overlay(r, c, plot.col, plot.row, false);
    begin(r, c, plot);
    l.y1 = dots_of(r, cone->limit, top);
    l.x1 = cone->mid_x;
    draw_line(r, l, MIDDLE_GAP, ROLE_FORECAST);
    /* The better the forecast, the more of it lies on what came of it: its dots share
     * cells with that, and are seen. Without dots to share, a curve keeps its own. */
    raster_overlay(r, c, plot.col, plot.row, c->charset == CHARSET_BRAILLE);
}

/* Cuts a segment at the last pixel column that is shown. */
static struct line line_of(const struct chart *chart, const struct raster *r,
                           const struct chart_segment *s, double by, double top)
{
    struct line l = {s->from_x, dots_of(r, s->from + by, top), s->to_x,
                     dots_of(r, s->to + by, top)};

    if (chart->is_film && l.x1 > chart->visible && l.x1 > l.x0) {
        double part = fmax(0, (chart->visible - l.x0) / (l.x1 - l.x0));

        l.y1 = l.y0 + (l.y1 - l.y0) * part;
        l.x1 = fmax(l.x0, chart->visible);
    }
    return l;
}

static bool is_shown(const struct chart *chart, const struct chart_segment *s)
{
    return !chart->is_film || s->from_x < chart->visible;
}

void chart_draw_segments(const struct chart *chart, struct canvas *c, struct rect plot,
                         struct raster *r, double top)
{
    if (chart->segment_count == 0)
        return;
    begin(r, c, plot);
    for (size_t i = 0; i < chart->segment_count; i++) {
        const struct chart_segment *s = &chart->segments[i];

        if (!is_shown(chart, s) || !(s->noise > 0))
            continue;
        draw_line(r, line_of(chart, r, s, s->noise, top), SPREAD_GAP, ROLE_DIM);
        draw_line(r, line_of(chart, r, s, -s->noise, top), SPREAD_GAP, ROLE_DIM);
    }
    raster_overlay(r, c, plot.col, plot.row, false);
    begin(r, c, plot);
    for (size_t i = 0; i < chart->segment_count; i++)
        if (is_shown(chart, &chart->segments[i]))
            draw_line(r, line_of(chart, r, &chart->segments[i], 0, top), 1, ROLE_SEGMENT);
    raster_overlay(r, c, plot.col, plot.row, true);
}
