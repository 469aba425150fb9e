/* The first line of a text heap profile: parsers/heap_text.h says what it holds. */
#ifndef PARSERS_HEAP_TEXT_HEADER_H
#define PARSERS_HEAP_TEXT_HEADER_H

#include <stdbool.h>

#include "model/base/compiler.h"
#include "model/profile_record.h"
#include "parsers/text_stack.h"

struct heap_text_header {
    struct heap_counts total; /* of all records, raw */
    enum profile_kind kind;
    int64_t rate;         /* bytes a sample; 1 or less: exact or unknown */
    bool is_sampled;      /* the rate is to be undone */
    bool has_allocations; /* four columns */
};

/* Does the line begin as one? */
bool heap_text_is_header(struct slice line);

/* NULL, or why it is none, with *at at the fault. */
const char *heap_text_header_parse(struct slice line, struct heap_text_header *header,
                                   const char **at);

/* Static. */
const struct profile_type *heap_text_types(const struct heap_text_header *header,
                                           size_t *count);

/* The values of a record in the order of the types, its sampling undone, and the size of
 * one object; false for bytes without objects. */
MUST_USE bool heap_text_values(const struct heap_text_header *header,
                               const struct heap_counts *counts, int64_t values[4],
                               int64_t *object_bytes);

#endif
