/*
 * The table of series of each process: a row a series, as many figures as the width
 * allows, and its course in one line.
 */
#include <math.h>
#include <stdlib.h>

#include "cli/common.h"
#include "cli/report_internal.h"
#include "cli/report_text_internal.h"
#include "cli/report_wrap.h"
#include "cli/sparkline.h"
#include "model/base/mem.h"
#include "model/base/num.h"
#include "model/base/text.h"

/* go build's log holds hundreds of short-lived processes; the largest tell most. */
#define PROCESSES_SHOWN 8
#define NAME_CELLS_MAX 24
#define SPARK_CELLS_MIN 14
#define SPARK_CELLS_MAX 40

enum figure { FIRST, LAST, LEAST, MOST, MEAN, P50, P99, FIGURES };

static const char *const figure_names[FIGURES] = {"first", "last", "min", "max",
                                                  "mean",  "p50",  "p99"};

/* Which figures make way for the course where the line is short. */
static const enum figure figures_to_drop[] = {P50, FIRST, LEAST};

/* What tells the story; the other thirty are details of it, for -v and --json. */
static const uint32_t main_metrics[] = {
    METRIC_HEAP_LIVE,        METRIC_HEAP_INUSE,      METRIC_HEAP_GOAL,
    METRIC_HEAP_OBJECTS,     METRIC_HEAP_START,      METRIC_HEAP_END,
    METRIC_ALLOC_RATE,       METRIC_STACK_INUSE,     METRIC_MEM_SYS,
    METRIC_MEM_RSS,          METRIC_MEM_CGROUP,      METRIC_MEM_LIMIT,
    METRIC_MEM_GOMEMLIMIT,   METRIC_MEM_OFFHEAP,     METRIC_GC_CYCLES,
    METRIC_GC_FORCED,        METRIC_GC_INTERVAL,     METRIC_GC_PAUSE,
    METRIC_GC_MARK_WALL,     METRIC_GC_CPU_FRACTION, METRIC_GC_ASSIST_SHARE,
    METRIC_SCHED_GOROUTINES, METRIC_SCHED_PROCS,     METRIC_SCHED_THREADS,
    METRIC_PSI_SOME,         METRIC_PSI_FULL,
};

struct row {
    struct series series;
    char cells[FIGURES][UNIT_TEXT];
};

struct layout {
    int name_cells;
    int widths[FIGURES]; /* 0 = not shown */
    int spark_cells;
};

static void fill_row(const struct report *r, struct row *row)
{
    struct summary sum = series_summary_span(&row->series, r->from_ns, r->to_ns);
    const double values[FIGURES] = {sum.first, sum.last, sum.min, sum.max,
                                    sum.mean,  sum.p50,  sum.p99};

    for (size_t i = 0; i < FIGURES; i++)
        unit_format(row->cells[i], sum.points ? values[i] : NAN, row->series.unit,
                    !r->is_utf8);
}

static bool is_shown(const struct report *r, uint32_t metric)
{
    for (size_t i = 0; i < COUNT_OF(main_metrics); i++) {
        if (main_metrics[i] == metric)
            return true;
    }
    return r->options->is_verbose;
}

/* Of a process that has none of the main series: a cgroup, redis, a profile. */
#define OTHERS_SHOWN 16

static bool has_main_series(const struct report *r, const struct process *p)
{
    struct series series;

    for (size_t i = 0; i < COUNT_OF(main_metrics); i++) {
        if (session_series(r->session, p, main_metrics[i], &series))
            return true;
    }
    return false;
}

/* *hidden counts the series that are left out. */
static struct row *make_rows(const struct report *r, const struct process *p,
                             size_t *count, size_t *hidden)
{
    struct row *rows = NULL;
    size_t capacity = 0;
    struct series series;
    size_t others = has_main_series(r, p) ? 0 : OTHERS_SHOWN;

    *count = *hidden = 0;
    for (uint32_t next = 0; session_next_series(r->session, p, &next, &series);) {
        if (!is_shown(r, series.metric) && *count >= others) {
            ++*hidden;
            continue;
        }
        rows = mem_grow(rows, &capacity, *count + 1, sizeof *rows);
        rows[*count].series = series;
        fill_row(r, &rows[(*count)++]);
    }
    return rows;
}

static int total_cells(const struct layout *layout)
{
    int total = 2 + layout->name_cells;

    for (size_t i = 0; i < FIGURES; i++)
        total += layout->widths[i] ? layout->widths[i] + 1 : 0;
    return total;
}

static struct layout lay_out(const struct report *r, const struct row *rows, size_t count)
{
    struct layout layout = {.name_cells = 8};

    for (size_t i = 0; i < FIGURES; i++)
        layout.widths[i] = text_cells(figure_names[i]);
    for (size_t i = 0; i < count; i++) {
        int name_cells = (int)strlen(rows[i].series.name);

        if (name_cells > layout.name_cells)
            layout.name_cells = name_cells < NAME_CELLS_MAX ? name_cells : NAME_CELLS_MAX;
        for (size_t j = 0; j < FIGURES; j++) {
            int cells = text_cells(rows[i].cells[j]);

            if (cells > layout.widths[j])
                layout.widths[j] = cells;
        }
    }
    for (size_t i = 0; i < COUNT_OF(figures_to_drop) && !r->options->is_verbose; i++) {
        if (r->width_cols - total_cells(&layout) - 2 < SPARK_CELLS_MIN)
            layout.widths[figures_to_drop[i]] = 0;
    }
    layout.spark_cells = r->width_cols - total_cells(&layout) - 2;
    if (layout.spark_cells > SPARK_CELLS_MAX)
        layout.spark_cells = SPARK_CELLS_MAX;
    return layout;
}

static void put_right(struct text *t, const char *s, int cells)
{
    int pad = cells - text_cells(s);

    text_repeat(t, " ", pad > 0 ? (size_t)pad : 0);
    text_put_str(t, s);
}

/* A process that lived for a moment of a long session is drawn over its own life. */
static void process_window(const struct report *r, const struct process *p,
                           int64_t *from_ns, int64_t *to_ns)
{
    int64_t first_ns, last_ns;

    if (!process_span(p, &first_ns, &last_ns))
        return;
    if (first_ns > r->from_ns)
        *from_ns = first_ns;
    if (last_ns < r->to_ns)
        *to_ns = num_sat_add_i64(last_ns, 1);
}

static void put_row(const struct report *r, struct text *t, const struct layout *layout,
                    const struct row *row)
{
    text_put_str(t, "  ");
    report_put_cells(r, t, row->series.name, layout->name_cells);
    for (size_t i = 0; i < FIGURES; i++) {
        if (!layout->widths[i])
            continue;
        text_put_char(t, ' ');
        put_right(t, row->cells[i], layout->widths[i]);
    }
    if (layout->spark_cells > 0) {
        int64_t from_ns = r->from_ns, to_ns = r->to_ns;

        process_window(r, row->series.process, &from_ns, &to_ns);
        text_put_str(t, "  ");
        sparkline_put(t, &row->series, from_ns, to_ns, layout->spark_cells, !r->is_utf8);
    }
    report_trim_line(t);
    text_put_char(t, '\n');
}

static void put_titles(struct text *t, const struct layout *layout)
{
    text_repeat(t, " ", (size_t)layout->name_cells + 2);
    for (size_t i = 0; i < FIGURES; i++) {
        if (!layout->widths[i])
            continue;
        text_put_char(t, ' ');
        put_right(t, figure_names[i], layout->widths[i]);
    }
    text_put_char(t, '\n');
}

/* On a narrow line the end follows from the beginning and the length. */
static void put_life(const struct report *r, struct text *t, int64_t from_ns,
                     int64_t to_ns)
{
    int decimals = report_offset_decimals(r);
    char from[UNIT_TEXT], to[UNIT_TEXT], length[UNIT_TEXT];

    unit_format_offset(from, num_sat_sub_i64(from_ns, r->origin_ns), decimals);
    unit_format_offset(to, num_sat_sub_i64(to_ns, r->origin_ns), decimals);
    unit_format_duration(length, num_sat_sub_i64(to_ns, from_ns));
    if (r->width_cols < WIDE_COLS)
        text_printf(t, "  %s (%s)", from, length);
    else
        text_printf(t, "  %s %s %s (%s)", from, r->is_utf8 ? "–" : "to", to, length);
}

/* The heading, and the rest below it where one line is too short for both. */
static void put_process_line(const struct report *r, struct text *t,
                             const struct process *p)
{
    struct text title = {0}, rest = {0};
    int64_t from_ns, to_ns;
    int cells;

    text_printf(&title, "PROCESS %u", p->id);
    if (p->name) {
        text_put_str(&rest, "  ");
        common_put_safe(&rest, p->name);
    }
    if (process_go_version(p))
        text_printf(&rest, "  %s", process_go_version(p));
    if (p->pid >= 0)
        text_printf(&rest, "  pid %lld", (long long)p->pid);
    if (process_span(p, &from_ns, &to_ns))
        put_life(r, &rest, from_ns, to_ns);
    text_printf(&rest, "  end: %s  clock: %s", process_end_name(p->end),
                clock_kind_name(report_process_clock(p)));
    report_put_heading(r, t, text_str(&title));
    cells = text_cells(text_str(&title));
    if (cells + text_cells(text_str(&rest)) > r->width_cols) {
        text_put_char(t, '\n');
        cells = 0;
    }
    report_put_wrapped(t, text_str(&rest), cells, 2, r->width_cols);
    text_finish(&title);
    text_finish(&rest);
}

static void put_process(const struct report *r, struct text *t, const struct process *p)
{
    size_t count, hidden;
    struct row *rows = make_rows(r, p, &count, &hidden);
    struct layout layout = lay_out(r, rows, count);

    put_process_line(r, t, p);
    if (count > 0)
        put_titles(t, &layout);
    for (size_t i = 0; i < count; i++)
        put_row(r, t, &layout, &rows[i]);
    if (hidden > 0)
        text_printf(t, "  %s and %zu more series; -v lists them all\n",
                    r->is_utf8 ? "…" : "...", hidden);
    free(rows);
}

static double heap_of(const struct report *r, const struct process *p)
{
    static const uint32_t metrics[] = {METRIC_HEAP_INUSE, METRIC_HEAP_START,
                                       METRIC_HEAP_ALLOC};
    double most = -1;

    for (size_t i = 0; i < COUNT_OF(metrics); i++) {
        struct series series;
        struct span_values v;

        if (!session_series(r->session, p, metrics[i], &series))
            continue;
        v = series_span(&series, r->from_ns, r->to_ns);
        if (v.has && v.max > most)
            most = v.max;
    }
    return most;
}

/* The least heap that is still among the largest PROCESSES_SHOWN. */
static double heap_to_show(const struct report *r)
{
    double largest[PROCESSES_SHOWN + 1];
    size_t count = 0;

    for (size_t i = 0; i < r->session->process_count; i++) {
        double heap = heap_of(r, r->session->processes[i]);
        size_t at = count;

        for (; at > 0 && largest[at - 1] < heap; at--)
            largest[at] = largest[at - 1];
        largest[at] = heap;
        count += count < PROCESSES_SHOWN;
    }
    return count < PROCESSES_SHOWN ? -1 : largest[PROCESSES_SHOWN - 1];
}

void report_put_processes(const struct report *r, struct text *t)
{
    bool is_all = r->options->is_verbose || r->session->process_count <= PROCESSES_SHOWN;
    double least = is_all ? -1 : heap_to_show(r);
    size_t shown = 0;

    for (size_t i = 0; i < r->session->process_count; i++) {
        const struct process *p = r->session->processes[i];

        if (!is_all && (shown == PROCESSES_SHOWN || heap_of(r, p) < least))
            continue;
        put_process(r, t, p);
        shown++;
    }
    if (shown < r->session->process_count)
        text_printf(t,
                    "\n%s and %zu more processes with smaller heaps; -v lists them all\n",
                    r->is_utf8 ? "…" : "...", r->session->process_count - shown);
}
