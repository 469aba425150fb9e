/*
 * What a file is, by its head: a log that may grow, a document, or nothing that is read.
 */
#ifndef REPLAY_RECOGNISE_H
#define REPLAY_RECOGNISE_H

#include <stdbool.h>

#include "model/base/slice.h"

struct parser_ops;
struct unwrap_pattern;

enum file_kind {
    FILE_FOREIGN, /* in no format that we know, and no text; a recording; not readable */
    FILE_UNKNOWN, /* text in which nothing is known yet, or no byte */
    FILE_LOG,     /* lines may follow */
    FILE_DOCUMENT,
};

struct recognised {
    enum file_kind kind;
    bool is_packed;                  /* compressed: lines can be, but do not follow */
    const struct parser_ops *format; /* NULL: not known, or of what is wrapped in it */
};

/* `format` NULL: any; `pattern` NULL: none. Of what is no regular file it is FOREIGN. */
struct recognised recognise_file(const char *path, const struct parser_ops *format,
                                 const struct unwrap_pattern *pattern);

/* No NULs and no controls but those of text. */
bool recognise_is_text(struct slice head);

/* May lines follow what begins so? */
bool recognise_can_grow(const struct parser_ops *format, struct slice head);

#endif
