#include "model/detect/trail.h"

#include <stdlib.h>
#include <string.h>

#include "model/base/mem.h"
#include "model/base/num.h"
#include "model/units.h"

struct block block_join(const struct block *a, const struct block *b)
{
    struct block j;
    double dt = b->t - a->t, dy = b->y - a->y, share, both;

    if (a->count <= 0)
        return *b;
    if (b->count <= 0)
        return *a;
    j.count = a->count + b->count;
    share = b->count / j.count;
    both = a->count * share;
    j.t = a->t + dt * share;
    j.y = a->y + dy * share;
    j.ctt = a->ctt + b->ctt + dt * dt * both;
    j.cty = a->cty + b->cty + dt * dy * both;
    j.cyy = a->cyy + b->cyy + dy * dy * both;
    j.from = a->from < b->from ? a->from : b->from;
    j.to = a->to > b->to ? a->to : b->to;
    j.min = a->min < b->min ? a->min : b->min;
    j.max = a->max > b->max ? a->max : b->max;
    return j;
}

double trail_seconds(const struct trail *t, int64_t time_ns)
{
    return (double)num_sat_sub_i64(time_ns, t->first_ns) / (double)NS_PER_S;
}

int64_t trail_time(const struct trail *t, double seconds)
{
    /* A double's rounding may carry the end of a trail beyond what 64 bits hold. */
    return num_sat_add_i64(t->first_ns, num_i64_of_double(seconds * (double)NS_PER_S));
}

static struct block open_bin(const struct trail *t)
{
    double at = t->bin_t / t->bin_points, y = t->bin_y / t->bin_points;

    return (struct block){
        .count = 1, .t = at, .y = y, .from = at, .to = at, .min = y, .max = y};
}

static void push(struct trail *t, struct block block)
{
    for (unsigned i = 0; i < TRAIL_LEVELS; i++) {
        struct trail_level *level = &t->levels[i];

        if (!level->blocks)
            level->blocks = mem_alloc_array(TRAIL_KEPT + 1, sizeof *level->blocks);
        level->blocks[level->count++] = block;
        if (level->count <= TRAIL_KEPT)
            return;
        block = block_join(&level->blocks[0], &level->blocks[1]);
        level->count -= 2;
        memmove(level->blocks, level->blocks + 2, level->count * sizeof *level->blocks);
    }
}

bool trail_add(struct trail *t, int64_t time_ns, double value)
{
    double seconds;
    int64_t bin;

    if (!t->has_first) {
        t->has_first = true;
        t->first_ns = time_ns;
    }
    seconds = trail_seconds(t, time_ns);
    bin = num_sat_sub_i64(time_ns, t->first_ns) / TRAIL_BIN_NS;
    if (t->bin_points > 0 && bin == t->bin) {
        t->bin_t += seconds;
        t->bin_y += value;
        t->bin_points++;
        return false;
    }
    if (t->bin_points > 0) {
        push(t, open_bin(t));
        t->bins++;
    }
    t->bin = bin;
    t->bin_t = seconds;
    t->bin_y = value;
    t->bin_points = 1;
    return true;
}

void trail_finish(struct trail *t)
{
    for (unsigned i = 0; i < TRAIL_LEVELS; i++)
        free(t->levels[i].blocks);
    *t = (struct trail){0};
}

unsigned trail_top(const struct trail *t)
{
    unsigned top = 0;

    while (top + 1 < TRAIL_LEVELS && t->levels[top + 1].count)
        top++;
    return top;
}

unsigned trail_due(const struct trail *t)
{
    unsigned top = trail_top(t), due = 0;

    while (due < top && (t->bins >> due) % 2 == 0)
        due++;
    return due;
}

size_t trail_recent(const struct trail *t, unsigned level, struct block *out, size_t room)
{
    size_t count = 0;

    for (unsigned i = level + 1; i-- > 0;) {
        for (unsigned k = 0; k < t->levels[i].count && count < room; k++)
            out[count++] = t->levels[i].blocks[k];
    }
    if (t->bin_points > 0 && count < room)
        out[count++] = open_bin(t);
    return count;
}
