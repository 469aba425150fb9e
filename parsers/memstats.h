/*
 * runtime.MemStats as JSON: one object, an array, one a line (NDJSON), one after another,
 * behind a logger's stamp; bare, in expvar's /debug/vars, or under any key of another
 * object.
 *
 * Source: type MemStats in runtime/mstats.go (the same 32 fields in 1.15 to 1.27) as
 * encoding/json writes it; expvarHandler in expvar/expvar.go; what recorders add to it:
 * a time, "rss_bytes", "goroutines".
 *
 * Shapes. Bytes and nanoseconds are integers of up to 20 digits, maybe in strings. Names
 * are Go's, in any case, with "_" or without. NextGC of 2^62 or more means "no goal"
 * (GOGC=off). PauseNs and PauseEnd are rings (pause_ring.h). The time is what "time",
 * "timestamp", "ts" or "@timestamp" says (RFC 3339, or s, ms, µs or ns since 1970), else
 * the stamp in front. Any other number is kept under its own name, in nested objects
 * under "object.name". There must be Alloc or HeapAlloc, and Sys or HeapSys.
 *
 * Errors. An object that is broken, or none of these, is skipped and counted, with its
 * place; those around it are kept. So is "memstats" in a /debug/vars that a variable of
 * the application spoils.
 */
#ifndef PARSERS_MEMSTATS_H
#define PARSERS_MEMSTATS_H

#include "parsers/parser.h"

extern const struct parser_ops memstats_parser;

#endif
