#include "model/base/num.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* No double needs more decimal digits than 767 to be told from its neighbours; one
 * more, non-zero, stands for everything that was cut. */
#define DIGITS_MAX 770

/* A double holds whole numbers up to here, and this power of ten, exactly. */
#define EXACT_MANTISSA (UINT64_C(1) << 53)
#define EXACT_POWER 22

/* So many digits fit 64 bits, and such a number times this power of ten 128. */
#define WIDE_DIGITS 19
#define WIDE_POWER 19

/* Beyond any exponent that still makes a difference, far from overflowing. */
#define EXPONENT_MAX (INT64_C(1) << 40)

bool num_add_u64(uint64_t a, uint64_t b, uint64_t *out)
{
    if (a > UINT64_MAX - b)
        return false;
    *out = a + b;
    return true;
}

bool num_mul_u64(uint64_t a, uint64_t b, uint64_t *out)
{
    if (a != 0 && b > UINT64_MAX / a)
        return false;
    *out = a * b;
    return true;
}

bool num_add_i64(int64_t a, int64_t b, int64_t *out)
{
    if (b >= 0 ? a > INT64_MAX - b : a < INT64_MIN - b)
        return false;
    *out = a + b;
    return true;
}

int64_t num_sat_add_i64(int64_t a, int64_t b)
{
    int64_t sum;

    if (num_add_i64(a, b, &sum))
        return sum;
    return b >= 0 ? INT64_MAX : INT64_MIN;
}

int64_t num_sat_sub_i64(int64_t a, int64_t b)
{
    /* -INT64_MIN does not exist, so subtraction is not addition of the opposite. */
    if (b >= 0)
        return a < INT64_MIN + b ? INT64_MIN : a - b;
    return a > INT64_MAX + b ? INT64_MAX : a - b;
}

int64_t num_i64_of_double(double x)
{
    if (isnan(x))
        return 0;
    if (x >= 9223372036854775808.0)
        return INT64_MAX;
    if (x <= -9223372036854775808.0)
        return INT64_MIN;
    return (int64_t)llrint(x);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool num_parse_u64(struct slice s, uint64_t *out)
{
    uint64_t value = 0;

    if (s.len == 0)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        if (!is_digit(s.ptr[i]))
            return false;
        if (!num_mul_u64(value, 10, &value) ||
            !num_add_u64(value, (uint64_t)(s.ptr[i] - '0'), &value))
            return false;
    }
    *out = value;
    return true;
}

/* A number's decimal digits, without leading zeros, and where its point belongs:
 * value = 0.digits × 10^power. */
struct decimal {
    char digits[DIGITS_MAX + 1];
    unsigned count;
    int64_t power;
    bool is_cut; /* a digit other than 0 did not fit */
    bool is_negative;
};

static void decimal_digit(struct decimal *d, char c, bool is_fraction)
{
    if (d->count == 0 && c == '0') {
        d->power -= is_fraction;
        return;
    }
    d->power += !is_fraction;
    if (d->count < DIGITS_MAX)
        d->digits[d->count++] = c;
    else
        d->is_cut |= c != '0';
}

/* Moves *s past digits; false when there is not one. */
static bool decimal_run(struct decimal *d, struct slice *s, bool is_fraction)
{
    size_t len = 0;

    while (len < s->len && is_digit(s->ptr[len]))
        decimal_digit(d, s->ptr[len++], is_fraction);
    *s = slice_after(*s, len);
    return len > 0;
}

static bool decimal_exponent(struct decimal *d, struct slice s)
{
    bool is_negative = s.len > 0 && s.ptr[0] == '-';
    int64_t exponent = 0;

    if (s.len > 0 && (s.ptr[0] == '-' || s.ptr[0] == '+'))
        s = slice_after(s, 1);
    if (s.len == 0)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        if (!is_digit(s.ptr[i]))
            return false;
        if (exponent < EXPONENT_MAX)
            exponent = exponent * 10 + (s.ptr[i] - '0');
    }
    d->power += is_negative ? -exponent : exponent;
    return true;
}

static bool decimal_parse(struct decimal *d, struct slice s)
{
    if (s.len > 0 && (s.ptr[0] == '-' || s.ptr[0] == '+')) {
        d->is_negative = s.ptr[0] == '-';
        s = slice_after(s, 1);
    }
    if (!decimal_run(d, &s, false))
        return false;
    if (s.len > 0 && s.ptr[0] == '.') {
        s = slice_after(s, 1);
        if (!decimal_run(d, &s, true))
            return false;
    }
    if (s.len == 0)
        return true;
    return (s.ptr[0] == 'e' || s.ptr[0] == 'E') && decimal_exponent(d, slice_after(s, 1));
}

/* One rounding, and a correct one: both the mantissa and the power of ten are exact
 * doubles. */
static bool round_small(uint64_t mantissa, int64_t power, double *out)
{
    static const double powers[EXACT_POWER + 1] = {
        1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    };

    if (mantissa > EXACT_MANTISSA || power < -EXACT_POWER || power > EXACT_POWER)
        return false;
    *out =
        power < 0 ? (double)mantissa / powers[-power] : (double)mantissa * powers[power];
    return true;
}

#ifdef HAVE_U128
static unsigned bit_length(u128 x)
{
    unsigned bits = 0;

    for (; x >> 32; x >>= 32)
        bits += 32;
    for (; x; x >>= 1)
        bits++;
    return bits;
}

/* whole × 2^exponent, and a little more where is_more: to the nearest, ties to even.
 * `whole` has at least one bit more than a double, or nothing is lost. */
static double round_wide(u128 whole, int exponent, bool is_more)
{
    unsigned bits = bit_length(whole), drop = bits > 53 ? bits - 53 : 0;
    uint64_t kept = (uint64_t)(whole >> drop);

    if (drop) {
        u128 rest = whole & (((u128)1 << drop) - 1), half = (u128)1 << (drop - 1);

        if (rest > half || (rest == half && (is_more || (kept & 1))))
            kept++;
    }
    return ldexp((double)kept, exponent + (int)drop);
}

/* Numbers of 16 to 19 digits, as programs print doubles: exact in 128 bits. */
static bool round_large(uint64_t mantissa, int64_t power, double *out)
{
    u128 ten = 1, dividend, quotient;
    unsigned shift;

    if (power < -EXACT_POWER || power > WIDE_POWER)
        return false;
    for (int64_t i = power < 0 ? -power : power; i > 0; i--)
        ten *= 10;
    if (power >= 0) {
        *out = round_wide(ten * mantissa, 0, false);
        return true;
    }
    /* The dividend fills 128 bits and 10^22 takes 74, so the quotient has 54. */
    shift = 128 - bit_length(mantissa);
    dividend = (u128)mantissa << shift;
    quotient = dividend / ten;
    *out = round_wide(quotient, -(int)shift, quotient * ten != dividend);
    return true;
}
#else
static bool round_large(uint64_t mantissa, int64_t power, double *out)
{
    (void)mantissa;
    (void)power;
    (void)out;
    return false;
}
#endif

static const char *take_digits(const char *p, const char *end, uint64_t *mantissa)
{
    uint64_t value = *mantissa;

    for (; p < end && is_digit(*p); p++)
        value = value * 10 + (uint64_t)(*p - '0'); /* too many are refused below */
    *mantissa = value;
    return p;
}

/* Behind the exponent; NULL when it has no digits, or too many to matter here. */
static const char *take_exponent(const char *p, const char *end, int64_t *power)
{
    bool is_negative = p < end && *p == '-';
    uint64_t exponent = 0;
    const char *digits;

    if (p < end && (*p == '-' || *p == '+'))
        p++;
    digits = p;
    p = take_digits(p, end, &exponent);
    if (p == digits || p - digits > 4)
        return NULL;
    *power += is_negative ? -(int64_t)exponent : (int64_t)exponent;
    return p;
}

bool num_take_double(struct slice *s, double *out)
{
    const char *p = s->ptr, *end = p + s->len, *digits;
    bool is_negative = p < end && *p == '-';
    uint64_t mantissa = 0;
    int64_t power = 0;
    ptrdiff_t count;
    double value;

    if (p < end && (*p == '-' || *p == '+'))
        p++;
    digits = p;
    p = take_digits(p, end, &mantissa);
    count = p - digits;
    if (count == 0)
        return false;
    if (p < end && *p == '.') {
        const char *fraction = p + 1;

        p = take_digits(fraction, end, &mantissa);
        if (p == fraction)
            return false;
        count += p - fraction;
        power = -(p - fraction);
    }
    if (count > WIDE_DIGITS)
        return false;
    if (p < end && (*p == 'e' || *p == 'E')) {
        p = take_exponent(p + 1, end, &power);
        if (!p)
            return false;
    }
    if (!round_small(mantissa, power, &value) && !round_large(mantissa, power, &value))
        return false;
    *out = is_negative ? -value : value;
    *s = slice_after(*s, (size_t)(p - s->ptr));
    return true;
}

/* What is left goes to the C library, on a bounded copy and in the "C" locale, where it
 * is exact. Digits beyond the last that matter are one that is not 0. */
static double decimal_slow(const struct decimal *d)
{
    char text[DIGITS_MAX + 32];
    size_t len = 0;
    int64_t power = d->power < -100000 ? -100000 : d->power > 100000 ? 100000 : d->power;
    unsigned magnitude = (unsigned)(power < 0 ? -power : power);
    locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    locale_t old = uselocale(c_locale);
    double value;

    text[len++] = '.';
    memcpy(text + len, d->digits, d->count);
    len += d->count;
    if (d->is_cut)
        text[len++] = '1';
    text[len++] = 'e';
    text[len++] = power < 0 ? '-' : '+';
    for (unsigned unit = 100000; unit > 0; unit /= 10)
        text[len++] = (char)('0' + magnitude / unit % 10);
    text[len] = '\0';
    value = strtod(text, NULL);
    (void)uselocale(old);
    if (c_locale)
        freelocale(c_locale);
    return value;
}

static bool parse_special(struct slice s, double *out)
{
    static const struct {
        struct slice name;
        double value;
    } specials[] = {
        {{"NaN", 3}, NAN},
        {{"Inf", 3}, INFINITY},
        {{"+Inf", 4}, INFINITY},
        {{"-Inf", 4}, -INFINITY},
    };

    for (size_t i = 0; i < COUNT_OF(specials); i++) {
        if (slice_eq(s, specials[i].name)) {
            *out = specials[i].value;
            return true;
        }
    }
    return false;
}

bool num_parse_double(struct slice s, double *out)
{
    struct slice rest = s;
    struct decimal d;
    double value = 0;

    if (num_take_double(&rest, &value) && rest.len == 0) {
        *out = value;
        return true;
    }
    d.count = 0;
    d.power = 0;
    d.is_cut = d.is_negative = false;
    if (!decimal_parse(&d, s))
        return parse_special(s, out);
    value = d.count > 0 ? decimal_slow(&d) : 0;
    *out = d.is_negative ? -value : value;
    return true;
}
