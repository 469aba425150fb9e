/* The lines of memleak's output; parsers/memleak.h shows them. */
#ifndef PARSERS_MEMLEAK_LINE_H
#define PARSERS_MEMLEAK_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include "model/base/compiler.h"
#include "parsers/profile_builder.h"

/* "[HH:MM:SS] Top N stacks with outstanding allocations:" */
MUST_USE bool memleak_parse_interval(struct slice line, int64_t *ns_of_day);

/* "Attaching to pid N, …": the pid; "Attaching to kernel …": -1. */
MUST_USE bool memleak_parse_attach(struct slice line, int64_t *pid);

/* "BYTES bytes in N allocations from stack", indented or not. */
MUST_USE bool memleak_parse_block(struct slice line, int64_t *objects, int64_t *bytes);

/* A frame, without what it is indented by. What *frame points to is in `text`. */
void memleak_parse_frame(struct slice text, struct profile_frame *frame);

#endif
