#include <criterion/criterion.h>
#include <string.h>

#include "model/units.h"
#include "replay/time_arg.h"
#include "tests/unit/support.h"

TestSuite(time_arg, .fini = test_abort_on_leak);

#define S(n) ((int64_t)(n)*NS_PER_S)

/* Session from 10:00:30 to 10:20:30 on 21 November 2026. */
#define FROM S(1795255230)
#define TO (FROM + S(1200))

static const struct {
    const char *text;
    bool ok;
    int64_t ns;
} times[] = {
    {"+90s", true, FROM + S(90)},
    {"1m", true, FROM + S(60)},
    {"-5m", true, TO - S(300)},
    {"50%", true, FROM + S(600)},
    {"100%", true, TO},
    {"10:05", true, FROM + S(270)},
    {"10:05:00.5", true, FROM + S(270) + 500 * NS_PER_MS},
    {"10:00", true, FROM - S(30)},
    {"09:00", true, FROM - S(30) + S(82800)},
    {"2026-11-21T10:05:00Z", true, FROM + S(270)},
    {"2026-11-21 10:05:00", true, FROM + S(270)},
    {"2026-11-21T11:05:00+01:00", true, FROM + S(270)},
    {"+0:27.40", true, FROM + 27400 * NS_PER_MS},
    {"0:27.40", true, FROM + 27400 * NS_PER_MS},
    {"0:27", true, FROM + S(27)},
    {"12:27.4", true, FROM + S(747) + 400 * NS_PER_MS},
    {"+12:27", true, FROM + S(747)},
    {"+10:05:00", true, FROM + S(36300)},
    {"+1:02:10.5", true, FROM + S(3730) + 500 * NS_PER_MS},
    {"1:02:10.5", true, FROM + S(3730) + 500 * NS_PER_MS},
    {"+3d04:05:06", true, FROM + S(3 * 86400 + 4 * 3600 + 5 * 60 + 6)},
    {"3d04:05:06.25", true,
     FROM + S(3 * 86400 + 4 * 3600 + 5 * 60 + 6) + 250 * NS_PER_MS},
    {"+90:00", true, FROM + S(5400)},
    {"-0:30", true, TO - S(30)},
    {"+0:00.1234567891", true, FROM + 123456789},
    {"+99999d23:59:59.999999999", true, INT64_MAX},
    {"+100000d00:00:00", false, 0},
    {"+1234567:00", false, 0},
    {"+0:60", false, 0},
    {"+0:5", false, 0},
    {"+0:", false, 0},
    {"+:05", false, 0},
    {"+0:05.", false, 0},
    {"+0:05x", false, 0},
    {"+0:05.1x", false, 0},
    {"+1:02:03:04", false, 0},
    {"+3d4:05:06", false, 0},
    {"+3d24:05:06", false, 0},
    {"+3d04:05", false, 0},
    {"+0d04:05", false, 0},
    {"+-0:05", false, 0},
    {"25:00:00", false, 0},
    {"101%", false, 0},
    {"-1%", false, 0},
    {"%", false, 0},
    {"", false, 0},
    {"-", false, 0},
    {"+", false, 0},
    {"10:5", false, 0},
    {"25:00", false, 0},
    {"yesterday", false, 0},
    {"90", false, 0},
};

Test(time_arg, resolves)
{
    for (size_t i = 0; i < COUNT_OF(times); i++) {
        struct slice text = test_exact_copy(times[i].text, strlen(times[i].text));
        struct time_arg arg = {0};
        int64_t got = 7;
        bool ok = time_arg_parse(text, &arg);

        cr_expect_eq(ok, times[i].ok, "%s", times[i].text);
        cr_expect_eq(time_arg_resolve(&arg, FROM, TO, true, &got), times[i].ok, "%s",
                     times[i].text);
        cr_expect(!ok || got == times[i].ns, "%s: %lld", times[i].text,
                  (long long)(got - FROM));
        test_free(text);
    }
}

Test(time_arg, wall_times_need_a_wall_clock)
{
    struct time_arg arg = {0};
    int64_t got = 7;

    cr_assert(time_arg_parse(SLICE("10:05"), &arg));
    cr_expect_not(time_arg_resolve(&arg, 0, S(60), false, &got));
    cr_assert(time_arg_parse(SLICE("2026-11-21T10:05:00Z"), &arg));
    cr_expect_not(time_arg_resolve(&arg, 0, S(60), false, &got));
    cr_assert(time_arg_parse(SLICE("50%"), &arg));
    cr_expect(time_arg_resolve(&arg, INT64_MIN / 2, INT64_MAX / 2, false, &got));
}
