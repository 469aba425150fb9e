/*
 * Numbers for machines to read: CSV, JSON, OpenMetrics. The shortest decimal digits
 * that read back as the same double, a point whatever the locale, whole numbers
 * without a point.
 */
#ifndef MODEL_BASE_NUM_FORMAT_H
#define MODEL_BASE_NUM_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#define NUM_TEXT 32

/* All write a NUL and return the length without it. */

/* A finite value; NaN and infinities print as in num_parse_double. */
size_t num_format_double(char out[NUM_TEXT], double value);

size_t num_format_i64(char out[NUM_TEXT], int64_t value);

/* Nanoseconds as seconds, exactly: "12.5", "0.000000001", "-3". */
size_t num_format_seconds(char out[NUM_TEXT], int64_t ns);

#endif
