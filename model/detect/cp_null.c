#include "model/detect/cp_internal.h"

#include <stdlib.h>

#include "model/base/mem.h"

/* So few samples cannot tell a random walk from a trend that bends; what people call a
 * change there is taken at its word. */
#define SAMPLES_MIN 40

/* Correlations that are looked at; and how far, in standard deviations of their sum, they
 * may be from none: at 5, chance alone takes three noises of ten thousand for more. */
#define LAGS 10
#define CHANCE_MAX 5.0

/* What each change point must explain beyond noise with a memory, in log(n). */
#define GAIN_MIN 4.0

/* Noise is everywhere: where this share of its squares sits at the change points, it is
 * theirs. Three quarters, since a few of a heavy-tailed noise may sit there by chance. */
#define OWN_SHARE 0.75

/* A change point is right within so many samples, or this share of a longer series. */
#define NEAR_SAMPLES ((size_t)5)
#define NEAR_SHARE ((size_t)100)

/* The memory that noise is allowed: so many samples, one for each hundred of the series.
 * Four are what a random walk seen through noise, or averaged, needs; in a short series
 * so many would pass for any change. */
#define MEMORY_PER ((size_t)100)
#define MEMORY_MAX ((size_t)4)

/* Least squares of a value on 1, its place and the values before it. */
#define TERMS_MAX (2 + MEMORY_MAX)

struct fit {
    size_t terms;
    double matrix[TERMS_MAX][TERMS_MAX + 1]; /* the normal equations */
    double weights[TERMS_MAX];
};

/* What y[i] is told from; false where something is missing. */
static bool terms_at(const double *y, size_t n, size_t i, size_t terms, double *out)
{
    bool is_whole = !isnan(y[i]);

    out[0] = 1;
    out[1] = (double)i / (double)n - 0.5;
    for (size_t k = 2; k < terms; k++) {
        out[k] = y[i + 1 - k];
        is_whole = is_whole && !isnan(out[k]);
    }
    return is_whole;
}

/* Gauss and Jordan; a term that the others tell gets no weight. */
static void solve(struct fit *f)
{
    for (size_t i = 0; i < f->terms; i++) {
        double pivot = f->matrix[i][i];

        for (size_t r = 0; r < f->terms; r++) {
            double share = r != i && pivot > 1e-12 ? f->matrix[r][i] / pivot : 0;

            for (size_t c = i; c <= f->terms && share != 0; c++)
                f->matrix[r][c] -= share * f->matrix[i][c];
        }
    }
    for (size_t i = 0; i < f->terms; i++) {
        double pivot = f->matrix[i][i];

        f->weights[i] = pivot > 1e-12 ? f->matrix[i][f->terms] / pivot : 0;
    }
}

static void fit_memory(struct fit *f, const double *y, size_t n)
{
    double terms[TERMS_MAX];

    for (size_t i = f->terms - 2; i < n; i++) {
        if (!terms_at(y, n, i, f->terms, terms))
            continue;
        for (size_t r = 0; r < f->terms; r++) {
            for (size_t c = 0; c < f->terms; c++)
                f->matrix[r][c] += terms[r] * terms[c];
            f->matrix[r][f->terms] += terms[r] * y[i];
        }
    }
    solve(f);
}

/* What the best memory, and a trend, leave of each value; NaN where a value before is
 * missing. Returns the mean of their squares. */
static double innovations(const double *y, size_t n, double *out)
{
    size_t memory = n / MEMORY_PER;
    struct fit f = {0};
    double terms[TERMS_MAX], squares = 0, count = 0;

    memory = memory < 1 ? 1 : memory > MEMORY_MAX ? MEMORY_MAX : memory;
    f.terms = 2 + memory;
    fit_memory(&f, y, n);
    for (size_t i = 0; i < n; i++) {
        out[i] = NAN;
        if (i < memory || !terms_at(y, n, i, f.terms, terms))
            continue;
        out[i] = y[i];
        for (size_t k = 0; k < f.terms; k++)
            out[i] -= f.weights[k] * terms[k];
        squares += out[i] * out[i];
        count++;
    }
    return count > 0 ? squares / count : 0;
}

/* Ljung and Box's sum of squared correlations, in standard deviations above what noise
 * without memory has. */
static double correlation(const double *e, size_t n)
{
    double count = 0, mean = 0, variance = 0, sum = 0;
    size_t lags = n / 4 < LAGS ? n / 4 : LAGS;

    for (size_t i = 0; i < n; i++) {
        if (!isnan(e[i])) {
            count++;
            mean += e[i];
        }
    }
    mean /= fmax(count, 1);
    for (size_t i = 0; i < n; i++) {
        if (!isnan(e[i]))
            variance += (e[i] - mean) * (e[i] - mean);
    }
    if (!(variance > 0) || count <= LAGS)
        return 0;
    for (size_t lag = 1; lag <= lags; lag++) {
        double product = 0;

        for (size_t i = lag; i < n; i++) {
            if (!isnan(e[i]) && !isnan(e[i - lag]))
                product += (e[i] - mean) * (e[i - lag] - mean);
        }
        product /= variance;
        sum += product * product / (count - (double)lag);
    }
    sum *= count * (count + 2);
    return (sum - (double)lags) / sqrt(2 * (double)lags);
}

/* How far it is from noise with a memory and the same spread all along: the
 * correlations of what memory leaves, and of its magnitudes. Sums over the dimensions. */
struct distance {
    double values, spreads;
};

static void add_distance(struct distance *to, double *e, size_t n)
{
    to->values += correlation(e, n);
    for (size_t i = 0; i < n; i++)
        e[i] = fabs(e[i]);
    to->spreads += correlation(e, n);
}

/* What a level or, where it is worth its price, a line leaves of a segment. */
static void put_left(const struct cp_work *w, size_t dim, size_t from, size_t to,
                     double *out)
{
    const double *y = w->values + dim * w->n;
    struct cp_moments m = cp_moments_of(w, dim, from, to);
    double line = cp_line_rss(&m), slope = m.tt > 0 ? m.ty / m.tt : 0;
    double gain = m.weight * log(fmax(m.yy, 1e-300) / fmax(line, 1e-300));

    if (m.weight <= 2 || gain < 2 * log(m.weight))
        slope = 0;
    for (size_t i = from; i < to; i++)
        out[i] = y[i] - m.y - slope * ((double)i - m.t);
}

static bool pair_at(const double *y, size_t i)
{
    return !isnan(y[i]) && !isnan(y[i - 1]);
}

/* What is left when the best memory of one sample, none to all of it, is taken away. */
static double left_squares(const double *e, size_t n, double *pairs)
{
    double squares = 0, products = 0, befores = 0, memory;

    *pairs = 0;
    for (size_t i = 1; i < n; i++) {
        if (pair_at(e, i)) {
            squares += e[i] * e[i];
            products += e[i] * e[i - 1];
            befores += e[i - 1] * e[i - 1];
            (*pairs)++;
        }
    }
    memory = befores > 0 ? fmin(fmax(products / befores, 0), 1) : 0;
    return squares - 2 * memory * products + memory * memory * befores;
}

/* By how much the change points explain the series better than memory does, in log(n) a
 * point. */
static double gain_of(const struct cp_work *w, size_t dim, const struct cp_founds *f,
                      double noise_variance, double *scratch)
{
    size_t from = 0;
    double left, pairs;

    for (size_t i = 0; i <= f->count; i++) {
        size_t to = i < f->count ? f->items[i].at : w->n;

        put_left(w, dim, from, to, scratch);
        from = to;
    }
    left = left_squares(scratch, w->n, &pairs);
    if (!(noise_variance > 0) || pairs < 1)
        return 0;
    left = fmax(left / pairs / noise_variance, 1e-12);
    return -pairs * log(left) / ((double)f->count * log((double)w->n));
}

/* The squares in [from, to), those in front of `least` left out. */
static double squares_of(const double *e, size_t least, size_t from, size_t to)
{
    double sum = 0;

    for (size_t i = from > least ? from : least; i < to; i++)
        sum += isnan(e[i]) ? 0 : e[i] * e[i];
    return sum;
}

/* A level that turns into a ramp, both without noise, is told from the samples before but
 * for the few at the bend: memory leaves next to nothing of it, and that is all in one
 * place. */
static bool is_at_points(const double *e, size_t n, const struct cp_founds *founds)
{
    size_t slack = n / NEAR_SHARE > NEAR_SAMPLES ? n / NEAR_SHARE : NEAR_SAMPLES;
    size_t seen = 0, places = founds->count * (2 * slack + MEMORY_MAX);
    double near = 0;

    /* So many places hold most of any noise. */
    if (places > n / 4)
        return false;
    for (size_t i = 0; i < founds->count; i++) {
        size_t at = founds->items[i].at, from = at > slack ? at - slack : 0;
        size_t to = n - at > slack + MEMORY_MAX ? at + slack + MEMORY_MAX : n;

        near += squares_of(e, seen, from, to);
        seen = to;
    }
    return near > 0 && near >= OWN_SHARE * squares_of(e, 0, 0, n);
}

static bool is_chance(const struct cp_work *w, const struct cp_founds *founds)
{
    struct distance far = {0};
    double *e = mem_alloc_array(w->n, sizeof *e), gain = 0;
    double bound = CHANCE_MAX * sqrt((double)w->dims);
    bool is_noise = true;

    for (size_t d = 0; d < w->dims; d++) {
        double variance = innovations(w->values + d * w->n, w->n, e);

        is_noise = is_noise && !is_at_points(e, w->n, founds);
        add_distance(&far, e, w->n);
        gain += gain_of(w, d, founds, variance, e) / sqrt((double)w->dims);
    }
    free(e);
    return is_noise && far.values <= bound && far.spreads <= bound && gain < GAIN_MIN;
}

static void turn_founds(struct cp_founds *founds, size_t n)
{
    for (size_t i = 0; i < founds->count; i++)
        founds->items[i].at = n - founds->items[i].at;
    cp_founds_sort(founds);
}

/* Memory may explain a series forwards and not backwards, or the other way round; what
 * it explains in one of them it explains. */
bool cp_is_chance(const struct cp_work *w, struct cp_founds *founds)
{
    struct cp_work turned;
    bool is_it;

    if (w->n < SAMPLES_MIN || founds->count == 0)
        return false;
    if (is_chance(w, founds))
        return true;
    turned = cp_work_dup(w);
    cp_work_turn(&turned);
    turn_founds(founds, w->n);
    is_it = is_chance(&turned, founds);
    turn_founds(founds, w->n);
    cp_work_finish(&turned);
    return is_it;
}
