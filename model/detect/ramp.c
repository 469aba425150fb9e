#include "model/detect/ramp.h"

#include <math.h>

/* Neighbouring residuals more alike than this say that nothing is known. */
#define RHO_MAX 0.95

struct kink {
    size_t first; /* block of the growing part */
    double onset, level, slope, rss;
    double d; /* what the slope's variance is divided by, times the count */
};

/* The least squares of level + slope * max(0, t - onset), from the moments of the whole
 * run and of its growing part. */
static struct kink fit_at(const struct block *all, const struct block *after,
                          double onset)
{
    double u = after->t - onset;
    double s1 = after->count * u, s2 = after->ctt + after->count * u * u;
    double suy = after->cty + after->count * u * (after->y - all->y);
    double d = s2 - s1 * s1 / all->count;
    struct kink k = {.onset = onset, .d = d};

    if (d <= 0) {
        k.rss = all->cyy;
        k.level = all->y;
        return k;
    }
    k.slope = suy / d;
    k.level = all->y - k.slope * s1 / all->count;
    k.rss = all->cyy - k.slope * k.slope * d;
    return k;
}

static struct block join_range(const struct block *b, size_t from, size_t to)
{
    struct block sum = {0};

    for (size_t i = from; i < to; i++)
        sum = block_join(&sum, &b[i]);
    return sum;
}

/* Plain sums about a moment and a height of the run: few enough bits are lost over one
 * window, and adding them is all that the search below does n times over. */
struct sums {
    double n, t, y, tt, ty, yy;
};

static struct sums sums_of(const struct block *b, double t0, double y0)
{
    double t = b->t - t0, y = b->y - y0;

    return (struct sums){b->count,
                         b->count * t,
                         b->count * y,
                         b->ctt + b->count * t * t,
                         b->cty + b->count * t * y,
                         b->cyy + b->count * y * y};
}

static void sums_add(struct sums *a, const struct sums *b)
{
    a->n += b->n;
    a->t += b->t;
    a->y += b->y;
    a->tt += b->tt;
    a->ty += b->ty;
    a->yy += b->yy;
}

/* As fit_at, of sums; the onset counts from the sums' moment. */
static struct kink fit_sums(const struct sums *all, const struct sums *after,
                            double onset)
{
    double mean = all->y / all->n, s1 = after->t - onset * after->n;
    double s2 = after->tt - onset * (2 * after->t - onset * after->n);
    double suy = after->ty - onset * after->y - mean * s1;
    double rss = all->yy - mean * all->y, d = s2 - s1 * s1 / all->n;
    struct kink k = {.onset = onset, .d = d, .level = mean, .rss = rss};

    if (d <= 0)
        return k;
    k.slope = suy / d;
    k.level = mean - k.slope * s1 / all->n;
    k.rss = rss - k.slope * suy;
    return k;
}

static double step_rss_of(const struct sums *all, const struct sums *after)
{
    double before_n = all->n - after->n, before_y = all->y - after->y;

    return all->yy - after->y * after->y / after->n - before_y * before_y / before_n;
}

/* The best kink that rises, and the residual of the best step. */
static bool search(const struct block *b, size_t n, struct kink *best, double *step_rss)
{
    double t0 = b[n - 1].t, y0 = b[n / 2].y;
    struct sums all = {0}, after = {0};
    bool has = false;

    for (size_t i = 0; i < n; i++) {
        struct sums one = sums_of(&b[i], t0, y0);

        sums_add(&all, &one);
    }
    *step_rss = all.yy - all.y * all.y / all.n;
    for (size_t i = n; i-- > 0;) {
        double onset = (i ? (b[i - 1].to + b[i].from) / 2 : b[0].from) - t0;
        struct sums one = sums_of(&b[i], t0, y0);
        struct kink k;

        sums_add(&after, &one);
        if (i)
            *step_rss = fmin(*step_rss, step_rss_of(&all, &after));
        if (n - i < RAMP_BLOCKS_LEAST)
            continue;
        k = fit_sums(&all, &after, onset);
        if (k.slope <= 0 || (has && k.rss >= best->rss))
            continue;
        *best = k;
        best->first = i;
        has = true;
    }
    best->onset += t0;
    best->level += y0;
    best->rss = fmax(0, best->rss);
    *step_rss = fmax(0, *step_rss);
    return has;
}

static double value_at(const struct kink *k, double t)
{
    return t > k->onset ? k->level + k->slope * (t - k->onset) : k->level;
}

/* How alike neighbouring residuals are. */
static double correlation(const struct block *b, size_t n, const double *residuals)
{
    double sum = 0, lag = 0, previous = 0, rho;

    for (size_t i = 0; i < n; i++) {
        double weighted = residuals[i] * sqrt(b[i].count);

        sum += weighted * weighted;
        lag += i ? weighted * previous : 0;
        previous = weighted;
    }
    rho = sum > 0 ? lag / sum : 0;
    return rho < 0 ? 0 : rho > RHO_MAX ? RHO_MAX : rho;
}

/* What a bin's long-run variance is, by the residuals of blocks about a fit that took
 * `parameters`. */
static double long_run_variance(const struct block *b, size_t n, const double *residuals,
                                size_t parameters)
{
    double rho = correlation(b, n, residuals), sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += b[i].count * residuals[i] * residuals[i];
    return sum / (double)(n > parameters ? n - parameters : 1) * (1 + rho) / (1 - rho);
}

static double sum_of_squares(const struct block *b, size_t n, const double *residuals)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += b[i].count * residuals[i] * residuals[i];
    return sum;
}

/* Orthogonal enough on [-1, 1] for the normal equations to keep their digits. */
static void cubic_terms(double u, double p[4])
{
    p[0] = 1;
    p[1] = u;
    p[2] = u * u - 1.0 / 3;
    p[3] = u * u * u - 0.6 * u;
}

static void solve_four(double m[4][5], double x[4])
{
    for (int c = 0; c < 4; c++) {
        for (int r = c + 1; r < 4; r++) {
            double f = m[c][c] > 0 ? m[r][c] / m[c][c] : 0;

            for (int k = c; k < 5; k++)
                m[r][k] -= f * m[c][k];
        }
    }
    for (int r = 3; r >= 0; r--) {
        x[r] = m[r][4];
        for (int c = r + 1; c < 4; c++)
            x[r] -= m[r][c] * x[c];
        x[r] = m[r][r] > 0 ? x[r] / m[r][r] : 0;
    }
}

/* What a cubic leaves of each block. */
static void cubic_residuals(const struct block *b, size_t n, double *residuals)
{
    double from = b[0].t, span = b[n - 1].t - from, m[4][5] = {{0}}, x[4], p[4];

    for (size_t i = 0; i < n; i++) {
        cubic_terms(span > 0 ? 2 * (b[i].t - from) / span - 1 : 0, p);
        for (int r = 0; r < 4; r++) {
            for (int c = 0; c < 4; c++)
                m[r][c] += b[i].count * p[r] * p[c];
            m[r][4] += b[i].count * p[r] * b[i].y;
        }
    }
    solve_four(m, x);
    for (size_t i = 0; i < n; i++) {
        cubic_terms(span > 0 ? 2 * (b[i].t - from) / span - 1 : 0, p);
        residuals[i] = b[i].y - x[0] * p[0] - x[1] * p[1] - x[2] * p[2] - x[3] * p[3];
    }
}

static void kink_residuals(const struct block *b, size_t n, const struct kink *k,
                           double *residuals)
{
    for (size_t i = 0; i < n; i++)
        residuals[i] = b[i].y - value_at(k, b[i].t);
}

/* Where the last part of the growing one begins, by its share, `least` blocks at least.
 */
static size_t last_part(const struct block *b, size_t n, const struct kink *k,
                        double share, size_t least)
{
    double from = k->onset + share * (b[n - 1].to - k->onset);
    size_t first = n;

    while (first > k->first && (b[first - 1].t >= from || n - first < least))
        first--;
    return first;
}

static double slope_of(const struct block *b)
{
    return b->ctt > 0 ? b->cty / b->ctt : 0;
}

static double variance_of_slope(const struct block *b, double variance)
{
    return b->ctt > 0 ? variance / b->ctt : INFINITY;
}

static void set_parts(const struct block *b, size_t n, const struct kink *k,
                      double variance, struct ramp *out)
{
    size_t middle = last_part(b, n, k, 0.5, 3);
    struct block first = join_range(b, k->first, middle);
    struct block second = join_range(b, middle, n);
    struct block quarter = join_range(b, last_part(b, n, k, 0.75, RAMP_BLOCKS_LATEST), n);

    out->early = slope_of(&first);
    out->late = slope_of(&second);
    out->halves_se =
        sqrt(variance_of_slope(&first, variance) + variance_of_slope(&second, variance));
    out->latest = slope_of(&quarter);
    out->latest_se = sqrt(variance_of_slope(&quarter, variance));
}

static void set_recent(const struct block *b, size_t n, const struct kink *k,
                       struct ramp *out)
{
    double from = b[n - 1].to - (b[n - 1].to - k->onset) / 4;

    out->recent_min = b[n - 1].y;
    for (size_t i = n; i-- > k->first && b[i].t >= from;)
        out->recent_min = fmin(out->recent_min, b[i].y);
}

static void set_flat_range(const struct block *b, const struct kink *k, struct ramp *out)
{
    double least = INFINITY, most = -INFINITY;
    double from = b[0].from + (k->onset - b[0].from) / 10; /* a service that starts */

    for (size_t i = 0; i < k->first; i++) {
        if (b[i].from < from)
            continue;
        least = fmin(least, b[i].y);
        most = fmax(most, b[i].y);
    }
    out->flat_range = most >= least ? most - least : INFINITY;
}

static void describe(const struct block *b, size_t n, const struct kink *k,
                     double step_rss, struct ramp *out)
{
    double about_kink[TRAIL_BLOCKS_MAX], about_cubic[TRAIL_BLOCKS_MAX];
    struct block after = join_range(b, k->first, n);
    double kink, cubic, exact = 1e-6 * after.cyy; /* below: figures are no better */

    kink_residuals(b, n, k, about_kink);
    cubic_residuals(b, n, about_cubic);
    kink = sum_of_squares(b, n, about_kink);
    cubic = sum_of_squares(b, n, about_cubic);
    *out = (struct ramp){
        .onset = k->onset,
        .end = b[n - 1].to,
        .level = k->level,
        .slope = k->slope,
        .slope_se = sqrt(long_run_variance(b, n, about_kink, 3) / k->d),
        .blocks = (double)(n - k->first),
        .before = k->onset - b[0].from,
        .step_gain = k->rss > 0 ? step_rss / k->rss : INFINITY,
        .smooth_gain = (kink + exact) / (cubic + exact),
        .noise = sqrt(kink / (double)n),
        .rho = correlation(b, n, about_kink),
        .gap = b[n - 1].from - b[n - 2].to,
        .now = value_at(k, b[n - 1].to),
    };
    out->z = out->slope_se > 0 ? k->slope / out->slope_se : INFINITY;
    out->r2 = after.cyy > 0 ? fmax(0, 1 - sum_of_squares(b + k->first, n - k->first,
                                                         about_kink + k->first) /
                                              after.cyy)
                            : 0;
    set_parts(b, n, k,
              fmin(long_run_variance(b, n, about_kink, 3),
                   long_run_variance(b, n, about_cubic, 4)),
              out);
    set_recent(b, n, k, out);
    set_flat_range(b, k, out);
}

bool ramp_fit(const struct block *blocks, size_t count, struct ramp *out)
{
    struct kink k = {0};
    double step_rss;

    if (count < RAMP_BLOCKS_LEAST || !search(blocks, count, &k, &step_rss))
        return false;
    describe(blocks, count, &k, step_rss, out);
    return true;
}

bool ramp_follow(const struct block *blocks, size_t count, double onset, struct ramp *out)
{
    struct block all, after;
    struct kink k;
    size_t first = 0;

    while (first < count && blocks[first].t < onset)
        first++;
    if (count - first < 3)
        return false;
    all = join_range(blocks, 0, count);
    after = join_range(blocks, first, count);
    k = fit_at(&all, &after, onset);
    if (k.d <= 0)
        return false;
    k.first = first;
    describe(blocks, count, &k, all.cyy, out);
    return true;
}
