/* Each rule that comes along fires on one recording or made series, and not on another.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/rules_file.h"
#include "model/detect/rule.h"
#include "model/detect/watch.h"
#include "model/session.h"
#include "replay/loader.h"
#include "tests/unit/support.h"
#include "tests/unit/trace_file.h"

TestSuite(rules_default, .fini = test_abort_on_leak);

#define S(n) ((int64_t)((n) * (double)NS_PER_S))
#define MIB(n) ((n) * (double)MIB_BYTES)

static size_t told_of(const struct session *s, const char *rule)
{
    size_t count = 0;

    for (size_t i = 0; i < s->finding_count; i++)
        count += s->findings[i]->rule && strcmp(s->findings[i]->rule, rule) == 0;
    return count;
}

static struct session *watched(const char *const *sources, double limit_bytes)
{
    struct rule_set *rules = rules_file_load(NULL);
    struct session *s = session_create();
    const struct loader_options loading = {0};
    struct loader *l = loader_create(s, &loading);
    struct watch *w;
    char path[TRACE_PATH];

    if (limit_bytes > 0) {
        s->limit_bytes = limit_bytes;
        s->limit_source = "--limit";
        s->is_limit_given = true;
    }
    for (size_t i = 0; i < 2 && sources[i]; i++)
        loader_add(l, trace_path(path, sources[i]));
    while (loader_step(l, INT64_MAX))
        ;
    loader_destroy(l);
    w = watch_create(s, rules);
    while (watch_advance(w, 65536))
        ;
    watch_destroy(w);
    rule_set_destroy(rules);
    return s;
}

static const struct {
    const char *rule;
    const char *fires[2], *silent[2];
    double limit_mib; /* 0: none */
} recorded[] = {
    {"heap-alloc-near-limit",
     {"lateleak/memstats.ndjson.zst"},
     {"steady/memstats.ndjson.gz"},
     320},
    {"heap-inuse-near-limit",
     {"lateleak/memstats.ndjson.zst"},
     {"steady/memstats.ndjson.gz"},
     320},
    {"heap-jump", {"upload/memstats.ndjson.zst"}, {"goroutines/memstats.ndjson.gz"}, 0},
    {"objects-grow", {"ptrchain/memstats.ndjson.zst"}, {"daily/memstats.ndjson.xz"}, 0},
    {"goroutines-grow",
     {"goroutines/memstats.ndjson.gz"},
     {"traffic/memstats.ndjson.zst"},
     0},
    {"gc-often", {"thrash/gctrace.log.zst"}, {"steady/gctrace.log.gz"}, 0},
    {"assist-time", {"thrash/gctrace.log.zst"}, {"steady/gctrace.log.gz"}, 0},
    {"live-jump", {"upload/gctrace.log.gz"}, {"steady/gctrace.log.gz"}, 0},
    {"sweep-termination", {"steady/gctrace.log.gz"}, {"step/gctrace.log.zst"}, 0},
    {"cycle-long", {"ptrchain/gctrace.log.lz4"}, {"steady/gctrace.log.gz"}, 0},
    {"mallocs", {"anyjson/memstats.ndjson.xz"}, {"steady/memstats.ndjson.gz"}, 0},
    {"redis-fragmentation",
     {"adjacent/issue-redis8463-info-memory.txt"},
     {"steady/memstats.ndjson.gz"},
     0},
    {"redis-amplification",
     {"adjacent/issue-redis8463-info-memory.txt"},
     {"steady/memstats.ndjson.gz"},
     0},
};

Test(rules_default, on_recordings)
{
    for (size_t i = 0; i < COUNT_OF(recorded); i++) {
        struct session *s = watched(recorded[i].fires, MIB(recorded[i].limit_mib));

        cr_expect_gt(told_of(s, recorded[i].rule), 0u, "%s is silent", recorded[i].rule);
        session_destroy(s);
        s = watched(recorded[i].silent, MIB(recorded[i].limit_mib));
        cr_expect_eq(told_of(s, recorded[i].rule), 0u, "%s fires", recorded[i].rule);
        session_destroy(s);
    }
}

/* Made series: values of the metrics at step i; `is_bad` where the rule must fire. */

struct step {
    struct feed_value values[8];
    size_t count;
};

static void put(struct session *s, struct step *step, const char *name, double value)
{
    uint32_t metric = METRIC_COUNT;

    for (uint32_t i = 0; i < METRIC_COUNT; i++) {
        if (strcmp(metric_info(i)->name, name) == 0)
            metric = i;
    }
    if (metric == METRIC_COUNT)
        cr_assert(metric_register(&s->metrics, slice_str(name + 2), UNIT_NONE, &metric));
    step->values[step->count++] = (struct feed_value){metric, value};
}

static double wave(int i, double period)
{
    return sin(2 * 3.14159265358979 * i / period);
}

/* A goal that stays while the heap runs past it; one that each cycle sets anew. */
static void frozen(struct session *s, struct step *step, int i, bool is_bad)
{
    put(s, step, "heap.alloc", MIB(40 + (is_bad ? i : i % 20)));
    put(s, step, "heap.goal", MIB(is_bad ? 64 : 64 + i / 20 % 2));
}

/* Objects grow, mallocs less frees of another process do not. */
static void unaccounted(struct session *s, struct step *step, int i, bool is_bad)
{
    put(s, step, "heap.objects", 10000 + 200.0 * i);
    put(s, step, "alloc.mallocs", 1e6 + 5000.0 * i);
    put(s, step, "alloc.frees", 990000 + (is_bad ? 5000.0 : 4800.0) * i);
}

/* Held at the goal by GOMEMLIMIT; a sawtooth up to it, of less than two minutes: then the
 * runtime collects whatever the goal. */
static void near_goal(struct session *s, struct step *step, int i, bool is_bad)
{
    put(s, step, "heap.goal", MIB(100));
    put(s, step, "heap.alloc", MIB(is_bad ? 95 + i % 5 : 50 + i % 50));
}

/* Assists that come over a history without; a history with. */
static void assists(struct session *s, struct step *step, int i, bool is_bad)
{
    put(s, step, "gc.assist.share",
        i < 150 ? (is_bad ? 0.01 : 0.2) + 0.01 * (i % 3) : 0.6);
}

/* C memory that grows, and noise around a level. */
static void offheap(struct session *s, struct step *step, int i, bool is_bad)
{
    put(s, step, "mem.rss", MIB(200 + (is_bad ? i : 0)));
    put(s, step, "mem.offheap", MIB(40 + 6 * wave(i, 17) + (is_bad ? i : 0)));
}

/* Idle heap that stays; that the scavenger returns. */
static void idle(struct session *s, struct step *step, int i, bool is_bad)
{
    put(s, step, "heap.inuse", MIB(100 + 10 * wave(i, 10)));
    put(s, step, "heap.idle", MIB(180));
    put(s, step, "heap.released", MIB(is_bad ? 20 : fmin(170, i)));
}

static void pressure(struct session *s, struct step *step, int i, bool is_bad)
{
    put(s, step, "psi.some", 0.02 + (is_bad && i > 50 ? 0.1 : 0));
}

/* The /proc/meminfo of brendangregg/perf-tools#78; an ordinary one. */
static void slabs(struct session *s, struct step *step, int i, bool is_bad)
{
    (void)i;
    put(s, step, "x.node_memory_MemTotal_bytes{instance=\"a\"}", 24592560 * 1024.0);
    put(s, step, "x.node_memory_Slab_bytes{instance=\"a\"}",
        (is_bad ? 14876100 : 1600000) * 1024.0);
}

static void slab_share(struct session *s, struct step *step, int i, bool is_bad)
{
    (void)i;
    put(s, step, "x.meminfo.slab_share", is_bad ? 0.16 : 0.1);
}

static void slab_of_cgroup(struct session *s, struct step *step, int i, bool is_bad)
{
    (void)i;
    put(s, step, "mem.cgroup", MIB(512));
    put(s, step, "x.cgroup.stat.slab", MIB(is_bad ? 90 : 60));
}

static void container(struct session *s, struct step *step, int i, bool is_bad)
{
    put(s, step, "mem.cgroup", MIB(600 + (is_bad ? 160 : 100) * wave(i, 60)));
}

static void redis(struct session *s, struct step *step, int i, bool is_bad)
{
    (void)i;
    put(s, step, "x.redis_mem_fragmentation_ratio", is_bad ? 3.1 : 1.1);
    put(s, step, "x.redis_memory_used_bytes", MIB(101));
    put(s, step, "x.redis_memory_used_startup_bytes", MIB(1));
    put(s, step, "x.redis_memory_used_dataset_bytes", MIB(is_bad ? 30 : 60));
}

static const struct {
    const char *rule;
    void (*make)(struct session *, struct step *, int i, bool is_bad);
    double pace_s;
} made[] = {
    {"goal-frozen", frozen, 1},         {"objects-unaccounted", unaccounted, 1},
    {"goal-near", near_goal, 0.25},     {"goal-near", near_goal, 1},
    {"assist-share", assists, 0.5},     {"offheap-grows", offheap, 0.25},
    {"offheap-grows", offheap, 15},     {"fragmentation", idle, 5},
    {"memory-pressure", pressure, 15},  {"slab", slabs, 15},
    {"slab", slab_share, 15},           {"slab", slab_of_cgroup, 15},
    {"container-spread", container, 5}, {"redis-fragmentation", redis, 15},
    {"redis-amplification", redis, 15},
};

static size_t told_of_made(size_t which, bool is_bad)
{
    struct rule_set *rules = rules_file_load(NULL);
    struct session *s = session_create();
    struct process *p = session_add_process(s, session_add_source(s, "made"))->process;
    struct rule_watch *w = rule_watch_create(rules, s, p);
    size_t count;

    for (int i = 0; i < 400; i++) {
        struct step step = {.count = 0};
        struct feed_row row = {S(made[which].pace_s * i), step.values, 0};

        made[which].make(s, &step, i, is_bad);
        row.count = step.count;
        rule_watch_row(w, &row);
    }
    count = told_of(s, made[which].rule);
    rule_watch_destroy(w);
    session_destroy(s);
    rule_set_destroy(rules);
    return count;
}

Test(rules_default, on_made_series)
{
    for (size_t i = 0; i < COUNT_OF(made); i++) {
        cr_expect_eq(told_of_made(i, true), 1u, "%s every %g s: %zu", made[i].rule,
                     made[i].pace_s, told_of_made(i, true));
        cr_expect_eq(told_of_made(i, false), 0u, "%s every %g s fires", made[i].rule,
                     made[i].pace_s);
    }
}

Test(rules_default, each_is_tested)
{
    struct rule_set *rules = rules_file_load(NULL);

    for (size_t i = 0; i < rule_set_count(rules); i++) {
        const char *name = rule_set_name(rules, i);
        bool is_tested = false;

        for (size_t k = 0; k < COUNT_OF(recorded); k++)
            is_tested |= strcmp(recorded[k].rule, name) == 0;
        for (size_t k = 0; k < COUNT_OF(made); k++)
            is_tested |= strcmp(made[k].rule, name) == 0;
        cr_expect(is_tested, "%s", name);
    }
    rule_set_destroy(rules);
}

/* What is well: a few notices at most, and nothing louder. */
Test(rules_default, healthy)
{
    static const char *const healthy[][2] = {
        {"burst/gctrace.log.lz4", "burst/memstats.ndjson.gz"},
        {"daily/gctrace.log.zst", "daily/memstats.ndjson.xz"},
        {"diurnal/gctrace.log.gz", "diurnal/memstats.ndjson.zst"},
        {"plateau/gctrace.log.gz", "plateau/memstats.ndjson.xz"},
        {"steady/gctrace.log.gz", "steady/memstats.ndjson.gz"},
        {"step/gctrace.log.zst", "step/memstats.ndjson.gz"},
        {"traffic/gctrace.log.lz4", "traffic/memstats.ndjson.zst"},
        {"warmup/gctrace.log.zst", "warmup/memstats.ndjson.gz"},
    };

    for (size_t i = 0; i < COUNT_OF(healthy); i++) {
        struct session *s = watched(healthy[i], MIB(1024));
        size_t notices = 0;

        for (size_t k = 0; k < s->finding_count; k++) {
            const struct event *e = s->findings[k];

            if (!e->rule)
                continue;
            cr_expect_leq(e->severity, SEVERITY_NOTICE, "%s: %s", healthy[i][0], e->rule);
            notices += e->severity == SEVERITY_NOTICE;
        }
        cr_expect_leq(notices, 3u, "%s: %zu", healthy[i][0], notices);
        session_destroy(s);
    }
}
