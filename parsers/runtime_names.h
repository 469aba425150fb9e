/*
 * What the metrics of Go's runtime/metrics are called here.
 *
 * Source: allDesc in runtime/metrics/description.go (1.16 to 1.27), and the identities
 * with MemStats that runtime/metrics_test.go checks.
 *
 * Shapes: value in the series = value of the metric × scale. What the catalogue lacks
 * keeps its path, without the "/" in front: "x.gc/scan/heap:bytes".
 */
#ifndef PARSERS_RUNTIME_NAMES_H
#define PARSERS_RUNTIME_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "model/base/slice.h"
#include "model/record.h"
#include "parsers/figures.h"

struct runtime_name {
    uint32_t metric;   /* of the catalogue; METRIC_COUNT: `name` says which */
    struct slice name; /* … with its unit; part of what was asked for */
    struct slice path; /* … without it: for what is counted of a histogram */
    enum unit unit;
    double scale;  /* seconds become ns */
    bool has_none; /* 2^62 and more mean "no limit", "off" */
};

/* Is it one: "/gc/heap/live:bytes"? New ones of known families are. */
bool runtime_name_is(struct slice name);

/* For what runtime_name_is says so. */
struct runtime_name runtime_name_of(struct slice name);

/* Adds what is a sum of others: heap.inuse, heap.idle, heap.sys, stack.sys, mallocs and
 * frees. Those that lack a part stay missing. */
void runtime_names_derive(struct figures *f);

#endif
