/*
 * Change points for people: the series in one line, and a table of its segments.
 */
#include <math.h>

#include "cli/common.h"
#include "cli/detect.h"
#include "cli/sparkline.h"

#define SPARK_CELLS 76
#define FIGURE_CELLS 11

/* Spikes that are named; the JSON has them all. */
#define SPIKES_SHOWN 10

/* Greatest value of cell `cell`; NaN when nothing is there. */
static double cell_value(const double *y, size_t n, size_t cell, size_t cells)
{
    size_t from = (size_t)((double)n * (double)cell / (double)cells);
    size_t to = (size_t)((double)n * (double)(cell + 1) / (double)cells);
    double most = NAN;

    for (size_t i = from; i < to && i < n; i++)
        most = isnan(most) || y[i] > most ? y[i] : most;
    return most;
}

static void put_spark(struct text *t, const double *y, size_t n, bool ascii)
{
    size_t cells = n < SPARK_CELLS ? n : SPARK_CELLS;
    double low = INFINITY, high = -INFINITY;

    for (size_t i = 0; i < n; i++) {
        low = y[i] < low ? y[i] : low;
        high = y[i] > high ? y[i] : high;
    }
    text_put_str(t, "  ");
    for (size_t i = 0; i < cells; i++) {
        double value = cell_value(y, n, i, cells);

        if (isnan(value))
            text_put_char(t, ' ');
        else /* halves: the distance of two doubles may be none */
            text_put_str(t,
                         sparkline_mark(value / 2 - low / 2, high / 2 - low / 2, ascii));
    }
    text_put_char(t, '\n');
}

/* A '^' under the cell of each change point. */
static void put_marks(struct text *t, const struct detect_report *r)
{
    size_t n = r->input->n, cells = n < SPARK_CELLS ? n : SPARK_CELLS, at = 0;

    text_put_str(t, "  ");
    for (size_t i = 0; i < r->result->point_count; i++) {
        size_t cell =
            (size_t)((double)r->result->points[i].at * (double)cells / (double)n);

        for (; at < cell; at++)
            text_put_char(t, ' ');
        if (at == cell) {
            text_put_char(t, '^');
            at++;
        }
    }
    text_put_char(t, '\n');
}

static void put_figure(struct text *t, double value)
{
    if (isfinite(value))
        text_printf(t, " %*.4g", FIGURE_CELLS, value);
    else
        text_printf(t, " %*s", FIGURE_CELLS, "-");
}

static void put_segment(struct text *t, const struct detect_report *r, size_t segment,
                        size_t dim)
{
    const struct cp_segment *s = &r->result->segments[segment * r->input->dims + dim];

    text_printf(t, "  %10zu %10zu", s->from, s->to);
    put_figure(t, s->mean);
    put_figure(t, s->slope);
    put_figure(t, s->noise);
    if (segment > 0) {
        const struct cp_point *p = &r->result->points[segment - 1];

        text_printf(t, "  %s %.0f %%", changepoint_kind_name(p->kind),
                    100 * p->confidence);
    }
    text_put_char(t, '\n');
}

static void put_column(struct text *t, const struct detect_report *r, size_t dim,
                       bool ascii)
{
    const char *name = r->table->columns[dim].name;

    text_put_char(t, '\n');
    if (r->input->dims > 1 || name) {
        text_put_str(t, "  ");
        if (name)
            common_put_safe(t, name);
        else
            text_printf(t, "column %zu", dim + 1);
        text_put_char(t, '\n');
    }
    put_spark(t, r->input->values + dim * r->input->n, r->input->n, ascii);
    if (r->result->point_count > 0)
        put_marks(t, r);
    text_printf(t, "  %10s %10s %*s %*s %*s  %s\n", "from", "to", FIGURE_CELLS, "mean",
                FIGURE_CELLS, "slope", FIGURE_CELLS, "noise", "begins with");
    for (size_t i = 0; i < r->result->segment_count; i++)
        put_segment(t, r, i, dim);
}

static void put_spikes(struct text *t, const struct cp_result *r)
{
    if (r->spike_count == 0)
        return;
    text_put_str(t, "\nspikes at ");
    for (size_t i = 0; i < r->spike_count && i < SPIKES_SHOWN; i++)
        text_printf(t, "%s%zu", i ? ", " : "", r->spikes[i]);
    if (r->spike_count > SPIKES_SHOWN)
        text_printf(t, " and %zu more", r->spike_count - SPIKES_SHOWN);
    text_put_char(t, '\n');
}

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

void detect_put_text(const struct detect_report *r, struct text *t, bool ascii)
{
    size_t points = r->result->point_count;

    common_put_safe(t, r->path);
    text_printf(t, ": %zu sample%s", r->input->n, plural(r->input->n));
    if (r->input->dims > 1)
        text_printf(t, " of %zu columns", r->input->dims);
    if (points > 0)
        text_printf(t, ", %zu change point%s\n", points, plural(points));
    else
        text_put_str(t, ", no change point\n");
    if (r->input->n == 0)
        return;
    for (size_t d = 0; d < r->input->dims; d++)
        put_column(t, r, d, ascii);
    put_spikes(t, r->result);
}
