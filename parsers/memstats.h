/*
 * runtime.MemStats objects, one a line (NDJSON), with or without a "time".
 *
 * Source: type MemStats in runtime/mstats.go (the same 32 fields in 1.15 to 1.27) as
 * encoding/json writes it, and what recorders add to it: "time" (RFC 3339),
 * "rss_bytes", "goroutines".
 *
 * Shapes. Bytes and nanoseconds are integers of up to 20 digits. NextGC of 2^62 or
 * more means "no goal" (GOGC=off). PauseNs and PauseEnd are rings of 256 of which the
 * newest is at (NumGC + 255) % 256. Any other top-level number is kept under its own
 * name. A line must have Alloc or HeapAlloc, and Sys or HeapSys.
 *
 * A line that is not such an object is skipped and counted, with its place.
 */
#ifndef PARSERS_MEMSTATS_H
#define PARSERS_MEMSTATS_H

#include "parsers/parser.h"

extern const struct parser_ops memstats_parser;

#endif
