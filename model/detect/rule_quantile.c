#include "model/detect/rule_quantile.h"

#include <math.h>
#include <stdlib.h>

#include "model/base/mem.h"
#include "model/base/num.h"

/* Every 2^k-th sample of a bucket is kept, k as large as it takes for `count` of them. */
static int64_t stride_of(int64_t count)
{
    int64_t stride = 1;

    while ((count + stride - 1) / stride > RULE_BUCKET_SAMPLES)
        stride *= 2;
    return stride;
}

static void keep(struct rule_quantile *q, double value)
{
    int64_t at = q->open_count++, stride = stride_of(q->open_count);

    if (at % stride)
        return;
    /* The stride has just doubled: every second one goes. */
    if (stride > 1 && at / stride == RULE_BUCKET_SAMPLES / 2) {
        for (unsigned i = 1; i < RULE_BUCKET_SAMPLES / 2; i++)
            q->open[i] = q->open[2 * i];
    }
    q->open[at / stride] = value;
}

/* Sixteen at most: nothing is quicker. */
static void sort(double *values, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        double value = values[i];
        size_t k = i;

        for (; k > 0 && values[k - 1] > value; k--)
            values[k] = values[k - 1];
        values[k] = value;
    }
}

static void drop_until(struct rule_quantile *q, int64_t bucket)
{
    size_t count = 0;

    for (size_t i = 0; i < q->count; i++) {
        if (q->kept[i].bucket > bucket)
            q->kept[count++] = q->kept[i];
    }
    q->count = count;
}

/* Merges the open bucket's samples in, from the end. */
static void close_bucket(struct rule_quantile *q, int64_t buckets)
{
    int64_t stride = stride_of(q->open_count);
    size_t more = (size_t)((q->open_count + stride - 1) / stride), from, to;
    double weight = (double)q->open_count / (double)more;

    drop_until(q, num_sat_sub_i64(q->open_bucket, buckets));
    sort(q->open, more);
    q->kept = mem_grow(q->kept, &q->capacity, q->count + more, sizeof *q->kept);
    from = q->count;
    to = q->count += more;
    while (more > 0) {
        if (from > 0 && q->kept[from - 1].value > q->open[more - 1])
            q->kept[--to] = q->kept[--from];
        else
            q->kept[--to] = (struct rule_kept){q->open[--more], weight, q->open_bucket};
    }
    q->open_count = 0;
}

/* Nearest rank. */
static double rank(const struct rule_quantile *q, double share)
{
    double total = 0, sum = 0;
    size_t i = 0;

    for (size_t k = 0; k < q->count; k++)
        total += q->kept[k].weight;
    while (i < q->count - 1 && (sum += q->kept[i].weight) < share * total)
        i++;
    return q->kept[i].value;
}

double rule_quantile_add(struct rule_quantile *q, double share, int64_t buckets,
                         int64_t bucket, double value)
{
    if (q->count == 0 && q->open_count == 0) {
        q->value = NAN;
    } else if (bucket != q->open_bucket) {
        close_bucket(q, buckets);
        q->value = rank(q, share);
    }
    q->open_bucket = bucket;
    keep(q, value);
    return q->value;
}

void rule_quantile_finish(struct rule_quantile *q)
{
    free(q->kept);
    *q = (struct rule_quantile){0};
}
