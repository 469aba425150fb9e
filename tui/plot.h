/*
 * A curve, cut into pixel columns: what a chart draws.
 *
 * Shapes. A column knows the first, last, least and greatest value of its span of
 * time, so that joining the last of one to the first of the next, and drawing from
 * least to greatest inside each, shows every extreme at any zoom. `left` and `right`
 * are the curve's heights at the window's edges, where it comes from and goes to
 * points outside. Where columns have five hundred rows and more, a row within an eighth
 * of a column from the next one may count to that (none is left out), and first and last
 * are where neighbours come nearest to each other.
 *
 * A curve may be made of several columns of several tables: the heap in use rises to
 * each cycle's start, ends it, and falls to what is live, with MemStats samples in
 * between. Their points are taken in the order of time.
 *
 * Lifetime. A plot owns its columns until plot_finish. It borrows nothing.
 */
#ifndef TUI_PLOT_H
#define TUI_PLOT_H

#include <stdbool.h>
#include <stddef.h>

#include "model/session.h"
#include "tui/view.h"

enum plot_kind {
    PLOT_LINE,
    PLOT_STEPS_AFTER,  /* a value holds from its moment on: a sample */
    PLOT_STEPS_BEFORE, /* a value held up to its moment: told at the end of a cycle */
    PLOT_BARS,         /* from zero */
};

struct plot_column {
    bool has;
    bool is_gap; /* not joined to the columns before: another process, or a hole */
    double first, last, min, max;
};

struct plot {
    enum plot_kind kind;
    size_t count, capacity;
    struct plot_column *columns;
    bool has_left, has_right;
    double left, right;
    double max;    /* of all columns and edges; NaN when nothing is there */
    bool is_empty; /* nothing to draw in this window */
};

/* Series whose points make one curve, in the order in which one moment has them. */
#define PLOT_PARTS 4
struct plot_parts {
    struct series series[PLOT_PARTS];
    size_t count;
};

/*
 * The rows where each pixel column begins, for tables that several curves share. Zero-
 * initialise; forget nothing: an entry is found again by all that it depends on.
 */
#define ROWMAPS 8
struct rowmap {
    const struct table *table;
    size_t row_count;
    int64_t origin_ns, from_ns, to_ns;
    int first, count; /* pixel columns [first, first + count) of `width` */
    int width;
    bool is_coarse; /* so many rows a column that the inner bounds are whole blocks */
    size_t *rows;   /* count + 1 */
    size_t capacity;
};
struct rowmaps {
    struct rowmap maps[ROWMAPS];
    unsigned next;
};
void rowmaps_finish(struct rowmaps *m);

/* Starts a plot of `width` empty pixel columns. */
void plot_begin(struct plot *p, enum plot_kind kind, int width);

/*
 * Adds one process's curve. Processes come in the order of time; each after the first
 * begins with a gap.
 */
void plot_add(struct plot *p, const struct plot_parts *parts, const struct view *v,
              struct rowmaps *maps);

/*
 * What the scale of a bar chart has to reach: the greatest column, unless it and at most
 * two in a hundred of the columns (one at least) are more than three times all others.
 * One cycle in which the program started must not flatten an hour of them. NaN when
 * nothing is there.
 */
double plot_bar_scale(const struct plot *p);

/* To be called when all processes are in. */
void plot_end(struct plot *p);

void plot_finish(struct plot *p);

#endif
