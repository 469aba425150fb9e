/*
 * One line of comma-separated values, field by field.
 *
 * Source: RFC 4180, and what spreadsheets write: ";" or a tab between fields, too. A
 * field in quotes holds no line end here: a line is a record.
 */
#ifndef PARSERS_CSV_LINE_H
#define PARSERS_CSV_LINE_H

#include <stdbool.h>

#include "model/base/slice.h"
#include "model/base/text.h"

struct csv_line {
    struct slice rest; /* from the field that comes next on */
    char separator;
    bool is_done; /* the last field was given */
    bool is_open; /* … and it has a quote that does not end */
};

struct csv_field {
    struct slice text; /* without quotes and the blanks around it */
    bool is_quoted;
    bool has_quotes; /* "" stands in it for a quote */
};

struct csv_line csv_line_of(struct slice line, char separator);

/* False when there is none left. */
bool csv_line_next(struct csv_line *l, struct csv_field *out);

/* Its text, into `scratch` where it must change. */
struct slice csv_field_text(const struct csv_field *field, struct text *scratch);

/* The separator that the line has most of, outside quotes: ',' ';' or a tab; 0 = none. */
char csv_separator(struct slice line);

/* "", "NaN", "null", "NA": nothing was measured. */
bool csv_is_missing(struct slice text);

/* A number, with a decimal comma where fields are not separated by commas. */
bool csv_number(struct slice text, char separator, double *value);

/* "100 MiB", "1.5GB": bytes. */
bool csv_size(struct slice text, double *value);

/* Did digits become an infinity? "+Inf" is a value that is missing. */
bool csv_is_too_large(struct slice text, double value);

#endif
