/* gctrace records: demultiplexing, clocks, derived figures. */
#include <math.h>

#include "model/base/num.h"
#include "model/ingest_internal.h"

/* The steps are those of the line's own figures: whole MiB, microseconds and so on. */
static const struct {
    uint32_t metric;
    double step;
} columns[GC_COLUMNS] = {
    [GC_CYCLES] = {METRIC_GC_CYCLES, 1},
    [GC_FORCED] = {METRIC_GC_FORCED, 1},
    [GC_INTERVAL] = {METRIC_GC_INTERVAL, NS_PER_MS},
    [GC_PAUSE] = {METRIC_GC_PAUSE, NS_PER_US},
    [GC_SWEEPTERM] = {METRIC_GC_STW_SWEEPTERM, NS_PER_US},
    [GC_MARKTERM] = {METRIC_GC_STW_MARKTERM, NS_PER_US},
    [GC_MARK] = {METRIC_GC_MARK_WALL, NS_PER_US},
    [GC_ASSIST] = {METRIC_GC_CPU_ASSIST, NS_PER_US},
    [GC_DEDICATED] = {METRIC_GC_CPU_DEDICATED, NS_PER_US},
    [GC_IDLE] = {METRIC_GC_CPU_IDLE, NS_PER_US},
    [GC_STW] = {METRIC_GC_CPU_STW, NS_PER_US},
    [GC_FRACTION] = {METRIC_GC_CPU_FRACTION, 0},
    [GC_ASSIST_SHARE] = {METRIC_GC_ASSIST_SHARE, 0},
    [GC_HEAP_START] = {METRIC_HEAP_START, MIB_BYTES},
    [GC_HEAP_END] = {METRIC_HEAP_END, MIB_BYTES},
    [GC_HEAP_LIVE] = {METRIC_HEAP_LIVE, MIB_BYTES},
    [GC_HEAP_GOAL] = {METRIC_HEAP_GOAL, MIB_BYTES},
    [GC_AMPLITUDE] = {METRIC_HEAP_AMPLITUDE, MIB_BYTES},
    [GC_ALLOC_RATE] = {METRIC_ALLOC_RATE, 0},
    [GC_PROCS] = {METRIC_SCHED_PROCS, 1},
    [GC_STACKS] = {METRIC_X_GCTRACE_STACKS, MIB_BYTES},
    [GC_GLOBALS] = {METRIC_X_GCTRACE_GLOBALS, MIB_BYTES},
    [GC_PERCENT] = {METRIC_X_GCTRACE_CPU_PERCENT, 1},
    [GC_OBJECTS] = {METRIC_HEAP_OBJECTS, 1},
    [GC_MALLOCS] = {METRIC_ALLOC_MALLOCS, 1},
    [GC_FREES] = {METRIC_ALLOC_FREES, 1},
    [GC_GOROUTINES] = {METRIC_SCHED_GOROUTINES, 1},
};

static void add_columns(struct table *t, bool is_old)
{
    for (unsigned i = 0; i < (is_old ? GC_COLUMNS : GC_COLUMNS_SINCE_1_5); i++)
        (void)table_column(t, columns[i].metric, columns[i].step);
}

/* Does this record continue that process? 0 = it cannot; more is likelier. */
static unsigned likeness(const struct open_process *p, const struct gc_cycle *c)
{
    if (c->number == 1 || c->number <= p->last_number || c->has_start != p->has_clock)
        return 0;
    if (c->has_start && c->start_ns < p->last_start_ns)
        return 0;
    return 1 + 2u * (c->number == p->last_number + 1) + (c->procs == p->procs);
}

static struct open_process *find_process(struct gc_stream *g, const struct gc_cycle *c)
{
    struct open_process *best = NULL;
    unsigned best_likeness = 0;

    if (g->count && likeness(&g->open[g->current], c) == 4)
        return &g->open[g->current];
    for (unsigned i = 0; i < g->count; i++) {
        unsigned like = likeness(&g->open[i], c);

        if (like && (like > best_likeness ||
                     (like == best_likeness && g->open[i].used > best->used))) {
            best = &g->open[i];
            best_likeness = like;
        }
    }
    return best;
}

/* A torn record is waited for, and then its process may have gone on. What comes that
 * late has no place in the order of time; it is no process of its own either. */
static bool is_late(const struct gc_stream *g, const struct gc_cycle *c)
{
    for (unsigned i = 0; c->is_partial && c->number > 1 && i < g->count; i++) {
        const struct open_process *p = &g->open[i];

        if (p->has_clock && c->number < p->last_number && c->start_ns <= p->last_start_ns)
            return true;
    }
    return false;
}

static struct open_process *free_slot(struct gc_stream *g)
{
    struct open_process *oldest = &g->open[0];

    if (g->count < INGEST_OPEN_MAX)
        return &g->open[g->count++];
    for (unsigned i = 1; i < INGEST_OPEN_MAX; i++) {
        if (g->open[i].used < oldest->used)
            oldest = &g->open[i];
    }
    return oldest;
}

/*
 * Where a process that just appeared has its zero on the log's own clock: one whose
 * first cycle we see starts now; one found in the middle has been running.
 */
static int64_t base_of(const struct gc_stream *g, const struct gc_cycle *c)
{
    if (!c->has_start || c->number == 1 || g->records == 0)
        return g->heard_ns;
    return num_sat_sub_i64(g->heard_ns, c->start_ns);
}

static bool is_timed(const struct gc_cycle *c)
{
    return c->has_start || c->stamp != STAMP_NONE;
}

/* Lines beside the gc records may have come first, and opened the process. */
static struct track *add_track(struct ingest *in)
{
    struct track *track;

    if (!in->early)
        return ingest_add_process(in);
    track = session_add_track(in->session, in->early, in->source);
    for (size_t i = 0; i < in->early->track_count; i++) {
        if (in->early->tracks[i] != track)
            in->early->tracks[i]->beside = track;
    }
    in->early = NULL;
    return track;
}

struct track *ingest_last_cycle(struct ingest *in, int64_t *table_ns)
{
    const struct open_process *p = &in->gc.open[in->gc.current];

    if (in->gc.count == 0)
        return NULL;
    *table_ns = p->last_end_ns > 0 ? p->last_end_ns : 0;
    return p->track;
}

static struct open_process *open_process(struct ingest *in, const struct gc_cycle *c)
{
    struct track *track = add_track(in);
    struct open_process *p;

    if (!track)
        return NULL;
    p = free_slot(&in->gc);
    *p = (struct open_process){.track = track, .last_live = NAN, .last_end_ns = -1};
    p->track->base_ns = base_of(&in->gc, c);
    p->track->clock = c->has_start ? CLOCK_PROCESS : CLOCK_NONE;
    add_columns(p->track->table, !c->has_start);
    p->has_clock = c->has_start;
    p->has_times = is_timed(c);
    p->began = in->gc.records + 1;
    if (c->number == 1 && c->has_start)
        p->last_end_ns = 0; /* a process that began with us: the share since its start */
    return p;
}

static void note_era(struct process *p, const struct gc_cycle *c)
{
    /* Only the rare leak-checking cycle narrows what the first line told. */
    if (c->era && (!p->go_version || c->is_leak_check))
        p->go_version = c->era;
}

/*
 * Table time of the cycle's start: its own clock, or stamps, or one second a cycle. A
 * process that began without a stamp goes on without: its table cannot jump from
 * seconds to dates.
 */
static int64_t start_of(const struct open_process *p, const struct gc_cycle *c)
{
    if (c->has_start)
        return c->start_ns;
    if (!p->has_times)
        return (int64_t)table_row_count(p->track->table) * NS_PER_S;
    if (c->stamp != STAMP_NONE)
        return num_sat_sub_i64(c->stamp_ns, num_i64_of_double(c->wall_ns));
    return p->last_start_ns;
}

/*
 * The wall-clock time of the table's zero. A stamp in front of the line was written
 * after the line's cycle ended, so each gives an upper bound (later by less than what
 * it was truncated to) and the least is the best; a stamp above the line gives a
 * lower bound, and the greatest is the best.
 */
static void note_stamp(const struct session *s, struct track *t, const struct gc_cycle *c,
                       int64_t end_ns)
{
    bool is_first = t->stamp == STAMP_NONE;
    int64_t zero;

    if (c->stamp == STAMP_NONE || c->stamp < t->stamp)
        return;
    if (!c->has_start)
        zero = 0; /* the table's times are wall-clock times already */
    else if (c->stamp == STAMP_OWN)
        zero =
            num_sat_sub_i64(num_sat_add_i64(c->stamp_ns, c->stamp_step_ns - 1), end_ns);
    else
        zero = num_sat_sub_i64(c->stamp_ns, end_ns);
    if (c->stamp > t->stamp || (c->stamp == STAMP_OWN && zero < t->stamp_origin_ns) ||
        (c->stamp == STAMP_BEFORE && zero > t->stamp_origin_ns))
        t->stamp_origin_ns = zero;
    t->stamp = c->stamp;
    /* Who looks before the next alignment would see it in 1970. */
    if (is_first && s->is_streamed && s->has_wall)
        t->origin_ns = t->stamp_origin_ns;
}

static void fill_row(double *row, const struct gc_cycle *c)
{
    row[GC_CYCLES] = c->number;
    row[GC_PAUSE] = c->pause_ns;
    row[GC_SWEEPTERM] = c->sweepterm_ns;
    row[GC_MARKTERM] = c->markterm_ns;
    row[GC_MARK] = c->mark_ns;
    row[GC_ASSIST] = c->cpu_assist_ns;
    row[GC_DEDICATED] = c->cpu_dedicated_ns;
    row[GC_IDLE] = c->cpu_idle_ns;
    row[GC_STW] = c->cpu_stw_ns;
    row[GC_HEAP_START] = c->heap_start;
    row[GC_HEAP_END] = c->heap_end;
    row[GC_HEAP_LIVE] = c->heap_live;
    row[GC_HEAP_GOAL] = c->heap_goal;
    row[GC_PROCS] = c->procs;
    row[GC_STACKS] = c->stacks;
    row[GC_GLOBALS] = c->globals;
    row[GC_PERCENT] = c->cpu_percent;
    row[GC_OBJECTS] = c->objects;
    row[GC_MALLOCS] = c->mallocs;
    row[GC_FREES] = c->frees;
    row[GC_GOROUTINES] = c->goroutines;
}

static double alloc_rate(const struct open_process *p, const struct gc_cycle *c,
                         int64_t start_ns)
{
    double bytes = c->heap_start - p->last_live, ns = (double)(start_ns - p->last_end_ns);

    /* @ has steps of a millisecond: over less than one, no rate can be told. */
    if (isnan(bytes) || ns < NS_PER_MS)
        return NAN;
    return bytes > 0 ? bytes / ns * (double)NS_PER_S : 0; /* sizes are whole MiB */
}

/* Back to back cycles leave less between them than @ can tell apart. */
static double at_most_one(double share)
{
    return share > 1 ? 1 : share;
}

static void derive_row(double *row, const struct open_process *p,
                       const struct gc_cycle *c, int64_t start_ns, int64_t end_ns)
{
    bool is_next = c->number == p->last_number + 1;
    bool is_after = is_next && p->was_timed && p->has_times && is_timed(c);
    double mark_cpu = c->cpu_assist_ns + c->cpu_dedicated_ns + c->cpu_idle_ns;
    double gc_cpu = c->cpu_assist_ns + c->cpu_dedicated_ns + c->cpu_stw_ns;
    double passed_ns = (double)(end_ns - p->last_end_ns);

    row[GC_FORCED] = p->forced + c->is_forced;
    row[GC_INTERVAL] = is_after ? (double)(start_ns - p->last_start_ns) : NAN;
    row[GC_FRACTION] = is_next && p->last_end_ns >= 0 && passed_ns > 0
                           ? at_most_one(gc_cpu / (passed_ns * c->procs))
                           : NAN;
    row[GC_ASSIST_SHARE] = mark_cpu > 0 ? c->cpu_assist_ns / mark_cpu : NAN;
    row[GC_AMPLITUDE] = is_next ? fmax(0, c->heap_start - p->last_live) : NAN;
    row[GC_ALLOC_RATE] = is_after ? alloc_rate(p, c, start_ns) : NAN;
}

/*
 * The process that had this log to itself until now; NULL where several wrote into it by
 * turns (`go build` runs many): there, one more is no restart.
 */
static const struct open_process *ended_before(const struct gc_stream *g)
{
    const struct open_process *last = &g->open[g->current];

    if (g->count == 0)
        return NULL;
    for (unsigned i = 0; i < g->count; i++) {
        if (&g->open[i] != last && g->open[i].used >= last->began)
            return NULL;
    }
    return last;
}

const char *ingest_gc_cycle(void *user, const struct gc_cycle *c)
{
    struct ingest *in = user;
    struct gc_stream *g = &in->gc;
    struct open_process *p = find_process(g, c), before = {0};
    const struct open_process *ended;
    int64_t start_ns, end_ns;
    double row[GC_COLUMNS];

    if (!p && is_late(g, c))
        return INGEST_TOO_LATE;
    if (!p) {
        ended = ended_before(g);
        if (ended)
            before = *ended; /* whose place the new one may take */
        p = open_process(in, c);
    }
    if (!p)
        return INGEST_TOO_MANY;
    g->current = (unsigned)(p - g->open);
    p->used = ++g->records;
    start_ns = start_of(p, c);
    end_ns = num_sat_add_i64(start_ns, num_i64_of_double(c->wall_ns));
    if (p->has_times)
        note_stamp(in->session, p->track, c, end_ns);
    if (before.track)
        ingest_note_restart(
            in, p->track, start_ns,
            ingest_silence(before.track, before.last_end_ns, p->track, start_ns));
    note_era(p->track->process, c);
    fill_row(row, c);
    derive_row(row, p, c, start_ns, end_ns);
    table_append(p->track->table, start_ns, row);
    p->last_number = c->number;
    p->last_start_ns = start_ns;
    p->last_end_ns = end_ns;
    p->last_live = c->heap_live;
    p->procs = c->procs;
    p->was_timed = is_timed(c);
    p->forced = row[GC_FORCED];
    g->heard_ns = num_sat_add_i64(p->track->base_ns, end_ns);
    in->source->records++;
    in->session->revision++;
    return NULL;
}
