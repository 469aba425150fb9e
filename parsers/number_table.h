/*
 * A table of numbers as columns of doubles: CSV of any kind, or one number a line.
 *
 * The separator is the one that the first line has most of (',' ';' or a tab). Where that
 * line has no number it holds the columns' names. A first column of several that is named
 * t or time, or that holds text below its name (dates), is the time axis: rows are in
 * order, so it is passed over. Comments ("# …", "sep=;") and, where a row has several
 * fields, empty lines are no rows.
 *
 * Shapes. An empty field, NaN, null and the like are a missing value, NaN here, and so
 * are a field that is no number, a field that a short row lacks and an infinity.
 *
 * Errors. What is no number is counted in the diag with its line, and the row stays, so
 * that indices are those of the file's rows. Beyond LIMIT_NUMBER_TABLE_VALUES the rest is
 * left out; number_table_feed then returns false with *err filled, and what was read
 * stands.
 */
#ifndef PARSERS_NUMBER_TABLE_H
#define PARSERS_NUMBER_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "model/base/compiler.h"
#include "model/base/diag.h"
#include "model/base/err.h"
#include "model/base/text.h"
#include "parsers/lines.h"

struct number_column {
    char *name; /* NULL = it has none */
    double *values;
};

/* Zero-initialise but for the diag. */
struct number_table {
    struct diag *diag;
    struct number_column *columns;
    size_t column_count, row_count;

    /* Its own business. */
    size_t capacity; /* rows */
    struct lines lines;
    struct text scratch;
    char separator; /* '\0' = one number a line */
    bool is_known;  /* what the columns are */
    bool has_names, is_axis_open;
    bool has_axis; /* the first field of a row is no value */
    bool is_in_long_line, is_full;
    struct err full;
};

MUST_USE bool number_table_feed(struct number_table *t, struct slice bytes,
                                struct err *err);
MUST_USE bool number_table_finish(struct number_table *t, struct err *err);
void number_table_close(struct number_table *t);

#endif
