#include <criterion/criterion.h>

#include "parsers/limits.h"
#include "parsers/redis_info.h"
#include "tests/unit/collect.h"
#include "tests/unit/damage.h"
#include "tests/unit/expect.h"
#include "tests/unit/support.h"
#include "tests/unit/trace_file.h"

TestSuite(redis_info, .fini = test_abort_on_leak);

static struct collected parse(struct slice in)
{
    return collect_whole(&redis_info_parser, in);
}

Test(redis_info, a_real_answer)
{
    struct slice in = trace_plain("adjacent/issue-redis8463-info-memory.txt");
    struct collected c = parse(in);

    cr_expect_eq(redis_info_parser.probe(in, true), PROBE_CERTAIN);
    cr_expect_str_eq(
        text_str(&c.others),
        "sample redis neighbour unknown=0 program=redis "
        "x.redis.used_memory(bytes)=881264 "
        "x.redis.used_memory_rss(bytes)=10190848 x.redis.used_memory_peak(bytes)=943048 "
        "x.redis.used_memory_peak_perc(ratio)=0.9345 "
        "x.redis.used_memory_overhead(bytes)=859384 "
        "x.redis.used_memory_startup(bytes)=792064 "
        "x.redis.used_memory_dataset(bytes)=21880 "
        "x.redis.used_memory_dataset_perc(ratio)=0.2453 "
        "x.redis.allocator_allocated(bytes)=1178064 "
        "x.redis.allocator_active(bytes)=1478656 "
        "x.redis.allocator_resident(bytes)=4345856 "
        "x.redis.total_system_memory(bytes)=18687012864 "
        "x.redis.used_memory_lua(bytes)=37888 x.redis.used_memory_scripts(bytes)=0 "
        "x.redis.number_of_cached_scripts(count)=0 x.redis.maxmemory(bytes)=8589934592 "
        "x.redis.allocator_frag_ratio=1.26 x.redis.allocator_frag_bytes(bytes)=300592 "
        "x.redis.allocator_rss_ratio=2.94 x.redis.allocator_rss_bytes(bytes)=2867200 "
        "x.redis.rss_overhead_ratio=2.34 x.redis.rss_overhead_bytes(bytes)=5844992 "
        "x.redis.mem_fragmentation_ratio=12.13 "
        "x.redis.mem_fragmentation_bytes(bytes)=9350600 "
        "x.redis.mem_not_counted_for_evict(bytes)=0 "
        "x.redis.mem_replication_backlog(bytes)=0 x.redis.mem_clients_slaves(bytes)=0 "
        "x.redis.mem_clients_normal(bytes)=66616 x.redis.mem_aof_buffer(bytes)=0 "
        "x.redis.active_defrag_running=0 x.redis.lazyfree_pending_objects(count)=0\n",
        "%s", text_str(&c.others));
    cr_expect_eq(c.diag.skipped, 0, "%s", c.diag.kept[0].reason);
    collected_finish(&c);
    test_free(in);
}

#define REDIS "sample redis neighbour "
#define UNKNOWN REDIS "unknown=0 program=redis "
#define USED "x.redis.used_memory(bytes)="

static const struct {
    const char *in, *want;
    uint64_t skipped;
} rows[] = {
    {"# Memory\r\nused_memory:1\r\nmaxmemory:0\r\n\r\n", UNKNOWN USED "1\n", 0},
    /* On the wire, twice. */
    {"$35\r\n# Memory\r\nused_memory:1\r\n\r\n$35\r\n# Memory\r\nused_memory:2\r\n",
     UNKNOWN USED "1\n" UNKNOWN USED "2\n", 0},
    /* A loop in a shell. */
    {"Sat Nov 21 01:02:03 UTC 2026\n# Memory\nused_memory:1\nallocator_frag_bytes:-5\n"
     "Sat Nov 21 01:02:04 UTC 2026\n# Memory\nused_memory:2\n",
     REDIS "wall=1795222923000000000 program=redis " USED
           "1 x.redis.allocator_frag_bytes(bytes)=-5\n" REDIS
           "wall=1795222924000000000 program=redis " USED "2\n",
     0},
    /* The time in front of each line. */
    {"2026-11-21T01:02:03Z # Memory\n2026-11-21T01:02:03Z used_memory:1\n"
     "2026-11-21T01:02:04Z # Memory\n2026-11-21T01:02:04Z used_memory:2\n",
     REDIS "wall=1795222923000000000 program=redis " USED "1\n" REDIS
           "wall=1795222924000000000 program=redis " USED "2\n",
     0},
    /* All of INFO. */
    {"127.0.0.1:6379> INFO\n# Server\nredis_version:7.2.4\nprocess_id:812\n"
     "tcp_port:6379\nserver_time_usec:1795222923000000\n\n# Clients\n"
     "connected_clients:3\n\n# Memory\nused_memory:1\nused_memory_human:1B\n"
     "mem_allocator:jemalloc-5.3.0\nmaxmemory_policy:noeviction\n\n# Keyspace\n"
     "db0:keys=1,expires=0,avg_ttl=0\n",
     "sample redis neighbour instance=6379 wall=1795222923000000000 pid=812 "
     "program=redis x.redis.connected_clients(count)=3 " USED "1\n",
     0},
    /* Damage costs its line. */
    {"used_memory:1\nused_memory_rss:12x4\nused_memory_peak:3\n",
     UNKNOWN USED "1 x.redis.used_memory_peak(bytes)=3\n", 1},
    {"used_memory:1\nhello\nused_memory_peak:1e999\nmem_fragmentation_ratio:nan\n",
     UNKNOWN USED "1\n", 3},
    {"used_memory:\n", "", 1},
    {"", "", 0},
};

Test(redis_info, dresses)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        expect_others(&redis_info_parser, "", rows[i].in, rows[i].want, rows[i].skipped);
}

Test(redis_info, places_of_faults)
{
    struct collected c =
        parse(slice_str("# Memory\nused_memory:1\nused_memory_rss:12x4\n"));

    expect_fault(&c.diag, "rss", "malformed number", 3, 23);
    collected_finish(&c);
}

/* An answer with more keys than a sample has room for is said to be cut. */
Test(redis_info, too_many_keys)
{
    struct text t = {0};
    struct collected c;

    for (unsigned i = 0; i < LIMIT_FIGURES + 1; i++)
        text_printf(&t, "k%u:1\n", i);
    c = parse(slice_of(t.ptr, t.len));
    cr_expect_eq(c.other_count, 1);
    cr_expect_eq(c.diag.skipped, 1);
    cr_expect_str_eq(c.diag.kept[0].reason,
                     "too many different names: some values left out");
    collected_finish(&c);
    text_finish(&t);
}

Test(redis_info, every_truncation_and_flipped_bits)
{
    struct slice in = trace_plain("adjacent/issue-redis8463-info-memory.txt");
    uint64_t seed = 11;

    for (struct damage d = damage_cut(&redis_info_parser, in, 0, in.len + 1);
         damage_next(&d);) {
        cr_expect(d.c.ok && d.c.other_count <= 1 && d.c.diag.skipped <= 1, "%zu bytes",
                  d.at);
    }
    for (struct damage d = damage_flip(&redis_info_parser, in, 0, 2000, &seed);
         damage_next(&d);) {
        /* A line that became two costs two; what is a time begins a new answer. */
        cr_expect(d.c.ok && d.c.other_count >= 1 && d.c.diag.skipped <= 2, "bit at %zu",
                  d.at);
    }
    test_free(in);
}

static const struct probe_row probes[] = {
    {"", true, PROBE_NO},
    {"", false, PROBE_NEED_MORE},
    {"# Memory\r\nused_memory:1\r\n", true, PROBE_CERTAIN},
    {"# Server\r\nredis_version:7", false, PROBE_CERTAIN},
    {"$900\r\n# Memory\r\nused_memory:1\r\n", true, PROBE_CERTAIN},
    {"used_memory:1\n", true, PROBE_LIKELY},
    {"# Mem", false, PROBE_NEED_MORE},
    {"# Memory\nnot at all\n", true, PROBE_NO},
    {"a\nb\nc\nd\ne\nf\n", false, PROBE_NO},
    {"gc 1 @0.1s\n", true, PROBE_NO},
};

Test(redis_info, is_recognised)
{
    expect_probes(&redis_info_parser, probes, COUNT_OF(probes));
}
