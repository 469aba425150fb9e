/*
 * JSON values as programs that are not careful write them: numbers in strings, times
 * in five ways, texts with escapes.
 */
#ifndef PARSERS_JSON_VALUE_H
#define PARSERS_JSON_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/base/compiler.h"
#include "model/base/slice.h"
#include "parsers/json.h"

/* A finite number, or a string that holds nothing else. Whole numbers are exact as far
 * as a double goes. */
MUST_USE bool json_take_double(enum json_kind kind, struct slice text, double *value);

/* A whole number without a sign, likewise. */
MUST_USE bool json_take_u64(enum json_kind kind, struct slice text, uint64_t *value);

/* RFC 3339 and what else moment_parse reads in a string; s, ms, µs or ns since 1970 in a
 * number, told by its size. */
MUST_USE bool json_take_time(enum json_kind kind, struct slice text, int64_t *unix_ns);

/* Is a member of this name the time of its object? "time", "timestamp", "ts",
 * "@timestamp", in small or capital letters. */
bool json_is_time_key(struct slice key);

/* Do they agree but for case, "_" and "-"? `name` has none of these two. */
bool json_is_spelling(struct slice name, struct slice key);

/* The text of a raw string, as far as it fits: escapes that make no character stay as
 * they are. Returns the part of `out` that was filled. */
struct slice json_unescape(struct slice raw, char *out, size_t capacity);

#endif
