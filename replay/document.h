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
struct ingest_service;

/* service: whom they tell of together with others; NULL = with nobody. pid: of the
 * process that they tell of; -1 = unknown. All must outlive it. */
struct documents *documents_create(struct session *session, struct source *source,
                                   struct ingest_service *service, int64_t pid);
/* They tell of another process from here on, or of which one is only known now. */
void documents_set_pid(struct documents *d, int64_t pid);

void documents_destroy(struct documents *d);

/* What is in no known format, or damaged, is counted in the source's diag. */
void documents_take(struct documents *d, struct slice bytes, int64_t unix_ns);

#endif
