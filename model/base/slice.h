/*
 * A view of bytes that somebody else owns. Nothing assumes a NUL after it.
 */
#ifndef MODEL_BASE_SLICE_H
#define MODEL_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct slice {
    const char *ptr; /* may be NULL when len is 0 */
    size_t len;      /* bytes */
};

#define SLICE(lit) ((struct slice){"" lit, sizeof(lit) - 1})
/* The same where ISO C wants a constant: in the tables of static storage. */
/* clang-format off */
#define SLICE_INIT(lit) {"" lit, sizeof(lit) - 1}
/* clang-format on */

static inline struct slice slice_of(const char *ptr, size_t len)
{
    return (struct slice){ptr, len};
}

static inline struct slice slice_str(const char *text)
{
    return (struct slice){text, text ? strlen(text) : 0};
}

/* The slice without its first `count` bytes; count may not exceed its length. */
static inline struct slice slice_after(struct slice s, size_t count)
{
    return (struct slice){s.ptr + count, s.len - count};
}

static inline struct slice slice_first(struct slice s, size_t count)
{
    return (struct slice){s.ptr, count < s.len ? count : s.len};
}

static inline bool slice_eq(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* What stands behind the last '/' of a path; all of it where there is none. */
static inline struct slice slice_base_name(struct slice path)
{
    size_t at = path.len;

    while (at > 0 && path.ptr[at - 1] != '/')
        at--;
    return at ? slice_after(path, at) : path;
}

static inline bool slice_starts(struct slice s, struct slice prefix)
{
    return s.len >= prefix.len &&
           (prefix.len == 0 || memcmp(s.ptr, prefix.ptr, prefix.len) == 0);
}

/* Is s one of the words, or does it start with one? */
static inline bool slice_is_any(struct slice s, const struct slice *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (slice_eq(s, words[i]))
            return true;
    }
    return false;
}

static inline bool slice_starts_any(struct slice s, const struct slice *words,
                                    size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (slice_starts(s, words[i]))
            return true;
    }
    return false;
}

static inline bool slice_ends(struct slice s, struct slice suffix)
{
    return s.len >= suffix.len &&
           (suffix.len == 0 ||
            memcmp(s.ptr + s.len - suffix.len, suffix.ptr, suffix.len) == 0);
}

#endif
