#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>

#include "parsers/heap_text.h"
#include "parsers/heap_text_java.h"
#include "parsers/limits.h"
#include "tests/unit/collect.h"
#include "tests/unit/damage.h"
#include "tests/unit/expect.h"
#include "tests/unit/profile_sums.h"
#include "tests/unit/support.h"
#include "tests/unit/trace_file.h"

TestSuite(heap_text, .fini = test_abort_on_leak);

#define SUM_FAULT "records do not add up to what the header says"

/* The sums are those of `go tool pprof -raw` (Go 1.26.8), and so are the numbers of
 * samples. */
static const struct {
    const char *name, *want;
    uint64_t skipped;
} files[] = {
    {"gen-go1.15-heap.debug1.txt.zst",
     "109 alloc_objects/count=642336 alloc_space/bytes=54824494 "
     "inuse_objects/count=557134 inuse_space/bytes=48008230",
     0},
    {"gen-go1.19-heap.debug1.txt.zst",
     "116 alloc_objects/count=722253 alloc_space/bytes=60708762 "
     "inuse_objects/count=433879 inuse_space/bytes=39735674",
     0},
    {"gen-go1.22-heap.debug1.txt.zst",
     "117 alloc_objects/count=707861 alloc_space/bytes=61355581 "
     "inuse_objects/count=485025 inuse_space/bytes=43528429",
     0},
    {"gen-go1.24-heap.debug1.txt.zst",
     "99 alloc_objects/count=582339 alloc_space/bytes=51771530 "
     "inuse_objects/count=431597 inuse_space/bytes=39711986",
     0},
    {"gen-go1.26-heap.debug1.txt.zst",
     "117 alloc_objects/count=698825 alloc_space/bytes=58236415 "
     "inuse_objects/count=452233 inuse_space/bytes=40409271",
     0},
    {"gen-go1.27-heap.debug1.txt.zst",
     "120 alloc_objects/count=719880 alloc_space/bytes=62996796 "
     "inuse_objects/count=503598 inuse_space/bytes=45693972",
     0},
    {"recorded-leak-heap-000.txt.zst",
     "14 alloc_objects/count=29309 alloc_space/bytes=340114800 "
     "inuse_objects/count=11079 inuse_space/bytes=164238358",
     0},
    {"recorded-upload-heap-003.txt.zst",
     "54 alloc_objects/count=205632 alloc_space/bytes=4328253153 "
     "inuse_objects/count=1549 inuse_space/bytes=104857894",
     0},
    {"pprof-cppbench.heap", "31 objects/count=41063 space/bytes=80935293", 0},
    {"pprof-cppbench.growth", "85 objects/count=85 space/bytes=178257920", 0},
    /* Its records were cut down for a test, its header was not. */
    {"pprof-gobench.heap",
     "15 alloc_objects/count=83134 alloc_space/bytes=350314738 "
     "inuse_objects/count=11445 inuse_space/bytes=7721316",
     1},
    {"pprof-java.heap", "7 inuse_objects/count=67347 inuse_space/bytes=9968703", 0},
};

static const struct parser_ops *parser_of(struct slice in)
{
    bool need_more;

    return parser_probe(slice_first(in, LIMIT_PROBE_BYTES), in.len < LIMIT_PROBE_BYTES,
                        &need_more);
}

Test(heap_text, sums_of_real_files)
{
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        char path[TRACE_PATH];
        struct text got = {0};
        struct diag diag = {0};
        struct slice in;
        const struct parser_ops *ops;

        (void)snprintf(path, sizeof path, "profiles-text/%s", files[i].name);
        in = trace_plain(path);
        ops = parser_of(in);
        cr_assert(ops == &heap_text_parser || ops == &heap_text_java_parser, "%s", path);
        profile_sums(&got, ops, in, &diag, 0);
        cr_expect_eq(strncmp(text_str(&got), files[i].want, strlen(files[i].want)), 0,
                     "%s: %s", path, text_str(&got));
        cr_expect_eq(diag.skipped, files[i].skipped, "%s: %s", path, diag.kept[0].reason);
        text_finish(&got);
        test_free(in);
    }
}

/* From the types on, without the number of samples and the time. */
static void sums_of(struct text *out, const char *name)
{
    struct text all = {0};
    struct diag diag = {0};
    struct slice in = trace_plain(name), sums;

    profile_sums(&all, parser_of(in), in, &diag, 0);
    cr_assert(strchr(text_str(&all), ' '), "%s", name);
    sums = slice_str(strchr(text_str(&all), ' '));
    if (strstr(sums.ptr, " at "))
        sums.len = (size_t)(strstr(sums.ptr, " at ") - sums.ptr);
    text_put(out, sums);
    text_finish(&all);
    test_free(in);
}

/* Go wrote both at one moment: as protobuf with the sampling undone, and as text. */
Test(heap_text, text_and_protobuf_agree)
{
    static const char *const versions[] = {"1.15", "1.19", "1.22",
                                           "1.24", "1.26", "1.27"};

    for (size_t i = 0; i < COUNT_OF(versions); i++) {
        struct text as_text = {0}, as_protobuf = {0};
        char path[TRACE_PATH];

        (void)snprintf(path, sizeof path, "profiles-text/gen-go%s-heap.debug1.txt.zst",
                       versions[i]);
        sums_of(&as_text, path);
        (void)snprintf(path, sizeof path, "pprof/gen-go%s-heap.pb.gz", versions[i]);
        sums_of(&as_protobuf, path);
        cr_expect_str_eq(text_str(&as_text), text_str(&as_protobuf), "%s", versions[i]);
        text_finish(&as_text);
        text_finish(&as_protobuf);
    }
}

static struct collected parse(const struct parser_ops *ops, const char *in)
{
    struct collected c;

    collect(&c, ops, slice_of(in, strlen(in)), PIECES_WHOLE);
    return c;
}

#define FOUR_TYPES                                                                       \
    " alloc_objects/count alloc_space/bytes inuse_objects/count *inuse_space/bytes\n"
#define TWO_TYPES " objects/count *space/bytes\n"

/* Values by hand: 1/(1-exp(-512/512)) is 1.5819767…, 1/(1-exp(-1024/512)) 1.1565176…. */
static const struct {
    const char *in, *want;
} rows[] = {
    {"heap profile: 0: 0 [0: 0] @ heap/1048576\n",
     "profile heap duration_ns=0 period=524288" TWO_TYPES},
    {"heap profile: 2: 1024 [3: 1536] @ heap/1024\n2: 1024 [3: 1536] @ 0x11 0x21\n",
     "profile heap duration_ns=0 period=512" FOUR_TYPES
     " 4 2429 3 1619 of 512 @ 10 20\n"},
    {"heap profile: 2: 1024 [ 3: 1536 ]  @ heap_v2/512\n  2: 1024 [ 3: 1536 ] @ 0x11\n",
     "profile heap duration_ns=0 period=512" FOUR_TYPES " 4 2429 3 1619 of 512 @ 10\n"},
    {"heap profile: 2: 1024 [0: 0] @ heapz_v2/512\n2: 1024 [0: 0] @ 0x11\n",
     "profile heap duration_ns=0 period=512" TWO_TYPES " 3 1619 of 512 @ 10\n"},
    {"heap profile: 2: 1024 [2: 1024] @ heapprofile\n2: 1024 [2: 1024] @ 0x11\n",
     "profile heap duration_ns=0 period=1" TWO_TYPES " 2 1024 of 512 @ 10\n"},
    {"heap profile: 2: 1024 [9: 9216] @ growth\n2: 1024 [9: 9216] @ 0x11\n",
     "profile other duration_ns=0 period=1" TWO_TYPES " 2 1024 of 512 @ 10\n"},
    {"heap profile: -2: -1024 [-2: -1024] @ growthz\n-2: -1024 [-2: -1024] @ 0x11\n",
     "profile other duration_ns=0 period=1" TWO_TYPES " -2 -1024 of 512 @ 10\n"},
    {"heap profile: 1: 8 [1: 8] @ fragmentationz\n1: 8 [1: 8] @ 0x11\n",
     "profile other duration_ns=0 period=1" TWO_TYPES " 1 8 of 8 @ 10\n"},
    /* Rates of which nothing is to be undone. */
    {"heap profile: 1: 8 [2: 16] @ heap/2\n1: 8 [2: 16] @ 0x11\n",
     "profile heap duration_ns=0 period=1" FOUR_TYPES " 2 16 1 8 of 8 @ 10\n"},
    {"heap profile: 1: 8 [2: 16] @ heap\n1: 8 [2: 16] @ 0x11\n",
     "profile heap duration_ns=0 period=0" FOUR_TYPES " 2 16 1 8 of 8 @ 10\n"},
    /* One allocated byte too many in the header, as Go adds it; \r\n; no newline. */
    {"heap profile: 1: 8 [1: 9] @ heap/2\r\n1: 8 [1: 8] @ 0x11\r\n\r\n",
     "profile heap duration_ns=0 period=1" FOUR_TYPES " 1 8 1 8 of 8 @ 10\n"},
    {"heap profile: 1: 8 [1: 9] @ heap/2\n1: 8 [1: 8] @",
     "profile heap duration_ns=0 period=1" FOUR_TYPES " 1 8 1 8 of 8 @\n"},
    {"\xEF\xBB\xBFheap profile: 0: 0 [0: 0] @ heap/2\n",
     "profile heap duration_ns=0 period=1" TWO_TYPES},
    /* Names, with an inlined call more than there are addresses; odd ones; none. */
    {"heap profile: 3: 24 [4: 32] @ heap/2\n"
     "1: 8 [2: 16] @ 0x11 0x21\n"
     "#\t0x10\tmain.(*T[...]).f\u00b7x+0x2f\t\tmain.go:33\n"
     "#\t0x10\tmain.inlined+0xf\t\tC:/my files/a.go:7\n"
     "#\t0x20\tgopkg.in/yaml%2ev2.g+0x51\tx.go:12\n"
     "#\t0x30\n\n"
     "2: 16 [2: 16] @ 0x31\n\n",
     "profile heap duration_ns=0 period=1" FOUR_TYPES
     " 2 16 1 8 of 8 @ 10|main.(*T[...]).f\u00b7x main.go:33 10|main.inlined C:/my "
     "files/a.go:7 20|gopkg.in/yaml%2ev2.g x.go:12 30| :0\n"
     " 2 16 2 16 of 8 @ 30\n"},
    /* The files that the addresses are in, in both forms. */
    {"heap profile: 2: 16 [2: 16] @ heapprofile\n2: 16 [2: 16] @ 0x400011 0x501 0x7\n"
     "MAPPED_LIBRARIES:\n"
     "00400000-00fcb000 r-xp 00000000 08:01 123   /bin/a b\n"
     "  500-600: /lib/libc.so\n  build=/x\n",
     "profile heap duration_ns=0 period=1 objects/count *space/bytes map=/bin/a b "
     "map=/lib/libc.so\n 2 16 of 8 @ 400010 500 6\n"},
    {"--- symbol\nbinary=/bin/a\n0x10 main--inlined\n0x20 start\n---\n--- heap ---\n"
     "heap profile: 2: 16 [2: 16] @ heapprofile\n2: 16 [2: 16] @ 0x11 0x20\n",
     "profile heap duration_ns=0 period=1" TWO_TYPES
     " 2 16 of 8 @ 10|main :0 1f|start :0\n"},
    /* Two files one after the other. */
    {"heap profile: 1: 8 [1: 8] @ growth\n1: 8 [1: 8] @ 0x11\n"
     "heap profile: 1: 9 [1: 9] @ growth\n1: 9 [1: 9] @ 0x11\n",
     "profile other duration_ns=0 period=1" TWO_TYPES " 1 8 of 8 @ 10\n"
     "profile other duration_ns=0 period=1" TWO_TYPES " 1 9 of 9 @ 10\n"},
};

Test(heap_text, each_kind)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        expect_others(&heap_text_parser, "", rows[i].in, rows[i].want, 0);
}

#define HEAD "heap profile: 2: 16 [3: 24] @ heap/2\n"
#define ONE "1: 8 [1: 8] @ 0x11\n"
#define LAST "1: 8 [2: 16] @ 0x21\n"
#define LEAST "# HeapAlloc = 1\n# Sys = 2\n"

/* Each stands between two good records, which it does not cost. */
static const struct {
    const char *in, *reason;
    uint64_t at; /* bytes into the line */
} bad[] = {
    {"hello", "expected a record of a heap profile", 0},
    {"1: 8 [1: 8 @ 0x1", "expected a record of a heap profile", 11},
    {"1: 99999999999999999999 [1: 8] @ 0x1", "expected a record of a heap profile", 3},
    {"0: 8 [0: 0] @ 0x1", "bytes without objects", 0},
    {"0: 0 [0: 0] @ 0x1 0xz", "malformed address: the stack ends there", 18},
    {"0: 0 [0: 0] @ 0x11111111111111111", "malformed address: the stack ends there", 14},
    {"0: 0 [0: 0] @ 0x1-0x2", "malformed address: the stack ends there", 14},
    {"#\tmain.f", "malformed frame", 0},
};

Test(heap_text, bad_lines_are_skipped_and_counted)
{
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct text t = {0};
        struct collected c;
        const char *front = HEAD ONE;

        text_printf(&t, "%s%s\n%s", front, bad[i].in, LAST);
        c = parse(&heap_text_parser, text_str(&t));
        cr_expect_eq(c.other_count, 1, "%s", bad[i].in);
        cr_expect(strstr(text_str(&c.others), " 1 8 1 8 of 8 @ 10\n"), "%s", bad[i].in);
        cr_expect(strstr(text_str(&c.others), " 2 16 1 8 of 8 @ 20\n"), "%s", bad[i].in);
        expect_fault(&c.diag, bad[i].in, bad[i].reason, 3, strlen(front) + bad[i].at);
        collected_finish(&c);
        text_finish(&t);
    }
}

static const struct {
    const char *in, *reason;
} bad_headers[] = {
    {"heap profile: 2: 16 [3: 24] @ heapz/2\n", "unknown kind of heap profile"},
    {"heap profile: 2: 16 [3: 24] @ heap/x\n", "malformed sampling rate"},
    {"heap profile: 2: 16 [3: 24]\n", "malformed header of a heap profile"},
    {"heap profile: total 3\n", "malformed header of a heap profile"},
    {"seconds and debug params are incompatible\n", "text outside of a heap profile"},
};

/* The header's records are lost with it; what stands behind is read. */
Test(heap_text, bad_headers)
{
    for (size_t i = 0; i < COUNT_OF(bad_headers); i++) {
        struct text t = {0};
        struct collected c;

        text_printf(&t, "%s%s", bad_headers[i].in,
                    i < 4 ? ONE "\n# runtime.MemStats\n" LEAST HEAD ONE LAST
                          : HEAD ONE LAST);
        c = parse(&heap_text_parser, text_str(&t));
        cr_expect_eq(c.other_count, 1, "%s", bad_headers[i].in);
        cr_expect_eq(c.snapshot_count, i < 4, "%s", bad_headers[i].in);
        cr_expect_eq(c.diag.skipped, 1, "%s: %s", bad_headers[i].in,
                     c.diag.kept[1].reason);
        cr_expect_str_eq(c.diag.kept[0].reason, bad_headers[i].reason, "%s",
                         bad_headers[i].in);
        cr_expect_eq(c.diag.kept[0].line, 1, "%s", bad_headers[i].in);
        collected_finish(&c);
        text_finish(&t);
    }
}

/* What the file says, in Go's own terms. */
static const char footer_is[] =
    "mem last_gc_ns=1795225948927634812 num_gc=5 heap_alloc=45053400 heap_inuse=47259648 "
    "heap_idle=19521536 heap_released=6324224 heap_sys=66781184 heap_objects=461311 "
    "next_gc=84246026 total_alloc=60803360 mallocs=658330 frees=197019 "
    "stack_inuse=327680 stack_sys=327680 mspan_inuse=803040 mcache_inuse=4592 "
    "buckhash_sys=1475658 gc_sys=2877168 other_sys=737222 sys=73308424 num_forced_gc=1 "
    "x.Lookups=0 x.MSpanSys=1093440 x.MCacheSys=16072 x.LastGC=1795225948927634688 "
    "x.GCCPUFraction=0.20894324349318322 x.MaxRSS=64925696 "
    "pause@1795225948809778278=164191 pause@1795225948819302595=211430 "
    "pause@1795225948838622640=142550 pause@1795225948886709847=168161 "
    "pause@1795225948927634812=81690\n";

Test(heap_text, footer_of_a_real_file)
{
    struct slice in = trace_plain("profiles-text/gen-go1.27-heap.debug1.txt.zst");
    struct collected c;

    collect(&c, &heap_text_parser, in, PIECES_WHOLE);
    cr_expect_str_eq(text_str(&c.snapshots), footer_is, "%s", text_str(&c.snapshots));
    cr_expect(strstr(text_str(&c.others), "profile heap time_ns=1795225948927634812"));
    collected_finish(&c);
    test_free(in);
}

#define FOOT HEAD ONE LAST "\n\n# runtime.MemStats\n"
static const struct {
    const char *in, *want, *reason;
} footers[] = {
    {FOOT LEAST, "mem heap_alloc=1 sys=2\n", NULL},
    {FOOT "# Alloc = 7\n# HeapSys = 2\n", "mem heap_alloc=7 heap_sys=2\n", NULL},
    {FOOT LEAST "# NextGC = 18446744073709551615\n", "mem heap_alloc=1 sys=2\n", NULL},
    {FOOT LEAST "# LastGC = 0\n", "mem heap_alloc=1 sys=2 x.LastGC=0\n", NULL},
    {FOOT LEAST "# Foo = bar\n# DebugGC = false\n", "mem heap_alloc=1 sys=2\n", NULL},
    {FOOT "# HeapAlloc = 1\n", "", "MemStats cut off"},
    {FOOT, "", "MemStats cut off"},
    {FOOT LEAST "# HeapSys = 12", "mem heap_alloc=1 sys=2\n",
     "cut off in the middle of a line"},
    {FOOT LEAST "# HeapSys = x\n", "mem heap_alloc=1 sys=2\n", "malformed number"},
    {FOOT LEAST "# Stack = 5\n", "mem heap_alloc=1 sys=2\n", "expected two values"},
    {FOOT LEAST "# PauseNs = [1 2\n", "mem heap_alloc=1 sys=2\n", "malformed list"},
    {FOOT LEAST "what\n", "mem heap_alloc=1 sys=2\n", "expected \"# Name = value\""},
};

Test(heap_text, footers)
{
    for (size_t i = 0; i < COUNT_OF(footers); i++) {
        struct collected c = parse(&heap_text_parser, footers[i].in);

        cr_expect_str_eq(text_str(&c.snapshots), footers[i].want, "%s", footers[i].in);
        cr_expect_eq(c.other_count, 1, "%s", footers[i].in);
        cr_expect_eq(c.diag.skipped, footers[i].reason != NULL, "%s", footers[i].in);
        cr_expect_str_eq(c.diag.kept[0].reason,
                         footers[i].reason ? footers[i].reason : "", "%s", footers[i].in);
        collected_finish(&c);
    }
}

/* Cut off anywhere in its records, a profile gives what stands before the cut, and the
 * cut is told. */
Test(heap_text, every_truncation)
{
    struct slice in = trace_plain("profiles-text/recorded-leak-heap-000.txt.zst");
    size_t front = 0, records = 0;

    while (in.ptr[front] != '\n')
        front++;
    for (size_t i = 0; i + 2 < in.len; i++) {
        if (in.ptr[i] == '[' && memchr(in.ptr + i, '@', 30) && in.ptr[i - 1] == ' ')
            records = i; /* the last record's second pair */
    }
    cr_assert(front < records && records < in.len);
    for (struct damage d = damage_cut(&heap_text_parser, in, 0, in.len); damage_next(&d);
         d.step = d.at < 2000 ? 1 : 61) {
        cr_expect(d.c.ok && d.c.other_count <= 1, "%zu bytes", d.at);
        if (d.at > front)
            cr_expect_eq(d.c.other_count, 1, "%zu bytes", d.at);
        if (d.at > front && d.at < records)
            cr_expect_geq(d.c.diag.skipped, 1, "%zu bytes", d.at);
    }
    test_free(in);
}

Test(heap_text, cut_off_records_are_told)
{
    struct collected c = parse(&heap_text_parser, HEAD ONE);

    cr_expect_eq(c.other_count, 1);
    cr_expect_eq(c.diag.skipped, 1);
    cr_expect_str_eq(c.diag.kept[0].reason, SUM_FAULT);
    cr_expect_eq(c.diag.kept[0].line, 1);
    collected_finish(&c);
}

/* No flipped bit crashes, hangs or loses more than what it is in. */
Test(heap_text, flipped_bits)
{
    struct slice in = trace_plain("profiles-text/recorded-leak-heap-000.txt.zst");
    uint64_t seed = 20261121;

    for (struct damage d = damage_flip(&heap_text_parser, in, 0, 400, &seed);
         damage_next(&d);)
        cr_expect(d.c.ok && d.c.diag.skipped <= 3, "byte %zu: %" PRIu64, d.at,
                  d.c.diag.skipped);
    test_free(in);
}

Test(heap_text, hostile_values)
{
    static const char max[] =
        "heap profile: 9223372036854775807: 9223372036854775807 [1: 1] @ heap_v2/1\n"
        "9223372036854775807: 9223372036854775807 [1: 1] @ 0x0 0xffffffffffffffff\n"
        "9223372036854775807: 1 [-1: -9223372036854775807] @ 0x1\n"
        "-9223372036854775807: 9223372036854775807 [1: 1] @ 0x1\n";
    static const char rate[] =
        "heap profile: 1: 1 [2: 2] @ heap_v2/9223372036854775807\n1: 1 [2: 2] @ 0x1\n"
        "1: 9223372036854775807 [2: 2] @ 0x1\n";
    struct collected c = parse(&heap_text_parser, max);

    cr_expect_eq(c.other_count, 1);
    collected_finish(&c);
    c = parse(&heap_text_parser, rate);
    cr_expect_eq(c.other_count, 1);
    collected_finish(&c);
}

Test(heap_text, deep_stacks_and_long_lines)
{
    struct text t = {0};
    struct collected c;

    text_put_str(&t, HEAD "1: 8 [1: 8] @");
    text_repeat(&t, " 0x11", LIMIT_TEXT_PROFILE_FRAMES + 1);
    text_put_str(&t, "\n" LAST "1: 8 [1: 8] @");
    text_repeat(&t, " 0x11", LIMIT_LINE_BYTES / 4);
    text_put_str(&t, "\n");
    c = parse(&heap_text_parser, text_str(&t));
    cr_expect_eq(c.other_count, 1);
    cr_expect_eq(c.diag.skipped, 2);
    cr_expect_str_eq(c.diag.kept[0].reason, "stack too deep: its root left out");
    cr_expect_eq(c.diag.kept[0].line, 2);
    cr_expect_str_eq(c.diag.kept[1].reason, "line over 1 MiB");
    cr_expect_eq(c.diag.kept[1].line, 4);
    collected_finish(&c);
    text_finish(&t);
}

static const char java[] = "--- heapz 1 ---\nformat = java\nresolution = bytes\n"
                           "  524288 1 @ 0x3 0x4 0x5 0x6\n  x\n  7 0 @ 0x3\n  7 z\n\n"
                           " 0x3 com.example.f (Source.java:103)\n"
                           " 0x4 malloc (/usr/lib/libc.so.6)\n 0x5 GC\n"
                           " 0x6 f (generated stub/JIT)\n 0xq y\n";

Test(heap_text, java_symbols_and_faults)
{
    static const uint64_t lines[] = {5, 6, 7, 13};
    struct collected c = parse(&heap_text_java_parser, java);

    cr_expect_str_eq(text_str(&c.others),
                     "profile heap duration_ns=0 period=524288 inuse_objects/count "
                     "*inuse_space/bytes\n 1 829411 of 524288 @ 3|com.example.f "
                     "Source.java:103 4|malloc libc.so.6:0 5|GC :0 6|STUB :0\n",
                     "%s", text_str(&c.others));
    cr_expect_eq(c.diag.skipped, COUNT_OF(lines));
    for (size_t i = 0; i < COUNT_OF(lines); i++)
        cr_expect_eq(c.diag.kept[i].line, lines[i]);
    collected_finish(&c);
}

static const struct probe_row probes[] = {
    {"", true, PROBE_NO},
    {"", false, PROBE_NEED_MORE},
    {"\n\n", false, PROBE_NEED_MORE},
    {"heap pro", false, PROBE_NEED_MORE},
    {"heap pro", true, PROBE_NO},
    {"heap profile: 1: 2 [3: 4] @ heap/10", false, PROBE_NEED_MORE},
    {"heap profile: 1: 2 [3: 4] @ heap/10", true, PROBE_CERTAIN},
    {"heap profile: 1: 2 [3: 4] @ heap/10\n", false, PROBE_CERTAIN},
    {"\n\r\nheap profile: 1: 2 [3: 4] @ growthz\n", false, PROBE_CERTAIN},
    {"heap profile: total 3\n", true, PROBE_NO},
    {"HTTP/1.1 200 OK\n\nheap profile: 1: 2 [3: 4] @ heap/10\n", true, PROBE_LIKELY},
    {"gc 1 @0.1s", false, PROBE_NO},
    {"{", false, PROBE_NO},
    {"heap_v2/512\n", false, PROBE_NO},
};

Test(heap_text, is_recognised)
{
    expect_probes(&heap_text_parser, probes, COUNT_OF(probes));
}
