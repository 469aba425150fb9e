#define ZLIB_CONST /* or its next_in would point to what it may write */

#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

#include "model/base/mem.h"
#include "parsers/decode_internal.h"

struct gzip_decoder {
    struct decoder base;
    z_stream z;
};

/* 32 KiB of window, and 16 for "gzip, not zlib". */
#define WINDOW_BITS (15 + 16)

static uInt uint_of(size_t n)
{
    return n < UINT_MAX ? (uInt)n : UINT_MAX;
}

static enum run fail(const struct gzip_decoder *g, const struct decode_io *io, int status,
                     struct err *err)
{
    if (status == Z_MEM_ERROR)
        mem_exhausted();
    err_set(err, g->base.in_bytes + io->took_bytes, 0, "gzip data is corrupt (%s)",
            g->z.msg ? g->z.msg : zError(status));
    return RUN_FAILED;
}

/*
 * Between members: passes zeros (tapes and pre-allocated files are padded with them)
 * and begins the next member where its first byte is seen.
 */
static enum run next_member(struct gzip_decoder *g, struct decode_io *io, struct err *err)
{
    while (io->took_bytes < io->in_len && io->in[io->took_bytes] == 0)
        io->took_bytes++;
    if (io->took_bytes == io->in_len)
        return RUN_BETWEEN;
    if (io->in[io->took_bytes] != '\x1f') {
        err_set(err, g->base.in_bytes + io->took_bytes, 0,
                "garbage after the last gzip member");
        return RUN_FAILED;
    }
    (void)inflateReset(&g->z);
    return RUN_IN_FRAME;
}

static enum run gzip_run(struct decoder *base, struct decode_io *io, struct err *err)
{
    struct gzip_decoder *g = (struct gzip_decoder *)base;
    int status;

    if (!base->is_in_frame) {
        enum run run = next_member(g, io, err);

        if (run != RUN_IN_FRAME)
            return run;
    }
    uInt give = uint_of(io->in_len - io->took_bytes), room = uint_of(io->room);

    g->z.next_in = (const Bytef *)io->in + io->took_bytes;
    g->z.avail_in = give;
    g->z.next_out = (Bytef *)io->out;
    g->z.avail_out = room;
    status = inflate(&g->z, Z_NO_FLUSH);
    io->took_bytes += give - g->z.avail_in;
    io->wrote_bytes = room - g->z.avail_out;
    if (status == Z_STREAM_END)
        return RUN_BETWEEN;
    /* Z_BUF_ERROR: nothing moved, which the caller sees for itself. */
    if (status != Z_OK && status != Z_BUF_ERROR)
        return fail(g, io, status, err);
    return RUN_IN_FRAME;
}

static struct decoder *gzip_create(void)
{
    struct gzip_decoder *g = mem_alloc(sizeof *g);

    decoder_init(&g->base, "gzip", gzip_run);
    if (inflateInit2(&g->z, WINDOW_BITS) != Z_OK)
        mem_exhausted();
    return &g->base;
}

static void gzip_destroy(struct decoder *base)
{
    struct gzip_decoder *g = (struct gzip_decoder *)base;

    if (!g)
        return;
    (void)inflateEnd(&g->z);
    free(g);
}

const struct decoder_ops decode_gzip = {
    .name = "gzip",
    .create = gzip_create,
    .step = decoder_step,
    .finish = decoder_finish,
    .destroy = gzip_destroy,
};
