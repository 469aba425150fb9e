#include <criterion/criterion.h>

#include "parsers/kernel_log.h"
#include "parsers/kernel_log_scan.h"
#include "parsers/limits.h"
#include "tests/unit/collect.h"
#include "tests/unit/support.h"
#include "tests/unit/trace_file.h"

TestSuite(kernel_log, .fini = test_abort_on_leak);

static struct collected parse(struct slice in)
{
    return collect_whole(&kernel_log_parser, in);
}

/* The last of what was handed on, or of the nth, without the newline. */
static struct text line_of(const struct collected *c, size_t index)
{
    const char *p = text_str(&c->others), *end;
    struct text line = {0};

    while (index-- && (p = strchr(p, '\n')))
        p++;
    end = p ? strchr(p, '\n') : NULL;
    if (end)
        text_put(&line, slice_of(p, (size_t)(end - p)));
    return line;
}

/* Every record of every sample, with all that it says. The figures were worked out from
 * the files by hand: kB and pages of 4 KiB as bytes. */
static const struct {
    const char *file;
    enum probe probe;
    size_t records, skipped;
    const char *first;
} samples[] = {
    {"kernel/public-linux6.11-global-oom.log", PROBE_CERTAIN, 1, 0,
     "notice oom-killed boot=30745847000 pid=116 program=stress-ng-vm instance=/"
     " rss=8172740608 message=the kernel killed stress-ng-vm (pid 116): the machine ran "
     "out of memory; resident 7.61 GiB, 7.61 GiB of it anonymous"
     " constraint=CONSTRAINT_NONE trigger=stress-ng-vm trigger_pid=116"
     " host_free_bytes=4493312 host_active_anon_bytes=8189644800"
     " host_inactive_anon_bytes=0 host_active_file_bytes=0 host_inactive_file_bytes=0"
     " host_unevictable_bytes=19058688 host_slab_reclaimable_bytes=3596288"
     " host_slab_unreclaimable_bytes=23638016 host_shmem_bytes=17027072"
     " host_pagetables_bytes=16420864 host_ram_bytes=8589402112"
     " host_swap_free_bytes=0 host_swap_total_bytes=0 total_vm_bytes=10768146432"
     " anon_rss_bytes=8172163072 file_rss_bytes=577536 shmem_rss_bytes=0"
     " pgtables_bytes=16052224 oom_score_adj=1000 uid=0 page_bytes=4096 tasks=4"
     " task:116:stress-ng-vm:8172740608 task:114:stress-ng:19152896 task:111:sh:1183744"
     " task:115:stress-ng-vm:1105920"},
#define POD                                                                              \
    "/kubepods.slice/kubepods-burstable.slice/"                                          \
    "kubepods-burstable-pod94eb36cd_29e1_478b_b365_4cb5dfc7d6fb.slice"
    {"kernel/public-k8s-memcg-oom.log", PROBE_CERTAIN, 1, 0,
     "notice oom-killed boot=2993794008000 pid=22609 program=node instance=" POD
     "/cri-containerd-46b3e0a4df44b752b841aecca454e6e78995d567912a84950390bae6f6777a63."
     "scope limit=4294967296 rss=4239171584 message=the kernel killed node (pid 22609): "
     "a cgroup above its own, " POD ", was at its limit of 4.00 GiB; resident 3.95 GiB, "
     "3.93 GiB of it anonymous; it was Thread-2 that asked for more"
     " constraint=CONSTRAINT_MEMCG trigger=Thread-2 cgroup=" POD
     " usage_bytes=4294967296 failcnt=1273284 total_vm_bytes=10161786880"
     " anon_rss_bytes=4215484416 file_rss_bytes=23687168 shmem_rss_bytes=0"
     " pgtables_bytes=11227136 oom_score_adj=969 uid=0"},
    {"kernel/issue-docker-forlinux1001-linux4-memcg.log", PROBE_CERTAIN, 1, 0,
     "notice oom-killed boot=152701942000 pid=4254 program=python3 rss=8458240"
     " message=the kernel killed python3 (pid 4254): its cgroup was out of memory; "
     "resident 8.07 MiB, 4.19 MiB of it anonymous constraint=CONSTRAINT_MEMCG"
     " total_vm_bytes=12255232 anon_rss_bytes=4390912 file_rss_bytes=4067328"
     " shmem_rss_bytes=0 oom_score=68"},
#define KUBEPOD                                                                          \
    "/kubepods/pod95387fa4-da9c-11e7-9d36-5254b24cbf5e/"                                 \
    "6895a3e13439535852d3184ac2aadd26d7363cc035f171545ec7d4ce74073b0b"
    /* A report follows of which only the first lines were quoted. */
    {"kernel/issue-k8s56891-linux3.10-memcg-oom.log", PROBE_CERTAIN, 1, 1,
     "notice oom-killed wall=1512605115000000000 pid=28438 program=java instance=" KUBEPOD
     " rss=491360256 message=the kernel killed java (pid 28438): its cgroup " KUBEPOD
     " was out of memory; resident 469 MiB, 455 MiB of it anonymous"
     " constraint=CONSTRAINT_MEMCG cgroup=" KUBEPOD " memcg_anon_bytes=536768512"
     " memcg_file_bytes=32768 memcg_anon_huge_bytes=379584512 memcg_swap_bytes=536940544"
     " memcg_inactive_file_bytes=12288 memcg_active_file_bytes=4096"
     " memcg_unevictable_bytes=0 total_vm_bytes=20741771264 anon_rss_bytes=477347840"
     " file_rss_bytes=14012416 oom_score=0 page_bytes=4096 tasks=1"
     " task:28438:java:491360256"},
    {"kernel/issue-kata2775-memcg-stats-multiline.log", PROBE_LIKELY, 1, 1,
     "sample kernel-log cgroup"
     " instance=/kubepods/pod200f55f9-b043-11ea-b578-fa163e82605e"
     " wall=1592390230000000000 mem.cgroup=1073741824 mem.limit=1073741824"},
    {"kernel/issue-ltp-linux5.8-memcg-oom.log", PROBE_CERTAIN, 1, 0,
     "notice oom-killed unknown=0 pid=19289 program=memcg_process instance=/ltp_19257"
     " limit=135168 rss=1593344 message=the kernel killed memcg_process (pid 19289): its "
     "cgroup /ltp_19257 was at its limit of 132 KiB; resident 1.52 MiB, 84.0 KiB of it "
     "anonymous constraint=CONSTRAINT_MEMCG trigger=memcg_process trigger_pid=19289"
     " cgroup=/ltp_19257 usage_bytes=135168 failcnt=9 memsw_usage_bytes=135168"
     " memcg_kernel_bytes=4096 total_vm_bytes=2740224 anon_rss_bytes=86016"
     " file_rss_bytes=1503232 shmem_rss_bytes=4096 pgtables_bytes=40960 oom_score_adj=0"
     " uid=0 page_bytes=4096 tasks=1 task:19289:memcg_process:1593344"},
#define SCOPE                                                                            \
    "/user.slice/user-1001.slice/user@1001.service/app.slice/"                           \
    "app-org.gnome.Terminal.slice/vte-spawn-dbb4a75e-031f-480d-924b-5de5af7579d2.scope"
    {"kernel/issue-systemd-oomd.log", PROBE_CERTAIN, 2, 0,
     "notice oom-killed unknown=0 instance=" SCOPE " message=systemd-oomd killed " SCOPE
     ": the memory pressure of /user.slice/user-1001.slice/user@1001.service was 51.07 %,"
     " over 50.00 % for more than 20s constraint=systemd-oomd"
     " pressure_cgroup=/user.slice/user-1001.slice/user@1001.service"
     " pressure_percent=51.07 pressure_limit_percent=50"},
    {"upload/dmesg.txt", PROBE_CERTAIN, 2, 0,
     "notice oom-killed boot=1277433771000 pid=10421 program=lab instance=/lab-10414"
     " limit=419430400 rss=425639936 message=the kernel killed lab (pid 10421): its "
     "cgroup /lab-10414 was at its limit of 400 MiB; resident 406 MiB, 399 MiB of it "
     "anonymous constraint=CONSTRAINT_MEMCG trigger=lab trigger_pid=10421"
     " cgroup=/lab-10414 usage_bytes=419434496 failcnt=167 memsw_usage_bytes=419434496"
     " memcg_anon_bytes=418230272 memcg_file_bytes=28672 memcg_kernel_bytes=1175552"
     " memcg_shmem_bytes=0 memcg_anon_huge_bytes=0 memcg_swap_bytes=0"
     " memcg_inactive_file_bytes=28672 memcg_active_file_bytes=0"
     " memcg_unevictable_bytes=0 total_vm_bytes=2074976256 anon_rss_bytes=418119680"
     " file_rss_bytes=7520256 shmem_rss_bytes=0 pgtables_bytes=1040384 oom_score_adj=0"
     " uid=0 page_bytes=4096 tasks=1 task:10421:lab:425639936"},
    {"kernel/daily-dmesg.txt.zst", PROBE_CERTAIN, 6, 0, NULL},
    {"kernel/quiet-dmesg.txt", PROBE_LIKELY, 0, 0, NULL},
    {"gctrace/tebeka-map.gctrace", PROBE_NO, 0, 0, NULL},
};

Test(kernel_log, samples)
{
    for (size_t i = 0; i < COUNT_OF(samples); i++) {
        struct slice in = trace_plain(samples[i].file);
        struct collected c = parse(in);
        struct text first = line_of(&c, 0);

        cr_expect_eq(kernel_log_parser.probe(in, true), samples[i].probe, "%s",
                     samples[i].file);
        cr_expect_eq(c.other_count, samples[i].records, "%s: %s", samples[i].file,
                     text_str(&c.others));
        cr_expect_eq(c.diag.skipped, samples[i].skipped, "%s: %s", samples[i].file,
                     c.diag.kept[0].reason);
        if (samples[i].first)
            cr_expect_str_eq(text_str(&first), samples[i].first, "%s\n%s",
                             samples[i].file, text_str(&first));
        text_finish(&first);
        collected_finish(&c);
        test_free(in);
    }
}

/* What stands in front of the message, and the time it gives. */
#define KILL                                                                             \
    "Memory cgroup out of memory: Killed process 7 (a) total-vm:8kB, anon-rss:4kB, "     \
    "file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:4kB oom_score_adj:0"

static const struct {
    const char *front, *time;
} fronts[] = {
    {"", "unknown=0"},
    {"[    0.000001] ", "boot=1000"},
    {"[   30.745678][  T116] ", "boot=30745678000"},
    {"[   30.745678] [    C1] ", "boot=30745678000"},
    {"[   30.745678 <    0.000002>] ", "boot=30745678000"},
    {"<4>[   30.745678] ", "boot=30745678000"},
    {"kern  :err   : [   30.745678] ", "boot=30745678000"},
    {"4,1234,30745678,-;", "boot=30745678000"},
    {"4,1234,30745678,-,caller=T116;", "boot=30745678000"},
    {"[Thu Dec  7 00:05:14 2017] ", "wall=1512605114000000000"},
    {"[Do Dez  7 00:05:14 2017] ", "wall=1512605114000000000"},
    {"[jeu. d\xc3\xa9"
     "c.  7 00:05:14 2017] ",
     "wall=1512605114000000000"},
    {"[\xe5\x9b\x9b 12\xe6\x9c\x88  7 00:05:14 2017] ", "wall=1512605114000000000"},
    {"[Xx Yy  7 00:05:14 2017] ", "unknown=0"},
    {"[  +0.000009] ", "unknown=0"},
    {"[Dec 7 00:05] ", "unknown=0"},
    {"\x1b[32m[   30.745678] \x1b[0m\x1b[33m", "boot=30745678000"},
    {"2017-12-07T00:05:14,123456+00:00 ", "wall=1512605114123456000"},
    {"2017-12-07T01:05:14+0100 node-1 kernel: ", "wall=1512605114000000000"},
    {"2017-12-07T00:05:14.5Z ", "wall=1512605114500000000"},
    {"2017-12-07T00:05:14.5Z node-1 kernel: [   30.745678] ", "wall=1512605114500000000"},
    {"Thu 2017-12-07 00:05:14 UTC node-1 kernel: ", "wall=1512605114000000000"},
    {"1512605114.000001 node-1 kernel: ", "wall=1512605114000001000"},
    /* No year, and a pipe has no mtime to tell it by. */
    {"Dec  7 00:05:14 node-1 kernel: ", "unknown=0"},
    {"Dec  7 00:05:14 node-1 kernel: [   30.745678] ", "boot=30745678000"},
    {"<4>Dec  7 00:05:14.123456 kernel: [   30.745678] ", "boot=30745678000"},
    {"[   30.745678] node-1 kernel: ", "boot=30745678000"},
    {"kernel: ", "unknown=0"},
};

Test(kernel_log, what_stands_in_front)
{
    for (size_t i = 0; i < COUNT_OF(fronts); i++) {
        struct text in = {0}, want = {0};
        struct collected c;

        text_printf(&in, "%s" KILL "%s\n", fronts[i].front, i % 2 ? "\r" : "");
        text_printf(&want,
                    "notice oom-killed %s pid=7 program=a rss=4096 message=the kernel "
                    "killed a (pid 7): its cgroup was out of memory; resident 4.00 KiB, "
                    "4.00 KiB of it anonymous constraint=CONSTRAINT_MEMCG "
                    "total_vm_bytes=8192 anon_rss_bytes=4096 file_rss_bytes=0 "
                    "shmem_rss_bytes=0 pgtables_bytes=4096 oom_score_adj=0 uid=0\n",
                    fronts[i].time);
        c = parse(slice_of(in.ptr, in.len));
        cr_expect_str_eq(text_str(&c.others), text_str(&want), "%s: %s", fronts[i].front,
                         text_str(&c.others));
        cr_expect_eq(c.diag.skipped, 0, "%s", fronts[i].front);
        cr_expect_eq(kernel_log_parser.probe(slice_of(in.ptr, in.len), true),
                     PROBE_CERTAIN, "%s", fronts[i].front);
        text_finish(&in);
        text_finish(&want);
        collected_finish(&c);
    }
}

/* A single line that tells of a kill, in each form; `want` is in the notice. */
static const struct {
    const char *in, *want;
} kills[] = {
    {"Killed process 28438 (java) total-vm:20kB, anon-rss:8kB, file-rss:4kB",
     " pid=28438 program=java rss=12288 message=the kernel killed java (pid 28438) for "
     "want of memory; resident 12.0 KiB"},
    {"Killed process 9, UID 500, (java) total-vm:20kB, anon-rss:8kB, file-rss:4kB",
     " pid=9 program=java rss=12288 "},
    {"Killed process 9, UID 500, (java) total-vm:20kB, anon-rss:8kB, file-rss:4kB",
     " uid=500"},
    {"Killed process 9 (java), UID 1000, total-vm:20kB, anon-rss:8kB, file-rss:4kB",
     " uid=1000"},
    {"Killed process 9 (java) vsz:20kB, anon-rss:8kB, file-rss:4kB",
     " total_vm_bytes=20480"},
    {"Out of memory: Killed process 9 (java) total-vm:8kB, anon-rss:8kB, file-rss:0kB",
     "the machine ran out of memory"},
    {"Out of memory (oom_kill_allocating_task): Killed process 9 (a) total-vm:8kB, "
     "anon-rss:8kB, file-rss:0kB",
     "the machine ran out of memory"},
    {"Memory cgroup out of memory: Killed process 9 ((sd-pam)) total-vm:8kB, "
     "anon-rss:8kB",
     " program=(sd-pam) "},
    {"Memory cgroup out of memory: Killed process 9 (a) b: (c)) total-vm:8kB, "
     "anon-rss:8kB",
     " program=a) b: (c) "},
    /* A figure that is none is left out, and no sum is made of the others. */
    {"Memory cgroup out of memory: Killed process 9 (a) total-vm:8kB, "
     "anon-rss:99999999999999999999kB, file-rss:0kB",
     " pid=9 program=a message=the kernel killed a (pid 9): its cgroup was out of memory "
     "constraint=CONSTRAINT_MEMCG total_vm_bytes=8192 file_rss_bytes=0"},
    {"Out of memory: Killed process 9 (a) total-vm:8kB, anon-rss:-5kB, file-rss:4kB",
     " pid=9 program=a message=the kernel killed a (pid 9): the machine ran out of "
     "memory "
     "total_vm_bytes=8192 file_rss_bytes=4096"},
    /* 5.4 said kB and meant bytes. */
    {KILL "\nMemory cgroup out of memory: Killed process 8 (a) total-vm:1900620kB, "
          "anon-rss:203904kB, file-rss:7004kB, shmem-rss:0kB, UID:0 pgtables:602112kB "
          "oom_score_adj:-998",
     " pgtables_bytes=602112 oom_score_adj=-998"},
    /* The second line of an old kernel is missing. */
    {"Out of memory: Kill process 9 (java) score 912 or sacrifice child",
     "the kernel chose to kill java (pid 9): the machine ran out of memory; the line of "
     "the kill itself is missing"},
    {"a invoked oom-killer: gfp_mask=0\nOut of memory: kill process 9 (java) score 912 "
     "or a child\nKilled process 10 (sh)",
     " pid=10 program=sh message=the kernel killed sh (pid 10): the machine ran out of "
     "memory"},
    {"oom_reaper: reaped process 9 (java), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB",
     " pid=9 program=java "},
    {"5m  Warning  OOMKilling  node/n1  Memory cgroup out of memory: Killed process "
     "22609 "
     "(node) total-vm:9923620kB, anon-rss:4116684kB, file-rss:23132kB, shmem-rss:0kB",
     " pid=22609 program=node rss=4239171584 "},
    {"Warning  SystemOOM  node/n1  System OOM encountered, victim process: java, pid: 9",
     " pid=9 program=java "},
    {"oom-kill:constraint=CONSTRAINT_CPUSET,nodemask=0-2,4,cpuset=x,y,mems_allowed=0-2,4,"
     "task_memcg=/a,task=x,pid=3,pid=9,uid=7",
     " pid=9 program=x,pid=3 instance=/a message=the kernel chose to kill x,pid=3 (pid "
     "9): the memory nodes of its cpuset were full;"},
    {"<12>systemd[1]: etcd.service: A process of this unit has been killed by the OOM "
     "killer.\nsystemd[1]: etcd.service: Failed with result 'oom-kill'.",
     " instance=etcd.service message=the kernel killed a process of etcd.service"},
    {"systemd-oomd[9]: Killed /a.slice due to memory used (8) / total (16) and swap used "
     "(3) / total (4) being more than 90.00%",
     " message=systemd-oomd killed /a.slice: memory and swap were used up, memory 8 B of "
     "16 B, swap 3 B of 4 B constraint=systemd-oomd memory_used_bytes=8 "
     "memory_total_bytes=16 swap_used_bytes=3 swap_total_bytes=4 swap_limit_percent=90"},
};

Test(kernel_log, forms_of_a_kill)
{
    for (size_t i = 0; i < COUNT_OF(kills); i++) {
        struct collected c = parse(slice_str(kills[i].in));

        cr_expect(strstr(text_str(&c.others), kills[i].want), "%s gives %s", kills[i].in,
                  text_str(&c.others));
        collected_finish(&c);
    }
}

/* Lines that only sound like it, and what is told twice. */
static const struct {
    const char *in;
    size_t records, skipped;
} counts[] = {
    {"level=error msg=\"out of memory\" room=zoom Kill", 0, 0},
    {"Killed process 12 (worker) after timeout", 0, 0},
    {"app[3]: Killed process 12 (worker) after timeout", 0, 0},
    {"app[3]: java invoked oom-killer: gfp_mask=0", 0, 0},
    {"java[3]: memory: usage 1kB, limit 1kB, failcnt 0", 0, 0},
    {"runtime: out of memory: cannot allocate 597164032-byte block (3379036160 in use)",
     0, 0},
    {"fatal error: out of memory", 0, 0},
    {KILL "\n" KILL "\n", 1, 0},
    {"[    1.000000] " KILL "\n[    1.000000] " KILL "\n", 1, 0},
    {"[    1.000000] " KILL "\n[   99.000000] " KILL "\n", 2, 0},
    {"[    1.000000] " KILL "\n2017-12-07T00:05:14Z h kernel: [    1.000000] " KILL "\n",
     1, 0},
    {KILL "\noom_reaper: reaped process 7 (a), now anon-rss:0kB\n", 1, 0},
    {KILL "\nsystemd[1]: etcd.service: A process of this unit has been killed by the OOM "
          "killer.\n",
     1, 0},
    {"systemd-oomd[9]: Marked /a/b.scope for killing due to memory pressure for /a being "
     "5.00% > 4.00% for > 2s with reclaim activity\nsystemd[1]: b.scope: systemd-oomd "
     "killed 12 process(es) in this unit.\n",
     1, 0},
    {"systemd[1]: b.scope: systemd-oomd killed 12 process(es) in this unit.\n", 1, 0},
    {"a invoked oom-killer: gfp_mask=0xd0, order=0\n", 0, 1},
    {"Memory cgroup out of memory: Killed process x (a)\n", 0, 1},
    {"Memory cgroup out of memory: Killed process 99999999999999999999 (a)\n", 0, 1},
    {"Memory cgroup out of memory: Killed process 9", 0, 1},
    {"Memory cgroup out of memory: Killed process 9 (a) total-vm:8kB, anon-rss:-5kB\n", 1,
     1},
    {"Memory cgroup out of memory: Killed process 9 (a) total-vm:8kB, "
     "anon-rss:99999999999999999999kB, file-rss:0kB\n",
     1, 1},
    {"Memory cgroup out of memory: Killed process 9 (a) total-vm:8kB, anon-rss:2", 1, 0},
    /* A copy of a kill does not take another's report. */
    {"[    1.000000] " KILL "\n[    1.500000] b invoked oom-killer: gfp_mask=0\n"
     "[    1.000000] " KILL "\n[    1.600000] memory: usage 1kB, limit 1kB, failcnt 0\n"
     "[    1.700000] Memory cgroup out of memory: Killed process 8 (b) total-vm:8kB, "
     "anon-rss:4kB, file-rss:0kB\n",
     2, 0},
    /* What is left of systemd's when a wrapping was taken off. */
    {"2025-12-18T19:34:56Z Marked /a/b.scope for killing due to memory pressure for /a "
     "being 5.00% > 4.00% for > 2s with reclaim activity\n"
     "2025-12-18T19:34:56Z b.scope: systemd-oomd killed 12 process(es) in this unit.\n",
     1, 0},
    /* The whole report twice, line by line or one behind the other. */
    {"[    1.000000] a invoked oom-killer: gfp_mask=0\n"
     "[    1.000000] a invoked oom-killer: gfp_mask=0\n"
     "[    1.000001] memory: usage 1kB, limit 1kB, failcnt 0\n"
     "[    1.000001] memory: usage 1kB, limit 1kB, failcnt 0\n"
     "[    1.000002] " KILL "\n[    1.000002] " KILL "\n",
     1, 0},
};

/* Each word is found wherever it stands, and the newlines in front of it are counted;
 * what is cut off is not it. */
Test(kernel_log, finds_its_words)
{
    static const char *const words[] = {"oom-k",       "oomd",         "oom_r",
                                        "oom.g",       "OOM",          "Kill process ",
                                        "Killed proc", "Killed /",     "Marked /",
                                        "y: usage ",   "p stats for ", "l_vm "};

    for (size_t i = 0; i < COUNT_OF(words); i++) {
        for (size_t at = 0; at < 200; at++) {
            struct text t = {0};
            uint64_t newlines = 0, cut_newlines = 0;
            struct slice in;
            const char *end;

            for (size_t k = 0; k < at; k++)
                text_put_char(&t, "om\nKily: p sMr_"[k % 14]);
            text_put_str(&t, words[i]);
            in = test_exact_copy(t.ptr, t.len);
            end = in.ptr + in.len;
            cr_expect(klog_scan(in.ptr, end, &newlines) == in.ptr + at, "%s at %zu",
                      words[i], at);
            cr_expect_eq(newlines, (at + 11) / 14);
            cr_expect(klog_scan(in.ptr, end - 1, &cut_newlines) == end - 1, "%s at %zu",
                      words[i], at);
            cr_expect_eq(cut_newlines, newlines);
            test_free(in);
            text_finish(&t);
        }
    }
}

Test(kernel_log, told_once)
{
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        struct collected c = parse(slice_str(counts[i].in));

        cr_expect_eq(c.other_count, counts[i].records, "%s: %s", counts[i].in,
                     text_str(&c.others));
        cr_expect_eq(c.diag.skipped, counts[i].skipped, "%s: %s", counts[i].in,
                     c.diag.kept[0].reason);
        collected_finish(&c);
    }
}
