#include <stdlib.h>
#include <string.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "model/base/mem.h"
#include "parsers/decode_internal.h"
#include "parsers/limits.h"

/* Magic number, descriptor, window or dictionary and content size: all of a frame
 * header that can tell how large the window is. */
#define HEADER_BYTES 18
#define BLOCK_HEADER_BYTES 3

struct zstd_decoder {
    struct decoder base;
    ZSTD_DStream *stream;
    size_t start_bytes;   /* what the library wants at the front of a frame */
    size_t wanted_bytes;  /* … and what it wants next: the rest of one unit */
    uint64_t unit_offset; /* where that unit began */
    uint64_t frame_offset;
    unsigned char header[HEADER_BYTES];
    size_t header_len;
};

static const struct {
    ZSTD_ErrorCode code;
    bool is_of_frame; /* rather than of one block of it */
    const char *reason;
} reasons[] = {
    {ZSTD_error_prefix_unknown, true, "not a zstd frame"},
    {ZSTD_error_version_unsupported, true, "unsupported version of zstd"},
    {ZSTD_error_frameParameter_unsupported, true, "unsupported kind of zstd frame"},
    {ZSTD_error_dictionary_wrong, true, "zstd frame needs a dictionary"},
    {ZSTD_error_dictionary_corrupted, true, "zstd frame needs a dictionary"},
    {ZSTD_error_checksum_wrong, false, "zstd checksum does not match"},
};

static uint64_t little_endian(const unsigned char *bytes, size_t count)
{
    uint64_t value = 0;

    for (size_t i = count; i > 0; i--)
        value = value << 8 | bytes[i - 1];
    return value;
}

/*
 * RFC 8878, 3.1.1.1. Only called for a header that the library has refused for its
 * window, so the fields are there; what is not, counts as 0.
 */
static uint64_t window_bytes(const unsigned char header[HEADER_BYTES])
{
    static const unsigned char id_len[] = {0, 1, 2, 4};
    static const unsigned char size_len[] = {1, 2, 4, 8};
    unsigned char descriptor = header[4];

    if (descriptor & 0x20) { /* one segment: the content is the window */
        unsigned kind = descriptor >> 6;

        return little_endian(header + 5 + id_len[descriptor & 3], size_len[kind]);
    }
    uint64_t base = UINT64_C(1024) << (header[5] >> 3);

    return base + base / 8 * (header[5] & 7);
}

static void fill_window_err(const struct zstd_decoder *z, struct err *err)
{
    err_set(err, z->frame_offset, 0,
            "zstd frame needs a window of %llu MiB, the limit is %u MiB",
            (unsigned long long)(window_bytes(z->header) >> 20),
            1u << (LIMIT_ZSTD_WINDOW_LOG - 20));
}

static enum run fail(const struct zstd_decoder *z, size_t status, struct err *err)
{
    ZSTD_ErrorCode code = ZSTD_getErrorCode(status);
    const char *reason = "zstd data is corrupt";
    uint64_t offset_bytes = z->unit_offset;

    if (code == ZSTD_error_memory_allocation)
        mem_exhausted();
    if (code == ZSTD_error_frameParameter_windowTooLarge) {
        fill_window_err(z, err);
        return RUN_FAILED;
    }
    for (size_t i = 0; i < COUNT_OF(reasons); i++) {
        if (reasons[i].code == code) {
            reason = reasons[i].reason;
            if (reasons[i].is_of_frame)
                offset_bytes = z->frame_offset;
        }
    }
    err_set(err, offset_bytes, 0, "%s (%s)", reason, ZSTD_getErrorName(status));
    return RUN_FAILED;
}

/* The library keeps its own copy of a header, but does not show it. */
static void keep_header(struct zstd_decoder *z, const char *in, size_t len)
{
    size_t room = sizeof z->header - z->header_len;
    size_t count = len < room ? len : room;

    if (count > 0)
        memcpy(z->header + z->header_len, in, count);
    z->header_len += count;
}

/*
 * One unit a call: the library asks for a block and the header of the next one, and
 * gets first the one, then the other. Given more, it would decode several in one call,
 * and on an error in the last of them forget those before it.
 */
static size_t unit_bytes(const struct zstd_decoder *z, size_t in_len)
{
    size_t want = z->wanted_bytes;

    if (want > BLOCK_HEADER_BYTES)
        want -= BLOCK_HEADER_BYTES;
    return in_len < want ? in_len : want;
}

static enum run zstd_run(struct decoder *base, struct decode_io *io, struct err *err)
{
    struct zstd_decoder *z = (struct zstd_decoder *)base;
    size_t give = unit_bytes(z, io->in_len);
    ZSTD_inBuffer in = {io->in, give, 0};
    ZSTD_outBuffer out = {io->out, io->room, 0};
    size_t status;

    keep_header(z, io->in, give);
    status = ZSTD_decompressStream(z->stream, &out, &in);
    if (ZSTD_isError(status))
        return fail(z, status, err);
    io->took_bytes = in.pos;
    io->wrote_bytes = out.pos;
    if (status > 0) {
        if (in.pos == z->wanted_bytes)
            z->unit_offset = base->in_bytes + in.pos;
        z->wanted_bytes = status;
        return RUN_IN_FRAME;
    }
    z->header_len = 0;
    z->frame_offset = z->unit_offset = base->in_bytes + in.pos;
    z->wanted_bytes = z->start_bytes;
    return RUN_BETWEEN;
}

static struct decoder *zstd_create(void)
{
    struct zstd_decoder *z = mem_alloc(sizeof *z);

    decoder_init(&z->base, "zstd", zstd_run);
    z->stream = ZSTD_createDStream();
    if (!z->stream)
        mem_exhausted();
    z->start_bytes = ZSTD_initDStream(z->stream);
    z->wanted_bytes = z->start_bytes;
    (void)ZSTD_DCtx_setParameter(z->stream, ZSTD_d_windowLogMax, LIMIT_ZSTD_WINDOW_LOG);
    return &z->base;
}

static void zstd_destroy(struct decoder *base)
{
    struct zstd_decoder *z = (struct zstd_decoder *)base;

    if (!z)
        return;
    (void)ZSTD_freeDStream(z->stream);
    free(z);
}

const struct decoder_ops decode_zstd = {
    .name = "zstd",
    .create = zstd_create,
    .step = decoder_step,
    .finish = decoder_finish,
    .destroy = zstd_destroy,
};
