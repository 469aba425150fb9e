/*
 * What a Prometheus server's HTTP API answers, saved to a file: query and query_range
 * (matrix, vector, scalar), with warnings; and VictoriaMetrics' /api/v1/export lines.
 *
 * Source: prometheus/docs querying/api.md ("Expression query result formats"), Prometheus
 * web/api/v1/json_codec.go, VictoriaMetrics app/vmselect/prometheus/export.qtpl:
 *
 *   {"status":"success","data":{"resultType":"matrix","result":[
 *     {"metric":{"__name__":"up","job":"api"},"values":[[1435781430.781,"1"],…]},…]}}
 *   {"metric":{"__name__":"up"},"values":[1,null],"timestamps":[1435781430781,…]}
 *
 * Shapes: a struct sample a point, with one value; a series is a table of its own, since
 * series come one after another. Identity and names as prometheus_series.h says; a series
 * without a name is called by its labels, or "value". NaN and infinities are missing.
 *
 * Memory is bounded: the answer is read token by token (prom_json_tokens.h); only a line
 * of an export waits, for its times.
 *
 * Errors: an answer of status "error" is an error of the stream with the server's words;
 * its warnings, points that are no numbers and native histograms (which have no one
 * value) are counted as skipped. Broken JSON costs what lies before the next series.
 */
#ifndef PARSERS_PROM_JSON_H
#define PARSERS_PROM_JSON_H

#include "parsers/parser.h"

extern const struct parser_ops prom_json_parser;

#endif
