/*
 * A line of a format that is written for people, and the few scanners that such lines
 * need. parsers/text_parser.h hands them on.
 */
#ifndef PARSERS_TEXT_LINE_H
#define PARSERS_TEXT_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include "model/base/compiler.h"
#include "model/base/diag.h"
#include "model/base/slice.h"

struct text_line {
    struct slice text;     /* as text_line_content leaves it */
    uint64_t offset_bytes; /* of text.ptr in the stream */
    uint64_t number;       /* from 1 */
    bool is_cut;           /* the input ended before the newline */
};

/* Counts a line that is of no use; `at` is the place in it that is at fault. */
void text_line_skip(struct diag *diag, const struct text_line *line, const char *at,
                    const char *reason);

/* A line's text: without the '\r' of its end and NULs in front. */
struct slice text_line_content(struct slice line);

/* The first line's text in `head`; *rest is what follows its newline. */
struct slice text_line_first(struct slice head, struct slice *rest);

/* For probes: behind what may stand in front of any text: a byte order mark, empty lines,
 * the hole of a file truncated in place. */
struct slice text_probe_start(struct slice head);

/* Could the line that `head` begins with go on beyond it, and is it text so far? */
bool text_probe_is_cut(struct slice head, bool is_whole);

/* Without the blanks, tabs and '\r' at its end; without those in front either. */
struct slice text_trim_end(struct slice s);
struct slice text_trim(struct slice s);

/* Moves *s past blanks and tabs. */
void text_skip_blanks(struct slice *s);

/* Take what they name from the front of *s, which stays when it is not there. */
bool text_take(struct slice *s, struct slice literal);
MUST_USE bool text_take_u64(struct slice *s, uint64_t *out);
MUST_USE bool text_take_i64(struct slice *s, int64_t *out);  /* with a '-' or not */
MUST_USE bool text_take_hex(struct slice *s, uint64_t *out); /* without a "0x" */

/* Where `literal` stands in s, or s.len. */
size_t text_find(struct slice s, struct slice literal);

/* Where `c` stands last in s, or s.len. */
size_t text_find_last(struct slice s, char c);

#endif
