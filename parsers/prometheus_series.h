/*
 * What a Prometheus series is, by its name and labels: whose it is, what it is called
 * here, and whether it is a figure at all.
 *
 * Identity. The labels namespace, pod, container, job, instance and service, in this
 * order, joined by "/", tell processes apart. They are taken for that of go_* and
 * process_* metrics always, of others where a server put them there (job and instance, or
 * a pod); elsewhere "service" may be an application's own label. A container is
 * namespace/pod/container, else its name, else its cgroup's path. The program of a
 * process in a pod is the same namespace/pod/container, so that the two are found to be
 * one.
 *
 * Names. What the catalogue lacks keeps its name and its other labels in the order and
 * with the escapes that it came with: http_requests_total{code="200"}.
 *
 * Left out: the buckets of histograms (le="…"), which would outnumber all the rest; their
 * _sum and _count stay. The _created samples of OpenMetrics, which are times, no figures.
 */
#ifndef PARSERS_PROMETHEUS_SERIES_H
#define PARSERS_PROMETHEUS_SERIES_H

#include <stdbool.h>

#include "model/base/slice.h"
#include "model/base/text.h"
#include "model/record.h"
#include "parsers/metric_names.h"
#include "parsers/prometheus_line.h"

/* The levels of a pod's cgroups that cAdvisor tells of. */
enum prometheus_level {
    PROMETHEUS_LEVEL_NONE,  /* no container of a pod */
    PROMETHEUS_LEVEL_OUTER, /* the pod's own, or its pause container's */
    PROMETHEUS_LEVEL_NAMED,
};

/* Zero-initialise; used again for one series after another. */
struct prometheus_series {
    struct text name;     /* unescaped; the metric's alone */
    struct text instance; /* empty: the only one */
    struct text program;
    struct text version; /* of go_info: "go1.26.8" */
    struct text full;    /* name and labels but for the identity's */
    struct text value;   /* scratch */
    size_t pod_bytes;    /* of instance: "namespace/pod" */
    enum subject subject;
    enum prometheus_level level;
    struct metric_name metric; /* its name, where it has one, is in `full` */
    bool is_left_out;
};

/* `is_declared`: a # TYPE line named it, so a name that ends in _created is its own. */
void prometheus_series_set(struct prometheus_series *s, struct slice name,
                           const struct prometheus_labels *labels, bool is_declared);
void prometheus_series_finish(struct prometheus_series *s);

#endif
