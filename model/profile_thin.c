/*
 * Which old profiles go. Each time the one goes that is missed the least: whose
 * neighbours of the same process and kind lie closest together, for its age. So what
 * remains lies the further apart the older it is, about evenly on a scale of logarithms.
 */
#include <math.h>
#include <stdlib.h>

#include "model/base/mem.h"
#include "model/base/num.h"
#include "model/profile_internal.h"
#include "model/session.h"

/* A profile this soon after an event shows it: the black box asks for one at once, and
 * who takes them by the clock does so every minute or so. */
#define SHOWS_NS (INT64_C(60) * 1000000000)

/* How much more such a one is missed than its neighbours. */
#define SHOWS_WEIGHT 1e6

struct old {
    const struct profile *profile;
    int64_t time_ns;
    size_t before, after; /* of the same process and kind; SIZE_MAX = none */
    bool shows_event, is_gone;
};

static bool are_alike(const struct profile *a, const struct profile *b)
{
    return a->kind == b->kind && a->track->process == b->track->process;
}

/* The list is in time order. Looks back a little way only: a store of many processes
 * whose kinds are far between would otherwise be compared all with all. */
#define LOOK_BACK 64

static void link_alike(struct old *old, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        old[i].before = old[i].after = SIZE_MAX;
        for (size_t k = i; k > 0 && i - k < LOOK_BACK; k--) {
            if (!are_alike(old[k - 1].profile, old[i].profile))
                continue;
            old[i].before = k - 1;
            old[k - 1].after = i;
            break;
        }
    }
}

/* The first profile of each kind at or after the event. */
static void mark_shown(struct old *old, size_t count, const struct event *e)
{
    unsigned kinds = 0;
    int64_t at_ns = event_known_ns(e);
    size_t low = 0, high = count;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (old[mid].time_ns < at_ns)
            low = mid + 1;
        else
            high = mid;
    }
    for (; low < count && num_sat_sub_i64(old[low].time_ns, at_ns) <= SHOWS_NS; low++) {
        const struct profile *p = old[low].profile;
        unsigned bit = 1U << (unsigned)p->kind;

        if ((kinds & bit) || (e->process && e->process != p->track->process))
            continue;
        kinds |= bit;
        old[low].shows_event = true;
    }
}

static void mark_events(struct old *old, size_t count, const struct session *s)
{
    for (size_t i = 0; i < session_event_count(s); i++) {
        const struct event *e = session_event(s, i);

        if (e->has_time && e->severity >= SEVERITY_WARNING)
            mark_shown(old, count, e);
    }
}

/* The first of a kind is what all others are compared with; the last is the newest of
 * those that are old, and so near to what is kept anyway. */
static double missed(const struct old *old, size_t i, int64_t now_ns)
{
    const struct old *o = &old[i];
    double age = (double)num_sat_sub_i64(now_ns, o->time_ns), gap;

    if (o->before == SIZE_MAX)
        return INFINITY;
    gap = (double)num_sat_sub_i64(o->after == SIZE_MAX ? now_ns : old[o->after].time_ns,
                                  old[o->before].time_ns);
    gap = (gap + 1) / (age + 1);
    return o->shows_event ? gap * SHOWS_WEIGHT : gap;
}

static void drop_one(struct old *old, size_t count, int64_t now_ns)
{
    size_t least = SIZE_MAX;
    double cost = INFINITY;

    for (size_t i = 0; i < count; i++) {
        double m = old[i].is_gone ? INFINITY : missed(old, i, now_ns);

        if (!old[i].is_gone && (least == SIZE_MAX || m < cost)) {
            least = i;
            cost = m;
        }
    }
    old[least].is_gone = true;
    if (old[least].before != SIZE_MAX)
        old[old[least].before].after = old[least].after;
    if (old[least].after != SIZE_MAX)
        old[old[least].after].before = old[least].before;
}

static int by_address(const void *a, const void *b)
{
    const struct profile *const *x = a, *const *y = b;

    return ((uintptr_t)*x > (uintptr_t)*y) - ((uintptr_t)*x < (uintptr_t)*y);
}

/* Takes the profiles (sorted by address) out of the store. */
static void drop_profiles(struct profile_store *store, const struct profile **gone,
                          size_t count)
{
    size_t left = 0;

    qsort(gone, count, sizeof *gone, by_address);
    for (size_t i = 0; i < store->count; i++) {
        struct profile *p = store->profiles[i];
        const struct profile *key = p;

        if (bsearch(&key, gone, count, sizeof *gone, by_address)) {
            store->profile_bytes -= profile_bytes(p);
            free(p);
        } else {
            store->profiles[left++] = p;
        }
    }
    store->count = left;
}

/* Of the first `count` of the list, all but `keep`. */
static void thin(struct profile_store *store, const struct profile **list, size_t count,
                 const struct session *s, int64_t before_ns, size_t keep)
{
    struct old *old = mem_alloc_array(count, sizeof *old);
    size_t gone = 0;

    for (size_t i = 0; i < count; i++)
        old[i] = (struct old){.profile = list[i], .time_ns = profile_time(list[i])};
    link_alike(old, count);
    mark_events(old, count, s);
    for (size_t left = count; left > keep; left--)
        drop_one(old, count, before_ns);
    for (size_t i = 0; i < count; i++) {
        if (old[i].is_gone)
            list[gone++] = old[i].profile;
    }
    drop_profiles(store, list, gone);
    free(old);
}

size_t profile_store_thin(struct profile_store *store, const struct session *s,
                          int64_t before_ns, size_t keep)
{
    const struct profile **list;
    size_t all, count = 0, had = profile_store_count(store);

    if (had <= keep)
        return 0;
    list = profile_store_list(store, NULL, &all);
    while (count < all && profile_time(list[count]) < before_ns)
        count++;
    if (count > keep)
        thin(store, list, count, s, before_ns, keep);
    free(list);
    return had - profile_store_count(store);
}
