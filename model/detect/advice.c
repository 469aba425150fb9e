#include "model/detect/advice.h"

#include <stddef.h>
#include <string.h>

#include "model/base/compiler.h"
#include "model/detect/evidence.h"
#include "model/forecast.h"
#include "model/metric.h"

#define ANY_SERIES UINT32_MAX

/* The first row that fits counts. `end` is what the evidence of that name says. */
static const struct {
    enum event_kind kind;
    enum severity least;
    uint32_t metric;
    const char *end, *text;
} advices[] = {
    {EVENT_PRE_OOM, SEVERITY_INFO, METRIC_SCHED_GOROUTINES, NULL,
     "save a goroutine profile now (/debug/pprof/goroutine?debug=2): the line where most "
     "of them wait is the leak; a limit raised only moves the date"},
    {EVENT_PRE_OOM, SEVERITY_INFO, METRIC_MEM_OFFHEAP, NULL,
     "Go's heap does not hold it: look at cgo, mmap and open files (/proc/PID/smaps); "
     "GOGC and GOMEMLIMIT do not reach it"},
    {EVENT_PRE_OOM, SEVERITY_INFO, ANY_SERIES, "gc-thrash",
     "save a heap profile now and restart before it thrashes; more GOMEMLIMIT buys time "
     "where the container has room; what grows has to be found: compare two profiles "
     "(go tool pprof -diff_base)"},
    {EVENT_PRE_OOM, SEVERITY_INFO, ANY_SERIES, NULL,
     "save a heap profile now, while it lives, and another in a while: go tool pprof "
     "-diff_base names what grows; a restart or a higher limit buys time; GOMEMLIMIT or "
     "a "
     "lower GOGC trade the garbage on top for CPU, and do nothing about what lives"},
    {EVENT_LEAK, SEVERITY_INFO, METRIC_SCHED_GOROUTINES, NULL,
     "compare two goroutine profiles: the line where most of them wait never gets what "
     "it waits for (a channel nobody sends to, a context nobody cancels); no setting "
     "helps"},
    {EVENT_LEAK, SEVERITY_INFO, METRIC_MEM_OFFHEAP, NULL,
     "resident memory grows and Go's does not: cgo, mmap, memory of threads; "
     "/proc/PID/smaps names the mappings; GOGC and GOMEMLIMIT do not reach it"},
    {EVENT_LEAK, SEVERITY_INFO, METRIC_STACK_INUSE, NULL,
     "stacks grow with the number of goroutines or their depth: a goroutine profile "
     "tells which"},
    {EVENT_LEAK, SEVERITY_INFO, ANY_SERIES, NULL,
     "compare two heap profiles (go tool pprof -diff_base): maps and slices that are "
     "only added to, caches without a bound, goroutines that hold on; a lower GOGC or "
     "GOMEMLIMIT only hides it for a while"},
    {EVENT_GC_THRASH, SEVERITY_INFO, ANY_SERIES, NULL,
     "what lives leaves too little room below GOMEMLIMIT: raise it (the container's "
     "limit "
     "first) or let less live; GOGC does nothing here; without GOMEMLIMIT the CPU comes "
     "back and the kernel's kill comes nearer"},
    {EVENT_GC_PRESSURE, SEVERITY_INFO, ANY_SERIES, NULL,
     "an allocation profile (pprof -sample_index=alloc_space) names who allocates; fewer "
     "and longer-lived allocations help, as does a higher GOGC with GOMEMLIMIT as a "
     "guard where there is memory to spare; more CPU only hides it"},
    {EVENT_ASSIST_SPIKE, SEVERITY_INFO, ANY_SERIES, NULL,
     "goroutines had to mark for what they allocate, and requests waited: look for what "
     "allocates much at once; a higher GOGC makes room, at the price of memory"},
    {EVENT_PAUSE_OUTLIER, SEVERITY_INFO, ANY_SERIES, NULL,
     "the world took long to stop: CPU throttling of the container (cpu.stat), a loop "
     "that cannot be preempted in old Go, a host short of memory; GOGC changes how "
     "often, "
     "not how long"},
    {EVENT_GOAL_FROZEN, SEVERITY_INFO, ANY_SERIES, NULL,
     "the heap grows and no cycle moves the goal: is GOGC off, or a cycle stuck?"},
    {EVENT_HEAP_SPIKE, SEVERITY_INFO, ANY_SERIES, NULL,
     "something large was allocated at once: an allocation profile of that time names "
     "it; "
     "read in pieces, pool buffers, bound what runs at once"},
    {EVENT_FORCED_GC, SEVERITY_INFO, ANY_SERIES, NULL,
     "somebody calls runtime.GC or debug.FreeOSMemory, or nothing allocated for two "
     "minutes; the former costs CPU and hides what the heap does by itself"},
    {EVENT_GOROUTINE_GROWTH, SEVERITY_INFO, ANY_SERIES, NULL,
     "compare two goroutine profiles: the line where most of them wait tells why they "
     "stay"},
    {EVENT_OFFHEAP_GROWTH, SEVERITY_INFO, ANY_SERIES, NULL,
     "Go's heap does not explain it: cgo, mmap, memory of threads; /proc/PID/smaps names "
     "the mappings; GOGC and GOMEMLIMIT do not reach it"},
    {EVENT_FRAGMENTATION, SEVERITY_INFO, ANY_SERIES, NULL,
     "memory that is free inside Go does not go back: GOMEMLIMIT makes the scavenger "
     "work; few large objects among many small ones hold spans"},
    {EVENT_LEVEL_SHIFT, SEVERITY_INFO, ANY_SERIES, NULL,
     "what was deployed, configured or asked for then? heap profiles of before and after "
     "(-diff_base) tell what the step is made of"},
    {EVENT_SLOPE_CHANGE, SEVERITY_INFO, ANY_SERIES, NULL,
     "watch whether it settles; if not, compare two profiles (-diff_base)"},
    {EVENT_OOM_KILLED, SEVERITY_CRITICAL, ANY_SERIES, NULL,
     "the post-mortem below the events says what the memory went to; the last heap "
     "profile "
     "before the end names who holds the heap; a higher limit only helps where nothing "
     "grew"},
    {EVENT_OOM_KILLED, SEVERITY_INFO, ANY_SERIES, NULL,
     "no process of these sources fits this kill; name one by its pid to be sure"},
    {EVENT_FATAL, SEVERITY_INFO, ANY_SERIES, NULL,
     "the goroutine that died is named in the log, with its stack below it"},
};

const char *event_advice(const struct event *e)
{
    const char *end = evidence_text(e, "end");

    if (e->advice)
        return e->advice;
    for (size_t i = 0; i < COUNT_OF(advices); i++) {
        if (advices[i].kind == e->kind && e->severity >= advices[i].least &&
            (advices[i].metric == ANY_SERIES ||
             (e->has_series && e->metric == advices[i].metric)) &&
            (!advices[i].end || (end && strcmp(advices[i].end, end) == 0)))
            return advices[i].text;
    }
    return NULL;
}
