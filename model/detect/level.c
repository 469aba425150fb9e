#include "model/detect/level.h"

#include <math.h>
#include <string.h>

#define RECENT 64.0
#define RECENT_MASK 3U
#define OLD 512.0
#define OLD_MASK 31U

void level_restart(struct level *l)
{
    l->rise.count = l->fall.count = 0;
    l->count = l->sum = 0;
}

/* Twice the area that a, b, c span: positive where the way turns up at b. */
static double turn(const struct level_corner *a, const struct level_corner *b,
                   const struct level_corner *c)
{
    return (b->count - a->count) * (c->sum - a->sum) -
           (b->sum - a->sum) * (c->count - a->count);
}

static void push(struct level_hull *h, const struct level_corner *corner, double sign)
{
    while (h->count >= 2 &&
           sign * turn(&h->corners[h->count - 2], &h->corners[h->count - 1], corner) <= 0)
        h->count--;
    /* The first corner is where the sums begin; the next one is the oldest change. */
    if (h->count == LEVEL_CORNERS) {
        memmove(&h->corners[1], &h->corners[2], (LEVEL_CORNERS - 2) * sizeof *h->corners);
        h->count--;
    }
    h->corners[h->count++] = *corner;
}

void level_add(struct level *l, int64_t time_ns, double count, double mean)
{
    struct level_corner corner = {l->count, l->sum, time_ns};

    push(&l->rise, &corner, 1);
    push(&l->fall, &corner, -1);
    l->count += count;
    l->sum += count * mean;
}

static void look(const struct level *l, const struct level_hull *h,
                 const struct scales *noise, double least_before, double least_after,
                 double most_after, struct level_change *best)
{
    for (unsigned i = h->count; i > 1; i--) {
        const struct level_corner *c = &h->corners[i - 1];
        double after_count = l->count - c->count;
        double before, after, difference, statistic;

        if (after_count < least_after)
            continue;
        if (c->count < least_before || after_count > most_after)
            break;
        before = c->sum / c->count;
        after = (l->sum - c->sum) / after_count;
        difference = after - before;
        statistic =
            difference * difference / scales_variance(noise, c->count, after_count);
        if (statistic > best->statistic)
            *best = (struct level_change){statistic, c->count, after_count,
                                          before,    after,    c->time_ns};
    }
}

bool level_best(const struct level *l, const struct scales *noise, double least_before,
                double least_after, struct level_change *out)
{
    uint64_t turn_number = (uint64_t)l->count;
    double most = RECENT;

    if ((turn_number & OLD_MASK) == 0)
        most = INFINITY;
    else if ((turn_number & RECENT_MASK) == 0)
        most = OLD;
    *out = (struct level_change){0};
    look(l, &l->rise, noise, least_before, least_after, most, out);
    look(l, &l->fall, noise, least_before, least_after, most, out);
    return out->statistic > 0;
}

static void place(const struct level *l, const struct level_hull *h, double least_after,
                  double most_after, double *most, struct level_change *out)
{
    for (unsigned i = h->count; i > 1; i--) {
        const struct level_corner *c = &h->corners[i - 1];
        double after_count = l->count - c->count, before, after, squares;

        if (after_count < least_after)
            continue;
        if (after_count > most_after)
            break;
        before = c->sum / c->count;
        after = (l->sum - c->sum) / after_count;
        squares = (after - before) * (after - before) * c->count * after_count / l->count;
        if (squares <= *most)
            continue;
        *most = squares;
        *out = (struct level_change){out->statistic, c->count, after_count,
                                     before,         after,    c->time_ns};
    }
}

bool level_place(const struct level *l, double least_after, double most_after,
                 struct level_change *out)
{
    double most = 0;

    place(l, &l->rise, least_after, most_after, &most, out);
    place(l, &l->fall, least_after, most_after, &most, out);
    return most > 0;
}
