#include "parsers/pprof_walk.h"

/* Of later versions of the format, which adds a field every few years. */
#define NUMBER_MAX 31

/* The wire types that a message's fields may have, one bit each, by number. */
#define V (1u << PROTO_VARINT)
#define B (1u << PROTO_BYTES)

struct shape {
    uint32_t count; /* fields beyond it are not known */
    unsigned char wires[16];
};

static const struct shape value_type = {3, {0, V, V}};
static const struct shape sample = {4, {0, V | B, V | B, B}};
static const struct shape mapping = {11, {0, V, V, V, V, V, V, V, V, V, V}};
static const struct shape location = {6, {0, V, V, V, B, V}};
static const struct shape line = {4, {0, V, V, V}};
static const struct shape label = {5, {0, V, V, V, V}};
static const struct shape function = {6, {0, V, V, V, V, V}};
static const struct shape profile = {
    16, {0, B, B, B, B, B, B, V, V, V, V, B, V, V | B, V, V}};

static bool has_field(const struct shape *shape, const struct proto_field *f)
{
    return f->number < shape->count && (shape->wires[f->number] & (1u << f->wire)) != 0;
}

bool pprof_is_field(const struct proto_field *f)
{
    return has_field(&profile, f) || (f->number >= profile.count &&
                                      f->number <= NUMBER_MAX && f->wire <= PROTO_BYTES);
}

static bool is_packed(struct slice bytes)
{
    struct proto c = proto_init(bytes);

    while (c.p < c.end)
        (void)proto_varint(&c);
    return !c.reason;
}

/* A message without messages in it. */
static bool is_flat(struct slice bytes, const struct shape *shape)
{
    struct proto c = proto_init(bytes);
    struct proto_field f;

    while (proto_next(&c, &f)) {
        if (!has_field(shape, &f) || f.wire == PROTO_BYTES)
            return false;
    }
    return !c.reason;
}

static bool is_sample(struct slice bytes)
{
    struct proto c = proto_init(bytes);
    struct proto_field f;

    while (proto_next(&c, &f)) {
        if (!has_field(&sample, &f))
            return false;
        if (f.wire == PROTO_BYTES &&
            !(f.number == 3 ? is_flat(f.bytes, &label) : is_packed(f.bytes)))
            return false;
    }
    return !c.reason;
}

static bool is_location(struct slice bytes)
{
    struct proto c = proto_init(bytes);
    struct proto_field f;

    while (proto_next(&c, &f)) {
        if (!has_field(&location, &f) ||
            (f.wire == PROTO_BYTES && !is_flat(f.bytes, &line)))
            return false;
    }
    return !c.reason;
}

/* Names, paths, units: no control characters in them. */
static bool is_text(struct slice bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        if ((unsigned char)bytes.ptr[i] < ' ' && bytes.ptr[i] != '\t' &&
            bytes.ptr[i] != '\n')
            return false;
    }
    return true;
}

static bool is_good(const struct proto_field *f)
{
    if (!has_field(&profile, f))
        return false;
    switch (f->number) {
    case PPROF_SAMPLE_TYPE:
    case PPROF_PERIOD_TYPE:
        return is_flat(f->bytes, &value_type);
    case PPROF_SAMPLE:
        return f->bytes.len > 0 && is_sample(f->bytes);
    case PPROF_MAPPING:
        return f->bytes.len > 0 && is_flat(f->bytes, &mapping);
    case PPROF_LOCATION:
        return f->bytes.len > 0 && is_location(f->bytes);
    case PPROF_FUNCTION:
        return f->bytes.len > 0 && is_flat(f->bytes, &function);
    case PPROF_STRING:
        return is_text(f->bytes);
    default:
        return f->wire == PROTO_VARINT || is_packed(f->bytes);
    }
}

struct pprof_walk pprof_walk(struct slice bytes, unsigned most)
{
    struct proto c = proto_init(bytes);
    struct pprof_walk w = {0};
    struct proto_field f;

    while (w.fields < most && proto_next(&c, &f)) {
        if (!is_good(&f)) {
            w.is_bad = true;
            return w;
        }
        w.fields++;
        w.seen |= 1u << f.number;
    }
    if (c.reason) {
        /* What is cut off has to be of the right kind, as far as it is there. */
        w.is_cut = c.is_short && (f.number == 0 || has_field(&profile, &f));
        w.is_bad = !w.is_cut;
    }
    return w;
}
