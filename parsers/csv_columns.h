/*
 * What the columns of a CSV are, by the names in its first line.
 *
 * Two shapes: wide, a row a moment and a column a series; and long, a row a value, with a
 * column that names the series ("series", "metric"), as `heapreel export --format=csv`
 * writes it.
 */
#ifndef PARSERS_CSV_COLUMNS_H
#define PARSERS_CSV_COLUMNS_H

#include <stdbool.h>

#include "model/base/pool.h"
#include "model/base/slice.h"
#include "model/base/text.h"
#include "model/record.h"
#include "parsers/metric_names.h"

enum csv_kind {
    CSV_VALUE,
    CSV_TIME,     /* a date, Unix time, or seconds since the start */
    CSV_OFFSET,   /* seconds since the start, for rows without a time */
    CSV_INSTANCE, /* of a pod, a process …: tells series apart */
    CSV_PID,
    CSV_SERIES, /* long: the name of the series … */
    CSV_NUMBER, /* … and its value */
    CSV_TEXT,   /* nothing that can be drawn */
};

/* Whose figures they are, where the names of columns tell, as Grafana's do:
 * "go_goroutines{pod="a"}". The first group is of the names that do not. */
struct csv_group {
    struct slice instance, program;
    enum subject subject;
    size_t first_index, count; /* its room in a row's values */
};

struct csv_column {
    enum csv_kind kind;
    size_t group;
    struct metric_name metric; /* of CSV_VALUE */
    bool has_labels;           /* in its name */
    bool is_new;               /* no number was seen in it, only … */
    uint64_t text_count;       /* cells of text, the first of them there */
    uint64_t text_offset_bytes, text_line;
};

/* Zero-initialise. */
struct csv_columns {
    struct csv_column *items;
    size_t count, capacity;
    struct csv_group *groups;
    size_t group_count, group_capacity;
    char separator;
    bool is_long, has_time;
    struct pool names;
    struct text scratch;
};

/* NULL, or why the line heads no table. */
const char *csv_columns_set(struct csv_columns *c, struct slice line);
void csv_columns_finish(struct csv_columns *c);

/* What a column of that name is; CSV_NUMBER and CSV_SERIES only if the other is there. */
enum csv_kind csv_kind_of(struct slice name);

/* A cell of a time column. */
bool csv_time(struct slice text, enum moment_kind *kind, int64_t *time_ns);

#endif
