#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "model/units.h"
#include "tests/unit/support.h"

TestSuite(units, .fini = test_abort_on_leak);

#define S(n) ((int64_t)(n)*NS_PER_S)

static const struct {
    double value;
    enum unit unit;
    const char *text;
    const char *axis;
} quantities[] = {
    {0, UNIT_BYTES, "0 B", "0"},
    {512, UNIT_BYTES, "512 B", "512B"},
    {1023, UNIT_BYTES, "1023 B", "1023B"},
    {1024, UNIT_BYTES, "1.00 KiB", "1K"},
    {1536, UNIT_BYTES, "1.50 KiB", "1.5K"},
    {185597952, UNIT_BYTES, "177 MiB", "177M"},
    {335544320, UNIT_BYTES, "320 MiB", "320M"},
    {1073741823, UNIT_BYTES, "1.00 GiB", "1G"},
    {1610612736, UNIT_BYTES, "1.50 GiB", "1.5G"},
    {-1536, UNIT_BYTES, "-1.50 KiB", "-1.5K"},
    {13002342.4, UNIT_BYTES_PER_S, "12.4 MiB/s", "12.4M/s"},
    {1e30, UNIT_BYTES, "8.67e+11 EiB", NULL},
    {0, UNIT_NS, "0 ns", "0"},
    {110000, UNIT_NS, "0.11 ms", "0.11ms"},
    {500000, UNIT_NS, "0.50 ms", "0.5ms"},
    {8200, UNIT_NS, "8.20 us", "8.2us"},
    {2100000, UNIT_NS, "2.10 ms", "2.1ms"},
    {31900000000, UNIT_NS, "31.9 s", "31.9s"},
    {1795224952465034240, UNIT_UNIX_NS, "2026-11-21 01:35:52Z", "2026-11-21"},
    {0, UNIT_UNIX_NS, "-", "-"},
    {0.0214, UNIT_RATIO, "2.1 %", "2.14%"},
    {0.04, UNIT_RATIO, "4.0 %", "4%"},
    {0.0005, UNIT_RATIO, "0.05 %", "0.05%"},
    {1, UNIT_RATIO, "100 %", "100%"},
    {1.03, UNIT_RATIO, "103 %", "103%"},
    {1200000, UNIT_OBJECTS, "1.20 M", "1.2M"},
    {999, UNIT_COUNT, "999", "999"},
    {12, UNIT_CYCLES, "12", "12"},
    {2.5, UNIT_NONE, "2.50", "2.5"},
    {999999, UNIT_COUNT, "1.00 M", "1M"},
    {NAN, UNIT_BYTES, "-", "-"},
    {INFINITY, UNIT_BYTES, "inf", NULL},
};

Test(units, formats)
{
    for (size_t i = 0; i < COUNT_OF(quantities); i++) {
        char out[UNIT_TEXT];

        cr_expect_str_eq(unit_format(out, quantities[i].value, quantities[i].unit, true),
                         quantities[i].text, "%s", quantities[i].text);
        if (quantities[i].axis)
            cr_expect_str_eq(
                unit_format_short(out, quantities[i].value, quantities[i].unit),
                quantities[i].axis, "%s: %s", quantities[i].axis, out);
    }
}

/* No value, however far out, overruns the buffer or loses its unit's place. */
Test(units, formats_anything)
{
    uint64_t seed = 11;

    for (int i = 0; i < 20000; i++) {
        uint64_t bits = test_random(&seed);
        enum unit unit = (enum unit)test_random_below(&seed, UNIT_KINDS);
        char out[UNIT_TEXT];
        double value;

        memcpy(&value, &bits, sizeof value);
        cr_assert_lt(strlen(unit_format(out, value, unit, i % 2)), UNIT_TEXT - 1u);
        cr_assert_lt(strlen(unit_format_short(out, value, unit)), UNIT_TEXT - 1u);
        cr_assert_lt(strlen(unit_format_offset(out, (int64_t)bits, i % 10)),
                     UNIT_TEXT - 1u);
        cr_assert_lt(strlen(unit_format_duration(out, (int64_t)bits)), UNIT_TEXT - 1u);
    }
}

static const struct {
    int64_t ns;
    int decimals;
    const char *text;
} offsets[] = {
    {0, 0, "+0:00"},
    {S(27) + 409 * NS_PER_MS, 2, "+0:27.40"},
    {S(3730), 3, "+1:02:10.000"},
    {S(3 * 86400 + 4 * 3600 + 5 * 60 + 6), 0, "+3d04:05:06"},
    {S(60) - 1, 2, "+0:59.99"},
    {-S(5), 1, "-0:05.0"},
    {1, 9, "+0:00.000000001"},
    {INT64_MIN, 9, "-106751d23:47:16.854775808"},
};

static const struct {
    int64_t ns;
    const char *text;
} lengths[] = {
    {0, "0 ns"},
    {250 * NS_PER_MS, "250 ms"},
    {S(31) + 900 * NS_PER_MS, "31.9 s"},
    {S(60), "1m00s"},
    {S(130), "2m10s"},
    {S(3599) + 999 * NS_PER_MS, "1h00m"},
    {S(11100), "3h05m"},
    {S(86400), "1d00h"},
    {S(59) + 960 * NS_PER_MS, "1m00s"},
    {-S(130), "-2m10s"},
};

Test(units, formats_times)
{
    char out[UNIT_TEXT];

    for (size_t i = 0; i < COUNT_OF(offsets); i++)
        cr_expect_str_eq(unit_format_offset(out, offsets[i].ns, offsets[i].decimals),
                         offsets[i].text);
    for (size_t i = 0; i < COUNT_OF(lengths); i++)
        cr_expect_str_eq(unit_format_duration(out, lengths[i].ns), lengths[i].text);
}

static const struct {
    const char *text;
    bool ok;
    uint64_t bytes;
} sizes[] = {
    {"512MiB", true, UINT64_C(512) << 20},
    {"512 MiB", true, UINT64_C(512) << 20},
    {"2G", true, UINT64_C(2) << 30},
    {"2gb", true, UINT64_C(2) << 30},
    {"1073741824", true, UINT64_C(1) << 30},
    {"1.5GiB", true, UINT64_C(3) << 29},
    {"10B", true, 10},
    {"64k", true, 65536},
    {"15E", true, UINT64_C(15) << 60},
    {"16E", false, 0},
    {"16.0E", false, 0},
    {"18446744073709551616", false, 0},
    {"", false, 0},
    {"M", false, 0},
    {"1.5", false, 0},
    {"-1M", false, 0},
    {"512Mi", false, 0},
    {"512MM", false, 0},
    {"1e3", false, 0},
    {"1.", false, 0},
    {".5G", false, 0},
    {"512  MiB", false, 0},
    {"0x10", false, 0},
};

Test(units, parses_sizes)
{
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct slice text = test_exact_copy(sizes[i].text, strlen(sizes[i].text));
        uint64_t got = 7;

        cr_expect_eq(unit_parse_size(text, &got), sizes[i].ok, "%s", sizes[i].text);
        cr_expect_eq(got, sizes[i].ok ? sizes[i].bytes : 7, "%s", sizes[i].text);
        test_free(text);
    }
}

static const struct {
    const char *text;
    bool ok;
    int64_t ns;
} durations[] = {
    {"90s", true, S(90)},
    {"1h30m", true, S(5400)},
    {"250ms", true, 250 * NS_PER_MS},
    {"1.5s", true, 1500 * NS_PER_MS},
    {"2d", true, S(172800)},
    {".5s", true, 500 * NS_PER_MS},
    {"1.s", true, S(1)},
    {"0", true, 0},
    {"1us", true, 1000},
    {"1µs", true, 1000},
    {"0.123456789s", true, 123456789},
    {"0.1234567891234567891234567899s", true, 123456789},
    {"1.1h", true, S(3960)},
    {"9223372036854775807ns", true, INT64_MAX},
    {"9223372036854775808ns", false, 0},
    {"106752d", false, 0},
    {"", false, 0},
    {"90", false, 0},
    {"s", false, 0},
    {".s", false, 0},
    {"1h ", false, 0},
    {"1x", false, 0},
    {"-1s", false, 0},
    {"1h30", false, 0},
};

Test(units, parses_durations)
{
    for (size_t i = 0; i < COUNT_OF(durations); i++) {
        struct slice text = test_exact_copy(durations[i].text, strlen(durations[i].text));
        int64_t got = 7;

        cr_expect_eq(unit_parse_duration(text, &got), durations[i].ok, "%s",
                     durations[i].text);
        cr_expect_eq(got, durations[i].ok ? durations[i].ns : 7, "%s: %lld",
                     durations[i].text, (long long)got);
        test_free(text);
    }
}

static const struct {
    const char *text;
    bool ok;
    int64_t ns;
} dates[] = {
    {"1970-01-01T00:00:00Z", true, 0},
    {"2026-11-21T01:37:31.12Z", true, S(1795225051) + 120 * NS_PER_MS},
    {"2026-11-21 01:37:31.12Z", true, S(1795225051) + 120 * NS_PER_MS},
    {"2026-11-21t02:37:31.12+01:00", true, S(1795225051) + 120 * NS_PER_MS},
    {"2026-11-20T20:07:31.12-05:30", true, S(1795225051) + 120 * NS_PER_MS},
    {"1969-12-31T23:59:59.999999999z", true, -1},
    {"2000-02-29T00:00:00Z", true, S(951782400)},
    {"2016-12-31T23:59:60Z", true, S(1483228800)},
    {"1677-09-21T00:12:43.145224193Z", true, INT64_MIN + 1},
    {"2262-04-11T23:47:16.854775806Z", true, INT64_MAX - 1},
    {"2262-04-12T00:00:00Z", false, 0},
    {"0000-01-01T00:00:00Z", false, 0},
    {"9999-12-31T23:59:59Z", false, 0},
    {"1900-02-29T00:00:00Z", false, 0},
    {"2026-13-01T00:00:00Z", false, 0},
    {"2026-00-01T00:00:00Z", false, 0},
    {"2026-04-31T00:00:00Z", false, 0},
    {"2026-11-21T24:00:00Z", false, 0},
    {"2026-11-21T01:60:00Z", false, 0},
    {"2026-11-21T01:37:31", false, 0},
    {"2026-11-21T01:37:31.Z", false, 0},
    {"2026-11-21T01:37:31+0100", false, 0},
    {"2026-11-21T01:37:31Zx", false, 0},
    {"2026-11-21", false, 0},
    {"", false, 0},
};

Test(units, parses_dates)
{
    for (size_t i = 0; i < COUNT_OF(dates); i++) {
        struct slice text = test_exact_copy(dates[i].text, strlen(dates[i].text));
        int64_t got = 7;

        cr_expect_eq(unit_parse_rfc3339(text, &got), dates[i].ok, "%s", dates[i].text);
        cr_expect_eq(got, dates[i].ok ? dates[i].ns : 7, "%s: %lld", dates[i].text,
                     (long long)got);
        test_free(text);
    }
}

Test(units, dates_round_trip)
{
    uint64_t seed = 3;

    for (int i = 0; i < 20000; i++) {
        int64_t ns = (int64_t)test_random(&seed), back = 7;
        char out[UNIT_RFC3339_TEXT];

        unit_format_rfc3339(out, ns);
        cr_assert(unit_parse_rfc3339(slice_str(out), &back), "%s", out);
        cr_assert_eq(back, ns, "%s", out);
    }
}
