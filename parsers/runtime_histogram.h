/*
 * A runtime/metrics histogram in JSON: {"Counts":[n…],"Buckets":[b0,b1,…]}, one bound
 * more than counts, the outer ones maybe infinite (then a string, or null).
 *
 * Source: type Float64Histogram in runtime/metrics/histogram.go.
 */
#ifndef PARSERS_RUNTIME_HISTOGRAM_H
#define PARSERS_RUNTIME_HISTOGRAM_H

#include "parsers/json.h"
#include "parsers/limits.h"

struct runtime_histogram {
    double counts[LIMIT_HISTOGRAM_BUCKETS], bounds[LIMIT_HISTOGRAM_BUCKETS + 1];
    size_t count_count, bound_count;
};

/* Behind its "{", to behind its "}". False where it is none, or not one that can be
 * used; *value is then the first plain number in it, NaN where there is none. */
bool runtime_histogram_take(struct runtime_histogram *h, struct json *j, double *value);

double runtime_histogram_total(const struct runtime_histogram *h);

/* The upper bound of the bucket that the quantile lies in, the lower one where that is
 * infinite; NaN of an empty histogram. */
double runtime_histogram_quantile(const struct runtime_histogram *h, double quantile);

#endif
