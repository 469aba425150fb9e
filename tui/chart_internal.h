/*
 * What chart.c and chart_head.c share: the figures in a chart's upper frame, and the
 * marks of bars that are higher than its scale.
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

#endif
