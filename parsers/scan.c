#define _GNU_SOURCE /* memrchr */

#include "parsers/scan.h"

#include <string.h>

#include "model/base/compiler.h"
#include "model/base/slice.h"
#include "parsers/scan_lanes.h"
#include "parsers/scan_pairs.h"

#define STRIDE (4 * SCAN_LANES)
#define INIT_WORD_MAX 200 /* a package's path */

/* A mark's bytes, and how far into it the pair is that tells it. */
static const struct {
    struct slice text;
    size_t into;
} marks[] = {
    [SCAN_GC_FORCED] = {SLICE_INIT("GC forced"), 0},
    [SCAN_SCHED] = {SLICE_INIT("SCHED "), 0},
    [SCAN_SCAV] = {SLICE_INIT("scav "), 3},
    [SCAN_SCVG] = {SLICE_INIT("scvg"), 2},
    [SCAN_FINALIZERS] = {SLICE_INIT("checkfinalizers: "), 4},
    [SCAN_SCAN] = {SLICE_INIT("scan: total "), 3},
    [SCAN_PACER] = {SLICE_INIT("pacer: "), 4},
    [SCAN_FATAL_ERROR] = {SLICE_INIT("fatal error: "), 10},
    [SCAN_PANIC] = {SLICE_INIT("panic: "), 4},
    [SCAN_RUNTIME] = {SLICE_INIT("runtime: "), 6},
};

static bool is_third(char c)
{
    return c == ' ' || (c >= '0' && c <= '9');
}

/* "init PKG @": from the blank before the "@" back to its front. */
static const char *init_around(const char *lower, const char *p, enum scan_mark *mark)
{
    const char *word = p;

    while (word > lower && p - word < INIT_WORD_MAX && word[-1] > ' ')
        word--;
    if (word == p || word - lower < 5 || memcmp(word - 5, "init ", 5) != 0)
        return NULL;
    *mark = SCAN_INIT;
    return word - 5;
}

/* Of all the pairs that are no mark's most fail at the byte in front of them. */
static inline bool is_around(const char *lower, const char *p, const char *end,
                             enum scan_mark mark)
{
    struct slice text = marks[mark].text;
    size_t into = marks[mark].into;

    return (size_t)(p - lower) >= into && (size_t)(end - p) >= text.len - into &&
           (into == 0 || p[-1] == text.ptr[into - 1]) &&
           memcmp(p - into, text.ptr, text.len) == 0;
}

/* The mark that a pair with this first byte may be in; "r:" may be in two. */
static enum scan_mark mark_of(const char *lower, const char *p)
{
    switch (*p) {
    case 'G':
        return SCAN_GC_FORCED;
    case 'S':
        return SCAN_SCHED;
    case 'v':
        return p[1] == ' ' ? SCAN_SCAV : SCAN_SCVG;
    case 'k':
        return SCAN_FINALIZERS;
    case 'n':
        return SCAN_SCAN;
    case 'r':
        return p > lower && p[-1] == 'e' ? SCAN_PACER : SCAN_FATAL_ERROR;
    case 'c':
        return SCAN_PANIC;
    case 'e':
        return SCAN_RUNTIME;
    default:
        return SCAN_NONE;
    }
}

const char *scan_mark_around(const char *lower, const char *p, const char *end,
                             enum scan_mark *mark)
{
    if (*p == 'g') {
        *mark = SCAN_GC;
        return end - p > 2 && p[1] == 'c' && is_third(p[2]) ? p : NULL;
    }
    if (*p == ' ')
        return p[1] == '@' ? init_around(lower, p, mark) : NULL;
    *mark = mark_of(lower, p);
    if (*mark == SCAN_NONE || !is_around(lower, p, end, *mark))
        return NULL;
    return p - marks[*mark].into;
}

const char *scan_pairs_slowly(const char *lower, const char *p, const char *stop,
                              const char *end, uint64_t *newlines, enum scan_mark *mark)
{
    for (; p < stop; p++) {
        const char *found;

        if (*p == '\n')
            ++*newlines;
        else if (end - p > 1 && (found = scan_mark_around(lower, p, end, mark)))
            return found;
    }
    return NULL;
}

static inline scan_bytes pairs(scan_bytes a, const char *p)
{
    scan_bytes b = scan_load(p + 1);

    return (
        scan_bytes)(((a == 'g') & (b == 'c')) |
                    (((a == 'r') | (a == 'c') | (a == 'e') | (a == 'n')) & (b == ':')) |
                    ((a == 'v') & ((b == ' ') | (b == 'g'))) |
                    (((a == 'G') | (a == 'S')) & (b == 'C')) | ((a == ' ') & (b == '@')) |
                    ((a == 'k') & (b == 'f')));
}

const char *scan_mark_plain(const char *p, const char *end, uint64_t *newlines,
                            enum scan_mark *mark)
{
    const char *lower = p, *found;

    while (end - p > STRIDE) {
        scan_bytes counts = {0};

        /* A lane counts at most four newlines a turn. */
        for (unsigned turn = 0; turn < 63 && end - p > STRIDE; turn++, p += STRIDE) {
            scan_bytes a = scan_load(p), b = scan_load(p + SCAN_LANES);
            scan_bytes c = scan_load(p + 2 * SCAN_LANES),
                       d = scan_load(p + 3 * SCAN_LANES);

            if (UNLIKELY(scan_any(pairs(a, p) | pairs(b, p + SCAN_LANES) |
                                  pairs(c, p + 2 * SCAN_LANES) |
                                  pairs(d, p + 3 * SCAN_LANES)))) {
                found = scan_pairs_slowly(lower, p, p + STRIDE, end, newlines, mark);
                if (found) {
                    *newlines += scan_sum(counts);
                    return found;
                }
            } else {
                counts -= (scan_bytes)(a == '\n') + (scan_bytes)(b == '\n');
                counts -= (scan_bytes)(c == '\n') + (scan_bytes)(d == '\n');
            }
        }
        *newlines += scan_sum(counts);
    }
    found = scan_pairs_slowly(lower, p, end, end, newlines, mark);
    if (found)
        return found;
    *mark = SCAN_NONE;
    return end;
}

const char *scan_mark(const char *p, const char *end, uint64_t *newlines,
                      enum scan_mark *mark)
{
    return scan_has_avx2() ? scan_mark_avx2(p, end, newlines, mark)
                           : scan_mark_plain(p, end, newlines, mark);
}

const char *scan_line_start(const char *from, const char *at)
{
    const char *newline = at > from ? memrchr(from, '\n', (size_t)(at - from)) : NULL;

    return newline ? newline + 1 : from;
}

const char *scan_line_end(const char *p, const char *end)
{
    const char *newline = p < end ? memchr(p, '\n', (size_t)(end - p)) : NULL;

    return newline ? newline : end;
}
