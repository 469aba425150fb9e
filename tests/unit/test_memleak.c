#include <criterion/criterion.h>
#include <inttypes.h>

#include "model/units.h"
#include "parsers/memleak.h"
#include "tests/unit/collect.h"
#include "tests/unit/damage.h"
#include "tests/unit/expect.h"
#include "tests/unit/profile_sums.h"
#include "tests/unit/support.h"
#include "tests/unit/trace_file.h"

TestSuite(memleak, .fini = test_abort_on_leak);

static struct collected parse(struct slice in)
{
    struct collected c;

    collect(&c, &memleak_parser, in, PIECES_WHOLE);
    return c;
}

#define SUM(stacks, objects, bytes)                                                      \
    stacks " outstanding_objects/count=" objects " outstanding_space/bytes=" bytes

/* The documentation page that comes with the tool: ten intervals, read off by hand. */
static const char *const page[] = {
    SUM("1", "5", "80"),   SUM("1", "10", "160"), SUM("1", "4", "64"),
    SUM("1", "10", "160"), SUM("4", "7", "9232"), SUM("1", "1", "16"),
    SUM("1", "1", "16"),   SUM("1", "2", "32"),   SUM("2", "5", "576"),
    SUM("1", "45", "45"),
};

/* 2026-11-21T12:00:00Z; each time of day is the last one before. */
#define CHANGED INT64_C(1795262400000000000)

static const char *const times[] = {
    " at 1795259793000000000",
    " at 1795259794000000000",
    " at 1795259793000000000",
    " at 1795259794000000000",
    "",
    " at 1795259793000000000",
    " at 1795259798000000000",
    " at 1795259803000000000",
    "",
    " at 1795181416000000000",
};

Test(memleak, documentation_page)
{
    struct slice in = trace_plain("profiles-text/bcc-memleak_example.txt");
    struct text got = {0}, want = {0};
    struct diag diag = {0};
    struct collected c = parse(in);

    for (size_t i = 0; i < COUNT_OF(page); i++)
        text_printf(&want, "%s%s\n", page[i], times[i]);
    cr_expect_eq(memleak_parser.probe(in, true), PROBE_CERTAIN);
    profile_sums(&got, &memleak_parser, in, &diag, CHANGED);
    cr_expect_str_eq(text_str(&got), text_str(&want), "%s", text_str(&got));
    cr_expect_eq(diag.skipped, 0);
    cr_expect(strstr(text_str(&c.others), "sample memleak process unknown=0 pid=5193 "
                                          "x.memleak.outstanding.bytes(bytes)=80 "
                                          "x.memleak.outstanding.objects(objects)=5\n"),
              "%s", text_str(&c.others));
    cr_expect(strstr(text_str(&c.others), "sample memleak host unknown=0 "
                                          "x.memleak.outstanding.bytes(bytes)=9232 "));
    cr_expect(
        strstr(text_str(&c.others),
               " 45 45 @ 559b4789639f|zmalloc redis-server:0 559b478876ee|serverCron "));
    collected_finish(&c);
    text_finish(&got);
    text_finish(&want);
    test_free(in);
}

#define TOP "[1:02:3] Top 10 stacks with outstanding allocations:\n"
#define TYPES                                                                            \
    "profile other duration_ns=0 period=0 outstanding_objects/count "                    \
    "*outstanding_space/bytes"
#define TOTAL(bytes, objects)                                                            \
    "sample memleak process unknown=0 x.memleak.outstanding.bytes(bytes)=" bytes         \
    " x.memleak.outstanding.objects(objects)=" objects "\n"

static const struct {
    const char *in, *want;
} rows[] = {
    {TOP, TOTAL("0", "0") TYPES "\n"},
    /* libbpf-tools: no indent, no blank line between stacks. */
    {TOP "45 bytes in 9 allocations from stack\n"
         "\t0 [<0000559b4789639f>] zmalloc+0x2f zmalloc.c:33\n"
         "\t1 [<0000000000000010>] f(int, char)+0x1 [lib.so]\n"
         "\t2 [<0000000000000020>] g+0x1 [/src/g.c:7]\n"
         "\t3 [<0000000000000030>]\n"
         "7 bytes in 1 allocations from stack\n\t0 [<0000000000000010>] f+0x1\n",
     TOTAL("52", "10") TYPES "\n"
                             " 9 45 @ 559b4789639f|zmalloc zmalloc.c:33 10|f(int, char) "
                             "lib.so:0 20|g /src/g.c:7 30| :0\n 1 7 @ 10|f :0\n"},
    /* Allocations one by one, equal stacks, a frame that nobody knows. */
    {TOP "\taddr = 948cd0 size = 16\n\t16 bytes in 1 allocations from stack\n"
         "\t\t[unknown] [libc.so.6]\n\t\tmain+0x6d [allocs]\n"
         "\t8 bytes in 2 allocations from stack\n"
         "\t\t[unknown] [libc.so.6]\n\t\tmain+0x6d [allocs]\n",
     TOTAL("24", "3") TYPES "\n 3 24 @ 0|[unknown] libc.so.6:0 0|main "
                            "allocs:0\n"},
    /* The front is lost. */
    {"\t16 bytes in 1 allocations from stack\n\t\tmain+0x6d [allocs]\n",
     TOTAL("16", "1") TYPES "\n 1 16 @ 0|main allocs:0\n"},
};

Test(memleak, shapes)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        expect_others(&memleak_parser, "", rows[i].in, rows[i].want, 0);
}

Test(memleak, malformed_figures_are_counted)
{
    struct collected c = parse(
        SLICE(TOP "\t5 bytes in 1 allocations from stack\n\t\tf+0x1 [a]\n"
                  "\t99999999999999999999 bytes in 1 allocations from stack\n\t\tg [a]\n"
                  "\t6 bytes in 1 allocations from stack\n\t\th [a]\n"));

    cr_expect(strstr(text_str(&c.others), "bytes)=11 "), "%s", text_str(&c.others));
    cr_expect_eq(c.diag.skipped, 1);
    cr_expect_eq(c.diag.kept[0].line, 4);
    collected_finish(&c);
}

Test(memleak, every_truncation)
{
    struct slice in = trace_plain("profiles-text/bcc-memleak_example.txt");

    for (struct damage d = damage_cut(&memleak_parser, in, 0, in.len); damage_next(&d);
         d.step = 7) {
        cr_expect(d.c.ok && d.c.diag.skipped <= 1 && d.c.other_count <= 20, "%zu bytes",
                  d.at);
    }
    test_free(in);
}

static const struct probe_row probes[] = {
    {"", false, PROBE_NEED_MORE},
    {"Attaching to pid 5193, Ctrl+C to quit.\n", false, PROBE_NEED_MORE},
    {"Attaching to pid 5193, Ctrl+C to quit.\n", true, PROBE_NO},
    {"Attaching to pid 5193, Ctrl+C to quit.\n" TOP, false, PROBE_CERTAIN},
    {"\t5 bytes in 1 allocations from stack\n", false, PROBE_LIKELY},
    {"[25:00:00] Top 2 stacks with outstanding allocations:\n", false, PROBE_NO},
    {"[11:16:33] Top of the morning\n", false, PROBE_NO},
};

Test(memleak, is_recognised)
{
    expect_probes(&memleak_parser, probes, COUNT_OF(probes));
}
