/*
 * Lines one at a time, for the formats that are written for people: what parsers/lines.h
 * hands on, taken apart, and the few scanners that such lines need.
 *
 * Errors: a line over LIMIT_LINE_BYTES comes once, with is_too_long set and its tail as
 * text: no line of these formats is near that long, so it is skipped and counted.
 */
#ifndef PARSERS_TEXT_LINE_H
#define PARSERS_TEXT_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include "model/base/compiler.h"
#include "model/base/diag.h"
#include "model/base/slice.h"
#include "parsers/lines.h"

struct text_line {
    struct slice text;     /* without the newline, a '\r' before it, NULs in front */
    uint64_t offset_bytes; /* of text.ptr in the stream */
    uint64_t number;       /* from 1 */
    bool is_cut;           /* the input ended before the newline */
    bool is_too_long;
};

typedef void text_line_taker(void *user, const struct text_line *line);

/* Takes a run apart; returns its newlines, as a lines_taker has to. */
uint64_t text_line_each(const struct lines_run *run, text_line_taker *take, void *user);

/* Counts a line that is of no use; `at` is the place in it that is at fault. */
void text_line_skip(struct diag *diag, const struct text_line *line, const char *at,
                    const char *reason);

/* The first line of `head`, without its newline; *rest is what follows it. */
struct slice text_line_first(struct slice head, struct slice *rest);

/* For probes: behind what may stand in front of any text: a byte order mark, empty lines,
 * the hole of a file truncated in place. */
struct slice text_probe_start(struct slice head);

/* Could the line that `head` begins with go on beyond it, and is it text so far? */
bool text_probe_is_cut(struct slice head, bool is_whole);

/* Without blanks and tabs at its ends. */
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
