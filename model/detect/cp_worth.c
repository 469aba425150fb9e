#include <stdlib.h>

#include "model/base/mem.h"
#include "model/detect/cp_internal.h"

/* What a place must gain, in log(n). Chance in plain noise gains less than two; noise
 * with a memory is for the searches before this to tell. */
#define WORTH_MIN 4.0

/* As in the search: a line has its price, and no variance is below the floor. */
#define LINE_PRICE 2.0
#define VARIANCE_MIN 1e-6

/* Each sweep takes out all places that are the least around; a row of ever smaller ones
 * would take as many sweeps as it is long. */
#define SWEEPS_MAX 64

struct worth {
    size_t dims;
    double log_n;
    struct cp_moments *segments; /* [segment * dims + dim] */
};

static double cost(const struct worth *w, const struct cp_moments *m)
{
    double weight = fmax(m->weight, 1);
    double level = m->weight * log(fmax(m->yy / weight, VARIANCE_MIN));
    double line = m->weight * log(fmax(cp_line_rss(m) / weight, VARIANCE_MIN));

    return fmin(level, line + LINE_PRICE * w->log_n);
}

/* Of the place between two segments. */
static double gain(const struct worth *w, size_t left)
{
    double sum = 0;

    for (size_t d = 0; d < w->dims; d++) {
        const struct cp_moments *a = &w->segments[left * w->dims + d];
        const struct cp_moments *b = a + w->dims;
        struct cp_moments both = *a;

        cp_moments_merge(&both, b);
        sum += cost(w, &both) - cost(w, a) - cost(w, b);
    }
    return sum;
}

/* Is it the least of its neighbours, and below the bound? Two places that make up for
 * each other must not go both at once. */
static bool must_go(const double *gains, size_t count, size_t i, double bound)
{
    return gains[i] < bound && (i == 0 || gains[i] < gains[i - 1]) &&
           (i + 1 == count || gains[i] <= gains[i + 1]);
}

/* Takes out what must go, and merges the segments at its sides; false when nothing must.
 */
static bool drop_least(struct worth *w, struct cp_founds *founds, double *gains,
                       bool is_last)
{
    double bound = WORTH_MIN * w->log_n;
    size_t kept = 0, count = founds->count;

    for (size_t i = 0; i < count; i++)
        gains[i] = gain(w, i);
    for (size_t i = 0; i < count; i++) {
        const struct cp_moments *next = w->segments + (i + 1) * w->dims;
        bool goes = is_last ? gains[i] < bound : must_go(gains, count, i, bound);

        if (!goes)
            founds->items[kept++] = founds->items[i];
        for (size_t d = 0; d < w->dims; d++) {
            struct cp_moments *to = w->segments + kept * w->dims + d;

            if (goes)
                cp_moments_merge(to, &next[d]);
            else
                *to = next[d];
        }
    }
    founds->count = kept;
    return kept < count;
}

void cp_drop_worthless(const struct cp_work *work, struct cp_founds *founds)
{
    struct worth w = {.dims = work->dims, .log_n = log((double)work->n)};
    size_t from = 0;
    bool has_more = true;
    double *gains;

    w.segments = mem_alloc_array((founds->count + 1) * w.dims, sizeof *w.segments);
    for (size_t i = 0; i <= founds->count; i++) {
        size_t to = i < founds->count ? founds->items[i].at : work->n;

        for (size_t d = 0; d < w.dims; d++)
            w.segments[i * w.dims + d] = cp_moments_of(work, d, from, to);
        from = to;
    }
    gains = mem_alloc_array(founds->count, sizeof *gains);
    for (int i = 0; i < SWEEPS_MAX && has_more; i++)
        has_more = drop_least(&w, founds, gains, false);
    if (has_more)
        (void)drop_least(&w, founds, gains, true);
    free(gains);
    free(w.segments);
}
