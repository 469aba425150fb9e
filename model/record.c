#include "model/record.h"

#include <math.h>

struct gc_cycle gc_cycle_empty(void)
{
    return (struct gc_cycle){
        .cpu_percent = NAN,
        .sweepterm_ns = NAN,
        .mark_ns = NAN,
        .markterm_ns = NAN,
        .pause_ns = NAN,
        .wall_ns = NAN,
        .cpu_stw_ns = NAN,
        .cpu_assist_ns = NAN,
        .cpu_dedicated_ns = NAN,
        .cpu_idle_ns = NAN,
        .heap_start = NAN,
        .heap_end = NAN,
        .heap_live = NAN,
        .heap_goal = NAN,
        .stacks = NAN,
        .globals = NAN,
        .procs = NAN,
        .objects = NAN,
        .mallocs = NAN,
        .frees = NAN,
        .goroutines = NAN,
    };
}

struct mem_snapshot mem_snapshot_empty(void)
{
    return (struct mem_snapshot){
        .heap_alloc = NAN,
        .heap_inuse = NAN,
        .heap_idle = NAN,
        .heap_released = NAN,
        .heap_sys = NAN,
        .heap_objects = NAN,
        .next_gc = NAN,
        .total_alloc = NAN,
        .mallocs = NAN,
        .frees = NAN,
        .stack_inuse = NAN,
        .stack_sys = NAN,
        .mspan_inuse = NAN,
        .mcache_inuse = NAN,
        .buckhash_sys = NAN,
        .gc_sys = NAN,
        .other_sys = NAN,
        .sys = NAN,
        .num_forced_gc = NAN,
        .rss = NAN,
        .goroutines = NAN,
    };
}

struct sample sample_empty(void)
{
    return (struct sample){.time_kind = MOMENT_UNKNOWN, .pid = -1};
}

struct notice notice_empty(enum event_kind kind)
{
    return (struct notice){
        .kind = kind,
        .time_kind = MOMENT_UNKNOWN,
        .pid = -1,
        .limit_bytes = NAN,
        .rss_bytes = NAN,
    };
}
