#include "parsers/runtime_names.h"

#include "model/base/compiler.h"
#include "model/units.h"

/* clang-format off */
#define ROW(name, metric) {SLICE_INIT(name), METRIC_##metric}
/* clang-format on */

static const struct {
    struct slice name;
    enum metric metric;
} rows[] = {
    ROW("/memory/classes/total:bytes", MEM_SYS),
    ROW("/memory/classes/heap/objects:bytes", HEAP_ALLOC),
    ROW("/memory/classes/heap/released:bytes", HEAP_RELEASED),
    ROW("/memory/classes/heap/stacks:bytes", STACK_INUSE),
    ROW("/memory/classes/metadata/mspan/inuse:bytes", MSPAN_INUSE),
    ROW("/memory/classes/metadata/mcache/inuse:bytes", MCACHE_INUSE),
    ROW("/memory/classes/metadata/other:bytes", GC_SYS),
    ROW("/memory/classes/profiling/buckets:bytes", BUCKHASH_SYS),
    ROW("/memory/classes/other:bytes", OTHER_SYS),
    ROW("/gc/heap/goal:bytes", HEAP_GOAL),
    ROW("/gc/heap/live:bytes", HEAP_LIVE),
    ROW("/gc/heap/objects:objects", HEAP_OBJECTS),
    ROW("/gc/heap/allocs:bytes", ALLOC_TOTAL),
    ROW("/gc/cycles/total:gc-cycles", GC_CYCLES),
    ROW("/gc/cycles/forced:gc-cycles", GC_FORCED),
    ROW("/gc/gomemlimit:bytes", MEM_GOMEMLIMIT),
    ROW("/sched/goroutines:goroutines", SCHED_GOROUTINES),
    ROW("/sched/gomaxprocs:threads", SCHED_PROCS),
    ROW("/sched/threads/total:threads", SCHED_THREADS),
};

static const struct {
    struct slice text; /* behind the ":" */
    enum unit unit;
    double scale;
} units[] = {
    {SLICE_INIT("bytes"), UNIT_BYTES, 1},      {SLICE_INIT("objects"), UNIT_OBJECTS, 1},
    {SLICE_INIT("gc-cycles"), UNIT_CYCLES, 1}, {SLICE_INIT("gc-cycle"), UNIT_CYCLES, 1},
    {SLICE_INIT("seconds"), UNIT_NS, 1e9},     {SLICE_INIT("cpu-seconds"), UNIT_NS, 1e9},
    {SLICE_INIT("goroutines"), UNIT_COUNT, 1}, {SLICE_INIT("threads"), UNIT_COUNT, 1},
    {SLICE_INIT("calls"), UNIT_COUNT, 1},      {SLICE_INIT("events"), UNIT_COUNT, 1},
};

/* The "/" in front is the only one that a path may begin with. */
static size_t colon_of(struct slice name)
{
    const char *colon = name.len ? memchr(name.ptr, ':', name.len) : NULL;

    return colon ? (size_t)(colon - name.ptr) : name.len;
}

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '/' || c == '-' || c == '_' || c == '.' || c == ':' || c == '*' ||
           c == '=';
}

bool runtime_name_is(struct slice name)
{
    static const struct slice families[] = {
        SLICE_INIT("/gc/"),     SLICE_INIT("/memory/classes/"), SLICE_INIT("/sched/"),
        SLICE_INIT("/cpu/"),    SLICE_INIT("/sync/"),           SLICE_INIT("/cgo/"),
        SLICE_INIT("/godebug/")};
    size_t colon = colon_of(name);
    bool is_family = false;

    if (colon + 1 >= name.len)
        return false;
    for (size_t i = 0; i < COUNT_OF(families); i++)
        is_family |= slice_starts(name, families[i]);
    for (size_t i = 0; is_family && i < name.len; i++)
        is_family = is_name_char(name.ptr[i]);
    return is_family;
}

static void set_unit(struct runtime_name *n, struct slice text)
{
    n->unit = UNIT_NONE;
    n->scale = 1;
    for (size_t i = 0; i < COUNT_OF(units); i++) {
        if (slice_eq(units[i].text, text)) {
            n->unit = units[i].unit;
            n->scale = units[i].scale;
        }
    }
}

struct runtime_name runtime_name_of(struct slice name)
{
    size_t colon = colon_of(name);
    struct runtime_name n = {
        .metric = METRIC_COUNT,
        .name = slice_after(name, 1),
        .path = slice_after(slice_first(name, colon), 1),
        .has_none = slice_eq(name, SLICE("/gc/heap/goal:bytes")) ||
                    slice_eq(name, SLICE("/gc/gomemlimit:bytes")) ||
                    slice_eq(name, SLICE("/gc/gogc:percent")),
    };

    set_unit(&n, slice_after(name, colon + 1));
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (slice_eq(rows[i].name, name))
            n.metric = rows[i].metric;
    }
    return n;
}

static double part(const struct figures *f, struct slice name)
{
    return figures_get(f, name, (struct slice){0});
}

void runtime_names_derive(struct figures *f)
{
    double inuse = figures_get_metric(f, METRIC_HEAP_ALLOC) +
                   part(f, SLICE("memory/classes/heap/unused:bytes"));
    double idle = figures_get_metric(f, METRIC_HEAP_RELEASED) +
                  part(f, SLICE("memory/classes/heap/free:bytes"));
    /* MemStats counts tiny objects one by one. */
    double tiny = part(f, SLICE("gc/heap/tiny/allocs:objects"));

    figures_put_metric(f, METRIC_HEAP_INUSE, inuse);
    figures_put_metric(f, METRIC_HEAP_IDLE, idle);
    figures_put_metric(f, METRIC_HEAP_SYS, inuse + idle);
    figures_put_metric(f, METRIC_STACK_SYS,
                       figures_get_metric(f, METRIC_STACK_INUSE) +
                           part(f, SLICE("memory/classes/os-stacks:bytes")));
    figures_put_metric(f, METRIC_ALLOC_MALLOCS,
                       tiny + part(f, SLICE("gc/heap/allocs:objects")));
    figures_put_metric(f, METRIC_ALLOC_FREES,
                       tiny + part(f, SLICE("gc/heap/frees:objects")));
}
