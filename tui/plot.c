#include "tui/plot.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/base/mem.h"
#include "model/base/num.h"
#include "model/pyramid.h"
#include "tui/plot_gap.h"

/* Blocks of rows in a column from which on its bounds are moved to a block's. */
#define COARSE_BLOCKS 8

/* A bar this many times as high as all others does not set the scale … */
#define OUTLIER_TIMES 3.0
/* … where it is one of so few … */
#define OUTLIERS_PER_CENT 2
#define OUTLIERS_MAX 16
/* … and the others are more than a handful, among which nothing is the rule. */
#define OUTLIER_LEAST_COLUMNS 8

/* A value and where it stands among the others of its curve. */
struct point {
    bool has;
    int64_t time_ns;
    size_t part;
    double value;
};

void rowmaps_finish(struct rowmaps *m)
{
    for (size_t i = 0; i < ROWMAPS; i++)
        free(m->maps[i].rows);
    *m = (struct rowmaps){0};
}

static bool is_same(const struct rowmap *m, const struct rowmap *want)
{
    return m->table == want->table && m->row_count == want->row_count &&
           m->origin_ns == want->origin_ns && m->from_ns == want->from_ns &&
           m->to_ns == want->to_ns && m->first == want->first &&
           m->count == want->count && m->width == want->width;
}

/*
 * The inner bounds of columns. With many rows in a column, bounds between whole blocks of
 * rows are as good, and what lies between them is known without a look at a single row.
 */
static void fill_bounds(struct rowmap *m, const struct view *v)
{
    size_t first = m->rows[0], end = m->rows[m->count];
    size_t a_column = (end - first) / (size_t)m->count;
    bool is_far = a_column >= COARSE_BLOCKS * TABLE_FAR_ROWS;

    m->is_coarse = a_column >= COARSE_BLOCKS * PYRAMID_BLOCK_ROWS;
    for (int k = 1; k < m->count; k++) {
        int64_t time_ns =
            num_sat_sub_i64(view_time_at(v, m->first + k, m->width), m->origin_ns);
        size_t row = m->is_coarse ? table_lower_block(m->table, time_ns, is_far)
                                  : table_lower_bound(m->table, time_ns);

        m->rows[k] = row > first ? row : first;
    }
}

static size_t row_at(const struct rowmap *m, const struct view *v, int k)
{
    return table_lower_bound(
        m->table, num_sat_sub_i64(view_time_at(v, m->first + k, m->width), m->origin_ns));
}

/* The row bounds of pixel columns [first, first + count) in a track's table. */
static const struct rowmap *rows_of(struct rowmaps *maps, const struct track *track,
                                    const struct view *v, int width, int first, int count)
{
    struct rowmap want = {.table = track->table,
                          .row_count = table_row_count(track->table),
                          .origin_ns = track->origin_ns,
                          .from_ns = v->from_ns,
                          .to_ns = v->to_ns,
                          .first = first,
                          .count = count,
                          .width = width};
    struct rowmap *m;

    for (size_t i = 0; i < ROWMAPS; i++)
        if (is_same(&maps->maps[i], &want))
            return &maps->maps[i];
    m = &maps->maps[maps->next++ % ROWMAPS];
    want.rows = mem_grow(m->rows, &m->capacity, (size_t)count + 1, sizeof *m->rows);
    want.capacity = m->capacity;
    *m = want;
    m->rows[0] = row_at(m, v, 0);
    m->rows[count] = row_at(m, v, count);
    fill_bounds(m, v);
    return m;
}

void plot_begin(struct plot *p, enum plot_kind kind, int width)
{
    assert(width > 0);
    p->kind = kind;
    p->count = (size_t)width;
    p->columns = mem_grow(p->columns, &p->capacity, p->count, sizeof *p->columns);
    memset(p->columns, 0, p->count * sizeof *p->columns);
    p->has_left = p->has_right = false;
    p->max = NAN;
    p->is_empty = true;
}

static int64_t time_of(const struct series *s, size_t row)
{
    return num_sat_add_i64(table_row_time(s->track->table, row), s->track->origin_ns);
}

/* The nearest point of one part on one side of `row`. */
static struct point point_before(const struct plot_parts *parts, size_t part, size_t row)
{
    const struct series *s = &parts->series[part];
    struct point p = {.part = part};
    size_t found;

    if (table_cell_before(s->track->table, s->column, row, &found, &p.value)) {
        p.has = true;
        p.time_ns = time_of(s, found);
    }
    return p;
}

static struct point point_from(const struct plot_parts *parts, size_t part, size_t row)
{
    const struct series *s = &parts->series[part];
    struct point p = {.part = part};
    size_t found;

    if (table_cell_from(s->track->table, s->column, row, &found, &p.value)) {
        p.has = true;
        p.time_ns = time_of(s, found);
    }
    return p;
}

static bool is_earlier(const struct point *a, const struct point *b)
{
    if (!a->has || !b->has)
        return a->has;
    return a->time_ns < b->time_ns || (a->time_ns == b->time_ns && a->part < b->part);
}

static struct point first_of(const struct plot_parts *parts, const size_t *rows)
{
    struct point best = {0};

    for (size_t i = 0; i < parts->count; i++) {
        struct point p = point_from(parts, i, rows[i]);

        if (is_earlier(&p, &best))
            best = p;
    }
    return best;
}

static struct point last_of(const struct plot_parts *parts, const size_t *rows)
{
    struct point best = {0};

    for (size_t i = 0; i < parts->count; i++) {
        struct point p = point_before(parts, i, rows[i]);

        if (p.has && (!best.has || !is_earlier(&p, &best)))
            best = p;
    }
    return best;
}

static void add_to_column(struct plot_column *c, const struct plot_column *add)
{
    if (!c->has) {
        *c = *add;
        return;
    }
    c->last = add->last;
    c->min = add->min < c->min ? add->min : c->min;
    c->max = add->max > c->max ? add->max : c->max;
}

/* One pixel column of a curve: rows [from[i], to[i]) of each part. */
static bool reduce(const struct plot_parts *parts, const size_t *from, const size_t *to,
                   bool has_ends, struct plot_column *out)
{
    *out = (struct plot_column){.min = INFINITY, .max = -INFINITY};
    for (size_t i = 0; i < parts->count; i++) {
        const struct series *s = &parts->series[i];
        struct extent e;

        if (from[i] >= to[i] ||
            !table_extent(s->track->table, s->column, from[i], to[i], &e))
            continue;
        out->has = true;
        out->min = e.min < out->min ? e.min : out->min;
        out->max = e.max > out->max ? e.max : out->max;
    }
    if (!out->has)
        return false;
    out->first = out->last = out->max;
    if (has_ends) {
        struct point first = first_of(parts, from), last = last_of(parts, to);

        /* Where the nearest cell is further off than a seek goes, the greatest
         * stands in. */
        if (first.has && first.value >= out->min && first.value <= out->max)
            out->first = first.value;
        if (last.has && last.value >= out->min && last.value <= out->max)
            out->last = last.value;
    }
    return true;
}

/* The height of the curve at a moment between two of its points. */
static double between(enum plot_kind kind, const struct point *a, const struct point *b,
                      int64_t at_ns)
{
    double span = (double)num_sat_sub_i64(b->time_ns, a->time_ns);
    double part = (double)num_sat_sub_i64(at_ns, a->time_ns);

    if (kind == PLOT_STEPS_AFTER)
        return a->value;
    if (kind == PLOT_STEPS_BEFORE || span <= 0)
        return b->value;
    return a->value + (b->value - a->value) * (part / span);
}

static void add_edges(struct plot *p, const struct plot_parts *parts,
                      const struct view *v, const size_t *from, const size_t *to)
{
    struct point before = last_of(parts, from), after = first_of(parts, from);
    const int64_t least_ns = num_sat_sub_i64(v->to_ns, v->from_ns) / (int64_t)p->count;

    if (p->kind == PLOT_BARS)
        return;
    if (before.has && after.has && !plot_gap_at(parts, v->from_ns, least_ns)) {
        p->has_left = true;
        p->left = between(p->kind, &before, &after, v->from_ns);
    }
    before = last_of(parts, to);
    after = first_of(parts, to);
    if (before.has && after.has && !plot_gap_at(parts, v->to_ns, least_ns)) {
        p->has_right = true;
        p->right = between(p->kind, &before, &after, v->to_ns);
    }
}

/* The pixel columns that a process's life touches. */
static bool columns_of(const struct plot_parts *parts, const struct view *v, int width,
                       int *first, int *count)
{
    int64_t from_ns, to_ns;
    int last;

    if (parts->count == 0 || !process_span(parts->series[0].process, &from_ns, &to_ns) ||
        to_ns < v->from_ns || from_ns >= v->to_ns)
        return false;
    *first = from_ns <= v->from_ns ? 0 : view_column_of(v, from_ns, width);
    last = to_ns >= v->to_ns ? width - 1 : view_column_of(v, to_ns, width);
    *count = last - *first + 1;
    return true;
}

/* Ends for two neighbours that have none of their own: where they are nearest to each
 * other, so that the line between them shows no height that neither has. */
static void meet(struct plot_column *before, struct plot_column *after)
{
    if (after->min > before->max) {
        before->last = before->max;
        after->first = after->min;
    } else if (after->max < before->min) {
        before->last = before->min;
        after->first = after->max;
    } else {
        before->last = after->first = after->min > before->min ? after->min : before->min;
    }
}

/* Pixel columns [first, first + count) of one process. */
struct span {
    int first, count;
    const size_t *rows[PLOT_PARTS];
    bool is_coarse;
};

/* Is no line to go from pixel column `from` to `to`? */
static bool is_broken(const struct plot_parts *parts, const struct view *v, int width,
                      int from, int to, bool is_coarse)
{
    const int64_t at_ns = view_time_at(v, from + 1, width);

    /* Where bounds are whole blocks, neighbours may share a hole's rows. */
    return (!is_coarse || to > from + 1) &&
           plot_gap_at(parts, at_ns, view_time_at(v, from + 2, width) - at_ns);
}

/* Of retired rows only that is known: no value in a span that has rows. */
static bool is_retired_gap(const struct plot_parts *parts, const size_t *from,
                           const size_t *to)
{
    const struct track *t = parts->series[0].track;

    return t->has_gaps && from[0] < to[0] && from[0] < table_first_row(t->table);
}

static void add_columns(struct plot *p, const struct plot_parts *parts,
                        const struct view *v, const struct span *span)
{
    struct plot_column *before = NULL;
    int before_at = 0;
    bool is_line = p->kind != PLOT_BARS;
    size_t from[PLOT_PARTS], to[PLOT_PARTS];

    for (int k = 0; k < span->count; k++) {
        struct plot_column column;

        for (size_t i = 0; i < parts->count; i++) {
            from[i] = span->rows[i][k];
            to[i] = span->rows[i][k + 1];
        }
        if (!reduce(parts, from, to, is_line && !span->is_coarse, &column)) {
            if (is_retired_gap(parts, from, to))
                before = NULL;
            continue;
        }
        if (before && is_broken(parts, v, (int)p->count, span->first + before_at,
                                span->first + k, span->is_coarse))
            before = NULL; /* the source was silent: no line goes over that */
        column.is_gap = !before;
        if (before && is_line && span->is_coarse)
            meet(before, &column);
        before = &p->columns[span->first + k];
        before_at = k;
        add_to_column(before, &column);
    }
}

void plot_add(struct plot *p, const struct plot_parts *parts, const struct view *v,
              struct rowmaps *maps)
{
    int width = (int)p->count;
    struct span span = {0};
    size_t from[PLOT_PARTS], to[PLOT_PARTS];

    if (!columns_of(parts, v, width, &span.first, &span.count))
        return;
    for (size_t i = 0; i < parts->count; i++) {
        const struct rowmap *m =
            rows_of(maps, parts->series[i].track, v, width, span.first, span.count);

        span.rows[i] = m->rows;
        span.is_coarse = span.is_coarse || m->is_coarse;
        from[i] = m->rows[0];
        to[i] = m->rows[span.count];
    }
    add_columns(p, parts, v, &span);
    add_edges(p, parts, v, from, to);
}

static void add_max(struct plot *p, double value)
{
    if (!(p->max >= value))
        p->max = value;
    p->is_empty = false;
}

void plot_end(struct plot *p)
{
    bool is_first = true;

    for (size_t k = 0; k < p->count; k++) {
        struct plot_column *c = &p->columns[k];

        if (!c->has)
            continue;
        add_max(p, c->max);
        /* The first curve may come from beyond the left edge; nothing else may. */
        if (is_first && p->has_left)
            c->is_gap = false;
        is_first = false;
    }
    if (p->has_left)
        add_max(p, p->left);
    if (p->has_right)
        add_max(p, p->right);
}

/* Keeps the greatest `capacity` values, in falling order. */
static void keep_greatest(double *values, size_t *count, size_t capacity, double value)
{
    size_t i = *count;

    if (i == capacity) {
        if (value <= values[i - 1])
            return;
        i--;
    } else {
        (*count)++;
    }
    for (; i > 0 && values[i - 1] < value; i--)
        values[i] = values[i - 1];
    values[i] = value;
}

double plot_bar_scale(const struct plot *p)
{
    double greatest[OUTLIERS_MAX + 1];
    size_t allowed = p->count * OUTLIERS_PER_CENT / 100, count = 0, columns = 0;

    allowed = allowed < 1 ? 1 : allowed;
    allowed = allowed > OUTLIERS_MAX ? OUTLIERS_MAX : allowed;
    for (size_t k = 0; k < p->count; k++) {
        if (p->columns[k].has) {
            keep_greatest(greatest, &count, allowed + 1, p->columns[k].max);
            columns++;
        }
    }
    if (columns >= OUTLIER_LEAST_COLUMNS)
        for (size_t k = allowed; k > 0; k--)
            if (greatest[k] > 0 && greatest[k - 1] > OUTLIER_TIMES * greatest[k])
                return greatest[k];
    return p->max;
}

void plot_finish(struct plot *p)
{
    free(p->columns);
    *p = (struct plot){0};
}
