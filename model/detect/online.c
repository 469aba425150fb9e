#include "model/detect/online_internal.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "model/base/num.h"
#include "model/units.h"

#define WEEK_NS (7.0 * 86400 * 1e9)
#define RUN_POINTS_MIN 1e3
#define RUN_POINTS_MAX 1e9
#define BOUND_MORE 10.0
#define BOUND_REFRESH 64U

#define LEAST_TOLD 6.0   /* points behind a change before the second look */
#define LEAST_SPREAD 1.5 /* times; a smaller change of spread is not told */
#define WIDER 0.25       /* of the bound, for each alarm … */
#define WIDEST 3.0
#define WIDE_POINTS 2000.0 /* … forgotten in so many points */
#define QUANTUM_VARIANCE (1.0 / 12)
#define DISTANCE 0.7978845608028654 /* mean distance of two neighbours, in deviations */
#define STATISTIC_MAX 1e9           /* of an exact series: it means nothing beyond */
#define STEPS_USUAL 2

void online_init(struct online *o, const struct online_options *options)
{
    memset(o, 0, sizeof *o);
    o->options = *options;
}

double online_seconds(const struct online *o, int64_t time_ns)
{
    return (double)num_sat_sub_i64(time_ns, o->begin_ns) / (double)NS_PER_S;
}

static void refresh_bound(struct online *o, int64_t time_ns)
{
    double run = o->options.run_points;

    if (!(run > 0)) {
        double pace_ns =
            (double)num_sat_sub_i64(time_ns, o->begin_ns) / (double)o->past.count;

        run = pace_ns > 0 ? WEEK_NS / pace_ns : RUN_POINTS_MAX;
    }
    run = fmin(fmax(run, RUN_POINTS_MIN), RUN_POINTS_MAX);
    o->bound = 2 * log(run) + BOUND_MORE;
}

static double bound_now(const struct online *o)
{
    return o->bound * (1 + o->wide);
}

double online_outward(const struct online *o, double value)
{
    return o->options.is_log ? exp(value + o->zero) : value + o->zero;
}

bool online_is_worth(const struct online *o, double from, double to)
{
    double a = online_outward(o, from), b = online_outward(o, to);
    double least = o->options.least_share * fmax(fabs(a), fabs(b));

    return fabs(b - a) >= fmax(least, o->options.least) && a != b;
}

void online_alarmed(struct online *o)
{
    o->wide = fmin(o->wide + WIDER, WIDEST);
}

static double confidence_of(double statistic, double bound)
{
    return 1 - 0.3 * exp(1 - statistic / bound);
}

static double sigma_of(const struct online *o)
{
    double sigma = sqrt(o->noise.at[0].variance / 2);

    return o->options.is_log ? sigma * exp(o->last) : sigma;
}

/*
 * How much noisier than the noise that is believed it is behind the change, as variance:
 * what begins to scatter must not look like a change of level. Steps are taken less their
 * mean, since a steep ramp is not noise; with two of the usual size among them, since a
 * few say little.
 */
static double unrest(const struct online *o, const struct level_change *c)
{
    const double *values = o->past.levels[0].value;
    unsigned count = o->past.levels[0].count;
    unsigned steps = c->after_count < count ? (unsigned)c->after_count - 1 : count - 1;
    double usual = sqrt(o->noise.at[0].variance) * DISTANCE, sum = STEPS_USUAL * usual;
    double mean = (values[count - 1] - values[count - 1 - steps]) / steps;
    double more;

    if (!(usual > 0))
        return 1;
    for (unsigned i = count - steps; i < count; i++)
        sum += fabs(values[i] - values[i - 1] - mean);
    more = fmax(sum / (steps + STEPS_USUAL) / usual, 1);
    return more * more;
}

void online_fill(const struct online *o, double statistic, double bound, int64_t time_ns,
                 struct inflection *out)
{
    *out = (struct inflection){
        .detected_ns = time_ns,
        .statistic = fmin(statistic, STATISTIC_MAX),
        .threshold = bound,
        .confidence = confidence_of(statistic, bound),
        .sigma = sigma_of(o),
        .slope_before = NAN,
        .slope_per_s = NAN,
    };
}

static bool test_level(struct online *o, int64_t time_ns, struct inflection *out)
{
    struct level_change c;
    double bound = bound_now(o), noise;

    if (o->look_at && o->past.count < o->look_at)
        return false;
    if (!level_best(&o->level, &o->noise, ONLINE_LEAST_BEFORE, ONLINE_LEAST_AFTER, &c) ||
        c.statistic < bound)
        return false;
    noise = unrest(o, &c);
    if (c.statistic < bound * noise)
        return false;
    if (o->look_at == 0) {
        double more = fmax(c.after_count / 8, LEAST_TOLD - c.after_count);

        o->look_at = o->past.count + (uint64_t)more;
        if (o->look_at > o->past.count)
            return false;
    }
    return online_look(o, &c, bound, noise, time_ns, out);
}

/* Does it scatter as far as would be worth telling of a step? */
static bool is_worth_scatter(const struct online *o, double spread)
{
    double level = o->last - o->zero;

    return online_is_worth(o, level - spread / 2, level + spread / 2);
}

/* The noise is what the spread says from now on. */
static void adopt_spread(struct online *o, const struct level_change *c)
{
    double deviation = c->after / DISTANCE, known = o->noise.at[0].variance;

    if (known > 0)
        scales_stretch(&o->noise, deviation * deviation / known);
    spike_stretch(&o->spike, fmax(c->after / c->before, 1));
    spread_restart(&o->spread);
}

static bool test_spread(struct online *o, int64_t time_ns, struct inflection *out)
{
    struct level_change c;
    double bound = bound_now(o), unit = o->options.is_log ? exp(o->last) : 1;

    if (!spread_best(&o->spread, &c) || c.statistic < bound)
        return false;
    if (o->spread_at == 0)
        o->spread_at = o->spread.blocks + (uint64_t)fmax(c.after_count / 8, 1);
    if (o->spread.blocks < o->spread_at)
        return false;
    o->spread_at = 0;
    adopt_spread(o, &c);
    if (fmax(c.after, c.before) < LEAST_SPREAD * fmin(c.after, c.before) ||
        !is_worth_scatter(o, fmax(c.after, c.before)))
        return false;
    online_fill(o, c.statistic, bound, time_ns, out);
    out->kind = EVENT_VARIANCE_CHANGE;
    out->began_ns = c.time_ns;
    out->before = c.before * unit;
    out->after = c.after * unit;
    out->points_before = c.before_count * SPREAD_BLOCK;
    out->points = c.after_count * SPREAD_BLOCK;
    online_alarmed(o);
    return true;
}

static void take_first(struct online *o, int64_t time_ns, double value)
{
    o->begin_ns = time_ns;
    o->zero = value;
}

static bool take(struct online *o, struct spike_point p, bool may_tell,
                 struct inflection *out)
{
    double value, time_s;

    if (o->past.count == 0)
        take_first(o, p.time_ns, p.value);
    value = p.value - o->zero;
    time_s = online_seconds(o, p.time_ns);
    o->quantum = o->spike.quantum;
    o->noise.least = o->quantum * o->quantum * QUANTUM_VARIANCE;
    past_add(&o->past, time_s, value);
    scales_add(&o->noise, value - o->slope * time_s);
    level_add(&o->level, p.time_ns, 1, value - o->slope * time_s);
    o->wide -= o->wide / WIDE_POINTS;
    if ((o->past.count & (BOUND_REFRESH - 1)) == 0 || o->past.count < BOUND_REFRESH)
        refresh_bound(o, p.time_ns);
    if (!may_tell || !scales_known(&o->noise))
        return false;
    return test_level(o, p.time_ns, out);
}

static bool tell_spike(struct online *o, const struct spike_found *f, int64_t now_ns,
                       struct inflection *out)
{
    double level = f->level - o->zero, peak = f->point.value - o->zero;

    if (!online_is_worth(o, level, peak))
        return false;
    *out = (struct inflection){.kind = EVENT_SPIKE,
                               .began_ns = f->point.time_ns,
                               .detected_ns = now_ns,
                               .before = online_outward(o, level),
                               .after = online_outward(o, peak),
                               .slope_before = NAN,
                               .slope_per_s = NAN,
                               .confidence = 0,
                               .statistic = fmin(f->deviations, STATISTIC_MAX),
                               .threshold = f->sigma > 0 ? f->bound / f->sigma : 0,
                               .sigma = f->sigma,
                               .points_before = SPIKE_NEAR,
                               .points = f->points};
    out->confidence = f->sigma > 0 ? confidence_of(f->deviations, out->threshold) : 1;
    if (o->options.is_log)
        out->sigma = f->sigma * out->before;
    return true;
}

/* The spread sees every point, spikes as well: of what is dropped as one there are more
 * where a series begins to scatter. */
static bool spread_take(struct online *o, int64_t time_ns, double value, bool may_tell,
                        struct inflection *out)
{
    double step = value - o->last, last_ns = (double)o->last_ns;
    bool is_first = o->past.count == 0;

    o->last = value;
    o->last_ns = time_ns;
    if (is_first)
        return false;
    step -= o->slope * ((double)time_ns - last_ns) / (double)NS_PER_S;
    return spread_add(&o->spread, time_ns, step, o->quantum) && may_tell &&
           test_spread(o, time_ns, out);
}

bool online_add(struct online *o, int64_t time_ns, double value, struct inflection *out)
{
    struct spike_step step;
    bool is_told = false;

    assert(isfinite(value));
    if (fabs(value) > ONLINE_VALUE_MAX)
        return false;
    if (o->options.is_log) {
        if (!(value > 0))
            return false;
        value = log(value);
    }
    spike_add(&o->spike, time_ns, value, &step);
    if (step.is_spike)
        is_told = tell_spike(o, &step.found, time_ns, out);
    for (unsigned i = 0; i < step.taken_count; i++) {
        bool is_last = i + 1 == step.taken_count;

        is_told |= take(o, step.taken[i], is_last && !is_told, out);
    }
    return spread_take(o, time_ns, value, !is_told, out) || is_told;
}
