/*
 * What every unit test needs.
 *
 * Inputs sit in heap blocks of exactly their size, so that AddressSanitizer sees a
 * parser that reads one byte too many.
 */
#ifndef TESTS_UNIT_SUPPORT_H
#define TESTS_UNIT_SUPPORT_H

#include <stddef.h>
#include <stdint.h>

#include "model/base/slice.h"

/* A copy in a block of its own; give it back to test_free. */
struct slice test_exact_copy(const char *bytes, size_t len);
void test_free(struct slice copy);

/*
 * For `.fini` of a suite. Criterion takes its verdict before LeakSanitizer runs, so
 * a test that leaks would pass; this looks for leaks in time and aborts. Does nothing
 * in a build without AddressSanitizer.
 */
void test_abort_on_leak(void);

/*
 * Pseudo-random numbers (splitmix64) for property tests: a failure prints the seed,
 * and the seed gives the same numbers everywhere.
 */
uint64_t test_random(uint64_t *seed);

/* Below `limit`, which is at least 1. */
size_t test_random_below(uint64_t *seed, size_t limit);

#endif
