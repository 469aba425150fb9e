/*
 * A framed chart: curves over one window of time with a scale, a limit, the playhead,
 * and figures in the frame. A function from plots and a rectangle to cells.
 *
 * Bars that plot_bar_scale leaves out of the scale reach the top and carry a mark there;
 * the greatest value is then told in the frame or, where that is too narrow, beside it.
 *
 * Findings stand in the lower frame, where they hide no curve: a mark where each began
 * and a smaller one where a watcher was told of it. A forecast is drawn as a cone from
 * the playhead to the limit, over what came of it where that is known.
 *
 * What is shown is cut at `visible` pixel columns while a replay plays (the future is
 * not drawn) and dimmed beyond the playhead while it stands.
 */
#ifndef TUI_CHART_H
#define TUI_CHART_H

#include <stdbool.h>
#include <stdint.h>

#include "model/event.h"
#include "model/units.h"
#include "tui/canvas.h"
#include "tui/plot.h"
#include "tui/raster.h"
#include "tui/view.h"

#define CHART_CURVES 4
#define CHART_VALUES 6
#define CHART_VALUE_TEXT 64

/* The narrowest and flattest chart that can be drawn, frame included. */
#define CHART_LEAST_COLS 20
#define CHART_LEAST_ROWS 3

struct chart_curve {
    const struct plot *plot;
    enum role role;
    bool is_dotted; /* its level stretches are drawn with gaps */
};

/* A figure in the frame; the first ones are kept longest where room is short. */
struct chart_value {
    char text[CHART_VALUE_TEXT];
    char brief[CHART_VALUE_TEXT]; /* where that is too long; empty: nothing shorter */
    enum role role;
};

/* Ends of processes that one chart marks; more are a crash loop, where each is visible
 * as a gap. */
#define CHART_ENDS 8

/* A finding: pixel columns, negative or beyond the width where it is not in the window.
 */
struct chart_mark {
    int onset, told;
    enum severity severity;
    const char *label; /* static */
};

/* What a process needs at its next peak, on its way to a limit. Moments in pixel columns,
 * which may lie far outside; high may be INFINITY. */
struct chart_cone {
    bool has;
    double from_x, from; /* as foretold then; `from` is a height */
    double low_x, mid_x, high_x;
    double limit;
};

/* A stretch of the series with one level, slope and spread. */
struct chart_segment {
    double from_x, to_x; /* pixel columns */
    double from, to;     /* heights of its line */
    double noise;        /* standard deviation around it */
};

struct chart {
    const char *title;
    enum unit unit;
    struct chart_curve curves[CHART_CURVES];
    unsigned curve_count; /* drawn in this order, so the last is on top */
    struct chart_value values[CHART_VALUES];
    unsigned value_count;
    int peak_value;  /* which value tells the greatest one; negative: none */
    int peak_column; /* where that is */
    bool is_whole;   /* the scale reaches the greatest value, however lonely it is */
    double limit;    /* NaN = none; drawn where it is within reach of the curves */
    int playhead;    /* pixel column; negative or beyond the width: not in the window */
    int ends[CHART_ENDS]; /* pixel columns at which a process was ended by force */
    unsigned end_count;
    const struct chart_mark *marks;
    size_t mark_count;
    struct chart_cone cone;
    const struct chart_segment *segments;
    size_t segment_count;
    int visible;  /* pixel columns from the left that are drawn */
    bool is_film; /* playing: nothing beyond `visible`, no dimming either */
    const struct view *view;
    int64_t zero_ns; /* what offsets on the time axis count from */
    bool is_focused;
    const char *empty; /* said where there is nothing to draw */
};

/* Pixel columns that a chart of this width has for its curves. */
int chart_width(int cols, enum charset charset);

void chart_draw(const struct chart *chart, struct canvas *c, struct rect area,
                struct raster *scratch);

#endif
