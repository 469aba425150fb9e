#include "parsers/csv_line.h"

#include <math.h>

#include "model/base/compiler.h"
#include "model/base/num.h"
#include "model/units.h"
#include "parsers/prometheus_line.h"
#include "parsers/text_line.h"

struct csv_line csv_line_of(struct slice line, char separator)
{
    return (struct csv_line){.rest = line, .separator = separator};
}

/* Behind the quote that ends the field, or the line's end. */
static size_t quoted_length(struct slice s, struct csv_field *out, bool *is_open)
{
    size_t len = 1;

    for (; len < s.len; len++) {
        if (s.ptr[len] != '"')
            continue;
        if (len + 1 < s.len && s.ptr[len + 1] == '"') {
            out->has_quotes = true;
            len++;
        } else {
            out->text = slice_of(s.ptr + 1, len - 1);
            return len + 1;
        }
    }
    out->text = slice_after(s, 1);
    *is_open = true;
    return s.len;
}

bool csv_line_next(struct csv_line *l, struct csv_field *out)
{
    const char *stop;
    size_t len = 0;

    *out = (struct csv_field){0};
    if (l->is_done)
        return false;
    while (l->rest.len && l->rest.ptr[0] == ' ')
        l->rest = slice_after(l->rest, 1);
    if (l->rest.len && l->rest.ptr[0] == '"') {
        out->is_quoted = true;
        len = quoted_length(l->rest, out, &l->is_open);
        l->rest = slice_after(l->rest, len);
    }
    stop = l->rest.len ? memchr(l->rest.ptr, l->separator, l->rest.len) : NULL;
    len = stop ? (size_t)(stop - l->rest.ptr) : l->rest.len;
    if (!out->is_quoted)
        out->text = text_trim(slice_first(l->rest, len));
    l->is_done = !stop;
    l->rest = slice_after(l->rest, stop ? len + 1 : len);
    return true;
}

struct slice csv_field_text(const struct csv_field *field, struct text *scratch)
{
    if (!field->has_quotes)
        return field->text;
    text_clear(scratch);
    for (size_t i = 0; i < field->text.len; i++) {
        text_put_char(scratch, field->text.ptr[i]);
        i += field->text.ptr[i] == '"'; /* the second of two */
    }
    return slice_of(scratch->ptr, scratch->len);
}

char csv_separator(struct slice line)
{
    static const char separators[] = {',', ';', '\t'};
    size_t counts[COUNT_OF(separators)] = {0}, best = 0;
    bool is_quoted = false;

    for (size_t i = 0; i < line.len; i++) {
        is_quoted ^= line.ptr[i] == '"';
        for (size_t k = 0; k < COUNT_OF(separators) && !is_quoted; k++)
            counts[k] += line.ptr[i] == separators[k];
    }
    for (size_t k = 1; k < COUNT_OF(separators); k++)
        best = counts[k] > counts[best] ? k : best;
    return counts[best] ? separators[best] : '\0';
}

bool csv_is_missing(struct slice text)
{
    static const struct slice words[] = {
        SLICE_INIT(""),     SLICE_INIT("NaN"), SLICE_INIT("nan"),
        SLICE_INIT("null"), SLICE_INIT("NA"),  SLICE_INIT("N/A"),
        SLICE_INIT("NULL"), SLICE_INIT("-"),   SLICE_INIT("undefined"),
    };

    return slice_is_any(text, words, COUNT_OF(words));
}

bool csv_number(struct slice text, char separator, double *value)
{
    char copy[40];
    char *comma;

    if (prometheus_value(text, value))
        return true;
    if (separator == ',' || text.len > sizeof copy || text.len == 0)
        return false;
    memcpy(copy, text.ptr, text.len);
    comma = memchr(copy, ',', text.len);
    if (!comma)
        return false;
    *comma = '.';
    return num_parse_double(slice_of(copy, text.len), value);
}

bool csv_size(struct slice text, double *value)
{
    uint64_t bytes;

    /* "5K" may be anything. */
    if (!slice_ends(text, SLICE("B")) || !unit_parse_size(text, &bytes))
        return false;
    *value = (double)bytes;
    return true;
}

bool csv_is_too_large(struct slice text, double value)
{
    char last = text.len ? text.ptr[text.len - 1] : '\0';

    return isinf(value) && last >= '0' && last <= '9';
}
