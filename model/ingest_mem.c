/* MemStats snapshots: restarts, the pause ring, derived figures. */
#include <assert.h>
#include <math.h>

#include "model/base/compiler.h"
#include "model/base/mem.h"
#include "model/ingest_internal.h"

#define FIELD(member) offsetof(struct mem_snapshot, member)

static const struct {
    uint32_t metric;
    size_t offset; /* of the double in struct mem_snapshot */
} fields[] = {
    {METRIC_HEAP_ALLOC, FIELD(heap_alloc)},
    {METRIC_HEAP_INUSE, FIELD(heap_inuse)},
    {METRIC_HEAP_IDLE, FIELD(heap_idle)},
    {METRIC_HEAP_RELEASED, FIELD(heap_released)},
    {METRIC_HEAP_SYS, FIELD(heap_sys)},
    {METRIC_HEAP_GOAL, FIELD(next_gc)},
    {METRIC_HEAP_OBJECTS, FIELD(heap_objects)},
    {METRIC_ALLOC_TOTAL, FIELD(total_alloc)},
    {METRIC_ALLOC_MALLOCS, FIELD(mallocs)},
    {METRIC_ALLOC_FREES, FIELD(frees)},
    {METRIC_STACK_INUSE, FIELD(stack_inuse)},
    {METRIC_STACK_SYS, FIELD(stack_sys)},
    {METRIC_MSPAN_INUSE, FIELD(mspan_inuse)},
    {METRIC_MCACHE_INUSE, FIELD(mcache_inuse)},
    {METRIC_BUCKHASH_SYS, FIELD(buckhash_sys)},
    {METRIC_GC_SYS, FIELD(gc_sys)},
    {METRIC_OTHER_SYS, FIELD(other_sys)},
    {METRIC_MEM_SYS, FIELD(sys)},
    {METRIC_MEM_RSS, FIELD(rss)},
    {METRIC_GC_FORCED, FIELD(num_forced_gc)},
    {METRIC_SCHED_GOROUTINES, FIELD(goroutines)},
};

/* Behind the fields: what takes more than a copy. */
enum { MEM_CYCLES = COUNT_OF(fields), MEM_ALLOC_RATE, MEM_COLUMNS };

static void add_columns(struct table *t)
{
    for (size_t i = 0; i < COUNT_OF(fields); i++)
        (void)table_column(t, fields[i].metric, 0);
    (void)table_column(t, METRIC_GC_CYCLES, 1);
    (void)table_column(t, METRIC_ALLOC_RATE, 0);
}

static bool fell(double now, double before)
{
    return now < before; /* false where either is missing */
}

static bool is_restart(const struct mem_stream *m, const struct mem_snapshot *s)
{
    return fell(s->total_alloc, m->last_total_alloc) ||
           fell(s->mallocs, m->last_mallocs) ||
           (s->has_num_gc && m->has_num_gc && s->num_gc < m->last_num_gc);
}

static bool open_process(struct ingest *in)
{
    struct mem_stream *m = &in->mem;
    struct track *track = session_add_process(in->session, in->source);

    if (!track)
        return false;
    *m =
        (struct mem_stream){.track = track, .last_total_alloc = NAN, .last_mallocs = NAN};
    m->track->clock = CLOCK_WALL;
    add_columns(m->track->table);
    return true;
}

static double alloc_rate(const struct mem_stream *m, const struct mem_snapshot *s,
                         int64_t time_ns)
{
    double ns = (double)(time_ns - m->last_time_ns);

    if (!m->has_last || ns <= 0)
        return NAN;
    return (s->total_alloc - m->last_total_alloc) / ns * (double)NS_PER_S;
}

static enum unit unit_of_extra(struct slice name)
{
    if (slice_eq(name, SLICE("LastGC")))
        return UNIT_UNIX_NS;
    if (slice_ends(name, SLICE("Ns")))
        return UNIT_NS;
    if (slice_ends(name, SLICE("Fraction")))
        return UNIT_RATIO;
    if (slice_ends(name, SLICE("Sys")) || slice_ends(name, SLICE("_bytes")) ||
        slice_ends(name, SLICE("Bytes")) || slice_ends(name, SLICE("Inuse")))
        return UNIT_BYTES;
    return UNIT_NONE;
}

/* The column of the i-th extra: where it was last time, as a rule. */
static bool find_extra(struct ingest *in, unsigned i, struct slice name, unsigned *column)
{
    struct mem_stream *m = &in->mem;
    uint32_t metric;

    if (i < m->extra_count &&
        slice_eq(slice_str(metric_name(&in->session->metrics, m->extra_metrics[i]) + 2),
                 name)) {
        *column = m->extra_columns[i];
        return true;
    }
    if (!metric_register(&in->session->metrics, name, unit_of_extra(name), &metric))
        return false;
    *column = table_column(m->track->table, metric, 0);
    if (i < SNAPSHOT_EXTRA_MAX && i <= m->extra_count) {
        m->extra_metrics[i] = metric;
        m->extra_columns[i] = *column;
        m->extra_count = i < m->extra_count ? m->extra_count : i + 1;
    }
    return true;
}

static void clear_row(struct ingest *in, size_t from)
{
    size_t need = table_column_count(in->mem.track->table) + 1;

    in->row = mem_grow(in->row, &in->row_capacity, need, sizeof *in->row);
    for (size_t i = from; i < need; i++)
        in->row[i] = NAN;
}

static bool fill_extras(struct ingest *in, const struct mem_snapshot *s)
{
    bool all = true;

    for (unsigned i = 0; i < s->extra_count; i++) {
        size_t had = table_column_count(in->mem.track->table);
        unsigned column;

        if (!find_extra(in, i, s->extra[i].name, &column)) {
            all = false;
            continue;
        }
        if (table_column_count(in->mem.track->table) > had)
            clear_row(in, had);
        in->row[column] = s->extra[i].value;
    }
    return all;
}

static void fill_row(struct ingest *in, const struct mem_snapshot *s, int64_t time_ns)
{
    const char *base = (const char *)s;

    clear_row(in, 0);
    for (size_t i = 0; i < COUNT_OF(fields); i++)
        memcpy(&in->row[i], base + fields[i].offset, sizeof(double));
    in->row[MEM_CYCLES] = s->has_num_gc ? (double)s->num_gc : NAN;
    in->row[MEM_ALLOC_RATE] = alloc_rate(&in->mem, s, time_ns);
}

/* Overlapping snapshots repeat the ring; each pause counts once, by its end. */
static void add_pauses(struct ingest *in, const struct mem_snapshot *s)
{
    struct mem_stream *m = &in->mem;

    for (unsigned i = 0; i < s->pause_count; i++) {
        double row[1] = {s->pause_ns[i]};

        if (s->pause_end_ns[i] <= m->last_pause_end_ns)
            continue;
        if (!m->pauses) {
            m->pauses = session_add_track(in->session, m->track->process, in->source);
            m->pauses->clock = CLOCK_WALL;
            (void)table_column(m->pauses->table, METRIC_GC_PAUSE, 1);
        }
        table_append(m->pauses->table, s->pause_end_ns[i], row);
        m->last_pause_end_ns = s->pause_end_ns[i];
    }
}

const char *ingest_mem_snapshot(void *user, const struct mem_snapshot *s)
{
    struct ingest *in = user;
    struct mem_stream *m = &in->mem;
    int64_t time_ns = s->has_time ? s->time_ns : s->last_gc_ns;
    bool all;

    if (!s->has_time && !s->has_last_gc)
        return "snapshot has neither a time nor a LastGC";
    if ((!m->track || is_restart(m, s)) && !open_process(in))
        return INGEST_TOO_MANY;
    fill_row(in, s, time_ns);
    all = fill_extras(in, s);
    table_append(m->track->table, time_ns, in->row);
    add_pauses(in, s);
    m->has_last = true;
    m->last_time_ns = time_ns;
    m->last_total_alloc = s->total_alloc;
    m->last_mallocs = s->mallocs;
    m->has_num_gc = s->has_num_gc;
    m->last_num_gc = s->num_gc;
    in->source->records++;
    in->session->revision++;
    return all ? NULL : "too many different names: some values left out";
}
