/*
 * Files that were saved one by one (a heap profile a minute, a scrape a file) give tables
 * of one row each. They become one table more of their process, so that their figures are
 * series: the views know nothing of where a row came from.
 */
#include <math.h>
#include <stdlib.h>

#include "model/align_internal.h"
#include "model/base/mem.h"
#include "model/base/num.h"

/* A row on its way into the common table. */
struct gathered {
    const struct track *track;
    size_t row;
    int64_t time_ns; /* session time */
};

struct gathering {
    struct gathered *rows;
    size_t count, capacity;
};

static bool is_lone(const struct track *t)
{
    return !t->is_gathered && !t->beside && align_is_placed(t) &&
           table_column_count(t->table) > 0 && /* none of its names found room */
           (table_row_count(t->table) == 1 || t->is_piece || align_is_ring(t));
}

/* Of the same kind: the same format's figures of the same thing. */
static bool are_alike(const struct track *a, const struct track *b)
{
    return a->source->format == b->source->format && a->subject == b->subject &&
           table_column_metric(a->table, 0) == table_column_metric(b->table, 0);
}

static void add_rows(struct gathering *g, const struct track *t)
{
    for (size_t row = 0; row < table_row_count(t->table); row++) {
        g->rows = mem_grow(g->rows, &g->capacity, g->count + 1, sizeof *g->rows);
        g->rows[g->count++] = (struct gathered){
            t, row, num_sat_add_i64(table_row_time(t->table, row), t->origin_ns)};
    }
}

static int compare_rows(const void *a, const void *b)
{
    const struct gathered *x = a, *y = b;

    return (x->time_ns > y->time_ns) - (x->time_ns < y->time_ns);
}

/* All columns that any of them has. */
static void add_columns(struct table *into, const struct gathering *g)
{
    const struct table *last = NULL;

    for (size_t i = 0; i < g->count; i++) {
        const struct table *t = g->rows[i].track->table;

        if (t == last)
            continue;
        last = t;
        for (unsigned c = 0; c < table_column_count(t); c++)
            (void)table_column(into, table_column_metric(t, c), 0);
    }
}

struct totals {
    bool has_last;
    double last;
    int64_t last_ns;
};

/* Nobody could tell a rate from one snapshot; two of them can. */
static void derive_rate(struct table *into, double *row, int64_t time_ns,
                        struct totals *totals)
{
    unsigned total, rate;
    double ns = (double)(time_ns - totals->last_ns);

    if (!table_find_column(into, METRIC_ALLOC_TOTAL, &total) || isnan(row[total]))
        return;
    rate = table_column(into, METRIC_ALLOC_RATE, 0);
    row[rate] = NAN;
    if (totals->has_last && ns > 0 && row[total] >= totals->last)
        row[rate] = (row[total] - totals->last) / ns * (double)NS_PER_S;
    *totals = (struct totals){true, row[total], time_ns};
}

static void append_rows(struct table *into, const struct gathering *g, bool is_ring)
{
    double *row;
    struct totals totals = {0};

    add_columns(into, g);
    if (table_find_column(into, METRIC_ALLOC_TOTAL, &(unsigned){0}))
        (void)table_column(into, METRIC_ALLOC_RATE, 0);
    row = mem_alloc_array(table_column_count(into), sizeof *row);
    for (size_t i = 0; i < g->count; i++) {
        const struct gathered *from = &g->rows[i];
        const struct table *t = from->track->table;

        /* Rings overlap: one pause has one end. */
        if (is_ring && i && from->time_ns == g->rows[i - 1].time_ns)
            continue;
        for (unsigned c = 0; c < table_column_count(into); c++)
            row[c] = NAN;
        for (unsigned c = 0; c < table_column_count(t); c++)
            (void)table_cell(t, c, from->row,
                             &row[table_column(into, table_column_metric(t, c), 0)]);
        derive_rate(into, row, from->time_ns, &totals);
        table_append(into, from->time_ns, row);
    }
    free(row);
}

/* All lone tracks of the process that are like the one at `first`. */
static void gather_like(struct session *s, struct process *p, size_t first)
{
    struct track *like = p->tracks[first], *into;
    struct gathering g = {0};
    size_t tracks = 0;

    for (size_t k = first; k < p->track_count; k++) {
        struct track *t = p->tracks[k];

        if (!is_lone(t) || !are_alike(like, t))
            continue;
        add_rows(&g, t);
        tracks++;
        t->is_gathered = true;
    }
    if (tracks > 1) {
        qsort(g.rows, g.count, sizeof *g.rows, compare_rows);
        into = session_add_track(s, p, like->source);
        into->clock = like->clock == CLOCK_FILE ? CLOCK_FILE : CLOCK_WALL;
        into->subject = like->subject;
        into->is_gathered = true;
        append_rows(into->table, &g, align_is_ring(like));
    }
    free(g.rows);
}

void align_gather(struct session *s)
{
    for (size_t i = 0; i < s->process_count; i++) {
        struct process *p = s->processes[i];

        for (size_t k = 0; k < p->track_count; k++) {
            if (is_lone(p->tracks[k]))
                gather_like(s, p, k);
        }
    }
}
