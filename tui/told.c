#include "tui/told.h"

#include <stdlib.h>

#include "model/base/mem.h"

static bool is_in_lane(const struct lane *lane, const struct process *p)
{
    for (size_t i = 0; i < lane->count; i++)
        if (lane->entries[i].process == p)
            return true;
    return false;
}

static int compare(const void *a, const void *b)
{
    const struct told *x = a, *y = b;

    if (x->known_ns != y->known_ns)
        return x->known_ns < y->known_ns ? -1 : 1;
    if (x->event->has_time != y->event->has_time)
        return x->event->has_time ? 1 : -1;
    if (x->event->has_time && x->event->time_ns != y->event->time_ns)
        return x->event->time_ns < y->event->time_ns ? -1 : 1;
    /* The worst last: that is the one that the eye is left with. */
    if (x->event->severity != y->event->severity)
        return x->event->severity < y->event->severity ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

static int64_t clamp(int64_t time_ns, int64_t from_ns, int64_t to_ns)
{
    if (time_ns < from_ns)
        return from_ns;
    return time_ns < to_ns ? time_ns : to_ns;
}

void told_build(struct told_list *list, const struct session *s, const struct lane *lane,
                int64_t from_ns, int64_t to_ns)
{
    size_t all = session_event_count(s);
    bool is_sorted = true;

    list->items = mem_grow(list->items, &list->capacity, all, sizeof *list->items);
    list->count = 0;
    for (size_t i = 0; i < all; i++) {
        const struct event *e = session_event(s, i);
        struct told *told = &list->items[list->count];

        if (e->echo_of)
            continue;
        *told = (struct told){
            .event = e,
            .known_ns = e->has_time ? clamp(event_known_ns(e), from_ns, to_ns) : from_ns,
            .is_shown = !e->process || is_in_lane(lane, e->process),
            .order = (uint32_t)i,
        };
        is_sorted = is_sorted && (list->count == 0 || compare(told - 1, told) <= 0);
        list->count++;
    }
    if (!is_sorted)
        qsort(list->items, list->count, sizeof *list->items, compare);
}

void told_finish(struct told_list *list)
{
    free(list->items);
    *list = (struct told_list){0};
}

size_t told_known(const struct told_list *list, int64_t at_ns)
{
    size_t low = 0, high = list->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (list->items[middle].known_ns <= at_ns)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_wanted(const struct told *told, enum severity least)
{
    return told->is_shown && told->event->has_time && told->event->severity >= least;
}

static const struct told *worse(const struct told *a, const struct told *b)
{
    return !a || b->event->severity > a->event->severity ? b : a;
}

const struct told *told_next(const struct told_list *list, int64_t at_ns,
                             enum severity least)
{
    const struct told *best = NULL;

    for (size_t i = told_known(list, at_ns); i < list->count; i++) {
        const struct told *told = &list->items[i];

        if (best && told->known_ns != best->known_ns)
            break;
        if (is_wanted(told, least))
            best = worse(best, told);
    }
    return best;
}

const struct told *told_previous(const struct told_list *list, int64_t at_ns,
                                 enum severity least)
{
    const struct told *best = NULL;

    for (size_t i = told_known(list, at_ns); i-- > 0;) {
        const struct told *told = &list->items[i];

        if (told->known_ns == at_ns)
            continue;
        if (best && told->known_ns != best->known_ns)
            break;
        if (is_wanted(told, least))
            best = worse(best, told);
    }
    return best;
}
