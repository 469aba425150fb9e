/* A process watched through /proc: a made one below a temporary folder, and our own. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/base/mem.h"
#include "model/base/text.h"
#include "model/units.h"
#include "parsers/cgroup.h"
#include "parsers/proc_files.h"
#include "replay/procwatch.h"
#include "tests/unit/collect.h"
#include "tests/unit/support.h"

TestSuite(procwatch, .fini = test_abort_on_leak);

struct machine {
    char root[64];
    struct text path;
    char *made[128]; /* files and folders, to be removed in turn */
    size_t made_count;
    struct live_context context;
    int64_t now_ns;
    int64_t step_ns; /* passes whenever somebody asks for the time */
    uint32_t sources;
    struct text seen;         /* a line an entry, without the documents */
    struct text documents[8]; /* the last of each source, from 1 */
};

static int64_t now_of(void *user)
{
    struct machine *m = user;

    m->now_ns += m->step_ns;
    return m->now_ns;
}

static uint32_t add_source(void *user, const char *name, unsigned flags, int64_t pid)
{
    struct machine *m = user;

    text_printf(&m->seen, "%u source %s flags=%u pid=%lld\n", m->sources + 1, name, flags,
                (long long)pid);
    return ++m->sources;
}

static void take(void *user, const struct entry *e)
{
    static const char *const words[] = {"?",       "source", "data", "cut",
                                        "trouble", "end",    "beat", "note"};
    struct machine *m = user;

    text_printf(&m->seen, "%u %s", e->source, words[e->kind]);
    if (e->kind == ENTRY_DATA) {
        cr_assert(e->source < 8);
        text_clear(&m->documents[e->source]);
        text_put(&m->documents[e->source], e->bytes);
    } else if (e->bytes.len) {
        text_put_char(&m->seen, ' ');
        text_put(&m->seen, e->bytes);
    }
    text_put_char(&m->seen, '\n');
}

static void machine_init(struct machine *m)
{
    *m = (struct machine){.root = "/tmp/heapreel-procwatch-XXXXXX"};
    cr_assert_not_null(mkdtemp(m->root));
    m->context = (struct live_context){
        .loop = loop_create(),
        .now_ns = now_of,
        .add_source = add_source,
        .take = take,
        .user = m,
    };
}

static void machine_finish(struct machine *m)
{
    loop_destroy(m->context.loop);
    while (m->made_count) {
        char *path = m->made[--m->made_count];

        (void)remove(path); /* a test may have done so */
        free(path);
    }
    cr_assert_eq(rmdir(m->root), 0);
    text_finish(&m->path);
    text_finish(&m->seen);
    for (size_t i = 0; i < 8; i++)
        text_finish(&m->documents[i]);
}

static const char *below(struct machine *m, const char *path)
{
    text_clear(&m->path);
    text_put_str(&m->path, m->root);
    text_put_str(&m->path, path);
    return text_str(&m->path);
}

/* Remembers what is made now. */
static void keep(struct machine *m, const char *path)
{
    cr_assert(m->made_count < sizeof m->made / sizeof *m->made);
    m->made[m->made_count++] = mem_dup_text(path);
}

static void put_folders(struct machine *m, const char *path)
{
    for (const char *slash = path + 1; (slash = strchr(slash, '/')); slash++) {
        struct text folder = {0};

        text_put_str(&folder, m->root);
        text_put(&folder, slice_of(path, (size_t)(slash - path)));
        if (mkdir(text_str(&folder), 0700) == 0)
            keep(m, text_str(&folder));
        else
            cr_assert_eq(errno, EEXIST);
        text_finish(&folder);
    }
}

static void put_file(struct machine *m, const char *path, const char *content)
{
    FILE *f;

    put_folders(m, path);
    f = fopen(below(m, path), "w");
    cr_assert_not_null(f);
    keep(m, below(m, path));
    cr_assert(fputs(content, f) >= 0);
    cr_assert_eq(fclose(f), 0);
}

static void put_link(struct machine *m, const char *path, const char *to)
{
    put_folders(m, path);
    cr_assert_eq(symlink(to, below(m, path)), 0);
    keep(m, below(m, path));
}

static void remove_file(struct machine *m, const char *path)
{
    cr_assert_eq(unlink(below(m, path)), 0);
}

static void put_stat(struct machine *m, int pid, const char *comm, char state,
                     unsigned flags, unsigned start, unsigned wait_status)
{
    char path[64], line[512];

    (void)snprintf(path, sizeof path, "/proc/%d/stat", pid);
    (void)snprintf(line, sizeof line,
                   "%d (%s) %c 1 1 1 0 -1 %u 9 0 3 0 50 25 0 0 20 0 5 0 %u 1048576 16 "
                   "0 0 0 0 0 0 0 0 0 0 0 0 0 0 "
                   "0 0 0 0 0 0 0 0 0 0 0 0 0 %u\n",
                   pid, comm, state, flags, start, wait_status);
    put_file(m, path, line);
}

static void put_process(struct machine *m, int pid, const char *comm, unsigned start)
{
    char path[64], content[256];

    put_stat(m, pid, comm, 'S', 0, start, 0);
    (void)snprintf(path, sizeof path, "/proc/%d/status", pid);
    (void)snprintf(content, sizeof content,
                   "Name:\t%s\nState:\tS (sleeping)\nPid:\t%d\nVmHWM:\t 2000 kB\n"
                   "VmRSS:\t 1000 kB\nThreads:\t5\n",
                   comm, pid);
    put_file(m, path, content);
    (void)snprintf(path, sizeof path, "/proc/%d/oom_score", pid);
    put_file(m, path, "667\n");
    (void)snprintf(path, sizeof path, "/proc/%d/smaps_rollup", pid);
    put_file(m, path,
             "00400000-7ffd3c9f5000 ---p 00000000 00:00 0                          "
             "[rollup]\nRss:   1000 kB\nPss:   800 kB\n");
}

static void put_v2(struct machine *m, const char *folder)
{
    static const char *const files[][2] = {
        {"memory.current", "5000000\n"},
        {"memory.max", "8000000\n"},
        {"memory.high", "max\n"},
        {"memory.stat", "anon 4000000\ninactive_file 1000000\n"},
        {"memory.events", "low 0\nhigh 2\nmax 3\noom 0\noom_kill 0\n"},
        {"memory.pressure", "some avg10=1.00 avg60=0.00 avg300=0.00 total=5\n"
                            "full avg10=0.50 avg60=0.00 avg300=0.00 total=2\n"},
    };

    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[256];

        (void)snprintf(path, sizeof path, "%s/%s", folder, files[i][0]);
        put_file(m, path, files[i][1]);
    }
}

static struct procwatch *start(struct machine *m, const char *spelling)
{
    struct err err = {0};
    struct procwatch *p = procwatch_start(&m->context, spelling, NS_PER_S, m->root, &err);

    cr_assert_not_null(p, "%s", err.reason);
    loop_run_timers(m->context.loop, m->now_ns);
    return p;
}

static void move_on(struct machine *m, int64_t ns)
{
    m->now_ns += ns;
    loop_run_timers(m->context.loop, m->now_ns);
}

static void saw(struct machine *m, const char *want)
{
    cr_assert_str_eq(text_str(&m->seen), want, "%s", text_str(&m->seen));
    text_clear(&m->seen);
}

/* One sample, with nothing skipped, in which these stand. */
static void reads_as(const struct machine *m, uint32_t source,
                     const struct parser_ops *ops, const char *const *wants)
{
    struct slice in = slice_str(text_str(&m->documents[source]));
    struct collected c = collect_whole(ops, in);
    const char *out = text_str(&c.others);

    cr_assert_eq(ops->probe(in, true), PROBE_CERTAIN, "%.*s", (int)in.len, in.ptr);
    cr_assert(c.ok && c.other_count == 1 && c.diag.skipped == 0, "%s\nof\n%.*s", out,
              (int)in.len, in.ptr);
    for (; *wants; wants++)
        cr_assert_not_null(strstr(out, *wants), "no %s in %s", *wants, out);
    collected_finish(&c);
}

Test(procwatch, tells_of_the_process_and_its_cgroup_each_period)
{
    static const char *const process[] = {"sample proc process instance=7 ",
                                          "pid=7",
                                          "program=api",
                                          "mem.rss=1024000",
                                          "x.proc.Pss(bytes)=819200",
                                          "sched.threads=5",
                                          "x.proc.utime(ns)=500000000",
                                          "x.proc.oom_score=667",
                                          NULL};
    struct machine m;
    struct procwatch *p;

    machine_init(&m);
    put_process(&m, 7, "api", 100);
    put_file(&m, "/proc/7/cgroup", "0::/a/b\n");
    put_v2(&m, "/sys/fs/cgroup/a/b");
    p = start(&m, "pid:7");
    saw(&m, "1 source pid:7 flags=0 pid=7\n1 data\n"
            "2 source pid:7 cgroup flags=0 pid=7\n2 data\n");
    reads_as(&m, 1, &proc_parser, process);
    reads_as(&m, 2, &cgroup_parser,
             (const char *const[]){"sample cgroup", "instance=/sys/fs/cgroup/a/b ",
                                   "mem.cgroup=5000000", "mem.limit=8000000",
                                   "x.cgroup.working_set(bytes)=4000000", "psi.some=0.01",
                                   "x.cgroup.events.high(count)=2", NULL});
    move_on(&m, NS_PER_S - 1);
    saw(&m, "");
    move_on(&m, 1);
    saw(&m, "1 data\n2 data\n");
    /* Late by one and a half: one look, and the next at a whole second again. */
    move_on(&m, 2 * NS_PER_S + NS_PER_S / 2);
    saw(&m, "1 data\n2 data\n");
    cr_assert_eq(loop_next_ns(m.context.loop), 4 * NS_PER_S);
    procwatch_stop(p);
    machine_finish(&m);
}

Test(procwatch, takes_v1_where_it_has_the_memory_and_another_mount)
{
    struct machine m;
    struct procwatch *p;

    machine_init(&m);
    put_process(&m, 7, "api", 100);
    put_file(&m, "/proc/7/cgroup", "5:cpu,memory:/docker/abc/in\n0::/elsewhere\n");
    put_file(&m, "/proc/self/mountinfo",
             "31 23 0:28 / /sys/fs/cgroup rw shared:1 - tmpfs tmpfs rw\n"
             "35 31 0:32 /docker/abc /mnt/mem rw,relatime - cgroup cgroup rw,memory\n");
    put_file(&m, "/mnt/mem/in/memory.usage_in_bytes", "3000000\n");
    put_file(&m, "/mnt/mem/in/memory.limit_in_bytes", "9223372036854771712\n");
    put_file(&m, "/mnt/mem/in/memory.failcnt", "4\n");
    put_file(&m, "/mnt/mem/in/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\n");
    p = start(&m, "pid:7");
    reads_as(&m, 2, &cgroup_parser,
             (const char *const[]){"instance=/mnt/mem/in ", "mem.cgroup=3000000",
                                   "x.cgroup.failcnt(count)=4", NULL});
    procwatch_stop(p);
    machine_finish(&m);
}

Test(procwatch, climbs_to_the_cgroup_that_has_memory_and_follows_a_move)
{
    struct machine m;
    struct procwatch *p;

    machine_init(&m);
    put_process(&m, 7, "api", 100);
    put_file(&m, "/proc/7/cgroup", "0::/../../pod/x\n");
    put_v2(&m, "/sys/fs/cgroup");
    put_v2(&m, "/sys/fs/cgroup/slice");
    p = start(&m, "pid:7");
    reads_as(&m, 2, &cgroup_parser, (const char *const[]){"=/sys/fs/cgroup ", NULL});
    put_file(&m, "/proc/7/cgroup", "0::/slice/leaf\n");
    move_on(&m, NS_PER_S);
    reads_as(&m, 2, &cgroup_parser,
             (const char *const[]){"=/sys/fs/cgroup/slice ", NULL});
    procwatch_stop(p);
    machine_finish(&m);
}

/* 100 ms for the smaps_rollup: it may be read once in five seconds. */
Test(procwatch, asks_seldom_for_what_takes_long)
{
    struct machine m;
    struct procwatch *p;
    unsigned with = 0;

    machine_init(&m);
    put_process(&m, 7, "api", 100);
    p = start(&m, "pid:7");
    m.step_ns = NS_PER_S / 10;
    for (int second = 1; second <= 20; second++) {
        m.now_ns = second * NS_PER_S;
        loop_run_timers(m.context.loop, m.now_ns);
        with += strstr(text_str(&m.documents[1]), "Pss") != NULL;
    }
    cr_assert_eq(with, 4);
    procwatch_stop(p);
    machine_finish(&m);
}

Test(procwatch, says_how_it_ended)
{
    static const struct {
        unsigned start, wait_status;
        char state;
        const char *end;
    } cases[] = {
        {101, 0, 'S',
         "1 source pid:7 flags=0 pid=7\n1 data\n"
         "1 end pid 7 is another process now\n"},
        {100, 9, 'Z',
         "1 source pid:7 flags=0 pid=7\n1 data\n"
         "1 end pid 7 has exited: signal 9\n"},
        {100, 512, 'Z',
         "1 source pid:7 flags=0 pid=7\n1 data\n"
         "1 end pid 7 has exited: exit 2\n"},
        {100, 0, 'Z', "1 source pid:7 flags=0 pid=7\n1 data\n1 end pid 7 has exited\n"},
        {0, 0, 0, "1 source pid:7 flags=0 pid=7\n1 data\n1 end pid 7 is gone\n"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct machine m;
        struct procwatch *p;

        machine_init(&m);
        put_process(&m, 7, "odd) S (name", 100);
        p = start(&m, "pid:7");
        if (cases[i].state)
            put_stat(&m, 7, "api", cases[i].state, 0, cases[i].start,
                     cases[i].wait_status);
        else
            remove_file(&m, "/proc/7/stat");
        move_on(&m, NS_PER_S);
        move_on(&m, NS_PER_S);
        saw(&m, cases[i].end);
        procwatch_stop(p);
        machine_finish(&m);
    }
}

Test(procwatch, takes_the_youngest_of_a_name_and_waits_for_the_next)
{
    struct machine m;
    struct procwatch *p;

    machine_init(&m);
    put_process(&m, 7, "api", 100);
    put_process(&m, 8, "api", 300);
    put_process(&m, 9, "api", 200);
    put_stat(&m, 10, "api", 'S', 0x00200000, 900, 0); /* the kernel's */
    put_stat(&m, 11, "api", 'Z', 0, 901, 0);
    p = start(&m, "name:a[p]i");
    saw(&m, "1 source pid:8 flags=0 pid=8\n1 data\n");
    remove_file(&m, "/proc/8/stat");
    move_on(&m, NS_PER_S);
    saw(&m, "1 end pid 8 is gone\n2 source pid:9 flags=0 pid=9\n2 data\n");
    remove_file(&m, "/proc/7/stat");
    remove_file(&m, "/proc/9/stat");
    move_on(&m, NS_PER_S);
    move_on(&m, NS_PER_S);
    saw(&m, "2 trouble no process named a[p]i\n2 end pid 9 is gone\n");
    put_process(&m, 12, "sh", 400);
    put_file(&m, "/proc/12/cmdline", "/opt/api");
    move_on(&m, NS_PER_S);
    saw(&m, "3 source pid:12 flags=0 pid=12\n3 data\n");
    procwatch_stop(p);
    machine_finish(&m);
}

Test(procwatch, waits_for_a_name)
{
    struct machine m;
    struct procwatch *p;

    machine_init(&m);
    put_process(&m, 7, "sh", 100);
    p = start(&m, "name:api");
    saw(&m, "1 source name:api flags=0 pid=-1\n1 trouble no process of that name yet\n");
    cr_expect_eq(procwatch_pid(p), -1);
    move_on(&m, NS_PER_S);
    saw(&m, "");
    put_process(&m, 8, "api", 300);
    move_on(&m, NS_PER_S);
    saw(&m, "1 end\n2 source pid:8 flags=0 pid=8\n2 data\n");
    procwatch_stop(p);
    machine_finish(&m);
}

Test(procwatch, says_what_it_cannot_watch)
{
    static const char *const cases[][2] = {
        {"pid:8", "no process 8"},
        {"pid:7x", "expected pid:NUMBER"},
        {"pid:0", "expected pid:NUMBER"},
        {"pid:99999999999999999999", "expected pid:NUMBER"},
        {"name:", "expected pid:NUMBER or name:PATTERN"},
        {"7", "expected pid:NUMBER or name:PATTERN"},
        {"pid:2", "process 2 is a thread of the kernel"},
        {"pid:3", "process 3 has exited"},
    };
    struct machine m;

    machine_init(&m);
    put_process(&m, 7, "api", 100);
    put_stat(&m, 2, "kthreadd", 'S', 0x00200000, 1, 0);
    put_stat(&m, 3, "old", 'Z', 0, 1, 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err err = {0};

        cr_assert_null(procwatch_start(&m.context, cases[i][0], NS_PER_S, m.root, &err));
        cr_assert_str_eq(err.reason, cases[i][1]);
    }
    saw(&m, "");
    machine_finish(&m);
}

Test(procwatch, finds_where_it_listens_and_logs)
{
    struct machine m;
    struct procwatch *p;
    struct procwatch_port ports[4];
    char log[128];
    char *found;

    machine_init(&m);
    put_process(&m, 7, "api", 100);
    put_file(
        &m, "/proc/7/net/tcp",
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt\n"
        "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 "
        " 1000        0 501 1 0000000000000000 100 0 0 10 0\n"
        "   1: 0100007F:1F91 00000000:0000 0A 00000000:00000000 00:00000000 00000000 "
        " 1000        0 999 1 0000000000000000 100 0 0 10 0\n"
        "   2: 0100007F:C350 0100007F:1F90 01 00000000:00000000 00:00000000 00000000 "
        " 1000        0 502 1 0000000000000000 20 4 30 10 -1\n");
    put_file(&m, "/proc/7/net/tcp6",
             "   0: 00000000000000000000000000000000:17AC "
             "00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 "
             "00000000     0        0 503 1 0000000000000000 100 0 0 10 0\n");
    put_link(&m, "/proc/7/fd/3", "socket:[501]");
    put_link(&m, "/proc/7/fd/4", "socket:[502]");
    put_link(&m, "/proc/7/fd/5", "socket:[503]");
    put_file(&m, "/app.log", "a line\n");
    (void)snprintf(log, sizeof log, "%s/app.log", m.root);
    p = start(&m, "pid:7");
    cr_assert_eq(procwatch_ports(p, ports, 4), 2);
    cr_assert(ports[0].port == 6060 && ports[1].port == 8080);
    cr_expect_str_eq(ports[0].host, "127.0.0.1"); /* it listens everywhere */
    cr_expect_str_eq(ports[1].host, "127.0.0.1");
    cr_assert_eq(procwatch_ports(p, ports, 1), 1);
    cr_assert_eq(ports[0].port, 6060);
    cr_expect(procwatch_listens(p, 8080, NULL));
    cr_expect_not(procwatch_listens(p, 8081, NULL));
    cr_assert_null(procwatch_log(p));
    put_link(&m, "/proc/7/fd/2", log);
    found = procwatch_log(p);
    cr_assert_str_eq(found, log);
    free(found);
    procwatch_stop(p);
    machine_finish(&m);
}

Test(procwatch, finds_the_address_and_the_socket)
{
    struct machine m;
    struct procwatch *p;
    struct procwatch_port ports[4];

    machine_init(&m);
    put_process(&m, 7, "api", 100);
    put_file(
        &m, "/proc/7/net/tcp",
        "   0: 0501A8C0:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 "
        " 1000        0 501 1 0000000000000000 100 0 0 10 0\n");
    put_file(&m, "/proc/7/net/tcp6",
             "   0: 00000000000000000000000001000000:17AC "
             "00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 "
             "00000000     0        0 503 1 0000000000000000 100 0 0 10 0\n");
    put_file(&m, "/proc/7/net/unix",
             "Num       RefCount Protocol Flags    Type St Inode Path\n"
             "0000000000000000: 00000002 00000000 00010000 0001 01 504 /run/my api\n"
             "0000000000000000: 00000003 00000000 00000000 0001 03 505 /run/other\n"
             "0000000000000000: 00000002 00000000 00010000 0001 01 506 /run/foreign\n");
    put_link(&m, "/proc/7/fd/3", "socket:[501]");
    put_link(&m, "/proc/7/fd/4", "socket:[503]");
    put_link(&m, "/proc/7/fd/5", "socket:[504]");
    put_link(&m, "/proc/7/fd/6", "socket:[505]");
    p = start(&m, "pid:7");
    cr_assert_eq(procwatch_ports(p, ports, 4), 2);
    cr_expect_str_eq(ports[0].host, "[::1]");
    cr_expect_str_eq(ports[1].host, "192.168.1.5");
    cr_expect(procwatch_listens(p, 0, "/run/my api"));
    cr_expect_not(procwatch_listens(p, 0, "/run/other"));
    cr_expect_not(procwatch_listens(p, 0, "/run/foreign"));
    /* In a network of its own the ports are its own as well. */
    put_link(&m, "/proc/self/ns/net", "net:[4026531840]");
    put_link(&m, "/proc/7/ns/net", "net:[4026531841]");
    cr_expect_eq(procwatch_ports(p, ports, 4), 0);
    procwatch_stop(p);
    machine_finish(&m);
}

static void expect_unit(const struct procwatch *p, const char *wanted)
{
    char *unit = procwatch_unit(p);

    if (wanted) {
        cr_assert_not_null(unit);
        cr_expect_str_eq(unit, wanted);
    } else {
        cr_expect_null(unit);
    }
    free(unit);
}

Test(procwatch, finds_the_unit_that_it_logs_as)
{
    struct machine m;
    struct procwatch *p;
    struct stat st;
    char environment[100];

    machine_init(&m);
    put_process(&m, 7, "api", 100);
    put_file(&m, "/proc/7/fd/2", ""); /* stands for the socket */
    cr_assert_eq(stat(below(&m, "/proc/7/fd/2"), &st), 0);
    put_file(&m, "/proc/7/cgroup",
             "12:memory:/system.slice/api.service\n"
             "0::/system.slice/api.service/worker\n");
    p = start(&m, "pid:7");
    expect_unit(p, NULL); /* it was not started by systemd */
    (void)snprintf(environment, sizeof environment, "JOURNAL_STREAM=%llu:%llu",
                   (unsigned long long)st.st_dev, (unsigned long long)st.st_ino + 1);
    put_file(&m, "/proc/7/environ", environment);
    expect_unit(p, NULL); /* … and has been told another since */
    (void)snprintf(environment, sizeof environment, "JOURNAL_STREAM=%llu:%llu",
                   (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
    put_file(&m, "/proc/7/environ", environment);
    expect_unit(p, "api.service");
    put_file(&m, "/proc/7/cgroup",
             "0::/user.slice/user-1000.slice/user@1000.service/app.slice/api.service\n");
    expect_unit(p, NULL); /* its own manager's */
    put_file(&m, "/proc/7/cgroup", "0::/user.slice/session-1.scope\n");
    expect_unit(p, NULL);
    procwatch_stop(p);
    machine_finish(&m);
}

Test(procwatch, reads_our_own_process)
{
    struct machine m;
    struct procwatch *p;
    struct err err = {0};
    char spelling[32];

    machine_init(&m);
    (void)snprintf(spelling, sizeof spelling, "pid:%ld", (long)getpid());
    p = procwatch_start(&m.context, spelling, NS_PER_S, "", &err);
    cr_assert_not_null(p, "%s", err.reason);
    move_on(&m, 0);
    reads_as(&m, 1, &proc_parser,
             (const char *const[]){"mem.rss=", "sched.threads=", "x.proc.oom_score=",
                                   "x.proc.utime(ns)=", NULL});
    if (m.documents[2].len)
        reads_as(&m, 2, &cgroup_parser, (const char *const[]){"mem.cgroup=", NULL});
    procwatch_stop(p);
    machine_finish(&m);
}
