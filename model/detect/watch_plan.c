/* Which tables of a process are looked at, and where in time they stand. */
#include <stdlib.h>

#include "model/base/mem.h"
#include "model/base/num.h"
#include "model/detect/watch_internal.h"

/* The estimate of a clock gets better by a little as records arrive. What was found
 * stays true for that; the rows keep their order. */
#define MOVED_LITTLE_NS (INT64_C(100) * NS_PER_MS)
/* A process that was watched for so long is not looked at again for one table more: what
 * it was told of would be told again, for figures that it did not come from. */
#define SETTLED_NS (INT64_C(60) * NS_PER_S)

static bool is_watched(const struct track *t)
{
    return !(t->is_gathered && t->is_piece);
}

/* The next one at or after `i` that is looked at; the count past the last. */
static size_t next_watched(const struct process *p, size_t i)
{
    while (i < p->track_count && !is_watched(p->tracks[i]))
        i++;
    return i;
}

static struct watched_track *add_track(struct watched_process *w, const struct track *t)
{
    struct watched_track *added;

    w->tracks =
        mem_grow(w->tracks, &w->track_capacity, w->track_count + 1, sizeof *w->tracks);
    added = &w->tracks[w->track_count++];
    *added = (struct watched_track){t, t->origin_ns, table_first_row(t->table)};
    return added;
}

struct watched_process watch_plan(struct process *p)
{
    struct watched_process w = {.process = p};

    for (size_t i = 0; (i = next_watched(p, i)) < p->track_count; i++)
        (void)add_track(&w, p->tracks[i]);
    return w;
}

void watch_plan_finish(struct watched_process *p)
{
    free(p->tracks);
    free(p->owners);
}

bool watch_plan_is_same(const struct watched_process *plan)
{
    const struct process *p = plan->process;
    size_t i = next_watched(p, 0);

    for (size_t k = 0; k < plan->track_count; k++) {
        if (i == p->track_count || plan->tracks[k].track != p->tracks[i] ||
            plan->tracks[k].origin_ns != p->tracks[i]->origin_ns)
            return false;
        i = next_watched(p, i + 1);
    }
    return i == p->track_count;
}

/* Only moments that were looked at can be told wrongly: what has said nothing yet may
 * still be put anywhere. */
static bool moved_far(const struct watched_process *plan, const struct watched_track *t)
{
    int64_t moved_ns = num_sat_sub_i64(t->track->origin_ns, t->origin_ns);

    return plan->has_heard && t->next_row > table_first_row(t->track->table) &&
           (moved_ns > MOVED_LITTLE_NS || moved_ns < -MOVED_LITTLE_NS);
}

/* Of what it says of the time before, the last is how things stand. */
static void skip_past(const struct watched_process *plan, struct watched_track *t)
{
    const struct table *table = t->track->table;
    size_t first = table_first_row(table), row;

    row = table_lower_bound(table, num_sat_sub_i64(plan->heard_ns, t->origin_ns));
    t->next_row = row > first ? row - 1 : first;
}

bool watch_plan_follow(struct watched_process *plan)
{
    const struct process *p = plan->process;
    size_t i = next_watched(p, 0);
    bool is_settled =
        plan->has_heard && num_sat_sub_i64(plan->heard_ns, plan->began_ns) >= SETTLED_NS;

    for (size_t k = 0; k < plan->track_count; k++) {
        struct watched_track *t = &plan->tracks[k];

        if (i == p->track_count || t->track != p->tracks[i] || moved_far(plan, t))
            return false;
        t->origin_ns = t->track->origin_ns;
        i = next_watched(p, i + 1);
    }
    if (i < p->track_count && plan->has_heard && !is_settled)
        return false;
    for (; i < p->track_count; i = next_watched(p, i + 1)) {
        struct watched_track *t = add_track(plan, p->tracks[i]);

        if (plan->has_heard)
            skip_past(plan, t);
    }
    return true;
}
