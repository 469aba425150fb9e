#include <stdlib.h>
#include <string.h>

#include "model/base/mem.h"
#include "model/base/num.h"
#include "model/profile_internal.h"

static int compare_texts(struct slice a, struct slice b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len ? memcmp(a.ptr, b.ptr, len) : 0;

    if (order != 0)
        return order;
    return a.len < b.len ? -1 : a.len > b.len;
}

static uint64_t size_of(int64_t value)
{
    return value < 0 ? -(uint64_t)value : (uint64_t)value;
}

/* The greatest first; differences count by how large they are, whichever way. */
static bool is_before(const struct profile_store *s, const struct profile_entry *a,
                      const struct profile_entry *b)
{
    if (a->flat != b->flat && size_of(a->flat) != size_of(b->flat))
        return size_of(a->flat) > size_of(b->flat);
    if (a->cum != b->cum && size_of(a->cum) != size_of(b->cum))
        return size_of(a->cum) > size_of(b->cum);
    return compare_texts(profile_symbol_name(s, a->symbol),
                         profile_symbol_name(s, b->symbol)) < 0;
}

/* Into the first `count` places of the list, which is in order. */
static size_t insert(const struct profile_store *s, struct profile_entry *list,
                     size_t used, size_t count, struct profile_entry entry)
{
    size_t at = used;

    if (used == count && (count == 0 || !is_before(s, &entry, &list[count - 1])))
        return used;
    if (used == count)
        at--;
    while (at > 0 && is_before(s, &entry, &list[at - 1])) {
        list[at] = list[at - 1];
        at--;
    }
    list[at] = entry;
    return used < count ? used + 1 : used;
}

struct sums {
    int64_t *nodes; /* of each node; then also of all below it */
    struct profile_entry *symbols;
};

static uint32_t symbol_of(const struct profile_store *s, uint32_t node)
{
    return profile_frame_of(s, profile_node_frame(s, node)).symbol;
}

static void add_up(const struct profile_store *s, const struct profile *p, size_t type,
                   struct sums *sums)
{
    struct profile_rows rows = profile_rows(p);

    while (profile_rows_next(&rows)) {
        int64_t value = rows.values[type], *flat;

        if (rows.node == PROFILE_ROOT || value == 0)
            continue;
        sums->nodes[rows.node] = value;
        flat = &sums->symbols[symbol_of(s, rows.node)].flat;
        *flat = num_sat_add_i64(*flat, value);
    }
    /* Parents have lower numbers: a node is complete when its turn comes. */
    for (uint32_t node = p->nodes_end; node-- > 1;) {
        int64_t value = sums->nodes[node];

        if (value == 0)
            continue;
        if (!profile_node_repeats(s, node)) {
            int64_t *cum = &sums->symbols[symbol_of(s, node)].cum;

            *cum = num_sat_add_i64(*cum, value);
        }
        value = num_sat_add_i64(sums->nodes[s->tree.nodes[node].parent], value);
        sums->nodes[s->tree.nodes[node].parent] = value;
    }
}

size_t profile_top(const struct profile_store *s, const struct profile *p, size_t type,
                   struct profile_entry *out, size_t count)
{
    struct sums sums = {
        .nodes = mem_alloc_array(p->nodes_end, sizeof *sums.nodes),
        .symbols = mem_alloc_array(s->symbols.count, sizeof *sums.symbols),
    };
    size_t used = 0;

    add_up(s, p, type, &sums);
    for (size_t i = 0; i < s->symbols.count; i++) {
        struct profile_entry entry = sums.symbols[i];

        entry.symbol = (uint32_t)i;
        if (entry.flat != 0 || entry.cum != 0)
            used = insert(s, out, used, count, entry);
    }
    free(sums.nodes);
    free(sums.symbols);
    return used;
}
