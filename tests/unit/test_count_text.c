#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>

#include "parsers/count_text.h"
#include "parsers/limits.h"
#include "tests/unit/collect.h"
#include "tests/unit/damage.h"
#include "tests/unit/expect.h"
#include "tests/unit/profile_sums.h"
#include "tests/unit/support.h"
#include "tests/unit/trace_file.h"

TestSuite(count_text, .fini = test_abort_on_leak);

/* The sums are those of `go tool pprof -raw` (Go 1.26.8). */
static const struct {
    const char *name, *want;
} files[] = {
    {"gen-go1.15-goroutine.debug1.txt", "3 goroutine/count=3\n"},
    {"gen-go1.26-goroutine.debug1.txt", "3 goroutine/count=3\n"},
    {"gen-go1.27-goroutine.debug1.txt", "3 goroutine/count=3\n"},
    {"gen-go1.27-goroutineleak.debug1.txt", "1 goroutineleak/count=3\n"},
    {"pprof-go.godoc.thread", "7 threadcreate/count=7\n"},
};

Test(count_text, sums_of_real_files)
{
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        char path[TRACE_PATH];
        struct text got = {0};
        struct diag diag = {0};
        struct slice in;

        (void)snprintf(path, sizeof path, "profiles-text/%s", files[i].name);
        in = trace_plain(path);
        cr_expect_eq(count_text_parser.probe(in, true), PROBE_CERTAIN, "%s", path);
        profile_sums(&got, &count_text_parser, in, &diag, 0);
        cr_expect_str_eq(text_str(&got), files[i].want, "%s: %s", path, text_str(&got));
        cr_expect_eq(diag.skipped, 0, "%s: %s", path, diag.kept[0].reason);
        text_finish(&got);
        test_free(in);
    }
}

static struct collected parse(const char *in)
{
    struct collected c;

    collect(&c, &count_text_parser, slice_of(in, strlen(in)), PIECES_WHOLE);
    return c;
}

static const struct {
    const char *in, *want;
} rows[] = {
    {"goroutine profile: total 0\n",
     "profile goroutine duration_ns=0 period=1 *goroutine/count\n"},
    {"goroutine profile: total 3\n"
     "2 @ 0x11 0x21\n# labels: {\"a\":\"b\"}\n#\t0x10\tmain.f+0x1\t\t/a b.go:3\n\n"
     "1 @ 0x31\n\n",
     "profile goroutine duration_ns=0 period=1 *goroutine/count\n"
     " 2 @ 10|main.f /a b.go:3\n 1 @ 30\n"},
    {"example.com/pool.Conns profile: total 1\n1 @ 0x11\n",
     "profile other duration_ns=0 period=1 *example.com/pool.Conns/count\n 1 @ 10\n"},
    {"goroutine profile: total 1\n1 @ 0x11\n"
     "threadcreate profile: total 2\n2 @ 0x11\n--- Memory map: ---\n 0-20: /bin/a\n",
     "profile goroutine duration_ns=0 period=1 *goroutine/count\n 1 @ 10\n"
     "profile other duration_ns=0 period=1 *threadcreate/count map=/bin/a\n 2 @ 10\n"},
};

Test(count_text, shapes)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct collected c = parse(rows[i].in);

        cr_expect_str_eq(text_str(&c.others), rows[i].want, "%s gives %s", rows[i].in,
                         text_str(&c.others));
        cr_expect_eq(c.diag.skipped, 0, "%s: %s", rows[i].in, c.diag.kept[0].reason);
        collected_finish(&c);
    }
}

#define HEAD "goroutine profile: total 2\n"
#define ONE "1 @ 0x11\n"
#define LAST "1 @ 0x21\n"

static const struct {
    const char *in, *reason;
    uint64_t at;
} bad[] = {
    {"hello", "expected \"COUNT @ 0x…\"", 0},
    {"1: 2 @ 0x1", "expected \"COUNT @ 0x…\"", 1},
    {"99999999999999999999 @ 0x1", "expected \"COUNT @ 0x…\"", 0},
    {"0 @ 0x1 0x", "malformed address: the stack ends there", 8},
    {"#\tx", "malformed frame", 0},
};

Test(count_text, bad_lines_are_skipped_and_counted)
{
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct text t = {0};
        struct collected c;

        text_printf(&t, "%s%s\n%s", HEAD ONE, bad[i].in, LAST);
        c = parse(text_str(&t));
        cr_expect(strstr(text_str(&c.others), " 1 @ 10\n"), "%s", bad[i].in);
        cr_expect(strstr(text_str(&c.others), " 1 @ 20\n"), "%s", bad[i].in);
        expect_fault(&c.diag, bad[i].in, bad[i].reason, 3, strlen(HEAD ONE) + bad[i].at);
        collected_finish(&c);
        text_finish(&t);
    }
}

Test(count_text, every_truncation)
{
    static const char in[] = HEAD ONE LAST;

    for (struct damage d = damage_cut(&count_text_parser, slice_of(in, sizeof in - 1), 0,
                                      sizeof in - 1);
         damage_next(&d);) {
        cr_expect(d.c.other_count <= 1);
        if (d.at > 0 && d.at < strlen(HEAD ONE) + 3)
            cr_expect_geq(d.c.diag.skipped, 1, "%zu bytes", d.at);
    }
}

Test(count_text, names_are_bounded)
{
    struct text t = {0};
    struct collected c;

    text_repeat(&t, "x", LIMIT_COUNT_NAME_BYTES);
    text_put_str(&t, " profile: total 1\n1 @ 0x11\nx");
    text_repeat(&t, "x", LIMIT_COUNT_NAME_BYTES);
    text_put_str(&t, " profile: total 1\n");
    c = parse(text_str(&t));
    cr_expect_eq(c.other_count, 1);
    cr_expect_eq(c.diag.skipped, 1);
    cr_expect_eq(c.diag.kept[0].line, 3);
    collected_finish(&c);
    text_finish(&t);
}

static const struct probe_row probes[] = {
    {"", false, PROBE_NEED_MORE},
    {"goroutine prof", false, PROBE_NEED_MORE},
    {"goroutine profile: total 3", false, PROBE_NEED_MORE},
    {"goroutine profile: total 3", true, PROBE_CERTAIN},
    {"goroutine profile: total 3\n", false, PROBE_CERTAIN},
    {"my own profile: total 3\n", false, PROBE_LIKELY},
    {"heap profile: 1: 2 [3: 4] @ heap/2\n", false, PROBE_NO},
    {"goroutine 1 [running]:\n", false, PROBE_NO},
    {"hello\n", false, PROBE_NO},
    {"\x01\x02", false, PROBE_NO},
};

Test(count_text, is_recognised)
{
    expect_probes(&count_text_parser, probes, COUNT_OF(probes));
}
