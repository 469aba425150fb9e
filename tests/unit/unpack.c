#include "tests/unit/unpack.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "model/base/mem.h"
#include "tests/unit/support.h"

static void append(struct unpacked *u, const char *bytes, size_t len)
{
    u->ptr = mem_grow(u->ptr, &u->capacity, u->len + len + 1, 1);
    memcpy(u->ptr + u->len, bytes, len);
    u->len += len;
}

/* Feeds one piece until the decoder wants more; false when it is time to stop. */
static bool feed(struct unpacked *u, const struct decoder_ops *ops, struct decoder *d,
                 struct slice piece, char *out, size_t room, size_t limit)
{
    size_t len;

    do {
        size_t left = piece.len;

        len = ops->step(d, &piece, out, room, &u->ok, &u->err);
        assert(len <= room && piece.len <= left);
        assert(!u->ok || len > 0 || piece.len == 0);
        append(u, out, len);
    } while (u->ok && len > 0 && u->len < limit);
    return u->ok && u->len < limit;
}

struct unpacked unpack(const struct decoder_ops *ops, struct slice packed,
                       struct cuts cuts, size_t limit)
{
    struct unpacked u = {.ok = true};
    struct decoder *d = ops->create();
    size_t want = cuts.first;
    char *out = mem_alloc(cuts.room);
    bool goes_on = true;

    while (goes_on && packed.len > 0) {
        struct slice part = slice_first(packed, want);
        struct slice piece = test_exact_copy(part.ptr, part.len);

        goes_on = feed(&u, ops, d, piece, out, cuts.room, limit);
        test_free(piece);
        packed = slice_after(packed, part.len);
        want = cuts.rest;
    }
    if (goes_on)
        u.ok = ops->finish(d, &u.err);
    ops->destroy(d);
    free(out);
    return u;
}

void unpacked_finish(struct unpacked *u)
{
    free(u->ptr);
    *u = (struct unpacked){0};
}

bool unpacked_is_prefix(const struct unpacked *u, struct slice plain)
{
    return u->len <= plain.len && (u->len == 0 || memcmp(u->ptr, plain.ptr, u->len) == 0);
}

bool unpacked_is(const struct unpacked *u, struct slice plain)
{
    return u->len == plain.len && unpacked_is_prefix(u, plain);
}
