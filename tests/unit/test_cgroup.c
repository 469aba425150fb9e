#include <criterion/criterion.h>

#include "parsers/cgroup.h"
#include "parsers/limits.h"
#include "tests/unit/collect.h"
#include "tests/unit/damage.h"
#include "tests/unit/expect.h"
#include "tests/unit/support.h"
#include "tests/unit/trace_file.h"

TestSuite(cgroup, .fini = test_abort_on_leak);

static struct collected parse_named(const char *name, struct slice in)
{
    struct collected c;

    collect_named(&c, &cgroup_parser, slice_str(name), in, PIECES_WHOLE);
    return c;
}

static struct collected parse(struct slice in)
{
    return parse_named("", in);
}

#define SAMPLE "sample cgroup cgroup "

static const struct {
    const char *path, *name;
    size_t samples;
    const char *want; /* a part of what comes out */
} files[] = {
    {"lateleak/cgroup.ndjson", "cgroup.ndjson", 62,
     SAMPLE "wall=1795224952237376811 mem.cgroup=0 mem.limit=335544320 "
            "x.cgroup.failcnt(count)=0\n"},
    {"lateleak/cgroup.ndjson", "", 62,
     SAMPLE "wall=1795224983652899552 mem.cgroup=328302592 mem.limit=335544320 "
            "x.cgroup.failcnt(count)=0\n"},
    {"cgroup/issue-k8s43916-cgroupv1-memory.stat.txt", "", 1,
     "sample memory.stat cgroup unknown=0 x.cgroup.stat.cache(bytes)=139264 "
     "x.cgroup.stat.rss(bytes)=3411968 x.cgroup.stat.rss_huge(bytes)=0 "
     "x.cgroup.stat.mapped_file(bytes)=61440 x.cgroup.stat.dirty(bytes)=0 "
     "x.cgroup.stat.writeback(bytes)=0 x.cgroup.stat.swap(bytes)=0 "
     "x.cgroup.stat.pgpgin(count)=115745935 x.cgroup.stat.pgpgout(count)=115745068 "},
    {"cgroup/issue-k8s43916-cgroupv1-memory.stat.txt", "", 1,
     " x.cgroup.stat.total_unevictable(bytes)=0 mem.limit=1073741824\n"},
    /* 99536896 - 21848064; the limits of 2^63 less a page are none. */
    {"cgroup/gen-v1-tail.txt", "", 1,
     " mem.cgroup=99536896 x.cgroup.peak(bytes)=564846592 x.cgroup.failcnt(count)=0 "
     "x.cgroup.events.oom_kill_disable(count)=0 x.cgroup.events.under_oom(count)=0 "
     "x.cgroup.events.oom_kill(count)=0 x.cgroup.working_set(bytes)=77688832\n"},
    {"cgroup/v2-grep.txt", "", 1,
     SAMPLE "instance=/sys/fs/cgroup/system.slice/cart.service unknown=0 "
            "mem.cgroup=455303168 x.cgroup.events.low(count)=0 "
            "x.cgroup.events.high(count)=0 x.cgroup.events.max(count)=211 "
            "x.cgroup.events.oom(count)=2 x.cgroup.events.oom_kill(count)=1 "
            "x.cgroup.events.oom_group_kill(count)=0 mem.limit=536870912 "
            "x.cgroup.peak(bytes)=536870912 psi.some=0.0153 "},
    {"cgroup/v2-grep.txt", "", 1, " x.cgroup.working_set(bytes)=452136960\n"},
    {"cgroup/v2-samples.ndjson", "", 3,
     SAMPLE "wall=1795225024633048741 mem.cgroup=455303168 mem.limit=536870912 "
            "x.cgroup.stat.anon(bytes)=441237504 "
            "x.cgroup.stat.inactive_file(bytes)=3166208 "
            "x.cgroup.events.oom_kill(count)=0 psi.some=0.0037 "
            "x.psi.some.total(ns)=81240000 psi.full=0.0018 "
            "x.psi.full.total(ns)=40120000 x.cgroup.working_set(bytes)=452136960\n"},
    {"cgroup/v2/memory.current", "memory.current", 1,
     "sample memory.current cgroup unknown=0 mem.cgroup=455303168\n"},
    {"cgroup/v2/memory.max", "memory.max", 1,
     "sample memory.max cgroup unknown=0 mem.limit=536870912\n"},
    {"cgroup/v2/memory.high", "memory.high", 1,
     "sample memory.high cgroup unknown=0 x.memory.high.unlimited=1\n"},
    {"cgroup/v2/memory.events", "memory.events.local", 1,
     "sample memory.events.local cgroup unknown=0 x.cgroup.events.local.low(count)=0 "},
    {"cgroup/v2/memory.stat", "memory.stat", 1,
     "sample memory.stat cgroup unknown=0 x.cgroup.stat.anon(bytes)=441237504 "},
};

Test(cgroup, real_files)
{
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        struct slice in = trace_plain(files[i].path);
        struct collected c = parse_named(files[i].name, in);

        cr_expect_geq(cgroup_parser.probe(in, true), PROBE_LIKELY, "%s", files[i].path);
        cr_expect_eq(c.other_count, files[i].samples, "%s: %zu", files[i].path,
                     c.other_count);
        cr_expect_eq(c.diag.skipped, 0, "%s: %s", files[i].path, c.diag.kept[0].reason);
        cr_expect(strstr(text_str(&c.others), files[i].want), "%s: %s", files[i].path,
                  text_str(&c.others));
        collected_finish(&c);
        test_free(in);
    }
}

#define NOW "wall=1795222923000000000 "
#define NOW_JSON "\"time\":\"2026-11-21T01:02:03Z\","

static const struct {
    const char *name, *in, *want;
    uint64_t skipped;
} rows[] = {
    {"", "{" NOW_JSON "\"memory.current\":5}\n", SAMPLE NOW "mem.cgroup=5\n", 0},
    {"", "{\"ts\":1795222923,\"memory.current\":\"5\"}", SAMPLE NOW "mem.cgroup=5\n", 0},
    {"", "{\"timestamp\":1795222923000,\"memory.current\":5}",
     SAMPLE NOW "mem.cgroup=5\n", 0},
    {"", "2026-11-21T01:02:03Z {\"memory.current\":5}", SAMPLE NOW "mem.cgroup=5\n", 0},
    {"", "{\"memory.current\":5,\"memory.max\":\"max\"}",
     SAMPLE "unknown=0 mem.cgroup=5\n", 0},
    {"", "{\"memory.usage_in_bytes\":5,\"memory.limit_in_bytes\":9223372036854771712}",
     SAMPLE "unknown=0 mem.cgroup=5\n", 0},
    {"", "{\"memory.usage_in_bytes\":5,\"memory.limit_in_bytes\":-1}",
     SAMPLE "unknown=0 mem.cgroup=5\n", 0},
    {"", "{\"memory.current\":5,\"cgroup\":\"/a/b\",\"load\":{\"1m\":0.5},\"x\":[1,2]}",
     SAMPLE "instance=/a/b unknown=0 mem.cgroup=5 x.load.1m=0.5\n", 0},
    {"",
     "{\"memory.stat.anon\":5,\"memory.swap.current\":3,\"memory.events\":{\"oom\":1}}",
     SAMPLE "unknown=0 x.cgroup.stat.anon(bytes)=5 x.cgroup.swap.current(bytes)=3 "
            "x.cgroup.events.oom(count)=1\n",
     0},
    /* A use below the cache of files: none of it is in use. */
    {"", "{\"memory.current\":5,\"memory.stat\":{\"inactive_file\":7}}",
     SAMPLE "unknown=0 mem.cgroup=5 x.cgroup.stat.inactive_file(bytes)=7 "
            "x.cgroup.working_set(bytes)=0\n",
     0},
    /* The files of a folder: by their headers, by grep, by their keys. */
    {"",
     "==> a/memory.current <==\n5\n\n==> a/memory.max <==\nmax\n\n"
     "==> b/memory.current <==\n7\n",
     "sample cgroup cgroup instance=a unknown=0 mem.cgroup=5\n"
     "sample memory.current cgroup instance=b unknown=0 mem.cgroup=7\n",
     0},
    {"", "memory.current:5\nmemory.max:9\nmemory.current:6\nmemory.max:9\n",
     SAMPLE "unknown=0 mem.cgroup=5 mem.limit=9\n" SAMPLE
            "unknown=0 mem.cgroup=6 mem.limit=9\n",
     0},
    {"", "--- memory.current ---\n5\nmemory.max\n9\n",
     SAMPLE "unknown=0 mem.cgroup=5 mem.limit=9\n", 0},
    {"", "anon 5\nfile 6\nlow 0\noom_kill 2\n",
     SAMPLE "unknown=0 x.cgroup.stat.anon(bytes)=5 x.cgroup.stat.file(bytes)=6 "
            "x.cgroup.events.low(count)=0 x.cgroup.events.oom_kill(count)=2\n",
     0},
    {"", "anon 5\nfile 6\nanon 7\nfile 8\n",
     "sample memory.stat cgroup unknown=0 x.cgroup.stat.anon(bytes)=5 "
     "x.cgroup.stat.file(bytes)=6\n"
     "sample memory.stat cgroup unknown=0 x.cgroup.stat.anon(bytes)=7 "
     "x.cgroup.stat.file(bytes)=8\n",
     0},
    {"", "oom_kill_disable 0\nunder_oom 1\noom_kill 3\n",
     "sample memory.oom_control cgroup unknown=0 "
     "x.cgroup.events.oom_kill_disable(count)=0 x.cgroup.events.under_oom(count)=1 "
     "x.cgroup.events.oom_kill(count)=3\n",
     0},
    /* A number, many times, and what it is from the input's name. */
    {"cart-memory.current.log", "1795222923 5\n1795222924 6\n",
     "sample memory.current cgroup wall=1795222923000000000 mem.cgroup=5\n"
     "sample memory.current cgroup wall=1795222924000000000 mem.cgroup=6\n",
     0},
    {"memory.max_usage_in_bytes", "1795222923\n",
     "sample memory.max_usage_in_bytes cgroup unknown=0 "
     "x.cgroup.peak(bytes)=1795222923\n",
     0},
    {"", "==> memory.current <==\n5\n==> cpu.stat <==\nusage_usec 7\nuser_usec 9\n",
     "sample memory.current cgroup unknown=0 mem.cgroup=5\n", 1},
    /* Damage costs its line. */
    {"", "{\"memory.current\":5}\n{\"memory.current\":6\n{\"memory.current\":7}\n",
     SAMPLE "unknown=0 mem.cgroup=5\n" SAMPLE "unknown=0 mem.cgroup=7\n", 1},
    {"", "{\"memory.current\":5}\n{\"a\":6}\n", SAMPLE "unknown=0 mem.cgroup=5\n", 1},
    {"", "{\"memory.current\":5,\"memory.max\":1x}", "", 1},
    {"", "{\"memory.current\":5,\"memory.max\":1-2}", SAMPLE "unknown=0 mem.cgroup=5\n",
     1},
    /* … and one without its time has no place. */
    {"", "{\"time\":\"tomorrow\",\"memory.current\":5}", "", 1},
    {"", "{\"memory.max\":1x,\"memory.current\":5,\"time\":-1}", "", 1},
    {"",
     "{" NOW_JSON "\"memory.current\":5}\n{\"time\":\"bad\",\"memory.current\":6}\n"
     "{" NOW_JSON "\"memory.current\":7}\n",
     SAMPLE NOW "mem.cgroup=5\n" SAMPLE NOW "mem.cgroup=7\n", 1},
    {"memory.stat", "anon 5\nfile x\nsock 7\n",
     "sample memory.stat cgroup unknown=0 x.cgroup.stat.anon(bytes)=5 "
     "x.cgroup.stat.sock(bytes)=7\n",
     1},
    {"memory.stat", "anon 5\nfile 99999999999999999999\nsock 7\n",
     "sample memory.stat cgroup unknown=0 x.cgroup.stat.anon(bytes)=5 "
     "x.cgroup.stat.sock(bytes)=7\n",
     1},
};

Test(cgroup, dresses)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        expect_others(&cgroup_parser, rows[i].name, rows[i].in, rows[i].want,
                      rows[i].skipped);
}

Test(cgroup, places_of_faults)
{
    struct collected c =
        parse(slice_str("{\"memory.current\":5}\n{\"memory.current\":6"));

    expect_fault(&c.diag, "memory.current", "cut off in the middle", 2, 40);
    collected_finish(&c);
}

/* What it is a number of, nothing says: refused, not guessed. */
Test(cgroup, a_lone_number)
{
    static const char *const names[] = {"", "backup.txt", "memory.numa_stat", "max"};

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct collected c = parse_named(names[i], slice_str("455303168\n"));

        cr_expect_not(c.ok, "%s", names[i]);
        cr_expect_eq(c.other_count, 0, "%s", names[i]);
        collected_finish(&c);
    }
}

Test(cgroup, deep_and_many)
{
    struct text t = {0};
    struct collected c;

    text_put_str(&t, "{\"memory.current\":5,");
    for (unsigned i = 0; i < LIMIT_FIGURES + 5; i++)
        text_printf(&t, "\"k%u\":1,", i);
    text_put_str(&t, "\"end\":0}\n{\"memory.current\":6,\"");
    text_repeat(&t, "k", 1000);
    text_put_str(&t, "\":1}\n{\"memory.current\":7,\"a\":");
    text_repeat(&t, "{\"a\":", 1000);
    c = parse(slice_of(t.ptr, t.len));
    cr_expect_eq(c.other_count, 2);
    cr_expect_eq(c.diag.skipped, 3);
    cr_expect_str_eq(c.diag.kept[0].reason,
                     "too many different names: some values left out");
    cr_expect_str_eq(c.diag.kept[1].reason, "key too long");
    cr_expect_str_eq(c.diag.kept[2].reason, "JSON nested too deep");
    collected_finish(&c);
    text_finish(&t);
}

static void damage(const char *name)
{
    struct slice whole = trace_plain(name), in = slice_first(whole, 2000);
    uint64_t seed = 3;

    for (struct damage d = damage_cut(&cgroup_parser, in, 0, in.len + 1);
         damage_next(&d);) {
        cr_expect(d.c.diag.skipped <= 1, "%s: %zu bytes: %s", name, d.at,
                  d.c.diag.kept[0].reason);
    }
    for (struct damage d = damage_flip(&cgroup_parser, in, 0, 1500, &seed);
         damage_next(&d);) {
        cr_expect(d.c.ok && d.c.other_count >= 1, "%s", name);
    }
    test_free(whole);
}

Test(cgroup, every_truncation_and_flipped_bits)
{
    damage("lateleak/cgroup.ndjson");
    damage("cgroup/v2-grep.txt");
    damage("cgroup/gen-v1-tail.txt");
    damage("cgroup/v2-samples.ndjson");
}

static const struct probe_row probes[] = {
    {"", true, PROBE_NO},
    {"", false, PROBE_NEED_MORE},
    {"{\"time\":\"x\",", false, PROBE_NEED_MORE},
    {"{\"memory.current\":5,", false, PROBE_CERTAIN},
    {"ory.current\":5}\n{\"memory.current\":5}\n", true, PROBE_CERTAIN},
    {"{\"memory.stat\":{\"anon\":5}}\n", true, PROBE_CERTAIN},
    {"{\"msg\":\"memory.current\"}\n", true, PROBE_NO},
    {"{\"HeapAlloc\":5,\"Sys\":7}\n", true, PROBE_NO},
    {"anon 5\nfile 6\n", true, PROBE_CERTAIN},
    {"low 0\n", true, PROBE_LIKELY},
    {"memory.current:5\n", true, PROBE_CERTAIN},
    {"==> /sys/fs/cgroup/cpu.stat <==\nusage_usec 5\n\n==> /sys/fs/cgroup/memory.max "
     "<==\nmax\n",
     true, PROBE_CERTAIN},
    {"455303168\n", true, PROBE_LIKELY},
    {"455303168\n", false, PROBE_NEED_MORE},
    {"max\n", true, PROBE_LIKELY},
    {"1\n2\n3\n", true, PROBE_NO},
    {"Name:\ta\nPid:\t7\n", true, PROBE_NO},
    {"some avg10=0.10\n", true, PROBE_NO},
    {"hello\n", true, PROBE_NO},
};

Test(cgroup, is_recognised)
{
    expect_probes(&cgroup_parser, probes, COUNT_OF(probes));
}
