#include "parsers/number_table.h"

#include <math.h>
#include <stdlib.h>

#include "model/base/mem.h"
#include "model/base/num.h"
#include "parsers/csv_line.h"
#include "parsers/csv_probe.h"
#include "parsers/limits.h"
#include "parsers/text_line.h"

/* Where in the input a row stands. */
struct place {
    struct slice text; /* all of the line */
    uint64_t offset_bytes, line;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static void complain(struct number_table *t, const struct place *at, const char *where,
                     const char *reason)
{
    size_t skip = where ? (size_t)(where - at->text.ptr) : 0;

    diag_skip(t->diag, at->offset_bytes + skip, at->line, slice_after(at->text, skip),
              reason);
}

/* The field's number; NaN, and false, when it is none. */
static bool parse_field(struct number_table *t, const struct csv_field *field,
                        double *out)
{
    struct slice text = csv_field_text(field, &t->scratch);

    if (!csv_is_missing(text) && !csv_number(text, t->separator, out)) {
        *out = NAN;
        return false;
    }
    if (csv_is_missing(text))
        *out = NAN;
    return true;
}

/* --- the first line --- */

static bool is_word(struct slice text, const char *word)
{
    size_t i = 0;

    for (; i < text.len && word[i]; i++) {
        char c = text.ptr[i];

        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        if (c != word[i])
            return false;
    }
    return i == text.len && !word[i];
}

static char *name_of(struct slice text)
{
    return text.len ? mem_dup_slice(slice_first(text, LIMIT_CSV_NAME_BYTES)) : NULL;
}

static void add_column(struct number_table *t, char *name, size_t *room)
{
    t->columns = mem_grow(t->columns, room, t->column_count + 1, sizeof *t->columns);
    t->columns[t->column_count++] = (struct number_column){.name = name};
}

/* Are there names in it, and not one number? */
static bool is_header(struct number_table *t, struct slice line)
{
    struct csv_line fields = csv_line_of(line, t->separator);
    bool has_name = false;
    struct csv_field field;
    double number;

    while (csv_line_next(&fields, &field)) {
        struct slice text = csv_field_text(&field, &t->scratch);

        if (csv_is_missing(text))
            continue;
        if (csv_number(text, t->separator, &number))
            return false;
        has_name = true;
    }
    return has_name;
}

/* The columns there are, by the first line. A lone column is values whatever its name. */
static void know_columns(struct number_table *t, const struct place *at)
{
    struct csv_line fields;
    struct csv_field field;
    size_t room = 0, count = 0;

    t->is_known = true;
    t->separator = csv_separator(at->text);
    t->has_names = is_header(t, at->text);
    fields = csv_line_of(at->text, t->separator);
    while (csv_line_next(&fields, &field)) {
        struct slice text = csv_field_text(&field, &t->scratch);

        if (count++ == 0 && t->has_names && t->separator &&
            (is_word(text, "t") || is_word(text, "time"))) {
            t->has_axis = true;
            continue;
        }
        if (t->column_count == LIMIT_CSV_COLUMNS) {
            complain(t, at, field.text.ptr, "more columns than are read");
            break;
        }
        add_column(t, t->has_names ? name_of(text) : NULL, &room);
    }
    t->is_axis_open = t->has_names && !t->has_axis && t->column_count > 1;
}

/* Dates under another name than "time": the first row tells. */
static void find_axis(struct number_table *t, struct slice line)
{
    struct csv_line fields = csv_line_of(line, t->separator);
    struct csv_field field;
    double number;

    t->is_axis_open = false;
    if (!csv_line_next(&fields, &field) || parse_field(t, &field, &number))
        return;
    t->has_axis = true;
    free(t->columns[0].name);
    for (size_t i = 1; i < t->column_count; i++)
        t->columns[i - 1] = t->columns[i];
    t->column_count--;
}

/* --- rows --- */

static void fill_full(struct number_table *t, const struct place *at)
{
    t->is_full = true;
    err_set(&t->full, at->offset_bytes, at->line,
            "more than %llu values; the rest is left out",
            (unsigned long long)LIMIT_NUMBER_TABLE_VALUES);
}

/* Room for one more row; false when the limit is reached. */
static bool make_room(struct number_table *t, const struct place *at)
{
    size_t most = LIMIT_NUMBER_TABLE_VALUES / t->column_count, capacity = t->capacity;

    if (t->row_count < t->capacity)
        return true;
    if (t->row_count >= most) {
        fill_full(t, at);
        return false;
    }
    for (size_t i = 0; i < t->column_count; i++) {
        capacity = t->capacity;
        t->columns[i].values = mem_grow_huge(t->columns[i].values, &capacity,
                                             t->row_count + 1, sizeof(double));
    }
    t->capacity = capacity;
    return true;
}

/* The row from its column `first` on, at text that has not been looked at. */
static void take_fields(struct number_table *t, const struct place *at, struct slice rest,
                        size_t first)
{
    struct csv_line fields = csv_line_of(rest, t->separator);
    size_t i = first;
    struct csv_field field;

    while (csv_line_next(&fields, &field)) {
        double value = NAN;

        if (i == t->column_count) {
            if (field.text.len > 0)
                complain(t, at, field.text.ptr, "more fields than columns");
            return;
        }
        if (!parse_field(t, &field, &value))
            complain(t, at, field.text.ptr, "not a number");
        else if (csv_is_too_large(field.text, value))
            complain(t, at, field.text.ptr, "number too large");
        t->columns[i++].values[t->row_count] = isfinite(value) ? value : NAN;
    }
    if (i < t->column_count)
        complain(t, at, NULL, "fewer fields than columns");
    for (; i < t->column_count; i++)
        t->columns[i].values[t->row_count] = NAN;
}

/* Behind the axis' field, which may be anything. */
static struct slice skip_axis(const struct number_table *t, struct slice line)
{
    struct csv_line fields = csv_line_of(line, t->separator);
    struct csv_field field;
    const char *stop;

    if (line.len > 0 && line.ptr[0] == '"') {
        (void)csv_line_next(&fields, &field);
        return fields.rest;
    }
    stop = memchr(line.ptr, t->separator, line.len);
    return stop ? slice_after(line, (size_t)(stop - line.ptr) + 1) : slice_of(NULL, 0);
}

/* Plain numbers and single separators, which most rows are made of; whatever else there
 * is, from that field on, is for take_fields. */
static void take_row(struct number_table *t, const struct place *at)
{
    struct slice rest = t->has_axis ? skip_axis(t, at->text) : at->text;
    size_t i = 0;

    while (i < t->column_count && rest.len > 0 &&
           (is_digit(rest.ptr[0]) || rest.ptr[0] == '-')) {
        struct slice number = rest;
        double value;

        if (!num_take_double(&number, &value))
            break;
        if (number.len == 0 && i + 1 == t->column_count) {
            t->columns[i].values[t->row_count++] = value;
            return;
        }
        if (number.len == 0 || number.ptr[0] != t->separator || i + 1 == t->column_count)
            break;
        t->columns[i++].values[t->row_count] = value;
        rest = slice_after(number, 1);
    }
    take_fields(t, at, rest, i);
    t->row_count++;
}

static void take_line(struct number_table *t, const struct place *at)
{
    if (csv_is_comment(at->text))
        return;
    if (!t->is_known) {
        if (text_trim(at->text).len == 0)
            return;
        know_columns(t, at);
        if (t->has_names)
            return;
    }
    /* An empty line of a single column is a missing value. */
    if (text_trim(at->text).len == 0 && (t->has_axis || t->column_count > 1))
        return;
    if (t->is_axis_open)
        find_axis(t, at->text);
    if (t->column_count > 0 && make_room(t, at))
        take_row(t, at);
}

/* A line over the limit is a row of which nothing is known. */
static void take_long_line(struct number_table *t, const struct lines_run *run)
{
    struct place at = {
        slice_first(run->bytes, DIAG_EXCERPT),
        run->offset_bytes,
        run->first_line,
    };

    if (!run->is_head)
        return;
    complain(t, &at, NULL, "line too long");
    at.text.len = 0;
    if (t->is_known && t->column_count > 0 && make_room(t, &at)) {
        for (size_t i = 0; i < t->column_count; i++)
            t->columns[i].values[t->row_count] = NAN;
        t->row_count++;
    }
}

static struct slice without_mark(struct slice text)
{
    return slice_starts(text, SLICE("\xEF\xBB\xBF")) ? slice_after(text, 3) : text;
}

static uint64_t take_run(void *user, const struct lines_run *run)
{
    struct number_table *t = user;
    struct slice rest = run->bytes;
    uint64_t newlines = 0;

    while (rest.len > 0) {
        const char *stop = memchr(rest.ptr, '\n', rest.len);
        size_t len = stop ? (size_t)(stop - rest.ptr) : rest.len;
        struct place at = {
            .text = text_line_content(slice_first(rest, len)),
            .line = run->first_line + newlines,
        };

        at.offset_bytes = run->offset_bytes + (size_t)(at.text.ptr - run->bytes.ptr);
        if (at.line == 1)
            at.text = without_mark(at.text);
        if (!t->is_full && !run->is_head && !t->is_in_long_line)
            take_line(t, &at);
        newlines += stop != NULL;
        rest = slice_after(rest, stop ? len + 1 : len);
    }
    if (run->is_head && !t->is_full)
        take_long_line(t, run);
    t->is_in_long_line = run->is_head;
    return newlines;
}

static bool is_well(const struct number_table *t, struct err *err)
{
    if (t->is_full)
        *err = t->full;
    return !t->is_full;
}

bool number_table_feed(struct number_table *t, struct slice bytes, struct err *err)
{
    lines_feed(&t->lines, bytes, take_run, t);
    return is_well(t, err);
}

bool number_table_finish(struct number_table *t, struct err *err)
{
    lines_finish(&t->lines, take_run, t);
    return is_well(t, err);
}

void number_table_close(struct number_table *t)
{
    for (size_t i = 0; i < t->column_count; i++) {
        free(t->columns[i].name);
        free(t->columns[i].values);
    }
    free(t->columns);
    lines_close(&t->lines);
    text_finish(&t->scratch);
    *t = (struct number_table){0};
}
