/*
 * What the modules behind changepoint.h share.
 */
#ifndef MODEL_DETECT_CP_INTERNAL_H
#define MODEL_DETECT_CP_INTERNAL_H

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/detect/changepoint.h"

/* --- cp_prepare.c: values that sums can be made of --- */

/* The input brought to mean 0 and variance 1 in each dimension, so that 1e300 and
 * 1e-300 can be squared; missing values and spikes are NaN. A dimension without any
 * variation is all NaN: it says nothing. */
struct cp_work {
    size_t n, dims;
    double *values; /* as in cp_input */
    bool *is_flat;  /* of each dimension; the input's own only */
    size_t *spikes;
    size_t spike_count, spike_capacity;
};

void cp_prepare(struct cp_work *w, const struct cp_input *in);
void cp_work_finish(struct cp_work *w);
void cp_work_turn(struct cp_work *w);                /* the values backwards */
struct cp_work cp_work_dup(const struct cp_work *w); /* without the spikes */

/* One column to mean 0 and variance 1; false when there is no variation. */
bool cp_standardise(double *y, size_t n);

/* --- cp_season.c: waves --- */

/* Takes a repeating wave out of each dimension that has one; false when none has. */
bool cp_take_season(struct cp_work *w);

/* --- cp_moments.c: sums of a run of samples --- */

/* Means and sums of squares about them, which merge without cancelling: 10^9 bytes
 * squared, summed and subtracted would eat all 53 bits. */
struct cp_moments {
    double weight;     /* samples that are there */
    double t, y;       /* their mean place and value */
    double tt, ty, yy; /* sums of products about these means */
};

void cp_moments_add(struct cp_moments *m, double t, double y);
void cp_moments_merge(struct cp_moments *m, const struct cp_moments *other);
struct cp_moments cp_moments_of(const struct cp_work *w, size_t dim, size_t from,
                                size_t to);

/* Sum of squares about the straight line; yy is the one about the mean. */
static inline double cp_line_rss(const struct cp_moments *m)
{
    double rss = m->tt > 0 ? m->yy - m->ty / m->tt * m->ty : m->yy;

    return rss > 0 ? rss : 0;
}

/* --- cp_founds.c: change points so far --- */

struct cp_found {
    size_t at; /* a sample */
    double confidence;
    bool is_exact; /* found sample by sample in a long series */
};

struct cp_founds {
    struct cp_found *items;
    size_t count, capacity;
};

void cp_found_add(struct cp_founds *f, size_t at, double confidence);
void cp_founds_sort(struct cp_founds *f);
void cp_founds_finish(struct cp_founds *f);

/* --- cp_search.c: partitions under every setting --- */

#define CP_MODELS_MAX 64

/* Bit m of votes[i]: setting m cuts in front of sample i. */
struct cp_votes {
    uint64_t *votes; /* count + 1 of them */
    /* Where that cut sits best by least squares: settled[m * (count + 1) + i]. */
    uint32_t *settled;
    size_t count; /* samples */
    unsigned models;
};

/* Most samples that one search takes. */
size_t cp_search_max(size_t dims);

void cp_search(const struct cp_work *w, struct cp_votes *out);
void cp_votes_finish(struct cp_votes *v);

/* --- cp_vote.c --- */

/* Appends what enough models agree about, in order. */
void cp_vote(struct cp_votes *const *ballots, size_t ballot_count, struct cp_founds *out);

/* --- cp_null.c: is it all chance? --- */

/* True when the whole series looks like noise with a memory, up to a random walk, and
 * the change points do not explain it better. Such noise has shapes that any search
 * finds. */
bool cp_is_chance(const struct cp_work *w, struct cp_founds *founds);

/* --- cp_consensus.c: all of the above --- */

/* The change points of a series of at most cp_search_max samples, appended. */
void cp_consensus(const struct cp_work *w, struct cp_founds *out);

/* --- cp_long.c, cp_scan.c: a series of any length --- */

void cp_long(const struct cp_work *w, struct cp_founds *out);

/* Appends jumps that stand out within up to width_max samples of either side. */
void cp_scan(const struct cp_work *w, size_t width_max, struct cp_founds *out);

/* --- cp_refine.c --- */

/* The place in [from, to] that splits [before, after) best. */
size_t cp_refine(const struct cp_work *w, size_t before, size_t from, size_t to,
                 size_t after);

/* Drops what does not pay at full resolution: places that another one explains. */
void cp_drop_worthless(const struct cp_work *w, struct cp_founds *founds);

/* Moves each point at which two lines meet to where they meet best: lines that need not
 * meet leave that to the noise. For a short series. */
void cp_settle_bends(const struct cp_work *w, struct cp_founds *founds);

/* What changes at `at`, between the segments [from, at) and [at, to). */
enum cp_kind cp_kind_of(const struct cp_work *w, size_t from, size_t at, size_t to);

#endif
