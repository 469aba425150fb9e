#include "model/base/num_format.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "model/base/num.h"

/* Every whole number up to here is a double, so its digits are the shortest. */
#define EXACT_MAX 9007199254740992.0

/* Most figures that are not whole come from a decimal text with a few decimals. */
#define DECIMALS_MAX 6

static size_t put_u64(char *out, uint64_t value)
{
    char reversed[NUM_TEXT];
    size_t len = 0;

    do {
        reversed[len++] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    for (size_t i = 0; i < len; i++)
        out[i] = reversed[len - 1 - i];
    out[len] = '\0';
    return len;
}

size_t num_format_i64(char out[NUM_TEXT], int64_t value)
{
    size_t sign = value < 0;

    out[0] = '-';
    return sign + put_u64(out + sign, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

/* "units.fraction" of a count of 10^-decimals, without trailing zeros. */
static size_t put_scaled(char *out, uint64_t scaled, unsigned decimals, uint64_t one)
{
    size_t len = put_u64(out, scaled / one);
    uint64_t fraction = scaled % one;

    if (fraction == 0)
        return len;
    out[len] = '.';
    for (unsigned i = decimals; i > 0; i--) {
        out[len + i] = (char)('0' + fraction % 10);
        fraction /= 10;
    }
    len += decimals + 1;
    while (out[len - 1] == '0')
        len--;
    out[len] = '\0';
    return len;
}

size_t num_format_seconds(char out[NUM_TEXT], int64_t ns)
{
    size_t sign = ns < 0;

    out[0] = '-';
    return sign + put_scaled(out + sign, ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns, 9,
                             UINT64_C(1000000000));
}

/* A mantissa and a power of ten that are both exact doubles divide to the nearest
 * double, which is what a reader of those digits gets. */
static bool put_decimal(char *out, double magnitude, size_t *len)
{
    double one = 10;

    /* A larger whole number is a double too, if not the shortest; people compare
     * byte counts digit by digit. */
    if (magnitude < 9223372036854775808.0 && magnitude == nearbyint(magnitude)) {
        *len = put_u64(out, (uint64_t)magnitude);
        return true;
    }
    for (unsigned decimals = 1; decimals <= DECIMALS_MAX; decimals++, one *= 10) {
        double scaled = nearbyint(magnitude * one);

        if (scaled > EXACT_MAX)
            return false;
        if (scaled / one == magnitude) {
            *len = put_scaled(out, (uint64_t)scaled, decimals, (uint64_t)one);
            return true;
        }
    }
    return false;
}

static size_t put_shortest(char *out, double value)
{
    size_t len = 0;

    for (int digits = 15; digits <= 17; digits++) {
        double back = 0;

        len = (size_t)snprintf(out, NUM_TEXT, "%.*g", digits, value);
        /* The C library writes the locale's point. */
        for (size_t i = 0; i < len; i++) {
            if (strchr("0123456789+-e", out[i]) == NULL)
                out[i] = '.';
        }
        if (num_parse_double(slice_of(out, len), &back) && back == value)
            break;
    }
    return len;
}

size_t num_format_double(char out[NUM_TEXT], double value)
{
    size_t sign = value < 0;
    size_t len;

    if (!isfinite(value))
        return (size_t)snprintf(out, NUM_TEXT, "%s",
                                isnan(value) ? "NaN"
                                : sign       ? "-Inf"
                                             : "+Inf");
    out[0] = '-';
    if (put_decimal(out + sign, fabs(value), &len))
        return sign + len;
    return put_shortest(out, value);
}
