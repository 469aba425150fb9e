/*
 * Dumps of Go's runtime/metrics. There is no standard form; these are read:
 *
 *   {"time":"…","/gc/heap/live:bytes":123,"/gc/pauses:seconds":{"Counts":[…],"Buckets":[…]}}
 *   {"time":"…","metrics":{"/gc/heap/live:bytes":123}}
 *   [{"name":"/gc/heap/live:bytes","value":123},…], also one a line
 *   /gc/heap/live:bytes: 123        also with a blank or "=", a stamp in front of each
 *                                   line or alone on a line above them
 *
 * Where no bracket says which figures belong together, a name that comes again begins
 * the next sample. Of a histogram its count and an estimate of its 99th percentile are
 * kept: "x.gc/pauses.count", "x.gc/pauses.p99".
 *
 * Source: runtime/metrics (1.16 to 1.27); encoding/json of Float64Histogram.
 */
#ifndef PARSERS_RUNTIME_METRICS_H
#define PARSERS_RUNTIME_METRICS_H

#include "parsers/parser.h"

extern const struct parser_ops runtime_metrics_parser;

#endif
