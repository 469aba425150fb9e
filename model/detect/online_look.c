#include "model/detect/online_internal.h"

#include <math.h>

#include "model/base/num.h"
#include "model/detect/kink.h"
#include "model/units.h"

/* Of a change in the first stretch, else it is a start-up … */
#define SETTLED_BEFORE 12.0
#define SETTLED_POINTS 64 /* … after which there is none any more */
#define LEAST_KINK 12.0   /* points behind it: a jump may look like one for so long */
#define LEAST_SLOPE 0.3   /* of the slope before; a smaller change is not told */
#define SURE 3.0          /* by so much a jump must beat a kink, or the reverse */
#define ENOUGH 0.75       /* of the bound, where the sums of squares lay the change */
#define LOOKS_MAX 4       /* then the better one is taken */
#define GONE 0.5          /* of a step is left at its end: it went away */
#define SLOPE_SIGMAS 3.0

/* The stretch since `from` anew, with the slope as it is now. */
static void rebuild(struct online *o, uint64_t from, const struct past_span *spans,
                    unsigned count)
{
    level_restart(&o->level);
    for (unsigned i = 0; i < count; i++) {
        int64_t time_ns;

        if (spans[i].end < from + (uint64_t)spans[i].points)
            continue;
        time_ns = num_sat_add_i64(o->begin_ns,
                                  num_i64_of_double(spans[i].time_s * (double)NS_PER_S));
        level_add(&o->level, time_ns, spans[i].points,
                  spans[i].value - o->slope * spans[i].time_s);
    }
    o->from = from;
    o->look_at = 0;
    o->looks = 0;
}

static void set_slope(struct online *o, bool is_line, double slope, double now_s)
{
    double old = o->slope;

    o->is_line = is_line;
    o->slope = is_line ? slope : 0;
    scales_shift(&o->noise, (old - o->slope) * now_s);
}

/* The stretch since the last change, as the second look sees it. */
struct view {
    struct past_span spans[PAST_SPANS];
    unsigned count;
    struct fits fits;
    struct level_change change;
    double unrest; /* how much noisier than usual */
    double bound;
    int64_t time_ns;
};

static double points_after(const struct view *v, unsigned at)
{
    double end = (double)v->spans[v->count - 1].end;

    return end - (double)v->spans[at].end + v->spans[at].points;
}

/* Where the jump was, to the point: of old points the list only knows blocks. */
static void place_jump(const struct online *o, struct view *v)
{
    const struct past_span *first = &v->spans[v->fits.jump.at];
    double after = points_after(v, v->fits.jump.at);

    (void)level_place(&o->level, fmax(after - first->points, ONLINE_LEAST_AFTER),
                      after + first[-1].points, &v->change);
}

/* Is the end of the stretch back nearer to where it came from? */
static bool has_gone(const struct view *v)
{
    double points = 0, sum = 0, most = fmax(v->change.after_count / 4, 3);
    const struct fit *jump = &v->fits.jump;
    double mean;

    for (unsigned i = v->count; i > 0 && points < most; i--) {
        const struct past_span *s = &v->spans[i - 1];

        points += s->points;
        sum += s->points * (s->value - jump->slope * (s->time_s - jump->time_s));
    }
    mean = sum / points;
    return (mean - jump->before) / (jump->after - jump->before) < GONE;
}

/* What comes before the first dozen points is the program's start, not its behaviour. */
static bool is_startup(struct online *o, double points_before)
{
    o->is_settled |=
        points_before >= SETTLED_BEFORE || o->past.count > SETTLED_POINTS + o->from;
    return !o->is_settled;
}

/* Between the levels that steps led from or to, give or take a tenth of their range. */
static bool is_known_level(const struct online *o, double level)
{
    double margin = (o->known_high - o->known_low) / 10;

    return o->has_known && level >= o->known_low - margin &&
           level <= o->known_high + margin;
}

static void know_level(struct online *o, double level)
{
    o->known_low = o->has_known ? fmin(o->known_low, level) : level;
    o->known_high = o->has_known ? fmax(o->known_high, level) : level;
    o->has_known = true;
}

static bool take_jump(struct online *o, const struct view *v, double statistic,
                      struct inflection *out)
{
    const struct fit *jump = &v->fits.jump;
    uint64_t from = o->past.count - (uint64_t)v->change.after_count;
    double before = jump->before, now_s = online_seconds(o, v->time_ns);
    bool is_told;

    if (o->has_level_told && !o->is_line &&
        fabs(jump->after - o->level_told) > fabs(jump->after - before))
        before = o->level_told;
    is_told =
        !is_startup(o, v->change.before_count) && online_is_worth(o, before, jump->after);
    if (is_told) {
        online_fill(o, statistic, v->bound, v->time_ns, out);
        out->is_return = is_known_level(o, jump->after);
        know_level(o, before);
        know_level(o, jump->after);
        out->kind = EVENT_LEVEL_SHIFT;
        out->began_ns = v->change.time_ns;
        out->before = online_outward(o, before);
        out->after = online_outward(o, jump->after);
        out->points_before = v->change.before_count;
        out->points = v->change.after_count;
        o->level_told = jump->after;
        online_alarmed(o);
    } else if (!o->has_level_told || !o->is_settled) {
        o->level_told = o->is_settled ? before : jump->after;
    }
    o->has_level_told = true;
    o->from = from;
    set_slope(o, o->is_line, jump->slope, now_s);
    rebuild(o, from, v->spans, v->count);
    return is_told;
}

/* A line that rises less than its noise is a level. */
static bool is_slope(const struct online *o, double slope, double length_s, double points)
{
    double rise = slope * length_s;

    return rise * rise >
           SLOPE_SIGMAS * SLOPE_SIGMAS * scales_variance(&o->noise, points, points);
}

static bool take_kink(struct online *o, const struct view *v, double statistic,
                      struct inflection *out)
{
    const struct fit *kink = &v->fits.kink;
    const struct past_span *first = &v->spans[kink->at];
    uint64_t from = first->end - (uint64_t)first->points;
    double points = (double)(o->past.count - from);
    double now_s = online_seconds(o, v->time_ns), length_s = now_s - kink->time_s;
    double turn = kink->slope - kink->slope_before;
    double straight = kink->before + kink->slope_before * length_s;
    bool is_told;

    if (fabs(turn) < LEAST_SLOPE * fabs(kink->slope_before) ||
        !online_is_worth(o, straight, kink->after))
        return false;
    is_told = !is_startup(o, (double)(from - o->from));
    online_fill(o, statistic, v->bound, v->time_ns, out);
    out->kind = EVENT_SLOPE_CHANGE;
    out->began_ns =
        num_sat_add_i64(o->begin_ns, num_i64_of_double(kink->time_s * (double)NS_PER_S));
    out->before = online_outward(o, kink->before);
    out->after = online_outward(o, kink->after);
    out->slope_before = kink->slope_before;
    out->slope_per_s = kink->slope;
    if (o->options.is_log) {
        out->slope_before *= out->before;
        out->slope_per_s *= out->after;
    }
    out->points_before = (double)(from - o->from);
    out->points = points;
    o->level_told = kink->after;
    o->has_level_told = true;
    o->from = from;
    set_slope(o, is_slope(o, kink->slope, length_s, points), kink->slope, now_s);
    rebuild(o, from, v->spans, v->count);
    if (is_told)
        online_alarmed(o);
    return is_told;
}

static void refit(struct online *o, const struct view *v)
{
    double now_s = online_seconds(o, v->time_ns);
    double length_s = now_s - v->spans[0].time_s;
    double slope = v->fits.line.slope;

    set_slope(o, is_slope(o, slope, length_s, (double)(o->past.count - o->from)), slope,
              now_s);
    o->has_level_told &= o->is_line; /* it has moved since, along the line */
    rebuild(o, o->from, v->spans, v->count);
}

/* The sum of squares that one of the statistic is worth, with a change at that block. */
static double worth_of(const struct online *o, const struct view *v, unsigned at)
{
    double after = points_after(v, at), before = points_after(v, 0) - after;

    return before * after / (before + after) * scales_variance(&o->noise, before, after) *
           v->unrest;
}

/* Jump or kink, if anything that lasts. */
static bool decide(struct online *o, struct view *v, struct inflection *out)
{
    const struct fits *fits = &v->fits;
    double base = o->is_line ? fits->line.left : fits->level.left;
    double unit = worth_of(o, v, fits->jump.at);
    double jump = (base - fits->jump.left) / unit;
    double kink = (base - fits->kink.left) / worth_of(o, v, fits->kink.at);
    double ahead = (fits->kink.left - fits->jump.left) / unit;

    if (!(fmax(jump, kink) >= ENOUGH * v->bound)) {
        if (o->is_line)
            refit(o, v);
        return false;
    }
    if (fabs(ahead) < SURE && ++o->looks < LOOKS_MAX)
        return false;
    if (ahead < 0)
        return points_after(v, fits->kink.at) >= LEAST_KINK &&
               take_kink(o, v, fmax(kink, v->change.statistic), out);
    if (has_gone(v))
        return false;
    jump = fmax(jump, v->change.statistic);
    place_jump(o, v);
    return take_jump(o, v, jump, out);
}

bool online_look(struct online *o, const struct level_change *change, double bound,
                 double unrest, int64_t time_ns, struct inflection *out)
{
    struct view v;
    uint64_t from = o->from;

    v.change = *change;
    v.bound = bound;
    v.unrest = unrest;
    v.time_ns = time_ns;
    v.count = past_list(&o->past, o->from, v.spans);
    if (kink_fit(v.spans, v.count, o->is_line, ONLINE_LEAST_BEFORE, ONLINE_LEAST_AFTER,
                 &v.fits) &&
        decide(o, &v, out))
        return true;
    /* Not taken in either: again when there is a quarter more. */
    if (o->from == from)
        o->look_at =
            o->past.count + (uint64_t)fmax(change->after_count / 4, ONLINE_LEAST_AFTER);
    return false;
}
