#include "model/pyramid.h"

#include <math.h>
#include <stdlib.h>

#include "model/base/mem.h"

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
    for (size_t i = 0; i < PYRAMID_LEVELS; i++)
        free(p->levels[i]);
    *p = (struct pyramid){0};
}

static void level_merge(struct pyramid *p, unsigned level, size_t index,
                        struct extent extent)
{
    p->levels[level] = mem_grow(p->levels[level], &p->capacities[level], index + 1,
                                sizeof(struct extent));
    while (p->counts[level] <= index)
        p->levels[level][p->counts[level]++] = extent_empty();
    extent_merge(&p->levels[level][index], extent);
}

void pyramid_add(struct pyramid *p, size_t block, struct extent extent)
{
    for (unsigned level = 0; level < PYRAMID_LEVELS; level++) {
        size_t index = block >> (level * PYRAMID_FAN_LOG2);

        level_merge(p, level, index, extent);
        if (index == 0)
            return; /* one entry tops the level: the next begins with its second */
        if (level + 1 < PYRAMID_LEVELS && p->counts[level + 1] == 0)
            level_merge(p, level + 1, 0, p->levels[level][0]);
    }
}

static void merge_one(const struct pyramid *p, unsigned level, size_t index,
                      struct extent *out)
{
    if (index < p->counts[level])
        extent_merge(out, p->levels[level][index]);
}

void pyramid_merge(const struct pyramid *p, size_t from, size_t to, struct extent *out)
{
    const size_t mask = ((size_t)1 << PYRAMID_FAN_LOG2) - 1;

    for (unsigned level = 0; from < to; level++) {
        bool is_top = level == PYRAMID_LEVELS - 1 || p->counts[level + 1] == 0;

        if (is_top && to > p->counts[level])
            to = p->counts[level];
        while (from < to && (is_top || (from & mask)))
            merge_one(p, level, from++, out);
        while (from < to && (to & mask))
            merge_one(p, level, --to, out);
        from >>= PYRAMID_FAN_LOG2;
        to >>= PYRAMID_FAN_LOG2;
    }
}

size_t pyramid_memory_bytes(const struct pyramid *p)
{
    size_t bytes = 0;

    for (size_t i = 0; i < PYRAMID_LEVELS; i++)
        bytes += p->capacities[i] * sizeof(struct extent);
    return bytes;
}
