#include "model/units.h"

#include <math.h>

#include "model/base/num.h"

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* How many bytes at the front are digits and at most one point. */
static size_t number_len(struct slice s)
{
    size_t len = 0;
    bool has_point = false;

    while (len < s.len && (is_digit(s.ptr[len]) || (s.ptr[len] == '.' && !has_point))) {
        has_point |= s.ptr[len] == '.';
        len++;
    }
    return len;
}

/* "", "B", "K", "KB", "KiB" and so on: which power of 1024. */
static bool size_suffix(struct slice s, unsigned *power)
{
    static const char prefixes[] = "kmgtpe";

    *power = 0;
    for (unsigned i = 0; s.len > 0 && prefixes[i]; i++) {
        if (lower(s.ptr[0]) == prefixes[i]) {
            *power = i + 1;
            s = slice_after(s, 1);
            if (s.len == 2 && lower(s.ptr[0]) == 'i')
                s = slice_after(s, 1);
            break;
        }
    }
    return s.len == 0 || (s.len == 1 && lower(s.ptr[0]) == 'b');
}

bool unit_parse_size(struct slice s, uint64_t *bytes)
{
    size_t len = number_len(s);
    struct slice number = slice_first(s, len), suffix = slice_after(s, len);
    unsigned power;
    uint64_t whole;
    double value;

    if (suffix.len > 1 && suffix.ptr[0] == ' ')
        suffix = slice_after(suffix, 1);
    if (len == 0 || !size_suffix(suffix, &power))
        return false;
    if (num_parse_u64(number, &whole))
        return num_mul_u64(whole, UINT64_C(1) << (10 * power), bytes);
    if (power == 0 || !num_parse_double(number, &value))
        return false;
    value = floor(ldexp(value, (int)(10 * power)));
    if (value >= 18446744073709551616.0)
        return false;
    *bytes = (uint64_t)value;
    return true;
}

/* The unit at the front of *s, in ns; 0 when there is none. */
static int64_t take_duration_unit(struct slice *s)
{
    static const struct {
        struct slice name;
        int64_t ns;
    } units[] = {
        {{"ns", 2}, 1},
        {{"us", 2}, NS_PER_US},
        {{"\xC2\xB5s", 3}, NS_PER_US}, /* U+00B5, micro sign */
        {{"\xCE\xBCs", 3}, NS_PER_US}, /* U+03BC, Greek mu */
        {{"ms", 2}, NS_PER_MS},
        {{"s", 1}, NS_PER_S},
        {{"m", 1}, 60 * NS_PER_S},
        {{"h", 1}, 3600 * NS_PER_S},
        {{"d", 1}, 86400 * NS_PER_S},
    };

    for (size_t i = 0; i < COUNT_OF(units); i++) {
        if (slice_starts(*s, units[i].name)) {
            *s = slice_after(*s, units[i].name.len);
            return units[i].ns;
        }
    }
    return 0;
}

/* number × unit in whole nanoseconds, exactly; what is below one is dropped. */
static bool scale(struct slice number, uint64_t unit_ns, uint64_t *ns)
{
    uint64_t whole = 0, fraction = 0, fraction_unit = unit_ns;
    size_t point = 0;

    while (point < number.len && number.ptr[point] != '.')
        point++;
    if (point > 0 && !num_parse_u64(slice_first(number, point), &whole))
        return false;
    if (!num_mul_u64(whole, unit_ns, &whole))
        return false;
    /* Sixteen digits of the largest unit still fit: each step divides by ten, so a
     * long fraction is summed until it no longer reaches a nanosecond. */
    for (size_t i = point + 1; i < number.len && fraction_unit > 0; i++) {
        uint64_t digit = (uint64_t)(number.ptr[i] - '0');

        fraction += digit * (fraction_unit / 10) + digit * (fraction_unit % 10) / 10;
        fraction_unit /= 10;
    }
    return num_add_u64(whole, fraction, ns);
}

bool unit_parse_duration(struct slice s, int64_t *ns)
{
    uint64_t total = 0;

    if (s.len == 0)
        return false;
    if (slice_eq(s, SLICE("0"))) {
        *ns = 0;
        return true;
    }
    while (s.len > 0) {
        size_t len = number_len(s);
        struct slice number = slice_first(s, len);
        int64_t unit_ns;
        uint64_t part;

        if (len == 0 || slice_eq(number, SLICE(".")))
            return false;
        s = slice_after(s, len);
        unit_ns = take_duration_unit(&s);
        if (unit_ns == 0 || !scale(number, (uint64_t)unit_ns, &part) ||
            !num_add_u64(total, part, &total) || total > INT64_MAX)
            return false;
    }
    *ns = (int64_t)total;
    return true;
}
