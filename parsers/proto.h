/*
 * Protocol Buffers on the wire: fields one after another, without a schema.
 *
 * Source: protobuf.dev/programming-guides/encoding. Varints are at most ten bytes; groups
 * (wire types 3 and 4) are long out of use and count as damage.
 *
 * Errors. Sticky: after the first, every call gives 0 or false, `reason` says what it was
 * and `fault` where.
 */
#ifndef PARSERS_PROTO_H
#define PARSERS_PROTO_H

#include <stdbool.h>
#include <stdint.h>

#include "model/base/compiler.h"
#include "model/base/slice.h"

enum proto_wire {
    PROTO_VARINT = 0,
    PROTO_FIXED64 = 1,
    PROTO_BYTES = 2,
    PROTO_FIXED32 = 5,
};

struct proto {
    const unsigned char *p, *end;
    const char *reason; /* static; NULL = all is well */
    const unsigned char *fault;
    bool is_short; /* the bytes ended too soon: more of them could mend it */
};

struct proto_field {
    uint32_t number; /* from 1 */
    enum proto_wire wire;
    uint64_t value;     /* of a varint or a fixed number */
    struct slice bytes; /* of PROTO_BYTES; borrowed */
};

static inline struct proto proto_init(struct slice bytes)
{
    const unsigned char *p = (const unsigned char *)bytes.ptr;

    return (struct proto){.p = p, .end = bytes.len ? p + bytes.len : p};
}

/* What the inline functions leave over. */
uint64_t proto_varint_long(struct proto *c);
bool proto_fail(struct proto *c, const unsigned char *at, const char *reason);

static inline uint64_t proto_varint(struct proto *c)
{
    const unsigned char *p = c->p;

    if (LIKELY(c->end - p >= 2)) {
        if (p[0] < 0x80) {
            c->p = p + 1;
            return p[0];
        }
        if (p[1] < 0x80) {
            c->p = p + 2;
            return (uint64_t)(p[0] & 0x7f) | (uint64_t)p[1] << 7;
        }
    }
    return proto_varint_long(c);
}

/*
 * The next field. False at the end and on damage; what is told apart by `reason`. A field
 * whose bytes end beyond ours is damage with `is_short`; its number, wire type and, where
 * its length is known, bytes.len are then set.
 */
bool proto_next(struct proto *c, struct proto_field *field);

#endif
