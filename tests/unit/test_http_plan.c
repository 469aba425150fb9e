/* Addresses, paces and headers: what polling over HTTP decides without a network. */
#include <criterion/criterion.h>
#include <string.h>

#include "model/units.h"
#include "replay/fetch_headers.h"
#include "replay/http_plan.h"
#include "tests/unit/support.h"

TestSuite(http_plan, .fini = test_abort_on_leak);

static const struct {
    const char *url, *origin, *shown, *path, *shown_path;
} addresses[] = {
    {"http://h:80", "http://h:80", "http://h:80", "/", "/"},
    {"h:80", "http://h:80", "http://h:80", "/", "/"},
    {"https://u:p@h/x?y#z", "https://u:p@h", "https://h", "/x?y", "/x?y"},
    {"http://u:p@@h?q", "http://u:p@@h", "http://h", "/?q", "/?q"},
    {"unix:/run/s", "http://localhost", "unix:/run/s", "/", "/"},
    {"unix:/run/s:/metrics", "http://localhost", "unix:/run/s:", "/metrics", "/metrics"},
    {"h/m?token=a=b%20c&debug=1;key=&pin=1234&x", "http://h", "http://h",
     "/m?token=a=b%20c&debug=1;key=&pin=1234&x", "/m?token=***&debug=1;key=&pin=***&x"},
    {"unix:/run/s:/m?k=%00", "http://localhost", "unix:/run/s:", "/m?k=%00", "/m?k=***"},
};

static const char *const no_addresses[] = {"",
                                           "http://",
                                           "http://u:p@",
                                           "ftp://h/",
                                           "file:///etc/passwd",
                                           "unix:",
                                           "http://a\nb",
                                           "http://a b/",
                                           "http://[::1",
                                           "http://h:x/",
                                           "http://[::1]x",
                                           "h:65536"};

Test(http_plan, addresses)
{
    struct http_address a;
    struct err err;

    for (size_t i = 0; i < COUNT_OF(addresses); i++) {
        cr_assert(http_address_parse(&a, addresses[i].url, &err), "%s", addresses[i].url);
        cr_expect_str_eq(a.origin, addresses[i].origin);
        cr_expect_str_eq(a.shown, addresses[i].shown);
        cr_expect_str_eq(a.path, addresses[i].path);
        cr_expect_str_eq(a.shown_path, addresses[i].shown_path);
        http_address_finish(&a);
    }
    for (size_t i = 0; i < COUNT_OF(no_addresses); i++)
        cr_expect_not(http_address_parse(&a, no_addresses[i], &err), "%s",
                      no_addresses[i]);
}

Test(http_plan, keeps_to_multiples_of_the_period)
{
    struct http_pace p;

    http_pace_start(&p, 1000, 50);
    cr_expect_eq(p.next_ns, 50);
    http_pace_answered(&p, 60);
    cr_expect_eq(p.next_ns, 1050);
    http_pace_answered(&p, 3700); /* what was late is left out */
    cr_expect_eq(p.next_ns, 4050);
}

Test(http_plan, backs_off)
{
    const int64_t waits[] = {1, 2, 4, 8, 16, 30, 30, 30};
    struct http_pace p;
    uint64_t dice = 1;

    http_pace_start(&p, NS_PER_S, 0);
    for (size_t i = 0; i < COUNT_OF(waits); i++) {
        http_pace_failed(&p, 0, &dice);
        cr_expect_geq(p.next_ns, waits[i] * NS_PER_S, "%zu", i);
        cr_expect_leq(p.next_ns, waits[i] * NS_PER_S * 5 / 4, "%zu", i);
    }
    http_pace_answered(&p, NS_PER_S / 2);
    cr_expect_eq(p.next_ns, NS_PER_S);
    http_pace_start(&p, 60 * NS_PER_S, 0);
    http_pace_failed(&p, 0, &dice);
    http_pace_failed(&p, 0, &dice);
    cr_expect_geq(p.next_ns, 60 * NS_PER_S, "never more often than a period");
    http_pace_start(&p, INT64_MAX / 2, 0);
    http_pace_failed(&p, INT64_MAX - 1, &dice);
    cr_expect_eq(p.next_ns, INT64_MAX);
}

static const struct {
    const char *text, *reason;
    uint64_t line;
} bad_headers[] = {
    {"A: 1\nno colon secret\n", "expected \"Name: value\"", 2},
    {": secret", "expected \"Name: value\"", 1},
    {"# c\n\nA: b\001secret", "control character in a header", 3},
    {"A:  \n", "header without a value", 1},
};

Test(http_plan, refuses_headers_without_showing_them)
{
    for (size_t i = 0; i < COUNT_OF(bad_headers); i++) {
        struct slice text =
            test_exact_copy(bad_headers[i].text, strlen(bad_headers[i].text));
        struct fetch_headers h = {0};
        struct err err = {0};

        cr_expect_not(fetch_headers_add(&h, text, &err), "%s", bad_headers[i].text);
        cr_expect_str_eq(err.reason, bad_headers[i].reason);
        cr_expect_eq(err.line, bad_headers[i].line);
        fetch_headers_finish(&h);
        test_free(text);
    }
}
