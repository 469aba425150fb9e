#include "model/detect/inflections_series.h"

#include "model/base/compiler.h"
#include "model/metric.h"
#include "model/units.h"

#define MIB ((double)MIB_BYTES)
#define MS ((double)NS_PER_MS)

/*
 * What is not worth telling: a few MiB or a twentieth of the heap, since a reader does
 * nothing about it (gctrace knows whole MiB); of times and shares, which are read from
 * noisy clocks, less than a quarter. Off-heap memory is a difference of two figures that
 * are read one after the other: it wobbles by what the heap does in between.
 *
 * Not there: counters, which only grow; the raw sawtooths; what follows from others
 * (heap.idle, heap.sys); what inputs name themselves, of which nobody knows here whether
 * it counts up, and of which one scrape may hold thousands: those are for rules.
 */
#define SPIKES true
#define NO_SPIKES false

static const struct inflections_series series[] = {
    {METRIC_HEAP_LIVE, "live heap", 4 * MIB, 0.05, false, false, SPIKES},
    {METRIC_HEAP_GOAL, "next-GC goal", 4 * MIB, 0.05, false, false, SPIKES},
    {METRIC_HEAP_ALLOC, "floor of the heap", 4 * MIB, 0.05, false, true, NO_SPIKES},
    {METRIC_HEAP_AMPLITUDE, "amplitude of the sawtooth", 4 * MIB, 0.25, true, false,
     NO_SPIKES},
    {METRIC_HEAP_OBJECTS, "floor of the objects", 10000, 0.1, false, true, NO_SPIKES},
    {METRIC_ALLOC_RATE, "allocation rate", MIB, 0.25, true, false, SPIKES},
    {METRIC_STACK_INUSE, "stack memory", MIB, 0.1, false, false, SPIKES},
    {METRIC_MEM_RSS, "resident memory", 4 * MIB, 0.05, false, false, SPIKES},
    {METRIC_MEM_CGROUP, "memory of the cgroup", 4 * MIB, 0.05, false, false, SPIKES},
    {METRIC_MEM_OFFHEAP, "off-heap memory", 16 * MIB, 0.25, false, false, NO_SPIKES},
    {METRIC_GC_INTERVAL, "GC interval", MS, 0.25, true, false, NO_SPIKES},
    {METRIC_GC_PAUSE, "GC pause", MS / 4, 0.25, true, false, SPIKES},
    {METRIC_GC_CPU_FRACTION, "GC share of the CPU", 0.02, 0.25, false, false, NO_SPIKES},
    {METRIC_GC_ASSIST_SHARE, "assist share", 0.1, 0.25, false, false, NO_SPIKES},
    {METRIC_SCHED_GOROUTINES, "number of goroutines", 8, 0.1, false, false, SPIKES},
    {METRIC_PSI_SOME, "memory pressure", 0.02, 0.25, false, false, NO_SPIKES},
    {METRIC_PSI_FULL, "full memory pressure", 0.02, 0.25, false, false, NO_SPIKES},
};

const struct inflections_series *inflections_series_of(uint32_t metric)
{
    for (size_t i = 0; i < COUNT_OF(series); i++) {
        if (series[i].metric == metric)
            return &series[i];
    }
    return NULL;
}

size_t inflections_series_count(void)
{
    return COUNT_OF(series);
}

size_t inflections_series_index(const struct inflections_series *one)
{
    return (size_t)(one - series);
}
