#include "model/profile_rows.h"

#include <assert.h>
#include <string.h>

#include "model/base/mem.h"
#include "model/profile.h"

#define NUMBER_BYTES 10

static unsigned char *put_number(unsigned char *at, uint64_t value)
{
    while (value >= 0x80) {
        *at++ = (unsigned char)(value | 0x80);
        value >>= 7;
    }
    *at++ = (unsigned char)value;
    return at;
}

static uint64_t fold_sign(int64_t value)
{
    return (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0);
}

void profile_encode(struct profile_encoder *e, uint32_t node, const int64_t *values)
{
    size_t most = (e->type_count + 1) * NUMBER_BYTES;
    unsigned bits = e->type_count <= PROFILE_MASK_TYPES ? (unsigned)e->type_count : 0;
    uint64_t head = (uint64_t)(node - e->next) << bits;
    unsigned char *at;

    assert(node >= e->next);
    e->bytes = mem_grow(e->bytes, &e->capacity, e->len + most, 1);
    for (unsigned i = 0; i < bits; i++)
        head |= (uint64_t)(values[i] != 0) << i;
    at = put_number(e->bytes + e->len, head);
    for (size_t i = 0; i < e->type_count; i++) {
        if (bits == 0 || values[i] != 0)
            at = put_number(at, fold_sign(values[i]));
    }
    e->len = (size_t)(at - e->bytes);
    e->next = node + 1;
}

/* Our own bytes: whole numbers, nothing to check. */
static uint64_t take_number(const unsigned char **at)
{
    uint64_t value = 0;
    unsigned shift = 0;

    while (**at >= 0x80) {
        value |= (uint64_t)(*(*at)++ & 0x7f) << shift;
        shift += 7;
    }
    return value | (uint64_t) * (*at)++ << shift;
}

static int64_t unfold_sign(uint64_t value)
{
    return (int64_t)(value >> 1 ^ (value & 1 ? UINT64_MAX : 0));
}

struct profile_rows profile_rows(const struct profile *p)
{
    return (struct profile_rows){
        .at = p->rows, .end = p->rows + p->rows_bytes, .type_count = p->type_count};
}

bool profile_rows_next(struct profile_rows *r)
{
    unsigned bits = r->type_count <= PROFILE_MASK_TYPES ? (unsigned)r->type_count : 0;
    uint64_t head;

    if (r->at == r->end)
        return false;
    head = take_number(&r->at);
    r->node = r->next + (uint32_t)(head >> bits);
    r->next = r->node + 1;
    for (size_t i = 0; i < r->type_count; i++)
        r->values[i] =
            bits == 0 || (head >> i & 1) ? unfold_sign(take_number(&r->at)) : 0;
    return true;
}
