#include "model/source_time.h"

#include "model/base/num.h"
#include "model/session.h"
#include "model/units.h"

#define NS_PER_DAY (INT64_C(86400) * NS_PER_S)
#define YEAR_MIN 2001 /* the first whose Unix times have ten digits */
#define YEAR_MAX 2099

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_one_of(char c, const char *chars)
{
    return c != '\0' && strchr(chars, c) != NULL;
}

static size_t digits_at(struct slice s)
{
    size_t count = 0;

    while (count < s.len && is_digit(s.ptr[count]))
        count++;
    return count;
}

/* Exactly so many digits; -1, and *s as it was, when they are not there. */
static int take(struct slice *s, size_t digits)
{
    int value = 0;

    if (digits_at(*s) < digits)
        return -1;
    for (size_t i = 0; i < digits; i++)
        value = value * 10 + (s->ptr[i] - '0');
    *s = slice_after(*s, digits);
    return value;
}

static bool take_one_of(struct slice *s, const char *chars)
{
    if (s->len == 0 || !is_one_of(s->ptr[0], chars))
        return false;
    *s = slice_after(*s, 1);
    return true;
}

/* "20261121" or "2026-11-21"; what separates year and month separates the day too. */
static bool take_date(struct slice *s, int64_t *midnight_ns)
{
    int year = take(s, 4), month, day;
    char separator = s->len && is_one_of(s->ptr[0], "-_.") ? s->ptr[0] : '\0';
    const char with[2] = {separator, '\0'};

    if (year < YEAR_MIN || year > YEAR_MAX || (separator && !take_one_of(s, with)))
        return false;
    month = take(s, 2);
    if (month < 1 || month > 12 || (separator && !take_one_of(s, with)))
        return false;
    day = take(s, 2);
    if (day < 1 || day > 31)
        return false;
    *midnight_ns = unit_unix_ns(year, month, day, 0);
    return true;
}

static int64_t take_fraction(struct slice *s)
{
    int64_t ns = 0, scale = NS_PER_S / 10;

    if (s->len < 2 || !is_one_of(s->ptr[0], ".,") || !is_digit(s->ptr[1]))
        return 0;
    *s = slice_after(*s, 1);
    while (s->len && is_digit(s->ptr[0])) {
        ns += (s->ptr[0] - '0') * scale;
        scale /= 10;
        *s = slice_after(*s, 1);
    }
    return ns;
}

/* "+01:00", "-0500"; a "-" before anything else only goes on with the name. */
static int64_t take_zone(struct slice s)
{
    bool is_west = s.len && s.ptr[0] == '-';
    int hours, minutes;

    if (!take_one_of(&s, "+-"))
        return 0;
    hours = take(&s, 2);
    (void)take_one_of(&s, ":");
    minutes = take(&s, 2);
    if (hours < 0 || hours > 14 || minutes < 0 || minutes > 59 || digits_at(s))
        return 0;
    return (hours * 60 + minutes) * 60 * (is_west ? -NS_PER_S : NS_PER_S);
}

/* "013624", "01:36:24.5Z", "01-36", with what may stand between date and time. */
static bool take_time(struct slice s, int64_t *ns_of_day, int64_t *zone_ns)
{
    int hour, minute, second = 0;
    bool is_joined;

    (void)take_one_of(&s, "Tt-_. ");
    if (digits_at(s) != 2 && digits_at(s) != 4 && digits_at(s) != 6)
        return false;
    is_joined = digits_at(s) > 2;
    hour = take(&s, 2);
    if (!is_joined && !take_one_of(&s, ":-_.h"))
        return false;
    minute = take(&s, 2);
    if (hour > 23 || minute < 0 || minute > 59)
        return false;
    if (is_joined ? digits_at(s) == 2
                  : s.len > 2 && is_one_of(s.ptr[0], ":-_.m") &&
                        digits_at(slice_after(s, 1)) == 2) {
        s = is_joined ? s : slice_after(s, 1);
        second = take(&s, 2);
    }
    if (second > 60)
        return false;
    *ns_of_day = (int64_t)((hour * 60 + minute) * 60 + second) * NS_PER_S;
    *ns_of_day += take_fraction(&s);
    *zone_ns = take_zone(s);
    return true;
}

static bool is_hex_letter(char c)
{
    return (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Digits in the middle of a commit's hash mean nothing. */
static bool is_in_hash(struct slice name, size_t at, size_t digits)
{
    size_t begin = at, end = at + digits;
    bool all_hex = true;

    while (begin > 0 && (is_letter(name.ptr[begin - 1]) || is_digit(name.ptr[begin - 1])))
        begin--;
    while (end < name.len && (is_letter(name.ptr[end]) || is_digit(name.ptr[end])))
        end++;
    for (size_t i = begin; i < end; i++)
        all_hex = all_hex && (is_digit(name.ptr[i]) || is_hex_letter(name.ptr[i]));
    return all_hex && end - begin > digits;
}

static bool take_unix(struct slice number, int64_t *unix_ns)
{
    static const struct {
        size_t digits;
        int64_t ns;
    } kinds[] = {{10, NS_PER_S}, {13, NS_PER_MS}, {16, NS_PER_US}, {19, 1}};
    uint64_t value;

    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        if (number.len != kinds[i].digits || !num_parse_u64(number, &value) ||
            value > (uint64_t)(INT64_MAX / kinds[i].ns))
            continue;
        *unix_ns = (int64_t)value * kinds[i].ns;
        return *unix_ns >= unit_unix_ns(YEAR_MIN, 1, 1, 0) &&
               *unix_ns < unit_unix_ns(YEAR_MAX + 1, 1, 1, 0);
    }
    return false;
}

enum found { FOUND_NOTHING, FOUND_DAY, FOUND_UNIX, FOUND_TIME };

/* What begins at the front of `rest`, the first digit of a run. */
static enum found look_at(struct slice rest, int64_t *unix_ns)
{
    size_t digits = digits_at(rest);
    struct slice s = rest;
    int64_t midnight_ns, ns_of_day, zone_ns;

    if (take_unix(slice_first(rest, digits), unix_ns))
        return FOUND_UNIX;
    if ((digits != 4 && digits != 8 && digits != 12 && digits != 14) ||
        !take_date(&s, &midnight_ns))
        return FOUND_NOTHING;
    if (take_time(s, &ns_of_day, &zone_ns)) {
        *unix_ns = midnight_ns + ns_of_day - zone_ns;
        return FOUND_TIME;
    }
    *unix_ns = midnight_ns;
    return digits_at(s) == 0 ? FOUND_DAY : FOUND_NOTHING;
}

bool source_time_of_name(struct slice name, int64_t *unix_ns, bool *is_day)
{
    enum found best = FOUND_NOTHING;
    size_t at = 0;

    while (at < name.len) {
        size_t digits = digits_at(slice_after(name, at));
        int64_t ns = 0;
        enum found found = FOUND_NOTHING;

        if (digits && !is_in_hash(name, at, digits))
            found = look_at(slice_after(name, at), &ns);
        if (found > best) {
            best = found;
            *unix_ns = ns;
        }
        at += digits ? digits : 1;
    }
    *is_day = best == FOUND_DAY;
    return best != FOUND_NOTHING;
}

bool source_time(const struct source *source, int64_t *unix_ns)
{
    bool is_day;

    if (!source_time_of_name(slice_base_name(slice_str(source->path)), unix_ns,
                             &is_day)) {
        if (source->has_mtime)
            *unix_ns = source->mtime_ns;
        return source->has_mtime;
    }
    if (is_day && source->has_mtime && source->mtime_ns >= *unix_ns &&
        source->mtime_ns < *unix_ns + NS_PER_DAY)
        *unix_ns = source->mtime_ns;
    return true;
}
