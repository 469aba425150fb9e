/*
 * One profile as a parser hands it on: tables that refer to each other by index, all
 * borrowed, all checked (an index is in range, or the parser has refused the profile).
 *
 * Source: profile.proto of github.com/google/pprof; the legacy text forms are brought
 * into the same shape, their sampling undone as `go tool pprof` does it.
 */
#ifndef MODEL_PROFILE_RECORD_H
#define MODEL_PROFILE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/base/slice.h"

enum profile_kind {
    PROFILE_HEAP,
    PROFILE_ALLOCS,
    PROFILE_GOROUTINE,
    PROFILE_CPU,
    PROFILE_OTHER,
    PROFILE_KINDS,
};
const char *profile_kind_name(enum profile_kind kind); /* "heap" */

struct profile_type {
    struct slice type, unit; /* "inuse_space", "bytes" */
};

struct profile_function {
    struct slice name; /* may be empty */
    struct slice file;
};

/* One frame; a location has several where calls were inlined, innermost first. */
struct profile_line {
    uint32_t function; /* index into functions */
    uint32_t line;     /* 0 = unknown */
};

struct profile_location {
    uint64_t address;
    uint32_t first_line, line_count; /* of `lines`; count 0: not symbolised */
    uint32_t mapping;                /* index into mappings; UINT32_MAX = none */
};

struct profile_sample {
    uint32_t first_location, location_count; /* of `stacks`; leaf first */
    int64_t object_bytes;                    /* label "bytes"; 0 = none */
};

struct profile_record {
    enum profile_kind kind;
    bool has_time;
    int64_t time_ns;     /* Unix time */
    int64_t duration_ns; /* 0 = a moment; else a difference of two */
    int64_t period;      /* MemProfileRate, once undone; 0 = unknown */
    const struct profile_type *types;
    size_t type_count;
    size_t default_type; /* index into types */
    const struct profile_function *functions;
    size_t function_count;
    const struct profile_line *lines;
    size_t line_count;
    const struct profile_location *locations;
    size_t location_count;
    const struct slice *mappings; /* file names */
    size_t mapping_count;
    const uint32_t *stacks; /* indexes into locations */
    size_t stack_count;
    const struct profile_sample *samples;
    size_t sample_count;
    const int64_t *values; /* type_count for each sample, in the order of samples */
};

#endif
