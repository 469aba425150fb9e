#include <criterion/criterion.h>

#include "model/base/compiler.h"
#include "model/base/text.h"
#include "model/metric.h"
#include "tests/unit/support.h"

TestSuite(metric, .fini = test_abort_on_leak);

Test(metric, names_get_numbers_and_keep_them)
{
    struct metric_registry r = {0};
    uint32_t first, again, catalogue;

    cr_expect_not(metric_find(&r, SLICE("queue"), &first));
    cr_assert(metric_register(&r, SLICE("queue"), UNIT_BYTES, &first));
    cr_expect_eq(first, METRIC_COUNT);
    cr_assert(metric_register(&r, SLICE("queue"), UNIT_NS, &again));
    cr_expect_eq(again, first);
    cr_expect_eq(metric_unit(&r, first), UNIT_BYTES);
    cr_expect_str_eq(metric_name(&r, first), "x.queue");
    cr_assert(metric_register(&r, SLICE("gctrace.stacks"), UNIT_NONE, &catalogue));
    cr_expect_eq(catalogue, METRIC_X_GCTRACE_STACKS);
    cr_assert(metric_register(&r, SLICE(""), UNIT_NONE, &again));
    cr_expect_str_eq(metric_name(&r, again), "x.");
    metric_registry_finish(&r);
}

/* A hundred thousand names that never come again: the first are kept, none is slow. */
Test(metric, as_many_as_fit)
{
    struct metric_registry r = {0};
    struct text name = {0};
    uint32_t metric;

    for (unsigned i = 0; i < 100000; i++) {
        text_clear(&name);
        text_printf(&name, "n%u", i);
        cr_assert_eq(
            metric_register(&r, slice_of(name.ptr, name.len), UNIT_NONE, &metric),
            i < METRIC_EXTRA_MAX);
        if (i < METRIC_EXTRA_MAX)
            cr_assert_eq(metric, METRIC_COUNT + i);
    }
    cr_expect_eq(r.count, METRIC_EXTRA_MAX);
    cr_expect(metric_find(&r, SLICE("n16383"), &metric));
    cr_expect_eq(metric, METRIC_COUNT + 16383);
    cr_expect_not(metric_find(&r, SLICE("n16384"), &metric));
    text_finish(&name);
    metric_registry_finish(&r);
}
