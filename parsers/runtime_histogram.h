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

/* A number of an object beside what we know of it: its key borrows the text. */
struct runtime_other {
    struct slice key;
    double value;
};

struct runtime_histogram {
    double counts[LIMIT_HISTOGRAM_BUCKETS], bounds[LIMIT_HISTOGRAM_BUCKETS + 1];
    size_t count_count, bound_count;
    struct runtime_other others[LIMIT_RUNTIME_OTHERS];
    size_t other_count;
};

/* Behind its "{", to behind its "}". False where it is none, or not one that can be
 * used; *value is then what it names its value ("value", "uint64", "float64"), NaN where
 * there is none, and `others` has its other numbers, which mean what their writer knows.
 */
bool runtime_histogram_take(struct runtime_histogram *h, struct json *j, double *value);

double runtime_histogram_total(const struct runtime_histogram *h);

/* The upper bound of the bucket that the quantile lies in, the lower one where that is
 * infinite; NaN of an empty histogram. */
double runtime_histogram_quantile(const struct runtime_histogram *h, double quantile);

#endif
