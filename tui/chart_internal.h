/*
 * What the files that make up a chart share: the figures in its upper frame, the marks of
 * bars that are higher than its scale, the lower frame, and what lies over the curves.
 */
#ifndef TUI_CHART_INTERNAL_H
#define TUI_CHART_INTERNAL_H

#include "tui/chart.h"

/* The title to the left, figures to the right, as many as there is room for. */
void chart_draw_head(const struct chart *chart, struct canvas *c, struct rect area);

/* The same; but the greatest value and its moment are told, beside the bar where the
 * frame is too narrow, or in place of other figures. After chart_draw_marks. */
void chart_draw_head_with_peak(const struct chart *chart, struct canvas *c,
                               struct rect area, struct rect plot);

/* Marks the bars that are higher than `top`; returns whether there are any. */
bool chart_draw_marks(const struct chart *chart, struct canvas *c, struct rect plot,
                      double top);

/* chart_foot.c: offsets of time and marks of findings in the lower frame, at `row`. */
void chart_draw_foot(const struct chart *chart, struct canvas *c, struct rect plot,
                     int row);
void chart_draw_onsets(const struct chart *chart, struct canvas *c, struct rect plot);

/* chart_overlay.c: what is drawn over the curves; `top` is the height of the scale. */
void chart_draw_segments(const struct chart *chart, struct canvas *c, struct rect plot,
                         struct raster *r, double top);
void chart_draw_cone(const struct chart *chart, struct canvas *c, struct rect plot,
                     struct raster *r, double top);

#endif
