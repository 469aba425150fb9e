/*
 * Quantities as people write and read them. Inside, memory is bytes and time is
 * nanoseconds; only this module, parsers, screens and reports know MiB and ms.
 */
#ifndef MODEL_UNITS_H
#define MODEL_UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/base/compiler.h"
#include "model/base/slice.h"

#define NS_PER_US INT64_C(1000)
#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S INT64_C(1000000000)
#define MIB_BYTES (UINT64_C(1) << 20)

enum unit {
    UNIT_BYTES,
    UNIT_BYTES_PER_S,
    UNIT_NS,
    UNIT_UNIX_NS, /* a moment: ns since 1970 */
    UNIT_RATIO,   /* 0..1, shown in per cent */
    UNIT_OBJECTS,
    UNIT_CYCLES,
    UNIT_COUNT,
    UNIT_NONE, /* whatever the input meant */
    UNIT_KINDS,
};

/* "bytes", "bytes/s", "ns", "ns since 1970", "ratio", "objects", "cycles", "count", "".
 */
const char *unit_name(enum unit unit);

#define UNIT_TEXT 32

/*
 * Three significant digits with the unit's own prefix: "177 MiB", "12.4 MiB/s",
 * "0.11 ms", "2.1 %", "1.20 M". A moment is its UTC date and time to the second,
 * "2026-11-21 01:37:31Z". NaN prints as "–" (`ascii`: "-"). Returns out.
 */
const char *unit_format(char out[UNIT_TEXT], double value, enum unit unit, bool ascii);

/* For axis labels, without needless zeros: "320M", "1.5G", "0.5ms", "4%", "0"; of a
 * moment the date alone. */
const char *unit_format_short(char out[UNIT_TEXT], double value, enum unit unit);

/* "+0:27.40", "+1:02:10.000", "+3d04:05:06": an offset, `decimals` 0..9. */
const char *unit_format_offset(char out[UNIT_TEXT], int64_t ns, int decimals);

/* "31.9 s", "2m10s", "3h05m", "250 ms": a length of time. */
const char *unit_format_duration(char out[UNIT_TEXT], int64_t ns);

/* SIZE of the command line: "512MiB", "2G", "1073741824". K, KB, KiB are all 1024. */
MUST_USE bool unit_parse_size(struct slice s, uint64_t *bytes);

/* A duration as in Go ("1h30m", "250ms", "1.5s", "90s") with days ("2d"). */
MUST_USE bool unit_parse_duration(struct slice s, int64_t *ns);

/* RFC 3339 with nanoseconds, UTC: "2026-11-21T01:37:31.120000000Z". */
#define UNIT_RFC3339_TEXT 40
const char *unit_format_rfc3339(char out[UNIT_RFC3339_TEXT], int64_t unix_ns);

/* RFC 3339 in full ("2026-11-21T01:37:31.12Z", "…+01:00", a blank for the T). */
MUST_USE bool unit_parse_rfc3339(struct slice s, int64_t *unix_ns);

/* Nanoseconds since 1970 of a UTC date and time of day. */
int64_t unit_unix_ns(int year, int month, int day, int64_t ns_of_day);

#endif
