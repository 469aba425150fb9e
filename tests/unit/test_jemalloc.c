#include <criterion/criterion.h>
#include <inttypes.h>

#include "parsers/jemalloc.h"
#include "tests/unit/collect.h"
#include "tests/unit/damage.h"
#include "tests/unit/expect.h"
#include "tests/unit/support.h"

TestSuite(jemalloc, .fini = test_abort_on_leak);

static struct collected parse(struct slice in)
{
    struct collected c;

    collect(&c, &jemalloc_parser, in, PIECES_WHOLE);
    return c;
}

#define TWO_TYPES " objects/count *space/bytes"

/* In the shape that prof_dump_impl writes. Values by hand, as in test_heap_text.c: of a
 * size of 512, one in 512 bytes sampled, 1.5819767… times as many. */
static const char dump[] = "heap_v2/512\n"
                           "  t*: 3: 1536 [0: 0]\n"
                           "  t0: 1: 512 [0: 0]\n"
                           "  t12: 2: 1024 [0: 0]\n"
                           "@ 0x400011 0x7f0021\n"
                           "  t*: 1: 512 [0: 0]\n"
                           "  t0: 1: 512 [0: 0]\n"
                           "@ 0x400031\n"
                           "  t*: 2: 1024 [0: 0]\n"
                           "  t12: 2: 1024 [0: 0]\n"
                           "\nMAPPED_LIBRARIES:\n"
                           "00400000-00401000 r-xp 00000000 08:01 123    /bin/app\n"
                           "7f0000-7f1000 rw-p 00000000 00:00 0 \n";

Test(jemalloc, totals_without_threads)
{
    struct collected c = parse(slice_str(dump));

    cr_expect_str_eq(text_str(&c.others),
                     "profile heap duration_ns=0 period=512" TWO_TYPES " map=/bin/app\n"
                     " 1 809 of 512 @ 400010 7f0020\n"
                     " 3 1619 of 512 @ 400030\n",
                     "%s", text_str(&c.others));
    cr_expect_eq(c.diag.skipped, 0, "%s", c.diag.kept[0].reason);
    collected_finish(&c);
}

static const struct {
    const char *in, *want;
} rows[] = {
    {"heap_v2/512\n", "profile heap duration_ns=0 period=512" TWO_TYPES "\n"},
    {"heap_v2/512\n t*: 1: 512 [2: 1024]\n@ 0x11\n t*: 1: 512 [2: 1024]\n",
     "profile heap duration_ns=0 period=512 alloc_objects/count alloc_space/bytes "
     "inuse_objects/count *inuse_space/bytes\n 3 1619 1 809 of 512 @ 10\n"},
    {"--- symbol\nbinary=/bin/a\n0x10 main\n---\n--- heap ---\n"
     "heap_v2/1\n t*: 1: 512 [0: 0]\n@ 0x11\n t*: 1: 512 [0: 0]\n",
     "profile heap duration_ns=0 period=1" TWO_TYPES "\n 1 512 of 512 @ 10|main :0\n"},
    {"heap_v2/1\n t*: 1: 1 [0: 0]\n@ 0x11\n t*: 1: 1 [0: 0]\n"
     "heap_v2/1\n t*: 1: 2 [0: 0]\n@ 0x11\n t*: 1: 2 [0: 0]\n",
     "profile heap duration_ns=0 period=1" TWO_TYPES "\n 1 1 of 1 @ 10\n"
     "profile heap duration_ns=0 period=1" TWO_TYPES "\n 1 2 of 2 @ 10\n"},
};

Test(jemalloc, shapes)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        expect_others(&jemalloc_parser, "", rows[i].in, rows[i].want, 0);
}

static const struct {
    const char *in, *reason;
} bad[] = {
    {"hello", "expected a stack or its figures"},
    {"@ 0x1", "the stack above has no figures"},
    {"  t*: 1: 2 [3: 4", "malformed figures"},
    {"  t*: 0: 0 [0: 0]", "figures without a stack"},
    {"  tx: 0: 0 [0: 0]", "malformed figures"},
};

/* Each stands between two good stacks, which it does not cost. */
Test(jemalloc, bad_lines_are_skipped_and_counted)
{
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct text t = {0};
        struct collected c;

        text_printf(&t,
                    "heap_v2/1\n t*: 2: 2 [0: 0]\n@ 0x11\n t*: 1: 1 [0: 0]\n%s\n"
                    "@ 0x21\n t*: 1: 1 [0: 0]\n",
                    bad[i].in);
        c = parse(slice_of(t.ptr, t.len));
        cr_expect(strstr(text_str(&c.others), " 1 1 of 1 @ 10\n 1 1 of 1 @ 20\n"),
                  "%s: %s", bad[i].in, text_str(&c.others));
        cr_expect_eq(c.diag.skipped, 1, "%s", bad[i].in);
        cr_expect_str_eq(c.diag.kept[0].reason, bad[i].reason, "%s", bad[i].in);
        cr_expect_geq(c.diag.kept[0].line, 5, "%s", bad[i].in);
        collected_finish(&c);
        text_finish(&t);
    }
}

Test(jemalloc, every_truncation)
{
    size_t records = (size_t)(strstr(dump, "@ 0x400031") - dump);

    for (struct damage d = damage_cut(&jemalloc_parser, slice_of(dump, sizeof dump - 1),
                                      0, sizeof dump - 1);
         damage_next(&d);) {
        cr_expect(d.c.ok && d.c.other_count <= 1, "%zu bytes", d.at);
        /* In the first figure of the header a cut cannot be told from its end. */
        if (d.at > 32 && d.at < records)
            cr_expect_geq(d.c.diag.skipped, 1, "%zu bytes", d.at);
    }
}

static const struct probe_row probes[] = {
    {"", false, PROBE_NEED_MORE},
    {"heap_v2/5", false, PROBE_NEED_MORE},
    {"heap_v2/5", true, PROBE_CERTAIN},
    {"heap_v2/524288\n  t*: 1", false, PROBE_CERTAIN},
    {"heap_v2/x\n", false, PROBE_NO},
    {"heap profile: 1: 2 [3: 4] @ heap_v2/2\n", false, PROBE_NO},
    {"--- symbol\n---\n--- heap ---\nheap_v2/1\n", false, PROBE_LIKELY},
};

Test(jemalloc, is_recognised)
{
    expect_probes(&jemalloc_parser, probes, COUNT_OF(probes));
}
