#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "model/base/mem.h"
#include "parsers/decode.h"
#include "tests/unit/pack.h"
#include "tests/unit/support.h"
#include "tests/unit/unpack.h"

TestSuite(decode_damage, .fini = test_abort_on_leak);

static const struct slice small =
    SLICE_INIT("gc 1 @0.012s 2%: 0.01+1.2+0.03 ms clock, 4->4->1 MB, 4 MB goal, 8 P\n"
               "gc 2 @0.112s 2%: 0.02+1.4+0.05 ms clock, 4->5->2 MB, 5 MB goal, 8 P\n"
               "gc 3 @0.212s 2%: 0.02+1.4+0.05 ms clock, 4->5->2 MB, 5 MB goal, 8 P\n");

static const struct cuts some_cuts[] = {
    {SIZE_MAX, SIZE_MAX, DECODE_PIECE_BYTES},
    {SIZE_MAX, SIZE_MAX, 3},
    {1, 1, 4096},
};

static void expect_err(const char *name, const char *what, const struct unpacked *got,
                       const char *reason, uint64_t offset_bytes)
{
    cr_expect_not(got->ok, "%s %s", name, what);
    cr_expect_str_eq(got->err.reason, reason, "%s %s: %s", name, what, got->err.reason);
    cr_expect_eq(got->err.offset_bytes, offset_bytes, "%s %s: at %llu, not %llu", name,
                 what, (unsigned long long)got->err.offset_bytes,
                 (unsigned long long)offset_bytes);
}

/* A stream that is cut short gives the front of the text and says where it ended. */
static void expect_cut(const struct pack_ops *p, struct slice packed, size_t len,
                       struct cuts cuts)
{
    struct slice front = slice_first(packed, len);
    struct unpacked got = unpack(decode_find(packed), front, cuts, SIZE_MAX);

    cr_expect(unpacked_is_prefix(&got, small), "%s cut at %zu", p->name, len);
    /* UTF-16 without surrogates may end after any unit. */
    if (p->has_check || len < 2 || len % 2 != 0) {
        char want[64], what[64];

        (void)snprintf(want, sizeof want, "%s stream is cut off", p->name);
        (void)snprintf(what, sizeof what, "cut at %zu", len);
        expect_err(p->name, what, &got, want, len);
    }
    unpacked_finish(&got);
}

Test(decode_damage, every_truncation_gives_a_prefix)
{
    for (const struct pack_ops *p = pack_table; p->name; p++) {
        struct slice packed = p->pack(small);

        for (size_t len = 0; len < packed.len; len++)
            for (size_t k = 0; k < COUNT_OF(some_cuts); k++)
                expect_cut(p, packed, len, some_cuts[k]);
        test_free(packed);
    }
}

Test(decode_damage, a_cut_second_frame_keeps_the_first)
{
    struct slice twice = pack_join(small, small);

    for (const struct pack_ops *p = pack_table; p->name; p++) {
        struct slice one = p->pack(small), both = pack_join(one, one);

        for (size_t len = one.len + 1; p->can_repeat && len < both.len; len++) {
            struct unpacked got =
                unpack(decode_find(both), slice_first(both, len), CUTS_WHOLE, SIZE_MAX);

            cr_expect_not(got.ok, "%s cut at %zu", p->name, len);
            cr_expect(got.len >= small.len && unpacked_is_prefix(&got, twice),
                      "%s cut at %zu", p->name, len);
            unpacked_finish(&got);
        }
        test_free(one);
        test_free(both);
    }
    test_free(twice);
}

Test(decode_damage, a_flipped_bit_never_gives_other_text)
{
    for (const struct pack_ops *p = pack_table; p->name; p++) {
        struct slice packed = p->pack(small);
        const struct decoder_ops *ops = decode_find(packed);
        char *bytes = malloc(packed.len);

        cr_assert(bytes);
        for (size_t bit = 0; bit < packed.len * 8; bit++) {
            struct unpacked got;

            memcpy(bytes, packed.ptr, packed.len);
            bytes[bit / 8] = (char)(bytes[bit / 8] ^ 1 << bit % 8);
            got = unpack(ops, slice_of(bytes, packed.len), some_cuts[bit % 3], 1u << 20);
            cr_expect(got.len < 1u << 20, "%s bit %zu", p->name, bit);
            if (got.ok && p->has_check)
                cr_expect(unpacked_is(&got, small), "%s bit %zu", p->name, bit);
            cr_expect(got.ok || (got.err.reason[0] && got.err.offset_bytes <= packed.len),
                      "%s bit %zu", p->name, bit);
            unpacked_finish(&got);
        }
        free(bytes);
        test_free(packed);
    }
}

static const struct {
    const char *what;
    const char *name;
    struct slice tail; /* after a whole frame of `small`; or alone: */
    bool is_alone;
    const char *reason;
    uint64_t offset_bytes; /* from the front of the tail */
} refused[] = {
    {"garbage", "gzip", SLICE_INIT("garbage"), false,
     "garbage after the last gzip member", 0},
    {"garbage after zeros", "gzip", SLICE_INIT("\0\0\0x"), false,
     "garbage after the last gzip member", 3},
    {"half a magic", "gzip", SLICE_INIT("\x1f\x8b"), false, "gzip stream is cut off", 2},
    {"not a member", "gzip", SLICE_INIT("\x1fgarbage"), false,
     "gzip data is corrupt (incorrect header check)", 2},
    {"bad block type", "gzip", SLICE_INIT("\x1f\x8b\x08\0\0\0\0\0\0\x03\xff\xff\xff"),
     true, "gzip data is corrupt (invalid block type)", 11},
    {"garbage", "zstd", SLICE_INIT("garbage"), false,
     "not a zstd frame (Unknown frame descriptor)", 0},
    {"window of 2 GiB", "zstd", SLICE_INIT("\x28\xb5\x2f\xfd\x00\xa8\x01\x00\x00"), true,
     "zstd frame needs a window of 2048 MiB, the limit is 128 MiB", 0},
    {"window of 1 GiB, single segment", "zstd",
     SLICE_INIT("\x28\xb5\x2f\xfd\xa0\x00\x00\x00\x40\x01\x00\x00"), false,
     "zstd frame needs a window of 1024 MiB, the limit is 128 MiB", 0},
    {"a dictionary", "zstd", SLICE_INIT("\x28\xb5\x2f\xfd\x21\x07\x01\x09\x00\x00x"),
     true, "zstd frame needs a dictionary (Dictionary mismatch)", 0},
    {"reserved block type", "zstd", SLICE_INIT("\x28\xb5\x2f\xfd\x20\x01\x0f\x00\x00x"),
     true, "zstd data is corrupt (Data corruption detected)", 0},
    {"garbage", "lz4", SLICE_INIT("garbage"), false,
     "not an lz4 frame (ERROR_frameType_unknown)", 0},
    {"bad header checksum", "lz4",
     SLICE_INIT("\x04\x22\x4d\x18\x60\x40\x00\x00\x00\x00\x00"), true,
     "lz4 header checksum does not match (ERROR_headerChecksum_invalid)", 0},
    {"garbage", "xz", SLICE_INIT("garbage of 12"), false,
     "xz data is corrupt (LZMA_DATA_ERROR)", 12},
    {"padding of 3", "xz", SLICE_INIT("\0\0\0"), false,
     "xz data is corrupt (LZMA_DATA_ERROR)", 3},
    {"bad header checksum", "xz",
     SLICE_INIT("\xfd"
                "7zXZ\0\0\x01\0\0\0\0"),
     true, "xz data is corrupt (LZMA_DATA_ERROR)", 12},
    {"half a unit", "utf-16", SLICE_INIT("x"), false, "utf-16 stream is cut off", 1},
    {"half a pair", "utf-16", SLICE_INIT("\x00\xd8"), false, "utf-16 stream is cut off",
     2},
};

static void expect_refused(size_t row, struct cuts cuts)
{
    const struct pack_ops *p = pack_find(refused[row].name);
    const char *what = refused[row].what;
    struct slice before, packed;
    struct unpacked got;

    if (!p)
        return; /* not in this build */
    before = refused[row].is_alone ? test_exact_copy("", 0) : p->pack(small);
    packed = pack_join(before, refused[row].tail);
    got = unpack(decode_find(packed), packed, cuts, SIZE_MAX);
    expect_err(p->name, what, &got, refused[row].reason,
               before.len + refused[row].offset_bytes);
    if (!refused[row].is_alone)
        cr_expect(unpacked_is(&got, small), "%s %s", p->name, what);
    unpacked_finish(&got);
    test_free(before);
    test_free(packed);
}

Test(decode_damage, refuses_with_reason_and_place)
{
    for (size_t i = 0; i < COUNT_OF(refused); i++)
        for (size_t k = 0; k < COUNT_OF(some_cuts); k++)
            expect_refused(i, some_cuts[k]);
}

#ifdef HAVE_LZMA
Test(decode_damage, refuses_an_xz_dictionary_beyond_the_limit)
{
    struct slice packed = pack_find("xz")->pack(small),
                 want = SLICE("xz stream needs 10");
    struct unpacked got;

    pack_xz_want_gib(packed);
    got = unpack(decode_find(packed), packed, CUTS_WHOLE, SIZE_MAX);
    cr_expect_not(got.ok);
    cr_expect(slice_starts(slice_str(got.err.reason), want), "%s", got.err.reason);
    unpacked_finish(&got);
    test_free(packed);
}
#endif

Test(decode_damage, says_what_is_not_built_in)
{
    for (size_t i = 0; decoder_table[i]; i++) {
        const struct decoder_ops *ops = decoder_table[i];
        char want[64];

        if (pack_find(ops->name))
            continue;
        struct unpacked got = unpack(ops, SLICE("anything"), CUTS_WHOLE, SIZE_MAX);

        (void)snprintf(want, sizeof want, "%s support is not built in", ops->name);
        cr_expect_not(got.ok, "%s", ops->name);
        cr_expect_str_eq(got.err.reason, want, "%s", ops->name);
        unpacked_finish(&got);
    }
}

/* Damage near the end costs no more than the block that it is in. */
Test(decode_damage, keeps_what_came_before)
{
    size_t len = 1u << 20;
    char *text = malloc(len);
    uint64_t seed = 7;

    cr_assert(text);
    for (size_t i = 0; i < len; i++)
        text[i] = (char)('a' + test_random_below(&seed, 12));
    for (const struct pack_ops *p = pack_table; p->name; p++) {
        struct slice packed = p->pack(slice_of(text, len));
        size_t lost[COUNT_OF(some_cuts)];

        /* A run of ones is corrupt in the middle of every format's coding. */
        memset((char *)(uintptr_t)packed.ptr + packed.len * 9 / 10, 0xff, 64);
        for (size_t k = 0; k < COUNT_OF(some_cuts); k++) {
            struct unpacked got =
                unpack(decode_find(packed), packed, some_cuts[k], SIZE_MAX);

            cr_expect_neq(got.ok, p->has_check, "%s", p->name);
            cr_expect_geq(got.len, len * 7 / 10, "%s kept %zu", p->name, got.len);
            cr_expect(memcmp(got.ptr, text, len * 7 / 10) == 0, "%s", p->name);
            lost[k] = got.len;
            cr_expect_eq(lost[k], lost[0], "%s: %zu or %zu bytes", p->name, lost[k],
                         lost[0]);
            unpacked_finish(&got);
        }
        test_free(packed);
    }
    free(text);
}

Test(decode_damage, a_failure_stays)
{
    for (const struct pack_ops *p = pack_table; p->name; p++) {
        struct slice packed = p->pack(small), in = slice_first(packed, packed.len - 1);
        const struct decoder_ops *ops = decode_find(packed);
        struct decoder *d = ops->create();
        struct err err = {0}, again = {0};
        char out[4096];
        bool ok;

        (void)ops->step(d, &in, out, sizeof out, &ok, &err);
        cr_expect(ok && !ops->finish(d, &err), "%s", p->name);
        in = slice_after(packed, packed.len - 1);
        cr_expect_eq(ops->step(d, &in, out, sizeof out, &ok, &again), 0, "%s", p->name);
        cr_expect_not(ok, "%s", p->name);
        cr_expect_str_eq(again.reason, err.reason, "%s", p->name);
        cr_expect_not(ops->finish(d, &again), "%s", p->name);
        cr_expect_eq(again.offset_bytes, err.offset_bytes, "%s", p->name);
        ops->destroy(d);
        test_free(packed);
    }
}

static long peak_kib(void)
{
    struct rusage usage;

    (void)getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

/* 4 GiB of zeros in 300 KB: what comes out is bounded by the room that is given, and
 * memory by the window. */
Test(decode_damage, a_bomb_stays_in_bounded_memory, .timeout = 60)
{
    struct slice packed = pack_zstd_zeros(4096), in = packed;
    const struct decoder_ops *ops = decode_find(packed);
    struct decoder *d = ops->create();
    char *out = mem_alloc(DECODE_PIECE_BYTES);
    uint64_t total = 0;
    long before = peak_kib();
    struct err err = {0};
    bool ok = true;

    cr_expect_lt(packed.len, 1u << 20);
    while (ok && total < UINT64_C(512) << 20)
        total += ops->step(d, &in, out, DECODE_PIECE_BYTES, &ok, &err);
    cr_expect(ok, "%s", err.reason);
    cr_expect_lt(peak_kib() - before, 32L << 10, "%ld KiB more", peak_kib() - before);
    cr_expect(in.len > packed.len / 2, "took more than it needed");
    ops->destroy(d);
    free(out);
    test_free(packed);
}
