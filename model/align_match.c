/* gctrace counts from the process's start; a snapshot that names a cycle and when it
 * ended gives that start on the wall clock. */
#include "model/align_internal.h"
#include "model/base/num.h"

struct match {
    size_t named;           /* different cycles that snapshots tell of */
    size_t pairs, agreeing; /* in the log as well; of these, with the one before */
    double last_named, last_number;
    int64_t last_zero_ns;
    int64_t zero_min_ns, zero_max_ns; /* the process's start, Unix time */
};

bool align_is_gctrace(const struct track *t, struct gc_columns *c)
{
    return (t->clock == CLOCK_PROCESS || t->clock == CLOCK_STAMPS ||
            t->clock == CLOCK_START || t->clock == CLOCK_FITTED ||
            t->clock == CLOCK_MATCHED) &&
           table_find_column(t->table, METRIC_GC_CYCLES, &c->cycles) &&
           table_find_column(t->table, METRIC_GC_STW_SWEEPTERM, &c->sweepterm) &&
           table_find_column(t->table, METRIC_GC_MARK_WALL, &c->mark) &&
           table_find_column(t->table, METRIC_GC_STW_MARKTERM, &c->markterm) &&
           table_find_column(t->table, METRIC_HEAP_START, &c->start) &&
           table_find_column(t->table, METRIC_HEAP_GOAL, &c->goal);
}

/* The row of cycle `number`; cycle numbers grow with the rows. */
static bool find_cycle(const struct table *t, unsigned column, double number, size_t *row)
{
    size_t low = table_first_row(t), high = table_row_count(t);
    double at;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (!table_cell(t, column, mid, &at))
            return false;
        if (at < number)
            low = mid + 1;
        else
            high = mid;
    }
    *row = low;
    return low < table_row_count(t) && table_cell(t, column, low, &at) && at == number;
}

bool align_cycle_end(const struct table *t, const struct gc_columns *c, size_t row,
                     int64_t *end_ns)
{
    double sweepterm, mark, markterm;

    if (!table_cell(t, c->sweepterm, row, &sweepterm) ||
        !table_cell(t, c->mark, row, &mark) ||
        !table_cell(t, c->markterm, row, &markterm))
        return false;
    *end_ns = num_sat_add_i64(table_row_time(t, row),
                              num_i64_of_double(sweepterm + mark + markterm));
    return true;
}

static void note_pair(struct match *m, double number, int64_t zero_ns)
{
    int64_t moved_ns = num_sat_sub_i64(zero_ns, m->last_zero_ns);

    if (m->pairs && m->last_number == number)
        return; /* the same collection, named by several snapshots */
    if (m->pairs == 0 || zero_ns < m->zero_min_ns)
        m->zero_min_ns = zero_ns;
    if (m->pairs == 0 || zero_ns > m->zero_max_ns)
        m->zero_max_ns = zero_ns;
    if (m->pairs && moved_ns >= -ALIGN_STEP_NS && moved_ns <= ALIGN_STEP_NS)
        m->agreeing++;
    m->last_number = number;
    m->last_zero_ns = zero_ns;
    m->pairs++;
}

static struct match match_tracks(const struct session *s, const struct track *gc,
                                 const struct gc_columns *columns,
                                 const struct track *mem)
{
    size_t first = table_first_row(mem->table), rows = table_row_count(mem->table);
    size_t step = (rows - first) / ALIGN_SAMPLES + 1;
    struct match m = {0};
    unsigned cycles, last_gc;
    uint32_t metric;

    if (!metric_find(&s->metrics, SLICE("LastGC"), &metric) ||
        !table_find_column(mem->table, METRIC_GC_CYCLES, &cycles) ||
        !table_find_column(mem->table, metric, &last_gc))
        return m;
    for (size_t row = first; row < rows; row += step) {
        double number, when;
        size_t cycle;
        int64_t end_ns;

        if (!table_cell(mem->table, cycles, row, &number) || number <= 0 ||
            !table_cell(mem->table, last_gc, row, &when))
            continue;
        m.named += number != m.last_named;
        m.last_named = number;
        if (find_cycle(gc->table, columns->cycles, number, &cycle) &&
            align_cycle_end(gc->table, columns, cycle, &end_ns))
            note_pair(&m, number, num_sat_sub_i64(num_i64_of_double(when), end_ns));
    }
    return m;
}

static bool agrees(const struct session *s, const struct match *m)
{
    /* Few are enough where there are no more, and the log knows most of them. */
    if (m->pairs == 0 ||
        (m->pairs < ALIGN_CYCLES_SURE &&
         (align_is_strict(s) || m->pairs * 2 <= m->named)) ||
        num_sat_sub_i64(m->zero_max_ns, m->zero_min_ns) > ALIGN_SPREAD_NS)
        return false;
    return m->agreeing * 100 >= (m->pairs - 1) * ALIGN_AGREEING_PERCENT;
}

/* The process whose snapshots fit this gctrace best; NULL when none does. */
static struct process *find_match(struct session *s, const struct track *gc,
                                  const struct gc_columns *columns, struct match *best)
{
    struct process *found = NULL;

    *best = (struct match){0};
    for (size_t i = 0; i < s->process_count; i++) {
        struct process *p = s->processes[i];

        if (!align_is_pair_active(s, gc->process, p))
            continue;
        for (size_t k = 0; k < p->track_count; k++) {
            const struct track *t = p->tracks[k];
            struct match m;

            if (t->clock != CLOCK_WALL || (p != gc->process && t->source == gc->source))
                continue;
            m = match_tracks(s, gc, columns, t);
            if (agrees(s, &m) && m.pairs > best->pairs) {
                *best = m;
                found = p;
            }
        }
    }
    return found;
}

static bool has_wall_track(const struct process *p)
{
    for (size_t i = 0; i < p->track_count; i++) {
        if (p->tracks[i]->clock == CLOCK_WALL)
            return true;
    }
    return false;
}

/* Do the process's snapshots give the start that is known already? */
static bool confirms(const struct session *s, const struct track *gc,
                     const struct gc_columns *columns, const struct process *p)
{
    for (size_t k = 0; k < p->track_count; k++) {
        const struct track *t = p->tracks[k];
        struct match m;
        int64_t apart_ns;

        if (t->clock != CLOCK_WALL || t->source == gc->source)
            continue;
        m = match_tracks(s, gc, columns, t);
        apart_ns = num_sat_sub_i64(m.zero_min_ns, gc->origin_ns);
        if (agrees(s, &m) && apart_ns >= -ALIGN_STEP_NS && apart_ns <= ALIGN_STEP_NS)
            return true;
    }
    return false;
}

/* Snapshots of other files that give the same start are of the same process. */
static void join_others(struct session *s, const struct track *gc,
                        const struct gc_columns *columns)
{
    for (size_t i = 0; i < s->process_count;) {
        struct process *p = s->processes[i];

        if (p != gc->process && align_is_pair_active(s, gc->process, p) &&
            confirms(s, gc, columns, p))
            session_join(s, gc->process, p);
        else
            i++;
    }
}

static void match_track(struct session *s, struct track *gc)
{
    struct gc_columns columns;
    struct match best;
    struct process *found;

    if (!align_is_gctrace(gc, &columns))
        return;
    found = find_match(s, gc, &columns, &best);
    if (!found)
        return;
    gc->clock = CLOCK_MATCHED;
    gc->origin_ns = best.zero_min_ns;
    if (found != gc->process && !has_wall_track(gc->process))
        session_join(s, gc->process, found);
    join_others(s, gc, &columns);
}

void align_match(struct session *s)
{
    for (size_t i = 0; i < s->process_count; i++) {
        struct process *p = s->processes[i];

        if (align_is_over(s, p))
            continue;
        /* A join appends tracks, none of them a gctrace that is not settled. */
        for (size_t k = 0; k < p->track_count; k++)
            match_track(s, p->tracks[k]);
        while (s->processes[i] != p) /* joins closed the gap before it */
            i--;
    }
}
