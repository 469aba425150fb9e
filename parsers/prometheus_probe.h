/* Are these bytes Prometheus text? For prometheus.c. */
#ifndef PARSERS_PROMETHEUS_PROBE_H
#define PARSERS_PROMETHEUS_PROBE_H

#include "parsers/parser.h"

enum probe prometheus_probe(struct slice head, bool is_whole);

#endif
