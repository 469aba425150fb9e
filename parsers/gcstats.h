/*
 * debug.GCStats as JSON: the pauses that the runtime remembers, newest first.
 *
 *   {"LastGC":"2026-11-21T01:44:30.491899625Z","NumGC":5,"PauseTotal":2653945,
 *    "Pause":[82270,…],"PauseEnd":["2026-11-21T01:44:30.491899625Z",…],
 *    "PauseQuantiles":[82270,129590,203772,239820,1998493]}
 *
 * Source: encoding/json of type GCStats, ReadGCStats in runtime/debug/garbage.go (1.15 to
 * 1.27); LastGC is 1970 before the first cycle. Objects are framed as
 * parsers/json_frames.h says. Handed on as snapshots without sizes.
 */
#ifndef PARSERS_GCSTATS_H
#define PARSERS_GCSTATS_H

#include "parsers/parser.h"

extern const struct parser_ops gcstats_parser;

#endif
