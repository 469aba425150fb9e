#include "model/detect/changepoint.h"

#include <assert.h>
#include <stdlib.h>

#include "model/base/mem.h"
#include "model/detect/cp_internal.h"

/* Fewer samples have no shape. */
#define SAMPLES_MIN 4

const char *changepoint_kind_name(enum cp_kind kind)
{
    static const char *const names[] = {"level-shift", "slope-change", "variance-change"};

    static_assert(sizeof names / sizeof *names == CP_KINDS, "a name for each kind");
    return names[kind];
}

static size_t start_of(const struct cp_result *r, size_t segment)
{
    return segment == 0 ? 0 : r->points[segment - 1].at;
}

static size_t end_of(const struct cp_result *r, size_t segment, size_t n)
{
    return segment == r->point_count ? n : r->points[segment].at;
}

static void put_points(struct cp_result *out, const struct cp_work *w,
                       const struct cp_founds *founds)
{
    out->point_count = founds->count;
    out->points = mem_alloc_array(founds->count, sizeof *out->points);
    for (size_t i = 0; i < founds->count; i++) {
        out->points[i].at = founds->items[i].at;
        out->points[i].confidence = founds->items[i].confidence;
    }
    for (size_t i = 0; i < founds->count; i++)
        out->points[i].kind =
            cp_kind_of(w, start_of(out, i), out->points[i].at, end_of(out, i + 1, w->n));
}

/* In the input's own unit, spikes left out. The values are brought near 1 for the sums:
 * the square of 1e300 is no number. */
static struct cp_segment describe(const struct cp_input *in, const struct cp_work *w,
                                  size_t dim, size_t from, size_t to)
{
    const double *y = in->values + dim * in->n, *used = w->values + dim * w->n;
    struct cp_segment s = {.from = from, .to = to};
    struct cp_moments m = {0};
    double unit = 0, degrees;

    for (size_t i = from; i < to; i++) {
        if (isfinite(y[i]))
            unit = fmax(unit, fabs(y[i]));
    }
    if (!(unit > 0))
        unit = 1;
    for (size_t i = from; i < to; i++) {
        if (isfinite(y[i]) && (w->is_flat[dim] || !isnan(used[i])))
            cp_moments_add(&m, (double)i, y[i] / unit);
    }
    degrees = m.weight > 2 ? m.weight - 2 : 1;
    s.mean = m.weight > 0 ? m.y * unit : NAN;
    s.slope = m.weight == 0 ? NAN : m.tt > 0 ? m.ty / m.tt * unit : 0;
    s.noise = m.weight > 0 ? sqrt(cp_line_rss(&m) / degrees) * unit : NAN;
    return s;
}

static void put_segments(struct cp_result *out, const struct cp_input *in,
                         const struct cp_work *w)
{
    if (in->n == 0)
        return;
    out->segment_count = out->point_count + 1;
    out->segments = mem_alloc_array(out->segment_count * in->dims, sizeof *out->segments);
    for (size_t s = 0; s < out->segment_count; s++) {
        for (size_t d = 0; d < in->dims; d++)
            out->segments[s * in->dims + d] =
                describe(in, w, d, start_of(out, s), end_of(out, s, in->n));
    }
}

void changepoint_find(const struct cp_input *in, struct cp_result *out)
{
    struct cp_founds founds = {0};
    struct cp_work w;

    *out = (struct cp_result){0};
    if (in->n == 0 || in->dims == 0)
        return;
    cp_prepare(&w, in);
    if (in->n > cp_search_max(in->dims))
        cp_long(&w, &founds);
    else if (in->n >= SAMPLES_MIN)
        cp_consensus(&w, &founds);
    put_points(out, &w, &founds);
    out->spikes = w.spikes;
    out->spike_count = w.spike_count;
    w.spikes = NULL;
    put_segments(out, in, &w);
    free(founds.items);
    cp_work_finish(&w);
}

void changepoint_finish(struct cp_result *out)
{
    free(out->points);
    free(out->segments);
    free(out->spikes);
    *out = (struct cp_result){0};
}
