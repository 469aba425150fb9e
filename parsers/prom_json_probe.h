/* Are these bytes a Prometheus server's answer? For prom_json.c. */
#ifndef PARSERS_PROM_JSON_PROBE_H
#define PARSERS_PROM_JSON_PROBE_H

#include "parsers/parser.h"

enum probe prom_json_probe(struct slice head, bool is_whole);

#endif
