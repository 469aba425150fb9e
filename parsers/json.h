/*
 * JSON as a flat sequence of tokens over bytes that are all there: no tree, no
 * recursion, no copy. Numbers stay text, so that 64-bit integers keep all their digits.
 *
 * Source: RFC 8259. Strings come raw, with their escapes; none of the keys that we
 * look for has any.
 */
#ifndef PARSERS_JSON_H
#define PARSERS_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/base/slice.h"

enum json_kind {
    JSON_OBJECT,     /* { */
    JSON_OBJECT_END, /* } */
    JSON_ARRAY,
    JSON_ARRAY_END,
    JSON_KEY, /* the string and its colon */
    JSON_STRING,
    JSON_NUMBER,
    JSON_TRUE,
    JSON_FALSE,
    JSON_NULL,
    JSON_END,   /* of the value: nothing but blanks follow */
    JSON_ERROR, /* `reason` says which; sticky */
};

struct json {
    const char *start, *p, *end;
    struct slice text;  /* of the last key, string or number */
    const char *reason; /* static */
    uint64_t is_object; /* one bit a level: the innermost is bit 0 */
    unsigned depth;     /* at most LIMIT_JSON_DEPTH */
    bool wants_comma;   /* a value stands before */
};

struct json json_init(struct slice text);
enum json_kind json_next(struct json *j);

/* Behind the value that `kind` began: all of an object or an array. */
void json_skip(struct json *j, enum json_kind kind);

/*
 * The same at the speed of memory: of what is inside only brackets and strings are looked
 * at, so other faults in there are not found.
 */
void json_skip_unread(struct json *j, enum json_kind kind);

/*
 * Behind the "[" of an array of nothing but whole numbers without a sign, at most `most`
 * of them and none over INT64_MAX: puts them into `out`, returns how many and stands
 * behind the "]". For any other array returns SIZE_MAX and stays in front of its first
 * value, for json_next to go over.
 */
size_t json_take_integers(struct json *j, int64_t *out, size_t most);

#endif
