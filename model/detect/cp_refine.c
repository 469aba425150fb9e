#include "model/detect/cp_internal.h"

#include <stdlib.h>

#include "model/base/mem.h"

/* Below this share of the whole variance, variance is taken as this. */
#define FLOOR 0.01

static double log_variance(double rss, double weight)
{
    return log(fmax(rss / fmax(weight, 1), FLOOR));
}

/* Below this a segment of no noise at all would be worth any place. */
#define VARIANCE_MIN 1e-9

static double side_cost(const struct cp_moments *m)
{
    return m->weight * log(fmax(cp_line_rss(m) / fmax(m->weight, 1), VARIANCE_MIN));
}

/* What [before, at) costs for each place, to which what [at, after) costs is added on the
 * way back. */
static void add_side_costs(const struct cp_work *w, size_t dim, const size_t bounds[4],
                           double *costs)
{
    const double *y = w->values + dim * w->n;
    size_t before = bounds[0], from = bounds[1], to = bounds[2], after = bounds[3];
    struct cp_moments left = cp_moments_of(w, dim, before, from);
    struct cp_moments right = cp_moments_of(w, dim, to, after);

    for (size_t at = from;; at++) {
        costs[at - from] += side_cost(&left);
        if (at == to)
            break;
        if (!isnan(y[at]))
            cp_moments_add(&left, (double)at, y[at]);
    }
    for (size_t at = to;; at--) {
        costs[at - from] += side_cost(&right);
        if (at == from)
            break;
        if (!isnan(y[at - 1]))
            cp_moments_add(&right, (double)(at - 1), y[at - 1]);
    }
}

size_t cp_refine(const struct cp_work *w, size_t before, size_t from, size_t to,
                 size_t after)
{
    const size_t bounds[4] = {before, from, to, after};
    double *costs = mem_alloc_array(to - from + 1, sizeof *costs);
    size_t best = 0;

    for (size_t d = 0; d < w->dims; d++)
        add_side_costs(w, d, bounds, costs);
    for (size_t i = 0; i <= to - from; i++)
        best = costs[i] < costs[best] ? i : best;
    free(costs);
    return from + best;
}

/* Two ways for the mean to change, of three parameters each. */
static double jump_rss(const struct cp_moments *a, const struct cp_moments *b)
{
    double tt = a->tt + b->tt, ty = a->ty + b->ty, yy = a->yy + b->yy;

    return tt > 0 ? fmax(yy - ty / tt * ty, 0) : yy;
}

/* Least squares of y on 1, t and max(t - at, 0). */
static double kink_rss(const struct cp_work *w, size_t dim, size_t from, size_t at,
                       size_t to)
{
    const double *y = w->values + dim * w->n;
    double n = 0, t = 0, u = 0, v = 0, tt = 0, uu = 0, tu = 0, vv = 0, vt = 0, vu = 0;
    double det, slope, bend, edge = (double)at - 0.5;

    for (size_t i = from; i < to; i++) {
        if (!isnan(y[i])) {
            double place = (double)i - edge;

            n++;
            t += place;
            u += i >= at ? place : 0;
            v += y[i];
        }
    }
    if (n < 1)
        return 0;
    t /= n;
    u /= n;
    v /= n;
    for (size_t i = from; i < to; i++) {
        if (!isnan(y[i])) {
            double dt = (double)i - edge - t, dv = y[i] - v;
            double du = (i >= at ? (double)i - edge : 0) - u;

            tt += dt * dt;
            uu += du * du;
            tu += dt * du;
            vv += dv * dv;
            vt += dv * dt;
            vu += dv * du;
        }
    }
    det = tt * uu - tu * tu;
    if (!(det > 0))
        return vv;
    slope = (vt * uu - vu * tu) / det;
    bend = (vu * tt - vt * tu) / det;
    return fmax(vv - slope * vt - bend * vu, 0);
}

enum cp_kind cp_kind_of(const struct cp_work *w, size_t from, size_t at, size_t to)
{
    double mean_gain = 0, spread_gain = 0, jump = 0, kink = 0;

    for (size_t d = 0; d < w->dims; d++) {
        struct cp_moments a = cp_moments_of(w, d, from, at);
        struct cp_moments b = cp_moments_of(w, d, at, to), all = a;
        double pooled, apart, together, n = a.weight + b.weight;

        cp_moments_merge(&all, &b);
        if (a.weight < 1 || b.weight < 1)
            continue;
        together = n * log_variance(cp_line_rss(&all), n);
        pooled = n * log_variance(cp_line_rss(&a) + cp_line_rss(&b), n);
        apart = a.weight * log_variance(cp_line_rss(&a), a.weight) +
                b.weight * log_variance(cp_line_rss(&b), b.weight);
        mean_gain += together - pooled;
        spread_gain += pooled - apart;
        jump += n * log_variance(jump_rss(&a, &b), n);
        kink += n * log_variance(kink_rss(w, d, from, at, to), n);
    }
    if (spread_gain > mean_gain)
        return CP_SPREAD;
    return kink < jump ? CP_SLOPE : CP_LEVEL;
}

/* A bend is looked for this near, as a share of the shorter side. */
#define BEND_SHARE 8

/* Nearer than this it is right enough. */
#define BEND_SLACK_MIN 5

/* A step beside the bend must be worth so much, in log(n). */
#define STEP_PRICE 2.0

static double bend_cost(const struct cp_work *w, size_t from, size_t at, size_t to)
{
    double cost = 0;

    for (size_t d = 0; d < w->dims; d++) {
        double n = (double)(to - from);

        cost += n * log(fmax(kink_rss(w, d, from, at, to) / n, VARIANCE_MIN));
    }
    return cost;
}

/* … with lines that need not meet. */
static double break_cost(const struct cp_work *w, size_t from, size_t at, size_t to)
{
    double cost = 0;

    for (size_t d = 0; d < w->dims; d++) {
        struct cp_moments a = cp_moments_of(w, d, from, at);
        struct cp_moments b = cp_moments_of(w, d, at, to);
        double n = (double)(to - from);

        cost += n * log(fmax((cp_line_rss(&a) + cp_line_rss(&b)) / n, VARIANCE_MIN));
    }
    return cost;
}

static size_t bend_of(const struct cp_work *w, size_t from, size_t at, size_t to)
{
    size_t slack = (at - from < to - at ? at - from : to - at) / BEND_SHARE;
    size_t best = at;
    double least, price = STEP_PRICE * log((double)w->n);

    if (slack < BEND_SLACK_MIN)
        return at;
    least = bend_cost(w, from, at, to);
    for (size_t i = at - slack; i <= at + slack; i++) {
        double cost = bend_cost(w, from, i, to);

        if (cost < least) {
            best = i;
            least = cost;
        }
    }
    return least < break_cost(w, from, at, to) + price * (double)w->dims ? best : at;
}

void cp_settle_bends(const struct cp_work *w, struct cp_founds *founds)
{
    for (size_t i = 0; i < founds->count; i++) {
        size_t from = i > 0 ? founds->items[i - 1].at : 0, at = founds->items[i].at;
        size_t to = i + 1 < founds->count ? founds->items[i + 1].at : w->n;

        if (cp_kind_of(w, from, at, to) == CP_SLOPE)
            founds->items[i].at = bend_of(w, from, at, to);
    }
}
