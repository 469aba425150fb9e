/*
 * What the text forms of profiles share below their headers: records of two columns or
 * four with a list of addresses, Go's comment lines with the frames' names, and the
 * sections of mapped files and symbols.
 *
 * Source: printStackRecord and writeHeapInternal in Go's runtime/pprof/pprof.go (1.15 to
 * 1.27); the legacy formats of github.com/google/pprof and gperftools.
 */
#ifndef PARSERS_TEXT_STACK_H
#define PARSERS_TEXT_STACK_H

#include <stdbool.h>
#include <stdint.h>

#include "model/base/compiler.h"
#include "parsers/profile_builder.h"

/* "inuse_objects: inuse_bytes [alloc_objects: alloc_bytes]" */
struct heap_counts {
    int64_t inuse_objects, inuse_bytes, alloc_objects, alloc_bytes;
};

/* Takes them from the front of *s with the blanks around them; false, with *s at the
 * fault, when they are not there. */
MUST_USE bool heap_counts_take(struct slice *s, struct heap_counts *counts);

void heap_counts_add(struct heap_counts *sum, const struct heap_counts *counts);

/*
 * Pushes the addresses of "0x1 0x2 0x3", each less `back`: 1 where they say where calls
 * return to. False, with *s at the fault, when something else stands there.
 */
MUST_USE bool text_stack_addresses(struct slice *s, uint64_t back,
                                   struct profile_builder *b);

/*
 * A line "#\t0xPC\tmain.load+0x2f\tmain.go:33" or "#\t0xPC". False when it is neither.
 * What *frame points to is in the line.
 */
MUST_USE bool text_stack_comment(struct slice line, struct profile_frame *frame);

/* "main.load+0x2f" without its offset, which says nothing that the line does not. */
struct slice text_stack_name(struct slice name);

/*
 * A line of the section that jeprof puts in front of a profile: "0xPC NAME", of inlined
 * calls "0xPC INNER--OUTER". False when it is none.
 */
MUST_USE bool text_stack_symbol(struct slice line, struct profile_builder *b);

/* Do lists of mapped files begin with this line? */
bool text_stack_is_maps(struct slice line);

/*
 * A line of /proc/PID/maps or "start-end: path"; text in front of the addresses (of a
 * log) is passed over. False when it is neither. Mappings without a file are left out.
 */
bool text_stack_mapping(struct slice line, struct profile_builder *b);

/* A number at the end of "file:line"; without one all of it is the file. */
void text_stack_file_line(struct slice text, struct profile_frame *frame);

#endif
