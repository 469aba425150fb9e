#include "parsers/kernel_log_scan.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "model/base/compiler.h"
#include "model/base/slice.h"

#define LANES 16
#define STRIDE (2 * LANES)
#define LOOK_AHEAD 3 /* bytes that the search looks at beyond its place */

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

/* Four bytes of each word pick out so few places that the rest is looked at there. */
static inline bytes_v hits(bytes_v a, const char *p)
{
    bytes_v b = load(p + 1), c = load(p + 2), d = load(p + 3);
    bytes_v oom =
        (bytes_v)(((a | 0x20) == 'o') & ((b | 0x20) == 'o') & ((c | 0x20) == 'm'));
    bytes_v kill = (bytes_v)((a == 'K') & (b == 'i') & (c == 'l') & (d == 'l'));
    bytes_v usage = (bytes_v)((a == 'y') & (b == ':') & (c == ' ') & (d == 'u'));
    bytes_v stats = (bytes_v)((a == 'p') & (b == ' ') & (c == 's') & (d == 't'));
    bytes_v mark = (bytes_v)((a == 'M') & (b == 'a') & (c == 'r') & (d == 'k'));
    bytes_v table = (bytes_v)((a == 'l') & (b == '_') & (c == 'v') & (d == 'm'));

    return oom | kill | usage | stats | mark | table;
}

static bool starts(const char *p, const char *end, struct slice word)
{
    return slice_starts(slice_of(p, (size_t)(end - p)), word);
}

/* "room", "zoom-in" and "Killing" are in every log. */
static bool is_hit(const char *p, const char *end)
{
    static const struct slice words[] = {
        SLICE_INIT("oom-k"),        SLICE_INIT("oomd"),
        SLICE_INIT("oom_r"),        SLICE_INIT("oom.g"),
        SLICE_INIT("OOM"),          SLICE_INIT("Kill process "),
        SLICE_INIT("Killed proc"),  SLICE_INIT("Killed /"),
        SLICE_INIT("y: usage "),    SLICE_INIT("Marked /"),
        SLICE_INIT("p stats for "), SLICE_INIT("l_vm "),
    };

    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (*p == words[i].ptr[0] && starts(p, end, words[i]))
            return true;
    }
    return false;
}

/* Byte by byte up to `stop`; looks further, to `end`. */
static const char *scan_slowly(const char *p, const char *stop, const char *end,
                               uint64_t *newlines)
{
    for (; p < stop; p++) {
        if (*p == '\n')
            ++*newlines;
        else if (memchr("oOKMypl", *p, 7) && is_hit(p, end))
            return p;
    }
    return NULL;
}

const char *klog_scan(const char *p, const char *end, uint64_t *newlines)
{
    const char *found;

    while (end - p > STRIDE + LOOK_AHEAD) {
        bytes_v counts = {0};

        /* A lane counts at most two newlines a turn. */
        for (unsigned turn = 0; turn < 127 && end - p > STRIDE + LOOK_AHEAD;
             turn++, p += STRIDE) {
            bytes_v a = load(p), b = load(p + LANES);

            if (UNLIKELY(any(hits(a, p) | hits(b, p + LANES)))) {
                found = scan_slowly(p, p + STRIDE, end, newlines);
                if (found) {
                    *newlines += sum(counts);
                    return found;
                }
            } else {
                counts -= (bytes_v)(a == '\n') + (bytes_v)(b == '\n');
            }
        }
        *newlines += sum(counts);
    }
    found = scan_slowly(p, end, end, newlines);
    return found ? found : end;
}
