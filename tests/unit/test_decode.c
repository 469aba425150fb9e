#include <criterion/criterion.h>
#include <stdlib.h>

#include "parsers/decode.h"
#include "tests/unit/pack.h"
#include "tests/unit/support.h"
#include "tests/unit/unpack.h"

TestSuite(decode, .fini = test_abort_on_leak);

/* UTF-8 of one to four bytes. */
static const struct slice small =
    SLICE_INIT("gc 1 @0.012s 2%: 0.01+1.2+0.03 ms clock, 4->4->1 MB, 4 MB goal, 8 P\n"
               "gc 2 @0.112s 2%: 0.02+1.4+0.05 ms clock, 4->5->2 MB, 5 MB goal, 8 P\n"
               "h\xc3\xa9\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\xf0\x9f\x98\x80\n");

/* About 400 KB like a log: several blocks of every format. */
static struct slice large_text(void)
{
    size_t len = 400000;
    char *text = malloc(len);
    uint64_t seed = 1;

    cr_assert(text);
    for (size_t i = 0; i < len; i++) {
        static const char alphabet[] = "gc 0123456789.->MB, goal\n";

        text[i] = alphabet[test_random_below(&seed, sizeof alphabet - 1)];
    }
    return slice_of(text, len);
}

static const struct {
    struct slice head;
    const char *name; /* NULL = not compressed */
} heads[] = {
    {SLICE_INIT("\x1f\x8b\x08\x00\x00\x00"), "gzip"},
    {SLICE_INIT("\x1f\x8b\x07\x00\x00\x00"), NULL}, /* not deflate */
    {SLICE_INIT("\x1f\x8b"), NULL},
    {SLICE_INIT("\x28\xb5\x2f\xfd\x04\x00"), "zstd"},
    {SLICE_INIT("\x28\xb5\x2f"), NULL},
    {SLICE_INIT("\x50\x2a\x4d\x18\x04\x00"), "zstd"}, /* a skippable frame */
    {SLICE_INIT("\x5f\x2a\x4d\x18\x04\x00"), "zstd"},
    {SLICE_INIT("\x60\x2a\x4d\x18\x04\x00"), NULL},
    {SLICE_INIT("\x04\x22\x4d\x18\x64\x40"), "lz4"},
    {SLICE_INIT("\x02\x21\x4c\x18\x64\x40"), NULL}, /* the legacy format */
    {SLICE_INIT("\xfd"
                "7zXZ\0"),
     "xz"},
    {SLICE_INIT("\xfd"
                "7zXZ"),
     NULL},
    {SLICE_INIT("\xff\xfe"
                "g\0c\0"),
     "utf-16"},
    {SLICE_INIT("\xfe\xff\0g\0c"), "utf-16"},
    {SLICE_INIT("\xff\xfe"), "utf-16"},
    {SLICE_INIT("\xff\xfe\0\0g\0"), NULL}, /* UTF-32 */
    {SLICE_INIT("\xff"), NULL},
    {SLICE_INIT("gc 1 @"), NULL},
    {SLICE_INIT(""), NULL},
    {{NULL, 0}, NULL},
};

Test(decode, finds_by_magic)
{
    for (size_t i = 0; i < COUNT_OF(heads); i++) {
        struct slice head = test_exact_copy(heads[i].head.ptr, heads[i].head.len);
        const struct decoder_ops *ops = decode_find(head);

        cr_expect_str_eq(ops ? ops->name : "none", heads[i].name ? heads[i].name : "none",
                         "row %zu", i);
        test_free(head);
    }
}

Test(decode, finds_what_each_compressor_writes)
{
    for (const struct pack_ops *p = pack_table; p->name; p++) {
        struct slice packed = p->pack(small);
        const struct decoder_ops *ops =
            decode_find(slice_first(packed, DECODE_MAGIC_BYTES));

        cr_expect(ops && strcmp(ops->name, p->name) == 0, "%s", p->name);
        test_free(packed);
    }
}

static void expect_plain(const char *what, const struct decoder_ops *ops,
                         struct slice packed, struct slice plain, struct cuts cuts)
{
    struct unpacked got = unpack(ops, packed, cuts, SIZE_MAX);

    cr_expect(got.ok, "%s %s, cuts %zu %zu, room %zu: %s@%llu", ops->name, what,
              cuts.first, cuts.rest, cuts.room, got.err.reason,
              (unsigned long long)got.err.offset_bytes);
    cr_expect(unpacked_is(&got, plain), "%s %s, cuts %zu %zu, room %zu: %zu bytes of %zu",
              ops->name, what, cuts.first, cuts.rest, cuts.room, got.len, plain.len);
    unpacked_finish(&got);
}

static const struct cuts some_cuts[] = {
    {SIZE_MAX, SIZE_MAX, DECODE_PIECE_BYTES},
    {SIZE_MAX, SIZE_MAX, 1},
    {1, 1, 1},
    {1, 1, DECODE_PIECE_BYTES},
    {7, 13, 11},
    {100000, 4096, 1000},
};

Test(decode, round_trips)
{
    struct slice large = large_text();
    const struct slice plains[] = {SLICE(""), SLICE("x"), small, large};

    for (const struct pack_ops *p = pack_table; p->name; p++) {
        for (size_t i = 0; i < COUNT_OF(plains); i++) {
            struct slice packed = p->pack(plains[i]);
            const struct decoder_ops *ops = decode_find(packed);

            for (size_t k = 0; k < COUNT_OF(some_cuts); k++)
                expect_plain("round trip", ops, packed, plains[i], some_cuts[k]);
            test_free(packed);
        }
    }
    test_free(large);
}

Test(decode, any_split_and_any_room)
{
    static const size_t rooms[] = {1, 2, 3, 7, 64, 4096};

    for (const struct pack_ops *p = pack_table; p->name; p++) {
        struct slice packed = p->pack(small);
        const struct decoder_ops *ops = decode_find(packed);

        for (size_t first = 1; first <= packed.len; first++)
            for (size_t i = 0; i < COUNT_OF(rooms); i++)
                expect_plain("split", ops, packed, small,
                             (struct cuts){first, SIZE_MAX, rooms[i]});
        test_free(packed);
    }
}

Test(decode, takes_frames_in_a_row)
{
    struct slice twice = pack_join(small, small);

    for (const struct pack_ops *p = pack_table; p->name; p++) {
        struct slice one = p->pack(small), none = p->pack(SLICE(""));
        struct slice middle = pack_join(none, one), both = pack_join(one, middle);

        for (size_t k = 0; p->can_repeat && k < COUNT_OF(some_cuts); k++)
            expect_plain("three in a row", decode_find(both), both, twice, some_cuts[k]);
        test_free(one);
        test_free(none);
        test_free(middle);
        test_free(both);
    }
    test_free(twice);
}

/* What may stand between and after frames without meaning anything. */
static const struct {
    const char *name;
    struct slice filler;
    bool may_lead;
} fillers[] = {
    {"gzip", SLICE_INIT("\0"), false},
    {"gzip", SLICE_INIT("\0\0\0\0\0\0\0"), false},
    {"zstd", SLICE_INIT("\x50\x2a\x4d\x18\x00\x00\x00\x00"), true},
    {"zstd", SLICE_INIT("\x5e\x2a\x4d\x18\x05\x00\x00\x00seek!"), true},
    {"lz4", SLICE_INIT("\x53\x2a\x4d\x18\x00\x00\x00\x00"), false},
    {"lz4", SLICE_INIT("\x5e\x2a\x4d\x18\x05\x00\x00\x00hello"), false},
    {"xz", SLICE_INIT("\0\0\0\0"), false},
    {"xz", SLICE_INIT("\0\0\0\0\0\0\0\0"), false},
};

Test(decode, passes_padding_and_skippable_frames)
{
    struct slice twice = pack_join(small, small);

    for (size_t i = 0; i < COUNT_OF(fillers); i++) {
        const struct pack_ops *p = pack_find(fillers[i].name);

        if (!p)
            continue;
        struct slice one = p->pack(small), with = pack_join(one, fillers[i].filler);
        struct slice both = pack_join(with, with),
                     led = pack_join(fillers[i].filler, one);

        for (size_t k = 0; k < COUNT_OF(some_cuts); k++) {
            expect_plain("filler", decode_find(both), both, twice, some_cuts[k]);
            if (fillers[i].may_lead)
                expect_plain("led", decode_find(led), led, small, some_cuts[k]);
        }
        test_free(one);
        test_free(with);
        test_free(both);
        test_free(led);
    }
    test_free(twice);
}

static const struct {
    const char *what;
    struct slice packed;
    struct slice plain;
} texts[] = {
    {"lone high, then a letter", SLICE_INIT("\xff\xfe\x00\xd8g\0"),
     SLICE_INIT("\xef\xbf\xbdg")},
    {"lone low", SLICE_INIT("\xff\xfe\x00\xdcg\0"), SLICE_INIT("\xef\xbf\xbdg")},
    {"two highs, then a low", SLICE_INIT("\xff\xfe\x3d\xd8\x3d\xd8\x00\xde"),
     SLICE_INIT("\xef\xbf\xbd\xf0\x9f\x98\x80")},
    {"low before high", SLICE_INIT("\xfe\xff\xde\x00\xd8\x3d\xde\x00"),
     SLICE_INIT("\xef\xbf\xbd\xf0\x9f\x98\x80")},
    {"ends of the ranges", SLICE_INIT("\xfe\xff\x00\x7f\x00\x80\x07\xff\x08\x00\xff\xff"),
     SLICE_INIT("\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf")},
    {"the last code point", SLICE_INIT("\xfe\xff\xdb\xff\xdf\xff"),
     SLICE_INIT("\xf4\x8f\xbf\xbf")},
    {"only a mark", SLICE_INIT("\xff\xfe"), SLICE_INIT("")},
    {"NULs stay", SLICE_INIT("\xfe\xff\0a\0\0\0b"), SLICE_INIT("a\0b")},
};

Test(decode, turns_utf16_into_utf8)
{
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        for (size_t k = 0; k < COUNT_OF(some_cuts); k++)
            expect_plain(texts[i].what, decode_find(texts[i].packed), texts[i].packed,
                         texts[i].plain, some_cuts[k]);
}

Test(decode, enders_take_null)
{
    for (size_t i = 0; decoder_table[i]; i++)
        decoder_table[i]->destroy(NULL);
}

Test(decode, asking_again_changes_nothing)
{
    /* A caller that polls may ask for output many times before input comes. */
    for (const struct pack_ops *p = pack_table; p->name; p++) {
        struct slice packed = p->pack(small), front = slice_first(packed, packed.len / 2);
        const struct decoder_ops *ops = decode_find(packed);
        struct decoder *d = ops->create();
        struct slice in = front;
        struct err err = {0};
        char out[4096];
        bool ok;
        size_t len = ops->step(d, &in, out, sizeof out, &ok, &err);

        for (int i = 0; i < 100; i++) {
            in = (struct slice){NULL, 0};
            cr_expect_eq(ops->step(d, &in, out + len, sizeof out - len, &ok, &err), 0);
            cr_expect(ok, "%s: %s", p->name, err.reason);
        }
        in = slice_after(packed, front.len);
        len += ops->step(d, &in, out + len, sizeof out - len, &ok, &err);
        cr_expect(slice_eq(slice_of(out, len), small), "%s", p->name);
        cr_expect(ops->finish(d, &err), "%s: %s", p->name, err.reason);
        ops->destroy(d);
        test_free(packed);
    }
}
