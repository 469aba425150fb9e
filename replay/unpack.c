#include "replay/unpack.h"

#include <stdlib.h>

#include "model/base/mem.h"
#include "model/base/text.h"
#include "parsers/decode.h"

struct unpack {
    const struct decoder_ops *ops; /* NULL: not compressed, or not known yet */
    struct decoder *decoder;
    char *piece;
    struct text head; /* until it is known what it is */
    bool is_known, is_damaged;
};

struct unpack *unpack_create(void)
{
    return mem_alloc(sizeof(struct unpack));
}

void unpack_destroy(struct unpack *u)
{
    if (!u)
        return;
    if (u->decoder)
        u->ops->destroy(u->decoder);
    text_finish(&u->head);
    free(u->piece);
    free(u);
}

const char *unpack_name(const struct unpack *u)
{
    return u->ops ? u->ops->name : "none";
}

static void settle(struct unpack *u, struct slice head)
{
    u->is_known = true;
    u->ops = decode_find(head);
    if (!u->ops)
        return;
    u->decoder = u->ops->create();
    u->piece = mem_alloc(DECODE_PIECE_BYTES);
}

static bool decode(struct unpack *u, struct slice bytes,
                   void (*take)(void *user, struct slice unpacked), void *user,
                   struct err *err)
{
    bool ok = true;
    size_t got;

    if (!u->ops) {
        take(user, bytes);
        return true;
    }
    do {
        got = u->ops->step(u->decoder, &bytes, u->piece, DECODE_PIECE_BYTES, &ok, err);
        if (got)
            take(user, slice_of(u->piece, got));
    } while (ok && (got || bytes.len));
    u->is_damaged = !ok;
    return ok;
}

bool unpack_feed(struct unpack *u, struct slice bytes,
                 void (*take)(void *user, struct slice unpacked), void *user,
                 struct err *err)
{
    bool ok;

    if (u->is_damaged || bytes.len == 0)
        return true;
    if (u->is_known)
        return decode(u, bytes, take, user, err);
    if (u->head.len == 0 && bytes.len >= DECODE_MAGIC_BYTES) {
        settle(u, bytes);
        return decode(u, bytes, take, user, err);
    }
    text_put(&u->head, bytes);
    if (u->head.len < DECODE_MAGIC_BYTES)
        return true;
    settle(u, slice_of(u->head.ptr, u->head.len));
    ok = decode(u, slice_of(u->head.ptr, u->head.len), take, user, err);
    text_finish(&u->head);
    return ok;
}

bool unpack_finish(struct unpack *u, void (*take)(void *user, struct slice unpacked),
                   void *user, struct err *err)
{
    if (!u->is_known && u->head.len) {
        settle(u, slice_of(u->head.ptr, u->head.len));
        if (!decode(u, slice_of(u->head.ptr, u->head.len), take, user, err))
            return false;
    }
    if (u->is_damaged || !u->ops)
        return true;
    return u->ops->finish(u->decoder, err);
}
