/* What a parser is to make of small inputs. A failure prints the input. */
#ifndef TESTS_UNIT_EXPECT_H
#define TESTS_UNIT_EXPECT_H

#include "tests/unit/collect.h"

struct probe_row {
    const char *in;
    bool is_whole;
    enum probe want;
};

void expect_probes(const struct parser_ops *ops, const struct probe_row *rows,
                   size_t count);

/* The samples, notices and profiles of an input of that file name, as collect_put_…
 * write them, and how many places were skipped; the whole is no failure. */
void expect_others(const struct parser_ops *ops, const char *file_name, const char *in,
                   const char *want, uint64_t skipped);

/* One place was skipped, this one. `in` is printed. */
void expect_fault(const struct diag *d, const char *in, const char *reason, uint64_t line,
                  uint64_t offset_bytes);

#endif
