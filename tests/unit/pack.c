#include "tests/unit/pack.h"

#include <assert.h>
#include <iconv.h>
#include <stdint.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

#include "tests/unit/support.h"

#ifdef HAVE_LZ4
#include <lz4frame.h>
#endif
#ifdef HAVE_LZMA
#include <lzma.h>
#endif

/* Cuts a buffer that was large enough down to what was used, so that a reader who
 * goes too far is seen. */
static struct slice shrink(char *buffer, size_t len)
{
    struct slice exact = test_exact_copy(buffer, len);

    free(buffer);
    return exact;
}

static char *buffer_of(size_t bytes)
{
    char *buffer = malloc(bytes);

    if (!buffer)
        abort();
    return buffer;
}

static struct slice pack_gzip(struct slice plain)
{
    size_t room = plain.len + plain.len / 8 + 256;
    char *out = buffer_of(room), *in = buffer_of(plain.len + 1);
    z_stream z = {0};
    int status = deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);

    assert(status == Z_OK);
    memcpy(in, plain.ptr, plain.len);
    z.next_in = (Bytef *)in;
    z.avail_in = (uInt)plain.len;
    z.next_out = (Bytef *)out;
    z.avail_out = (uInt)room;
    status = deflate(&z, Z_FINISH);
    assert(status == Z_STREAM_END);
    (void)deflateEnd(&z);
    free(in);
    return shrink(out, room - z.avail_out);
}

static struct slice pack_zstd(struct slice plain)
{
    size_t room = ZSTD_compressBound(plain.len);
    char *out = buffer_of(room);
    ZSTD_CCtx *c = ZSTD_createCCtx();
    size_t len;

    (void)ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, 1);
    len = ZSTD_compress2(c, out, room, plain.ptr, plain.len);
    assert(!ZSTD_isError(len));
    (void)ZSTD_freeCCtx(c);
    return shrink(out, len);
}

struct slice pack_zstd_zeros(unsigned blocks)
{
    size_t room = (size_t)blocks * 256 + 1024, block_bytes = 1u << 20;
    char *zeros = calloc(1, block_bytes), *packed = buffer_of(room);
    ZSTD_CCtx *c = ZSTD_createCCtx();
    ZSTD_outBuffer out = {packed, room, 0};

    assert(zeros && c);
    (void)ZSTD_CCtx_setParameter(c, ZSTD_c_compressionLevel, 1);
    for (unsigned i = 0; i < blocks; i++) {
        ZSTD_inBuffer in = {zeros, block_bytes, 0};
        ZSTD_EndDirective how = i + 1 < blocks ? ZSTD_e_continue : ZSTD_e_end;
        size_t left;

        do {
            left = ZSTD_compressStream2(c, &out, &in, how);
            assert(!ZSTD_isError(left) && out.pos < out.size);
        } while (in.pos < in.size || (how == ZSTD_e_end && left > 0));
    }
    (void)ZSTD_freeCCtx(c);
    free(zeros);
    return shrink(packed, out.pos);
}

#ifdef HAVE_LZ4
static struct slice pack_lz4(struct slice plain)
{
    LZ4F_preferences_t how = {0};
    size_t room, len;
    char *out;

    how.frameInfo.blockSizeID = LZ4F_max64KB;
    how.frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled;
    how.frameInfo.contentSize = plain.len;
    room = LZ4F_compressFrameBound(plain.len, &how);
    out = buffer_of(room);
    len = LZ4F_compressFrame(out, room, plain.ptr, plain.len, &how);
    assert(!LZ4F_isError(len));
    return shrink(out, len);
}
#endif

#ifdef HAVE_LZMA
static struct slice pack_xz(struct slice plain)
{
    size_t room = lzma_stream_buffer_bound(plain.len), len = 0;
    char *out = buffer_of(room);
    lzma_ret status =
        lzma_easy_buffer_encode(0, LZMA_CHECK_CRC32, NULL, (const uint8_t *)plain.ptr,
                                plain.len, (uint8_t *)out, &len, room);

    assert(status == LZMA_OK);
    return shrink(out, len);
}

/* The .xz file format, 3.1: after the 12 bytes of the stream header come the block
 * header's size, its flags, up to two sizes in base 128, the filter's id and the
 * length of its properties, the dictionary's size in a code of one byte, padding, a
 * checksum. */
void pack_xz_want_gib(struct slice packed)
{
    unsigned char *header = (unsigned char *)(uintptr_t)packed.ptr + 12;
    size_t len = ((size_t)header[0] + 1) * 4 - 4, at = 2;
    uint32_t check;

    for (unsigned flag = 0x40; flag <= 0x80; flag *= 2) {
        while (header[1] & flag && header[at] & 0x80)
            at++;
        at += header[1] & flag ? 1 : 0;
    }
    assert(header[at] == 0x21 && header[at + 1] == 1);
    header[at + 2] = 36;
    check = lzma_crc32(header, len, 0);
    for (size_t i = 0; i < 4; i++)
        header[len + i] = (unsigned char)(check >> 8 * i & 0xff);
}
#endif

static struct slice pack_utf16(struct slice plain, const char *code, const char *mark)
{
    size_t room = plain.len * 2 + 2, in_left = plain.len, out_left = room - 2, lost;
    char *in = buffer_of(plain.len + 1), *out = buffer_of(room);
    char *in_at = in, *out_at = out + 2;
    iconv_t conversion = iconv_open(code, "UTF-8");

    memcpy(in, plain.ptr, plain.len);
    memcpy(out, mark, 2);
    lost = iconv(conversion, &in_at, &in_left, &out_at, &out_left);
    assert(lost == 0);
    (void)lost;
    (void)iconv_close(conversion);
    free(in);
    return shrink(out, room - out_left);
}

static struct slice pack_utf16_le(struct slice plain)
{
    return pack_utf16(plain, "UTF-16LE", "\xff\xfe");
}

static struct slice pack_utf16_be(struct slice plain)
{
    return pack_utf16(plain, "UTF-16BE", "\xfe\xff");
}

struct slice pack_join(struct slice a, struct slice b)
{
    char *both = buffer_of(a.len + b.len + 1);

    memcpy(both, a.ptr, a.len);
    memcpy(both + a.len, b.ptr, b.len);
    return shrink(both, a.len + b.len);
}

const struct pack_ops pack_table[] = {
    {"gzip", true, true, pack_gzip},
    {"zstd", true, true, pack_zstd},
#ifdef HAVE_LZ4
    {"lz4", true, true, pack_lz4},
#endif
#ifdef HAVE_LZMA
    {"xz", true, true, pack_xz},
#endif
    {"utf-16", false, false, pack_utf16_le},
    {"utf-16", false, false, pack_utf16_be},
    {NULL, false, false, NULL},
};

const struct pack_ops *pack_find(const char *name)
{
    for (const struct pack_ops *p = pack_table; p->name; p++)
        if (strcmp(p->name, name) == 0)
            return p;
    return NULL;
}
