/*
 * Prometheus text (exposition format 0.0.4) and OpenMetrics 1.0: a scrape of /metrics,
 * several one after another in one file, a federation, an export with time stamps.
 *
 * Source: prometheus/docs exposition_formats.md; OpenMetrics 1.0; what client_golang 0.8
 * to 1.20, node_exporter, cAdvisor and Prometheus 2 and 3 write.
 *
 * Shapes: struct sample, one a moment and identity (prometheus_scrape.h); names and
 * identities as prometheus_series.h says. NaN and infinities are missing values. Time:
 * that of the samples' stamps, else unknown.
 *
 * Left out on purpose: comments, exemplars, buckets of histograms, _created samples.
 *
 * Errors: a line that is none of this is skipped and counted, and so is a last line
 * without its newline, whose number may go on. OpenMetrics without # EOF is cut off: an
 * error of finish.
 */
#ifndef PARSERS_PROMETHEUS_H
#define PARSERS_PROMETHEUS_H

#include "parsers/parser.h"

extern const struct parser_ops prometheus_parser;

#endif
