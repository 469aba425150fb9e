/*
 * Dates as people and tools write them around the figures that they take: what
 * parsers/stamp.h reads, Unix time ("1795224984.5", also in ms, µs or ns, told by its
 * size), what date(1) prints ("Sat Nov 21 01:02:03 UTC 2026", "Sat 21 Nov 2026 01:02:03
 * AM UTC"), and RFC 2822 as kubectl does ("Sat, 21 Nov 2026 01:37:05 +0000").
 *
 * A time without a zone, or with one that is a name other than UTC and GMT, is taken as
 * UTC: such names are not unique.
 */
#ifndef PARSERS_MOMENT_TEXT_H
#define PARSERS_MOMENT_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "model/base/slice.h"

/* All of `text` is one moment, between blanks. */
bool moment_parse(struct slice text, int64_t *unix_ns);

/* A line that is a moment and nothing else, maybe adorned: "# 1795224984.5",
 * "=== 2026-11-21T01:02:03Z ===". */
bool moment_line(struct slice line, int64_t *unix_ns);

/* Unix time in s (with a fraction), ms, µs or ns: the years 2001 to 2100. */
bool moment_unix(struct slice digits, int64_t *unix_ns);

#endif
