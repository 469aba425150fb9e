#include <stdlib.h>

#include "model/base/mem.h"
#include "model/detect/cp_internal.h"

/* Cuts so near each other mean the same change: so many samples, or this share of a
 * longer series. */
#define NEAR_SAMPLES 5
#define NEAR_SHARE 100

/* Share of the settings that must agree. */
#define AGREEMENT 0.5

/* … when they do not say where, and their cuts had to be moved first. */
#define AGREEMENT_SETTLED 0.8

static unsigned count_bits(uint64_t bits)
{
    unsigned count = 0;

    for (; bits; bits &= bits - 1)
        count++;
    return count;
}

struct window {
    size_t from, to; /* edges, half-open */
};

/* Several searches of the same series vote together. */
struct ballot {
    struct cp_votes *const *votes;
    size_t count; /* of searches */
    size_t samples;
    size_t near;
    unsigned models;
};

static struct window window_of(const struct ballot *b, size_t at)
{
    struct window w = {at > b->near ? at - b->near : 1, at + b->near + 1};

    if (w.to > b->samples)
        w.to = b->samples;
    return w;
}

static unsigned votes_at(const struct ballot *b, size_t at)
{
    unsigned count = 0;

    for (size_t k = 0; k < b->count; k++)
        count += count_bits(b->votes[k]->votes[at]);
    return count;
}

/* How many models cut near `at`, and how far from it, squared, in all. */
static unsigned support(const struct ballot *b, size_t at, size_t *spread)
{
    struct window w = window_of(b, at);
    unsigned models = 0;

    *spread = 0;
    for (size_t k = 0; k < b->count; k++) {
        uint64_t who = 0;

        for (size_t i = w.from; i < w.to; i++) {
            uint64_t votes = b->votes[k]->votes[i];

            who |= votes;
            *spread += count_bits(votes) * (i > at ? i - at : at - i) *
                       (i > at ? i - at : at - i);
        }
        models += count_bits(who);
    }
    return models;
}

/* The middle one of the votes near `at`; of two in the middle the one that has more, so
 * that the series read backwards gives the same place. */
static size_t middle(const struct ballot *b, size_t at)
{
    struct window w = window_of(b, at);
    size_t total = 0, seen = 0, first = w.to;

    for (size_t i = w.from; i < w.to; i++)
        total += votes_at(b, i);
    for (size_t i = w.from; i < w.to; i++) {
        unsigned votes = votes_at(b, i);

        seen += votes;
        if (first == w.to && 2 * seen >= total)
            first = i;
        if (votes > 0 && 2 * seen > total)
            return votes > votes_at(b, first) ? i : first;
    }
    return at;
}

static bool find_best(const struct ballot *b, unsigned needed, size_t *best,
                      unsigned *best_support)
{
    size_t best_spread = 0;

    *best_support = 0;
    for (size_t at = 1; at < b->samples; at++) {
        size_t spread;
        unsigned models;

        if (votes_at(b, at) == 0)
            continue;
        models = support(b, at, &spread);
        if (models > *best_support || (models == *best_support && spread < best_spread)) {
            *best = at;
            *best_support = models;
            best_spread = spread;
        }
    }
    return *best_support >= needed;
}

static void clear_window(const struct ballot *b, struct window w)
{
    for (size_t k = 0; k < b->count; k++) {
        for (size_t i = w.from; i < w.to; i++)
            b->votes[k]->votes[i] = 0;
    }
}

static void move_votes(struct cp_votes *v)
{
    uint64_t *moved = mem_alloc_array(v->count + 1, sizeof *moved);

    for (size_t i = 1; i < v->count; i++) {
        for (unsigned m = 0; m < v->models; m++) {
            uint64_t bit = UINT64_C(1) << m;

            if (v->votes[i] & bit)
                moved[v->settled[m * (v->count + 1) + i]] |= bit;
        }
    }
    free(v->votes);
    v->votes = moved;
}

static void count_votes(const struct ballot *b, double agreement, struct cp_founds *out)
{
    unsigned needed = (unsigned)ceil(agreement * b->models), models;
    size_t at = 0;

    while (find_best(b, needed, &at, &models)) {
        at = middle(b, at);
        cp_found_add(out, at, (double)models / b->models);
        clear_window(b, window_of(b, at));
    }
}

/* First by where the cuts are, then what is left by where they would sit best. */
void cp_vote(struct cp_votes *const *ballots, size_t ballot_count, struct cp_founds *out)
{
    struct ballot b = {
        .votes = ballots,
        .count = ballot_count,
        .samples = ballots[0]->count,
    };

    b.near = b.samples / NEAR_SHARE;
    b.near = b.near > NEAR_SAMPLES ? b.near : NEAR_SAMPLES;
    for (size_t k = 0; k < ballot_count; k++)
        b.models += ballots[k]->models;
    count_votes(&b, AGREEMENT, out);
    for (size_t k = 0; k < ballot_count; k++)
        move_votes(ballots[k]);
    count_votes(&b, AGREEMENT_SETTLED, out);
    cp_founds_sort(out);
}
