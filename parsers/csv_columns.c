#include "parsers/csv_columns.h"

#include <stdlib.h>

#include "model/base/compiler.h"
#include "model/base/mem.h"
#include "parsers/csv_line.h"
#include "parsers/limits.h"
#include "parsers/moment_text.h"
#include "parsers/prometheus_line.h"
#include "parsers/prometheus_series.h"

#define WORD_BYTES 16

/* In small letters. */
static const struct {
    struct slice name;
    enum csv_kind kind;
} names[] = {
    {SLICE_INIT("t"), CSV_TIME},           {SLICE_INIT("time"), CSV_TIME},
    {SLICE_INIT("_time"), CSV_TIME},       {SLICE_INIT("timestamp"), CSV_TIME},
    {SLICE_INIT("@timestamp"), CSV_TIME},  {SLICE_INIT("ts"), CSV_TIME},
    {SLICE_INIT("date"), CSV_TIME},        {SLICE_INIT("datetime"), CSV_TIME},
    {SLICE_INIT("date/time"), CSV_TIME},   {SLICE_INIT("epoch"), CSV_TIME},
    {SLICE_INIT("unixtime"), CSV_TIME},    {SLICE_INIT("offset_s"), CSV_OFFSET},
    {SLICE_INIT("elapsed_s"), CSV_OFFSET}, {SLICE_INIT("namespace"), CSV_INSTANCE},
    {SLICE_INIT("pod"), CSV_INSTANCE},     {SLICE_INIT("container"), CSV_INSTANCE},
    {SLICE_INIT("job"), CSV_INSTANCE},     {SLICE_INIT("instance"), CSV_INSTANCE},
    {SLICE_INIT("service"), CSV_INSTANCE}, {SLICE_INIT("process"), CSV_INSTANCE},
    {SLICE_INIT("host"), CSV_INSTANCE},    {SLICE_INIT("hostname"), CSV_INSTANCE},
    {SLICE_INIT("pid"), CSV_PID},          {SLICE_INIT("series"), CSV_SERIES},
    {SLICE_INIT("metric"), CSV_SERIES},    {SLICE_INIT("_field"), CSV_SERIES},
    {SLICE_INIT("value"), CSV_NUMBER},     {SLICE_INIT("_value"), CSV_NUMBER},
};

enum csv_kind csv_kind_of(struct slice name)
{
    char word[WORD_BYTES];

    if (name.len > sizeof word)
        return CSV_VALUE;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];

        word[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (slice_eq(names[i].name, slice_of(word, name.len)))
            return names[i].kind;
    }
    return CSV_VALUE;
}

static struct slice text_of(const struct text *t)
{
    return slice_of(t->ptr, t->len);
}

static struct slice keep(struct csv_columns *c, struct slice s)
{
    char *copy = pool_alloc(&c->names, s.len + 1);

    if (s.len)
        memcpy(copy, s.ptr, s.len);
    return slice_of(copy, s.len);
}

static size_t find_group(struct csv_columns *c, const struct prometheus_series *s)
{
    struct slice instance = text_of(&s->instance);
    size_t i = 0;

    while (i < c->group_count && (c->groups[i].subject != s->subject ||
                                  !slice_eq(c->groups[i].instance, instance)))
        i++;
    if (i < c->group_count)
        return i;
    c->groups =
        mem_grow(c->groups, &c->group_capacity, c->group_count + 1, sizeof *c->groups);
    c->groups[c->group_count++] =
        (struct csv_group){.instance = keep(c, instance),
                           .program = keep(c, text_of(&s->program)),
                           .subject = s->subject};
    return i;
}

/* Of two columns that would be one of ours the first is. */
static bool has_metric(const struct csv_columns *c, size_t group, uint32_t metric)
{
    for (size_t i = 0; i < c->count; i++) {
        const struct csv_column *column = &c->items[i];

        if (column->has_labels && column->group == group &&
            column->metric.metric == metric)
            return true;
    }
    return false;
}

/* A name with labels, as Prometheus writes them; any other is left alone. */
static void take_labels(struct csv_columns *c, struct csv_column *column,
                        struct slice name)
{
    struct prometheus_series s = {0};
    struct prometheus_labels labels;
    struct prometheus_line line;
    const char *at;

    if (column->metric.metric < METRIC_COUNT || !slice_ends(name, SLICE("}")))
        return;
    text_clear(&c->scratch);
    text_put(&c->scratch, name);
    text_put_str(&c->scratch, " 0");
    if (prometheus_line_parse(slice_of(c->scratch.ptr, c->scratch.len), &line, &labels,
                              &at))
        return;
    prometheus_series_set(&s, line.name, &labels, true);
    column->group = find_group(c, &s);
    column->metric = s.metric;
    if (s.metric.metric == METRIC_COUNT)
        column->metric.name = keep(c, s.metric.name);
    else if (has_metric(c, column->group, s.metric.metric))
        column->metric = (struct metric_name){.metric = METRIC_COUNT,
                                              .name = keep(c, text_of(&s.full)),
                                              .unit = s.metric.unit,
                                              .scale = 1};
    column->has_labels = true;
    prometheus_series_finish(&s);
}

/* A row's values lie group by group. */
static void place_groups(struct csv_columns *c)
{
    size_t first = 0;

    for (size_t i = 0; i < c->count; i++)
        c->groups[c->items[i].group].count++;
    for (size_t i = 0; i < c->group_count; i++) {
        c->groups[i].first_index = first;
        first += c->groups[i].count;
        c->groups[i].count = 0;
    }
}

static size_t find_kind(const struct csv_columns *c, enum csv_kind kind)
{
    size_t i = 0;

    while (i < c->count && c->items[i].kind != kind)
        i++;
    return i;
}

/* A column that would tell series apart, or their times, without its partner is a figure
 * like any; of several time columns the first is the time. */
static void settle(struct csv_columns *c, const struct slice *fields)
{
    bool is_long =
        find_kind(c, CSV_SERIES) < c->count && find_kind(c, CSV_NUMBER) < c->count;
    size_t time = find_kind(c, CSV_TIME);

    c->is_long = is_long;
    c->has_time = time < c->count || find_kind(c, CSV_OFFSET) < c->count;
    for (size_t i = 0; i < c->count; i++) {
        struct csv_column *column = &c->items[i];

        if (!is_long && (column->kind == CSV_SERIES || column->kind == CSV_NUMBER))
            column->kind = CSV_VALUE;
        if (column->kind == CSV_TIME && i != time)
            column->kind = CSV_TEXT;
        if (column->kind != CSV_VALUE)
            continue;
        column->metric = metric_name_any(fields[i]);
        take_labels(c, column, fields[i]);
    }
    place_groups(c);
}

const char *csv_columns_set(struct csv_columns *c, struct slice line)
{
    char separator = csv_separator(line);
    struct csv_line l = csv_line_of(line, separator);
    struct slice *fields;
    struct csv_field field;
    const char *reason = NULL;
    const struct prometheus_series nobody = {.subject = SUBJECT_PROCESS};

    c->count = c->group_count = 0;
    (void)find_group(c, &nobody);
    c->separator = separator;
    if (!separator)
        return "a header of one column";
    fields = mem_alloc_array(LIMIT_CSV_COLUMNS, sizeof *fields);
    while (!reason && csv_line_next(&l, &field)) {
        struct slice text = csv_field_text(&field, &c->scratch);

        if (c->count == LIMIT_CSV_COLUMNS) {
            reason = "more columns than a session can name";
        } else if (text.len > LIMIT_CSV_NAME_BYTES) {
            reason = "the name of a column is too long";
        } else {
            fields[c->count] = keep(c, text);
            c->items = mem_grow(c->items, &c->capacity, c->count + 1, sizeof *c->items);
            c->items[c->count++] = (struct csv_column){
                .kind = text.len ? csv_kind_of(text) : CSV_TEXT, .is_new = true};
        }
    }
    if (!reason)
        settle(c, fields);
    free(fields);
    return reason;
}

void csv_columns_finish(struct csv_columns *c)
{
    free(c->items);
    free(c->groups);
    pool_finish(&c->names);
    text_finish(&c->scratch);
}

/* "2026-11-21": midnight. */
static bool parse_day(struct slice text, int64_t *time_ns)
{
    static const char midnight[] = "T00:00:00Z";
    char full[10 + sizeof midnight];

    if (text.len != 10)
        return false;
    memcpy(full, text.ptr, 10);
    memcpy(full + 10, midnight, sizeof midnight - 1);
    return unit_parse_rfc3339(slice_of(full, 10 + sizeof midnight - 1), time_ns);
}

bool csv_time(struct slice text, enum moment_kind *kind, int64_t *time_ns)
{
    *kind = MOMENT_WALL;
    if (moment_unix(text, time_ns) || unit_parse_rfc3339(text, time_ns))
        return true;
    if (text.len && text.ptr[0] >= '0' && text.ptr[0] <= '9' &&
        prometheus_stamp(text, kind, time_ns))
        return true;
    *kind = MOMENT_WALL;
    return parse_day(text, time_ns) || moment_parse(text, time_ns);
}
