#include "model/detect/rule_window.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/base/mem.h"
#include "model/base/num.h"

static void set_up(struct rule_window *w, enum rule_op op, struct rule_span span,
                   int64_t time_ns)
{
    if (op == RULE_OP_QUANTILE)
        w->quantile = mem_alloc(sizeof *w->quantile);
    w->stretch = (span.count + RULE_BUCKETS - 1) / RULE_BUCKETS;
    w->stretches = (span.count + w->stretch - 1) / w->stretch;
    w->first_ns = time_ns;
}

/* Which bucket the sample is of. Rounded towards the past: times may lie before the
 * session's zero. */
static int64_t bucket_of(const struct rule_window *w, struct rule_span span,
                         int64_t time_ns)
{
    if (!span.is_samples)
        return time_ns / w->stretch - (time_ns % w->stretch < 0);
    return w->stretch == 1 ? w->sample_count : w->sample_count / w->stretch;
}

/* Was the window filled? */
static bool is_filled(const struct rule_window *w, enum rule_op op, struct rule_span span,
                      int64_t time_ns)
{
    if (span.is_samples) /* a quantile is of what was before the sample */
        return w->sample_count - (op == RULE_OP_QUANTILE) >= span.count;
    /* Short of a bucket it counts as filled, else a window of 1 m over samples every
     * 250.1 ms would wait for one more. */
    return num_sat_sub_i64(time_ns, w->first_ns) >= span.count - w->stretch;
}

/* Buckets. */

static void append_bucket(struct rule_window *w, int64_t id)
{
    if (w->count == (size_t)w->stretches + 2) {
        w->first++;
        w->count--;
    }
    /* What has no room behind goes to the front, seldom enough not to be seen. */
    if (w->first > 0 && w->first >= w->count && w->first + w->count == w->capacity) {
        memcpy(w->buckets, w->buckets + w->first, w->count * sizeof *w->buckets);
        w->first = 0;
    }
    w->buckets =
        mem_grow(w->buckets, &w->capacity, w->first + w->count + 1, sizeof *w->buckets);
    w->buckets[w->first + w->count++] =
        (struct rule_bucket){.id = id, .min = INFINITY, .max = -INFINITY};
}

static void add_to(struct rule_bucket *b, int64_t time_ns, double value)
{
    b->count++;
    b->sum += value;
    b->min = value < b->min ? value : b->min;
    b->max = value > b->max ? value : b->max;
    b->last = value;
    b->last_ns = time_ns;
}

static const struct rule_bucket *newest_of(const struct rule_window *w)
{
    return &w->buckets[w->first + w->count - 1];
}

/* The newest sample that is a window older than the last; NULL where none is. */
static const struct rule_bucket *find_before(const struct rule_window *w,
                                             struct rule_span span)
{
    const struct rule_bucket *b = newest_of(w);
    int64_t latest_id = num_sat_sub_i64(b->id, w->stretches);
    int64_t latest_ns = num_sat_sub_i64(b->last_ns, span.count - w->stretch);

    for (size_t i = 1; i < w->count; i++) {
        b--;
        if (span.is_samples ? b->id <= latest_id : b->last_ns <= latest_ns)
            return b;
    }
    return NULL;
}

static double change(const struct rule_window *w, enum rule_op op, struct rule_span span)
{
    const struct rule_bucket *before = find_before(w, span), *newest = newest_of(w);
    double difference;

    if (!before)
        return NAN;
    difference = newest->last - before->last;
    if (op == RULE_OP_DELTA)
        return difference;
    /* Two figures of one moment have no rate. */
    if (newest->last_ns <= before->last_ns)
        return NAN;
    return difference * (double)NS_PER_S /
           ((double)newest->last_ns - (double)before->last_ns);
}

static double gathered(const struct rule_window *w, enum rule_op op)
{
    int64_t latest_id = num_sat_sub_i64(newest_of(w)->id, w->stretches), count = 0;
    double sum = 0, min = INFINITY, max = -INFINITY;

    for (size_t i = w->first + w->count; i-- > w->first;) {
        const struct rule_bucket *b = &w->buckets[i];

        if (b->id <= latest_id)
            break;
        sum += b->sum;
        count += b->count;
        min = b->min < min ? b->min : min;
        max = b->max > max ? b->max : max;
    }
    if (op == RULE_OP_MIN)
        return min;
    return op == RULE_OP_MAX ? max : sum / (double)count;
}

double rule_window_add(struct rule_window *w, enum rule_op op, double share,
                       struct rule_span span, int64_t time_ns, double value)
{
    double result;
    int64_t id;

    if (w->stretch == 0)
        set_up(w, op, span, time_ns);
    id = bucket_of(w, span, time_ns);
    w->sample_count++;
    if (op == RULE_OP_QUANTILE) {
        result = rule_quantile_add(w->quantile, share, w->stretches, id, value);
    } else {
        if (w->count == 0 || newest_of(w)->id != id)
            append_bucket(w, id);
        add_to(&w->buckets[w->first + w->count - 1], time_ns, value);
        if (op == RULE_OP_RATE || op == RULE_OP_DELTA)
            return change(w, op, span);
        result = gathered(w, op);
    }
    return is_filled(w, op, span, time_ns) ? result : NAN;
}

void rule_window_finish(struct rule_window *w)
{
    free(w->buckets);
    if (w->quantile)
        rule_quantile_finish(w->quantile);
    free(w->quantile);
    *w = (struct rule_window){0};
}
