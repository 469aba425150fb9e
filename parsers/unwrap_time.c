/* Times as syslog, klog and loggers write them. */
#include "model/base/num.h"
#include "model/units.h"
#include "parsers/moment_text.h"
#include "parsers/stamp.h"
#include "parsers/text_line.h"
#include "parsers/unwrap_internal.h"

#define NS_PER_DAY (86400 * NS_PER_S)
#define YEAR_S INT64_C(31556952)

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int two(const char *p)
{
    return (p[0] - '0') * 10 + (p[1] - '0');
}

static bool is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/*
 * The last such day that is not after the reference. A day of grace: the stamp may be in
 * a zone ahead of the reference's, and clocks differ.
 */
static int64_t day_before(int64_t reference_ns, int month, int day)
{
    int64_t year = 1970 + reference_ns / NS_PER_S / YEAR_S + 1;
    int64_t latest_ns = num_sat_add_i64(reference_ns, NS_PER_DAY), ns;

    for (int tries = 0; tries < 9 && year > 1970; tries++, year--) {
        if (month == 2 && day == 29 && !is_leap(year))
            continue;
        ns = unit_unix_ns((int)year, month, day, 0);
        if (ns <= latest_ns)
            return ns;
    }
    return unit_unix_ns(1972, month, day, 0); /* a leap year */
}

/* "02:03:57", maybe with a fraction, and *s moved past it. */
static bool take_clock(struct slice *s, int64_t *ns, unsigned *digits)
{
    const char *p = s->ptr;
    int64_t scale = NS_PER_S;
    size_t at = 8;

    if (s->len < 8 || p[2] != ':' || p[5] != ':' || !is_digit(p[0]) || !is_digit(p[1]) ||
        !is_digit(p[3]) || !is_digit(p[4]) || !is_digit(p[6]) || !is_digit(p[7]))
        return false;
    if (two(p) > 23 || two(p + 3) > 59 || two(p + 6) > 60)
        return false;
    *ns = (two(p) * 3600 + two(p + 3) * 60 + two(p + 6)) * NS_PER_S;
    *digits = 0;
    if (s->len > 9 && p[8] == '.' && is_digit(p[9])) {
        for (at = 9; at < s->len && is_digit(p[at]); at++) {
            scale /= 10; /* 0 past the ninth digit */
            *ns += scale * (p[at] - '0');
            *digits += scale > 0;
        }
    }
    *s = slice_after(*s, at);
    return true;
}

static bool set_time(struct peel_context *c, struct peeled *out, int month, int day,
                     int64_t ns_of_day)
{
    if (month != c->short_month || day != c->short_day) {
        c->short_month = month;
        c->short_day = day;
        c->short_day_ns = day_before(c->reference_ns, month, day);
    }
    out->has_time = true;
    out->unix_ns = num_sat_add_i64(c->short_day_ns, ns_of_day);
    return true;
}

static int month_of(const char *p)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

    for (int i = 0; i < 12; i++) {
        if (memcmp(p, names + (size_t)i * 3, 3) == 0)
            return i + 1;
    }
    return 0;
}

bool short_stamp(struct peel_context *c, struct slice *s, struct peeled *out)
{
    struct slice rest = *s;
    const char *p = rest.ptr;
    int64_t ns_of_day;
    int month, day;

    if (rest.len < 15 || p[3] != ' ' || p[6] != ' ' || !is_digit(p[5]) ||
        !(is_digit(p[4]) || p[4] == ' '))
        return false;
    month = month_of(p);
    day = (p[4] == ' ' ? 0 : p[4] - '0') * 10 + (p[5] - '0');
    rest = slice_after(rest, 7);
    if (!month || day < 1 || day > 31 || !take_clock(&rest, &ns_of_day, &out->digits))
        return false;
    *s = rest;
    return set_time(c, out, month, day, ns_of_day);
}

bool klog_stamp(struct peel_context *c, struct slice *s, struct peeled *out)
{
    struct slice rest = *s;
    const char *p = rest.ptr;
    int64_t ns_of_day;

    if (rest.len < 13 || p[4] != ' ' || !is_digit(p[0]) || !is_digit(p[1]) ||
        !is_digit(p[2]) || !is_digit(p[3]))
        return false;
    rest = slice_after(rest, 5);
    if (two(p) < 1 || two(p) > 12 || two(p + 2) < 1 || two(p + 2) > 31 ||
        !take_clock(&rest, &ns_of_day, &out->digits))
        return false;
    *s = rest;
    return set_time(c, out, two(p), two(p + 2), ns_of_day);
}

/* "1795224984.5" is as exact as it has digits; ms and finer as their unit. */
static unsigned digits_of(struct slice number)
{
    const char *point = memchr(number.ptr, '.', number.len);
    size_t whole = point ? (size_t)(point - number.ptr) : number.len;
    size_t digits = whole >= 18   ? 9
                    : whole >= 15 ? 6
                    : whole >= 12 ? 3
                    : point       ? number.len - whole - 1
                                  : 0;

    return digits > 9 ? 9 : (unsigned)digits;
}

static bool number_stamp(struct slice text, struct peeled *out)
{
    double seconds;

    out->has_time = true;
    if (moment_unix(text, &out->unix_ns)) {
        out->digits = digits_of(text);
        return true;
    }
    /* "1.795224984e9", as encoders of floats may write it. */
    if (num_parse_double(text, &seconds) && seconds > 1e9 && seconds < 4e9) {
        out->unix_ns = num_i64_of_double(seconds * 1e9);
        out->digits = 6;
        return true;
    }
    out->has_time = false;
    return false;
}

bool any_stamp(struct peel_context *c, struct slice text, struct peeled *out)
{
    struct slice rest = text = text_trim(text);
    struct stamp stamp;

    if (stamp_parse(text, &stamp) && stamp.len == text.len) {
        out->stamp = text;
        return true;
    }
    if (text.len == 0)
        return false;
    if (is_digit(text.ptr[0]) && number_stamp(text, out))
        return true;
    if (short_stamp(c, &rest, out) && rest.len == 0)
        return true;
    if (klog_stamp(c, &rest, out) && rest.len == 0)
        return true;
    out->digits = 0;
    out->has_time = moment_parse(text, &out->unix_ns);
    return out->has_time;
}
