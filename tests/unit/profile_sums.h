/*
 * What a parser makes of an input's profiles, in one line each: "3 goroutine/count=7",
 * the samples and the sum of each type. The reference figures of tests are in this form,
 * as `go tool pprof -raw` gives them.
 */
#ifndef TESTS_UNIT_PROFILE_SUMS_H
#define TESTS_UNIT_PROFILE_SUMS_H

#include "model/base/diag.h"
#include "model/base/text.h"
#include "parsers/parser.h"

/* Appends a line for each profile; adds what was skipped to *diag. The input was last
 * changed at `mtime_ns`, or at an unknown time where that is 0. */
void profile_sums(struct text *out, const struct parser_ops *ops, struct slice in,
                  struct diag *diag, int64_t mtime_ns);

#endif
