/* A record's tables into the store's: names, then stacks, then values. */
#include <stdlib.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "model/base/mem.h"
#include "model/base/num.h"
#include "model/profile_internal.h"

/* A frame of a location, and what it is called. */
struct step {
    uint32_t frame, symbol;
};

struct span {
    uint32_t first, count; /* of steps, outermost first */
};

/* A stack of this profile that was walked already. One place for each value of the low
 * bits of its hash, so the last one stays: stacks of several sizes of objects are most.
 */
struct walked {
    uint32_t hash, sample; /* + 1; 0 = free */
    uint32_t node;
};
#define WALKED_MIN ((size_t)256)
#define WALKED_MAX ((size_t)1 << 17)

struct adding {
    struct profile_store *store;
    const struct profile_record *record;
    uint32_t *functions; /* of the store, by the record's */
    uint32_t *symbols;   /* … and their symbols; UINT32_MAX: it has no name */
    struct step *steps;
    struct span *spans; /* by location */
    size_t step_count;
    uint32_t *seen; /* by symbol: the last stack that it was on */
    struct walked *walked;
    size_t walked_count; /* a power of two */
    uint64_t *rows;      /* node and sample */
    size_t row_count;
};

static void add_functions(struct adding *a)
{
    struct profile_store *s = a->store;

    for (size_t i = 0; i < a->record->function_count; i++) {
        const struct profile_function *f = &a->record->functions[i];
        uint32_t file;

        a->symbols[i] = UINT32_MAX;
        if (f->name.len == 0)
            continue;
        file = profile_texts_add(&s->files, f->file);
        a->symbols[i] = profile_texts_add(&s->symbols, f->name);
        a->functions[i] =
            profile_keys_add(&s->functions, (struct profile_key){a->symbols[i], file, 0});
    }
}

/* "[server]" for the mapping of /usr/bin/server, as pprof has it. */
static uint32_t mapping_symbol(struct adding *a, uint32_t mapping)
{
    struct slice path = {0}, name;
    uint32_t symbol;
    char *text;

    if (mapping < a->record->mapping_count)
        path = a->record->mappings[mapping];
    if (path.len == 0)
        return profile_texts_add(&a->store->symbols, SLICE("<unknown>"));
    name = slice_base_name(path);
    text = mem_alloc(name.len + 2);
    text[0] = '[';
    if (name.len)
        memcpy(text + 1, name.ptr, name.len);
    text[name.len + 1] = ']';
    symbol = profile_texts_add(&a->store->symbols, slice_of(text, name.len + 2));
    free(text);
    return symbol;
}

static struct step nameless_step(struct adding *a, const struct profile_location *l)
{
    uint32_t symbol = mapping_symbol(a, l->mapping);
    struct profile_key key = {UINT32_MAX, symbol, l->address};

    return (struct step){profile_keys_add(&a->store->frames, key), symbol};
}

static struct step line_step(struct adding *a, const struct profile_location *l,
                             const struct profile_line *line)
{
    struct profile_key key = {0};

    if (a->symbols[line->function] == UINT32_MAX)
        return nameless_step(a, l);
    key.a = a->functions[line->function];
    key.b = line->line;
    return (struct step){profile_keys_add(&a->store->frames, key),
                         a->symbols[line->function]};
}

static void add_locations(struct adding *a)
{
    const struct profile_record *r = a->record;

    for (size_t i = 0; i < r->location_count; i++) {
        const struct profile_location *l = &r->locations[i];
        struct span *span = &a->spans[i];

        span->first = (uint32_t)a->step_count;
        if (l->line_count == 0)
            a->steps[a->step_count++] = nameless_step(a, l);
        for (uint32_t k = l->line_count; k > 0; k--)
            a->steps[a->step_count++] = line_step(a, l, &r->lines[l->first_line + k - 1]);
        span->count = (uint32_t)a->step_count - span->first;
    }
}

static uint32_t add_node(struct adding *a, uint32_t parent, struct step step,
                         uint32_t stack)
{
    struct profile_tree *t = &a->store->tree;

    if (t->count >= PROFILE_NODES_MAX)
        return 0;
    return profile_tree_add(t, parent, step.frame, a->seen[step.symbol] == stack);
}

/* The node of a sample's stack; PROFILE_NODES_MAX when there is no room for it. */
static uint32_t walk(struct adding *a, const struct profile_sample *sample,
                     uint32_t stack)
{
    const uint32_t *locations = a->record->stacks + sample->first_location;
    uint32_t node = PROFILE_ROOT;

    for (uint32_t i = sample->location_count; i > 0; i--) {
        struct span span = a->spans[locations[i - 1]];

        for (uint32_t k = 0; k < span.count; k++) {
            struct step step = a->steps[span.first + k];
            uint32_t child = profile_tree_child(&a->store->tree, node, step.frame);

            if (UNLIKELY(child == 0))
                child = add_node(a, node, step, stack);
            if (UNLIKELY(child == 0))
                return PROFILE_NODES_MAX;
            a->seen[step.symbol] = stack;
            node = child;
        }
    }
    return node;
}

static bool is_same_stack(const struct profile_record *r, size_t a, size_t b)
{
    const struct profile_sample *x = &r->samples[a], *y = &r->samples[b];

    return x->location_count == y->location_count &&
           memcmp(r->stacks + x->first_location, r->stacks + y->first_location,
                  x->location_count * sizeof *r->stacks) == 0;
}

/* The same through what was walked before. */
static uint32_t find_node(struct adding *a, size_t i)
{
    const struct profile_record *r = a->record;
    const struct profile_sample *sample = &r->samples[i];
    uint32_t hash, node;
    struct walked *walked;

    if (sample->location_count == 0)
        return PROFILE_ROOT;
    hash = (uint32_t)XXH3_64bits(r->stacks + sample->first_location,
                                 sample->location_count * sizeof *r->stacks);
    walked = &a->walked[hash & (a->walked_count - 1)];
    if (walked->sample != 0 && walked->hash == hash &&
        is_same_stack(r, walked->sample - 1, i))
        return walked->node;
    node = walk(a, sample, (uint32_t)i + 1);
    *walked = (struct walked){hash, (uint32_t)i + 1, node};
    return node;
}

static bool has_values(const struct profile_record *r, size_t sample)
{
    const int64_t *values = r->values + sample * r->type_count;
    int64_t any = 0;

    for (size_t i = 0; i < r->type_count; i++)
        any |= values[i];
    return any != 0;
}

static uint64_t steps_of(const struct adding *a, const struct profile_sample *sample)
{
    const uint32_t *locations = a->record->stacks + sample->first_location;
    uint64_t steps = 0;

    for (uint32_t i = 0; i < sample->location_count; i++)
        steps += a->spans[locations[i]].count;
    return steps;
}

static const char *add_stacks(struct adding *a)
{
    const struct profile_record *r = a->record;
    bool is_inlined = a->step_count > r->location_count;
    uint64_t steps = 0;

    for (size_t i = 0; i < r->sample_count; i++) {
        const struct profile_sample *sample = &r->samples[i];
        uint32_t node;

        if (!has_values(r, i))
            continue;
        steps += is_inlined ? steps_of(a, sample) : sample->location_count;
        if (steps > PROFILE_STEPS_MAX)
            return "stacks too deep in all: values of some left out";
        node = find_node(a, i);
        if (node == PROFILE_NODES_MAX)
            return "more different stacks than a session holds: some left out";
        a->rows[a->row_count++] = (uint64_t)node << 32 | i;
    }
    return NULL;
}

#define DIGIT_BITS 11
#define DIGITS (1u << DIGIT_BITS)

/* One pass of a radix sort by the `shift`-th bits of the node. */
static void sort_pass(const uint64_t *from, uint64_t *to, size_t count, unsigned shift)
{
    size_t starts[DIGITS] = {0}, at = 0;

    for (size_t i = 0; i < count; i++)
        starts[(from[i] >> shift) & (DIGITS - 1)]++;
    for (unsigned i = 0; i < DIGITS; i++) {
        size_t size = starts[i];

        starts[i] = at;
        at += size;
    }
    for (size_t i = 0; i < count; i++)
        to[starts[(from[i] >> shift) & (DIGITS - 1)]++] = from[i];
}

/* By node; in order of appearance within a node. Most profiles are mostly sorted, but no
 * sort of the C library knows how to use that. */
static void sort_rows(struct adding *a)
{
    uint64_t *other;
    bool is_sorted = true;

    for (size_t i = 1; i < a->row_count && is_sorted; i++)
        is_sorted = a->rows[i - 1] <= a->rows[i];
    if (is_sorted)
        return;
    other = mem_alloc_array(a->row_count, sizeof *other);
    for (unsigned pass = 0; pass < 3; pass++) {
        uint64_t *from = a->rows;

        sort_pass(from, other, a->row_count, 32 + pass * DIGIT_BITS);
        a->rows = other;
        other = from;
    }
    free(other);
}

static void encode_rows(const struct adding *a, struct profile_encoder *e,
                        size_t *row_count)
{
    const struct profile_record *r = a->record;
    int64_t sums[PROFILE_TYPES_MAX];

    for (size_t i = 0; i < a->row_count;) {
        uint32_t node = (uint32_t)(a->rows[i] >> 32);
        int64_t any = 0;

        memset(sums, 0, sizeof sums);
        for (; i < a->row_count && (uint32_t)(a->rows[i] >> 32) == node; i++) {
            const int64_t *values = r->values + (uint32_t)a->rows[i] * r->type_count;

            for (size_t k = 0; k < r->type_count; k++)
                sums[k] = num_sat_add_i64(sums[k], values[k]);
        }
        for (size_t k = 0; k < r->type_count; k++)
            any |= sums[k];
        if (any == 0)
            continue;
        profile_encode(e, node, sums);
        (*row_count)++;
    }
}

static void sum_up(const struct profile_record *r, int64_t *totals)
{
    const int64_t *value = r->values;

    for (size_t i = 0; i < r->sample_count; i++) {
        for (size_t k = 0; k < r->type_count; k++)
            totals[k] = num_sat_add_i64(totals[k], *value++);
    }
}

/* In one block: the struct, totals, types, rows. */
static struct profile *make_profile(const struct adding *a,
                                    const struct profile_encoder *e)
{
    const struct profile_record *r = a->record;
    size_t totals_bytes = r->type_count * sizeof(int64_t);
    size_t types_bytes = r->type_count * sizeof(uint32_t);
    struct profile *p = mem_alloc(sizeof *p + totals_bytes + types_bytes + e->len);
    int64_t *totals = (int64_t *)(p + 1);
    uint32_t *types = (uint32_t *)(totals + r->type_count);
    unsigned char *rows = (unsigned char *)(types + r->type_count);

    sum_up(r, totals);
    for (size_t i = 0; i < r->type_count; i++) {
        struct profile_key key = {profile_texts_add(&a->store->labels, r->types[i].type),
                                  profile_texts_add(&a->store->labels, r->types[i].unit),
                                  0};

        types[i] = profile_keys_add(&a->store->types, key);
    }
    if (e->len)
        memcpy(rows, e->bytes, e->len);
    p->kind = r->kind;
    p->duration_ns = r->duration_ns;
    p->period = r->period;
    p->type_count = r->type_count;
    p->default_type = r->default_type;
    p->sample_count = r->sample_count;
    p->totals = totals;
    p->types = types;
    p->rows = rows;
    p->rows_bytes = e->len;
    p->nodes_end = e->next;
    return p;
}

static void open_adding(struct adding *a)
{
    const struct profile_record *r = a->record;

    a->functions = mem_alloc_array(r->function_count, sizeof *a->functions);
    a->symbols = mem_alloc_array(r->function_count, sizeof *a->symbols);
    a->steps = mem_alloc_array(r->line_count + r->location_count, sizeof *a->steps);
    a->spans = mem_alloc_array(r->location_count, sizeof *a->spans);
    add_functions(a);
    add_locations(a);
    a->seen = mem_alloc_array(a->store->symbols.count, sizeof *a->seen);
    a->walked_count = WALKED_MIN;
    while (a->walked_count < WALKED_MAX && a->walked_count < r->sample_count * 2)
        a->walked_count *= 2;
    a->walked = mem_alloc_array(a->walked_count, sizeof *a->walked);
    a->rows = mem_alloc_array(r->sample_count, sizeof *a->rows);
    mem_wish_huge(a->rows, r->sample_count * sizeof *a->rows);
}

static void close_adding(struct adding *a)
{
    free(a->functions);
    free(a->symbols);
    free(a->steps);
    free(a->spans);
    free(a->seen);
    free(a->walked);
    free(a->rows);
}

const char *profile_store_add(struct profile_store *s, const struct profile_record *r,
                              const struct track *track, int64_t table_ns)
{
    struct adding a = {.store = s, .record = r};
    struct profile_encoder e = {.type_count = r->type_count};
    struct profile *p;
    size_t row_count = 0;
    const char *reason;

    if (r->type_count > PROFILE_TYPES_MAX)
        return "more sample types than a profile may have";
    if (s->count >= PROFILES_MAX)
        return "more profiles than a session holds";
    if (s->frames.count >= PROFILE_FRAMES_MAX)
        return "more different functions and lines than a session holds";
    open_adding(&a);
    reason = add_stacks(&a);
    sort_rows(&a);
    encode_rows(&a, &e, &row_count);
    p = make_profile(&a, &e);
    p->track = track;
    p->table_ns = table_ns;
    p->row_count = row_count;
    s->profiles = mem_grow(s->profiles, &s->capacity, s->count + 1, sizeof *s->profiles);
    s->profiles[s->count++] = p;
    s->profile_bytes += profile_bytes(p);
    close_adding(&a);
    free(e.bytes);
    return reason;
}
