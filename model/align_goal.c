/*
 * gctrace against snapshots that name no cycle: Prometheus samples, as a rule.
 *
 * A snapshot's next-GC goal is the goal that the log's next cycle prints, cut down to
 * whole MiB. So each snapshot says "the process's start is such that my time falls
 * between the end of some cycle and the end of the next, which has this goal": a few
 * intervals. The start that most snapshots allow is the one; strangers agree on none.
 *
 * Where a large allocation carried the heap past its goal, the log prints the heap at the
 * cycle's start instead: such a cycle allows any lower goal, but counts for less.
 */
#include <math.h>
#include <stdlib.h>

#include "model/align_internal.h"
#include "model/base/mem.h"
#include "model/base/num.h"

/* At least so many snapshots in a hundred have to allow the start … */
#define FIT_PERCENT 80
/* … so many of them because the very goal was printed … */
#define FIT_EXACT_PERCENT 40
/* … with so many different goals among them: one that never moves proves nothing. */
#define FIT_GOALS 6
#define FIT_CYCLES ((size_t)4096)

/* The start may lie from here on (+1), or no longer (-1). */
struct edge {
    int64_t at_ns;
    int step;
    bool is_exact; /* the goal itself, not only a heap beyond it */
    size_t snapshot;
};

struct edges {
    struct edge *list;
    size_t count, capacity;
};

struct fit {
    size_t snapshots, goals;
    size_t votes, exact;
    int64_t zero_ns; /* the latest start that all the votes allow */
};

static void add_interval(struct edges *e, size_t snapshot, bool is_exact, int64_t from_ns,
                         int64_t to_ns)
{
    e->list = mem_grow(e->list, &e->capacity, e->count + 2, sizeof *e->list);
    e->list[e->count++] = (struct edge){from_ns, 1, is_exact, snapshot};
    e->list[e->count++] = (struct edge){to_ns, -1, is_exact, snapshot};
}

static int compare_edges(const void *a, const void *b)
{
    const struct edge *x = a, *y = b;

    if (x->at_ns != y->at_ns)
        return x->at_ns < y->at_ns ? -1 : 1;
    return y->step - x->step; /* touching intervals share their edge */
}

/* Where one snapshot puts the start: for each cycle with its goal, an interval. */
static void add_snapshot(struct edges *e, size_t snapshot, const struct track *gc,
                         const struct gc_columns *c, double goal, int64_t time_ns)
{
    size_t rows = table_row_count(gc->table);
    double mib = floor(goal / (double)MIB_BYTES) * (double)MIB_BYTES;
    int64_t before_ns = 0, end_ns;

    for (size_t row = 0; row < rows && row < FIT_CYCLES; row++) {
        double printed, start;

        if (!align_cycle_end(gc->table, c, row, &end_ns))
            continue;
        if (table_cell(gc->table, c->goal, row, &printed) &&
            table_cell(gc->table, c->start, row, &start) &&
            (printed == mib || (printed > mib && start >= printed)))
            add_interval(e, snapshot, printed == mib, num_sat_sub_i64(time_ns, end_ns),
                         num_sat_sub_i64(time_ns, before_ns));
        before_ns = end_ns;
    }
    /* Later than the last cycle any goal will do. */
    add_interval(e, snapshot, false, INT64_MIN, num_sat_sub_i64(time_ns, before_ns));
}

static void collect(struct edges *e, struct fit *fit, const struct track *gc,
                    const struct gc_columns *c, const struct track *mem, unsigned column)
{
    size_t rows = table_row_count(mem->table), step = rows / ALIGN_SAMPLES + 1;
    double last = -1;

    for (size_t row = 0; row < rows; row += step) {
        double goal;

        if (!table_cell(mem->table, column, row, &goal))
            continue;
        fit->goals += goal != last;
        last = goal;
        add_snapshot(e, fit->snapshots++, gc, c, goal,
                     num_sat_add_i64(table_row_time(mem->table, row), mem->origin_ns));
    }
}

/* How many intervals of a snapshot are open at the place of a sweep. */
struct inside {
    unsigned all, exact;
};

static void take_edge(const struct edge *edge, struct inside *in, size_t *votes,
                      size_t *exact)
{
    if (edge->step > 0) {
        *votes += in->all++ == 0;
        *exact += edge->is_exact && in->exact++ == 0;
    } else {
        *votes -= --in->all == 0;
        *exact -= edge->is_exact && --in->exact == 0;
    }
}

/* Sweeps over all starts and counts the snapshots that allow each. */
static void vote(const struct edges *e, struct fit *fit)
{
    struct inside *inside = mem_alloc_array(fit->snapshots, sizeof *inside);
    size_t votes = 0, exact = 0;

    for (size_t i = 0; i < e->count; i++) {
        const struct edge *edge = &e->list[i];

        /* A maximum lies in front of an end. */
        if (edge->step < 0 && votes + exact > fit->votes + fit->exact) {
            fit->votes = votes;
            fit->exact = exact;
            fit->zero_ns = edge->at_ns;
        }
        take_edge(edge, &inside[edge->snapshot], &votes, &exact);
    }
    free(inside);
}

static struct fit fit_tracks(const struct track *gc, const struct gc_columns *c,
                             const struct track *mem)
{
    struct edges e = {0};
    struct fit fit = {0};
    unsigned column;

    if (!table_find_column(mem->table, METRIC_HEAP_GOAL, &column) ||
        table_row_count(mem->table) < FIT_GOALS)
        return fit;
    collect(&e, &fit, gc, c, mem, column);
    if (e.count) {
        qsort(e.list, e.count, sizeof *e.list, compare_edges);
        vote(&e, &fit);
    }
    free(e.list);
    return fit;
}

static bool is_sure(const struct fit *fit)
{
    return fit->goals >= FIT_GOALS && fit->votes * 100 >= fit->snapshots * FIT_PERCENT &&
           fit->exact * 100 >= fit->snapshots * FIT_EXACT_PERCENT;
}

static bool has_cycles(const struct process *p)
{
    struct gc_columns c;

    for (size_t i = 0; i < p->track_count; i++) {
        if (align_is_gctrace(p->tracks[i], &c))
            return true;
    }
    return false;
}

static struct process *find_fit(const struct session *s, const struct track *gc,
                                const struct gc_columns *c, struct fit *best)
{
    struct process *found = NULL;

    *best = (struct fit){0};
    for (size_t i = 0; i < s->process_count; i++) {
        struct process *p = s->processes[i];

        if (p == gc->process || has_cycles(p))
            continue;
        for (size_t k = 0; k < p->track_count; k++) {
            const struct track *t = p->tracks[k];
            struct fit fit;

            if (t->clock != CLOCK_WALL || t->source == gc->source)
                continue;
            fit = fit_tracks(gc, c, t);
            if (is_sure(&fit) && fit.votes > best->votes) {
                *best = fit;
                found = p;
            }
        }
    }
    return found;
}

/* Is the process on the wall clock already, by something better than stamps? */
static bool is_settled(const struct process *p)
{
    for (size_t i = 0; i < p->track_count; i++) {
        if (p->tracks[i]->clock >= CLOCK_FITTED)
            return true;
    }
    return false;
}

static void fit_process(struct session *s, struct process *p)
{
    for (size_t k = 0; k < p->track_count; k++) {
        struct track *t = p->tracks[k];
        struct gc_columns c;
        struct process *found;
        struct fit best;

        if (!align_is_gctrace(t, &c))
            continue;
        found = find_fit(s, t, &c, &best);
        if (!found)
            return;
        t->clock = CLOCK_FITTED;
        t->origin_ns = best.zero_ns;
        session_join(s, p, found);
        return;
    }
}

void align_goals(struct session *s)
{
    /* The fit wants all of both: half a log may fit by chance. */
    if (align_is_strict(s))
        return;
    for (size_t i = 0; i < s->process_count; i++) {
        struct process *p = s->processes[i];

        if (!is_settled(p))
            fit_process(s, p);
        while (s->processes[i] != p)
            i--;
    }
}
