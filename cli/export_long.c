/*
 * csv and ndjson: one value a line, so that tables of different columns and rates need
 * no empty fields, and a consumer can filter by line.
 *
 * Rows come out in order of time: the tables of a session are merged by a heap whose
 * least element is the table with the earliest row left.
 */
#include <stdlib.h>

#include "cli/export_internal.h"
#include "model/base/mem.h"
#include "model/base/num.h"
#include "model/base/num_format.h"

struct column {
    unsigned index;
    char *label; /* what stands between the process and the value */
    size_t label_len;
};

/* One table's rows that are left. */
struct feed {
    const struct track *track;
    uint32_t process;
    struct column *columns;
    size_t column_count, capacity;
    size_t row, end;
    int64_t time_ns; /* session time of `row` */
};

struct merge {
    struct feed *feeds;
    size_t count, capacity;
    struct feed **heap;
    size_t heap_count;
};

/* Names of our own are plain; what an input named may hold anything. */
static void put_quoted(struct text *t, const char *name, bool is_csv)
{
    struct text safe = {0};

    text_put_safe(&safe, slice_str(name));
    text_put_char(t, '"');
    for (size_t i = 0; i < safe.len; i++) {
        char c = safe.ptr[i];

        if (c == '"' || (c == '\\' && !is_csv))
            text_put_char(t, is_csv ? '"' : '\\');
        text_put_char(t, c);
    }
    text_put_char(t, '"');
    text_finish(&safe);
}

static bool is_plain(const char *name)
{
    return name[strcspn(name, "\",\r\n\\")] == '\0';
}

static void add_column(struct feed *f, const struct series *series, bool is_csv)
{
    struct text label = {0};
    struct column *column;

    text_put_str(&label, is_csv ? "," : ",\"series\":");
    if (is_csv && is_plain(series->name))
        text_put_safe(&label, slice_str(series->name));
    else
        put_quoted(&label, series->name, is_csv);
    text_put_str(&label, is_csv ? "," : ",\"value\":");
    f->columns =
        mem_grow(f->columns, &f->capacity, f->column_count + 1, sizeof *f->columns);
    column = &f->columns[f->column_count++];
    column->index = series->column;
    column->label = label.ptr;
    column->label_len = label.len;
}

static int compare_metrics(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static void add_feed(struct merge *m, const struct export *e, const struct process *p,
                     const struct track *track, bool is_csv)
{
    struct feed feed = {.track = track, .process = p->id};
    unsigned columns = table_column_count(track->table);
    uint32_t *metrics = mem_alloc_array(columns, sizeof *metrics);
    struct series series;

    for (unsigned i = 0; i < columns; i++)
        metrics[i] = table_column_metric(track->table, i);
    qsort(metrics, columns, sizeof *metrics, compare_metrics);
    /* A metric that several tables give comes from the one that knows it best, as in
     * the report. */
    for (unsigned i = 0; i < columns; i++) {
        if (session_series(e->session, p, metrics[i], &series) && series.track == track)
            add_column(&feed, &series, is_csv);
    }
    free(metrics);
    if (feed.column_count == 0)
        return;
    export_rows(e, track, &feed.row, &feed.end);
    m->feeds = mem_grow(m->feeds, &m->capacity, m->count + 1, sizeof *m->feeds);
    m->feeds[m->count++] = feed;
}

static void set_time(struct feed *f)
{
    if (f->row < f->end)
        f->time_ns =
            num_sat_add_i64(table_row_time(f->track->table, f->row), f->track->origin_ns);
}

static bool is_before(const struct feed *a, const struct feed *b)
{
    return a->time_ns != b->time_ns ? a->time_ns < b->time_ns : a < b;
}

static void sift_down(struct merge *m, size_t at)
{
    for (;;) {
        size_t least = at;

        for (size_t child = 2 * at + 1; child <= 2 * at + 2; child++) {
            if (child < m->heap_count && is_before(m->heap[child], m->heap[least]))
                least = child;
        }
        if (least == at)
            return;
        struct feed *moved = m->heap[at];
        m->heap[at] = m->heap[least];
        m->heap[least] = moved;
        at = least;
    }
}

static void build_heap(struct merge *m)
{
    m->heap = mem_alloc_array(m->count, sizeof *m->heap);
    for (size_t i = 0; i < m->count; i++) {
        set_time(&m->feeds[i]);
        if (m->feeds[i].row < m->feeds[i].end)
            m->heap[m->heap_count++] = &m->feeds[i];
    }
    for (size_t i = m->heap_count; i > 0; i--)
        sift_down(m, i - 1);
}

static void put_front(const struct export *e, struct text *t, const struct feed *f,
                      bool is_csv)
{
    char wall[UNIT_RFC3339_TEXT], offset[NUM_TEXT], id[NUM_TEXT];

    num_format_seconds(offset, num_sat_sub_i64(f->time_ns, e->origin_ns));
    num_format_i64(id, f->process);
    if (e->session->has_wall)
        unit_format_rfc3339(wall, f->time_ns);
    if (is_csv)
        text_printf(t, "%s,%s,%s", e->session->has_wall ? wall : "", offset, id);
    else if (e->session->has_wall)
        text_printf(t, "{\"t\":\"%s\",\"offset_s\":%s,\"process\":%s", wall, offset, id);
    else
        text_printf(t, "{\"t\":null,\"offset_s\":%s,\"process\":%s", offset, id);
}

static void put_row(struct export *e, const struct feed *f, struct text *front,
                    bool is_csv)
{
    struct slice line_end = is_csv ? SLICE("\n") : SLICE("}\n");

    text_clear(front);
    put_front(e, front, f, is_csv);
    for (size_t i = 0; i < f->column_count; i++) {
        const struct column *column = &f->columns[i];
        char digits[NUM_TEXT];
        double value;

        if (!table_cell(f->track->table, column->index, f->row, &value))
            continue;
        text_put(&e->out, slice_of(front->ptr, front->len));
        text_put(&e->out, slice_of(column->label, column->label_len));
        text_put(&e->out, slice_of(digits, num_format_double(digits, value)));
        text_put(&e->out, line_end);
    }
}

static bool put_rows(struct export *e, struct merge *m, bool is_csv)
{
    struct text front = {0};
    bool ok = true;

    while (ok && m->heap_count > 0) {
        struct feed *f = m->heap[0];

        put_row(e, f, &front, is_csv);
        f->row++;
        set_time(f);
        if (f->row == f->end)
            m->heap[0] = m->heap[--m->heap_count];
        sift_down(m, 0);
        ok = export_flush(e, false);
    }
    text_finish(&front);
    return ok && export_flush(e, true);
}

static void merge_finish(struct merge *m)
{
    for (size_t i = 0; i < m->count; i++) {
        for (size_t j = 0; j < m->feeds[i].column_count; j++)
            free(m->feeds[i].columns[j].label);
        free(m->feeds[i].columns);
    }
    free(m->feeds);
    free(m->heap);
}

bool export_long(struct export *e, enum export_format format)
{
    bool is_csv = format == EXPORT_CSV, ok;
    struct merge m = {0};

    if (is_csv)
        text_put_str(&e->out, "t,offset_s,process,series,value\n");
    for (size_t i = 0; i < e->session->process_count; i++) {
        const struct process *p = e->session->processes[i];

        for (size_t j = 0; j < p->track_count; j++)
            add_feed(&m, e, p, p->tracks[j], is_csv);
    }
    build_heap(&m);
    ok = put_rows(e, &m, is_csv);
    merge_finish(&m);
    return ok;
}
