#include "parsers/csv_probe.h"

#include "parsers/csv_columns.h"
#include "parsers/csv_line.h"
#include "parsers/limits.h"
#include "parsers/text_line.h"

/* Names are short and of few words; sentences with commas in them are not. */
#define NAME_BYTES 200u
#define NAME_BLANKS 3u

/* Rows that agree with the names before we are sure. */
#define ROWS_ENOUGH 3u

#define ODD_BLANKS 8u
#define ODD_DIGITS 5u

struct header {
    size_t count;
    char separator;
    bool has_time, is_long, has_number;
    bool is_odd; /* "p99 (ms)", "a=b", "100": could be of a program or a letter, too */
};

bool csv_is_comment(struct slice line)
{
    return slice_starts(line, SLICE("#")) || slice_starts(line, SLICE("sep="));
}

static bool is_name(const struct csv_field *field, bool *is_odd)
{
    static const char foreign[] = "{}[]<>=()!?";
    unsigned blanks = 0;
    enum moment_kind kind;
    int64_t time_ns;
    double number;

    if (field->text.len > NAME_BYTES)
        return false;
    /* A percentile or a size may name a column, a moment does not. */
    if (field->text.len <= ODD_DIGITS && csv_number(field->text, ',', &number))
        *is_odd = true;
    else if (csv_number(field->text, ',', &number) ||
             csv_time(field->text, &kind, &time_ns))
        return false;
    for (size_t i = 0; i < field->text.len; i++) {
        char c = field->text.ptr[i];

        if ((unsigned char)c < ' ')
            return false;
        *is_odd |= !field->is_quoted && strchr(foreign, c);
        blanks += c == ' ';
    }
    *is_odd |= !field->is_quoted && blanks > NAME_BLANKS;
    /* "Name:\tprometheus" is a line of /proc/PID/status. */
    return field->is_quoted ||
           (blanks <= ODD_BLANKS && !slice_ends(field->text, SLICE(":")));
}

/* JSON, HTML and the like: no table, whatever follows. */
static bool is_markup(struct slice line)
{
    return line.len && strchr("{[<", line.ptr[0]);
}

/* May more bytes make it a line of names? */
static bool may_become_header(struct slice line)
{
    bool is_odd = false;

    return !is_markup(line) && is_name(&(struct csv_field){.text = line}, &is_odd);
}

static bool read_header(struct slice line, struct header *h)
{
    struct csv_line l;
    struct csv_field field;
    bool has_series = false, has_value = false;
    double number;

    *h = (struct header){.separator = csv_separator(line)};
    if (!h->separator || is_markup(line))
        return false;
    l = csv_line_of(line, h->separator);
    while (csv_line_next(&l, &field)) {
        enum csv_kind kind = csv_kind_of(field.text);

        /* An index column has no name; only the first may lack one. */
        if (!is_name(&field, &h->is_odd) || (field.text.len == 0 && h->count > 0))
            return false;
        h->has_number |= csv_number(field.text, ',', &number);
        h->has_time |= kind == CSV_TIME || kind == CSV_OFFSET;
        has_series |= kind == CSV_SERIES;
        has_value |= kind == CSV_NUMBER;
        h->count++;
    }
    h->is_long = has_series && has_value;
    return !l.is_open && h->count >= 2;
}

/* As many cells as names, some of them numbers. */
static bool fits(struct slice line, const struct header *h)
{
    struct csv_line l = csv_line_of(line, h->separator);
    struct csv_field field;
    size_t count = 0, numbers = 0, texts = 0;
    enum moment_kind kind;
    int64_t time_ns;
    double value;

    while (csv_line_next(&l, &field)) {
        count++;
        if (csv_is_missing(field.text))
            continue;
        if (csv_number(field.text, h->separator, &value) ||
            csv_size(field.text, &value) || csv_time(field.text, &kind, &time_ns))
            numbers++;
        else
            texts++;
    }
    if (count != h->count)
        return false;
    /* Numbers under numbers are a table without a header. */
    if (h->is_odd && !h->has_time)
        return texts == 0 && numbers >= 2 && !h->has_number;
    return numbers > 0 && texts <= numbers + 2;
}

/* The next line that is no comment, without blanks at its ends. */
static struct slice next_line(struct slice *head, bool is_whole, bool *is_cut)
{
    struct slice line = {0};

    *is_cut = false;
    while (head->len && line.len == 0) {
        struct slice rest;

        line = text_line_first(*head, &rest);
        *is_cut = rest.len == 0 && !is_whole && head->ptr[head->len - 1] != '\n';
        line = text_trim(line);
        if (csv_is_comment(line))
            line.len = 0;
        *head = rest;
    }
    return line;
}

enum probe csv_probe(struct slice head, bool is_whole)
{
    struct header h;
    struct slice line;
    bool is_cut, has_more = !is_whole && head.len < LIMIT_PROBE_BYTES;
    unsigned good = 0, bad = 0;

    if (slice_starts(head, SLICE("\xef\xbb\xbf")))
        head = slice_after(head, 3);
    line = next_line(&head, is_whole, &is_cut);
    if (line.len == 0)
        return has_more ? PROBE_NEED_MORE : PROBE_NO;
    if (!read_header(line, &h))
        return has_more && is_cut && may_become_header(line) ? PROBE_NEED_MORE : PROBE_NO;
    while (!is_cut && good + bad < 16) {
        line = next_line(&head, is_whole, &is_cut);
        if (line.len == 0 || is_cut)
            break;
        if (fits(line, &h))
            good++;
        else
            bad++;
    }
    if (bad > good || (h.is_odd && bad > 0))
        return PROBE_NO;
    if (good >= ROWS_ENOUGH || (good && !has_more))
        return h.has_time && bad == 0 ? PROBE_CERTAIN : PROBE_LIKELY;
    return has_more ? PROBE_NEED_MORE : PROBE_NO;
}
