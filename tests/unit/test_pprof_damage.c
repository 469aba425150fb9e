/* Profiles that are cut off, flipped, or lie. */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdlib.h>

#include "model/base/compiler.h"
#include "parsers/limits.h"
#include "parsers/pprof.h"
#include "tests/unit/collect.h"
#include "tests/unit/damage.h"
#include "tests/unit/profile_sums.h"
#include "tests/unit/proto_text.h"
#include "tests/unit/support.h"
#include "tests/unit/trace_file.h"

TestSuite(pprof_damage, .fini = test_abort_on_leak);

#define TYPES "1{1:1 2:2} 1{1:3 2:4} "
#define STRINGS                                                                          \
    "6\"\" 6\"objects\" 6\"count\" 6\"space\" 6\"bytes\" 6\"main.f\" 6\"f.go\" "
#define HEAD "profile heap duration_ns=0 period=0 objects/count *space/bytes\n"
#define GOOD "2{1:[1] 2:[1 2]} "
#define TABLES "4{1:1 3:9 4{1:1 2:3}} 5{1:1 2:5} "
#define FRAME "9|main.f :3"

/* What is kept, and the first fault: counted as a skip or as an error, and where. */
static const struct {
    const char *name, *in, *want, *reason;
    uint64_t offset, skipped, errors;
} damaged[] = {
    {"a sample with a value too few", TYPES GOOD "2{1:[1] 2:[7]} " GOOD TABLES STRINGS,
     HEAD " 1 2 @ " FRAME "\n 1 2 @ " FRAME "\n",
     "number of values is not that of sample types", 23, 1, 0},
    {"a sample with a value too many", TYPES "2{2:[1 2 3]} " GOOD TABLES STRINGS,
     HEAD " 1 2 @ " FRAME "\n", "number of values is not that of sample types", 14, 1, 0},
    {"a stack that ends within a number",
     TYPES "2{1\"\x81\" 2:[1 2]} " GOOD TABLES STRINGS, HEAD " 1 2 @ " FRAME "\n",
     "field cut off", 16, 1, 0},
    {"a number over ten bytes",
     TYPES "2{1\"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\"} " GOOD TABLES STRINGS,
     HEAD " 1 2 @ " FRAME "\n", "number over 64 bits", 16, 1, 0},
    {"a name that is not there", TYPES GOOD "4{1:1 3:9 4{1:1 2:3}} 5{1:1 2:99} " STRINGS,
     HEAD " 1 2 @ 9| :3\n", "name that is not in the string table", 33, 0, 1},
    {"a location that is not there", TYPES GOOD "2{1:[1 7] 2:[3 4]} " TABLES STRINGS,
     HEAD " 1 2 @ " FRAME "\n 3 4 @ " FRAME " 0\n", "location that is not in the profile",
     21, 0, 1},
    {"a function that is not there", TYPES GOOD "4{1:1 3:9 4{1:8 2:3}} " STRINGS,
     HEAD " 1 2 @ 9| :3\n", "function that is not in the profile", 21, 0, 1},
    {"a location twice", TYPES GOOD TABLES "4{1:1 3:5} " STRINGS,
     HEAD " 1 2 @ " FRAME "\n", "id defined twice", 41, 1, 0},
    {"a location without an id", TYPES GOOD TABLES "4{3:5} " STRINGS,
     HEAD " 1 2 @ " FRAME "\n", "location without an id", 41, 1, 0},
    {"a sample type of another kind", "1{1:1 2:2} 1{1\"x\"} " GOOD TABLES STRINGS,
     "profile other duration_ns=0 period=0 objects/count */\n 1 2 @ " FRAME "\n",
     "field of the wrong kind", 11, 1, 1},
    {"no sample types", GOOD TABLES STRINGS, "", "no sample types", 0, 0, 1},
    {"no string table", TYPES GOOD TABLES,
     "profile other duration_ns=0 period=0 / */\n 1 2 @ 9\n",
     "no names: the string table is missing", 0, 0, 1},
    {"two profiles in a file", TYPES GOOD TABLES STRINGS TYPES GOOD TABLES STRINGS,
     HEAD " 1 2 @ " FRAME "\n", "a second profile in the same file: not read", 85, 0, 1},
    {"two of Go's",
     "11{1:3 2:4} " TYPES GOOD TABLES STRINGS "11{1:3 2:4} " TYPES GOOD STRINGS,
     HEAD " 1 2 @ " FRAME "\n", "a second profile in the same file: not read", 91, 0, 1},
    {"zeros behind it", TYPES GOOD TABLES STRINGS "=00000000", HEAD " 1 2 @ " FRAME "\n",
     "not a field of a profile", 85, 0, 1},
    {"nothing at all", "", "", "no sample types", 0, 0, 1},
};

Test(pprof_damage, kept_and_located)
{
    for (size_t i = 0; i < COUNT_OF(damaged); i++) {
        struct slice in = proto_of_text(damaged[i].in);
        struct collected c;

        collect(&c, &pprof_parser, in, PIECES_WHOLE);
        cr_expect_str_eq(text_str(&c.others), damaged[i].want, "%s", damaged[i].name);
        cr_assert_gt(c.diag.kept_count, 0, "%s", damaged[i].name);
        cr_expect_str_eq(c.diag.kept[0].reason, damaged[i].reason, "%s", damaged[i].name);
        cr_expect_eq(c.diag.kept[0].offset_bytes, damaged[i].offset, "%s: at %" PRIu64,
                     damaged[i].name, c.diag.kept[0].offset_bytes);
        cr_expect_eq(c.diag.skipped, damaged[i].skipped, "%s", damaged[i].name);
        cr_expect_eq(c.diag.errors, damaged[i].errors, "%s", damaged[i].name);
        collected_finish(&c);
        test_free(in);
    }
}

/* Longer than is searched: one profile and one fault, however it is cut. */
Test(pprof_damage, a_tail_of_zeros)
{
    static const struct pieces cuts[] = {
        {SIZE_MAX, SIZE_MAX, 0}, {100, 4096, 0}, {65536, 65536, 0}, {1, 300000, 7}};
    struct slice good = proto_of_text(TYPES GOOD TABLES STRINGS);
    struct text in = {0};

    text_put(&in, good);
    for (size_t i = 0; i < 3u * LIMIT_PPROF_SEARCH_BYTES; i++)
        text_put_char(&in, '\0');
    for (size_t i = 0; i < COUNT_OF(cuts); i++) {
        struct collected c;

        collect(&c, &pprof_parser, slice_of(in.ptr, in.len), cuts[i]);
        cr_expect_eq(c.other_count, 1, "cut %zu: %zu profiles", i, c.other_count);
        cr_expect_str_eq(text_str(&c.others), HEAD " 1 2 @ " FRAME "\n");
        cr_expect_eq(c.diag.errors, 1, "cut %zu", i);
        cr_expect_eq(c.diag.kept[0].offset_bytes, good.len, "cut %zu", i);
        collected_finish(&c);
    }
    text_finish(&in);
    test_free(good);
}

/* A length that is too great swallows what follows; behind it we are in step again. */
Test(pprof_damage, goes_on_behind_it)
{
    static const char eight[] = GOOD GOOD GOOD GOOD GOOD GOOD GOOD GOOD;
    struct text text = {0};
    struct slice in;
    struct collected c;

    text_printf(&text, TYPES "%s 2^9{1:[1] 2:[1 2]} =00 %s %s" TABLES STRINGS, eight,
                eight, eight);
    in = proto_of_text(text_str(&text));
    collect(&c, &pprof_parser, in, PIECES_WHOLE);
    cr_expect_eq(c.diag.kept[0].offset_bytes, 12 + 8 * 9 + 9, "%" PRIu64,
                 c.diag.kept[0].offset_bytes);
    cr_expect(strstr(text_str(&c.others), FRAME "\n 1 2 @ " FRAME) != NULL, "%s",
              text_str(&c.others));
    cr_expect_geq(text_cells(text_str(&c.others)), 20 * 20);
    collected_finish(&c);
    test_free(in);
    text_finish(&text);
}

/* Up to its string table a file of Go's has totals, then it has names as well. */
Test(pprof_damage, cut_off_at_each_byte)
{
    struct slice in = trace_plain("pprof/gen-go1.26-heap.pb.gz");
    size_t with_record = 0, with_all = 0;

    for (struct damage d = damage_cut(&pprof_parser, in, 0, in.len); damage_next(&d);) {
        cr_assert(d.c.ok, "first %zu bytes", d.at);
        cr_expect_gt(d.c.diag.errors, 0, "first %zu bytes", d.at);
        for (unsigned i = 0; i < d.c.diag.kept_count; i++)
            cr_expect_leq(d.c.diag.kept[i].offset_bytes, d.at, "first %zu bytes", d.at);
        with_record += d.c.other_count;
        with_all += d.c.other_count && strstr(text_str(&d.c.others), "524328") != NULL;
    }
    cr_expect_gt(with_record, in.len - 100);
    cr_expect_gt(with_all, in.len / 2);
    test_free(in);
}

Test(pprof_damage, flipped_bits)
{
    static const char *const files[] = {"pprof/gen-go1.15-heap.pb.gz",
                                        "pprof/ddtrace-heap.before.pprof",
                                        "pprof/pprofutils-heapage.in.pprof"};
    uint64_t seed = 20261121;
    size_t records = 0, rounds = 0;

    for (size_t i = 0; i < COUNT_OF(files); i++) {
        struct slice in = trace_plain(files[i]);

        for (struct damage d = damage_flip(&pprof_parser, in, 0, 1500, &seed);
             damage_next(&d); rounds++) {
            cr_assert(d.c.ok, "%s: byte %zu", files[i], d.at);
            cr_expect(d.c.other_count == 1 || d.c.diag.errors > 0, "%s: byte %zu",
                      files[i], d.at);
            records += d.c.other_count;
        }
        test_free(in);
    }
    /* One flip rarely costs a whole profile. */
    cr_expect_gt(records * 100, rounds * 97, "%zu of %zu", records, rounds);
}

/* A gigabyte of fields without end: refused at the limit, and memory stays bounded. */
Test(pprof_damage, too_large)
{
    struct collected c = {0};
    struct sink sink = {.user = &c};
    struct diag *diag = calloc(1, sizeof *diag);
    void *state = calloc(1, pprof_parser.state_bytes);
    struct slice unknown =
        proto_of_text("16\"a field that is not known, and so skipped\"");
    struct err err = {0};
    uint64_t fed = 0;
    bool ok = pprof_parser.open(state, &sink, diag);

    while (ok && fed <= LIMIT_PPROF_BYTES + unknown.len) {
        ok = pprof_parser.feed(state, unknown, &err);
        fed += unknown.len;
    }
    cr_expect_not(ok);
    cr_expect_eq(err.offset_bytes, LIMIT_PPROF_BYTES);
    cr_expect_str_eq(err.reason, "profile over 256 MiB");
    pprof_parser.close(state);
    free(state);
    free(diag);
    test_free(unknown);
}
