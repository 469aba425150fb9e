/*
 * Change points as JSON. Its keys are public: scripts read them. Written straight away:
 * ten million samples may hold a million spikes, which need no tree of objects.
 */
#include <math.h>

#include "cli/detect.h"
#include "model/base/num_format.h"

static void put_number(struct text *t, double value)
{
    char digits[NUM_TEXT];

    if (!isfinite(value)) {
        text_put_str(t, "null");
        return;
    }
    (void)num_format_double(digits, value);
    text_put_str(t, digits);
}

/* What passes the gate for a terminal still needs JSON's own two escapes. */
static void put_string(struct text *t, const char *untrusted)
{
    struct text safe = {0};

    if (!untrusted) {
        text_put_str(t, "null");
        return;
    }
    text_put_safe(&safe, slice_str(untrusted));
    text_put_char(t, '"');
    for (const char *p = text_str(&safe); *p; p++) {
        if (*p == '"' || *p == '\\')
            text_put_char(t, '\\');
        text_put_char(t, *p);
    }
    text_put_char(t, '"');
    text_finish(&safe);
}

static void put_columns(struct text *t, const struct number_table *table)
{
    text_put_str(t, ",\n \"columns\": [");
    for (size_t i = 0; i < table->column_count; i++) {
        text_put_str(t, i ? ", " : "");
        put_string(t, table->columns[i].name);
    }
    text_put_char(t, ']');
}

static void put_points(struct text *t, const struct cp_result *r)
{
    text_put_str(t, ",\n \"changepoints\": [");
    for (size_t i = 0; i < r->point_count; i++)
        text_printf(t, "%s%zu", i ? ", " : "", r->points[i].at);
    text_put_str(t, "],\n \"points\": [");
    for (size_t i = 0; i < r->point_count; i++) {
        text_printf(
            t, "%s\n  {\"index\": %zu, \"kind\": \"%s\", \"confidence\": ", i ? "," : "",
            r->points[i].at, changepoint_kind_name(r->points[i].kind));
        put_number(t, r->points[i].confidence);
        text_put_char(t, '}');
    }
    text_put_char(t, ']');
}

/* One dimension: a number. Several: a list of them. */
static void put_figure(struct text *t, const char *name, const struct cp_segment *s,
                       size_t dims, double (*figure)(const struct cp_segment *))
{
    text_printf(t, ", \"%s\": %s", name, dims > 1 ? "[" : "");
    for (size_t d = 0; d < dims; d++) {
        text_put_str(t, d ? ", " : "");
        put_number(t, figure(&s[d]));
    }
    text_put_str(t, dims > 1 ? "]" : "");
}

static double mean_of(const struct cp_segment *s)
{
    return s->mean;
}

static double slope_of(const struct cp_segment *s)
{
    return s->slope;
}

static double noise_of(const struct cp_segment *s)
{
    return s->noise;
}

static void put_segments(struct text *t, const struct cp_result *r, size_t dims)
{
    text_put_str(t, ",\n \"segments\": [");
    for (size_t i = 0; i < r->segment_count; i++) {
        const struct cp_segment *s = &r->segments[i * dims];

        text_printf(t, "%s\n  {\"from\": %zu, \"to\": %zu", i ? "," : "", s->from, s->to);
        put_figure(t, "mean", s, dims, mean_of);
        put_figure(t, "slope", s, dims, slope_of);
        put_figure(t, "noise", s, dims, noise_of);
        text_put_char(t, '}');
    }
    text_put_char(t, ']');
}

void detect_put_json(const struct detect_report *r, struct text *t)
{
    text_printf(t,
                "{\"schema\": \"heapreel.detect/1\",\n"
                " \"n\": %zu,\n \"dimensions\": %zu,\n \"skipped\": %llu",
                r->input->n, r->input->dims, (unsigned long long)r->skipped);
    put_columns(t, r->table);
    put_points(t, r->result);
    put_segments(t, r->result, r->input->dims);
    text_put_str(t, ",\n \"spikes\": [");
    for (size_t i = 0; i < r->result->spike_count; i++)
        text_printf(t, "%s%zu", i ? ", " : "", r->result->spikes[i]);
    text_put_str(t, "]}\n");
}
