/* Times of files without any inside. */
#include <criterion/criterion.h>
#include <inttypes.h>

#include "model/base/compiler.h"
#include "model/session.h"
#include "model/source_time.h"
#include "model/units.h"
#include "tests/unit/support.h"

TestSuite(source_time, .fini = test_abort_on_leak);

static const struct {
    const char *name, *want; /* NULL: none */
    bool is_day;
} names[] = {
    {"parca-many-1644509272337470000.pb.gz", "2022-02-10T16:07:52.337470000Z", false},
    {"heap.1644509272.pb.gz", "2022-02-10T16:07:52.000000000Z", false},
    {"heap-1644509272337.pprof", "2022-02-10T16:07:52.337000000Z", false},
    {"heap-1644509272337470.pprof", "2022-02-10T16:07:52.337470000Z", false},
    {"heap-20261121-013624.pb.gz", "2026-11-21T01:36:24.000000000Z", false},
    {"heap.2026-11-21T01:36:24Z", "2026-11-21T01:36:24.000000000Z", false},
    {"heap.2026-11-21T01:36:24.25Z.pb", "2026-11-21T01:36:24.250000000Z", false},
    {"heap.2026-11-21T01:36:24+02:00.pb", "2026-11-20T23:36:24.000000000Z", false},
    {"heap.20261121T013624-0500.pb", "2026-11-21T06:36:24.000000000Z", false},
    {"20261121013624_heap", "2026-11-21T01:36:24.000000000Z", false},
    {"2026_11_21_01_36_24.heap.gz", "2026-11-21T01:36:24.000000000Z", false},
    {"app-2026.11.21-01.36.log", "2026-11-21T01:36:00.000000000Z", false},
    {"heap 2026-11-21 01-36-24.pb.gz", "2026-11-21T01:36:24.000000000Z", false},
    {"go1.26-heap-20261121-0136.pb", "2026-11-21T01:36:00.000000000Z", false},
    {"pod-7-1644509272-20261121-013624", "2026-11-21T01:36:24.000000000Z", false},
    {"memory.20261121.log", "2026-11-21T00:00:00.000000000Z", true},
    {"app.log-2026-11-21", "2026-11-21T00:00:00.000000000Z", true},
    {"heap-000.pb.gz", NULL, false},
    {"", NULL, false},
    {"build-deadbeef20261121.pb", NULL, false},    /* a commit's hash */
    {"cafe1644509272.pb", NULL, false},            /* … */
    {"heap-20261321.pb", NULL, false},             /* no such month */
    {"heap-99999999999999999999.pb", NULL, false}, /* too long for anything */
    {"heap-0000000000.pb", NULL, false},           /* 1970 is not when it was */
    {"pid-12345678.pb", NULL, false},
    {"2026", NULL, false},
    {"20261", NULL, false},
    {"2026-", NULL, false},
    {"2026-11-", NULL, false},
};

Test(source_time, names)
{
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct slice name = test_exact_copy(names[i].name, strlen(names[i].name));
        char text[UNIT_RFC3339_TEXT] = "";
        int64_t ns = 0;
        bool is_day, found = source_time_of_name(name, &ns, &is_day);

        cr_expect_eq(found, names[i].want != NULL, "%s", names[i].name);
        if (found && names[i].want) {
            unit_format_rfc3339(text, ns);
            cr_expect_str_eq(text, names[i].want, "%s", names[i].name);
            cr_expect_eq(is_day, names[i].is_day, "%s", names[i].name);
        }
        test_free(name);
    }
}

#define S NS_PER_S

static const struct {
    const char *path;
    int64_t mtime_s, want_s; /* 0: none */
} sources[] = {
    {"-", 0, 0},
    {"heap.pb.gz", 0, 0},
    {"heap.pb.gz", 1795225000, 1795225000},
    {"/logs-20200101-000000/heap.pb.gz", 1795225000, 1795225000},
    {"heap-1644509272.pb.gz", 1795225000, 1644509272},
    {"heap-1644509272.pb.gz", 0, 1644509272},
    {"app-20261121.log", 1795230000, 1795230000}, /* changed on that day */
    {"app-20261121.log", 1800000000, 1795219200}, /* copied later */
};

Test(source_time, name_first_then_change)
{
    for (size_t i = 0; i < COUNT_OF(sources); i++) {
        struct session *session = session_create();
        struct source *source = session_add_source(session, sources[i].path);
        int64_t ns = 0;

        source->has_mtime = sources[i].mtime_s != 0;
        source->mtime_ns = sources[i].mtime_s * S;
        cr_expect_eq(source_time(source, &ns), sources[i].want_s != 0, "%s",
                     sources[i].path);
        cr_expect_eq(ns, sources[i].want_s * S, "%s: %" PRId64, sources[i].path, ns);
        session_destroy(session);
    }
}
