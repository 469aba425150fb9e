/*
 * The quantile of a window's samples in bounded memory: of each bucket that is over so
 * many evenly spaced ones are kept, in order of value.
 */
#ifndef MODEL_DETECT_RULE_QUANTILE_H
#define MODEL_DETECT_RULE_QUANTILE_H

#include <stddef.h>
#include <stdint.h>

/* Of each bucket; with RULE_BUCKETS of them a rank is right to 2 % of a long window. */
#define RULE_BUCKET_SAMPLES 16

struct rule_kept {
    double value;
    double weight; /* samples that it stands for */
    int64_t bucket;
};

/* Zero-initialise. */
struct rule_quantile {
    struct rule_kept *kept; /* of the buckets that are over, least value first */
    size_t count, capacity;
    double open[RULE_BUCKET_SAMPLES]; /* of the one that is not */
    int64_t open_bucket, open_count;
    double value;
};

/*
 * Takes a sample of that bucket, whose number never falls; the quantile over the
 * `buckets` that were over before comes back, NaN while there is none.
 */
double rule_quantile_add(struct rule_quantile *q, double share, int64_t buckets,
                         int64_t bucket, double value);
void rule_quantile_finish(struct rule_quantile *q);

#endif
