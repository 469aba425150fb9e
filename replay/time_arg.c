#include "replay/time_arg.h"

#include "model/base/num.h"
#include "model/units.h"

#define DATE_TEXT 64
#define NS_PER_DAY (86400 * NS_PER_S)

/* With "Z" after it when it is written without a zone. */
static bool parse_absolute(struct slice text, int64_t *ns)
{
    char zoned[DATE_TEXT];

    if (unit_parse_rfc3339(text, ns))
        return true;
    if (text.len == 0 || text.len >= DATE_TEXT)
        return false;
    memcpy(zoned, text.ptr, text.len);
    zoned[text.len] = 'Z';
    return unit_parse_rfc3339(slice_of(zoned, text.len + 1), ns);
}

/* "14:03" and "14:03:05.5", as the time of day of a date that we make up. */
static bool parse_of_day(struct slice text, int64_t *ns)
{
    static const char date[] = "1970-01-01T";
    char full[DATE_TEXT];
    size_t len = sizeof date - 1;

    if (text.len < 5 || text.len > DATE_TEXT - 16 || text.ptr[2] != ':')
        return false;
    memcpy(full, date, len);
    memcpy(full + len, text.ptr, text.len);
    len += text.len;
    if (text.len == 5) {
        memcpy(full + len, ":00", 3);
        len += 3;
    }
    full[len++] = 'Z';
    return unit_parse_rfc3339(slice_of(full, len), ns);
}

/* 1 to `digits_max` digits, as many as there are. Returns how many, 0 = none or more. */
static unsigned take_number(struct slice *s, unsigned digits_max, int64_t *value)
{
    unsigned digits = 0;

    *value = 0;
    while (s->len > 0 && s->ptr[0] >= '0' && s->ptr[0] <= '9') {
        if (digits++ == digits_max)
            return 0;
        *value = *value * 10 + (s->ptr[0] - '0');
        *s = slice_after(*s, 1);
    }
    return digits;
}

/* ":27", or the hours behind days: two digits and below a bound. */
static bool take_pair(struct slice *s, int64_t below, int64_t *value)
{
    return take_number(s, 2, value) == 2 && *value < below;
}

/* ".40" or nothing. Digits past the ninth are dropped, as they are in dates. */
static bool take_fraction(struct slice *s, int64_t *ns)
{
    int64_t unit = NS_PER_S / 10;

    *ns = 0;
    if (s->len == 0)
        return true;
    if (s->len < 2 || s->ptr[0] != '.')
        return false;
    *s = slice_after(*s, 1);
    for (; s->len > 0 && s->ptr[0] >= '0' && s->ptr[0] <= '9'; unit /= 10) {
        *ns += (s->ptr[0] - '0') * unit;
        *s = slice_after(*s, 1);
    }
    return s->len == 0;
}

/*
 * "0:27.40", "1:02:10.5", "3d04:05:06": what unit_format_offset writes, its sign
 * removed. Fields count as the screen has them: two are minutes and seconds. Five
 * digits of days (six of anything else) stay within int64 nanoseconds.
 */
static bool parse_offset(struct slice text, bool has_sign, int64_t *ns)
{
    int64_t days = 0, total, field, fraction_ns;
    unsigned fields = 1, digits = take_number(&text, 6, &total);
    bool has_days = false, may_be_of_day;

    if (digits == 0)
        return false;
    if (slice_starts(text, SLICE("d"))) {
        text = slice_after(text, 1);
        has_days = true;
        days = total;
        if (digits > 5 || !take_pair(&text, 24, &total))
            return false;
    }
    for (; fields < 3 && slice_starts(text, SLICE(":")); fields++) {
        text = slice_after(text, 1);
        if (!take_pair(&text, 60, &field))
            return false;
        total = total * 60 + field;
    }
    /* "25:00" was meant as a time of day; "25:00.0" cannot have been. */
    may_be_of_day = digits == 2 && !has_days && (fields == 3 || text.len == 0);
    if (fields < 2 || (has_days && fields < 3) || (may_be_of_day && !has_sign) ||
        !take_fraction(&text, &fraction_ns))
        return false;
    *ns = days * NS_PER_DAY + total * NS_PER_S + fraction_ns;
    return true;
}

static bool parse_percent(struct slice text, int64_t *permillion)
{
    double percent;

    if (text.len < 2 || text.ptr[text.len - 1] != '%' ||
        !num_parse_double(slice_first(text, text.len - 1), &percent) ||
        !(percent >= 0 && percent <= 100))
        return false;
    *permillion = num_i64_of_double(percent * 10000);
    return true;
}

bool time_arg_parse(struct slice text, struct time_arg *out)
{
    struct time_arg arg = {TIME_AFTER_START, 0};
    bool is_back = slice_starts(text, SLICE("-"));
    bool has_sign = is_back || slice_starts(text, SLICE("+"));
    struct slice length = has_sign ? slice_after(text, 1) : text;

    if (unit_parse_duration(length, &arg.ns) || parse_offset(length, has_sign, &arg.ns))
        arg.kind = is_back ? TIME_BEFORE_END : TIME_AFTER_START;
    else if (parse_absolute(text, &arg.ns))
        arg.kind = TIME_ABSOLUTE;
    else if (parse_of_day(text, &arg.ns))
        arg.kind = TIME_OF_DAY;
    else if (parse_percent(text, &arg.ns))
        arg.kind = TIME_PERMILLION;
    else
        return false;
    *out = arg;
    return true;
}

/* The first time at or after from_ns that a clock on the wall shows this. */
static int64_t next_of_day(int64_t from_ns, int64_t of_day_ns)
{
    int64_t shown = from_ns % NS_PER_DAY;
    int64_t ahead;

    if (shown < 0)
        shown += NS_PER_DAY;
    ahead = of_day_ns - shown;
    if (ahead < 0)
        ahead += NS_PER_DAY;
    return num_sat_add_i64(from_ns, ahead);
}

/* Of a span that may be centuries: the product in two parts cannot overflow. */
static int64_t share_of(int64_t span_ns, int64_t permillion)
{
    return span_ns / 1000000 * permillion + span_ns % 1000000 * permillion / 1000000;
}

bool time_arg_resolve(const struct time_arg *arg, int64_t from_ns, int64_t to_ns,
                      bool has_wall, int64_t *out_ns)
{
    switch (arg->kind) {
    case TIME_ABSOLUTE:
        *out_ns = arg->ns;
        return has_wall;
    case TIME_OF_DAY:
        /* A minute typed without seconds often holds the start itself. */
        *out_ns = next_of_day(from_ns - from_ns % (60 * NS_PER_S), arg->ns);
        return has_wall;
    case TIME_AFTER_START:
        *out_ns = num_sat_add_i64(from_ns, arg->ns);
        return true;
    case TIME_BEFORE_END:
        *out_ns = num_sat_sub_i64(to_ns, arg->ns);
        return true;
    case TIME_PERMILLION:
        *out_ns =
            num_sat_add_i64(from_ns, share_of(num_sat_sub_i64(to_ns, from_ns), arg->ns));
        return true;
    case TIME_UNSET:
        break;
    }
    return false;
}
