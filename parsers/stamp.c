#include "parsers/stamp.h"

#include "model/units.h"

#define DATE_LEN 10 /* 2026-11-21 */
#define TIME_LEN 8  /* 02:03:57 */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* `pattern`: '0' is any digit, anything else itself. */
static bool matches(struct slice s, struct slice pattern)
{
    if (s.len < pattern.len)
        return false;
    for (size_t i = 0; i < pattern.len; i++) {
        if (pattern.ptr[i] == '0' ? !is_digit(s.ptr[i]) : s.ptr[i] != pattern.ptr[i])
            return false;
    }
    return true;
}

static int two(const char *p)
{
    return (p[0] - '0') * 10 + (p[1] - '0');
}

static bool is_date_time(struct slice s)
{
    return matches(s, SLICE("0000-00-00T00:00:00")) ||
           matches(s, SLICE("0000-00-00 00:00:00")) ||
           matches(s, SLICE("0000/00/00 00:00:00"));
}

bool stamp_is_here(struct slice text)
{
    return is_date_time(text);
}

/* ".853114" or ",853": moves *s past it. */
static int64_t take_fraction(struct slice *s, int64_t *step_ns)
{
    int64_t ns = 0, step = NS_PER_S;
    size_t i = 1;

    *step_ns = NS_PER_S;
    if (s->len < 2 || (s->ptr[0] != '.' && s->ptr[0] != ',') || !is_digit(s->ptr[1]))
        return 0;
    for (; i < s->len && is_digit(s->ptr[i]); i++) {
        step /= 10; /* 0 past the ninth digit: finer than we keep */
        ns += step * (s->ptr[i] - '0');
        if (step)
            *step_ns = step;
    }
    *s = slice_after(*s, i);
    return ns;
}

static int64_t take_zone(struct slice *s)
{
    int64_t sign, minutes;
    bool has_colon;

    if (s->len && s->ptr[0] == 'Z') {
        *s = slice_after(*s, 1);
        return 0;
    }
    has_colon = matches(slice_first(slice_after(*s, s->len ? 1 : 0), 5), SLICE("00:00"));
    if (!s->len || (s->ptr[0] != '+' && s->ptr[0] != '-') ||
        (!has_colon && !matches(slice_after(*s, 1), SLICE("0000"))))
        return 0;
    sign = s->ptr[0] == '-' ? -1 : 1;
    minutes = two(s->ptr + 1) * 60 + two(s->ptr + (has_colon ? 4 : 3));
    *s = slice_after(*s, has_colon ? 6 : 5);
    return sign * minutes * 60 * NS_PER_S;
}

/* "<6>" of the journal, "[" of many. */
static size_t opening(struct slice line)
{
    if (line.len > 3 && line.ptr[0] == '<' && is_digit(line.ptr[1]) && line.ptr[2] == '>')
        return 3;
    return line.len && line.ptr[0] == '[';
}

static bool in_range(const char *p)
{
    int year = two(p) * 100 + two(p + 2), month = two(p + 5), day = two(p + 8);

    /* What int64 nanoseconds can hold. */
    return year >= 1970 && year <= 2261 && month >= 1 && month <= 12 && day >= 1 &&
           day <= 31 && two(p + DATE_LEN + 1) < 24 && two(p + DATE_LEN + 4) < 60 &&
           two(p + DATE_LEN + 7) <= 60;
}

bool stamp_parse(struct slice line, struct stamp *out)
{
    struct slice s = slice_after(line, opening(line));
    const char *p = s.ptr;
    int64_t seconds, fraction, zone;

    /* Most lines that are asked about are gctrace lines: one look at the first byte. */
    if (!s.len || !is_digit(p[0]) || !is_date_time(s) || !in_range(p))
        return false;
    seconds =
        two(p + DATE_LEN + 1) * 3600 + two(p + DATE_LEN + 4) * 60 + two(p + DATE_LEN + 7);
    s = slice_after(s, DATE_LEN + 1 + TIME_LEN);
    fraction = take_fraction(&s, &out->step_ns);
    zone = take_zone(&s);
    out->unix_ns = unit_unix_ns(two(p) * 100 + two(p + 2), two(p + 5), two(p + 8),
                                seconds * NS_PER_S + fraction) -
                   zone;
    out->len = line.len - s.len;
    return true;
}

static size_t skip_stream_tag(struct slice s)
{
    static const struct slice tags[] = {
        {"stderr F ", 9}, {"stdout F ", 9}, {"stderr P ", 9}, {"stdout P ", 9}};

    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
        if (slice_starts(s, tags[i]))
            return tags[i].len;
    }
    return 0;
}

size_t stamp_skip(struct slice line)
{
    struct stamp stamp;
    size_t at;

    if (!stamp_parse(line, &stamp))
        return 0;
    at = stamp.len;
    while (at < line.len && (line.ptr[at] == ' ' || line.ptr[at] == ']'))
        at++;
    return at + skip_stream_tag(slice_after(line, at));
}
