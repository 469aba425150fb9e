#include "cli/suggest.h"

#include <string.h>

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

unsigned suggest_distance(struct slice a, struct slice b)
{
    unsigned rows[3][SUGGEST_WORD_MAX + 1];
    unsigned *before = rows[0], *last = rows[1], *now = rows[2];

    if (a.len > SUGGEST_WORD_MAX || b.len > SUGGEST_WORD_MAX)
        return SUGGEST_WORD_MAX;
    for (size_t j = 0; j <= b.len; j++)
        before[j] = last[j] = (unsigned)j;
    for (size_t i = 1; i <= a.len; i++) {
        unsigned *spare = before;

        now[0] = (unsigned)i;
        for (size_t j = 1; j <= b.len; j++) {
            bool same = a.ptr[i - 1] == b.ptr[j - 1];

            now[j] = least(least(now[j - 1], last[j]) + 1, last[j - 1] + !same);
            if (i > 1 && j > 1 && a.ptr[i - 1] == b.ptr[j - 2] &&
                a.ptr[i - 2] == b.ptr[j - 1])
                now[j] = least(now[j], before[j - 2] + 1);
        }
        before = last;
        last = now;
        now = spare;
    }
    return last[b.len];
}

bool suggest_is_near(struct slice typed, struct slice known, unsigned *distance)
{
    unsigned found = suggest_distance(typed, known);

    /* A third of the letters may be wrong: of a short word one, never all. */
    if (typed.len < 2 || found > 1 + (unsigned)(known.len / 4))
        return false;
    *distance = found;
    return true;
}

static size_t length_of(struct slice s, const char *chars)
{
    size_t len = 0;

    while (len < s.len && s.ptr[len] != '\0' && strchr(chars, s.ptr[len]))
        len++;
    return len;
}

#define DIGITS "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

bool suggest_is_address(struct slice typed)
{
    const bool is_bracketed = slice_starts(typed, SLICE("["));
    size_t host =
        length_of(typed, is_bracketed ? "[:.%" DIGITS LETTERS : "-." DIGITS LETTERS);
    struct slice port = slice_after(typed, host);
    size_t digits;

    if (is_bracketed && slice_starts(port, SLICE("]")))
        port = slice_after(port, 1);
    if (host == 0 || !slice_starts(port, SLICE(":")))
        return false;
    port = slice_after(port, 1);
    digits = length_of(port, DIGITS);
    return digits > 0 && digits <= 5 && (digits == port.len || port.ptr[digits] == '/');
}

bool suggest_has_scheme(struct slice typed)
{
    size_t scheme = length_of(typed, "+-." DIGITS LETTERS);

    return scheme > 0 && slice_starts(slice_after(typed, scheme), SLICE("://"));
}
