#include "model/detect/inflections.h"

#include <math.h>
#include <stdlib.h>

#include "model/base/mem.h"
#include "model/base/num.h"
#include "model/base/text.h"
#include "model/detect/inflections_series.h"
#include "model/detect/online.h"
#include "model/detect/online_words.h"
#include "model/units.h"

/* Events of a series: so many at once, then as many again in an hour; spikes apart. */
#define TELL_AT_ONCE 6.0
#define TELL_AN_HOUR 6.0
/* A sawtooth's floor is its least over so many collections and samples; without a count
 * of collections over so many samples. */
#define FLOOR_CYCLES 2.0
#define FLOOR_SAMPLES 8
#define FLOOR_SAMPLES_BLIND 20
/* What makes an inflection notable. */
#define NOTABLE_BEFORE 24.0 /* points that it was otherwise before */
#define NOTABLE_STEP 0.25   /* of the level before */
#define NOTABLE_RISE 0.10   /* of the level at the onset, since then */
#define NOTABLE_SPREAD 3.0  /* times */
#define NOTABLE_SPIKE 0.5   /* of the level */

struct allowance {
    double left;
    int64_t at_ns;
};

struct watched {
    const struct inflections_series *series;
    struct online online;
    struct allowance changes, spikes;
    double floor; /* of a sawtooth, since … */
    unsigned floor_samples;
    double floor_cycles; /* … the collections were so many */
    bool has_floor_cycles;
};

struct inflections {
    struct session *session;
    struct process *process;
    struct watched **watched; /* by inflections_series_index */
    double cycles;            /* collections so far, where the inputs count them */
    bool has_cycles;
};

struct inflections *inflections_create(struct session *s, struct process *p)
{
    struct inflections *i = mem_alloc(sizeof *i);

    i->session = s;
    i->process = p;
    i->watched = mem_alloc_array(inflections_series_count(), sizeof(struct watched *));
    return i;
}

void inflections_destroy(struct inflections *i)
{
    if (!i)
        return;
    for (size_t k = 0; k < inflections_series_count(); k++)
        free(i->watched[k]);
    free(i->watched);
    free(i);
}

static struct watched *watched_create(const struct inflections_series *series,
                                      int64_t now_ns)
{
    struct watched *w = mem_alloc(sizeof *w);
    struct online_options options = {.least = series->least,
                                     .least_share = series->least_share,
                                     .is_log = series->is_log};

    w->series = series;
    w->changes = w->spikes = (struct allowance){TELL_AT_ONCE, now_ns};
    online_init(&w->online, &options);
    return w;
}

static bool may_tell(struct allowance *a, int64_t now_ns)
{
    double hours =
        (double)num_sat_sub_i64(now_ns, a->at_ns) / (3600.0 * (double)NS_PER_S);

    a->left = fmin(a->left + hours * TELL_AN_HOUR, TELL_AT_ONCE);
    a->at_ns = now_ns;
    if (a->left < 1)
        return false;
    a->left -= 1;
    return true;
}

/* Is the difference a good part of the level? What leaves nothing or comes from it is. */
static bool is_part(double from, double to, double share)
{
    return fabs(to - from) >= share * fabs(from);
}

static enum severity severity_of(const struct inflection *f)
{
    bool is_notable = false;

    if (f->kind != EVENT_SPIKE && (f->points_before < NOTABLE_BEFORE || f->is_return))
        return SEVERITY_INFO;
    switch (f->kind) {
    case EVENT_LEVEL_SHIFT:
        is_notable = is_part(f->before, f->after, NOTABLE_STEP);
        break;
    case EVENT_SLOPE_CHANGE:
        is_notable = is_part(f->before, f->after, NOTABLE_RISE);
        break;
    case EVENT_VARIANCE_CHANGE:
        is_notable =
            fmax(f->before, f->after) >= NOTABLE_SPREAD * fmin(f->before, f->after);
        break;
    default:
        is_notable = is_part(f->before, f->after, NOTABLE_SPIKE);
    }
    return is_notable ? SEVERITY_NOTICE : SEVERITY_INFO;
}

static void tell(struct inflections *i, struct watched *w, const struct inflection *f)
{
    struct finding finding =
        finding_of(f->kind, severity_of(f), i->process, f->began_ns, f->detected_ns);
    struct text message = {0};
    bool is_spike = f->kind == EVENT_SPIKE;

    if (is_spike && !w->series->has_spikes)
        return;
    if (!may_tell(is_spike ? &w->spikes : &w->changes, f->detected_ns))
        return;
    online_words(&message, w->series->what, metric_info(w->series->metric)->unit, f);
    finding.has_series = true;
    finding.metric = w->series->metric;
    finding.before = f->before;
    finding.after = f->after;
    finding.slope_per_s = f->slope_per_s;
    finding.confidence = f->confidence;
    finding.message = slice_of(message.ptr, message.len);
    finding_number(&finding, is_spike ? "sigmas" : "statistic", f->statistic);
    finding_number(&finding, is_spike ? "bound_sigmas" : "bound", f->threshold);
    finding_number(&finding, "noise_sigma", f->sigma);
    finding_number(&finding, "points_before", f->points_before);
    finding_number(&finding, "points", f->points);
    if (f->kind == EVENT_SLOPE_CHANGE)
        finding_number(&finding, "slope_before_per_s", f->slope_before);
    (void)session_add_finding(i->session, &finding);
    text_finish(&message);
}

/*
 * None of these series goes below zero, but a line that is laid through the points before
 * and after a change may at the change. What was seen is told instead: the newest value,
 * and of what was before nothing.
 */
static void keep_positive(struct inflection *f, double value)
{
    if (f->after < 0)
        f->after = fmax(value, 0);
    f->before = fmax(f->before, 0);
}

static void see(struct inflections *i, struct watched *w, int64_t time_ns, double value)
{
    struct inflection found;

    if (!online_add(&w->online, time_ns, value, &found))
        return;
    keep_positive(&found, value);
    tell(i, w, &found);
}

/* The least since the collections were so many; true where it is a floor. */
static bool find_floor(const struct inflections *i, struct watched *w, double value,
                       double *floor)
{
    bool is_whole;

    if (w->floor_samples == 0) {
        w->floor = value;
        w->floor_cycles = i->cycles;
        w->has_floor_cycles = i->has_cycles;
    }
    w->floor = fmin(w->floor, value);
    w->floor_samples++;
    is_whole = w->has_floor_cycles ? w->floor_samples >= FLOOR_SAMPLES &&
                                         i->cycles - w->floor_cycles >= FLOOR_CYCLES
                                   : w->floor_samples >= FLOOR_SAMPLES_BLIND;
    if (!is_whole)
        return false;
    *floor = w->floor;
    w->floor_samples = 0;
    return true;
}

static bool is_known(const struct inflections *i, uint32_t metric)
{
    return i->watched[inflections_series_index(inflections_series_of(metric))] != NULL;
}

/* Is there a better series of the same thing? So far: what comes later is not known. */
static bool is_needless(const struct inflections *i, uint32_t metric)
{
    if (metric == METRIC_HEAP_GOAL)
        return is_known(i, METRIC_HEAP_LIVE);
    if (metric == METRIC_HEAP_ALLOC)
        return is_known(i, METRIC_HEAP_LIVE) || is_known(i, METRIC_HEAP_GOAL);
    return false;
}

static void see_known(struct inflections *i, const struct inflections_series *series,
                      int64_t time_ns, double value)
{
    struct watched **slot = &i->watched[inflections_series_index(series)];

    if (is_needless(i, series->metric))
        return;
    if (!*slot)
        *slot = watched_create(series, time_ns);
    if (!series->is_sawtooth || find_floor(i, *slot, value, &value))
        see(i, *slot, time_ns, value);
}

void inflections_row(struct inflections *i, const struct feed_row *row)
{
    /* The live heap first: what it makes needless stands in the same row. */
    for (size_t k = 0; k < row->count; k++) {
        const struct feed_value *v = &row->values[k];

        if (v->metric == METRIC_GC_CYCLES) {
            i->cycles = v->value;
            i->has_cycles = true;
        } else if (v->metric == METRIC_HEAP_LIVE) {
            see_known(i, inflections_series_of(v->metric), row->time_ns, v->value);
        }
    }
    for (size_t k = 0; k < row->count; k++) {
        const struct feed_value *v = &row->values[k];
        const struct inflections_series *series = inflections_series_of(v->metric);

        if (series && v->metric != METRIC_HEAP_LIVE)
            see_known(i, series, row->time_ns, v->value);
    }
}
