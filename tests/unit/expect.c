#include "tests/unit/expect.h"

#include <criterion/criterion.h>
#include <inttypes.h>

#include "tests/unit/support.h"

void expect_probes(const struct parser_ops *ops, const struct probe_row *rows,
                   size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct slice in = test_exact_copy(rows[i].in, strlen(rows[i].in));
        enum probe got = ops->probe(in, rows[i].is_whole);

        cr_expect_eq(got, rows[i].want, "%s: %d", rows[i].in, (int)got);
        test_free(in);
    }
}

void expect_others(const struct parser_ops *ops, const char *file_name, const char *in,
                   const char *want, uint64_t skipped)
{
    struct collected c;

    collect_named(&c, ops, slice_str(file_name), slice_str(in), PIECES_WHOLE);
    cr_expect(c.ok && c.diag.errors == 0, "%s", in);
    cr_expect_str_eq(text_str(&c.others), want, "%s gives\n%s", in, text_str(&c.others));
    cr_expect_eq(c.diag.skipped, skipped, "%s: %" PRIu64 ", %s", in, c.diag.skipped,
                 c.diag.kept[0].reason);
    collected_finish(&c);
}

void expect_fault(const struct diag *d, const char *in, const char *reason, uint64_t line,
                  uint64_t offset_bytes)
{
    cr_assert_eq(d->skipped, 1, "%s: %" PRIu64, in, d->skipped);
    cr_expect_str_eq(d->kept[0].reason, reason, "%s", in);
    cr_expect_eq(d->kept[0].line, line, "%s: %" PRIu64, in, d->kept[0].line);
    cr_expect_eq(d->kept[0].offset_bytes, offset_bytes, "%s: %" PRIu64, in,
                 d->kept[0].offset_bytes);
}
