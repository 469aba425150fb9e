#include "parsers/runtime_histogram.h"

#include <math.h>

#include "model/base/num.h"
#include "parsers/json_value.h"

static double bound_of(enum json_kind kind, struct slice text, bool is_first)
{
    double value;

    if ((kind == JSON_NUMBER || kind == JSON_STRING) && num_parse_double(text, &value))
        return value;
    return is_first ? -INFINITY : INFINITY;
}

/* How many; more than `most` where they are too many or not numbers. */
static size_t take_numbers(struct json *j, double *out, size_t most, bool are_bounds)
{
    enum json_kind kind;
    size_t count = 0;

    while ((kind = json_next(j)) != JSON_ARRAY_END && kind != JSON_ERROR) {
        double value = 0;

        if (are_bounds)
            value = bound_of(kind, j->text, count == 0);
        else if (!json_take_double(kind, j->text, &value) || value < 0)
            count = most;
        json_skip(j, kind);
        if (count < most)
            out[count++] = value;
        else
            count = most + 1;
    }
    return count;
}

static bool is_value_key(struct slice key)
{
    return json_is_spelling(SLICE("value"), key) ||
           json_is_spelling(SLICE("uint64"), key) ||
           json_is_spelling(SLICE("float64"), key);
}

static void take_number(struct runtime_histogram *h, enum json_kind kind,
                        struct slice text, struct slice key, double *value)
{
    double number;

    if (!json_take_double(kind, text, &number))
        return;
    if (is_value_key(key))
        *value = number;
    else if (h->other_count < LIMIT_RUNTIME_OTHERS &&
             key.len <= LIMIT_RUNTIME_OTHER_BYTES)
        h->others[h->other_count++] = (struct runtime_other){key, number};
}

bool runtime_histogram_take(struct runtime_histogram *h, struct json *j, double *value)
{
    unsigned depth = j->depth;
    enum json_kind kind = JSON_OBJECT;

    h->count_count = h->bound_count = h->other_count = 0;
    *value = NAN;
    while (j->depth >= depth && kind != JSON_ERROR) {
        struct slice key;

        kind = json_next(j);
        if (kind != JSON_KEY)
            continue;
        key = j->text;
        kind = json_next(j);
        if (kind == JSON_ARRAY && json_is_spelling(SLICE("Counts"), key))
            h->count_count = take_numbers(j, h->counts, LIMIT_HISTOGRAM_BUCKETS, false);
        else if (kind == JSON_ARRAY && json_is_spelling(SLICE("Buckets"), key))
            h->bound_count =
                take_numbers(j, h->bounds, LIMIT_HISTOGRAM_BUCKETS + 1, true);
        else if (kind == JSON_NUMBER)
            take_number(h, kind, j->text, key, value);
        else
            json_skip(j, kind);
    }
    return h->count_count > 0 && h->count_count <= LIMIT_HISTOGRAM_BUCKETS &&
           h->bound_count == h->count_count + 1;
}

double runtime_histogram_total(const struct runtime_histogram *h)
{
    double total = 0;

    for (size_t i = 0; i < h->count_count; i++)
        total += h->counts[i];
    return total;
}

double runtime_histogram_quantile(const struct runtime_histogram *h, double quantile)
{
    double total = runtime_histogram_total(h), sum = 0;

    for (size_t i = 0; total > 0 && i < h->count_count; i++) {
        sum += h->counts[i];
        if (sum < total * quantile)
            continue;
        return isfinite(h->bounds[i + 1]) ? h->bounds[i + 1] : h->bounds[i];
    }
    return NAN;
}
