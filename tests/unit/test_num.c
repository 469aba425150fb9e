#include <criterion/criterion.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/base/num.h"
#include "model/base/num_format.h"
#include "tests/unit/support.h"

TestSuite(num, .fini = test_abort_on_leak);

static const struct {
    uint64_t a, b;
    bool adds, multiplies;
} overflows[] = {
    {0, 0, true, true},
    {UINT64_MAX, 0, true, true},
    {UINT64_MAX, 1, false, true},
    {1, UINT64_MAX, false, true},
    {UINT64_MAX, UINT64_MAX, false, false},
    {UINT64_C(1) << 32, UINT64_C(1) << 32, true, false},
    {UINT64_C(1) << 32, (UINT64_C(1) << 32) - 1, true, true},
};

Test(num, u64_never_wraps)
{
    for (size_t i = 0; i < COUNT_OF(overflows); i++) {
        uint64_t out = 7;

        cr_expect_eq(num_add_u64(overflows[i].a, overflows[i].b, &out), overflows[i].adds,
                     "row %zu", i);
        cr_expect(overflows[i].adds || out == 7, "row %zu: touched", i);
        out = 7;
        cr_expect_eq(num_mul_u64(overflows[i].a, overflows[i].b, &out),
                     overflows[i].multiplies, "row %zu", i);
        cr_expect(overflows[i].multiplies || out == 7, "row %zu: touched", i);
    }
}

static const struct {
    int64_t a, b, sum, difference;
} saturations[] = {
    {1, 2, 3, -1},
    {INT64_MAX, 1, INT64_MAX, INT64_MAX - 1},
    {INT64_MAX, -1, INT64_MAX - 1, INT64_MAX},
    {INT64_MIN, -1, INT64_MIN, INT64_MIN + 1},
    {INT64_MIN, 1, INT64_MIN + 1, INT64_MIN},
    {0, INT64_MIN, INT64_MIN, INT64_MAX},
    {-1, INT64_MIN, INT64_MIN, INT64_MAX},
    {INT64_MIN, INT64_MIN, INT64_MIN, 0},
};

Test(num, i64_saturates)
{
    for (size_t i = 0; i < COUNT_OF(saturations); i++) {
        cr_expect_eq(num_sat_add_i64(saturations[i].a, saturations[i].b),
                     saturations[i].sum, "row %zu", i);
        cr_expect_eq(num_sat_sub_i64(saturations[i].a, saturations[i].b),
                     saturations[i].difference, "row %zu", i);
    }
}

Test(num, i64_of_double)
{
    cr_expect_eq(num_i64_of_double(NAN), 0);
    cr_expect_eq(num_i64_of_double(INFINITY), INT64_MAX);
    cr_expect_eq(num_i64_of_double(-INFINITY), INT64_MIN);
    cr_expect_eq(num_i64_of_double(9223372036854775808.0), INT64_MAX);
    cr_expect_eq(num_i64_of_double(-9223372036854775808.0), INT64_MIN);
    cr_expect_eq(num_i64_of_double(2.6), 3);
    cr_expect_eq(num_i64_of_double(-2.6), -3);
}

static const struct {
    const char *text;
    bool ok;
    uint64_t want;
} whole_numbers[] = {
    {"0", true, 0},
    {"007", true, 7},
    {"18446744073709551615", true, UINT64_MAX},
    {"18446744073709551616", false, 0},
    {"99999999999999999999", false, 0},
    {"", false, 0},
    {"-1", false, 0},
    {"+1", false, 0},
    {" 1", false, 0},
    {"1 ", false, 0},
    {"1x", false, 0},
};

Test(num, parses_u64)
{
    for (size_t i = 0; i < COUNT_OF(whole_numbers); i++) {
        const char *in = whole_numbers[i].text;
        struct slice text = test_exact_copy(in, strlen(in));
        uint64_t got = 7;

        cr_expect_eq(num_parse_u64(text, &got), whole_numbers[i].ok, "%s", in);
        cr_expect_eq(got, whole_numbers[i].ok ? whole_numbers[i].want : 7, "%s", in);
        test_free(text);
    }
}

static const char *const refused[] = {
    "",      "-",     "+",    ".",   ".5",   "5.",  "1e",   "1e+",   "e5",  "0x10",
    "1_000", "1,5",   "1.2.", "--1", "+-1",  " 1",  "1 ",   "nan",   "inf", "Infinity",
    "+NaN",  "1e5.0", "NaNx", "1d5", "1.e5", "1 2", "\xef", "1\xc0",
};

Test(num, refuses_what_is_no_number)
{
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        struct slice text = test_exact_copy(refused[i], strlen(refused[i]));
        double got = 7;

        cr_expect_not(num_parse_double(text, &got), "%s", refused[i]);
        cr_expect(got == 7, "%s: touched", refused[i]);
        test_free(text);
    }
}

/* Equality that tells 0 from -0. */
static bool is_same(double a, double b)
{
    uint64_t a_bits, b_bits;

    memcpy(&a_bits, &a, sizeof a_bits);
    memcpy(&b_bits, &b, sizeof b_bits);
    return a_bits == b_bits;
}

/* The C library's strtod is exact in glibc; ours must agree to the last bit. */
static void expect_as_strtod(const char *in)
{
    struct slice text = test_exact_copy(in, strlen(in));
    double got = 7, want = strtod(in, NULL);

    cr_expect(num_parse_double(text, &got), "%s", in);
    cr_expect(is_same(got, want), "%s: %.17g, want %.17g", in, got, want);
    test_free(text);
}

static const char *const hard_numbers[] = {
    "0",
    "-0",
    "+0.0",
    "0e999999999999",
    "1",
    "-1",
    "+1.5",
    "123456789012345",
    "1234567890123456",
    "9007199254740993",
    "9007199254740992.5",
    "0.1",
    "0.3",
    "1e22",
    "1e23",
    "1e-22",
    "1e-23",
    "8.5e-5",
    "1.7976931348623157e308",
    "1.7976931348623158e308",
    "1.7976931348623159e308",
    "1e309",
    "-1e309",
    "4.9e-324",
    "2.4703282292062327e-324",
    "2.4703282292062328e-324",
    "2.2250738585072011e-308",
    "2.2250738585072012e-308",
    "1e-400",
    "1e99999999999999999999",
    "1e-99999999999999999999",
    "0.00000000000000000000000000000000000001e38",
    "6.631236846766476e-316",
    "3.518437208883201171875e13",
    "100000000000000000000000000000000000000000000000000e-50",
    "1E5",
    "1e+05",
};

Test(num, parses_doubles_exactly)
{
    for (size_t i = 0; i < COUNT_OF(hard_numbers); i++)
        expect_as_strtod(hard_numbers[i]);
}

/* Halfway between two doubles for 1,000 digits: only the last decides. */
Test(num, parses_very_long_numbers)
{
    char text[2001];
    const char half[] = "9007199254740992.5";
    double got;

    memset(text, '0', sizeof text - 1);
    memcpy(text, half, sizeof half - 1);
    text[sizeof text - 1] = '\0';
    expect_as_strtod(text);
    text[sizeof text - 2] = '1';
    expect_as_strtod(text);
    memset(text, '9', sizeof text - 1);
    expect_as_strtod(text);
    memcpy(text, "0.", 2);
    memset(text + 2, '0', 1500);
    expect_as_strtod(text);
    cr_expect(num_parse_double(SLICE("NaN"), &got) && isnan(got));
    cr_expect(num_parse_double(SLICE("-Inf"), &got) && got < 0 && isinf(got));
    cr_expect(num_parse_double(SLICE("Inf"), &got) && got > 0 && isinf(got));
}

static double random_double(uint64_t *seed)
{
    for (;;) {
        uint64_t bits = test_random(seed);
        double value;

        memcpy(&value, &bits, sizeof value);
        if (isfinite(value))
            return value;
    }
}

Test(num, formats_what_reads_back)
{
    uint64_t seed = 20261121;

    for (int i = 0; i < 20000; i++) {
        double value = random_double(&seed), back = 7;
        char out[NUM_TEXT], longest[64];
        size_t len;

        if (i % 3 == 1)
            value = (double)(test_random(&seed) % 1000000000) / 1000.0;
        if (i % 3 == 2)
            value = (double)(test_random(&seed) >> (i % 60));
        len = num_format_double(out, value);
        (void)snprintf(longest, sizeof longest, "%.17g", value);
        cr_assert_eq(len, strlen(out));
        cr_assert(num_parse_double(slice_of(out, len), &back), "%s", out);
        cr_assert(is_same(back, value), "%s: %s", longest, out);
        /* Plain digits where an exponent would be shorter are on purpose. */
        cr_assert(len <= strlen(longest) || !strchr(out, 'e'), "%s: %s", longest, out);
        expect_as_strtod(longest);
    }
}

static const struct {
    double value;
    const char *want;
} formatted[] = {
    {0, "0"},
    {-0.5, "-0.5"},
    {0.1, "0.1"},
    {347078656, "347078656"},
    {9007199254740992.0, "9007199254740992"},
    {-3, "-3"},
    {0.000123, "0.000123"},
    {0.1 + 0.2, "0.30000000000000004"},
    {1e300, "1e+300"},
    {NAN, "NaN"},
    {INFINITY, "+Inf"},
    {-INFINITY, "-Inf"},
};

Test(num, formats)
{
    char out[NUM_TEXT];

    for (size_t i = 0; i < COUNT_OF(formatted); i++) {
        num_format_double(out, formatted[i].value);
        cr_expect_str_eq(out, formatted[i].want);
    }
    num_format_seconds(out, INT64_MIN);
    cr_expect_str_eq(out, "-9223372036.854775808");
    num_format_seconds(out, 12500000000);
    cr_expect_str_eq(out, "12.5");
    num_format_seconds(out, -1);
    cr_expect_str_eq(out, "-0.000000001");
    num_format_i64(out, INT64_MIN);
    cr_expect_str_eq(out, "-9223372036854775808");
}

/* Both directions, wherever the user's locale puts a comma. */
Test(num, does_not_follow_the_locale)
{
    static const char *const commas[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "nl_NL.UTF-8"};
    char out[NUM_TEXT];
    double got = 0;

    for (size_t i = 0; i < COUNT_OF(commas); i++) {
        if (setlocale(LC_ALL, commas[i]))
            break;
    }
    cr_expect(num_parse_double(SLICE("3.1415926535897931"), &got));
    cr_expect(got == 3.1415926535897931);
    num_format_double(out, 3.1415926535897931);
    cr_expect_str_eq(out, "3.141592653589793");
}

/* Seeded numbers as programs print them, against the C library. */
Test(num, takes_plain_numbers_as_the_library_does)
{
    static const int precisions[] = {17, 16, 15, 6, 3, 9};
    uint64_t seed = 20261121;

    for (unsigned i = 0; i < 60000; i++) {
        char text[40];
        double value = (double)test_random_below(&seed, UINT64_C(1) << 62) *
                       pow(10, (double)test_random_below(&seed, 60) - 45);
        double got = -1;
        struct slice in, rest;
        int len = snprintf(text, sizeof text, "%.*g",
                           precisions[i % COUNT_OF(precisions)], value);

        in = rest = test_exact_copy(text, (size_t)len);
        cr_assert(num_parse_double(in, &got), "%s", text);
        cr_assert_eq(got, strtod(text, NULL), "%s: %.17g", text, got);
        if (num_take_double(&rest, &got)) {
            cr_assert_eq(got, strtod(text, NULL), "%s: %.17g", text, got);
            cr_assert_eq(rest.len, 0, "%s", text);
        }
        test_free(in);
    }
}

static const struct {
    const char *text;
    bool is_taken;
    double want;
    const char *rest;
} taken[] = {
    {"1.5 x", true, 1.5, " x"},
    {"-17\n", true, -17, "\n"},
    {"+3e2,", true, 300, ","},
    {"9007199254740993 ", true, 9007199254740992, " "},
    {"9007199254740995 ", true, 9007199254740996, " "},
    {"9007199254740993e-22", true, 9007199254740993e-22, ""},
    {"9999999999999999999e19", true, 9999999999999999999e19, ""},
    {"1.8446744073709552e+19", true, 18446744073709551615.0, ""},
    {"12345678901234567890", false, 0, ""}, /* twenty digits: the long way */
    {"1.", false, 0, ""},
    {"1e", false, 0, ""},
    {"1e+", false, 0, ""},
    {".5", false, 0, ""},
    {"", false, 0, ""},
    {"-", false, 0, ""},
    {"NaN", false, 0, ""},
    {"1e-300", false, 0, ""},
};

Test(num, takes_a_number_from_the_front)
{
    for (size_t i = 0; i < COUNT_OF(taken); i++) {
        struct slice in = test_exact_copy(taken[i].text, strlen(taken[i].text));
        struct slice rest = in;
        double got = 0;

        cr_expect_eq(num_take_double(&rest, &got), taken[i].is_taken, "%s",
                     taken[i].text);
        cr_expect_eq(got, taken[i].want, "%s: %.17g", taken[i].text, got);
        cr_expect_eq(rest.len, taken[i].is_taken ? strlen(taken[i].rest) : in.len, "%s",
                     taken[i].text);
        test_free(in);
    }
}
