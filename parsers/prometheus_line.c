#include "parsers/prometheus_line.h"

#include <math.h>

#include "model/base/compiler.h"
#include "model/base/num.h"

/* Seconds and milliseconds since 1970: half a decade of powers of ten around today. */
#define SECONDS_MIN UINT64_C(1000000000)
#define SECONDS_MAX UINT64_C(31622776601)
#define MS_MIN UINT64_C(1000000000000)
#define MS_MAX UINT64_C(31622776601000)

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' ||
           (c >= '0' && c <= '9');
}

bool prometheus_is_name(struct slice name)
{
    size_t len = 0;

    if (name.len == 0 || (name.ptr[0] >= '0' && name.ptr[0] <= '9'))
        return false;
    while (len < name.len && is_name_char(name.ptr[len]))
        len++;
    return len == name.len;
}

static void skip_blanks(struct slice *s)
{
    while (s->len && is_blank(s->ptr[0]))
        *s = slice_after(*s, 1);
}

static struct slice take_name(struct slice *s)
{
    size_t len = 0;

    if (s->len && s->ptr[0] >= '0' && s->ptr[0] <= '9')
        return slice_first(*s, 0);
    while (len < s->len && is_name_char(s->ptr[len]))
        len++;
    *s = slice_after(*s, len);
    return slice_of(s->ptr - len, len);
}

/* Behind a quote; false when the line ends before the other one. */
static bool take_quoted(struct slice *s, struct slice *out)
{
    size_t len = 1;

    while (len < s->len && s->ptr[len] != '"')
        len += s->ptr[len] == '\\' && len + 1 < s->len ? 2 : 1;
    if (len >= s->len)
        return false;
    *out = slice_of(s->ptr + 1, len - 1);
    *s = slice_after(*s, len + 1);
    return true;
}

static bool take_char(struct slice *s, char c)
{
    skip_blanks(s);
    if (s->len == 0 || s->ptr[0] != c)
        return false;
    *s = slice_after(*s, 1);
    return true;
}

/* A label, or a name in quotes. */
static const char *take_item(struct slice *s, struct prometheus_line *out,
                             struct prometheus_labels *labels)
{
    bool is_quoted = s->len && s->ptr[0] == '"';
    struct prometheus_label label = {0};

    if (is_quoted && !take_quoted(s, &label.name))
        return "label without its closing quote";
    if (!is_quoted)
        label.name = take_name(s);
    if (label.name.len == 0)
        return "expected a label name";
    if (!take_char(s, '=')) {
        if (!is_quoted || out->name.len)
            return "expected = behind a label name";
        out->name = label.name;
        return NULL;
    }
    skip_blanks(s);
    if (s->len == 0 || s->ptr[0] != '"')
        return "expected a label value in quotes";
    if (!take_quoted(s, &label.value))
        return "label without its closing quote";
    if (labels->count == LIMIT_PROMETHEUS_LABELS)
        return "more than 64 labels";
    labels->items[labels->count++] = label;
    return NULL;
}

static const char *take_labels(struct slice *s, struct prometheus_line *out,
                               struct prometheus_labels *labels)
{
    *s = slice_after(*s, 1);
    for (;;) {
        const char *reason;

        if (take_char(s, '}'))
            return NULL;
        reason = take_item(s, out, labels);
        if (reason)
            return reason;
        if (take_char(s, '}'))
            return NULL;
        if (!take_char(s, ','))
            return "expected , or } behind a label";
    }
}

static struct slice take_token(struct slice *s)
{
    size_t len = 0;

    while (len < s->len && !is_blank(s->ptr[len]))
        len++;
    *s = slice_after(*s, len);
    return slice_of(s->ptr - len, len);
}

const char *prometheus_line_rest(struct slice rest, struct prometheus_line *out,
                                 const char **at)
{
    skip_blanks(&rest);
    *at = rest.ptr;
    out->value = take_token(&rest);
    out->stamp = slice_first(rest, 0);
    out->has_exemplar = false;
    if (out->value.len == 0)
        return "sample without a value";
    skip_blanks(&rest);
    if (rest.len && rest.ptr[0] != '#')
        out->stamp = take_token(&rest);
    skip_blanks(&rest);
    *at = rest.ptr;
    if (rest.len == 0)
        return NULL;
    /* An exemplar is about one request out of thousands: no figure of the moment. */
    out->has_exemplar = rest.ptr[0] == '#';
    return out->has_exemplar ? NULL : "text behind the sample";
}

const char *prometheus_line_parse(struct slice line, struct prometheus_line *out,
                                  struct prometheus_labels *labels, const char **at)
{
    const char *start = line.ptr, *reason;

    *out = (struct prometheus_line){0};
    labels->count = 0;
    *at = start;
    out->name = take_name(&line);
    out->key = slice_of(start, out->name.len);
    skip_blanks(&line);
    *at = line.ptr;
    if (line.len && line.ptr[0] == '{') {
        reason = take_labels(&line, out, labels);
        *at = line.ptr;
        if (reason)
            return reason;
        out->key.len = (size_t)(line.ptr - start);
    }
    if (out->name.len == 0)
        return "malformed metric name";
    if (line.len && line.ptr == start + out->key.len && !is_blank(line.ptr[0]) &&
        out->key.ptr[out->key.len - 1] != '}')
        return "malformed metric name";
    return prometheus_line_rest(line, out, at);
}

static bool eq_any_case(struct slice s, struct slice small)
{
    if (s.len != small.len)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];

        if ((c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c) != small.ptr[i])
            return false;
    }
    return true;
}

bool prometheus_value(struct slice token, double *value)
{
    bool is_negative = token.len && token.ptr[0] == '-';

    if (num_parse_double(token, value))
        return true;
    if (token.len && (token.ptr[0] == '-' || token.ptr[0] == '+'))
        token = slice_after(token, 1);
    *value = is_negative ? -INFINITY : INFINITY;
    if (eq_any_case(token, SLICE("inf")) || eq_any_case(token, SLICE("infinity")))
        return true;
    *value = NAN;
    return eq_any_case(token, SLICE("nan"));
}

/* digits[.digits]: exact, to the nanosecond. */
static bool exact_decimal(struct slice s, uint64_t *whole, uint64_t *nano)
{
    const char *point = s.len ? memchr(s.ptr, '.', s.len) : NULL;
    size_t len = point ? (size_t)(point - s.ptr) : s.len;
    uint64_t scale = NS_PER_S / 10;

    if (!num_parse_u64(slice_first(s, len), whole))
        return false;
    *nano = 0;
    for (size_t i = len + 1; i < s.len; i++, scale /= 10) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
        *nano += (uint64_t)(s.ptr[i] - '0') * scale;
    }
    return true;
}

/* "1.7268398142239082e+09": as exact as it was written. */
static bool split_double(struct slice s, uint64_t *whole, uint64_t *nano)
{
    double value;

    if (!num_parse_double(s, &value) || !(value >= 0) || value >= (double)MS_MAX)
        return false;
    *whole = (uint64_t)value;
    *nano = (uint64_t)((value - floor(value)) * (double)NS_PER_S);
    return true;
}

bool prometheus_stamp(struct slice token, enum moment_kind *kind, int64_t *time_ns)
{
    uint64_t whole, nano;

    if (!exact_decimal(token, &whole, &nano) && !split_double(token, &whole, &nano))
        return false;
    *kind = MOMENT_WALL;
    if (whole < SECONDS_MAX) {
        *kind = whole < SECONDS_MIN ? MOMENT_PROCESS : MOMENT_WALL;
        if (whole > INT64_MAX / NS_PER_S - 1)
            return false;
        *time_ns = (int64_t)whole * NS_PER_S + (int64_t)nano;
        return true;
    }
    if (whole < MS_MIN || whole >= MS_MAX || whole > INT64_MAX / NS_PER_MS - 1)
        return false;
    *time_ns = (int64_t)whole * NS_PER_MS + (int64_t)nano / 1000;
    return true;
}

void prometheus_unescape(struct text *t, struct slice escaped)
{
    for (size_t i = 0; i < escaped.len; i++) {
        char c = escaped.ptr[i];

        if (c == '\\' && i + 1 < escaped.len) {
            c = escaped.ptr[++i];
            c = c == 'n' ? '\n' : c;
        }
        text_put_char(t, c);
    }
}
