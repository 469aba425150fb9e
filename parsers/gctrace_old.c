#include "parsers/gctrace_old.h"

#include <math.h>

#include "parsers/cursor.h"

#define COUNT_MAX (UINT64_C(1) << 53) /* what a double holds exactly */
#define MIB_MAX (UINT64_MAX / MIB_BYTES)

bool gctrace_old_is_here(struct slice text)
{
    size_t i = 2;

    if (!slice_starts(text, SLICE("gc")))
        return false;
    while (i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9')
        i++;
    return i > 2 && i < text.len && text.ptr[i] == '(';
}

static double take_mib(struct cursor *c)
{
    return (double)(cursor_u64(c, MIB_MAX) * MIB_BYTES);
}

static double take_count(struct cursor *c)
{
    return (double)cursor_u64(c, COUNT_MAX);
}

/* "1+1+0 ms" or "4+0+1097+3 us"; says which. */
static double take_phases(struct cursor *c, bool *is_us)
{
    double sum = take_count(c);

    while (cursor_accept(c, SLICE("+")))
        sum += take_count(c);
    *is_us = cursor_accept(c, SLICE(" us"));
    if (!*is_us)
        cursor_expect(c, SLICE(" ms"));
    return sum * (double)(*is_us ? NS_PER_US : NS_PER_MS);
}

static void take_mallocs(struct cursor *c, struct gc_cycle *cycle)
{
    cursor_expect(c, SLICE(" ("));
    cycle->mallocs = take_count(c);
    cursor_expect(c, SLICE("-"));
    cycle->frees = take_count(c);
    cursor_expect(c, SLICE(") objects"));
}

/* 1.0 to 1.2: behind the phases. */
static void take_eager(struct cursor *c, struct gc_cycle *cycle)
{
    cycle->era = cursor_accept(c, SLICE(",")) ? "go1.1-1.2" : "go1.0";
    cursor_expect(c, SLICE(" "));
    cycle->heap_start = take_mib(c);
    cursor_expect(c, SLICE(" -> "));
    cycle->heap_live = take_mib(c);
    cursor_expect(c, SLICE(" MB "));
    (void)take_count(c);
    cursor_expect(c, SLICE(" -> "));
    cycle->objects = take_count(c);
    take_mallocs(c, cycle);
}

/* 1.3 and 1.4. */
static void take_lazy(struct cursor *c, struct gc_cycle *cycle)
{
    cycle->era = "go1.3";
    cursor_expect(c, SLICE(", "));
    cycle->heap_start = take_mib(c);
    cursor_expect(c, SLICE(" -> "));
    cycle->heap_goal = take_mib(c);
    cursor_expect(c, SLICE(" MB, "));
    cycle->objects = take_count(c);
    take_mallocs(c, cycle);
    cursor_expect(c, SLICE(", "));
    cycle->goroutines = take_count(c);
    if (cursor_accept(c, SLICE(" goroutines"))) {
        cycle->era = "go1.4";
    } else {
        cycle->goroutines = NAN; /* it was the sweeps */
        cursor_expect(c, SLICE("/"));
    }
}

bool gctrace_old(struct slice text, struct gc_cycle *cycle, struct err *err)
{
    struct cursor c = cursor_init(text, err);
    bool is_us;

    *cycle = gc_cycle_empty();
    cursor_expect(&c, SLICE("gc"));
    cycle->number = (uint32_t)cursor_u64(&c, UINT32_MAX);
    cursor_expect(&c, SLICE("("));
    cycle->procs = take_count(&c);
    cursor_expect(&c, SLICE("): "));
    cycle->pause_ns = cycle->wall_ns = take_phases(&c, &is_us);
    if (is_us)
        take_lazy(&c, cycle);
    else
        take_eager(&c, cycle);
    return !c.failed;
}
