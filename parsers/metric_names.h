/*
 * What a metric that another tool names is called here: Prometheus names (with the
 * runtime/metrics names turned into such), MemStats fields and our own series names.
 *
 * Sources: prometheus/client_golang go_collector*.go and process_collector.go (0.8 to
 * 1.20: old and new names), internal/go_runtime_metrics.go (the rule that makes
 * "go_gc_heap_allocs_bytes_total" of "/gc/heap/allocs:bytes"), runtime/mstats.go,
 * Google's cAdvisor metrics/prometheus.go, kube-state-metrics, OpenTelemetry's Go runtime
 * names as Prometheus writes them.
 *
 * Shapes: value in the series = value in the input × scale. Many inputs give one quantity
 * twice (go_memstats_heap_alloc_bytes and go_memory_classes_heap_objects_bytes, read a
 * moment later); `is_second` marks the name that gives way where both are there.
 */
#ifndef PARSERS_METRIC_NAMES_H
#define PARSERS_METRIC_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "model/base/slice.h"
#include "model/record.h"

struct metric_name {
    uint32_t metric;   /* of the catalogue; METRIC_COUNT: `name` says which */
    struct slice name; /* of the series "x." + name: static, or what was asked for */
    enum unit unit;
    double scale;
    bool has_none;  /* 2^62 and more mean "no limit", "no goal" */
    bool zero_none; /* … and so does 0 */
    bool is_second; /* gives way to another name of the same quantity */
};

/* By a Prometheus name, without labels. What the catalogue lacks keeps its name; its unit
 * is read from the name's end: "_bytes", "_bytes_total", "_ratio". */
struct metric_name metric_name_prometheus(struct slice name);

/* By any name: of a series ("heap.live", "x.queue"), of a MemStats field ("HeapAlloc",
 * "heap_alloc", "HEAPALLOC"), of Prometheus. */
struct metric_name metric_name_any(struct slice name);

/* The value in the unit of the series; NaN where it says that there is none. */
double metric_name_value(const struct metric_name *m, double value);

/* Whose memory a Prometheus name tells of. */
enum subject metric_name_subject(struct slice name);

#endif
