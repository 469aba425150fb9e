/* MemStats snapshots: restarts, the pause ring, derived figures. */
#include <assert.h>
#include <math.h>

#include "model/base/compiler.h"
#include "model/base/mem.h"
#include "model/base/num.h"
#include "model/ingest_internal.h"
#include "model/source_time.h"

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
enum { MEM_CYCLES = COUNT_OF(fields), MEM_ALLOC_RATE, MEM_OFFHEAP, MEM_COLUMNS };

/* NumGC so near 2^32 goes on at 0. */
#define NUM_GC_NEAR_END (UINT32_MAX - (UINT32_C(1) << 20))

static void add_columns(struct table *t)
{
    for (size_t i = 0; i < COUNT_OF(fields); i++)
        (void)table_column(t, fields[i].metric, 0);
    (void)table_column(t, METRIC_GC_CYCLES, 1);
    (void)table_column(t, METRIC_ALLOC_RATE, 0);
    (void)table_column(t, METRIC_MEM_OFFHEAP, 0);
}

static bool fell(double now, double before)
{
    return now < before; /* false where either is missing */
}

static bool has_wrapped(const struct mem_stream *m, const struct mem_snapshot *s)
{
    return m->last_num_gc > NUM_GC_NEAR_END && s->num_gc < m->last_num_gc &&
           s->total_alloc >= m->last_total_alloc;
}

static bool is_restart(const struct mem_stream *m, const struct mem_snapshot *s)
{
    return fell(s->total_alloc, m->last_total_alloc) ||
           fell(s->mallocs, m->last_mallocs) ||
           (s->has_num_gc && m->has_num_gc && s->num_gc < m->last_num_gc &&
            !has_wrapped(m, s));
}

static bool is_timed(const struct mem_snapshot *s)
{
    return s->has_time || s->has_last_gc;
}

static void start_track(struct ingest *in, struct track *track, bool timed)
{
    struct mem_stream *m = &in->mem;
    int64_t file_ns;

    *m =
        (struct mem_stream){.track = track, .last_total_alloc = NAN, .last_mallocs = NAN};
    if (timed)
        track->clock = CLOCK_WALL;
    else
        track->clock = source_time(in->source, &file_ns) ? CLOCK_FILE : CLOCK_NONE;
    add_columns(track->table);
}

/* Did the table's count pass the snapshot's at the snapshot's time? */
static bool passed_by(const struct table *t, const struct mem_snapshot *s)
{
    size_t row = table_lower_bound(t, s->time_ns), at;
    unsigned total;
    double before, after;

    return table_find_column(t, METRIC_ALLOC_TOTAL, &total) &&
           table_cell_before(t, total, row, &at, &before) &&
           table_cell_from(t, total, row, &at, &after) && s->total_alloc >= before &&
           s->total_alloc <= after;
}

/* `cat ms-*.json`: a time that goes back together with the counters, to where they were
 * at that time, is no restart but an older snapshot of the same run. */
static bool is_out_of_order(const struct ingest *in, const struct mem_snapshot *s)
{
    const struct mem_stream *m = &in->mem;
    const struct process *p;

    if (!m->track || !m->has_last || m->track->clock != CLOCK_WALL || !s->has_time ||
        s->time_ns >= m->last_time_ns || !is_restart(m, s))
        return false;
    p = m->track->process;
    if (p->track_count >= INGEST_PIECES_MAX)
        return false;
    for (size_t i = p->track_count; i-- > 0;) {
        if (p->tracks[i]->source == in->source && passed_by(p->tracks[i]->table, s))
            return true;
    }
    return false;
}

/* Rows are only ever appended: what is older goes into a table of its own, and
 * align_gather puts the pieces together. */
static void start_piece(struct ingest *in)
{
    struct track *before = in->mem.track;
    struct track *piece = session_add_track(in->session, before->process, in->source);

    before->is_piece = true;
    piece->is_piece = true;
    start_track(in, piece, true);
}

/* Of a file that says no times the last is as old as the file, those before it are a
 * second apart. */
static int64_t time_of(const struct mem_stream *m, const struct mem_snapshot *s)
{
    if (s->has_time)
        return s->time_ns;
    return s->has_last_gc ? s->last_gc_ns
                          : (int64_t)table_row_count(m->track->table) * NS_PER_S;
}

/* The table that the snapshot continues. */
static const char *settle_track(struct ingest *in, const struct mem_snapshot *s)
{
    struct mem_stream *m = &in->mem;
    bool timed = is_timed(s);
    struct track *track;

    if (is_out_of_order(in, s)) {
        start_piece(in);
    } else if (!m->track || is_restart(m, s) || ingest_is_behind(in)) {
        struct mem_stream before = *m;

        track = ingest_add_run(in);
        if (!track)
            return INGEST_TOO_MANY;
        start_track(in, track, timed);
        if (before.track)
            ingest_note_restart(
                in, track, time_of(m, s),
                ingest_silence(before.track, before.last_time_ns, track, time_of(m, s)));
    } else if (m->track->clock == CLOCK_WALL && !timed) {
        return "snapshot has neither a time nor a LastGC";
    } else if (m->track->clock != CLOCK_WALL && timed) {
        /* The ones before the first collection say no time. */
        start_track(in, session_add_track(in->session, m->track->process, in->source),
                    true);
    }
    return NULL;
}

static double alloc_rate(const struct mem_stream *m, const struct mem_snapshot *s,
                         int64_t time_ns)
{
    double ns = (double)(time_ns - m->last_time_ns);

    /* LastGC is when the count was at most this: good for a place, not for a rate. */
    if (!m->has_last || ns <= 0 || !s->has_time)
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
    in->row[MEM_CYCLES] =
        s->has_num_gc ? in->mem.wrapped_cycles + (double)s->num_gc : NAN;
    in->row[MEM_ALLOC_RATE] = alloc_rate(&in->mem, s, time_ns);
    in->row[MEM_OFFHEAP] = ingest_offheap(s->rss, s->sys, s->heap_released);
}

/* Overlapping snapshots repeat the ring: how many at its front were there before. They
 * are told by the cycles since, or where those are unknown by their ends. */
static unsigned known_pauses(const struct mem_stream *m, const struct mem_snapshot *s)
{
    unsigned known = 0;

    if (s->has_num_gc && m->has_pause_cycle) {
        uint32_t since = s->num_gc - m->last_pause_cycle;

        return since < s->pause_count ? s->pause_count - since : 0;
    }
    while (known < s->pause_count && s->pause_end_ns[known] <= m->last_pause_end_ns)
        known++;
    return known;
}

/* A service that has run for days remembers pauses of hours ago: who begins to watch it
 * now would see an empty chart with a moment's figures at its end. */
#define PAUSES_BEFORE_NS (INT64_C(60) * NS_PER_S)

static bool is_long_past(const struct ingest *in, int64_t pause_end_ns)
{
    return in->session->is_streamed && in->has_moment && !in->mem.has_last &&
           num_sat_sub_i64(in->moment_ns, pause_end_ns) > PAUSES_BEFORE_NS;
}

static void add_pauses(struct ingest *in, const struct mem_snapshot *s)
{
    struct mem_stream *m = &in->mem;

    if (s->pause_count == 0)
        return;
    for (unsigned i = known_pauses(m, s); i < s->pause_count; i++) {
        double row[1] = {s->pause_ns[i]};

        if (is_long_past(in, s->pause_end_ns[i]))
            continue;
        if (!m->pauses) {
            m->pauses = session_add_track(in->session, m->track->process, in->source);
            m->pauses->clock = CLOCK_WALL;
            (void)table_column(m->pauses->table, METRIC_GC_PAUSE, 1);
        }
        table_append(m->pauses->table, s->pause_end_ns[i], row);
        m->last_pause_end_ns = s->pause_end_ns[i];
    }
    m->has_pause_cycle = s->has_num_gc;
    m->last_pause_cycle = s->num_gc;
}

static const char *take(struct ingest *in, const struct mem_snapshot *s)
{
    struct mem_stream *m = &in->mem;
    const char *reason = settle_track(in, s);
    int64_t time_ns;
    bool all;

    if (reason)
        return reason;
    time_ns = time_of(m, s);
    if (s->has_num_gc && m->has_num_gc && has_wrapped(m, s))
        m->wrapped_cycles += 0x1p32;
    fill_row(in, s, time_ns);
    all = fill_extras(in, s);
    table_append(m->track->table, time_ns, in->row);
    add_pauses(in, s);
    process_name(m->track->process, slice_base_name(s->program));
    m->has_last = true;
    m->last_time_ns = time_ns;
    m->last_total_alloc = s->total_alloc;
    m->last_mallocs = s->mallocs;
    m->has_num_gc = s->has_num_gc;
    m->last_num_gc = s->num_gc;
    in->source->records++;
    in->session->revision++;
    return all ? NULL : INGEST_TOO_MANY_NAMES;
}

const char *ingest_mem_snapshot(void *user, const struct mem_snapshot *s)
{
    struct ingest *in = user;
    struct mem_snapshot timed;

    if (s->has_time || !in->has_moment)
        return take(in, s);
    timed = *s;
    timed.has_time = true;
    timed.time_ns = in->moment_ns;
    return take(in, &timed);
}
