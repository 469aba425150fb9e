#include "parsers/csv.h"

#include <math.h>
#include <stdlib.h>

#include "model/base/mem.h"
#include "model/base/num.h"
#include "parsers/csv_columns.h"
#include "parsers/csv_line.h"
#include "parsers/csv_probe.h"
#include "parsers/intern.h"
#include "parsers/limits.h"
#include "parsers/text_parser.h"

#define SHAPE "csv"
#define BAD_NUMBER "malformed number"

/* A series of a long table. */
struct series {
    struct metric_name metric;
    struct slice shape;
};

struct csv {
    struct text_parser text;
    struct csv_columns columns;
    bool has_header;
    /* The row at hand. */
    const struct text_line *line;
    const char *cell;        /* in it */
    const char *reason, *at; /* the first fault of it */
    enum moment_kind time_kind;
    int64_t time_ns, pid;
    struct text instance, name;
    double number;
    bool has_number;
    struct sample_value *values;
    size_t value_count, value_capacity;
    struct intern series_names;
    struct series *series;
    size_t series_count, series_capacity;
};

static void fault(struct csv *c, const char *reason)
{
    if (c->reason)
        return;
    c->reason = reason;
    c->at = c->cell;
}

static void take_time(struct csv *c, const struct csv_column *column, struct slice text)
{
    enum moment_kind kind;
    int64_t time_ns;
    double seconds;

    if (csv_is_missing(text))
        return;
    if (column->kind == CSV_OFFSET) {
        if (c->time_kind == MOMENT_UNKNOWN &&
            csv_number(text, c->columns.separator, &seconds) && isfinite(seconds)) {
            c->time_kind = MOMENT_PROCESS;
            c->time_ns = num_i64_of_double(seconds * (double)NS_PER_S);
        }
        return;
    }
    if (!csv_time(text, &kind, &time_ns)) {
        fault(c, "malformed time");
        return;
    }
    c->time_kind = kind;
    c->time_ns = time_ns;
}

/* A number, or a size with its unit in a column that has bytes in it, or nothing so far.
 */
static bool read_number(const struct csv *c, struct csv_column *column, struct slice text,
                        double *value)
{
    if (csv_number(text, c->columns.separator, value))
        return true;
    if (!csv_size(text, value))
        return false;
    if (column->is_new && column->metric.unit == UNIT_NONE)
        column->metric.unit = UNIT_BYTES;
    return column->metric.unit == UNIT_BYTES;
}

/* A column of text is nothing to us, one of numbers that begins with text is damaged:
 * which it is shows with its first number. */
static void note_text(const struct csv *c, struct csv_column *column)
{
    if (column->text_count++ > 0)
        return;
    column->text_offset_bytes =
        c->line->offset_bytes + (uint64_t)(c->cell - c->line->text.ptr);
    column->text_line = c->line->number;
}

static void begin_numbers(struct csv *c, struct csv_column *column)
{
    column->is_new = false;
    for (uint64_t i = 0; i < column->text_count; i++)
        diag_skip(c->text.diag, column->text_offset_bytes, column->text_line,
                  (struct slice){0}, BAD_NUMBER);
}

static void take_value(struct csv *c, struct csv_column *column, struct slice text)
{
    struct csv_group *group;
    double value;

    if (csv_is_missing(text))
        return;
    if (!read_number(c, column, text, &value)) {
        if (column->is_new)
            note_text(c, column);
        else
            fault(c, BAD_NUMBER);
        return;
    }
    if (column->is_new)
        begin_numbers(c, column);
    if (csv_is_too_large(text, value))
        fault(c, "number too large");
    value = metric_name_value(&column->metric, value);
    if (isnan(value))
        return;
    group = &c->columns.groups[column->group];
    c->value_count++;
    c->values[group->first_index + group->count++] = (struct sample_value){
        column->metric.metric, column->metric.name, column->metric.unit, value};
}

static void take_cell(struct csv *c, struct csv_column *column,
                      const struct csv_field *field)
{
    struct slice text = csv_field_text(field, &c->columns.scratch);
    uint64_t pid;

    c->cell = field->text.ptr;
    switch (column->kind) {
    case CSV_TIME:
    case CSV_OFFSET:
        take_time(c, column, text);
        break;
    case CSV_VALUE:
        take_value(c, column, text);
        break;
    case CSV_INSTANCE:
        if (text.len && c->instance.len)
            text_put_char(&c->instance, '/');
        text_put(&c->instance, slice_first(text, LIMIT_CSV_NAME_BYTES));
        break;
    case CSV_PID:
        if (num_parse_u64(text, &pid) && pid <= INT32_MAX)
            c->pid = (int64_t)pid;
        break;
    case CSV_SERIES:
        text_put(&c->name, text);
        break;
    case CSV_NUMBER:
        c->has_number = csv_number(text, c->columns.separator, &c->number);
        if (!c->has_number && !csv_is_missing(text))
            fault(c, BAD_NUMBER);
        else if (c->has_number && csv_is_too_large(text, c->number))
            fault(c, "number too large");
        break;
    case CSV_TEXT:
        break;
    }
}

/* The series of a long table's row; NULL when there are too many. */
static const struct series *find_series(struct csv *c)
{
    struct slice name = {c->name.ptr, c->name.len};
    uint32_t number = intern_put(&c->series_names, name.ptr, name.len);
    struct series *s;
    char *copy;

    if (number == INTERN_NONE || number < c->series_count)
        return number == INTERN_NONE ? NULL : &c->series[number];
    c->series =
        mem_grow(c->series, &c->series_capacity, c->series_count + 1, sizeof *c->series);
    s = &c->series[c->series_count++];
    copy = pool_alloc(&c->columns.names, sizeof SHAPE + name.len);
    memcpy(copy, SHAPE " ", sizeof SHAPE);
    if (name.len)
        memcpy(copy + sizeof SHAPE, name.ptr, name.len);
    s->shape = slice_of(copy, sizeof SHAPE + name.len);
    s->metric = metric_name_any(slice_after(s->shape, sizeof SHAPE));
    return s;
}

static const char *hand_on(struct csv *c, struct slice shape,
                           const struct sample_value *values, size_t count,
                           const struct csv_group *of)
{
    struct sample sample = sample_empty();

    sample.shape = shape;
    sample.subject = of->subject;
    sample.instance = slice_of(c->instance.ptr, c->instance.len);
    sample.program = of->program;
    sample.time_kind = c->time_kind;
    sample.time_ns = c->time_ns;
    sample.pid = c->pid;
    sample.values = values;
    sample.count = count;
    return c->text.sink->sample(c->text.sink->user, &sample);
}

static const char *hand_on_long(struct csv *c)
{
    const struct series *s;
    struct sample_value v;

    if (c->name.len == 0)
        return "row without the name of its series";
    if (c->name.len > LIMIT_CSV_NAME_BYTES)
        return "the name of a series is too long";
    if (!c->has_number)
        return NULL;
    s = find_series(c);
    if (!s)
        return "more series than one input may have";
    v = (struct sample_value){s->metric.metric, s->metric.name, s->metric.unit,
                              metric_name_value(&s->metric, c->number)};
    return isnan(v.value) ? NULL : hand_on(c, s->shape, &v, 1, &c->columns.groups[0]);
}

/* A sample for each that the row tells of; the first reason against one. */
static const char *hand_on_groups(struct csv *c)
{
    const char *reason = NULL;
    size_t own_len = c->instance.len;

    for (size_t i = 0; i < c->columns.group_count; i++) {
        const struct csv_group *g = &c->columns.groups[i];
        const char *why;

        if (g->count == 0)
            continue;
        if (own_len && g->instance.len)
            text_put_char(&c->instance, '/');
        text_put(&c->instance, g->instance);
        why = hand_on(c, SLICE(SHAPE), c->values + g->first_index, g->count, g);
        reason = reason ? reason : why;
        c->instance.len = own_len;
    }
    return reason;
}

static void start_row(struct csv *c)
{
    c->reason = c->at = NULL;
    c->time_kind = MOMENT_UNKNOWN;
    c->time_ns = 0;
    c->pid = -1;
    c->has_number = false;
    c->value_count = 0;
    for (size_t i = 0; i < c->columns.group_count; i++)
        c->columns.groups[i].count = 0;
    text_clear(&c->instance);
    text_clear(&c->name);
}

static const char *check_count(const struct csv *c, size_t count)
{
    if (count == c->columns.count)
        return NULL;
    return count > c->columns.count ? "more fields than columns"
                                    : "fewer fields than columns";
}

/* Hands on what is good of the row; NULL, or why that is nothing. */
static const char *end_row(struct csv *c, size_t count, bool is_open)
{
    if (is_open)
        return "field without its closing quote";
    /* Its last field may have lost digits. */
    if (c->line->is_cut && count < c->columns.count)
        return check_count(c, count);
    if (c->columns.has_time && c->time_kind == MOMENT_UNKNOWN)
        return c->reason ? c->reason : "row without a time";
    if (c->columns.is_long)
        return hand_on_long(c);
    return c->value_count ? hand_on_groups(c) : NULL;
}

static void take_row(struct csv *c, const struct text_line *line)
{
    struct csv_line l = csv_line_of(line->text, c->columns.separator);
    struct csv_field field;
    const char *reason;
    size_t count = 0;

    start_row(c);
    c->line = line;
    while (csv_line_next(&l, &field)) {
        if (count < c->columns.count)
            take_cell(c, &c->columns.items[count], &field);
        count++;
    }
    reason = end_row(c, count, l.is_open);
    if (check_count(c, count) && !l.is_open)
        reason = check_count(c, count);
    if (reason)
        c->at = NULL;
    else
        reason = c->reason;
    if (reason)
        text_line_skip(c->text.diag, line, c->at ? c->at : line->text.ptr, reason);
}

static void take_line(void *user, const struct text_line *line)
{
    struct csv *c = user;
    const char *reason;

    if (text_trim(line->text).len == 0 || csv_is_comment(line->text))
        return;
    if (c->has_header) {
        take_row(c, line);
        return;
    }
    reason = csv_columns_set(&c->columns, line->text);
    c->has_header = !reason;
    if (!reason)
        c->values =
            mem_grow(c->values, &c->value_capacity, c->columns.count, sizeof *c->values);
    if (reason)
        text_line_skip(c->text.diag, line, line->text.ptr, reason);
}

static bool csv_open(void *state, const struct sink *sink, struct diag *diag)
{
    struct csv *c = state;

    text_parser_open(&c->text, sink, diag, take_line);
    c->series_names.max_bytes = LIMIT_PROMETHEUS_KEYS_BYTES;
    c->series_names.max_count = LIMIT_PROMETHEUS_SERIES;
    return true;
}

static bool csv_finish(void *state, struct err *err)
{
    struct csv *c = state;

    (void)err;
    text_parser_finish(&c->text);
    return true;
}

static void csv_close(void *state)
{
    struct csv *c = state;

    text_parser_close(&c->text);
    csv_columns_finish(&c->columns);
    text_finish(&c->instance);
    text_finish(&c->name);
    intern_finish(&c->series_names);
    free(c->values);
    free(c->series);
}

const struct parser_ops csv_parser = {
    .name = "csv",
    .about = "tables with a line of names: CSV with commas, semicolons or tabs",
    .sign = "a line of names, then lines of as many fields, numbers among them",
    .example = "time,heap.alloc,goroutines",
    .growth = PARSER_LINES,
    .state_bytes = sizeof(struct csv),
    .probe = csv_probe,
    .open = csv_open,
    .feed = text_parser_feed,
    .finish = csv_finish,
    .close = csv_close,
};
