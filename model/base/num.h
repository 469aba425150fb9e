/*
 * Arithmetic that input may not overflow.
 */
#ifndef MODEL_BASE_NUM_H
#define MODEL_BASE_NUM_H

#include <stdbool.h>
#include <stdint.h>

#include "model/base/compiler.h"
#include "model/base/slice.h"

/* *out = a + b (a * b); false and *out untouched when that overflows. */
MUST_USE bool num_add_u64(uint64_t a, uint64_t b, uint64_t *out);
MUST_USE bool num_mul_u64(uint64_t a, uint64_t b, uint64_t *out);
MUST_USE bool num_add_i64(int64_t a, int64_t b, int64_t *out);

/* a + b, held at the ends of the range. */
int64_t num_sat_add_i64(int64_t a, int64_t b);
int64_t num_sat_sub_i64(int64_t a, int64_t b);

/* The nearest int64 to x; its ends for what lies beyond, 0 for NaN. */
int64_t num_i64_of_double(double x);

/* All of s must be decimal digits (no sign). */
MUST_USE bool num_parse_u64(struct slice s, uint64_t *out);

/*
 * All of s must be a JSON-like number: [-+]digits[.digits][e[-+]digits], or NaN,
 * Inf, +Inf, -Inf. Correctly rounded whatever the locale.
 */
MUST_USE bool num_parse_double(struct slice s, double *out);

/*
 * The plain number at the front of *s, [-+]digits[.digits][e[-+]digits], and *s moved
 * past it. Of what num_parse_double reads these are the numbers that can be rounded
 * without big arithmetic (up to 19 digits, an exponent that is not extreme); false, and
 * *s untouched, for others, which may be numbers all the same.
 */
MUST_USE bool num_take_double(struct slice *s, double *out);

#endif
