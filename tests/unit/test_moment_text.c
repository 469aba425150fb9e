#include <criterion/criterion.h>

#include "model/units.h"
#include "parsers/moment_text.h"
#include "tests/unit/support.h"

TestSuite(moment_text, .fini = test_abort_on_leak);

static const struct {
    const char *in, *want; /* NULL: no moment */
} moments[] = {
    {"2026-11-21T01:02:03Z", "2026-11-21T01:02:03.000000000Z"},
    {"2026-11-21T01:02:03.5+01:00", "2026-11-21T00:02:03.500000000Z"},
    {"2026-11-21 01:02:03.000001 UTC", "2026-11-21T01:02:03.000001000Z"},
    {"1795222923", "2026-11-21T01:02:03.000000000Z"},
    {"1795222923.25", "2026-11-21T01:02:03.250000000Z"},
    {"1795222923250", "2026-11-21T01:02:03.250000000Z"},
    {"1795222923250001", "2026-11-21T01:02:03.250001000Z"},
    {"1795222923250001002", "2026-11-21T01:02:03.250001002Z"},
    /* What date(1) prints, in different places. */
    {"Sat Nov 21 01:02:03 UTC 2026", "2026-11-21T01:02:03.000000000Z"},
    {"Sat Nov 21 01:02:03 AM UTC 2026", "2026-11-21T01:02:03.000000000Z"},
    {"Sat 21 Nov 2026 12:02:03 AM UTC", "2026-11-21T00:02:03.000000000Z"},
    {"Sat 21 Nov 2026 01:02:03 PM UTC", "2026-11-21T13:02:03.000000000Z"},
    {"Sat 21 Nov 2026 12:02:03 PM UTC", "2026-11-21T12:02:03.000000000Z"},
    {"Sat Nov  7 01:02:03 2026", "2026-11-07T01:02:03.000000000Z"},
    {"Sat, 21 Nov 2026 02:37:05 +0100", "2026-11-21T01:37:05.000000000Z"},
    {"Fri, 20 Nov 2026 20:37:05 -0530", "2026-11-21T02:07:05.000000000Z"},
    {"", NULL},
    {"hello", NULL},
    {"123", NULL},
    {"978307199", NULL},  /* before 2001 */
    {"4102444800", NULL}, /* 2100 */
    {"1795222923.x", NULL},
    {"1795222923 12", NULL},
    {"17952229232500010020", NULL},
    {"99999999999999999999999", NULL},
    {"2026-11-21T01:02:03Z and more", NULL},
    {"Sat Nov 21 01:02:03 UTC", NULL},
    {"Sat Nov 21 25:02:03 UTC 2026", NULL},
    {"Sat Nov 32 01:02:03 UTC 2026", NULL},
    {"Sat Nov 21 2026", NULL},
    {"Nov 21 01:02:03 2026 says hello", NULL},
    {"21 21 Nov 2026 01:02:03", NULL},
    {"Sat Nov 21 01:02:03 UTC 2026 Sat Nov 21 01:02:03 UTC 2026 Sat Nov 21 01:02:03",
     NULL},
};

Test(moment_text, parses)
{
    for (size_t i = 0; i < COUNT_OF(moments); i++) {
        struct slice in = test_exact_copy(moments[i].in, strlen(moments[i].in));
        char text[UNIT_RFC3339_TEXT];
        int64_t ns = 0;
        bool ok = moment_parse(in, &ns);

        cr_expect_eq(ok, moments[i].want != NULL, "%s", moments[i].in);
        if (ok && moments[i].want)
            cr_expect_str_eq(unit_format_rfc3339(text, ns), moments[i].want, "%s",
                             moments[i].in);
        test_free(in);
    }
}

static const struct {
    const char *in;
    bool want;
} lines[] = {
    {"# 1795222923.0", true},
    {"=== 2026-11-21T01:02:03Z ===", true},
    {"[2026-11-21T01:02:03Z]", true},
    {"--- Sat Nov 21 01:02:03 UTC 2026", true},
    {"date: 1795222923", true},
    {"@1795222923", true},
    {"2026-11-21T01:02:03Z VmRSS:", false},
    {"# hello", false},
    {"==== ====", false},
    {"MemTotal: 5 kB", false},
};

Test(moment_text, lines_of_nothing_else)
{
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        struct slice in = test_exact_copy(lines[i].in, strlen(lines[i].in));
        int64_t ns = 0;

        cr_expect_eq(moment_line(in, &ns), lines[i].want, "%s", lines[i].in);
        if (lines[i].want)
            cr_expect_eq(ns, INT64_C(1795222923000000000), "%s", lines[i].in);
        test_free(in);
    }
}

/* Whatever stands there, nothing is read beyond it. */
Test(moment_text, random_bytes)
{
    static const char set[] = "0129:.-+ ,SatNovUTCAPM/TZ";
    uint64_t seed = 7;

    for (int i = 0; i < 200000; i++) {
        char bytes[40];
        size_t len = test_random_below(&seed, sizeof bytes);
        struct slice in;
        int64_t ns;

        for (size_t k = 0; k < len; k++)
            bytes[k] = set[test_random_below(&seed, sizeof set - 1)];
        in = test_exact_copy(bytes, len);
        (void)moment_line(in, &ns);
        test_free(in);
    }
}
