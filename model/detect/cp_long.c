#include "model/detect/cp_internal.h"

#include <stdlib.h>

#include "model/base/mem.h"

/* A long series is searched as so many means of equal stretches: chance is as rare there
 * as in a short series, whatever the noise's memory, which the means do not share. */
#define STRETCHES_MAX ((size_t)1024)

/* Stretches shorter than this have no spread to speak of. */
#define SPREAD_SAMPLES_MIN 8

/* A found place is right within so many stretches; what lies nearer to one that was found
 * in another way is the same. */
#define SLACK 2

/* The logarithm of no spread at all, in a series of variance 1. */
#define SPREAD_MIN 1e-12

struct stretches {
    size_t n, count;
};

/* Where stretch `i` begins: the same read backwards. */
static size_t start_of(const struct stretches *s, size_t i)
{
    size_t whole = s->n / s->count, over = s->n % s->count;

    return i * whole + (i * over + s->count / 2) / s->count;
}

static struct cp_work work_of(size_t n, size_t dims)
{
    struct cp_work w = {.n = n, .dims = dims};

    w.values = mem_alloc_array(n * dims, sizeof *w.values);
    return w;
}

/* Both kinds of short series in one pass. */
static void shorten(const struct cp_work *w, const struct stretches *s,
                    struct cp_work *means, struct cp_work *spreads)
{
    for (size_t d = 0; d < w->dims; d++) {
        double *mean = means->values + d * s->count;
        double *spread = spreads->values + d * s->count;

        for (size_t i = 0; i < s->count; i++) {
            struct cp_moments m = cp_moments_of(w, d, start_of(s, i), start_of(s, i + 1));
            double variance = cp_line_rss(&m) / fmax(m.weight - 2, 1);

            mean[i] = m.weight > 0 ? m.y : NAN;
            spread[i] =
                m.weight >= SPREAD_SAMPLES_MIN ? log(fmax(variance, SPREAD_MIN)) : NAN;
        }
        cp_standardise(mean, s->count);
    }
}

/* A stretch in which the level jumps has a spread that is none. */
static void clear_near(struct cp_work *spreads, const struct cp_founds *founds,
                       const struct stretches *s)
{
    for (size_t i = 0; i < founds->count; i++) {
        size_t at =
            (size_t)((double)founds->items[i].at * (double)s->count / (double)s->n);
        size_t from = at > 1 ? at - 1 : 0, to = at + 2 < s->count ? at + 2 : s->count;

        for (size_t d = 0; d < spreads->dims; d++) {
            for (size_t k = from; k < to; k++)
                spreads->values[d * s->count + k] = NAN;
        }
    }
}

/* Is nothing of the first `count`, which are in order, within the slack? */
static bool is_new(const struct cp_founds *founds, size_t count, size_t at, size_t slack)
{
    size_t from = 0, to = count;

    while (from < to) {
        size_t middle = from + (to - from) / 2;

        if (founds->items[middle].at + slack < at)
            from = middle + 1;
        else
            to = middle;
    }
    return from == count || founds->items[from].at > at + slack;
}

/* What the short series shows, as places of the long one, but for what is known. */
static void add_found(const struct cp_work *brief, const struct stretches *s,
                      struct cp_founds *out)
{
    struct cp_founds found = {0};
    size_t known = out->count, slack = SLACK * (s->n / s->count + 1);

    cp_consensus(brief, &found);
    for (size_t i = 0; i < found.count; i++) {
        size_t at = start_of(s, found.items[i].at);

        if (is_new(out, known, at, slack))
            cp_found_add(out, at, found.items[i].confidence);
    }
    cp_founds_sort(out);
    cp_founds_finish(&found);
}

/* The best place within the slack, the neighbours as they are. */
static void relocate(const struct cp_work *w, const struct stretches *s,
                     struct cp_founds *founds)
{
    size_t slack = SLACK * (s->n / s->count + 1);

    for (size_t i = 0; i < founds->count; i++) {
        size_t before = i > 0 ? founds->items[i - 1].at : 0;
        size_t after = i + 1 < founds->count ? founds->items[i + 1].at : w->n;
        size_t at = founds->items[i].at;
        size_t from = at - before > slack ? at - slack : before + 1;
        size_t to = after - at > slack ? at + slack : after - 1;

        if (founds->items[i].is_exact || from >= to)
            continue;
        founds->items[i].at = cp_refine(w, before, from, to, after);
    }
}

static void drop_doubles(struct cp_founds *founds)
{
    size_t kept = 0;

    for (size_t i = 0; i < founds->count; i++) {
        if (kept == 0 || founds->items[kept - 1].at < founds->items[i].at)
            founds->items[kept++] = founds->items[i];
    }
    founds->count = kept;
}

void cp_long(const struct cp_work *w, struct cp_founds *out)
{
    size_t most = cp_search_max(w->dims);
    struct stretches s = {w->n, most < STRETCHES_MAX ? most : STRETCHES_MAX};
    struct cp_work means = work_of(s.count, w->dims);
    struct cp_work spreads = work_of(s.count, w->dims);

    /* Short and strong ones first: their places are exact. */
    cp_scan(w, SLACK * (w->n / s.count + 1), out);
    shorten(w, &s, &means, &spreads);
    add_found(&means, &s, out);
    clear_near(&spreads, out, &s);
    for (size_t d = 0; d < w->dims; d++)
        cp_standardise(spreads.values + d * s.count, s.count);
    add_found(&spreads, &s, out);
    relocate(w, &s, out);
    drop_doubles(out);
    cp_drop_worthless(w, out);
    cp_work_finish(&means);
    cp_work_finish(&spreads);
}
