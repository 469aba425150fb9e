/* Sessions out of texts, without files in between. */
#ifndef TESTS_UNIT_SESSION_OF_H
#define TESTS_UNIT_SESSION_OF_H

#include "model/session.h"
#include "parsers/parser.h"

/* Adds a source of that name with all that the parser makes of the text. */
struct source *session_add_text(struct session *s, const char *name,
                                const struct parser_ops *ops, struct slice text);

/* The same with a file of traces/, in the format that it is recognised as. */
struct source *session_add_trace(struct session *s, const char *name);

/*
 * The values of a process's series by its name, as text: "4 - 2.5", "-" where one is
 * missing, at most `limit` of them; from the first of its tables that has the column.
 */
#define SERIES_TEXT 1024
const char *process_values(char out[SERIES_TEXT], const struct session *s,
                           const struct process *p, const char *series, size_t limit);

#endif
