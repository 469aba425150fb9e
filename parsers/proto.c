#include "parsers/proto.h"

#define VARINT_BYTES 10

bool proto_fail(struct proto *c, const unsigned char *at, const char *reason)
{
    if (!c->reason) {
        c->reason = reason;
        c->fault = at;
    }
    c->p = c->end;
    return false;
}

static bool fail_short(struct proto *c, const unsigned char *at)
{
    c->is_short = !c->reason || c->is_short;
    return proto_fail(c, at, "field cut off");
}

uint64_t proto_varint_long(struct proto *c)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < VARINT_BYTES; i++) {
        uint64_t byte;

        if (c->end - c->p <= (ptrdiff_t)i) {
            (void)fail_short(c, c->p);
            return 0;
        }
        byte = c->p[i];
        if (i == VARINT_BYTES - 1 && byte > 1)
            break;
        value |= (byte & 0x7f) << (7 * i);
        if (byte < 0x80) {
            c->p += i + 1;
            return value;
        }
    }
    (void)proto_fail(c, c->p, "number over 64 bits");
    return 0;
}

static bool take_fixed(struct proto *c, unsigned bytes, uint64_t *value)
{
    if (c->end - c->p < (ptrdiff_t)bytes)
        return fail_short(c, c->p);
    *value = 0;
    for (unsigned i = 0; i < bytes; i++)
        *value |= (uint64_t)c->p[i] << (8 * i);
    c->p += bytes;
    return true;
}

static bool take_bytes(struct proto *c, const unsigned char *start, struct slice *bytes)
{
    uint64_t len = proto_varint(c);

    if (c->reason)
        return false;
    *bytes = (struct slice){(const char *)c->p, (size_t)len};
    if (len > (uint64_t)(c->end - c->p))
        return fail_short(c, start);
    c->p += len;
    return true;
}

bool proto_next(struct proto *c, struct proto_field *field)
{
    const unsigned char *start = c->p;
    uint64_t tag;

    if (c->p == c->end)
        return false;
    *field = (struct proto_field){0};
    tag = proto_varint(c);
    if (c->reason)
        return false;
    if (tag >> 3 == 0 || tag >> 3 > 0x1fffffff)
        return proto_fail(c, start, "not a field of a profile");
    field->number = (uint32_t)(tag >> 3);
    field->wire = (enum proto_wire)(tag & 7);
    switch (field->wire) {
    case PROTO_VARINT:
        field->value = proto_varint(c);
        return !c->reason;
    case PROTO_FIXED64:
        return take_fixed(c, 8, &field->value);
    case PROTO_BYTES:
        return take_bytes(c, start, &field->bytes);
    case PROTO_FIXED32:
        return take_fixed(c, 4, &field->value);
    }
    return proto_fail(c, start, "not a field of a profile");
}
