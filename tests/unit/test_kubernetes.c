#include <criterion/criterion.h>

#include "parsers/kubernetes.h"
#include "parsers/limits.h"
#include "tests/unit/collect.h"
#include "tests/unit/damage.h"
#include "tests/unit/expect.h"
#include "tests/unit/support.h"
#include "tests/unit/trace_file.h"

TestSuite(kubernetes, .fini = test_abort_on_leak);

static struct collected parse(struct slice in)
{
    return collect_whole(&kubernetes_parser, in);
}

#define CART "shop/cart-7f9c6d5b8-x2x7k"
#define PAY "shop/pay-5d4c8c7f4d-qq9zl"
#define AT_0137_05 "wall=1795225025000000000"
#define AT_0137_06 "wall=1795225026000000000"
#define AT_0135_41 "wall=1795224941000000000"

#define CART_SAMPLE                                                                      \
    "sample kubernetes cgroup instance=" CART "/cart " AT_0137_06                        \
    " program=cart mem.limit=536870912 x.kubernetes.restarts(count)=3\n"
#define CART_KILLED                                                                      \
    "notice oom-killed " AT_0137_05 " program=cart instance=" CART                       \
    "/cart limit=536870912 message=container cart of pod " CART                          \
    " was killed for want of memory at its limit of 512 MiB: OOMKilled, exit code 137; " \
    "restarts so far: 3 exit_code=137 reason=OOMKilled restarts=3 "                      \
    "started_at=2026-11-21T01:36:24.000000000Z node=node-a\n"
#define PROXY_SAMPLE                                                                     \
    "sample kubernetes cgroup instance=" CART "/proxy " AT_0137_06                       \
    " program=proxy x.kubernetes.restarts(count)=0\n"
#define PAY_ALL                                                                          \
    "sample kubernetes cgroup instance=" PAY "/pay " AT_0135_41                          \
    " program=pay mem.limit=1000000000 x.kubernetes.restarts(count)=1\n"                 \
    "notice restart " AT_0135_41 " program=pay instance=" PAY                            \
    "/pay limit=1000000000 message=container pay of pod " PAY                            \
    " ended: Error, exit code 137, which an OOM kill of a child, a failed probe and "    \
    "kill -9 can all be; restarts so far: 1 exit_code=137 reason=Error restarts=1 "      \
    "started_at=2026-11-21T01:30:00.000000000Z node=node-b\n"
#define MAIL_SAMPLE                                                                      \
    "sample kubernetes cgroup instance=jobs/mail-28712340-7tkvn/mail "                   \
    "wall=1795222809000000000 program=mail mem.limit=134217728 "                         \
    "x.kubernetes.restarts(count)=0\n"
#define WEB_ALL                                                                          \
    "notice restart wall=1795223400000000000 program=web-6c5f9-zzk2p "                   \
    "instance=shop/web-6c5f9-zzk2p message=pod shop/web-6c5f9-zzk2p was evicted: The "   \
    "node was low on resource: memory. Threshold quantity: 100Mi, available: 91236Ki."   \
    "\n"                                                                                 \
    "sample kubernetes cgroup instance=shop/web-6c5f9-zzk2p/web "                        \
    "wall=1795223400000000000 program=web mem.limit=67108864\n"
#define OOM_MESSAGE                                                                      \
    "Memory cgroup out of memory: Killed process 11729 (lab) total-vm:2047124kB, "       \
    "anon-rss:523012kB, file-rss:6784kB, shmem-rss:0kB, UID:0 pgtables:1240kB "          \
    "oom_score_adj:969"
#define EVICTED                                                                          \
    "message=The node was low on resource: memory. Container web was using 61Mi, "       \
    "request is 0. reason=Evicted\n"

static const struct {
    const char *name, *want;
} files[] = {
    {"kubernetes/pod-oomkilled.json", CART_SAMPLE CART_KILLED PROXY_SAMPLE},
    {"kubernetes/pod-list.json",
     CART_SAMPLE CART_KILLED PROXY_SAMPLE PAY_ALL MAIL_SAMPLE WEB_ALL},
    {"kubernetes/pod-watch.ndjson", PAY_ALL CART_SAMPLE CART_KILLED PROXY_SAMPLE},
    {"kubernetes/describe-pods.txt",
     "sample kubernetes cgroup instance=" CART "/migrate " AT_0137_06
     " program=migrate x.kubernetes.restarts(count)=0\n" CART_SAMPLE CART_KILLED PAY_ALL},
    {"kubernetes/events.json",
     "notice oom-killed " AT_0137_05
     " pid=11729 program=lab instance=node-a message=" OOM_MESSAGE " reason=OOMKilling\n"
     "notice restart wall=1795223520000000000 instance=shop/web-6c5f9-zzk2p " EVICTED},
    /* The kernel monitor's event and the kubelet's are of one kill. */
    {"kubernetes/events.txt",
     "notice oom-killed unknown=0 pid=11729 program=lab instance=default/node/node-a "
     "message=" OOM_MESSAGE " reason=OOMKilling\n"
     "notice restart unknown=0 instance=shop/pod/web-6c5f9-zzk2p " EVICTED},
    {"kubernetes/docker-inspect.json",
     "sample kubernetes cgroup instance=cart wall=1795225025687100120 program=cart "
     "mem.limit=536870912 x.kubernetes.restarts(count)=0\n"
     "notice oom-killed wall=1795225025687100120 program=cart instance=cart "
     "limit=536870912 message=container cart was killed for want of memory at its limit "
     "of 512 MiB, exit code 137 exit_code=137 restarts=0 "
     "started_at=2026-11-21T01:36:24.480253796Z\n"
     "sample kubernetes cgroup instance=proxy wall=1795224601000000000 program=proxy "
     "x.kubernetes.restarts(count)=0\n"},
};

Test(kubernetes, files)
{
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        struct slice in = trace_plain(files[i].name);
        struct collected c = parse(in);

        cr_expect_eq(kubernetes_parser.probe(in, true), PROBE_CERTAIN, "%s",
                     files[i].name);
        cr_expect_str_eq(text_str(&c.others), files[i].want, "%s gives %s", files[i].name,
                         text_str(&c.others));
        cr_expect_eq(c.diag.skipped, 0, "%s: %s", files[i].name, c.diag.kept[0].reason);
        collected_finish(&c);
        test_free(in);
    }
}

#define POD(name, limit)                                                                 \
    "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"" name             \
    "\"},\"spec\":{\"containers\":[{\"name\":\"c\",\"resources\":{\"limits\":{"          \
    "\"memory\":" limit "}}}]}}"
#define IS(name, limit)                                                                  \
    "sample kubernetes cgroup instance=" name "/c unknown=0 program=c mem.limit=" limit  \
    "\n"

static const struct {
    const char *in, *want;
    uint64_t skipped;
} rows[] = {
    /* Quantities. */
    {POD("p", "\"320Mi\""), IS("p", "335544320"), 0},
    {POD("p", "\"1500M\""), IS("p", "1500000000"), 0},
    {POD("p", "\"129e6\""), IS("p", "129000000"), 0},
    {POD("p", "\"128974848000m\""), IS("p", "128974848"), 0},
    {POD("p", "134217728"), IS("p", "134217728"), 0},
    {POD("p", "\"1.5Gi\""), IS("p", "1610612736"), 0},
    {POD("p", "\"none\""), "", 0},
    {POD("p", "\"-1\""), "", 0},
    /* One after another, in an array, of other kinds. */
    {POD("p", "1") POD("q", "2") "\n" POD("r", "3"),
     IS("p", "1") IS("q", "2") IS("r", "3"), 0},
    {"[" POD("p", "1") "," POD("q", "2") "]", IS("p", "1") IS("q", "2"), 0},
    {"{\"kind\":\"List\",\"items\":[" POD("p", "1") "," POD("q", "2") "],\"a\":{}}",
     IS("p", "1") IS("q", "2"), 0},
    {"{\"kind\":\"Node\",\"metadata\":{\"name\":\"n\"}}" POD("p", "1"), IS("p", "1"), 0},
    /* Damage costs its object. */
    {"{\"kind\":\"Pod\",\n" POD("p", "1"), IS("p", "1"), 1},
    {"xx " POD("p", "1"), "", 0}, /* text, not JSON */
    {POD("p", "1") " xx " POD("q", "2"), IS("p", "1") IS("q", "2"), 1},
    {"{\"items\":[" POD("p", "1") ",{\"kind\":\"Pod\",}," POD("q", "2") "]}",
     IS("p", "1") IS("q", "2"), 1},
    {"{\"items\":[" POD("p", "1") ",", IS("p", "1"), 1},
    {"{\n\"a\":\"no end\n}\n" POD("p", "1"), IS("p", "1"), 1},
    {"{\"kind\":\"Pod\",\"metadata\":{\"name\":5}}", "", 0},
    {"[]]}" POD("p", "1"), IS("p", "1"), 0},
};

Test(kubernetes, objects)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        expect_others(&kubernetes_parser, "", rows[i].in, rows[i].want, rows[i].skipped);
}

Test(kubernetes, places_of_faults)
{
    struct collected c = parse(slice_str(POD("p", "1") "\n{\n\"kind\": tru\n}\n"));

    cr_expect_eq(c.diag.kept_count, 1);
    cr_expect_eq(c.diag.kept[0].line, 3);
    cr_expect_eq(c.diag.kept[0].offset_bytes, strlen(POD("p", "1")) + 11);
    cr_expect_str_eq(c.diag.kept[0].reason, "expected a JSON value");
    collected_finish(&c);
}

/* The same end again, and an object, a pod, a name that are too large. */
Test(kubernetes, bounds)
{
    struct slice in = trace_plain("kubernetes/pod-watch.ndjson");
    struct text t = {0};
    struct collected c;

    text_put(&t, in);
    text_put(&t, in);
    c = parse(slice_of(t.ptr, t.len));
    cr_expect_eq(c.other_count, 5 + 3);
    collected_finish(&c);

    text_clear(&t);
    text_put_str(&t, "{\"kind\":\"Pod\",\"a\":\"");
    text_repeat(&t, "x", LIMIT_KUBERNETES_OBJECT_BYTES);
    text_put_str(&t, "\"}" POD("p", "1"));
    text_put_str(&t, "{\"kind\":\"Pod\",\"metadata\":{\"name\":\"");
    text_repeat(&t, "n", 100000);
    text_put_str(&t, "\"},\"spec\":{\"containers\":[");
    for (unsigned i = 0; i <= LIMIT_KUBERNETES_CONTAINERS; i++)
        text_printf(&t, "%s{\"name\":\"c%u\"}", i ? "," : "", i);
    text_put_str(&t, "]}}");
    c = parse(slice_of(t.ptr, t.len));
    cr_expect_str_eq(text_str(&c.others), IS("p", "1"), "%s", text_str(&c.others));
    cr_expect_eq(c.diag.skipped, 2);
    cr_expect_str_eq(c.diag.kept[0].reason, "object over 8 MiB");
    cr_expect_str_eq(c.diag.kept[1].reason, "more containers than one pod may have");
    collected_finish(&c);
    text_finish(&t);
    test_free(in);
}

/* What stands before the cut is handed on, and the cut is told. */
static void truncate_file(const char *name, size_t step, size_t records)
{
    struct slice in = trace_plain(name);
    size_t last = 0;

    for (struct damage d = damage_cut(&kubernetes_parser, in, 1, in.len); damage_next(&d);
         d.step = step) {
        cr_expect(d.c.diag.skipped == (d.at + 1 < in.len), "%s: %zu bytes: %d", name,
                  d.at, (int)d.c.diag.skipped);
        cr_expect_geq(d.c.other_count + 1, last, "%s: %zu bytes", name, d.at);
        last = d.c.other_count;
    }
    cr_expect_eq(last, records, "%s: %zu", name, last);
    test_free(in);
}

Test(kubernetes, every_truncation)
{
    truncate_file("kubernetes/pod-oomkilled.json", 1, 3);
    truncate_file("kubernetes/pod-list.json", 97, 8);
}

static void flip(const char *name, size_t least)
{
    struct slice in = trace_plain(name);
    uint64_t seed = 9;

    /* The first byte says whether it is JSON at all. */
    for (struct damage d = damage_flip(&kubernetes_parser, in, 1, 1000, &seed);
         damage_next(&d);) {
        cr_expect(d.c.ok && d.c.other_count >= least, "%s: bit at %zu: %s", name, d.at,
                  text_str(&d.c.others));
    }
    test_free(in);
}

Test(kubernetes, flipped_bits)
{
    flip("kubernetes/describe-pods.txt", 2);
    flip("kubernetes/events.txt", 1);
    flip("kubernetes/pod-list.json", 4);
    flip("kubernetes/docker-inspect.json", 1);
}

static const struct probe_row probes[] = {
    {"", true, PROBE_NO},
    {"", false, PROBE_NEED_MORE},
    {"{\"apiVersion\": \"v1\",\n \"kind\": \"Pod\"", false, PROBE_CERTAIN},
    {"{\"apiVersion\":\"v1\",\"items\":[{\"apiVersion\":\"v1\",\"kind\":\"Pod\"", false,
     PROBE_CERTAIN},
    {"{\"apiVersion\":\"v1\",\"items\":[", false, PROBE_NEED_MORE},
    {"{\"apiVersion\":\"v1\",\"kind\":\"Node\"}", true, PROBE_NO},
    {"[{\"State\":{\"OOMKilled\":false", false, PROBE_CERTAIN},
    {"{\"HeapAlloc\":1}", true, PROBE_NO},
    {"Name:     a\nNamespace:   b\nNode:   c\nContainers:\n", true, PROBE_CERTAIN},
    {"Name:     a\nNamespace:   b\nNode:   c\n", true, PROBE_LIKELY},
    {"Name:\ta\nUmask:\t0022\n", true, PROBE_NO},
    {"Name:     a\n", true, PROBE_NO},
    {"5m   Warning   OOMKilling   node/a   Memory cgroup out of memory\n", true,
     PROBE_LIKELY},
    {"hello\n", true, PROBE_NO},
};

Test(kubernetes, is_recognised)
{
    expect_probes(&kubernetes_parser, probes, COUNT_OF(probes));
}
