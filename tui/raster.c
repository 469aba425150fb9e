#include "tui/raster.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "model/base/mem.h"

int raster_dots_across(enum charset charset)
{
    return charset == CHARSET_BRAILLE ? 2 : 1;
}

static int dots_down(enum charset charset, bool is_bars)
{
    if (charset == CHARSET_BRAILLE)
        return 4;
    if (charset == CHARSET_BLOCK)
        return is_bars ? 8 : 2;
    return 3;
}

void raster_begin(struct raster *r, enum charset charset, bool is_bars, int cols,
                  int rows)
{
    assert(cols > 0 && rows > 0);
    r->charset = charset;
    r->is_bars = is_bars;
    r->cols = cols;
    r->rows = rows;
    r->dot_cols = raster_dots_across(charset);
    r->dot_rows = dots_down(charset, is_bars);
    r->width = cols * r->dot_cols;
    r->height = rows * r->dot_rows;
    r->cells =
        mem_grow(r->cells, &r->capacity, (size_t)cols * (size_t)rows, sizeof *r->cells);
    memset(r->cells, 0, (size_t)cols * (size_t)rows * sizeof *r->cells);
}

void raster_finish(struct raster *r)
{
    free(r->cells);
    *r = (struct raster){0};
}

/* The bit of a dot: braille by the order of Unicode's chart, otherwise the lowest dot
 * is bit 0. */
static uint8_t bit_of(const struct raster *r, int x, int y)
{
    static const uint8_t braille[4][2] = {
        {0x40, 0x80}, {0x04, 0x20}, {0x02, 0x10}, {0x01, 0x08}};

    if (r->charset == CHARSET_BRAILLE)
        return braille[y % 4][x % 2];
    return (uint8_t)(1u << (y % r->dot_rows));
}

void raster_dot(struct raster *r, int x, int y, enum role role)
{
    struct raster_cell *cell;

    if (x < 0 || x >= r->width || y < 0 || y >= r->height)
        return;
    cell = &r->cells[(r->rows - 1 - y / r->dot_rows) * r->cols + x / r->dot_cols];
    cell->dots |= bit_of(r, x, y);
    cell->role = (uint8_t)role;
}

void raster_column(struct raster *r, int x, int y0, int y1, enum role role)
{
    int low = y0 < y1 ? y0 : y1, high = y0 < y1 ? y1 : y0;

    if (low < 0)
        low = 0;
    if (high >= r->height)
        high = r->height - 1;
    for (int y = low; y <= high; y++)
        raster_dot(r, x, y, role);
}

/* Without finer dots and often without colour, curves that lie on one another are told
 * apart by their characters. */
static uint32_t ascii_point(uint8_t dots, enum role role, bool is_bars)
{
    static const char line[8] = {' ', '_', '-', '|', '"', '|', '|', '|'};
    static const char bar[8] = {' ', '.', '-', ':', '"', '|', '|', '#'};

    if (role == ROLE_LIVE)
        return '*';
    if (role == ROLE_GOAL)
        return '=';
    if (role == ROLE_FORECAST || role == ROLE_DIM)
        return '.';
    if (role == ROLE_SEGMENT)
        return '%';
    return (uint32_t)(unsigned char)(is_bars ? bar : line)[dots & 7];
}

static uint32_t block_point(uint8_t dots, bool is_bars)
{
    static const uint32_t halves[4] = {' ', 0x2584, 0x2580, 0x2588};
    uint32_t height = 0;

    if (!is_bars)
        return halves[dots & 3];
    /* Bars stand on the ground, so the highest dot says it all. */
    for (uint32_t bit = 0; bit < 8; bit++)
        if (dots >> bit & 1)
            height = bit + 1;
    return height ? 0x2580 + height : ' ';
}

static uint32_t point_of(const struct raster *r, const struct raster_cell *cell)
{
    uint8_t dots = cell->dots;

    if (r->charset == CHARSET_BRAILLE)
        return 0x2800u + dots;
    if (r->charset == CHARSET_BLOCK)
        return block_point(dots, r->is_bars);
    return ascii_point(dots, (enum role)cell->role, r->is_bars);
}

void raster_paint(const struct raster *r, struct canvas *c, int col, int row,
                  int dim_from)
{
    for (int y = 0; y < r->rows; y++) {
        for (int x = 0; x < r->cols; x++) {
            const struct raster_cell *cell = &r->cells[y * r->cols + x];

            if (cell->dots)
                (void)canvas_put_point(c, col + x, row + y, (enum role)cell->role,
                                       x >= dim_from ? ATTR_DIM : 0, point_of(r, cell));
        }
    }
}

/* Background that dots may take the place of: blanks, and the lines of limits and of
 * moments. */
static bool is_ground(uint32_t point)
{
    return point == ' ' || point == 0x254c || point == 0x250a || point == 0x254e;
}

void raster_overlay(const struct raster *r, struct canvas *c, int col, int row,
                    bool takes_colour)
{
    for (int y = 0; y < r->rows; y++) {
        for (int x = 0; x < r->cols; x++) {
            const struct raster_cell *cell = &r->cells[y * r->cols + x];
            struct cell *there = canvas_cell(c, col + x, row + y);

            if (!cell->dots || !there)
                continue;
            if (is_ground(there->base)) {
                (void)canvas_put_point(c, col + x, row + y, (enum role)cell->role, 0,
                                       point_of(r, cell));
                continue;
            }
            if (there->base >= 0x2800 && there->base <= 0x28ff)
                there->base |= cell->dots;
            else if (takes_colour)
                there->base = point_of(r, cell);
            if (takes_colour) {
                there->role = cell->role;
                there->attrs = 0;
            }
        }
    }
}
