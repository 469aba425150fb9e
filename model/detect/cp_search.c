#include "model/detect/cp_internal.h"

#include <stdlib.h>

#include "model/base/compiler.h"
#include "model/base/mem.h"

/*
 * The settings that vote. A segment of m samples costs m log(variance), the variance
 * about its mean, or about a straight line at a price; it is never taken for less than a
 * share of the whole series' variance, or stretches that happen to be flat would be
 * worth any number of cuts. Each cut has its price. Prices are in log(n).
 */
static const double floors[] = {0.001, 0.003, 0.01, 0.03};

/* Prices that hold for noise without memory. */
static const double plain_prices[] = {4, 6, 8, 10, 14};

/* Prices that are raised by the noise's memory, which is what is left after the cuts:
 * found in rounds. */
static const double scaled_prices[] = {2, 3, 4, 5};
#define ROUNDS 3

/* A factor that moves by less has settled. */
#define SETTLED 1e-3

/* A line's price, as a share of a cut's. */
#define LINE_SHARE 0.3

/* A cut costs a place, and a mean and a variance in each dimension; at one log(n) for
 * each the prices above are right for three dimensions and a half. Beyond that they rise.
 */
#define PARAMETERS_COVERED 8.0

/* Correlation from one sample to the next is not believed beyond this: a longer memory
 * cannot be told from a trend. */
#define MEMORY_MAX 0.99

/* Costs that differ by less, relatively, are the same. */
#define TIE 1e-10

/* Samples that a segment takes at least. */
#define SEGMENT_MIN 2

/* Variance that is below any floor. */
#define VARIANCE_MIN 1e-6

/* The search looks at each pair of places in each dimension: two million pairs take
 * 32 MB and a tenth of a second or two. */
#define PAIRS_MAX ((size_t)1 << 21)
#define SAMPLES_MIN 64

/* The logarithms of the variance of every run of samples, about mean and line:
 * [dim][row_of(end) + first]. */
struct pairs {
    const struct cp_work *work;
    size_t count; /* of pairs, in each dimension */
    double *mean_logs;
    double *line_logs;
    double *weights; /* samples in front of each place: [dim * (n + 1) + place] */
    /* 0; or no end of it in front of a sample that is missing in every dimension: all
     * cuts in a gap are the same, and rounding must not choose. */
    double *penalties;
};

/* One setting's partition, as far as it was found. */
struct partition {
    double floor_log;
    double price;
    bool is_scaled;
    double factor;      /* by which the price is raised */
    bool is_done;       /* … and it will not change any more */
    double cut, line;   /* what each costs */
    size_t oldest;      /* earlier beginnings cannot win any more … */
    size_t oldest_next; /* … nor these, when the next cut is far enough */
    double *costs;      /* best cost of everything in front of each place */
    uint32_t *befores;  /* the cut before that place; 0 = none */
};

size_t cp_search_max(size_t dims)
{
    size_t count = (size_t)sqrt(2.0 * (double)PAIRS_MAX / (double)(dims ? dims : 1));

    return count > SAMPLES_MIN ? count : SAMPLES_MIN;
}

/* Where the runs that end in front of `end` begin. */
static size_t row_of(size_t end)
{
    return end * (end - 1) / 2;
}

static double log_of(double rss, double weight)
{
    return log(fmax(rss / fmax(weight, 1), VARIANCE_MIN));
}

static void fill_pairs(struct pairs *p, size_t dim)
{
    size_t n = p->work->n;
    const double *y = p->work->values + dim * n;
    double *weights = p->weights + dim * (n + 1);

    for (size_t end = 1; end <= n; end++) {
        double *means = p->mean_logs + dim * p->count + row_of(end);
        double *lines = p->line_logs + dim * p->count + row_of(end);
        struct cp_moments run = {0};

        weights[end] = weights[end - 1] + (isnan(y[end - 1]) ? 0 : 1);
        for (size_t first = end; first-- > 0;) {
            if (!isnan(y[first]))
                cp_moments_add(&run, (double)first, y[first]);
            means[first] = log_of(run.yy, run.weight);
            lines[first] = log_of(cp_line_rss(&run), run.weight);
        }
    }
}

static bool is_gap(const struct cp_work *w, size_t i)
{
    for (size_t d = 0; d < w->dims; d++) {
        if (!isnan(w->values[d * w->n + i]))
            return false;
    }
    return true;
}

static void pairs_init(struct pairs *p, const struct cp_work *w)
{
    *p = (struct pairs){.work = w, .count = row_of(w->n + 1)};
    p->mean_logs = mem_alloc_array(p->count * w->dims, sizeof *p->mean_logs);
    p->line_logs = mem_alloc_array(p->count * w->dims, sizeof *p->line_logs);
    p->weights = mem_alloc_array((w->n + 1) * w->dims, sizeof *p->weights);
    p->penalties = mem_alloc_array(w->n + 1, sizeof *p->penalties);
    for (size_t d = 0; d < w->dims; d++)
        fill_pairs(p, d);
    for (size_t i = 1; i < w->n; i++)
        p->penalties[i] = is_gap(w, i) ? INFINITY : 0;
}

static void pairs_finish(struct pairs *p)
{
    free(p->mean_logs);
    free(p->line_logs);
    free(p->weights);
    free(p->penalties);
}

/* What the runs from each of [from, to) up to one end cost in one dimension. */
struct run_costs {
    const double *means, *lines, *weights;
    double end_weight;
    size_t from, to;
};

/* Written so that compilers make vectors of it. */
static void add_costs(double *restrict row, const struct run_costs *c, double floor_log,
                      double line_price)
{
    const double *means = c->means, *lines = c->lines, *weights = c->weights;
    double end_weight = c->end_weight;

    for (size_t i = c->from; i < c->to; i++) {
        double weight = end_weight - weights[i];
        double mean = means[i] > floor_log ? means[i] : floor_log;
        double line = lines[i] > floor_log ? lines[i] : floor_log;
        double level_cost = weight * mean, line_cost = weight * line + line_price;

        row[i] += level_cost < line_cost ? level_cost : line_cost;
    }
}

/* The first of the best in [from, to). Where both sides are below the floor many places
 * cost the same, and rounding must not choose. */
static size_t first_best(const double *row, size_t from, size_t to, double best)
{
    double bound = best + TIE * (1 + fabs(best));

    while (from < to && row[from] > bound)
        from++;
    return from < to ? from : 0;
}

/*
 * The best last cut in front of `end`. Beginnings that lose by more than a line's price
 * now lose for good (Killick et al.: what cutting at `end` gains, a later end cannot take
 * back), so the oldest ones are dropped; where the series changes often few are left.
 */
static void extend(struct partition *t, const struct pairs *p, size_t end, double *row)
{
    size_t n = p->work->n, to = end < SEGMENT_MIN ? 0 : end - SEGMENT_MIN + 1;
    double best = INFINITY;

    for (size_t i = t->oldest; i < to; i++)
        row[i] = t->costs[i] + t->cut + p->penalties[i];
    for (size_t d = 0; d < p->work->dims; d++) {
        const struct run_costs costs = {
            p->mean_logs + d * p->count + row_of(end),
            p->line_logs + d * p->count + row_of(end),
            p->weights + d * (n + 1),
            p->weights[d * (n + 1) + end],
            t->oldest,
            to,
        };

        add_costs(row, &costs, t->floor_log, t->line);
    }
    for (size_t i = t->oldest; i < to; i++)
        best = row[i] < best ? row[i] : best;
    t->befores[end] = (uint32_t)first_best(row, t->oldest, to, best);
    t->costs[end] = best;
    t->oldest = t->oldest_next;
    while (t->oldest_next < to &&
           row[t->oldest_next] - t->cut > best + t->line * (double)p->work->dims)
        t->oldest_next++;
}

/* All partitions that are not settled, in one pass over the pairs. */
static void sweep(struct partition *ts, unsigned count, const struct pairs *p,
                  double *row)
{
    double dims = (double)p->work->dims;

    for (unsigned m = 0; m < count; m++) {
        double cut = ts[m].price * ts[m].factor;

        ts[m].line = LINE_SHARE * cut;
        ts[m].cut = cut * fmax(1, (2 * dims + 1) / PARAMETERS_COVERED);
        if (!ts[m].is_done)
            ts[m].oldest = ts[m].oldest_next = 0;
    }
    for (size_t end = 1; end <= p->work->n; end++) {
        for (unsigned m = 0; m < count; m++) {
            if (!ts[m].is_done)
                extend(&ts[m], p, end, row);
        }
    }
}

/* Adds the sums of squares of what the segment's line leaves, and of its steps. */
static void add_left(const double *y, size_t from, size_t to, double *squares,
                     double *steps)
{
    struct cp_moments m = {0};
    double slope, last = NAN;

    for (size_t i = from; i < to; i++) {
        if (!isnan(y[i]))
            cp_moments_add(&m, (double)i, y[i]);
    }
    slope = m.tt > 0 ? m.ty / m.tt : 0;
    for (size_t i = from; i < to; i++) {
        double left = y[i] - m.y - slope * ((double)i - m.t);

        if (!isnan(left))
            *squares += left * left;
        if (!isnan(left - last))
            *steps += (left - last) * (left - last);
        last = left;
    }
}

/* By how much noise with a memory makes chance look like change: the square root of its
 * long-run variance over its variance, mean of the dimensions. NULL: of a single segment.
 */
static double memory_factor(const struct cp_work *w, const uint32_t *befores)
{
    double factor = 0;

    for (size_t d = 0; d < w->dims; d++) {
        double squares = 0, steps = 0, memory = 0;

        for (size_t to = w->n; to > 0;) {
            size_t from = befores ? befores[to] : 0;

            add_left(w->values + d * w->n, from, to, &squares, &steps);
            to = from;
        }
        if (squares > 0)
            memory = fmin(fmax(1 - steps / (2 * squares), 0), MEMORY_MAX);
        factor += sqrt((1 + memory) / (1 - memory));
    }
    return factor / (double)w->dims;
}

static void add_partition(struct partition *ts, unsigned *count, double floor,
                          double price, double factor, size_t n)
{
    struct partition *t = &ts[(*count)++];

    assert(*count <= CP_MODELS_MAX);
    t->floor_log = log(floor);
    t->price = price * log((double)n);
    t->is_scaled = factor > 0;
    t->factor = factor > 0 ? factor : 1;
    t->costs = mem_alloc_array(n + 1, sizeof *t->costs);
    t->befores = mem_alloc_array(n + 1, sizeof *t->befores);
}

static unsigned list_partitions(struct partition *ts, const struct cp_work *w)
{
    double factor = memory_factor(w, NULL);
    unsigned count = 0;

    for (size_t f = 0; f < COUNT_OF(floors); f++) {
        for (size_t i = 0; i < COUNT_OF(plain_prices); i++)
            add_partition(ts, &count, floors[f], plain_prices[i], 0, w->n);
        for (size_t i = 0; i < COUNT_OF(scaled_prices); i++)
            add_partition(ts, &count, floors[f], scaled_prices[i], factor, w->n);
    }
    return count;
}

/* False when nothing is left to do. */
static bool next_round(struct partition *ts, unsigned count, const struct cp_work *w)
{
    bool has_more = false;

    for (unsigned m = 0; m < count; m++) {
        struct partition *t = &ts[m];
        double factor =
            t->is_scaled && !t->is_done ? memory_factor(w, t->befores) : t->factor;

        t->is_done = fabs(factor - t->factor) <= SETTLED * t->factor;
        t->factor = factor;
        has_more |= !t->is_done;
    }
    return has_more;
}

/* One segment as the setting took it: its cost, and whether as a line. */
static bool is_line(const struct partition *t, const struct pairs *p, size_t dim,
                    size_t from, size_t to)
{
    size_t at = dim * p->count + row_of(to) + from;
    const double *weights = p->weights + dim * (p->work->n + 1);
    double weight = weights[to] - weights[from];

    return weight * fmax(p->line_logs[at], t->floor_log) + t->line <
           weight * fmax(p->mean_logs[at], t->floor_log);
}

static double rss_of(const struct pairs *p, size_t dim, size_t from, size_t to,
                     bool as_line)
{
    size_t at = dim * p->count + row_of(to) + from;
    const double *weights = p->weights + dim * (p->work->n + 1);

    return (weights[to] - weights[from]) *
           exp(as_line ? p->line_logs[at] : p->mean_logs[at]);
}

/* The best place for the cut between `from` and `to`, by least squares. A floor makes a
 * setting blind to how well a cut sits once it sits well enough; each would stop at
 * another place, and none would agree. */
static size_t settle(const struct partition *t, const struct pairs *p, size_t from,
                     size_t at, size_t to, double *row)
{
    size_t best = at;

    for (size_t i = from + SEGMENT_MIN; i + SEGMENT_MIN <= to; i++)
        row[i] = p->penalties[i];
    for (size_t d = 0; d < p->work->dims; d++) {
        bool left = is_line(t, p, d, from, at), right = is_line(t, p, d, at, to);
        double n = p->weights[d * (p->work->n + 1) + to] -
                   p->weights[d * (p->work->n + 1) + from];

        for (size_t i = from + SEGMENT_MIN; i + SEGMENT_MIN <= to; i++)
            row[i] +=
                n * log(fmax(rss_of(p, d, from, i, left) + rss_of(p, d, i, to, right),
                             VARIANCE_MIN));
    }
    for (size_t i = from + SEGMENT_MIN; i + SEGMENT_MIN <= to; i++)
        best = row[i] < row[best] ? i : best;
    return best;
}

/* Each cut in turn between its neighbours as they were. */
static void put_votes(const struct partition *t, const struct pairs *p, unsigned model,
                      struct cp_votes *out, double *row)
{
    size_t to = p->work->n, at = t->befores[to];

    while (at > 0) {
        size_t from = t->befores[at];

        out->votes[at] |= UINT64_C(1) << model;
        out->settled[model * (p->work->n + 1) + at] =
            (uint32_t)settle(t, p, from, at, to, row);
        to = at;
        at = from;
    }
}

void cp_search(const struct cp_work *w, struct cp_votes *out)
{
    struct partition ts[CP_MODELS_MAX] = {0};
    double *row = mem_alloc_array(w->n + 1, sizeof *row);
    struct pairs p;

    pairs_init(&p, w);
    *out = (struct cp_votes){.count = w->n, .models = list_partitions(ts, w)};
    out->votes = mem_alloc_array(w->n + 1, sizeof *out->votes);
    out->settled = mem_alloc_array(out->models * (w->n + 1), sizeof *out->settled);
    sweep(ts, out->models, &p, row);
    for (int i = 0; i < ROUNDS && next_round(ts, out->models, w); i++)
        sweep(ts, out->models, &p, row);
    for (unsigned m = 0; m < out->models; m++) {
        put_votes(&ts[m], &p, m, out, row);
        free(ts[m].costs);
        free(ts[m].befores);
    }
    free(row);
    pairs_finish(&p);
}

void cp_votes_finish(struct cp_votes *v)
{
    free(v->votes);
    free(v->settled);
    *v = (struct cp_votes){0};
}
