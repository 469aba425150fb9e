/*
 * What a figure was over some time or number of samples, in bounded memory: sums of at
 * most RULE_BUCKETS stretches of it, the newest still growing.
 *
 * A window of up to RULE_BUCKETS samples has one a bucket and is exact; a longer one is
 * exact to the bucket, a 32nd of its span.
 */
#ifndef MODEL_DETECT_RULE_WINDOW_H
#define MODEL_DETECT_RULE_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/detect/rule_internal.h"
#include "model/detect/rule_quantile.h"

#define RULE_BUCKETS 32
/* The oldest may lie half in the window, and what was in front of it is asked for. */
#define RULE_BUCKETS_KEPT (RULE_BUCKETS + 2)

struct rule_bucket {
    int64_t id; /* which stretch of time, or of samples */
    int64_t count;
    double sum, min, max;
    double last; /* … value, and when: */
    int64_t last_ns;
};

/* Zero-initialise. */
struct rule_window {
    int64_t stretch;   /* samples or ns that one bucket takes; 0: not set up … */
    int64_t stretches; /* … and how many make the span */
    struct rule_bucket *buckets; /* from `first` on, oldest first */
    size_t first, count, capacity;
    struct rule_quantile *quantile; /* NULL: none is asked for, or no sample came */
    int64_t sample_count;           /* ever */
    int64_t first_ns;               /* the first sample's time */
};

/* op is the function's; the value comes back with each sample: NaN until the window has
 * been filled once. */
double rule_window_add(struct rule_window *w, enum rule_op op, double share,
                       struct rule_span span, int64_t time_ns, double value);
void rule_window_finish(struct rule_window *w);

#endif
