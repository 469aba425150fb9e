#include "parsers/stamp.h"

#include "model/base/compiler.h"
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

/* "+01:00", "+0100" or "+01" at the front of s: its length, and east of Greenwich in
 * minutes. 0: none of them. */
static size_t offset_zone(struct slice s, int64_t *minutes)
{
    static const struct {
        struct slice shape;
        size_t minute_at;
    } shapes[] = {
        {SLICE_INIT("00:00"), 3}, {SLICE_INIT("0000"), 2}, {SLICE_INIT("00"), 0}};

    if (!s.len || (s.ptr[0] != '+' && s.ptr[0] != '-'))
        return 0;
    for (size_t i = 0; i < COUNT_OF(shapes); i++) {
        const char *p = s.ptr + 1;
        size_t len = 1 + shapes[i].shape.len;

        if (!matches(slice_after(s, 1), shapes[i].shape))
            continue;
        if (s.len > len && is_digit(s.ptr[len]))
            return 0; /* a longer number: no zone */
        *minutes = two(p) * 60 + (shapes[i].minute_at ? two(p + shapes[i].minute_at) : 0);
        *minutes *= s.ptr[0] == '-' ? -1 : 1;
        return len;
    }
    return 0;
}

/* Names of zones are not unique; these are what date(1) and journalctl print for most
 * of the machines there are. Any other name is text, and the time then UTC. */
static size_t named_zone(struct slice s, int64_t *minutes)
{
    static const struct {
        struct slice name;
        int minutes;
    } zones[] = {
        {SLICE_INIT("UTC"), 0},    {SLICE_INIT("GMT"), 0},    {SLICE_INIT("WET"), 0},
        {SLICE_INIT("CET"), 60},   {SLICE_INIT("BST"), 60},   {SLICE_INIT("WEST"), 60},
        {SLICE_INIT("CEST"), 120}, {SLICE_INIT("EET"), 120},  {SLICE_INIT("EEST"), 180},
        {SLICE_INIT("MSK"), 180},  {SLICE_INIT("IST"), 330},  {SLICE_INIT("JST"), 540},
        {SLICE_INIT("AEST"), 600}, {SLICE_INIT("AEDT"), 660}, {SLICE_INIT("EST"), -300},
        {SLICE_INIT("EDT"), -240}, {SLICE_INIT("CST"), -360}, {SLICE_INIT("CDT"), -300},
        {SLICE_INIT("MST"), -420}, {SLICE_INIT("MDT"), -360}, {SLICE_INIT("PST"), -480},
        {SLICE_INIT("PDT"), -420},
    };

    for (size_t i = 0; i < COUNT_OF(zones); i++) {
        size_t len = zones[i].name.len;

        if (slice_starts(s, zones[i].name) &&
            (s.len == len || s.ptr[len] == ' ' || s.ptr[len] == ']')) {
            *minutes = zones[i].minutes;
            return len;
        }
    }
    return 0;
}

/* Zones that are set off by a blank: " +0100", " CET", " +0100 CET" (as Go prints). */
static int64_t take_far_zone(struct slice *s)
{
    struct slice at = slice_after(*s, 1);
    int64_t minutes = 0, name_minutes;
    size_t len;

    if (at.len && at.ptr[0] >= 'A' && at.ptr[0] <= 'Z') {
        len = named_zone(at, &minutes);
    } else {
        len = offset_zone(at, &minutes);
        /* " +01" or " -5" may be a figure of the text: here only four digits count. */
        if (len < 5 || (len < at.len && at.ptr[len] != ' ' && at.ptr[len] != ']'))
            return 0;
        at = slice_after(at, len);
        if (at.len && at.ptr[0] == ' ')
            len += named_zone(slice_after(at, 1), &name_minutes)
                       ? 1 + named_zone(slice_after(at, 1), &name_minutes)
                       : 0;
    }
    if (len)
        *s = slice_after(*s, 1 + len);
    return len ? minutes * 60 * NS_PER_S : 0;
}

static int64_t take_zone(struct slice *s)
{
    int64_t minutes = 0;
    size_t len;

    if (!s->len)
        return 0;
    if (s->ptr[0] == 'Z') {
        *s = slice_after(*s, 1);
        return 0;
    }
    if (s->ptr[0] == ' ')
        return take_far_zone(s);
    len = offset_zone(*s, &minutes);
    *s = slice_after(*s, len);
    return minutes * 60 * NS_PER_S;
}

/* "<6>" of the journal, "[" of many, and the key of a logfmt line. */
static size_t opening(struct slice line)
{
    static const struct slice keys[] = {SLICE_INIT("time=\""), SLICE_INIT("time="),
                                        SLICE_INIT("ts=\""), SLICE_INIT("ts=")};

    if (line.len > 3 && line.ptr[0] == '<' && is_digit(line.ptr[1]) && line.ptr[2] == '>')
        return 3;
    if (line.len && line.ptr[0] == 't') {
        for (size_t i = 0; i < COUNT_OF(keys); i++) {
            if (slice_starts(line, keys[i]))
                return keys[i].len;
        }
    }
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
    if (p > line.ptr && p[-1] == '"' && s.len && s.ptr[0] == '"')
        s = slice_after(s, 1);
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
    at += at < line.len && line.ptr[at] == ']';
    /* One blank: a torn record may go on with another. */
    at += at < line.len && line.ptr[at] == ' ';
    return at + skip_stream_tag(slice_after(line, at));
}
