#include "tui/lane.h"

#include <string.h>

struct process *lane_busiest(const struct session *s)
{
    struct process *best = NULL;
    size_t best_rows = 0;

    for (size_t i = 0; i < s->process_count; i++) {
        size_t rows = process_rows(s->processes[i]);

        if (rows > best_rows) {
            best = s->processes[i];
            best_rows = rows;
        }
    }
    return best;
}

/* Where an entry belongs; false when it overlaps one that is there. */
static bool place_of(const struct lane *lane, const struct lane_entry *entry, size_t *at)
{
    size_t i = lane->count;

    /* Processes come in the order of time more often than not: from the end. */
    while (i > 0 && lane->entries[i - 1].from_ns > entry->from_ns)
        i--;
    *at = i;
    return (i == 0 || lane->entries[i - 1].to_ns < entry->from_ns) &&
           (i == lane->count || lane->entries[i].from_ns > entry->to_ns);
}

static void add(struct lane *lane, struct process *p)
{
    struct lane_entry entry = {.process = p};
    size_t at;

    if (lane->count == LANE_MAX || !process_span(p, &entry.from_ns, &entry.to_ns) ||
        !place_of(lane, &entry, &at))
        return;
    memmove(&lane->entries[at + 1], &lane->entries[at],
            (lane->count - at) * sizeof entry);
    lane->entries[at] = entry;
    lane->count++;
}

void lane_build(struct lane *lane, const struct session *s, struct process *chosen)
{
    lane->count = 0;
    if (!chosen)
        chosen = lane_busiest(s);
    if (!chosen)
        return;
    add(lane, chosen);
    for (size_t i = 0; i < s->process_count; i++)
        if (s->processes[i] != chosen)
            add(lane, s->processes[i]);
}

const struct lane_entry *lane_at(const struct lane *lane, int64_t time_ns)
{
    const struct lane_entry *found = lane->count ? &lane->entries[0] : NULL;

    for (size_t i = 0; i < lane->count && lane->entries[i].from_ns <= time_ns; i++)
        found = &lane->entries[i];
    return found;
}
