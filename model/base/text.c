#include "model/base/text.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <utf8proc.h>

#include "model/base/mem.h"

/* Accents that one letter may carry. Real writing needs three or four; a tower of
 * hundreds paints over the lines above it. */
#define MARKS_MAX 4

#define ESCAPE_MAX 16

/* Most of what is printed fits, and is formatted once. */
#define PRINTF_ROOM 256

static void reserve(struct text *t, size_t more)
{
    if (more > SIZE_MAX - t->len - 1)
        mem_exhausted();
    t->ptr = mem_grow(t->ptr, &t->capacity, t->len + more + 1, 1);
}

void text_finish(struct text *t)
{
    if (!t)
        return;
    free(t->ptr);
    *t = (struct text){0};
}

void text_clear(struct text *t)
{
    t->len = 0;
    if (t->ptr)
        t->ptr[0] = '\0';
}

void text_put(struct text *t, struct slice s)
{
    reserve(t, s.len);
    if (s.len > 0)
        memcpy(t->ptr + t->len, s.ptr, s.len);
    t->len += s.len;
    t->ptr[t->len] = '\0';
}

void text_put_str(struct text *t, const char *s)
{
    text_put(t, slice_str(s));
}

void text_put_char(struct text *t, char c)
{
    text_put(t, slice_of(&c, 1));
}

void text_repeat(struct text *t, const char *s, size_t times)
{
    struct slice piece = slice_str(s);

    for (size_t i = 0; i < times; i++)
        text_put(t, piece);
}

void text_printf(struct text *t, const char *format, ...)
{
    char room[PRINTF_ROOM];
    va_list args, again;
    int len;

    va_start(args, format);
    va_copy(again, args);
    len = vsnprintf(room, sizeof room, format, args);
    va_end(args);
    assert(len >= 0);
    reserve(t, (size_t)len);
    if ((size_t)len < sizeof room)
        memcpy(t->ptr + t->len, room, (size_t)len + 1);
    else
        (void)vsnprintf(t->ptr + t->len, (size_t)len + 1, format, again);
    va_end(again);
    t->len += (size_t)len;
}

const char *text_str(const struct text *t)
{
    return t->ptr ? t->ptr : "";
}

size_t text_decode(struct slice s, uint32_t *code_point)
{
    utf8proc_int32_t decoded;
    utf8proc_ssize_t len;

    if (s.len == 0)
        return 0;
    len = utf8proc_iterate((const utf8proc_uint8_t *)s.ptr,
                           (utf8proc_ssize_t)(s.len < 4 ? s.len : 4), &decoded);
    if (len <= 0 || decoded < 0)
        return 0;
    *code_point = (uint32_t)decoded;
    return (size_t)len;
}

int text_cells_of(uint32_t code_point)
{
    if (code_point >= 0x20 && code_point < 0x7F)
        return 1;
    return utf8proc_charwidth((utf8proc_int32_t)code_point);
}

int text_cells(const char *s)
{
    struct slice rest = slice_str(s);
    int cells = 0;

    while (rest.len > 0) {
        uint32_t code_point = 0;
        size_t len = text_decode(rest, &code_point);

        /* A byte that is no UTF-8 shows as one replacement character. */
        cells += len ? text_cells_of(code_point) : 1;
        rest = slice_after(rest, len ? len : 1);
    }
    return cells;
}

enum safety { SAFE, SAFE_MARK, UNSAFE };

static enum safety safety_of(uint32_t code_point)
{
    const utf8proc_property_t *property =
        utf8proc_get_property((utf8proc_int32_t)code_point);

    /* Joiners, fillers, variation selectors, tags: nothing to see, yet they change
     * how the text around them is drawn or compared. */
    if (property->ignorable)
        return UNSAFE;
    switch (property->category) {
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
        return UNSAFE;
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ME:
        return SAFE_MARK;
    default:
        return text_cells_of(code_point) > 0 ? SAFE : UNSAFE;
    }
}

/* One step of the gate: what to print for the front of the input. */
struct safe_piece {
    struct slice shown; /* into the input, or into `escape` */
    char escape[ESCAPE_MAX];
    size_t taken; /* bytes of the input */
    int cells;
};

static void piece_escape(struct safe_piece *p, bool is_byte, uint32_t value)
{
    int len = is_byte ? snprintf(p->escape, sizeof p->escape, "\\x%02x", value)
                      : snprintf(p->escape, sizeof p->escape, "\\u{%04x}", value);

    assert(len > 0 && len < ESCAPE_MAX);
    p->shown = slice_of(p->escape, (size_t)len);
    p->cells = len;
}

/* *marks counts the accents since the last letter; a mark with no letter in front
 * would settle on text that is ours. */
static void piece_next(struct safe_piece *p, struct slice rest, unsigned *marks)
{
    uint32_t code_point = 0;
    size_t len = text_decode(rest, &code_point);
    enum safety safety;

    p->taken = len ? len : 1;
    p->shown = slice_first(rest, p->taken);
    p->cells = 1;
    if (len == 1 && code_point >= 0x20 && code_point < 0x7F) {
        *marks = 0;
        return;
    }
    if (len == 1 && code_point == '\t') {
        p->shown = SLICE(" ");
        *marks = 0;
        return;
    }
    safety = len ? safety_of(code_point) : UNSAFE;
    if (safety == SAFE) {
        *marks = 0;
        p->cells = text_cells_of(code_point);
    } else if (safety == SAFE_MARK && *marks < MARKS_MAX) {
        ++*marks;
        p->cells = 0;
    } else {
        *marks = MARKS_MAX;
        if (len > 1)
            piece_escape(p, false, code_point);
        else
            piece_escape(p, true, (unsigned char)rest.ptr[0]);
    }
}

void text_put_safe(struct text *t, struct slice untrusted)
{
    unsigned marks = MARKS_MAX;

    while (untrusted.len > 0) {
        struct safe_piece piece;

        piece_next(&piece, untrusted, &marks);
        text_put(t, piece.shown);
        untrusted = slice_after(untrusted, piece.taken);
    }
}

void text_put_safe_ascii(struct text *t, struct slice untrusted)
{
    unsigned marks = MARKS_MAX;

    while (untrusted.len > 0) {
        struct safe_piece piece;
        uint32_t code_point = 0;

        piece_next(&piece, untrusted, &marks);
        if (text_decode(piece.shown, &code_point) > 1)
            piece_escape(&piece, false, code_point);
        text_put(t, piece.shown);
        untrusted = slice_after(untrusted, piece.taken);
    }
}

void text_put_safe_cells(struct text *t, struct slice untrusted, int cells, bool ascii)
{
    int dots = ascii ? 3 : 1;
    int used = 0;
    size_t cut_len = t->len; /* up to here there is room for the dots */
    unsigned marks = MARKS_MAX;

    if (cells <= 0)
        return;
    if (dots > cells)
        dots = cells;
    while (untrusted.len > 0) {
        struct safe_piece piece;

        piece_next(&piece, untrusted, &marks);
        if (piece.cells > cells - used) {
            t->len = cut_len;
            text_repeat(t, ascii ? "." : "…", ascii ? (size_t)dots : 1);
            return;
        }
        text_put(t, piece.shown);
        used += piece.cells;
        if (used <= cells - dots)
            cut_len = t->len;
        untrusted = slice_after(untrusted, piece.taken);
    }
}
