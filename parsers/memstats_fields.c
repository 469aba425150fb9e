#include "parsers/memstats_fields.h"

#include "model/base/compiler.h"
#include "model/record.h"
#include "parsers/json_value.h"

/* clang-format off */
#define NUMBER(name, member) \
    {SLICE_INIT(name), MEMSTATS_DOUBLE, offsetof(struct mem_snapshot, member)}
#define FIELD(name, kind) {SLICE_INIT(name), MEMSTATS_##kind, 0}
/* clang-format on */

static const struct memstats_field fields[] = {
    NUMBER("HeapAlloc", heap_alloc),
    NUMBER("HeapIdle", heap_idle),
    NUMBER("HeapInuse", heap_inuse),
    NUMBER("HeapObjects", heap_objects),
    NUMBER("HeapReleased", heap_released),
    NUMBER("HeapSys", heap_sys),
    NUMBER("TotalAlloc", total_alloc),
    NUMBER("Sys", sys),
    NUMBER("Mallocs", mallocs),
    NUMBER("Frees", frees),
    NUMBER("StackInuse", stack_inuse),
    NUMBER("StackSys", stack_sys),
    NUMBER("MSpanInuse", mspan_inuse),
    NUMBER("MCacheInuse", mcache_inuse),
    NUMBER("BuckHashSys", buckhash_sys),
    NUMBER("GCSys", gc_sys),
    NUMBER("OtherSys", other_sys),
    NUMBER("NextGC", next_gc),
    NUMBER("NumForcedGC", num_forced_gc),
    NUMBER("rssbytes", rss),
    NUMBER("rss", rss),
    NUMBER("goroutines", goroutines),
    NUMBER("NumGoroutine", goroutines),
    FIELD("Alloc", ALLOC),
    FIELD("NumGC", NUM_GC),
    FIELD("LastGC", LAST_GC),
    FIELD("Lookups", EXTRA),
    FIELD("MSpanSys", EXTRA),
    FIELD("MCacheSys", EXTRA),
    FIELD("PauseTotalNs", EXTRA),
    FIELD("GCCPUFraction", EXTRA),
    FIELD("PauseNs", PAUSE_NS),
    FIELD("PauseEnd", PAUSE_END),
    FIELD("BySize", IGNORED),
    FIELD("EnableGC", IGNORED),
    FIELD("DebugGC", IGNORED),
    FIELD("cmdline", CMDLINE),
};

const struct memstats_field *memstats_field(struct slice key)
{
    static const struct memstats_field time = {SLICE_INIT("time"), MEMSTATS_TIME, 0};
    static const struct memstats_field other = {{NULL, 0}, MEMSTATS_OTHER, 0};

    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        if (json_is_spelling(fields[i].name, key))
            return &fields[i];
    }
    return json_is_time_key(key) ? &time : &other;
}
