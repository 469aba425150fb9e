#include <stdlib.h>

#include "model/base/mem.h"
#include "model/detect/cp_internal.h"

/* With a wave in it and without, each forwards and backwards. */
#define BALLOTS_MAX 4

/* Places as they are in the series read the right way round. */
static void turn_votes(struct cp_votes *v)
{
    size_t width = v->count + 1;
    uint64_t *votes = mem_alloc_array(width, sizeof *votes);
    uint32_t *settled = mem_alloc_array(v->models * width, sizeof *settled);

    for (size_t i = 1; i < v->count; i++) {
        votes[i] = v->votes[v->count - i];
        for (unsigned m = 0; m < v->models; m++)
            settled[m * width + i] =
                (uint32_t)v->count - v->settled[m * width + v->count - i];
    }
    free(v->votes);
    free(v->settled);
    v->votes = votes;
    v->settled = settled;
}

/* Forwards and backwards: of places that cost the same a search takes the first, and
 * which one that is must not decide. */
static void search_both_ways(const struct cp_work *w, struct cp_votes *out)
{
    struct cp_work turned = cp_work_dup(w);

    cp_search(w, &out[0]);
    cp_work_turn(&turned);
    cp_search(&turned, &out[1]);
    turn_votes(&out[1]);
    cp_work_finish(&turned);
}

/* A series with a wave in it is looked at with the wave and without it: what shows in
 * one way only is the wave's doing, or that of its taking away. */
void cp_consensus(const struct cp_work *w, struct cp_founds *out)
{
    struct cp_votes votes[BALLOTS_MAX] = {0};
    struct cp_votes *const ballots[] = {&votes[0], &votes[1], &votes[2], &votes[3]};
    struct cp_work calm = cp_work_dup(w);
    struct cp_founds found = {0};
    size_t count = 2;

    assert(w->n <= cp_search_max(w->dims));
    search_both_ways(w, &votes[0]);
    if (cp_take_season(&calm)) {
        search_both_ways(&calm, &votes[2]);
        count = 4;
    }
    cp_vote(ballots, count, &found);
    if (!cp_is_chance(w, &found)) {
        cp_settle_bends(w, &found);
        for (size_t i = 0; i < found.count; i++)
            cp_found_add(out, found.items[i].at, found.items[i].confidence);
    }
    cp_founds_finish(&found);
    for (size_t i = 0; i < BALLOTS_MAX; i++)
        cp_votes_finish(&votes[i]);
    cp_work_finish(&calm);
}
