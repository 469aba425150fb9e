#include <criterion/criterion.h>

#include "model/base/compiler.h"
#include "parsers/stamp.h"
#include "tests/unit/support.h"

TestSuite(stamp, .fini = test_abort_on_leak);

#define S INT64_C(1000000000)
#define NOON INT64_C(1795262400) /* 2026-11-21T12:00:00Z */

static const struct {
    const char *in;
    int64_t unix_ns, step_ns;
    size_t len, text; /* where the stamp ends; where the line's text begins */
} good[] = {
    {"2026-11-21T12:00:00Z x", NOON *S, S, 20, 21},
    {"2026-11-21T12:00:00 x", NOON *S, S, 19, 20},
    {"2026-11-21 12:00:00 x", NOON *S, S, 19, 20},
    {"2026/11/21 12:00:00 x", NOON *S, S, 19, 20},
    {"2026/11/21 12:00:00.5 x", NOON *S + 500000000, 100000000, 21, 22},
    {"2026/11/21 12:00:00.853114 x", NOON *S + 853114000, 1000, 26, 27},
    {"2026-11-21 12:00:00,853 x", NOON *S + 853000000, 1000000, 23, 24},
    {"2026-11-21T12:00:00.123456789Z", NOON *S + 123456789, 1, 30, 30},
    {"2026-11-21T12:00:00.1234567899Z", NOON *S + 123456789, 1, 31, 31},
    {"2026-11-21T12:00:00+01:00 x", (NOON - 3600) * S, S, 25, 26},
    {"2026-11-21T12:00:00-0130 x", (NOON + 5400) * S, S, 24, 25},
    {"2026-11-21T12:00:00.5+0000", NOON *S + 500000000, 100000000, 26, 26},
    {"[2026-11-21 12:00:00] x", NOON *S, S, 20, 22},
    {"<6>2026-11-21 12:00:00 x", NOON *S, S, 22, 23},
    {"2026-11-21T12:00:00.5Z stderr F gc 1", NOON *S + 500000000, 100000000, 22, 32},
    {"2026-11-21T12:00:00.5Z stdout P gc 1", NOON *S + 500000000, 100000000, 22, 32},
    {"2026-11-21 12:00:00.", NOON *S, S, 19, 19},
    {"2026-11-21 12:00:00.x", NOON *S, S, 19, 19},
    {"2026-11-21 12:00:00+", NOON *S, S, 19, 19},
    {"2026-11-21 12:00:00+01", (NOON - 3600) * S, S, 22, 22},
    {"2026-11-21 12:00:00-05 x", (NOON + 18000) * S, S, 22, 23},
    {"2026-11-21 12:00:00+012 x", NOON *S, S, 19, 19},
    {"2026-11-21 12:00:00 +0100 x", (NOON - 3600) * S, S, 25, 26},
    {"2026-11-21 12:00:00 +0100 CET x", (NOON - 3600) * S, S, 29, 30},
    {"2026-11-21 12:00:00.5 CET x", (NOON - 3600) * S + 500000000, 100000000, 25, 26},
    {"2026-11-21 12:00:00 UTC", NOON *S, S, 23, 23},
    {"[2026-11-21 12:00:00 EST] x", (NOON + 18000) * S, S, 24, 26},
    {"2026-11-21 12:00:00 CETERIS", NOON *S, S, 19, 20},
    {"2026-11-21 12:00:00 +5 x", NOON *S, S, 19, 20},
    {"2026-11-21 12:00:00 +01 x", NOON *S, S, 19, 20},
    {"2026-11-21 12:00:00 +", NOON *S, S, 19, 20},
    {"time=\"2026-11-21T12:00:00Z\" x", NOON *S, S, 27, 28},
    {"time=2026-11-21T12:00:00.5Z x", NOON *S + 500000000, 100000000, 27, 28},
    {"ts=2026-11-21T12:00:00Z", NOON *S, S, 23, 23},
    {"2026-11-21 12:00:002", NOON *S, S, 19, 19},
    {"1970-01-01T00:00:00Z", 0, S, 20, 20},
    {"2024-02-29T00:00:00Z", INT64_C(1709164800) * S, S, 20, 20},
    {"2016-12-31T23:59:60Z", INT64_C(1483228800) * S, S, 20, 20},
};

Test(stamp, is_read)
{
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        struct slice in = test_exact_copy(good[i].in, strlen(good[i].in));
        struct stamp got = {0};

        cr_expect(stamp_parse(in, &got), "%s", good[i].in);
        cr_expect_eq(got.unix_ns, good[i].unix_ns, "%s: %lld", good[i].in,
                     (long long)got.unix_ns);
        cr_expect_eq(got.step_ns, good[i].step_ns, "%s: %lld", good[i].in,
                     (long long)got.step_ns);
        cr_expect_eq(got.len, good[i].len, "%s: %zu", good[i].in, got.len);
        cr_expect_eq(stamp_skip(in), good[i].text, "%s: %zu", good[i].in, stamp_skip(in));
        test_free(in);
    }
}

static const char *const bad[] = {
    "",
    "2026-11-21",
    "2026-11-21T12:00:0",
    "2026-11-21X12:00:00",
    "2026-11-21T12-00-00",
    "2026/11/21T12:00:00",
    "2026-00-21T12:00:00",
    "2026-13-21T12:00:00",
    "2026-11-00T12:00:00",
    "2026-11-32T12:00:00",
    "2026-11-21T24:00:00",
    "2026-11-21T12:60:00",
    "2026-11-21T12:00:61",
    "1969-12-31T23:59:59",
    "2262-01-01T00:00:00",
    "0000-01-01T00:00:00",
    " 2026-11-21T12:00:00",
    "<66>2026-11-21T12:00:00",
    "<x>2026-11-21T12:00:00",
    "[[2026-11-21T12:00:00",
    "12026-11-21T12:00:00",
    "<6>",
    "[",
    "time=",
    "time=\"",
    "timer=2026-11-21T12:00:00Z",
};

Test(stamp, is_refused)
{
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct slice in = test_exact_copy(bad[i], strlen(bad[i]));
        struct stamp got;

        cr_expect_not(stamp_parse(in, &got), "%s", bad[i]);
        cr_expect_eq(stamp_skip(in), 0, "%s", bad[i]);
        test_free(in);
    }
}

/* No prefix of a stamp reads past its end, and nothing shorter than date and time is
 * one. */
Test(stamp, every_truncation)
{
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        for (size_t len = 0; len < strlen(good[i].in); len++) {
            struct slice in = test_exact_copy(good[i].in, len);
            struct stamp got;

            if (stamp_parse(in, &got))
                cr_expect(got.len <= len && len >= 19, "%.*s", (int)len, good[i].in);
            cr_expect_leq(stamp_skip(in), len);
            (void)stamp_is_here(in);
            test_free(in);
        }
    }
}
