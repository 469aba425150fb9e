/*
 * What every format's parser looks like from outside: bytes pushed in, cut anywhere,
 * records and located errors out.
 *
 * feed takes every byte it is given and keeps its own bounded tail. It never blocks,
 * seeks or reads a clock. A record reaches the sink whole, as soon as it is complete.
 * finish means the input ended: take the unterminated last line, report a cut record.
 */
#ifndef PARSERS_PARSER_H
#define PARSERS_PARSER_H

#include <stdbool.h>
#include <stddef.h>

#include "model/base/compiler.h"
#include "model/base/diag.h"
#include "model/base/err.h"
#include "model/base/slice.h"
#include "model/record.h"

enum probe { PROBE_NO, PROBE_NEED_MORE, PROBE_LIKELY, PROBE_CERTAIN };

/* What may come behind the end of a file. */
enum parser_growth {
    PARSER_WHOLE,   /* nothing: it is a document */
    PARSER_LINES,   /* more lines: it is a log */
    PARSER_OBJECTS, /* more lines, where it is one object a line */
};

struct parser_ops {
    const char *name;    /* the value of --format: "gctrace" */
    const char *about;   /* one line for `heapreel formats` */
    const char *sign;    /* how it is recognised, in words */
    const char *example; /* a line of it */
    enum parser_growth growth;
    size_t state_bytes; /* the caller provides this much, zeroed */
    /* Looks at bytes, not names. is_whole: there will be no more than these. */
    enum probe (*probe)(struct slice head, bool is_whole);
    bool (*open)(void *state, const struct sink *sink, struct diag *diag);
    MUST_USE bool (*feed)(void *state, struct slice bytes, struct err *err);
    MUST_USE bool (*finish)(void *state, struct err *err);
    void (*close)(void *state); /* also of a zeroed state */
};

/* All formats, ending with NULL. */
extern const struct parser_ops *const parser_table[];

/* By the value of --format; NULL where there is none. */
const struct parser_ops *parser_find(struct slice name);

/*
 * The surest answer of all parsers; the table's order breaks ties. NULL with
 * *need_more set while more bytes could change the answer, NULL without it when
 * nothing knows these bytes.
 */
const struct parser_ops *parser_probe(struct slice head, bool is_whole, bool *need_more);

/* What well-known bytes that heapreel does not read are called ("ELF binary"), or
 * NULL. */
const char *parser_name_foreign(struct slice head);

#endif
