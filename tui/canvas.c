#include "tui/canvas.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/base/mem.h"

#define FIRST_BRAILLE 0x2800u
#define LAST_BRAILLE 0x28ffu

enum charset charset_of_environment(bool is_utf8)
{
    const char *wish = getenv("HEAPREEL_CHARS");

    if (wish && strcmp(wish, "braille") == 0)
        return CHARSET_BRAILLE;
    if (wish && strcmp(wish, "block") == 0)
        return CHARSET_BLOCK;
    if (wish && strcmp(wish, "ascii") == 0)
        return CHARSET_ASCII;
    return is_utf8 ? CHARSET_BRAILLE : CHARSET_ASCII;
}

static int held(int value, int least, int most)
{
    if (value < least)
        return least;
    return value > most ? most : value;
}

void canvas_resize(struct canvas *c, int cols, int rows)
{
    c->cols = held(cols, 1, CANVAS_MAX_COLS);
    c->rows = held(rows, 1, CANVAS_MAX_ROWS);
    c->cells = mem_grow(c->cells, &c->capacity, (size_t)c->cols * (size_t)c->rows,
                        sizeof *c->cells);
    canvas_clear(c);
}

void canvas_clear(struct canvas *c)
{
    size_t count = (size_t)c->cols * (size_t)c->rows;

    for (size_t i = 0; i < count; i++)
        c->cells[i] = (struct cell){.base = ' ', .role = ROLE_TEXT, .width = 1};
    c->clip = (struct rect){0, 0, c->cols, c->rows};
}

void canvas_finish(struct canvas *c)
{
    free(c->cells);
    *c = (struct canvas){0};
}

struct cell *canvas_cell(struct canvas *c, int col, int row)
{
    const struct rect *clip = &c->clip;

    if (col < clip->col || col >= clip->col + clip->cols || row < clip->row ||
        row >= clip->row + clip->rows || col < 0 || row < 0 || col >= c->cols ||
        row >= c->rows)
        return NULL;
    return &c->cells[(size_t)row * (size_t)c->cols + (size_t)col];
}

/* What stands for a code point where there is only ASCII. */
static const struct likeness {
    uint32_t point;
    char ascii;
} likenesses[] = {
    {0x2500, '-'}, {0x2502, '|'}, {0x254e, ':'}, {0x00d7, 'x'}, {0x256d, '+'},
    {0x256e, '+'}, {0x256f, '+'}, {0x2570, '+'}, {0x253c, '+'}, {0x2524, '+'},
    {0x251c, '+'}, {0x2534, '+'}, {0x252c, '|'}, {0x254c, '-'}, {0x00b7, '|'},
    {0x2013, '-'}, {0x00d7, 'x'}, {0x25b2, '^'}, {0x25b6, '>'}, {0x25aa, '='},
    {0x2026, '~'}, {0x2192, '>'}, {0x2190, '<'}, {0x2588, '#'}, {0x2591, '.'},
    {0x25a0, '*'}, {0x00b5, 'u'}, {0x03bc, 'u'}, {0x00b1, '~'}, {0x2016, '='},
    {0x25cf, '*'}, {0x2191, '^'}, {0x2193, 'v'}, {0x25b4, '^'}, {0x25b5, '\''},
    {0x25b8, '>'}, {0x2514, '+'}, {0x250a, ':'}, {0x2713, '*'},
};

static uint32_t ascii_likeness(uint32_t point)
{
    if (point < 0x7f)
        return point;
    for (size_t i = 0; i < COUNT_OF(likenesses); i++)
        if (likenesses[i].point == point)
            return (uint32_t)(unsigned char)likenesses[i].ascii;
    return '?';
}

/* A cell that is written over may be half of a wide one; the other half goes too. */
static void forget_halves(struct canvas *c, int col, int row)
{
    struct cell *cell = canvas_cell(c, col, row), *other = NULL;

    if (cell && cell->width == 0)
        other = canvas_cell(c, col - 1, row);
    else if (cell && cell->width == 2)
        other = canvas_cell(c, col + 1, row);
    if (other) {
        other->base = ' ';
        other->mark = 0;
        other->width = 1;
    }
}

static int width_of(uint32_t point)
{
    /* Most of what is put: no table look-up for it. */
    if (point < 0x7f || (point >= FIRST_BRAILLE && point <= LAST_BRAILLE))
        return 1;
    return text_cells_of(point);
}

int canvas_put_point(struct canvas *c, int col, int row, enum role role, unsigned attrs,
                     uint32_t point)
{
    int width = width_of(point);
    struct cell *cell = canvas_cell(c, col, row);

    if (width == 0) {
        struct cell *before = canvas_cell(c, col - 1, row);

        if (before && before->width == 0)
            before = canvas_cell(c, col - 2, row);
        if (before && before->mark == 0 && c->charset != CHARSET_ASCII)
            before->mark = point;
        return 0;
    }
    if (c->charset == CHARSET_ASCII)
        point = ascii_likeness(point);
    if (cell) {
        forget_halves(c, col, row);
        *cell = (struct cell){point, 0, (uint8_t)role, (uint8_t)attrs, (uint8_t)width};
    }
    if (width == 2) {
        struct cell *right = canvas_cell(c, col + 1, row);

        if (right && cell) {
            forget_halves(c, col + 1, row);
            *right = (struct cell){' ', 0, (uint8_t)role, (uint8_t)attrs, 0};
            if (point < 0x80) /* its likeness is narrow */
                cell->width = right->width = 1;
        } else if (cell) {
            *cell = (struct cell){' ', 0, (uint8_t)role, (uint8_t)attrs, 1};
        }
    }
    return width;
}

int canvas_put(struct canvas *c, int col, int row, enum role role, unsigned attrs,
               const char *text)
{
    struct slice rest = slice_str(text);

    while (rest.len > 0) {
        uint32_t point = '?';
        size_t bytes = text_decode(rest, &point);

        col += canvas_put_point(c, col, row, role, attrs, point);
        rest = slice_after(rest, bytes ? bytes : 1);
    }
    return col;
}

int canvas_putf(struct canvas *c, int col, int row, enum role role, unsigned attrs,
                const char *format, ...)
{
    char line[512];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(line, sizeof line, format, args);
    va_end(args);
    return canvas_put(c, col, row, role, attrs, line);
}

void canvas_fill(struct canvas *c, struct rect area, enum role role, unsigned attrs,
                 uint32_t point)
{
    for (int row = area.row; row < area.row + area.rows; row++)
        for (int col = area.col; col < area.col + area.cols; col++)
            (void)canvas_put_point(c, col, row, role, attrs, point);
}

void canvas_box(struct canvas *c, struct rect area, enum role role, unsigned attrs)
{
    int right = area.col + area.cols - 1, bottom = area.row + area.rows - 1;

    if (area.cols < 2 || area.rows < 2)
        return;
    for (int col = area.col + 1; col < right; col++) {
        (void)canvas_put_point(c, col, area.row, role, attrs, 0x2500);
        (void)canvas_put_point(c, col, bottom, role, attrs, 0x2500);
    }
    for (int row = area.row + 1; row < bottom; row++) {
        (void)canvas_put_point(c, area.col, row, role, attrs, 0x2502);
        (void)canvas_put_point(c, right, row, role, attrs, 0x2502);
    }
    (void)canvas_put_point(c, area.col, area.row, role, attrs, 0x256d);
    (void)canvas_put_point(c, right, area.row, role, attrs, 0x256e);
    (void)canvas_put_point(c, area.col, bottom, role, attrs, 0x2570);
    (void)canvas_put_point(c, right, bottom, role, attrs, 0x256f);
}

struct rect rect_inset(struct rect area, int by)
{
    struct rect in = {area.col + by, area.row + by, area.cols - 2 * by,
                      area.rows - 2 * by};

    if (in.cols < 0)
        in.cols = 0;
    if (in.rows < 0)
        in.rows = 0;
    return in;
}

static void put_utf8(struct text *out, uint32_t point)
{
    if (point < 0x80) {
        text_put_char(out, (char)point);
    } else if (point < 0x800) {
        text_put_char(out, (char)(0xc0 | (point >> 6)));
        text_put_char(out, (char)(0x80 | (point & 0x3f)));
    } else if (point < 0x10000) {
        text_put_char(out, (char)(0xe0 | (point >> 12)));
        text_put_char(out, (char)(0x80 | ((point >> 6) & 0x3f)));
        text_put_char(out, (char)(0x80 | (point & 0x3f)));
    } else {
        text_put_char(out, (char)(0xf0 | (point >> 18)));
        text_put_char(out, (char)(0x80 | ((point >> 12) & 0x3f)));
        text_put_char(out, (char)(0x80 | ((point >> 6) & 0x3f)));
        text_put_char(out, (char)(0x80 | (point & 0x3f)));
    }
}

static bool is_blank(const struct cell *cell)
{
    return cell->base == ' ' && cell->mark == 0 && cell->width == 1 &&
           (cell->attrs & (ATTR_REVERSE | ATTR_UNDERLINE)) == 0;
}

static void put_colour(struct text *out, enum depth depth, int32_t colour)
{
    if (colour == STYLE_DEFAULT)
        return;
    if (depth == DEPTH_RGB)
        text_printf(out, ";38;2;%d;%d;%d", (int)(colour >> 16 & 0xff),
                    (int)(colour >> 8 & 0xff), (int)(colour & 0xff));
    else if (depth == DEPTH_256)
        text_printf(out, ";38;5;%d", (int)colour);
    else if (colour >= 8)
        text_printf(out, ";%d", (int)(90 + colour - 8));
    else
        text_printf(out, ";%d", (int)(30 + colour));
}

static void put_style(struct text *out, const struct theme *theme,
                      const struct cell *cell)
{
    struct style style = theme_style(theme, (enum role)cell->role);
    unsigned attrs = style.attrs | cell->attrs;

    text_put_str(out, "\033[0");
    if (attrs & ATTR_BOLD)
        text_put_str(out, ";1");
    if (attrs & ATTR_DIM)
        text_put_str(out, ";2");
    if (attrs & ATTR_UNDERLINE)
        text_put_str(out, ";4");
    if (attrs & ATTR_REVERSE)
        text_put_str(out, ";7");
    put_colour(out, theme->depth, style.colour);
    text_put_char(out, 'm');
}

static void put_row(const struct canvas *c, const struct cell *cells,
                    const struct theme *theme, struct text *out)
{
    int end = c->cols;
    const struct cell *style = NULL;

    while (end > 0 && is_blank(&cells[end - 1]))
        end--;
    for (int col = 0; col < end; col++) {
        const struct cell *cell = &cells[col];

        if (cell->width == 0)
            continue;
        if (theme && !is_blank(cell) &&
            (!style || style->role != cell->role || style->attrs != cell->attrs)) {
            put_style(out, theme, cell);
            style = cell;
        }
        /* A blank in an underlined or reversed run would carry the run's look. */
        if (theme && is_blank(cell) && style &&
            style->attrs & (ATTR_REVERSE | ATTR_UNDERLINE)) {
            text_put_str(out, "\033[0m");
            style = NULL;
        }
        put_utf8(out, cell->base);
        if (cell->mark)
            put_utf8(out, cell->mark);
    }
    if (style)
        text_put_str(out, "\033[0m");
    text_put_char(out, '\n');
}

void canvas_to_text(const struct canvas *c, const struct theme *theme, struct text *out)
{
    for (int row = 0; row < c->rows; row++)
        put_row(c, &c->cells[(size_t)row * (size_t)c->cols], theme, out);
}
