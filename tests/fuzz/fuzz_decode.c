/*
 * Fuzzes all decoders, the one that the input's magic names. However the compressed
 * bytes are cut and however little room there is, the same bytes and the same verdict
 * must come out.
 */
#include <stdlib.h>
#include <string.h>

#include "model/base/mem.h"
#include "parsers/decode.h"
#include "tests/fuzz/fuzz_cuts.h"

/* A few bytes can unpack to gigabytes; this much of it shows what there is to see. */
#define OUTPUT_BYTES_MAX (1u << 20)

struct outcome {
    char *bytes; /* OUTPUT_BYTES_MAX of them */
    size_t len;
    bool ok;
    struct err err;
};

static void require(bool holds)
{
    if (!holds)
        abort();
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* All of one piece; with cuts, into blocks of changing size. */
static void feed(struct outcome *o, const struct decoder_ops *ops, struct decoder *d,
                 struct slice piece, struct fuzz_cuts *cuts)
{
    size_t len;

    do {
        size_t room = OUTPUT_BYTES_MAX - o->len;

        if (cuts)
            room = least(room, fuzz_cuts_next(cuts));
        if (room == 0)
            return;
        len = ops->step(d, &piece, o->bytes + o->len, room, &o->ok, &o->err);
        require(len <= room);
        require(!o->ok || len > 0 || piece.len == 0);
        o->len += len;
    } while (o->ok && len > 0);
}

static void decode(struct outcome *o, const struct decoder_ops *ops, struct slice in,
                   struct fuzz_cuts *cuts)
{
    struct decoder *d = ops->create();

    o->bytes = mem_alloc(OUTPUT_BYTES_MAX);
    o->ok = true;
    while (o->ok && in.len > 0 && o->len < OUTPUT_BYTES_MAX) {
        struct slice piece = slice_first(in, cuts ? fuzz_cuts_next(cuts) : in.len);

        feed(o, ops, d, piece, cuts);
        in = slice_after(in, piece.len);
    }
    if (o->ok && o->len < OUTPUT_BYTES_MAX)
        o->ok = ops->finish(d, &o->err);
    ops->destroy(d);
}

/* Of damaged data liblzma makes a few bytes more or less, and finds out a little sooner
 * or later, depending on how much it sees at once. */
static bool is_exact(const struct decoder_ops *ops, const struct outcome *whole)
{
    return whole->ok || strcmp(ops->name, "xz") != 0;
}

static void compare(const struct decoder_ops *ops, const struct outcome *whole,
                    const struct outcome *cut)
{
    require(memcmp(whole->bytes, cut->bytes, least(whole->len, cut->len)) == 0);
    require(!is_exact(ops, whole) || whole->len == cut->len);
    /* At the limit, one of the two may have seen an error that the other did not come
     * to. */
    if (whole->len == OUTPUT_BYTES_MAX || cut->len == OUTPUT_BYTES_MAX)
        return;
    require(whole->ok == cut->ok);
    require(whole->ok || strcmp(whole->err.reason, cut->err.reason) == 0);
    require(!is_exact(ops, whole) || whole->err.offset_bytes == cut->err.offset_bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = slice_of((const char *)data, size);
    struct fuzz_cuts cuts = fuzz_cuts_of(data, size);
    struct outcome whole = {0}, cut = {0};
    const struct decoder_ops *ops = decode_find(in);

    if (!ops)
        return 0;
    decode(&whole, ops, in, NULL);
    decode(&cut, ops, in, &cuts);
    require(whole.err.offset_bytes <= size && cut.err.offset_bytes <= size);
    compare(ops, &whole, &cut);
    free(whole.bytes);
    free(cut.bytes);
    return 0;
}
