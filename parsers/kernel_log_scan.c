#include "parsers/kernel_log_scan.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "model/base/compiler.h"
#include "model/base/slice.h"
#include "parsers/scan_lanes.h"

#define STRIDE (2 * SCAN_LANES)
#define LOOK_AHEAD 3 /* bytes that the search looks at beyond its place */

/* Four bytes of each word pick out so few places that the rest is looked at there. */
static inline scan_bytes hits(scan_bytes a, const char *p)
{
    scan_bytes b = scan_load(p + 1), c = scan_load(p + 2), d = scan_load(p + 3);
    scan_bytes oom =
        (scan_bytes)(((a | 0x20) == 'o') & ((b | 0x20) == 'o') & ((c | 0x20) == 'm'));
    scan_bytes kill = (scan_bytes)((a == 'K') & (b == 'i') & (c == 'l') & (d == 'l'));
    scan_bytes usage = (scan_bytes)((a == 'y') & (b == ':') & (c == ' ') & (d == 'u'));
    scan_bytes stats = (scan_bytes)((a == 'p') & (b == ' ') & (c == 's') & (d == 't'));
    scan_bytes mark = (scan_bytes)((a == 'M') & (b == 'a') & (c == 'r') & (d == 'k'));
    scan_bytes table = (scan_bytes)((a == 'l') & (b == '_') & (c == 'v') & (d == 'm'));

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
        scan_bytes counts = {0};

        /* A lane counts at most two newlines a turn. */
        for (unsigned turn = 0; turn < 127 && end - p > STRIDE + LOOK_AHEAD;
             turn++, p += STRIDE) {
            scan_bytes a = scan_load(p), b = scan_load(p + SCAN_LANES);

            if (UNLIKELY(scan_any(hits(a, p) | hits(b, p + SCAN_LANES)))) {
                found = scan_slowly(p, p + STRIDE, end, newlines);
                if (found) {
                    *newlines += scan_sum(counts);
                    return found;
                }
            } else {
                counts -= (scan_bytes)(a == '\n') + (scan_bytes)(b == '\n');
            }
        }
        *newlines += scan_sum(counts);
    }
    found = scan_slowly(p, end, end, newlines);
    return found ? found : end;
}
