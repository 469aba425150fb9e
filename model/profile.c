#include "model/profile.h"

#include <stdlib.h>

#include "model/base/mem.h"
#include "model/base/num.h"
#include "model/profile_internal.h"
#include "model/session.h"

const char *profile_kind_name(enum profile_kind kind)
{
    static const char *const names[] = {
        [PROFILE_HEAP] = "heap",           [PROFILE_ALLOCS] = "allocs",
        [PROFILE_GOROUTINE] = "goroutine", [PROFILE_CPU] = "cpu",
        [PROFILE_OTHER] = "other",
    };

    return names[kind];
}

struct profile_store *profile_store_create(void)
{
    struct profile_store *s = mem_alloc(sizeof *s);

    profile_tree_init(&s->tree);
    return s;
}

void profile_store_destroy(struct profile_store *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->count; i++)
        free(s->profiles[i]);
    free(s->profiles);
    profile_texts_finish(&s->symbols);
    profile_texts_finish(&s->files);
    profile_texts_finish(&s->labels);
    profile_keys_finish(&s->types);
    profile_keys_finish(&s->functions);
    profile_keys_finish(&s->frames);
    profile_tree_finish(&s->tree);
    free(s);
}

void profile_store_move(struct profile_store *store, struct process *into,
                        const struct process *from)
{
    /* A profile knows its track, and the track its process. */
    (void)store;
    (void)into;
    (void)from;
}

size_t profile_store_count(const struct profile_store *s)
{
    return s->count;
}

const struct profile *profile_store_at(const struct profile_store *s, size_t index)
{
    return s->profiles[index];
}

int64_t profile_time(const struct profile *p)
{
    return num_sat_add_i64(p->table_ns, p->track->origin_ns);
}

struct dated {
    int64_t time_ns;
    size_t index;
};

static int by_time(const void *a, const void *b)
{
    const struct dated *x = a, *y = b;

    if (x->time_ns != y->time_ns)
        return x->time_ns < y->time_ns ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

const struct profile **profile_store_list(const struct profile_store *s,
                                          const struct process *process, size_t *count)
{
    struct dated *dated = mem_alloc_array(s->count, sizeof *dated);
    const struct profile **list = NULL;

    *count = 0;
    for (size_t i = 0; i < s->count; i++) {
        if (!process || s->profiles[i]->track->process == process)
            dated[(*count)++] = (struct dated){profile_time(s->profiles[i]), i};
    }
    if (*count > 0) {
        qsort(dated, *count, sizeof *dated, by_time);
        list = mem_alloc_array(*count, sizeof *list);
    }
    for (size_t i = 0; i < *count; i++)
        list[i] = s->profiles[dated[i].index];
    free(dated);
    return list;
}

size_t profile_bytes(const struct profile *p)
{
    return sizeof *p + p->type_count * (sizeof *p->totals + sizeof *p->types) +
           p->rows_bytes;
}

size_t profile_store_bytes(const struct profile_store *s)
{
    return sizeof *s + profile_texts_bytes(&s->symbols) + profile_texts_bytes(&s->files) +
           profile_texts_bytes(&s->labels) + profile_keys_bytes(&s->types) +
           profile_keys_bytes(&s->functions) + profile_keys_bytes(&s->frames) +
           profile_tree_bytes(&s->tree) + s->capacity * sizeof *s->profiles +
           s->profile_bytes;
}

struct profile_type profile_type_of(const struct profile_store *s,
                                    const struct profile *p, size_t type)
{
    const struct profile_key *key = &s->types.keys[p->types[type]];

    return (struct profile_type){profile_texts_at(&s->labels, key->a),
                                 profile_texts_at(&s->labels, key->b)};
}

bool profile_find_type(const struct profile_store *s, const struct profile *p,
                       struct slice name, size_t *type)
{
    for (size_t i = 0; i < p->type_count; i++) {
        if (slice_eq(profile_type_of(s, p, i).type, name)) {
            *type = i;
            return true;
        }
    }
    return false;
}

enum unit profile_unit(struct profile_type type)
{
    if (slice_eq(type.unit, SLICE("bytes")))
        return UNIT_BYTES;
    if (slice_eq(type.unit, SLICE("nanoseconds")))
        return UNIT_NS;
    if (slice_eq(type.unit, SLICE("count")))
        return slice_ends(type.type, SLICE("objects")) ? UNIT_OBJECTS : UNIT_COUNT;
    return UNIT_NONE;
}

size_t profile_node_count(const struct profile_store *s)
{
    return s->tree.count;
}

size_t profile_symbol_count(const struct profile_store *s)
{
    return s->symbols.count;
}

uint32_t profile_node_parent(const struct profile_store *s, uint32_t node)
{
    return s->tree.nodes[node].parent;
}

uint32_t profile_node_frame(const struct profile_store *s, uint32_t node)
{
    return s->tree.nodes[node].frame & ~PROFILE_REPEATS;
}

bool profile_node_repeats(const struct profile_store *s, uint32_t node)
{
    return (s->tree.nodes[node].frame & PROFILE_REPEATS) != 0;
}

struct profile_frame profile_frame_of(const struct profile_store *s, uint32_t frame)
{
    const struct profile_key *key = &s->frames.keys[frame];

    if (key->a == UINT32_MAX)
        return (struct profile_frame){key->b, UINT32_MAX, 0, key->c};
    return (struct profile_frame){s->functions.keys[key->a].a, key->a, key->b, 0};
}

struct slice profile_symbol_name(const struct profile_store *s, uint32_t symbol)
{
    return profile_texts_at(&s->symbols, symbol);
}

struct slice profile_function_file(const struct profile_store *s, uint32_t function)
{
    return profile_texts_at(&s->files, s->functions.keys[function].b);
}
