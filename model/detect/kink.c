#include "model/detect/kink.h"

#include <math.h>

/* Weighted sums over blocks; times from 0 to 1 over the stretch, values less their mean.
 */
struct sums {
    double w, t, tt, y, ty;
};

#define TERMS 3

/* Least squares in up to three terms: what they explain, and their weights. */
struct normal {
    double a[TERMS][TERMS]; /* only a[i][k], k <= i, is read */
    double b[TERMS];
    unsigned terms;
};

/* By Cholesky; a term that the others already say is left out (weight 0). */
static double solve(const struct normal *n, double x[TERMS])
{
    double l[TERMS][TERMS] = {{0}}, z[TERMS] = {0};
    double explained = 0;

    for (unsigned i = 0; i < n->terms; i++) {
        double rest = n->a[i][i], right = n->b[i];

        for (unsigned k = 0; k < i; k++) {
            double sum = n->a[i][k];

            for (unsigned m = 0; m < k; m++)
                sum -= l[i][m] * l[k][m];
            l[i][k] = l[k][k] > 0 ? sum / l[k][k] : 0;
            rest -= l[i][k] * l[i][k];
            right -= l[i][k] * z[k];
        }
        l[i][i] = rest > 1e-9 * n->a[i][i] ? sqrt(rest) : 0;
        z[i] = l[i][i] > 0 ? right / l[i][i] : 0;
        explained += z[i] * z[i];
    }
    for (unsigned i = n->terms; i-- > 0;) {
        double sum = z[i];

        for (unsigned k = i + 1; k < n->terms; k++)
            sum -= l[k][i] * x[k];
        x[i] = l[i][i] > 0 ? sum / l[i][i] : 0;
    }
    return explained;
}

/* How the stretch is told to the sums. */
struct frame {
    double begin_s, length_s, mean, square; /* square: sum of squares about the mean */
    struct sums all;
};

static double scaled(const struct frame *f, double time_s)
{
    return f->length_s > 0 ? (time_s - f->begin_s) / f->length_s : 0;
}

static void add(struct sums *s, const struct frame *f, const struct past_span *span)
{
    double t = scaled(f, span->time_s), y = span->value - f->mean, w = span->points;

    s->w += w;
    s->t += w * t;
    s->tt += w * t * t;
    s->y += w * y;
    s->ty += w * t * y;
}

static struct frame frame_of(const struct past_span *spans, unsigned count)
{
    struct frame f = {.begin_s = spans[0].time_s,
                      .length_s = spans[count - 1].time_s - spans[0].time_s};
    double points = 0;

    for (unsigned i = 0; i < count; i++) {
        points += spans[i].points;
        f.mean += (spans[i].value - f.mean) * spans[i].points / points;
    }
    for (unsigned i = 0; i < count; i++) {
        double y = spans[i].value - f.mean;

        f.square += spans[i].points * y * y;
        add(&f.all, &f, &spans[i]);
    }
    return f;
}

static double per_second(const struct frame *f, double slope)
{
    return f->length_s > 0 ? slope / f->length_s : 0;
}

static double left(const struct frame *f, double explained)
{
    return fmax(f->square - explained, 0);
}

static struct fit line_fit(const struct frame *f)
{
    struct normal n = {
        .a = {{f->all.w}, {f->all.t, f->all.tt}}, .b = {f->all.y, f->all.ty}, .terms = 2};
    double x[TERMS] = {0};
    double explained = solve(&n, x);
    double slope = per_second(f, x[1]);

    return (struct fit){.left = left(f, explained),
                        .time_s = f->begin_s,
                        .before = x[0] + f->mean,
                        .after = x[0] + x[1] + f->mean,
                        .slope_before = slope,
                        .slope = slope};
}

/* The terms that hold before the change as well: a mean, or a line. */
static struct normal common(const struct frame *f, bool is_line)
{
    struct normal n = {.a = {{f->all.w}}, .b = {f->all.y}, .terms = 1};

    if (!is_line)
        return n;
    n.a[1][0] = f->all.t;
    n.a[1][1] = f->all.tt;
    n.b[1] = f->all.ty;
    n.terms = 2;
    return n;
}

static void try_jump(const struct frame *f, const struct sums *rest, bool is_line,
                     double at, struct fit *best)
{
    struct normal n = common(f, is_line);
    double x[TERMS] = {0};
    double explained, line;

    n.a[n.terms][0] = rest->w;
    if (is_line)
        n.a[n.terms][1] = rest->t;
    n.a[n.terms][n.terms] = rest->w;
    n.b[n.terms++] = rest->y;
    explained = solve(&n, x);
    if (left(f, explained) >= best->left)
        return;
    line = is_line ? x[1] : 0;
    best->left = left(f, explained);
    best->before = x[0] + line * at + f->mean;
    best->after = best->before + x[n.terms - 1];
    best->slope = best->slope_before = per_second(f, line);
    best->time_s = f->begin_s + at * f->length_s;
    best->at = 1;
}

static void try_kink(const struct frame *f, const struct sums *rest, bool is_line,
                     double at, struct fit *best)
{
    struct normal n = common(f, is_line);
    double x[TERMS] = {0};
    double explained, line;

    n.a[n.terms][0] = rest->t - at * rest->w;
    if (is_line)
        n.a[n.terms][1] = rest->tt - at * rest->t;
    n.a[n.terms][n.terms] = rest->tt - 2 * at * rest->t + at * at * rest->w;
    n.b[n.terms++] = rest->ty - at * rest->y;
    explained = solve(&n, x);
    if (left(f, explained) >= best->left)
        return;
    line = is_line ? x[1] : 0;
    best->left = left(f, explained);
    best->before = x[0] + line * at + f->mean;
    best->slope_before = per_second(f, line);
    best->slope = per_second(f, line + x[n.terms - 1]);
    best->after = best->before + (line + x[n.terms - 1]) * (1 - at);
    best->time_s = f->begin_s + at * f->length_s;
    best->at = 1;
}

bool kink_fit(const struct past_span *spans, unsigned count, bool is_line,
              double least_before, double least_after, struct fits *out)
{
    struct frame f;
    struct sums rest = {0};

    if (count < 2)
        return false;
    f = frame_of(spans, count);
    *out = (struct fits){.level = {.left = f.square, .before = f.mean, .after = f.mean},
                         .jump = {.left = INFINITY},
                         .kink = {.left = INFINITY}};
    out->line = line_fit(&f);
    for (unsigned i = count; i-- > 1;) {
        double at, jump_left = out->jump.left, kink_left = out->kink.left;

        add(&rest, &f, &spans[i]);
        if (rest.w < least_after)
            continue;
        if (f.all.w - rest.w < least_before)
            break;
        try_jump(&f, &rest, is_line, scaled(&f, spans[i].time_s), &out->jump);
        at = scaled(&f, (spans[i - 1].time_s + spans[i].time_s) / 2);
        try_kink(&f, &rest, is_line, at, &out->kink);
        if (out->jump.left < jump_left) {
            out->jump.at = i;
            out->points_after = rest.w;
            out->points_before = f.all.w - rest.w;
        }
        if (out->kink.left < kink_left)
            out->kink.at = i;
    }
    return out->jump.at > 0 && out->kink.at > 0;
}
