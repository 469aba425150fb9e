/*
 * Documents of one source: each is whole (an answer of a server, files of /proc at one
 * moment), may be compressed, and says what was so when it was fetched.
 */
#ifndef REPLAY_DOCUMENT_H
#define REPLAY_DOCUMENT_H

#include <stdint.h>

#include "model/base/slice.h"
#include "model/session.h"

struct documents;

/* pid: of the process that they tell of; -1 = unknown. Session and source must outlive
 * it. */
struct documents *documents_create(struct session *session, struct source *source,
                                   int64_t pid);
void documents_destroy(struct documents *d);

/* What is in no known format, or damaged, is counted in the source's diag. */
void documents_take(struct documents *d, struct slice bytes, int64_t unix_ns);

#endif
