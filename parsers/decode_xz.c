#include "parsers/decode_internal.h"

#ifdef HAVE_LZMA

#include <lzma.h>
#include <stdlib.h>

#include "model/base/mem.h"
#include "parsers/limits.h"

struct xz_decoder {
    struct decoder base;
    lzma_stream stream;
};

static const struct {
    lzma_ret code;
    const char *reason, *name;
} reasons[] = {
    {LZMA_FORMAT_ERROR, "not an xz stream", "LZMA_FORMAT_ERROR"},
    {LZMA_OPTIONS_ERROR, "unsupported kind of xz stream", "LZMA_OPTIONS_ERROR"},
    {LZMA_DATA_ERROR, "xz data is corrupt", "LZMA_DATA_ERROR"},
};

static void fill_err(const struct xz_decoder *x, lzma_ret status, uint64_t offset_bytes,
                     struct err *err)
{
    if (status == LZMA_MEM_ERROR)
        mem_exhausted();
    if (status == LZMA_MEMLIMIT_ERROR) {
        err_set(err, offset_bytes, 0,
                "xz stream needs %llu MiB of memory, the limit is %u",
                (unsigned long long)(lzma_memusage(&x->stream) >> 20),
                (unsigned)(LIMIT_XZ_MEMORY_BYTES >> 20));
        return;
    }
    for (size_t i = 0; i < COUNT_OF(reasons); i++) {
        if (reasons[i].code == status) {
            err_set(err, offset_bytes, 0, "%s (%s)", reasons[i].reason, reasons[i].name);
            return;
        }
    }
    err_set(err, offset_bytes, 0, "xz data is corrupt (%u)", (unsigned)status);
}

static enum run xz_run(struct decoder *base, struct decode_io *io, struct err *err)
{
    struct xz_decoder *x = (struct xz_decoder *)base;
    lzma_ret status;

    x->stream.next_in = (const uint8_t *)io->in;
    x->stream.avail_in = io->in_len;
    x->stream.next_out = (uint8_t *)io->out;
    x->stream.avail_out = io->room;
    status = lzma_code(&x->stream, LZMA_RUN);
    io->took_bytes = io->in_len - x->stream.avail_in;
    io->wrote_bytes = io->room - x->stream.avail_out;
    /* LZMA_BUF_ERROR: nothing moved, which the caller sees for itself. */
    if (status != LZMA_OK && status != LZMA_BUF_ERROR) {
        fill_err(x, status, base->in_bytes + io->took_bytes, err);
        return RUN_FAILED;
    }
    /* Whether a stream may end here, LZMA_CONCATENATED tells only at the end. */
    return RUN_IN_FRAME;
}

static bool xz_finish(struct decoder *base, struct err *err)
{
    struct xz_decoder *x = (struct xz_decoder *)base;
    lzma_ret status;

    if (base->has_failed)
        return decoder_finish(base, err);
    x->stream.avail_in = 0;
    x->stream.avail_out = 0;
    status = lzma_code(&x->stream, LZMA_FINISH);
    if (status == LZMA_STREAM_END)
        base->is_in_frame = false;
    else if (status != LZMA_OK && status != LZMA_BUF_ERROR) {
        fill_err(x, status, base->in_bytes, err);
        return decoder_fail(base, err);
    }
    return decoder_finish(base, err);
}

static struct decoder *xz_create(void)
{
    struct xz_decoder *x = mem_alloc(sizeof *x);
    lzma_stream fresh = LZMA_STREAM_INIT;

    decoder_init(&x->base, "xz", xz_run);
    x->stream = fresh;
    if (lzma_stream_decoder(&x->stream, LIMIT_XZ_MEMORY_BYTES, LZMA_CONCATENATED) !=
        LZMA_OK)
        mem_exhausted();
    return &x->base;
}

static void xz_destroy(struct decoder *base)
{
    struct xz_decoder *x = (struct xz_decoder *)base;

    if (!x)
        return;
    lzma_end(&x->stream);
    free(x);
}

#else

static struct decoder *xz_create(void)
{
    return decoder_create_missing("xz");
}

static bool xz_finish(struct decoder *d, struct err *err)
{
    return decoder_finish(d, err);
}

static void xz_destroy(struct decoder *d)
{
    decoder_destroy_missing(d);
}

#endif

const struct decoder_ops decode_xz = {
    .name = "xz",
    .create = xz_create,
    .step = decoder_step,
    .finish = xz_finish,
    .destroy = xz_destroy,
};
