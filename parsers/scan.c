#define _GNU_SOURCE /* memrchr */

#include "parsers/scan.h"

#include <stdbool.h>
#include <string.h>

#include "model/base/compiler.h"

#define LANES 16
#define STRIDE (4 * LANES)

/* One SSE2 register on any x86-64, one NEON register on ARM. */
typedef unsigned char bytes_v __attribute__((vector_size(LANES)));
typedef uint64_t words_v __attribute__((vector_size(LANES)));

static inline bytes_v load(const char *p)
{
    bytes_v v;

    memcpy(&v, p, sizeof v);
    return v;
}

static inline bool any(bytes_v v)
{
    words_v w = (words_v)v;

    return (w[0] | w[1]) != 0;
}

static uint64_t sum(bytes_v v)
{
    uint64_t total = 0;

    for (unsigned i = 0; i < LANES; i++)
        total += v[i];
    return total;
}

static bool is_third(char c)
{
    return c == ' ' || (c >= '0' && c <= '9');
}

/* Byte by byte up to `stop`; looks two bytes further. */
static const char *scan_slowly(const char *p, const char *stop, const char *end,
                               uint64_t *newlines)
{
    for (; p < stop; p++) {
        if (*p == '\n')
            ++*newlines;
        else if (*p == 'g' && end - p > 2 && p[1] == 'c' && is_third(p[2]))
            return p;
    }
    return NULL;
}

static inline bytes_v pairs(bytes_v first, const char *p)
{
    return (bytes_v)((first == 'g') & (load(p + 1) == 'c'));
}

const char *scan_gc(const char *p, const char *end, uint64_t *newlines)
{
    const char *found;

    while (end - p > STRIDE) {
        bytes_v counts = {0};

        /* A lane counts at most four newlines a turn. */
        for (unsigned turn = 0; turn < 63 && end - p > STRIDE; turn++, p += STRIDE) {
            bytes_v a = load(p), b = load(p + LANES);
            bytes_v c = load(p + 2 * LANES), d = load(p + 3 * LANES);

            if (UNLIKELY(any(pairs(a, p) | pairs(b, p + LANES) | pairs(c, p + 2 * LANES) |
                             pairs(d, p + 3 * LANES)))) {
                found = scan_slowly(p, p + STRIDE, end, newlines);
                if (found) {
                    *newlines += sum(counts);
                    return found;
                }
            } else {
                counts -= (bytes_v)(a == '\n') + (bytes_v)(b == '\n');
                counts -= (bytes_v)(c == '\n') + (bytes_v)(d == '\n');
            }
        }
        *newlines += sum(counts);
    }
    found = scan_slowly(p, end, end, newlines);
    return found ? found : end;
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
