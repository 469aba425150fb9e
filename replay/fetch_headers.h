/*
 * Headers that are sent with every request: from a file, since a secret on a command line
 * can be read by every user of the machine.
 *
 * Shape of the file: one "Name: value" a line; blank lines and lines that begin with #
 * are skipped; a line may end in CR LF.
 *
 * Lifetime. The lines belong to the struct; finishing wipes them.
 * Errors. Name the line, never its value.
 */
#ifndef REPLAY_FETCH_HEADERS_H
#define REPLAY_FETCH_HEADERS_H

#include <stdbool.h>
#include <stddef.h>

#include "model/base/compiler.h"
#include "model/base/err.h"
#include "model/base/slice.h"

/* Zero-initialise. */
struct fetch_headers {
    char **lines; /* "Name: value" */
    size_t count, capacity;
};

/* Adds the headers of such a text; what stood before a bad line is kept. */
MUST_USE bool fetch_headers_add(struct fetch_headers *h, struct slice text,
                                struct err *err);
MUST_USE bool fetch_headers_add_file(struct fetch_headers *h, const char *path,
                                     struct err *err);
void fetch_headers_finish(struct fetch_headers *h);

#endif
