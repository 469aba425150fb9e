/*
 * Where the text forms of profiles gather what becomes one struct profile_record: each
 * function and location once, samples in the order of the input.
 *
 * A stack is pushed frame by frame, leaf first, and closed by profile_builder_sample.
 * Symbols and mapped files may come before or behind the stacks that need them.
 *
 * Lifetime: everything is copied; what profile_builder_fill points to is valid until the
 * next call of any other function here.
 *
 * Errors: a profile that outgrows parsers/limits.h loses the samples, names or root
 * frames that do not fit; the call that first lost something says so.
 */
#ifndef PARSERS_PROFILE_BUILDER_H
#define PARSERS_PROFILE_BUILDER_H

#include <stdbool.h>
#include <stdint.h>

#include "model/profile_record.h"
#include "parsers/intern.h"

struct profile_frame {
    uint64_t address; /* of the call, or 0 */
    struct slice name, file;
    uint32_t line; /* 0 = unknown */
};

struct profile_range {
    uint64_t start, end; /* addresses, half open */
    uint32_t name;       /* of `modules` */
    uint32_t order;
};

/* Where a symbol leads: an entry for each key of `symbols`. */
struct profile_place {
    uint32_t function, line;
};

/* Zero-initialise. */
struct profile_builder {
    size_t type_count;
    bool merges;       /* equal stacks with equal object_bytes become one sample */
    bool is_ready;     /* the tables know their bounds */
    bool has_overflow; /* something did not fit */
    bool is_too_deep;  /* the open stack has lost its root */
    struct intern strings, functions, locations, modules, symbols, stack_keys;
    struct profile_place *places;
    size_t place_capacity;
    struct profile_range *ranges;
    size_t range_count, range_capacity;
    uint64_t *addresses; /* of the open stack, while it has no named frames */
    size_t address_count, address_capacity;
    uint32_t *stacks; /* the closed ones, then the open one */
    size_t stack_count, open_count, stack_capacity;
    struct profile_sample *samples;
    size_t sample_count, sample_capacity;
    int64_t *values;
    size_t value_count, value_capacity;
    /* What profile_builder_fill makes of them. */
    struct profile_function *out_functions;
    struct profile_line *out_lines;
    struct profile_location *out_locations;
    struct slice *out_modules;
    size_t out_function_capacity, out_line_capacity, out_location_capacity,
        out_module_capacity;
};

/* Empties it for the next profile, of type_count values a sample. */
void profile_builder_begin(struct profile_builder *b, size_t type_count, bool merges);

/* Where symbols come before the header that tells how many types there are: before the
 * first sample. */
void profile_builder_set_types(struct profile_builder *b, size_t type_count);

/* A frame without a name: its symbol may be known elsewhere. */
void profile_builder_address(struct profile_builder *b, uint64_t address);

/* A frame with a name. A stack that has such frames has no others: where addresses were
 * pushed in front, they are the same stack, and the names know it better. */
void profile_builder_frame(struct profile_builder *b, const struct profile_frame *frame);

/* Forgets the open stack. */
void profile_builder_drop(struct profile_builder *b);

/*
 * Closes the open stack, which may be empty, with type_count values. NULL, or what of it
 * is lost (static text).
 */
const char *profile_builder_sample(struct profile_builder *b, const int64_t *values,
                                   int64_t object_bytes);

/* What lies at an address, for frames without a name. */
void profile_builder_symbol(struct profile_builder *b, uint64_t address,
                            const struct profile_frame *frame);

/* A file that is mapped there. */
void profile_builder_range(struct profile_builder *b, uint64_t start, uint64_t end,
                           struct slice module);

/* Points the tables of *record to what was gathered; leaves its other fields alone. */
void profile_builder_fill(struct profile_builder *b, struct profile_record *record);

void profile_builder_finish(struct profile_builder *b);

/*
 * `count` objects of `bytes` in all, as a sampler of one in `rate` bytes saw them, into
 * what there probably was, as `go tool pprof` estimates it: divided by the probability
 * 1 - exp(-size/rate) that an object of their average size is seen, cut to integers. A
 * rate of 1 or less: nothing was left out.
 */
void profile_unsample(int64_t rate, int64_t *count, int64_t *bytes);

#endif
