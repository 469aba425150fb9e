#include "parsers/moment_text.h"

#include <string.h>

#include "model/base/compiler.h"
#include "model/base/num.h"
#include "model/units.h"
#include "parsers/stamp.h"

#define UNIX_S_LEAST UINT64_C(978307200) /* 2001 */
#define UNIX_S_MOST UINT64_C(4102444800) /* 2100 */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static struct slice trim(struct slice s, const char *front, const char *back)
{
    while (s.len && s.ptr[0] && strchr(front, s.ptr[0]))
        s = slice_after(s, 1);
    while (s.len && s.ptr[s.len - 1] && strchr(back, s.ptr[s.len - 1]))
        s.len--;
    return s;
}

/* Behind the point: up to nine digits as ns. */
static bool parse_fraction(struct slice digits, int64_t *ns)
{
    int64_t scale = NS_PER_S;

    *ns = 0;
    for (size_t i = 0; i < digits.len; i++) {
        if (!is_digit(digits.ptr[i]))
            return false;
        scale /= 10; /* 0 past the ninth digit */
        *ns += scale * (digits.ptr[i] - '0');
    }
    return true;
}

bool moment_unix(struct slice digits, int64_t *unix_ns)
{
    static const uint64_t steps[] = {1000000000, 1000000, 1000, 1};
    const char *point = digits.len ? memchr(digits.ptr, '.', digits.len) : NULL;
    size_t whole_len = point ? (size_t)(point - digits.ptr) : digits.len;
    int64_t fraction = 0;
    uint64_t whole;

    if (digits.len < 9 || digits.len > 32 ||
        !num_parse_u64(slice_first(digits, whole_len), &whole))
        return false;
    if (point && !parse_fraction(slice_after(digits, whole_len + 1), &fraction))
        return false;
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        uint64_t per_s = UINT64_C(1000000000) / steps[i];

        if (whole / per_s < UNIX_S_LEAST || whole / per_s >= UNIX_S_MOST)
            continue;
        *unix_ns = (int64_t)(whole * steps[i]);
        if (i == 0)
            *unix_ns += fraction;
        return true;
    }
    return false;
}

/* What of a date was seen; 0 or -1: not yet. */
struct date {
    int year, month, day;
    int64_t ns_of_day; /* -1 */
    int64_t zone_ns;
    bool has_zone, is_pm, is_am;
};

static int month_of(struct slice word)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

    for (int i = 0; word.len >= 3 && i < 12; i++) {
        if (memcmp(word.ptr, names + 3 * i, 3) == 0)
            return i + 1;
    }
    return 0;
}

static bool is_weekday(struct slice word)
{
    static const char names[] = "MonTueWedThuFriSatSun";

    for (int i = 0; word.len >= 3 && i < 7; i++) {
        if (memcmp(word.ptr, names + 3 * i, 3) == 0)
            return true;
    }
    return false;
}

static int two(const char *p)
{
    return (p[0] - '0') * 10 + (p[1] - '0');
}

/* "01:02:03", maybe with a fraction. */
static bool take_clock(struct date *d, struct slice w)
{
    int64_t fraction = 0;

    if (d->ns_of_day >= 0 || w.len < 8 || w.ptr[2] != ':' || w.ptr[5] != ':')
        return false;
    for (size_t i = 0; i < 8; i++) {
        if (i % 3 != 2 && !is_digit(w.ptr[i]))
            return false;
    }
    if (w.len > 8 && (w.ptr[8] != '.' || !parse_fraction(slice_after(w, 9), &fraction)))
        return false;
    if (two(w.ptr) > 23 || two(w.ptr + 3) > 59 || two(w.ptr + 6) > 60)
        return false;
    d->ns_of_day =
        (two(w.ptr) * 3600 + two(w.ptr + 3) * 60 + two(w.ptr + 6)) * NS_PER_S + fraction;
    return true;
}

/* "+0000", "-05:30". */
static bool take_offset(struct date *d, struct slice w)
{
    size_t minute = w.len == 6 ? 4 : 3;

    if ((w.len != 5 && w.len != 6) || (w.ptr[0] != '+' && w.ptr[0] != '-') ||
        !is_digit(w.ptr[1]) || !is_digit(w.ptr[2]) || !is_digit(w.ptr[minute]) ||
        !is_digit(w.ptr[minute + 1]))
        return false;
    d->zone_ns = (two(w.ptr + 1) * 60 + two(w.ptr + minute)) * 60 * NS_PER_S *
                 (w.ptr[0] == '-' ? -1 : 1);
    d->has_zone = true;
    return true;
}

static bool take_number(struct date *d, struct slice w)
{
    uint64_t value;

    if (w.len > 4 || !num_parse_u64(w, &value))
        return false;
    if (w.len == 4 && value >= 1970 && value <= 2261 && !d->year)
        d->year = (int)value;
    else if (w.len <= 2 && value >= 1 && value <= 31 && !d->day)
        d->day = (int)value;
    else
        return false;
    return true;
}

static bool is_zone_name(struct slice w)
{
    for (size_t i = 0; i < w.len; i++) {
        if (w.ptr[i] < 'A' || w.ptr[i] > 'Z')
            return false;
    }
    return w.len >= 1 && w.len <= 5;
}

static bool take_word(struct date *d, struct slice w)
{
    if (w.len && is_digit(w.ptr[0]))
        return take_clock(d, w) || take_number(d, w);
    if (!d->month && (d->month = month_of(w)) > 0)
        return true;
    if (slice_eq(w, SLICE("AM")) || slice_eq(w, SLICE("PM"))) {
        d->is_pm = w.ptr[0] == 'P';
        d->is_am = !d->is_pm;
        return true;
    }
    if (take_offset(d, w))
        return true;
    if (d->ns_of_day >= 0 && !d->has_zone && is_zone_name(w)) {
        d->has_zone = true;
        return true;
    }
    return is_weekday(w);
}

static bool settle(struct date *d, int64_t *unix_ns)
{
    int64_t half = 12 * 3600 * NS_PER_S;

    if (!d->year || !d->month || !d->day || d->ns_of_day < 0)
        return false;
    if (d->is_pm && d->ns_of_day < half)
        d->ns_of_day += half;
    if (d->is_am && d->ns_of_day >= half)
        d->ns_of_day -= half;
    *unix_ns = unit_unix_ns(d->year, d->month, d->day, d->ns_of_day) - d->zone_ns;
    return true;
}

static bool parse_words(struct slice text, int64_t *unix_ns)
{
    struct date d = {.ns_of_day = -1};

    if (text.len > 64)
        return false;
    while (text.len) {
        struct slice word;
        size_t len = 0;

        while (len < text.len && !is_blank(text.ptr[len]) && text.ptr[len] != ',')
            len++;
        word = slice_first(text, len);
        if (len && !take_word(&d, word))
            return false;
        text = slice_after(text, len < text.len ? len + 1 : len);
    }
    return settle(&d, unix_ns);
}

bool moment_parse(struct slice text, int64_t *unix_ns)
{
    struct stamp stamp;

    text = trim(text, " \t\r", " \t\r");
    if (stamp_parse(text, &stamp)) {
        struct slice zone = slice_after(text, stamp.len);

        *unix_ns = stamp.unix_ns;
        /* date --rfc-3339 and many others set the zone off with a blank. */
        return zone.len == 0 || slice_eq(zone, SLICE("]")) ||
               slice_eq(zone, SLICE(" UTC")) || slice_eq(zone, SLICE(" +0000")) ||
               slice_eq(zone, SLICE(" +0000 UTC"));
    }
    return moment_unix(text, unix_ns) || parse_words(text, unix_ns);
}

bool moment_line(struct slice line, int64_t *unix_ns)
{
    struct slice text = trim(line, "#=-*<>[@ \t\r", "#=-*<>]: \t\r");

    if (slice_starts(text, SLICE("date: ")) || slice_starts(text, SLICE("time: ")))
        text = slice_after(text, 6);
    return moment_parse(text, unix_ns);
}
