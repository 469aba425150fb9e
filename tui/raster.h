/*
 * Dots finer than cells: the drawing surface of a chart.
 *
 * A cell holds 2 by 4 dots in braille; 1 by 2 (half blocks) for lines and 1 by 8
 * (eighths) for bars in block characters; 1 by 3 in ASCII. A cell has one colour: that
 * of what was drawn on it last.
 */
#ifndef TUI_RASTER_H
#define TUI_RASTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tui/canvas.h"

struct raster_cell {
    uint8_t dots;
    uint8_t role;
};

/* Zero-initialise; one raster serves many charts in turn. */
struct raster {
    enum charset charset;
    bool is_bars;
    int cols, rows;         /* cells */
    int dot_cols, dot_rows; /* dots a cell */
    int width, height;      /* dots */
    struct raster_cell *cells;
    size_t capacity;
};

void raster_begin(struct raster *r, enum charset charset, bool is_bars, int cols,
                  int rows);
void raster_finish(struct raster *r);

/* Dots a cell in a row of dots, which a plot's width is counted in. */
int raster_dots_across(enum charset charset);

/* y counts from the bottom. Outside the raster: nothing. */
void raster_dot(struct raster *r, int x, int y, enum role role);
/* All dots from y0 to y1, both included, in either order. */
void raster_column(struct raster *r, int x, int y0, int y1, enum role role);

/* Copies cells that have dots; those from column `dim_from` on with ATTR_DIM. */
void raster_paint(const struct raster *r, struct canvas *c, int col, int row,
                  int dim_from);

/*
 * Copies onto what is there without hiding it: dots join the dots of a curve, other
 * characters stay. `takes_colour`: cells that are shared take this raster's colour.
 */
void raster_overlay(const struct raster *r, struct canvas *c, int col, int row,
                    bool takes_colour);

#endif
