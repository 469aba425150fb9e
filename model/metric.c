#include "model/metric.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "model/base/compiler.h"
#include "model/base/mem.h"

static const struct metric_info catalogue[] = {
    [METRIC_HEAP_LIVE] = {"heap.live", UNIT_BYTES, "marked live by the last GC"},
    [METRIC_HEAP_ALLOC] = {"heap.alloc", UNIT_BYTES,
                           "allocated heap objects, reachable or not yet swept"},
    [METRIC_HEAP_INUSE] = {"heap.inuse", UNIT_BYTES, "spans with at least one object"},
    [METRIC_HEAP_IDLE] = {"heap.idle", UNIT_BYTES, "spans without objects"},
    [METRIC_HEAP_RELEASED] = {"heap.released", UNIT_BYTES,
                              "idle memory given back to the system"},
    [METRIC_HEAP_SYS] = {"heap.sys", UNIT_BYTES, "heap address space"},
    [METRIC_HEAP_GOAL] = {"heap.goal", UNIT_BYTES,
                          "heap size at which the next GC aims to finish"},
    [METRIC_HEAP_OBJECTS] = {"heap.objects", UNIT_OBJECTS, "objects on the heap"},
    [METRIC_HEAP_START] = {"heap.start", UNIT_BYTES, "heap when a cycle began"},
    [METRIC_HEAP_END] = {"heap.end", UNIT_BYTES, "heap when marking ended"},
    [METRIC_HEAP_AMPLITUDE] =
        {"heap.amplitude", UNIT_BYTES,
         "heap at the start of a cycle, less what the last one left"},
    [METRIC_ALLOC_TOTAL] = {"alloc.total", UNIT_BYTES, "bytes allocated since the start"},
    [METRIC_ALLOC_RATE] = {"alloc.rate", UNIT_BYTES_PER_S, "allocation rate"},
    [METRIC_ALLOC_MALLOCS] = {"alloc.mallocs", UNIT_OBJECTS,
                              "objects allocated since the start"},
    [METRIC_ALLOC_FREES] = {"alloc.frees", UNIT_OBJECTS, "objects freed since the start"},
    [METRIC_STACK_INUSE] = {"stack.inuse", UNIT_BYTES, "goroutine stacks"},
    [METRIC_STACK_SYS] = {"stack.sys", UNIT_BYTES, "goroutine and thread stacks"},
    [METRIC_MSPAN_INUSE] = {"mspan.inuse", UNIT_BYTES, "span structures"},
    [METRIC_MCACHE_INUSE] = {"mcache.inuse", UNIT_BYTES, "allocation caches"},
    [METRIC_BUCKHASH_SYS] = {"buckhash.sys", UNIT_BYTES, "profiling hash tables"},
    [METRIC_GC_SYS] = {"gc.sys", UNIT_BYTES, "collector metadata"},
    [METRIC_OTHER_SYS] = {"other.sys", UNIT_BYTES, "other memory of the runtime"},
    [METRIC_MEM_SYS] = {"mem.sys", UNIT_BYTES, "all the runtime has from the system"},
    [METRIC_MEM_RSS] = {"mem.rss", UNIT_BYTES, "resident memory of the process"},
    [METRIC_MEM_CGROUP] = {"mem.cgroup", UNIT_BYTES, "memory of its cgroup"},
    [METRIC_MEM_LIMIT] = {"mem.limit", UNIT_BYTES, "the cgroup's limit"},
    [METRIC_MEM_GOMEMLIMIT] = {"mem.gomemlimit", UNIT_BYTES, "Go's soft limit"},
    [METRIC_MEM_OFFHEAP] = {"mem.offheap", UNIT_BYTES,
                            "resident memory that Go does not account for"},
    [METRIC_GC_CYCLES] = {"gc.cycles", UNIT_CYCLES, "collections since the start"},
    [METRIC_GC_FORCED] = {"gc.forced", UNIT_CYCLES, "forced collections since the start"},
    [METRIC_GC_INTERVAL] = {"gc.interval", UNIT_NS,
                            "from one cycle's start to the next's"},
    [METRIC_GC_PAUSE] = {"gc.pause", UNIT_NS, "stop-the-world time of a cycle"},
    [METRIC_GC_STW_SWEEPTERM] = {"gc.stw.sweepterm", UNIT_NS, "sweep termination pause"},
    [METRIC_GC_STW_MARKTERM] = {"gc.stw.markterm", UNIT_NS, "mark termination pause"},
    [METRIC_GC_MARK_WALL] = {"gc.mark.wall", UNIT_NS, "concurrent mark"},
    [METRIC_GC_CPU_ASSIST] = {"gc.cpu.assist", UNIT_NS, "CPU time of mark assists"},
    [METRIC_GC_CPU_DEDICATED] = {"gc.cpu.dedicated", UNIT_NS,
                                 "CPU time of dedicated and fractional mark workers"},
    [METRIC_GC_CPU_IDLE] = {"gc.cpu.idle", UNIT_NS, "CPU time of idle mark workers"},
    [METRIC_GC_CPU_STW] = {"gc.cpu.stw", UNIT_NS, "CPU time of both pauses"},
    [METRIC_GC_CPU_FRACTION] = {"gc.cpu.fraction", UNIT_RATIO,
                                "GC's share of the CPU since the last cycle"},
    [METRIC_GC_ASSIST_SHARE] = {"gc.assist.share", UNIT_RATIO,
                                "assists' share of a cycle's mark CPU time"},
    [METRIC_SCHED_GOROUTINES] = {"sched.goroutines", UNIT_COUNT, "goroutines"},
    [METRIC_SCHED_PROCS] = {"sched.procs", UNIT_COUNT, "GOMAXPROCS"},
    [METRIC_SCHED_THREADS] = {"sched.threads", UNIT_COUNT, "threads"},
    [METRIC_PSI_SOME] = {"psi.some", UNIT_RATIO, "some tasks waited for memory, 10 s"},
    [METRIC_PSI_FULL] = {"psi.full", UNIT_RATIO, "all tasks waited for memory, 10 s"},
    [METRIC_X_GCTRACE_STACKS] = {"x.gctrace.stacks", UNIT_BYTES,
                                 "goroutine stacks that the cycle scanned"},
    [METRIC_X_GCTRACE_GLOBALS] = {"x.gctrace.globals", UNIT_BYTES,
                                  "globals that the cycle scanned"},
    [METRIC_X_GCTRACE_CPU_PERCENT] = {"x.gctrace.cpu_percent", UNIT_NONE,
                                      "GC's share of the CPU since the start, per cent"},
};
static_assert(COUNT_OF(catalogue) == METRIC_COUNT, "a metric without a row");

const struct metric_info *metric_info(uint32_t metric)
{
    assert(metric < METRIC_COUNT);
    return &catalogue[metric];
}

void metric_registry_finish(struct metric_registry *r)
{
    for (size_t i = 0; i < r->count; i++)
        free(r->names[i]);
    free(r->names);
    free(r->units);
    free(r->slots);
    *r = (struct metric_registry){0};
}

static bool has_name(const char *known, struct slice name)
{
    return slice_eq(slice_str(known + 2), name); /* behind "x." */
}

/* The slot of that name, or the empty one where it would go. */
static size_t find_slot(const struct metric_registry *r, struct slice name)
{
    size_t mask = r->slot_count - 1,
           slot = (size_t)XXH3_64bits(name.ptr, name.len) & mask;

    while (r->slots[slot] && !has_name(r->names[r->slots[slot] - 1], name))
        slot = (slot + 1) & mask;
    return slot;
}

bool metric_find(const struct metric_registry *r, struct slice name, uint32_t *metric)
{
    size_t slot;

    for (uint32_t i = METRIC_X_GCTRACE_STACKS; i < METRIC_COUNT; i++) {
        if (has_name(catalogue[i].name, name)) {
            *metric = i;
            return true;
        }
    }
    if (r->count == 0)
        return false;
    slot = find_slot(r, name);
    if (!r->slots[slot])
        return false;
    *metric = METRIC_COUNT + r->slots[slot] - 1;
    return true;
}

static void make_room(struct metric_registry *r)
{
    r->names = mem_grow(r->names, &r->capacity, r->count + 1, sizeof *r->names);
    r->units = mem_grow(r->units, &r->units_capacity, r->count + 1, sizeof *r->units);
    if (2 * (r->count + 1) <= r->slot_count)
        return;
    free(r->slots);
    r->slot_count = r->slot_count ? 2 * r->slot_count : 64;
    r->slots = mem_alloc_array(r->slot_count, sizeof *r->slots);
    for (uint32_t i = 0; i < r->count; i++)
        r->slots[find_slot(r, slice_str(r->names[i] + 2))] = i + 1;
}

bool metric_register(struct metric_registry *r, struct slice name, enum unit unit,
                     uint32_t *metric)
{
    char *copy;

    if (metric_find(r, name, metric))
        return true;
    if (r->count == METRIC_EXTRA_MAX)
        return false;
    make_room(r);
    copy = mem_alloc(name.len + 3);
    memcpy(copy, "x.", 2);
    if (name.len)
        memcpy(copy + 2, name.ptr, name.len);
    r->slots[find_slot(r, name)] = (uint32_t)r->count + 1;
    r->names[r->count] = copy;
    r->units[r->count] = unit;
    *metric = METRIC_COUNT + (uint32_t)r->count++;
    return true;
}

const char *metric_name(const struct metric_registry *r, uint32_t metric)
{
    if (metric < METRIC_COUNT)
        return catalogue[metric].name;
    assert(metric - METRIC_COUNT < r->count);
    return r->names[metric - METRIC_COUNT];
}

enum unit metric_unit(const struct metric_registry *r, uint32_t metric)
{
    if (metric < METRIC_COUNT)
        return catalogue[metric].unit;
    assert(metric - METRIC_COUNT < r->count);
    return r->units[metric - METRIC_COUNT];
}
