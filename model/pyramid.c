#include "model/pyramid.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/base/compiler.h"
#include "model/base/mem.h"

struct pyramid_levels {
    struct extent *levels[PYRAMID_LEVELS];
    size_t firsts[PYRAMID_LEVELS]; /* index of levels[][0]; a multiple of the fan */
    size_t counts[PYRAMID_LEVELS];
    size_t capacities[PYRAMID_LEVELS];
};

struct extent extent_empty(void)
{
    return (struct extent){INFINITY, -INFINITY};
}

void extent_merge(struct extent *into, struct extent other)
{
    into->min = other.min < into->min ? other.min : into->min;
    into->max = other.max > into->max ? other.max : into->max;
}

void pyramid_finish(struct pyramid *p)
{
    for (size_t i = 0; p->known && i < PYRAMID_LEVELS; i++)
        free(p->known->levels[i]);
    free(p->known);
    *p = (struct pyramid){0};
}

#define FAN_MASK (((size_t)1 << PYRAMID_FAN_LOG2) - 1)

/* Forgets the oldest of a level that is longer than it may be by `index`. The top level
 * never does: nothing stands above it. */
static void level_forget(struct pyramid_levels *p, unsigned level, size_t index,
                         size_t retired_blocks)
{
    size_t known = p->firsts[level], first, gone;

    if (index - known < PYRAMID_LEVEL_MAX || level + 1 == PYRAMID_LEVELS ||
        p->counts[level + 1] == 0)
        return;
    first = retired_blocks >> (level * PYRAMID_FAN_LOG2);
    if (first > index - PYRAMID_LEVEL_KEPT)
        first = index - PYRAMID_LEVEL_KEPT;
    first &= ~FAN_MASK;
    if (first <= known)
        return;
    gone = first - known;
    p->counts[level] = gone < p->counts[level] ? p->counts[level] - gone : 0;
    memmove(p->levels[level], p->levels[level] + gone,
            p->counts[level] * sizeof(struct extent));
    p->firsts[level] = first;
}

/* What a long past took, before it was retired, is given back. */
static void level_shrink(struct pyramid_levels *p, unsigned level)
{
    struct extent *smaller;

    if (p->capacities[level] <= 2 * PYRAMID_LEVEL_MAX ||
        p->counts[level] > PYRAMID_LEVEL_MAX)
        return;
    smaller = realloc(p->levels[level], PYRAMID_LEVEL_MAX * sizeof *smaller);
    if (!smaller)
        return; /* the larger one does as well */
    p->levels[level] = smaller;
    p->capacities[level] = PYRAMID_LEVEL_MAX;
}

static void level_merge(struct pyramid_levels *p, unsigned level, size_t index,
                        struct extent extent)
{
    size_t at;

    if (p->counts[level] == 0) /* also of a column that began when others were old */
        p->firsts[level] = index & ~FAN_MASK;
    at = index - p->firsts[level];
    p->levels[level] =
        mem_grow(p->levels[level], &p->capacities[level], at + 1, sizeof(struct extent));
    while (p->counts[level] <= at)
        p->levels[level][p->counts[level]++] = extent_empty();
    extent_merge(&p->levels[level][at], extent);
}

void pyramid_add(struct pyramid *pyramid, size_t block, struct extent extent)
{
    struct pyramid_levels *p = pyramid->known;

    if (!p)
        p = pyramid->known = mem_alloc(sizeof *p);
    for (unsigned level = 0; level < PYRAMID_LEVELS; level++) {
        size_t index = block >> (level * PYRAMID_FAN_LOG2);

        if (UNLIKELY(pyramid->retired_blocks && p->counts[level])) {
            level_forget(p, level, index, pyramid->retired_blocks);
            level_shrink(p, level);
        }
        level_merge(p, level, index, extent);
        if (index == 0)
            return; /* one entry tops the level: the next begins with its second */
        if (level + 1 < PYRAMID_LEVELS && p->counts[level + 1] == 0 &&
            p->firsts[level] == 0)
            level_merge(p, level + 1, 0, p->levels[level][0]);
    }
}

void pyramid_retire(struct pyramid *pyramid, size_t before_block)
{
    struct pyramid_levels *p = pyramid->known;

    if (before_block <= pyramid->retired_blocks)
        return;
    pyramid->retired_blocks = before_block;
    for (unsigned level = 0; p && level < PYRAMID_LEVELS && p->counts[level]; level++) {
        level_forget(p, level, p->firsts[level] + p->counts[level] - 1, before_block);
        level_shrink(p, level);
    }
}

static void merge_one(const struct pyramid_levels *p, unsigned level, size_t index,
                      struct extent *out)
{
    if (index >= p->firsts[level] && index - p->firsts[level] < p->counts[level])
        extent_merge(out, p->levels[level][index - p->firsts[level]]);
}

void pyramid_merge(const struct pyramid *pyramid, size_t from, size_t to,
                   struct extent *out)
{
    const struct pyramid_levels *p = pyramid->known;

    for (unsigned level = 0; p && from < to; level++) {
        bool is_top = level == PYRAMID_LEVELS - 1 || p->counts[level + 1] == 0;
        size_t first = p->firsts[level];

        if (is_top) {
            if (to > first + p->counts[level])
                to = first + p->counts[level];
            for (from = from > first ? from : first; from < to; from++)
                merge_one(p, level, from, out);
            return;
        }
        while (from < to && from >= first && (from & FAN_MASK))
            merge_one(p, level, from++, out);
        while (from < to && to > first && (to & FAN_MASK))
            merge_one(p, level, --to, out);
        if (from == to)
            return;
        /* What the level forgot: the next one up knows it in one with its neighbours. */
        from >>= PYRAMID_FAN_LOG2;
        to = (to + FAN_MASK) >> PYRAMID_FAN_LOG2;
    }
}

size_t pyramid_memory_bytes(const struct pyramid *p)
{
    size_t bytes = 0;

    for (size_t i = 0; p->known && i < PYRAMID_LEVELS; i++)
        bytes += p->known->capacities[i] * sizeof(struct extent);
    return p->known ? bytes + sizeof *p->known : 0;
}
