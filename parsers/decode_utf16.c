#include <stdlib.h>

#include "model/base/mem.h"
#include "parsers/decode_internal.h"

#define REPLACEMENT 0xfffdu

/* One unit gives at most a replacement for the surrogate before it and itself. */
#define HELD_BYTES 6

struct utf16_decoder {
    struct decoder base;
    bool is_big_endian;
    bool has_mark; /* the byte order mark was read */
    bool has_byte; /* … the first one of a unit: `byte` */
    unsigned char byte;
    unsigned high; /* a high surrogate that waits for its other half; 0 = none */
    unsigned char held[HELD_BYTES]; /* UTF-8 that has not been handed on */
    size_t held_len, held_pos;
};

static void hold_byte(struct utf16_decoder *u, unsigned byte)
{
    u->held[u->held_len++] = (unsigned char)byte;
}

static void hold(struct utf16_decoder *u, unsigned code_point)
{
    if (code_point < 0x80) {
        hold_byte(u, code_point);
        return;
    }
    if (code_point < 0x800) {
        hold_byte(u, 0xc0 | code_point >> 6);
    } else {
        if (code_point < 0x10000) {
            hold_byte(u, 0xe0 | code_point >> 12);
        } else {
            hold_byte(u, 0xf0 | code_point >> 18);
            hold_byte(u, 0x80 | (code_point >> 12 & 0x3f));
        }
        hold_byte(u, 0x80 | (code_point >> 6 & 0x3f));
    }
    hold_byte(u, 0x80 | (code_point & 0x3f));
}

static void take_unit(struct utf16_decoder *u, unsigned unit)
{
    unsigned high = u->high;

    u->high = 0;
    u->held_len = u->held_pos = 0;
    if (high && unit >= 0xdc00 && unit <= 0xdfff) {
        hold(u, 0x10000 + ((high - 0xd800) << 10) + (unit - 0xdc00));
        return;
    }
    if (high)
        hold(u, REPLACEMENT);
    if (unit >= 0xd800 && unit <= 0xdbff)
        u->high = unit;
    else
        hold(u, unit >= 0xdc00 && unit <= 0xdfff ? REPLACEMENT : unit);
}

static void take_mark(struct utf16_decoder *u, unsigned first_byte)
{
    u->is_big_endian = first_byte == 0xfe;
    u->has_mark = true;
}

static void take_byte(struct utf16_decoder *u, unsigned char byte)
{
    if (!u->has_byte) {
        u->byte = byte;
        u->has_byte = true;
        return;
    }
    u->has_byte = false;
    if (!u->has_mark)
        take_mark(u, u->byte);
    else
        take_unit(u, u->is_big_endian ? (unsigned)u->byte << 8 | byte
                                      : (unsigned)byte << 8 | u->byte);
}

/* Logs are all but pure ASCII: whole units of that need no state. */
static void take_ascii(const struct utf16_decoder *u, struct decode_io *io)
{
    size_t low = u->is_big_endian ? 1 : 0;
    size_t count = (io->in_len - io->took_bytes) / 2, i = 0;
    const unsigned char *in = (const unsigned char *)io->in + io->took_bytes;
    char *out = io->out + io->wrote_bytes;

    if (!u->has_mark || u->has_byte || u->high)
        return;
    if (count > io->room - io->wrote_bytes)
        count = io->room - io->wrote_bytes;
    while (i < count && in[2 * i + 1 - low] == 0 && in[2 * i + low] < 0x80) {
        out[i] = (char)in[2 * i + low];
        i++;
    }
    io->took_bytes += 2 * i;
    io->wrote_bytes += i;
}

static enum run utf16_run(struct decoder *base, struct decode_io *io, struct err *err)
{
    struct utf16_decoder *u = (struct utf16_decoder *)base;

    (void)err;
    while (io->wrote_bytes < io->room) {
        if (u->held_pos < u->held_len) {
            io->out[io->wrote_bytes++] = (char)u->held[u->held_pos++];
            continue;
        }
        take_ascii(u, io);
        if (io->took_bytes == io->in_len)
            break;
        if (io->wrote_bytes < io->room)
            take_byte(u, (unsigned char)io->in[io->took_bytes++]);
    }
    return u->has_byte || u->high || !u->has_mark ? RUN_IN_FRAME : RUN_BETWEEN;
}

static struct decoder *utf16_create(void)
{
    struct utf16_decoder *u = mem_alloc(sizeof *u);

    decoder_init(&u->base, "utf-16", utf16_run);
    return &u->base;
}

static void utf16_destroy(struct decoder *base)
{
    free(base);
}

const struct decoder_ops decode_utf16 = {
    .name = "utf-16",
    .create = utf16_create,
    .step = decoder_step,
    .finish = decoder_finish,
    .destroy = utf16_destroy,
};
