#include "parsers/metric_names.h"

#include <math.h>

#include "model/base/compiler.h"

#define NONE 0x1p62

enum flags { PLAIN = 0, SECOND = 1, HAS_NONE = 2, ZERO_NONE = 4 };

struct row {
    struct slice name;
    uint32_t metric;
    unsigned flags;
};

/* clang-format off */
#define ROW(name, metric, flags) {SLICE_INIT(name), METRIC_##metric, flags}
/* clang-format on */

/* client_golang's set. */
static const struct row memstats_rows[] = {
    ROW("go_memstats_alloc_bytes", HEAP_ALLOC, SECOND),
    ROW("go_memstats_alloc_bytes_total", ALLOC_TOTAL, PLAIN),
    ROW("go_memstats_sys_bytes", MEM_SYS, PLAIN),
    ROW("go_memstats_mallocs_total", ALLOC_MALLOCS, PLAIN),
    ROW("go_memstats_frees_total", ALLOC_FREES, PLAIN),
    ROW("go_memstats_heap_alloc_bytes", HEAP_ALLOC, PLAIN),
    ROW("go_memstats_heap_sys_bytes", HEAP_SYS, PLAIN),
    ROW("go_memstats_heap_idle_bytes", HEAP_IDLE, PLAIN),
    ROW("go_memstats_heap_inuse_bytes", HEAP_INUSE, PLAIN),
    ROW("go_memstats_heap_released_bytes", HEAP_RELEASED, PLAIN),
    ROW("go_memstats_heap_released_bytes_total", HEAP_RELEASED, SECOND),
    ROW("go_memstats_heap_objects", HEAP_OBJECTS, PLAIN),
    ROW("go_memstats_stack_inuse_bytes", STACK_INUSE, PLAIN),
    ROW("go_memstats_stack_sys_bytes", STACK_SYS, PLAIN),
    ROW("go_memstats_mspan_inuse_bytes", MSPAN_INUSE, PLAIN),
    ROW("go_memstats_mcache_inuse_bytes", MCACHE_INUSE, PLAIN),
    ROW("go_memstats_buck_hash_sys_bytes", BUCKHASH_SYS, PLAIN),
    ROW("go_memstats_gc_sys_bytes", GC_SYS, PLAIN),
    ROW("go_memstats_other_sys_bytes", OTHER_SYS, PLAIN),
    ROW("go_memstats_next_gc_bytes", HEAP_GOAL, HAS_NONE),
};

static const struct row go_rows[] = {
    ROW("go_goroutines", SCHED_GOROUTINES, PLAIN),
    ROW("go_threads", SCHED_THREADS, PLAIN),
    ROW("go_gc_duration_seconds_count", GC_CYCLES, PLAIN),
    ROW("go_gc_gomemlimit_bytes", MEM_GOMEMLIMIT, HAS_NONE),
    ROW("go_sched_gomaxprocs_threads", SCHED_PROCS, PLAIN),
    /* Out of runtime/metrics. */
    ROW("go_gc_heap_live_bytes", HEAP_LIVE, PLAIN),
    ROW("go_gc_heap_goal_bytes", HEAP_GOAL, SECOND | HAS_NONE),
    ROW("go_gc_heap_objects_objects", HEAP_OBJECTS, SECOND),
    ROW("go_gc_heap_allocs_bytes_total", ALLOC_TOTAL, SECOND),
    ROW("go_gc_cycles_total_gc_cycles_total", GC_CYCLES, SECOND),
    ROW("go_gc_cycles_forced_gc_cycles_total", GC_FORCED, PLAIN),
    ROW("go_sched_goroutines_goroutines", SCHED_GOROUTINES, SECOND),
    ROW("go_sched_threads_total_threads", SCHED_THREADS, SECOND),
    ROW("go_memory_classes_total_bytes", MEM_SYS, SECOND),
    ROW("go_memory_classes_heap_objects_bytes", HEAP_ALLOC, SECOND),
    ROW("go_memory_classes_heap_released_bytes", HEAP_RELEASED, SECOND),
    ROW("go_memory_classes_heap_stacks_bytes", STACK_INUSE, SECOND),
    ROW("go_memory_classes_metadata_mspan_inuse_bytes", MSPAN_INUSE, SECOND),
    ROW("go_memory_classes_metadata_mcache_inuse_bytes", MCACHE_INUSE, SECOND),
    ROW("go_memory_classes_metadata_other_bytes", GC_SYS, SECOND),
    ROW("go_memory_classes_profiling_buckets_bytes", BUCKHASH_SYS, SECOND),
    ROW("go_memory_classes_other_bytes", OTHER_SYS, SECOND),
    /* OpenTelemetry's names, as Prometheus writes them. */
    ROW("go_goroutine_count", SCHED_GOROUTINES, SECOND),
    ROW("go_processor_limit", SCHED_PROCS, SECOND),
    ROW("go_memory_limit_bytes", MEM_GOMEMLIMIT, SECOND | HAS_NONE),
    ROW("go_memory_allocated_bytes_total", ALLOC_TOTAL, SECOND),
    ROW("go_memory_gc_goal_bytes", HEAP_GOAL, SECOND | HAS_NONE),
};

static const struct row process_rows[] = {
    ROW("process_resident_memory_bytes", MEM_RSS, PLAIN),
    ROW("process_memory_usage_bytes", MEM_RSS, SECOND),
    ROW("process_runtime_go_mem_heap_alloc_bytes", HEAP_ALLOC, SECOND),
    ROW("process_runtime_go_mem_heap_idle_bytes", HEAP_IDLE, SECOND),
    ROW("process_runtime_go_mem_heap_inuse_bytes", HEAP_INUSE, SECOND),
    ROW("process_runtime_go_mem_heap_objects", HEAP_OBJECTS, SECOND),
    ROW("process_runtime_go_mem_heap_released_bytes", HEAP_RELEASED, SECOND),
    ROW("process_runtime_go_mem_heap_sys_bytes", HEAP_SYS, SECOND),
    ROW("process_runtime_go_gc_count_total", GC_CYCLES, SECOND),
    ROW("process_runtime_go_goroutines", SCHED_GOROUTINES, SECOND),
};

static const struct row container_rows[] = {
    ROW("container_memory_usage_bytes", MEM_CGROUP, PLAIN),
    ROW("container_spec_memory_limit_bytes", MEM_LIMIT, HAS_NONE | ZERO_NONE),
};

/* MemStats fields and what recorders add to them, in small letters and without "_". */
static const struct row field_rows[] = {
    ROW("heapalloc", HEAP_ALLOC, PLAIN),
    ROW("alloc", HEAP_ALLOC, SECOND),
    ROW("heapinuse", HEAP_INUSE, PLAIN),
    ROW("heapidle", HEAP_IDLE, PLAIN),
    ROW("heapreleased", HEAP_RELEASED, PLAIN),
    ROW("heapsys", HEAP_SYS, PLAIN),
    ROW("heapobjects", HEAP_OBJECTS, PLAIN),
    ROW("nextgc", HEAP_GOAL, HAS_NONE),
    ROW("totalalloc", ALLOC_TOTAL, PLAIN),
    ROW("mallocs", ALLOC_MALLOCS, PLAIN),
    ROW("frees", ALLOC_FREES, PLAIN),
    ROW("stackinuse", STACK_INUSE, PLAIN),
    ROW("stacksys", STACK_SYS, PLAIN),
    ROW("mspaninuse", MSPAN_INUSE, PLAIN),
    ROW("mcacheinuse", MCACHE_INUSE, PLAIN),
    ROW("buckhashsys", BUCKHASH_SYS, PLAIN),
    ROW("gcsys", GC_SYS, PLAIN),
    ROW("othersys", OTHER_SYS, PLAIN),
    ROW("sys", MEM_SYS, PLAIN),
    ROW("numgc", GC_CYCLES, PLAIN),
    ROW("numforcedgc", GC_FORCED, PLAIN),
    ROW("rss", MEM_RSS, PLAIN),
    ROW("rssbytes", MEM_RSS, PLAIN),
    ROW("goroutines", SCHED_GOROUTINES, PLAIN),
    ROW("numgoroutine", SCHED_GOROUTINES, PLAIN),
    ROW("numgoroutines", SCHED_GOROUTINES, PLAIN),
    ROW("gomemlimit", MEM_GOMEMLIMIT, HAS_NONE),
    ROW("gomaxprocs", SCHED_PROCS, PLAIN),
};

#define FIELD_BYTES 24 /* longer than any of field_rows */

static const struct row *find(const struct row *rows, size_t count, struct slice name)
{
    for (size_t i = 0; i < count; i++) {
        if (slice_eq(rows[i].name, name))
            return &rows[i];
    }
    return NULL;
}

static const struct row *find_prometheus(struct slice name)
{
    if (slice_starts(name, SLICE("go_memstats_")))
        return find(memstats_rows, COUNT_OF(memstats_rows), name);
    if (slice_starts(name, SLICE("go_")))
        return find(go_rows, COUNT_OF(go_rows), name);
    if (slice_starts(name, SLICE("process_")))
        return find(process_rows, COUNT_OF(process_rows), name);
    return find(container_rows, COUNT_OF(container_rows), name);
}

static struct metric_name of_row(const struct row *row)
{
    return (struct metric_name){
        .metric = row->metric,
        .unit = metric_info(row->metric)->unit,
        .scale = 1,
        .has_none = (row->flags & HAS_NONE) != 0,
        .zero_none = (row->flags & ZERO_NONE) != 0,
        .is_second = (row->flags & SECOND) != 0,
    };
}

/* "LastGC", whoever tells it: what joins the clocks of several inputs of a process. */
static struct metric_name last_gc(double scale)
{
    return (struct metric_name){
        .metric = METRIC_COUNT,
        .name = SLICE("LastGC"),
        .unit = UNIT_UNIX_NS,
        .scale = scale,
        .zero_none = true,
    };
}

static void cut_end(struct slice *name, struct slice end)
{
    if (slice_ends(*name, end))
        name->len -= end.len;
}

static enum unit unit_of(struct slice name)
{
    /* These five end in what they are, not in what it is counted in. */
    static const struct slice bytes_of_cgroup[] = {
        SLICE_INIT("container_memory_rss"),
        SLICE_INIT("container_memory_cache"),
        SLICE_INIT("container_memory_swap"),
        SLICE_INIT("container_memory_mapped_file"),
        SLICE_INIT("container_memory_kernel_usage"),
    };

    if (slice_is_any(name, bytes_of_cgroup, COUNT_OF(bytes_of_cgroup)))
        return UNIT_BYTES;
    cut_end(&name, SLICE("_total"));
    cut_end(&name, SLICE("_sum"));
    if (slice_ends(name, SLICE("_bytes")))
        return UNIT_BYTES;
    if (slice_ends(name, SLICE("_bytes_per_second")))
        return UNIT_BYTES_PER_S;
    return slice_ends(name, SLICE("_ratio")) ? UNIT_RATIO : UNIT_NONE;
}

static struct metric_name own_name(struct slice name)
{
    return (struct metric_name){
        .metric = METRIC_COUNT, .name = name, .unit = unit_of(name), .scale = 1};
}

struct metric_name metric_name_prometheus(struct slice name)
{
    const struct row *row = find_prometheus(name);

    if (row)
        return of_row(row);
    if (slice_eq(name, SLICE("go_memstats_last_gc_time_seconds")))
        return last_gc((double)NS_PER_S);
    return own_name(name);
}

static bool find_series(struct slice name, uint32_t *metric)
{
    for (uint32_t i = 0; i < METRIC_COUNT; i++) {
        if (slice_eq(slice_str(metric_info(i)->name), name)) {
            *metric = i;
            return true;
        }
    }
    return false;
}

/* Whatever the spelling: "HeapAlloc", "heap_alloc", "heapAlloc", "heap-alloc". */
static size_t plain_letters(char out[FIELD_BYTES], struct slice name)
{
    size_t len = 0;

    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];

        if (c == '_' || c == '-' || c == ' ')
            continue;
        if (len == FIELD_BYTES)
            return 0;
        out[len++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    return len;
}

struct metric_name metric_name_any(struct slice name)
{
    char letters[FIELD_BYTES];
    struct slice field = {letters, plain_letters(letters, name)};
    const struct row *row = find(field_rows, COUNT_OF(field_rows), field);
    uint32_t metric;

    if (find_series(name, &metric))
        return (struct metric_name){
            .metric = metric, .unit = metric_info(metric)->unit, .scale = 1};
    if (slice_eq(name, SLICE("x.LastGC")))
        return last_gc(1);
    if (slice_starts(name, SLICE("x."))) /* out of an export: it has its name already */
        return own_name(slice_after(name, 2));
    if (row)
        return of_row(row);
    if (slice_eq(field, SLICE("lastgc")))
        return last_gc(1);
    return metric_name_prometheus(name);
}

double metric_name_value(const struct metric_name *m, double value)
{
    if (!isfinite(value) || (m->has_none && value >= NONE) ||
        (m->zero_none && value <= 0))
        return NAN;
    return value * m->scale;
}

enum subject metric_name_subject(struct slice name)
{
    static const struct {
        struct slice front;
        enum subject subject;
    } fronts[] = {
        {SLICE_INIT("container_"), SUBJECT_CGROUP},
        {SLICE_INIT("kube_"), SUBJECT_CGROUP},
        {SLICE_INIT("node_"), SUBJECT_HOST},
        {SLICE_INIT("machine_"), SUBJECT_HOST},
        {SLICE_INIT("cadvisor_"), SUBJECT_HOST},
        {SLICE_INIT("redis_"), SUBJECT_NEIGHBOUR},
    };

    for (size_t i = 0; i < COUNT_OF(fronts); i++) {
        if (slice_starts(name, fronts[i].front))
            return fronts[i].subject;
    }
    return SUBJECT_PROCESS;
}
