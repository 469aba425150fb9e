#include "model/detect/online_past.h"

#include <string.h>

/* The two oldest of a level become one of the next. */
static void merge(struct past *p, unsigned level)
{
    unsigned left = PAST_BLOCKS - 2;
    double time_s, value;

    time_s = (p->levels[level].time_s[0] + p->levels[level].time_s[1]) / 2;
    value = (p->levels[level].value[0] + p->levels[level].value[1]) / 2;
    memmove(p->levels[level].time_s, &p->levels[level].time_s[2], left * sizeof(double));
    memmove(p->levels[level].value, &p->levels[level].value[2], left * sizeof(double));
    p->levels[level].count = left;
    if (level + 1 < PAST_LEVELS) {
        unsigned at = p->levels[level + 1].count++;

        p->levels[level + 1].time_s[at] = time_s;
        p->levels[level + 1].value[at] = value;
    }
}

void past_add(struct past *p, double time_s, double value)
{
    unsigned at;

    /* From the top down, so that a level always has room for what comes from below. */
    if (p->levels[0].count == PAST_BLOCKS) {
        unsigned full = 0;

        while (full + 1 < PAST_LEVELS && p->levels[full + 1].count == PAST_BLOCKS)
            full++;
        for (unsigned i = full + 1; i > 0; i--)
            merge(p, i - 1);
    }
    at = p->levels[0].count++;
    p->levels[0].time_s[at] = time_s;
    p->levels[0].value[at] = value;
    p->count++;
}

unsigned past_list(const struct past *p, uint64_t from, struct past_span out[PAST_SPANS])
{
    uint64_t end = p->count;
    unsigned count = 0, first;

    /* Newest first, since that is how their place is known. */
    for (unsigned level = 0; level < PAST_LEVELS; level++) {
        uint64_t points = (uint64_t)1 << level;

        for (unsigned i = p->levels[level].count; i > 0; i--) {
            if (end < points || end - points < from)
                goto enough;
            out[count++] =
                (struct past_span){(double)points, p->levels[level].time_s[i - 1],
                                   p->levels[level].value[i - 1], end};
            end -= points;
        }
    }
enough:
    first = 0;
    for (unsigned last = count; first + 1 < last; first++) {
        struct past_span swap = out[first];

        out[first] = out[--last];
        out[last] = swap;
    }
    return count;
}
