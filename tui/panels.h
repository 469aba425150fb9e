/*
 * The charts that exist: what each plots, in which colours, and the figures it shows.
 * A table; the overview decides which of them it has room for.
 */
#ifndef TUI_PANELS_H
#define TUI_PANELS_H

#include <stdbool.h>
#include <stdint.h>

#include "model/session.h"
#include "tui/chart.h"
#include "tui/lane.h"
#include "tui/plot.h"
#include "tui/segments.h"

enum panel_id {
    PANEL_HEAP,
    PANEL_ASSIST,
    PANEL_PAUSE,
    PANEL_SHARE,
    PANEL_ALLOC,
    PANEL_RSS,
    PANEL_OBJECTS,
    PANEL_GOROUTINES,
    PANEL_INTERVAL,
    PANEL_COUNT,
};

/* The plots of one panel, kept from frame to frame. Zero-initialise. */
struct panel {
    struct plot plots[CHART_CURVES];
    /* What the plots were made from. */
    uint64_t revision;
    const struct process *lane_head;
    int64_t from_ns, to_ns;
    int width;
};

const char *panel_title(enum panel_id id);

enum role panel_role(enum panel_id id);

/* Its first figure at a moment, without a label: false where there is none. */
bool panel_figure(enum panel_id id, const struct session *s, const struct lane *lane,
                  int64_t time_ns, bool is_ascii, char out[CHART_VALUE_TEXT]);

/* The process has something for the panel to show. */
bool panel_has_data(enum panel_id id, const struct session *s, const struct process *p);

/* panel_series.c: the chart that a finding belongs to, whether or not it has data. */
enum panel_id panel_of_metric(uint32_t metric);
enum panel_id panel_of_event(const struct event *e);
/* The series that stands for the panel: the one whose segments are told. */
bool panel_main_series(enum panel_id id, const struct session *s, const struct process *p,
                       struct series *out);

/*
 * Fills a chart: curves (made anew where the window, the width or the session changed)
 * and figures for the playhead. The chart borrows the panel's plots.
 */
struct panel_scene {
    const struct session *session;
    const struct lane *lane;
    const struct view *view;
    struct rowmaps *rowmaps;
    int64_t position_ns;
    int width; /* pixel columns */
    bool is_ascii;
    const struct forecast *forecast; /* of this panel at the playhead; NULL */
    const struct segment *segment;   /* … of its series; NULL: none is asked for */
};
void panel_fill(enum panel_id id, struct panel *panel, const struct panel_scene *scene,
                struct chart *chart);
void panel_finish(struct panel *panel);

/* The greatest heap that the process had in use up to a moment; false where none is
 * known. */
bool panel_heap_peak(const struct session *s, struct process *p, int64_t time_ns,
                     double *value);

#endif
