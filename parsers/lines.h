/*
 * A byte stream, cut anywhere, into runs of whole lines, without copying what does not
 * need it: all the lines that a piece holds entirely are one run; only the line that
 * two pieces share is put together in a buffer.
 *
 * A line longer than LIMIT_LINE_BYTES + LIMIT_LINE_TAIL_BYTES comes as two runs: its
 * first LIMIT_LINE_BYTES (is_head set: no newline) and its last LIMIT_LINE_TAIL_BYTES.
 * What lay between is gone, and `cut_bytes` of the second run says how much that was.
 *
 * Memory is bounded by those two limits.
 */
#ifndef PARSERS_LINES_H
#define PARSERS_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/base/slice.h"

struct lines {
    char *carry;
    size_t carry_len, carry_capacity;
    uint64_t carry_cut_bytes; /* of the line in the buffer: left out between its ends */
    uint64_t offset_bytes;    /* of the first byte that was not handed on */
    uint64_t line;            /* newlines handed on */
};

struct lines_run {
    struct slice bytes;    /* each line with its newline, but the last of the input */
    uint64_t offset_bytes; /* of bytes.ptr in the stream */
    uint64_t first_line;   /* from 1 */
    uint64_t cut_bytes;    /* left out in front of these bytes, in the same line */
    bool is_head;          /* the line goes on */
};

/* Takes one run; returns how many newlines it holds. */
typedef uint64_t lines_taker(void *user, const struct lines_run *run);

void lines_feed(struct lines *l, struct slice bytes, lines_taker *take, void *user);

/* Hands on the last line, which has no newline. */
void lines_finish(struct lines *l, lines_taker *take, void *user);
void lines_close(struct lines *l);

#endif
