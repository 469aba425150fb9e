#include "parsers/decode.h"

#include <assert.h>
#include <stdlib.h>

#include "model/base/mem.h"
#include "parsers/decode_internal.h"

const struct decoder_ops *const decoder_table[] = {
    &decode_gzip, &decode_zstd, &decode_lz4, &decode_xz, &decode_utf16, NULL,
};

/* RFC 1952: the two magic bytes, then 8 for deflate, the only method there is. */
static bool is_gzip(struct slice head)
{
    return slice_starts(head, SLICE("\x1f\x8b\x08"));
}

/* zstd and lz4 share the magic numbers of skippable frames, 0x184D2A50 to 5F. A file
 * that begins with one is taken for zstd: pzstd writes such files, no lz4 tool does. */
static bool is_skippable(struct slice head)
{
    return head.len >= 4 && (head.ptr[0] & 0xf0) == 0x50 &&
           slice_starts(slice_after(head, 1), SLICE("\x2a\x4d\x18"));
}

static bool is_zstd(struct slice head)
{
    return slice_starts(head, SLICE("\x28\xb5\x2f\xfd")) || is_skippable(head);
}

static bool is_lz4(struct slice head)
{
    return slice_starts(head, SLICE("\x04\x22\x4d\x18"));
}

static bool is_xz(struct slice head)
{
    return slice_starts(head, SLICE("\xfd"
                                    "7zXZ\0"));
}

static bool is_utf16(struct slice head)
{
    /* FF FE 00 00 is UTF-32, which nobody writes logs in. */
    if (slice_starts(head, SLICE("\xff\xfe\0\0")))
        return false;
    return slice_starts(head, SLICE("\xff\xfe")) || slice_starts(head, SLICE("\xfe\xff"));
}

const struct decoder_ops *decode_find(struct slice head)
{
    if (is_gzip(head))
        return &decode_gzip;
    if (is_zstd(head))
        return &decode_zstd;
    if (is_lz4(head))
        return &decode_lz4;
    if (is_xz(head))
        return &decode_xz;
    if (is_utf16(head))
        return &decode_utf16;
    return NULL;
}

void decoder_init(struct decoder *d, const char *name, decoder_run *run)
{
    d->name = name;
    d->run = run;
    /* A stream of no bytes at all is cut off, too. */
    d->is_in_frame = true;
}

bool decoder_fail(struct decoder *d, const struct err *err)
{
    d->failure = *err;
    d->has_failed = true;
    return false;
}

/* One call of the library. */
static void run_once(struct decoder *d, struct slice *in, struct decode_io *io)
{
    struct err err = {0};
    enum run run = d->run(d, io, &err);

    assert(io->took_bytes <= io->in_len && io->wrote_bytes <= io->room);
    if (io->took_bytes > 0)
        *in = slice_after(*in, io->took_bytes);
    d->in_bytes += io->took_bytes;
    d->may_hold_output = io->wrote_bytes == io->room;
    if (run == RUN_FAILED) {
        (void)decoder_fail(d, &err);
        return;
    }
    if (io->took_bytes > 0 || io->wrote_bytes > 0) {
        d->is_in_frame = run == RUN_IN_FRAME;
    } else if (io->in_len > 0) {
        /* Not known to happen; a caller that waits for progress must not spin. */
        err_set(&err, d->in_bytes, 0, "%s stream is stuck", d->name);
        (void)decoder_fail(d, &err);
    }
}

size_t decoder_step(struct decoder *d, struct slice *in, char *out, size_t room, bool *ok,
                    struct err *err)
{
    size_t written = 0;

    assert(room > 0);
    while (!d->has_failed && written < room && (in->len > 0 || d->may_hold_output)) {
        /* What the library holds comes out before it sees more: zstd and lz4 forget
         * what a call wrote when that call also meets an error. */
        bool is_drain = d->may_hold_output;
        struct decode_io io = {.in = is_drain ? "" : in->ptr,
                               .in_len = is_drain ? 0 : in->len,
                               .out = out + written,
                               .room = room - written};

        run_once(d, in, &io);
        written += io.wrote_bytes;
    }
    *ok = !d->has_failed;
    if (d->has_failed)
        *err = d->failure;
    return written;
}

bool decoder_finish(struct decoder *d, struct err *err)
{
    if (!d->has_failed && d->is_in_frame) {
        struct err cut;

        err_set(&cut, d->in_bytes, 0, "%s stream is cut off", d->name);
        (void)decoder_fail(d, &cut);
    }
    if (d->has_failed)
        *err = d->failure;
    return !d->has_failed;
}

static enum run run_missing(struct decoder *d, struct decode_io *io, struct err *err)
{
    (void)io;
    err_set(err, 0, 0, "%s support is not built in", d->name);
    return RUN_FAILED;
}

struct decoder *decoder_create_missing(const char *name)
{
    struct decoder *d = mem_alloc(sizeof *d);

    decoder_init(d, name, run_missing);
    return d;
}

void decoder_destroy_missing(struct decoder *d)
{
    free(d);
}
