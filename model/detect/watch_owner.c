/* Of several sources that give a metric one is listened to. */
#include <string.h>

#include "model/base/mem.h"
#include "model/base/num.h"
#include "model/detect/watch_internal.h"

/* A source that gave no value for so long, and for so many times its usual spacing, has
 * ended or lost its input: who still speaks takes the metric over. */
#define SILENT_NS (INT64_C(60) * NS_PER_S)
#define SILENT_SPACINGS 20.0

/*
 * How well a source knows a metric. Who has the most points would be the better question,
 * but the answer lies in the future: what was told at a moment must not depend on it.
 * gctrace knows each cycle, but the goal that it prints is past and its rate is in MiB.
 */
static unsigned rank_of(const struct track *t, uint32_t metric)
{
    struct slice format = slice_str(t->source->format ? t->source->format : "");

    if (slice_eq(format, SLICE("gctrace")))
        return metric == METRIC_HEAP_GOAL || metric == METRIC_ALLOC_RATE ? 1 : 4;
    if (slice_eq(format, SLICE("memstats")))
        return 3;
    return 2;
}

static struct watched_owner *owner_of(struct watched_process *p, uint32_t metric)
{
    if (metric >= p->owner_count) {
        size_t capacity = p->owner_count;

        p->owners = mem_grow(p->owners, &capacity, (size_t)metric + 1, sizeof *p->owners);
        memset(p->owners + p->owner_count, 0,
               (capacity - p->owner_count) * sizeof *p->owners);
        p->owner_count = capacity;
    }
    return &p->owners[metric];
}

static bool is_silent(const struct watched_owner *o, int64_t time_ns)
{
    int64_t since_ns = num_sat_sub_i64(time_ns, o->last_ns);
    double spacing_ns = o->count > 1 ? (double)num_sat_sub_i64(o->last_ns, o->first_ns) /
                                           (double)(o->count - 1)
                                     : 0;

    return since_ns >= SILENT_NS && (double)since_ns >= SILENT_SPACINGS * spacing_ns;
}

/* Of equals the first to speak keeps it, as long as it speaks. */
bool watch_owns(struct watched_process *p, size_t track, uint32_t metric, int64_t time_ns)
{
    struct watched_owner *o = owner_of(p, metric);

    if (o->track == track + 1) {
        o->last_ns = time_ns;
        o->count++;
        return true;
    }
    if (o->track && !is_silent(o, time_ns) &&
        rank_of(p->tracks[track].track, metric) <=
            rank_of(p->tracks[o->track - 1].track, metric))
        return false;
    *o = (struct watched_owner){(uint32_t)track + 1, time_ns, time_ns, 1};
    return true;
}
