/*
 * What the parsers of line formats for people share: the first member of their state,
 * which hands each line to `take` with that state as its user.
 *
 * Errors: a line over LIMIT_LINE_BYTES is skipped and counted; no line of these formats
 * is near that long.
 */
#ifndef PARSERS_TEXT_PARSER_H
#define PARSERS_TEXT_PARSER_H

#include "parsers/lines.h"
#include "parsers/parser.h"
#include "parsers/text_line.h"

typedef void text_line_taker(void *state, const struct text_line *line);

/* In zeroed storage, as all of a parser's state. */
struct text_parser {
    const struct sink *sink;
    struct diag *diag;
    text_line_taker *take;
    struct lines lines;
};

void text_parser_open(struct text_parser *t, const struct sink *sink, struct diag *diag,
                      text_line_taker *take);

/* As parser_ops.feed; `state` begins with its struct text_parser. A bad line does not
 * spoil the next, so this never fails. */
MUST_USE bool text_parser_feed(void *state, struct slice bytes, struct err *err);

/* Takes the last line, which has no newline. */
void text_parser_finish(struct text_parser *t);
void text_parser_close(struct text_parser *t);

/* What a probe answers to a head in which text_probe_start leaves nothing. */
enum probe text_probe_nothing(struct slice head, bool is_whole);

/* Is any line of the head such a one? */
bool text_probe_any_line(struct slice head, bool (*is_such)(struct slice line));

#endif
