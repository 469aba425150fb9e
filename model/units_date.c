/*
 * Civil dates: days since 1970 and back, in the proleptic Gregorian calendar that
 * RFC 3339 uses. Years are counted from March, so that the leap day is the last.
 */
#include "model/units.h"

#include <stdio.h>

#include "model/base/num.h"

#define NS_PER_DAY (86400 * NS_PER_S)
#define DAYS_PER_ERA 146097 /* 400 years */
#define DAYS_TO_1970 719468 /* from 1 March of year 0 */

static int64_t days_of_date(int64_t year, int64_t month, int64_t day)
{
    int64_t shifted = month > 2 ? year : year - 1;
    int64_t era = (shifted >= 0 ? shifted : shifted - 399) / 400;
    int64_t year_of_era = shifted - era * 400;
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int64_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return era * DAYS_PER_ERA + day_of_era - DAYS_TO_1970;
}

struct date {
    int64_t year;
    unsigned month, day;
};

static struct date date_of_days(int64_t days)
{
    int64_t shifted = days + DAYS_TO_1970;
    int64_t era = (shifted >= 0 ? shifted : shifted - (DAYS_PER_ERA - 1)) / DAYS_PER_ERA;
    int64_t day_of_era = shifted - era * DAYS_PER_ERA;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    unsigned day = (unsigned)(day_of_year - (153 * month_from_march + 2) / 5 + 1);
    unsigned month =
        (unsigned)(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);

    return (struct date){year_of_era + era * 400 + (month <= 2), month, day};
}

int64_t unit_unix_ns(int year, int month, int day, int64_t ns_of_day)
{
    int64_t days = days_of_date(year, month, day);

    if (days > INT64_MAX / NS_PER_DAY)
        return INT64_MAX;
    /* The last day that the range reaches into is only partly in it. */
    if (days < INT64_MIN / NS_PER_DAY)
        return days == INT64_MIN / NS_PER_DAY - 1
                   ? num_sat_add_i64((days + 1) * NS_PER_DAY, ns_of_day - NS_PER_DAY)
                   : INT64_MIN;
    return num_sat_add_i64(days * NS_PER_DAY, ns_of_day);
}

const char *unit_format_rfc3339(char out[UNIT_RFC3339_TEXT], int64_t unix_ns)
{
    int64_t days = unix_ns / NS_PER_DAY, ns = unix_ns % NS_PER_DAY;
    struct date date;
    unsigned s;

    if (ns < 0) {
        days--;
        ns += NS_PER_DAY;
    }
    date = date_of_days(days);
    s = (unsigned)(ns / NS_PER_S);
    (void)snprintf(out, UNIT_RFC3339_TEXT, "%04d-%02u-%02uT%02u:%02u:%02u.%09uZ",
                   (int)date.year, date.month, date.day, s / 3600, s / 60 % 60, s % 60,
                   (unsigned)(ns % NS_PER_S));
    return out;
}

/* Reads exactly `digits` digits; -1 when they are not there. */
static int take_digits(struct slice *s, unsigned digits)
{
    int value = 0;

    if (s->len < digits)
        return -1;
    for (unsigned i = 0; i < digits; i++) {
        if (s->ptr[i] < '0' || s->ptr[i] > '9')
            return -1;
        value = value * 10 + (s->ptr[i] - '0');
    }
    *s = slice_after(*s, digits);
    return value;
}

static bool take_one_of(struct slice *s, const char *chars)
{
    if (s->len == 0 || s->ptr[0] == '\0' || !strchr(chars, s->ptr[0]))
        return false;
    *s = slice_after(*s, 1);
    return true;
}

static int days_in_month(int year, int month)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return days[month - 1] + (month == 2 && is_leap);
}

static bool take_date(struct slice *s, int *year, int *month, int *day)
{
    *year = take_digits(s, 4);
    if (*year < 0 || !take_one_of(s, "-"))
        return false;
    *month = take_digits(s, 2);
    if (*month < 1 || *month > 12 || !take_one_of(s, "-"))
        return false;
    *day = take_digits(s, 2);
    return *day >= 1 && *day <= days_in_month(*year, *month);
}

/* ".123" in ns; digits past the ninth are dropped. */
static bool take_fraction(struct slice *s, int64_t *ns)
{
    int64_t unit = NS_PER_S / 10;

    if (!take_one_of(s, "."))
        return true;
    if (s->len == 0 || s->ptr[0] < '0' || s->ptr[0] > '9')
        return false;
    while (s->len > 0 && s->ptr[0] >= '0' && s->ptr[0] <= '9') {
        *ns += (s->ptr[0] - '0') * unit;
        unit /= 10;
        *s = slice_after(*s, 1);
    }
    return true;
}

static bool take_time(struct slice *s, int64_t *ns_of_day)
{
    int hour = take_digits(s, 2), min, sec;

    if (hour < 0 || hour > 23 || !take_one_of(s, ":"))
        return false;
    min = take_digits(s, 2);
    if (min < 0 || min > 59 || !take_one_of(s, ":"))
        return false;
    sec = take_digits(s, 2);
    /* A leap second is written 60 and falls on the next minute's first. */
    if (sec < 0 || sec > 60)
        return false;
    *ns_of_day = ((hour * 60 + min) * INT64_C(60) + sec) * NS_PER_S;
    return take_fraction(s, ns_of_day);
}

static bool take_zone(struct slice *s, int64_t *east_ns)
{
    bool is_west = s->len > 0 && s->ptr[0] == '-';
    int hour, min;

    *east_ns = 0;
    if (take_one_of(s, "Zz"))
        return true;
    if (!take_one_of(s, "+-"))
        return false;
    hour = take_digits(s, 2);
    if (hour < 0 || hour > 23 || !take_one_of(s, ":"))
        return false;
    min = take_digits(s, 2);
    if (min < 0 || min > 59)
        return false;
    *east_ns = (hour * 60 + min) * 60 * NS_PER_S;
    if (is_west)
        *east_ns = -*east_ns;
    return true;
}

bool unit_parse_rfc3339(struct slice s, int64_t *unix_ns)
{
    int year, month, day;
    int64_t ns_of_day, east_ns, value;

    if (!take_date(&s, &year, &month, &day) || !take_one_of(&s, "Tt ") ||
        !take_time(&s, &ns_of_day) || !take_zone(&s, &east_ns) || s.len > 0)
        return false;
    value = unit_unix_ns(year, month, day, ns_of_day - east_ns);
    /* The ends of the range stand for "beyond": years before 1678 or after 2261. */
    if (value == INT64_MAX || value == INT64_MIN)
        return false;
    *unix_ns = value;
    return true;
}
