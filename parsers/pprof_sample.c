/* Samples: nearly all of a profile's bytes. */
#include "model/base/mem.h"
#include "parsers/limits.h"
#include "parsers/pprof_internal.h"

/* Each id takes a byte or more, so the field's length is room enough for all of them. */
static bool reserve_stack(struct pprof_tables *t, struct proto *c, size_t count)
{
    if (count > LIMIT_PPROF_DEPTH)
        return proto_fail(c, c->p, "stack deeper than a profile may have");
    t->stacks = mem_grow_huge(t->stacks, &t->stack_capacity, t->stack_count + count,
                              sizeof *t->stacks);
    return true;
}

static void take_stack(struct pprof_tables *t, struct proto *c, struct slice packed)
{
    const struct pprof_ids *ids = &t->location_ids;
    struct proto p = proto_init(packed);
    uint32_t *out;

    if (!reserve_stack(t, c, packed.len))
        return;
    out = t->stacks + t->stack_count;
    while (p.p < p.end) {
        uint64_t id = proto_varint(&p);

        if (LIKELY(id < ids->dense_count && ids->dense[id] != 0))
            *out++ = ids->dense[id] - 1;
        else if (!p.reason)
            *out++ = pprof_refer_to_location(t, &p, id);
    }
    t->stack_count = (size_t)(out - t->stacks);
    if (p.reason)
        (void)proto_fail(c, p.fault, p.reason);
}

static bool reserve_values(struct pprof_tables *t, struct proto *c, size_t count)
{
    if (count > LIMIT_PPROF_TYPES)
        return proto_fail(c, c->p, "more values than sample types");
    t->values = mem_grow_huge(t->values, &t->value_capacity, t->value_count + count,
                              sizeof *t->values);
    return true;
}

static void take_values(struct pprof_tables *t, struct proto *c, struct slice packed)
{
    struct proto p = proto_init(packed);
    int64_t *out;

    if (packed.len == 0)
        return;
    if (packed.len > LIMIT_PPROF_TYPES * 10) {
        (void)proto_fail(c, c->p, "more values than sample types");
        return;
    }
    t->values = mem_grow_huge(t->values, &t->value_capacity, t->value_count + packed.len,
                              sizeof *t->values);
    out = t->values + t->value_count;
    while (p.p < p.end)
        *out++ = (int64_t)proto_varint(&p);
    t->value_count = (size_t)(out - t->values);
    if (p.reason)
        (void)proto_fail(c, p.fault, p.reason);
}

static void add_label(struct pprof_tables *t, uint32_t key, int64_t number)
{
    if (t->first_key == 0)
        t->first_key = key;
    if (key == t->first_key) {
        t->object_bytes = number;
        return;
    }
    t->labels = mem_grow_huge(t->labels, &t->label_capacity, t->label_count + 1,
                              sizeof *t->labels);
    t->labels[t->label_count++] =
        (struct pprof_label){(uint32_t)t->sample_count, key, number};
}

static void take_label(struct pprof_tables *t, struct proto *c, struct slice message)
{
    struct proto p = proto_init(message);
    struct pprof_label label = {0};
    struct proto_field f;

    while (proto_next(&p, &f)) {
        if (f.number == 1)
            label.key = pprof_string_index(pprof_number(&p, &f));
        else if (f.number == 3)
            label.number = (int64_t)pprof_number(&p, &f);
    }
    if (p.reason)
        (void)proto_fail(c, p.fault, p.reason);
    if (label.number != 0)
        add_label(t, label.key, label.number);
}

static void take_sample_field(struct pprof_tables *t, struct proto *c,
                              const struct proto_field *f)
{
    switch (f->number) {
    case 1:
        if (f->wire == PROTO_BYTES)
            take_stack(t, c, f->bytes);
        else if (reserve_stack(t, c, 1))
            t->stacks[t->stack_count++] =
                pprof_refer_to_location(t, c, pprof_number(c, f));
        break;
    case 2:
        if (f->wire == PROTO_BYTES)
            take_values(t, c, f->bytes);
        else if (reserve_values(t, c, 1))
            t->values[t->value_count++] = (int64_t)pprof_number(c, f);
        break;
    case 3:
        if (f->wire == PROTO_BYTES)
            take_label(t, c, f->bytes);
        else
            (void)proto_fail(c, c->p, pprof_wrong_kind);
        break;
    default:
        break; /* a later version's */
    }
}

/* How many values each sample has: one a type where types came first, as they do. */
static size_t expected_width(struct pprof_tables *t, size_t seen)
{
    if (!t->has_samples) {
        t->has_samples = true;
        t->width = t->type_count ? t->type_count : seen;
    }
    return t->width;
}

/*
 * The shape that all writers use: packed locations, packed values, labels. Messages
 * larger than this are not usual.
 */
#define USUAL_BYTES ((size_t)4096)

struct usual {
    const unsigned char *p, *end;
};

#define HIGH_BITS UINT64_C(0x8080808080808080)

/* Seven bits of each byte, one group behind the other. */
static inline uint64_t join_groups(uint64_t x)
{
    x &= ~HIGH_BITS;
    x = (x & UINT64_C(0x7f007f007f007f00)) >> 1 | (x & UINT64_C(0x007f007f007f007f));
    x = (x & UINT64_C(0xffff0000ffff0000)) >> 2 | (x & UINT64_C(0x0000ffff0000ffff));
    return x >> 32 << 28 | (x & UINT64_C(0xffffffff));
}

/* A number of up to eight bytes in a block of eight, without a branch for its length. */
static inline bool take_wide(struct usual *u, uint64_t *value)
{
    uint64_t x, stop;

    if (u->end - u->p < 8)
        return false;
    x = (uint64_t)u->p[0] | (uint64_t)u->p[1] << 8 | (uint64_t)u->p[2] << 16 |
        (uint64_t)u->p[3] << 24 | (uint64_t)u->p[4] << 32 | (uint64_t)u->p[5] << 40 |
        (uint64_t)u->p[6] << 48 | (uint64_t)u->p[7] << 56;
    stop = ~x & HIGH_BITS;
    if (stop == 0)
        return false;
    stop &= -stop; /* the high bit of its last byte */
    *value = join_groups(x & (stop | (stop - 1)));
    u->p += ((unsigned)__builtin_ctzll(stop) >> 3) + 1;
    return true;
}

/* False at the end, and for numbers that only the general way reads. */
static inline bool take_number(struct usual *u, uint64_t *value)
{
    uint64_t sum = 0;

    if (LIKELY(u->p < u->end && *u->p < 0x80)) {
        *value = *u->p++;
        return true;
    }
    if (take_wide(u, value))
        return true;
    for (unsigned shift = 0; u->p < u->end && shift <= 56; shift += 7) {
        sum |= (uint64_t)(*u->p & 0x7f) << shift;
        if (*u->p++ < 0x80) {
            *value = sum;
            return true;
        }
    }
    return false;
}

/* Where the bytes of a field end, behind its tag; NULL when they are cut off. */
static inline const unsigned char *take_length(struct usual *u)
{
    uint64_t len;

    if (!take_number(u, &len) || len > (uint64_t)(u->end - u->p))
        return NULL;
    return u->p + len;
}

/* An id of more than a byte. They are numbered as they first appear, so that the frequent
 * ones are short. */
static inline bool take_long_id(struct usual *u, const unsigned char *stop, uint64_t *id)
{
    if (stop - u->p >= 2 && u->p[1] < 0x80) {
        *id = (uint64_t)(u->p[0] & 0x7f) | (uint64_t)u->p[1] << 7;
        u->p += 2;
        return true;
    }
    return take_number(u, id);
}

static bool take_usual_stack(struct pprof_tables *t, struct usual *u,
                             const unsigned char *stop)
{
    struct usual at = *u; /* a copy that no store into the stack can alias */
    const uint32_t *dense = t->location_ids.dense;
    size_t dense_count = t->location_ids.dense_count;
    uint32_t *out = t->stacks + t->stack_count;

    while (at.p < stop) {
        uint64_t id = *at.p;
        struct proto c = {0};

        if (LIKELY(id < 0x80))
            at.p++;
        else if (!take_long_id(&at, stop, &id))
            return false;
        if (LIKELY(id < dense_count && dense[id] != 0)) {
            *out++ = dense[id] - 1;
            continue;
        }
        *out++ = pprof_refer_to_location(t, &c, id);
        if (c.reason)
            return false;
        dense = t->location_ids.dense;
        dense_count = t->location_ids.dense_count;
    }
    u->p = at.p;
    t->stack_count = (size_t)(out - t->stacks);
    return at.p == stop;
}

static bool take_usual_values(struct pprof_tables *t, struct usual *u,
                              const unsigned char *stop)
{
    int64_t *out = t->values + t->value_count;

    for (size_t i = 0; i < t->width; i++) {
        uint64_t value;

        if (!take_number(u, &value))
            return false;
        *out++ = (int64_t)value;
    }
    t->value_count += t->width;
    return u->p == stop;
}

/* A key and a number, as Go writes the size of a heap's objects. */
static bool take_plain_label(struct pprof_tables *t, struct usual *u,
                             const unsigned char *stop)
{
    uint64_t key, number;

    if (u->p == stop || *u->p++ != 0x08 || !take_number(u, &key) || u->p >= stop ||
        *u->p++ != 0x18 || !take_number(u, &number) || u->p != stop || number == 0)
        return false;
    add_label(t, pprof_string_index(key), (int64_t)number);
    return true;
}

static bool take_usual_label(struct pprof_tables *t, struct usual *u,
                             const unsigned char *stop)
{
    const unsigned char *start = u->p;
    struct proto c = {0};

    if (!take_plain_label(t, u, stop))
        take_label(t, &c, slice_of((const char *)start, (size_t)(stop - start)));
    u->p = stop;
    return !c.reason;
}

/* Go writes values first, pprof the stack. */
static bool take_usual_fields(struct pprof_tables *t, struct usual *u)
{
    unsigned seen = 0;

    while (u->p < u->end) {
        unsigned char tag = *u->p++;
        const unsigned char *stop = take_length(u);
        bool ok = false;

        if (!stop)
            return false;
        if (tag == 0x12 && !(seen & 1))
            ok = take_usual_values(t, u, stop);
        else if (tag == 0x0a && !(seen & 2))
            ok = take_usual_stack(t, u, stop);
        else if (tag == 0x1a)
            ok = take_usual_label(t, u, stop);
        if (!ok)
            return false;
        seen |= tag == 0x12 ? 1 : tag == 0x0a ? 2 : 0;
    }
    return (seen & 1) != 0;
}

/* False, and nothing taken, when the general way has to look at it. */
static bool take_usual(struct pprof_tables *t, struct slice message)
{
    const unsigned char *p = (const unsigned char *)message.ptr;
    size_t stacks = t->stack_count, values = t->value_count, labels = t->label_count;
    struct usual u = {p, p + message.len};

    if (!t->has_samples || message.len == 0 || message.len > USUAL_BYTES ||
        t->sample_count >= LIMIT_PPROF_SAMPLES)
        return false;
    if (t->stack_capacity - stacks < USUAL_BYTES)
        t->stacks = mem_grow_huge(t->stacks, &t->stack_capacity, stacks + USUAL_BYTES,
                                  sizeof *t->stacks);
    if (t->value_capacity - values < LIMIT_PPROF_TYPES)
        t->values = mem_grow_huge(t->values, &t->value_capacity,
                                  values + LIMIT_PPROF_TYPES, sizeof *t->values);
    if (take_usual_fields(t, &u))
        return true;
    t->stack_count = stacks;
    t->value_count = values;
    t->label_count = labels;
    t->object_bytes = 0;
    return false;
}

static void add_sample(struct pprof_tables *t, size_t stacks)
{
    if (t->sample_count == t->sample_capacity)
        t->samples = mem_grow_huge(t->samples, &t->sample_capacity, t->sample_count + 1,
                                   sizeof *t->samples);
    t->samples[t->sample_count++] = (struct profile_sample){
        (uint32_t)stacks, (uint32_t)(t->stack_count - stacks), t->object_bytes};
}

const char *pprof_take_sample(struct pprof_tables *t, struct slice message,
                              const unsigned char **at)
{
    struct proto c = proto_init(message);
    size_t stacks = t->stack_count, values = t->value_count, labels = t->label_count;
    struct proto_field f;

    t->object_bytes = 0;
    if (take_usual(t, message)) {
        add_sample(t, stacks);
        return NULL;
    }
    while (proto_next(&c, &f)) {
        take_sample_field(t, &c, &f);
        if (t->stack_count - stacks > LIMIT_PPROF_DEPTH)
            (void)proto_fail(&c, c.p, "stack deeper than a profile may have");
        if (t->value_count - values > LIMIT_PPROF_TYPES)
            (void)proto_fail(&c, c.p, "more values than sample types");
    }
    if (!c.reason &&
        expected_width(t, t->value_count - values) != t->value_count - values)
        (void)proto_fail(&c, (const unsigned char *)message.ptr,
                         "number of values is not that of sample types");
    if (!c.reason && t->sample_count >= LIMIT_PPROF_SAMPLES)
        (void)proto_fail(&c, c.p, "more samples than a profile may have");
    if (c.reason) {
        t->stack_count = stacks;
        t->value_count = values;
        t->label_count = labels;
        return pprof_fault(&c, at);
    }
    add_sample(t, stacks);
    return NULL;
}
