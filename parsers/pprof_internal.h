/* What pprof_tables.c and pprof_sample.c share. */
#ifndef PARSERS_PPROF_INTERNAL_H
#define PARSERS_PPROF_INTERNAL_H

#include "parsers/pprof_tables.h"

#define pprof_wrong_kind "field of the wrong kind"

/* Indexes of strings are checked when all strings are known. */
static inline uint32_t pprof_string_index(uint64_t value)
{
    return value < UINT32_MAX ? (uint32_t)value : UINT32_MAX;
}

/* The number of a field, or a fault: none of ours is anything but a varint. */
static inline uint64_t pprof_number(struct proto *c, const struct proto_field *f)
{
    if (f->wire != PROTO_VARINT)
        (void)proto_fail(c, c->p, pprof_wrong_kind);
    return f->value;
}

static inline const char *pprof_fault(const struct proto *c, const unsigned char **at)
{
    *at = c->fault;
    return c->reason;
}

/* The index of the location with this id, known or not; a fault when there are too many.
 */
uint32_t pprof_refer_to_location(struct pprof_tables *t, struct proto *c, uint64_t id);

#endif
