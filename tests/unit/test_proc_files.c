/* /proc and pressure files. */
#include <criterion/criterion.h>

#include "parsers/limits.h"
#include "parsers/proc_files.h"
#include "parsers/psi.h"
#include "tests/unit/collect.h"
#include "tests/unit/damage.h"
#include "tests/unit/expect.h"
#include "tests/unit/support.h"
#include "tests/unit/trace_file.h"

TestSuite(proc_files, .fini = test_abort_on_leak);

static struct collected parse_named(const char *name, struct slice in)
{
    struct collected c;

    collect_named(&c, &proc_parser, slice_str(name), in, PIECES_WHOLE);
    return c;
}

static struct collected parse(struct slice in)
{
    return parse_named("", in);
}

/* Values by hand: kB × 1024, pages × 4096, ticks × 10 ms. */
static const struct {
    const char *name;
    size_t samples;
    const char *want; /* a part of what comes out */
} files[] = {
    {"proc/procfs-26231-status.txt", 1,
     "sample status process instance=26231 unknown=0 pid=26231 program=prometheus "
     "x.proc.VmPeak(bytes)=59875328 x.proc.VmSize(bytes)=59842560 "
     "x.proc.VmLck(bytes)=0 x.proc.VmPin(bytes)=0 x.proc.VmHWM(bytes)=8220672 "
     "mem.rss=6877184 x.proc.RssAnon(bytes)=2142208 x.proc.RssFile(bytes)=4734976 "
     "x.proc.RssShmem(bytes)=0 x.proc.VmData(bytes)=2641920 x.proc.VmStk(bytes)=139264 "
     "x.proc.VmExe(bytes)=970752 x.proc.VmLib(bytes)=6979584 "
     "x.proc.VmPTE(bytes)=131072 x.proc.VmPMD(bytes)=12288 x.proc.VmSwap(bytes)=675840 "
     "x.proc.HugetlbPages(bytes)=0 sched.threads=1 "
     "x.proc.voluntary_ctxt_switches(count)=4742839 "
     "x.proc.nonvoluntary_ctxt_switches(count)=1727500\n"},
    {"proc/procfs-26231-smaps_rollup.txt", 1,
     "sample smaps_rollup process unknown=0 mem.rss=30666752 x.proc.Pss(bytes)=30662656 "
     "x.proc.Shared_Clean(bytes)=4096 x.proc.Shared_Dirty(bytes)=0 "
     "x.proc.Private_Clean(bytes)=15921152 x.proc.Private_Dirty(bytes)=14741504 "
     "x.proc.Referenced(bytes)=25346048 x.proc.Anonymous(bytes)=21254144 "
     "x.proc.LazyFree(bytes)=5988352 "},
    /* The mappings add up to what the kernel's own sum says above. */
    {"proc/procfs-26231-smaps.txt", 1,
     "sample smaps process unknown=0 x.proc.Size(bytes)=126971904 mem.rss=30666752 "
     "x.smaps.file(bytes)=9502720 x.proc.Pss(bytes)=30662656 "
     "x.proc.Shared_Clean(bytes)=4096 x.proc.Shared_Dirty(bytes)=0 "
     "x.proc.Private_Clean(bytes)=15921152 x.proc.Private_Dirty(bytes)=14741504 "
     "x.proc.Referenced(bytes)=25346048 x.proc.Anonymous(bytes)=21254144 "
     "x.proc.LazyFree(bytes)=5988352 "},
    {"proc/procfs-26231-statm.txt", 1,
     "sample statm process unknown=0 x.proc.statm.size(bytes)=614068224 "
     "mem.rss=51392512 x.proc.statm.text(bytes)=81362944 "
     "x.proc.statm.data(bytes)=59518976\n"},
    {"proc/procfs-26231-stat.txt", 1,
     "sample stat process instance=26231 unknown=0 pid=26231 program=vim "
     "x.proc.minflt(count)=32533 x.proc.majflt(count)=26 x.proc.utime(ns)=16770000000 "
     "x.proc.stime(ns)=440000000 sched.threads=1 x.proc.vsize(bytes)=56274944 "
     "mem.rss=8114176\n"},
    {"proc/procfs-meminfo.txt", 1,
     "sample meminfo host unknown=0 x.meminfo.MemTotal(bytes)=16042172416 "
     "x.meminfo.MemFree(bytes)=450891776 "},
    {"proc/procfs-meminfo.txt", 1, " x.meminfo.HugePages_Total(count)=0 "},
    {"proc/procfs-meminfo.txt", 1, " x.meminfo.slab_share(ratio)=0.11536083069112427\n"},
    {"proc/procfs-pressure-memory.txt", 1,
     "sample pressure/memory host unknown=0 psi.some=0.001 x.psi.some.avg60(ratio)=0.02 "
     "x.psi.some.avg300(ratio)=0.0385 x.psi.some.total(ns)=15000 psi.full=0.002 "
     "x.psi.full.avg60(ratio)=0.03 x.psi.full.avg300(ratio)=0.0495 "
     "x.psi.full.total(ns)=25000\n"},
    {"proc/gen-vmstat.txt", 1,
     "sample vmstat host unknown=0 x.vmstat.nr_free_pages(count)=3647277 "},
    {"proc/gen-vmstat.txt", 1, " x.vmstat.oom_kill(count)=0 "},
    {"proc/gen-vmstat.txt", 1, " x.vmstat.nr_unstable(count)=0\n"},
    /* Two files at each of six moments, the time on a line in front. */
    {"proc/gen-go1.26-status-rollup.txt", 6,
     "sample proc process instance=2828 wall=1795245397999041694 pid=2828 program=cart "},
    {"proc/gen-go1.26-status-rollup.txt", 6,
     " mem.rss=49991680 x.proc.RssAnon(bytes)=48607232 "},
    {"proc/gen-go1.26-tail.txt", 1,
     "sample proc process instance=2828 unknown=0 pid=2828 program=cart "},
    {"proc/gen-go1.26-tail.txt", 1, " x.proc.oom_score=668\n"},
};

Test(proc_files, real_files)
{
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        struct slice in = trace_plain(files[i].name);
        struct collected c = parse(in);

        cr_expect_eq(c.other_count, files[i].samples, "%s", files[i].name);
        cr_expect_eq(c.diag.skipped, 0, "%s: %s", files[i].name, c.diag.kept[0].reason);
        cr_expect(strstr(text_str(&c.others), files[i].want), "%s: %s", files[i].name,
                  text_str(&c.others));
        collected_finish(&c);
        test_free(in);
    }
}

#define WALL_3 "wall=1795222923000000000"
#define WALL_4 "wall=1795222924000000000"

static const struct {
    const char *name, *in, *want;
    uint64_t skipped;
} rows[] = {
    /* One reading after another: a key, an address, a file comes again. */
    {"", "Name:\ta\nPid:\t7\nVmRSS:\t 1 kB\nName:\ta\nPid:\t7\nVmRSS:\t 2 kB\n",
     "sample status process instance=7 unknown=0 pid=7 program=a mem.rss=1024\n"
     "sample status process instance=7 unknown=0 pid=7 program=a mem.rss=2048\n",
     0},
    {"", "VmRSS:\t 1 kB\nThreads:\t3\nVmRSS:\t 2 kB\nThreads:\t4\n",
     "sample status process unknown=0 mem.rss=1024 sched.threads=3\n"
     "sample status process unknown=0 mem.rss=2048 sched.threads=4\n",
     0},
    {"", "10 2 1 0 0 5 0\n11 3 1 0 0 5 0\n",
     "sample statm process unknown=0 x.proc.statm.size(bytes)=40960 mem.rss=8192 "
     "x.proc.statm.shared(bytes)=4096 x.proc.statm.text(bytes)=0 "
     "x.proc.statm.data(bytes)=20480\n"
     "sample statm process unknown=0 x.proc.statm.size(bytes)=45056 mem.rss=12288 "
     "x.proc.statm.shared(bytes)=4096 x.proc.statm.text(bytes)=0 "
     "x.proc.statm.data(bytes)=20480\n",
     0},
    /* Go 1.25 and later name their mappings; a lower address is the next reading. */
    {"",
     "c000000000-c000400000 rw-p 00000000 00:00 0    [anon: Go: heap]\nRss:   8 kB\n"
     "c000400000-c004000000 ---p 00000000 00:00 0    [anon: Go: heap reservation]\n"
     "Rss:   0 kB\nVmFlags: mr mw me\n"
     "c800000000-c800400000 rw-p 00000000 00:00 0    [anon: Go: heap]\nRss:   4 kB\n"
     "c000000000-c000400000 rw-p 00000000 00:00 0    [anon: Go: heap]\nRss:   2 kB\n",
     "sample smaps process unknown=0 mem.rss=12288 x.smaps.go.heap(bytes)=12288 "
     "x.smaps.go.heap_reservation(bytes)=0\n"
     "sample smaps process unknown=0 mem.rss=2048 x.smaps.go.heap(bytes)=2048\n",
     0},
    /* Times: a line of their own, or in front. */
    {"", "# 1795222923\nVmRSS:\t 1 kB\n# 1795222924\nVmRSS:\t 2 kB\n",
     "sample status process " WALL_3 " mem.rss=1024\n"
     "sample status process " WALL_4 " mem.rss=2048\n",
     0},
    {"", "2026-11-21T01:02:03Z VmRSS:\t 1 kB\n2026-11-21T01:02:04Z VmRSS:\t 2 kB\n",
     "sample status process " WALL_3 " mem.rss=1024\n"
     "sample status process " WALL_4 " mem.rss=2048\n",
     0},
    {"",
     "1795222923.0 some avg10=1.00 avg60=0.00 avg300=0.00 total=7\n"
     "1795222923.0 full avg10=100.00 avg60=0.00 avg300=0.00 total=8\n"
     "1795222924.0 some avg10=2.00 avg60=0.00 avg300=0.00 total=9\n",
     "sample pressure/memory host " WALL_3
     " psi.some=0.01 x.psi.some.avg60(ratio)=0 x.psi.some.avg300(ratio)=0 "
     "x.psi.some.total(ns)=7000 psi.full=1 x.psi.full.avg60(ratio)=0 "
     "x.psi.full.avg300(ratio)=0 x.psi.full.total(ns)=8000\n"
     "sample pressure/memory host " WALL_4
     " psi.some=0.02 x.psi.some.avg60(ratio)=0 x.psi.some.avg300(ratio)=0 "
     "x.psi.some.total(ns)=9000\n",
     0},
    /* What kind of pressure, a name or a header says. */
    {"cpu.pressure", "some avg10=1.00\n",
     "sample cpu.pressure cgroup unknown=0 x.psi.cpu.some.avg10(ratio)=0.01\n", 0},
    {"", "==> /proc/pressure/io <==\nsome avg10=1.00\n",
     "sample pressure/io host unknown=0 x.psi.io.some.avg10(ratio)=0.01\n", 0},
    {"memory.pressure", "some avg10=1.00\n",
     "sample memory.pressure cgroup unknown=0 psi.some=0.01\n", 0},
    {"cgroup.psi.txt", "some avg10=1.00\n",
     "sample memory.pressure cgroup unknown=0 psi.some=0.01\n", 0},
    {"memory", "some avg10=1.00\n",
     "sample pressure/memory host unknown=0 psi.some=0.01\n", 0},
    /* Names with blanks and brackets. */
    {"", "7 (a) b (c) R 1 1 1 0 -1 4 1 0 2 0 300 40 0 0 20 0 5 0 99 8192 3\n",
     "sample stat process instance=7 unknown=0 pid=7 program=a) b (c "
     "x.proc.minflt(count)=1 x.proc.majflt(count)=2 x.proc.utime(ns)=3000000000 "
     "x.proc.stime(ns)=400000000 sched.threads=5 x.proc.vsize(bytes)=8192 "
     "mem.rss=12288\n",
     0},
    /* Several files, several processes. */
    {"",
     "==> /proc/7/statm <==\n10 2 1 0 0 5 0\n\n==> /proc/7/oom_score_adj <==\n-998\n\n"
     "==> /proc/8/oom_score_adj <==\n1000\n",
     "sample proc process instance=7 unknown=0 pid=7 x.proc.statm.size(bytes)=40960 "
     "mem.rss=8192 x.proc.statm.shared(bytes)=4096 x.proc.statm.text(bytes)=0 "
     "x.proc.statm.data(bytes)=20480 x.proc.oom_score_adj=-998\n"
     "sample oom_score_adj process instance=8 unknown=0 pid=8 "
     "x.proc.oom_score_adj=1000\n",
     0},
    {"", "$ cat /proc/7/status\nName:\ta\nVmRSS:\t 1 kB\n",
     "sample status process instance=7 unknown=0 pid=7 program=a mem.rss=1024\n", 0},
    {"", "MemTotal: 4 kB\nSlab: 1 kB\nVmRSS:\t 1 kB\n",
     "sample meminfo host unknown=0 x.meminfo.MemTotal(bytes)=4096 "
     "x.meminfo.Slab(bytes)=1024 x.meminfo.slab_share(ratio)=0.25\n"
     "sample status process unknown=0 mem.rss=1024\n",
     0},
    {"", "\r\nName:\ta\r\nVmRSS:\t 1 kB\r\n",
     "sample status process unknown=0 program=a mem.rss=1024\n", 0},
    /* Damage costs its line. */
    {"", "VmHWM:\t 3 kB\nVmRSS:\t 1x kB\nThreads:\t4\n",
     "sample status process unknown=0 x.proc.VmHWM(bytes)=3072 sched.threads=4\n", 1},
    {"", "VmHWM:\t 3 kB\nVmRSS:\t 99999999999999999999 kB\nVmSize:\t 3 k",
     "sample status process unknown=0 x.proc.VmHWM(bytes)=3072\n", 2},
    {"", "some avg10=0.10 avg60=2.00\nfull avg10=1x avg60=1.00\n",
     "sample pressure/memory host unknown=0 psi.some=0.001 "
     "x.psi.some.avg60(ratio)=0.02\n",
     1},
    {"", "some avg10=900.10 avg60=2.00\n", "", 1},
    {"", "7 (a) R 1 1 1 0 -1 4 1\n8 (b) R 1 1 1 0 -1 4 1 0 2 0 3 4 0 0 20 0 5 0 9 8 3\n",
     "sample stat process instance=8 unknown=0 pid=8 program=b x.proc.minflt(count)=1 "
     "x.proc.majflt(count)=2 x.proc.utime(ns)=30000000 x.proc.stime(ns)=40000000 "
     "sched.threads=5 x.proc.vsize(bytes)=8 mem.rss=12288\n",
     1},
    {"", "Rss:   8 kB\n", "", 1}, /* of what? */
    {"", "hello\nVmRSS:\t 1 kB\n", "sample status process unknown=0 mem.rss=1024\n", 1},
    {"", "", "", 0},
};

Test(proc_files, dresses)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        expect_others(&proc_parser, rows[i].name, rows[i].in, rows[i].want,
                      rows[i].skipped);
}

Test(proc_files, places_of_faults)
{
    struct collected c = parse(slice_str("VmHWM:\t 3 kB\nVmRSS:\t 1x kB\nThreads:\t4\n"));

    cr_expect_eq(c.diag.kept_count, 1);
    cr_expect_eq(c.diag.kept[0].line, 2);
    cr_expect_eq(c.diag.kept[0].offset_bytes, 13);
    cr_expect_str_eq(c.diag.kept[0].reason, "expected a number of kB");
    collected_finish(&c);
}

/* Mappings may be called anything, and there may be any number of names. */
Test(proc_files, hostile_names)
{
    struct text t = {0};
    struct collected c;

    for (unsigned i = 0; i < 2 * LIMIT_FIGURES; i++)
        text_printf(&t,
                    "%08x-%08x rw-p 00000000 00:00 0    [anon:\x1b[31m %u a very long "
                    "name that goes on and on and on and on and on and on and on]\n"
                    "Rss:   4 kB\n",
                    4096 * i, 4096 * (i + 1), i);
    c = parse(slice_of(t.ptr, t.len));
    cr_expect_eq(c.other_count, 1);
    cr_expect(strstr(text_str(&c.others), " mem.rss=4194304 "));
    cr_expect_eq(c.diag.skipped, 1, "%s", c.diag.kept[0].reason);
    collected_finish(&c);
    text_finish(&t);
}

Test(proc_files, long_lines)
{
    struct text t = {0};
    struct collected c;

    text_put_str(&t, "VmRSS:\t 1 kB\n");
    text_repeat(&t, "x", 2 * LIMIT_LINE_BYTES);
    text_put_str(&t, "\nThreads:\t4\n");
    c = parse(slice_of(t.ptr, t.len));
    cr_expect_str_eq(text_str(&c.others),
                     "sample status process unknown=0 mem.rss=1024 sched.threads=4\n");
    cr_expect_eq(c.diag.skipped, 1);
    cr_expect_str_eq(c.diag.kept[0].reason, "line over 1 MiB");
    collected_finish(&c);
    text_finish(&t);
}

static void damage(const char *name)
{
    struct slice in = trace_plain(name);
    uint64_t seed = 5;

    for (struct damage d = damage_cut(&proc_parser, in, 0, in.len + 1);
         damage_next(&d);) {
        cr_expect(d.c.ok || d.at <= 8, "%s: %zu bytes", name, d.at);
        cr_expect(d.c.diag.skipped <= 1, "%s: %zu bytes: %s", name, d.at,
                  d.c.diag.kept[0].reason);
    }
    for (struct damage d = damage_flip(&proc_parser, in, 0, 1500, &seed);
         damage_next(&d);) {
        cr_expect(d.c.ok && d.c.diag.skipped + d.c.other_count >= 1, "%s: bit at %zu",
                  name, d.at);
    }
    test_free(in);
}

Test(proc_files, every_truncation_and_flipped_bits)
{
    damage("proc/procfs-26231-status.txt");
    damage("proc/procfs-26231-smaps_rollup.txt");
    damage("proc/procfs-26231-stat.txt");
    damage("proc/procfs-26231-statm.txt");
    damage("proc/procfs-meminfo.txt");
    damage("proc/procfs-pressure-memory.txt");
}

static const struct {
    const char *in;
    bool is_whole;
    enum probe psi, proc;
} probes[] = {
    {"", true, PROBE_NO, PROBE_NO},
    {"", false, PROBE_NEED_MORE, PROBE_NEED_MORE},
    {"\n\nName:\ta\nUmask:\t0022\n", true, PROBE_NO, PROBE_CERTAIN},
    {"VmRSS:\t  6716 kB\n", true, PROBE_NO, PROBE_LIKELY},
    {"some avg10=0.10 avg60=2.00 avg300=3.85 total=15\n", true, PROBE_LIKELY, PROBE_NO},
    {"1795222923 some avg10=0.10\n1795222923 full avg10=0.10\n", true, PROBE_CERTAIN,
     PROBE_NO},
    {"Sat Nov 21 01:02:03 UTC 2026\nMemTotal: 4 kB\nMemFree: 1 kB\n", true, PROBE_NO,
     PROBE_CERTAIN},
    {"==> /proc/1/status <==\nName:\ta\n", true, PROBE_NO, PROBE_CERTAIN},
    {"10 2 1 0 0 5 0\n", true, PROBE_NO, PROBE_LIKELY},
    {"1 2 3 4 5 6 7\n", true, PROBE_NO, PROBE_NO},
    /* What else begins so. */
    {"Name:             cart\nNamespace:        shop\nNode: a\n", true, PROBE_NO,
     PROBE_NO},
    {"name: cart\nversion: 1\n", true, PROBE_NO, PROBE_NO},
    {"go_goroutines 12\ngo_threads 9\n", true, PROBE_NO, PROBE_NO},
    {"hello\nworld\nand\nmore\n", false, PROBE_NO, PROBE_NO},
    {"12345\n", true, PROBE_NO, PROBE_NO},
};

Test(proc_files, is_recognised)
{
    for (size_t i = 0; i < COUNT_OF(probes); i++) {
        struct slice in = test_exact_copy(probes[i].in, strlen(probes[i].in));

        cr_expect_eq(psi_parser.probe(in, probes[i].is_whole), probes[i].psi, "%s",
                     probes[i].in);
        cr_expect_eq(proc_parser.probe(in, probes[i].is_whole), probes[i].proc, "%s",
                     probes[i].in);
        test_free(in);
    }
}
