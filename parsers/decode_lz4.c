#include "parsers/decode_internal.h"

#ifdef HAVE_LZ4

#include <lz4frame.h>
#include <stdlib.h>
#include <string.h>

#include "model/base/mem.h"

/* What the library wants first: magic number and the shortest header. */
#define START_BYTES 7
#define BLOCK_HEADER_BYTES 4

struct lz4_decoder {
    struct decoder base;
    LZ4F_dctx *context;
    size_t wanted_bytes;  /* the rest of one unit: a header, a block, a checksum */
    uint64_t unit_offset; /* where that unit began */
};

static const struct {
    const char *name;
    const char *reason;
} reasons[] = {
    {"ERROR_frameType_unknown", "not an lz4 frame"},
    {"ERROR_headerVersion_wrong", "unsupported version of lz4"},
    {"ERROR_headerChecksum_invalid", "lz4 header checksum does not match"},
    {"ERROR_blockChecksum_invalid", "lz4 block checksum does not match"},
    {"ERROR_contentChecksum_invalid", "lz4 checksum does not match"},
    {"ERROR_frameSize_wrong", "lz4 frame is not as long as it says"},
};

static enum run fail(const struct lz4_decoder *z, size_t status, struct err *err)
{
    const char *name = LZ4F_getErrorName(status);
    const char *reason = "lz4 data is corrupt";

    if (strcmp(name, "ERROR_allocation_failed") == 0)
        mem_exhausted();
    for (size_t i = 0; i < COUNT_OF(reasons); i++)
        if (strcmp(reasons[i].name, name) == 0)
            reason = reasons[i].reason;
    err_set(err, z->unit_offset, 0, "%s (%s)", reason, name);
    return RUN_FAILED;
}

/* One unit a call, as in decode_zstd.c and for the same reason. */
static size_t unit_bytes(const struct lz4_decoder *z, size_t in_len)
{
    size_t want = z->wanted_bytes;

    if (want > BLOCK_HEADER_BYTES)
        want -= BLOCK_HEADER_BYTES;
    return in_len < want ? in_len : want;
}

static enum run lz4_run(struct decoder *base, struct decode_io *io, struct err *err)
{
    struct lz4_decoder *z = (struct lz4_decoder *)base;
    size_t took = unit_bytes(z, io->in_len);
    size_t wrote = io->room, status;

    status = LZ4F_decompress(z->context, io->out, &wrote, io->in, &took, NULL);
    if (LZ4F_isError(status))
        return fail(z, status, err);
    io->took_bytes = took;
    io->wrote_bytes = wrote;
    if (status == 0 || took == z->wanted_bytes)
        z->unit_offset = base->in_bytes + took;
    z->wanted_bytes = status > 0 ? status : START_BYTES;
    return status > 0 ? RUN_IN_FRAME : RUN_BETWEEN;
}

static struct decoder *lz4_create(void)
{
    struct lz4_decoder *z = mem_alloc(sizeof *z);

    decoder_init(&z->base, "lz4", lz4_run);
    z->wanted_bytes = START_BYTES;
    if (LZ4F_isError(LZ4F_createDecompressionContext(&z->context, LZ4F_VERSION)))
        mem_exhausted();
    return &z->base;
}

static void lz4_destroy(struct decoder *base)
{
    struct lz4_decoder *z = (struct lz4_decoder *)base;

    if (!z)
        return;
    (void)LZ4F_freeDecompressionContext(z->context);
    free(z);
}

#else

static struct decoder *lz4_create(void)
{
    return decoder_create_missing("lz4");
}

static void lz4_destroy(struct decoder *d)
{
    decoder_destroy_missing(d);
}

#endif

const struct decoder_ops decode_lz4 = {
    .name = "lz4",
    .create = lz4_create,
    .step = decoder_step,
    .finish = decoder_finish,
    .destroy = lz4_destroy,
};
