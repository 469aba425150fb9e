#include <criterion/criterion.h>
#include <stdlib.h>

#include "replay/child.h"
#include "tests/unit/support.h"

TestSuite(child_godebug, .fini = test_abort_on_leak);

static const struct {
    const char *given, *want;
} rows[] = {
    {NULL, "gctrace=1"},
    {"", "gctrace=1"},
    {"madvdontneed=1", "madvdontneed=1,gctrace=1"},
    {"madvdontneed=1,", "madvdontneed=1,gctrace=1"},
    {"a=1,,", "a=1,,gctrace=1"},
    {",", ",gctrace=1"},
    {"gctrace=1", "gctrace=1"},
    {"gctrace=2", "gctrace=2"},
    {"gctrace=0", "gctrace=0"},
    {"gctrace=", "gctrace="},
    {"a=1,gctrace=1", "a=1,gctrace=1"},
    {"gctrace=1,a=1", "gctrace=1,a=1"},
    {",gctrace=1,", ",gctrace=1,"},
    /* What the runtime does not take for gctrace. */
    {"xgctrace=1", "xgctrace=1,gctrace=1"},
    {"gctracex=1", "gctracex=1,gctrace=1"},
    {"gctrace", "gctrace,gctrace=1"},
    {"a=gctrace=1", "a=gctrace=1,gctrace=1"},
    {" ", " ,gctrace=1"},
    {"a=1, gctrace=1", "a=1, gctrace=1,gctrace=1"},
};

Test(child_godebug, is_extended_and_never_replaced)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char *got = child_godebug(rows[i].given);

        cr_expect_str_eq(got, rows[i].want, "%s: \"%s\"", rows[i].given, got);
        free(got);
    }
}
