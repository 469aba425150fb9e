/*
 * A grid of cells in memory. Widgets paint it; term.c copies it to the terminal and
 * canvas_to_text to a file.
 *
 * Shapes. A cell holds one grapheme: a code point and at most one mark that combines
 * with it (further marks are dropped). A wide code point takes two cells, the second
 * with width 0. What falls outside the clip is dropped, so no caller checks bounds.
 *
 * Characters. In an ASCII canvas every code point beyond ASCII is replaced where it is
 * put, by its nearest likeness ("─" by "-", "·" by "|") or by "?".
 *
 * Lifetime. The canvas owns its cells; they live until canvas_resize or canvas_finish.
 */
#ifndef TUI_CANVAS_H
#define TUI_CANVAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/base/compiler.h"
#include "model/base/text.h"
#include "tui/theme.h"

enum charset { CHARSET_ASCII, CHARSET_BLOCK, CHARSET_BRAILLE };

/* What HEAPREEL_CHARS asks for (braille, block, ascii); else braille where the output
 * is UTF-8, and ASCII where it is not. */
enum charset charset_of_environment(bool is_utf8);

struct rect {
    int col, row, cols, rows;
};

struct cell {
    uint32_t base;
    uint32_t mark; /* 0 = none */
    uint8_t role;
    uint8_t attrs;
    uint8_t width; /* 1, 2, or 0 for the right half of a wide one */
};

/* Zero-initialise, then canvas_resize. */
struct canvas {
    int cols, rows;
    enum charset charset;
    struct rect clip;
    struct cell *cells;
    size_t capacity;
};

#define CANVAS_MAX_COLS 1000
#define CANVAS_MAX_ROWS 1000

/* Blank afterwards; sizes are held within 1 and the maximum. */
void canvas_resize(struct canvas *c, int cols, int rows);
void canvas_clear(struct canvas *c);
void canvas_finish(struct canvas *c);

/* The cell at a place; NULL outside the clip. */
struct cell *canvas_cell(struct canvas *c, int col, int row);

/* One code point; returns the cells it takes. */
int canvas_put_point(struct canvas *c, int col, int row, enum role role, unsigned attrs,
                     uint32_t point);

/* UTF-8 that was sanitised before (or is our own); returns the column after it. */
int canvas_put(struct canvas *c, int col, int row, enum role role, unsigned attrs,
               const char *text);
int canvas_putf(struct canvas *c, int col, int row, enum role role, unsigned attrs,
                const char *format, ...) PRINTF_LIKE(6, 7);

void canvas_fill(struct canvas *c, struct rect area, enum role role, unsigned attrs,
                 uint32_t point);

/* A frame with round corners along the inside of the area's edge. */
void canvas_box(struct canvas *c, struct rect area, enum role role, unsigned attrs);

/* The area less `by` cells on every side; never negative. */
struct rect rect_inset(struct rect area, int by);

/*
 * The canvas as lines of text without trailing blanks. With a theme, with the escape
 * sequences of ECMA-48 for its colours; NULL: without any.
 */
void canvas_to_text(const struct canvas *c, const struct theme *theme, struct text *out);

#endif
