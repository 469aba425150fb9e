/*
 * A stream that may be compressed, unpacked as its bytes come. What it is its first bytes
 * say: fewer than DECODE_MAGIC_BYTES wait for the next ones.
 */
#ifndef REPLAY_UNPACK_H
#define REPLAY_UNPACK_H

#include <stdbool.h>

#include "model/base/compiler.h"
#include "model/base/err.h"
#include "model/base/slice.h"

struct unpack;

struct unpack *unpack_create(void);
void unpack_destroy(struct unpack *u);

/* "none", "gzip", …: static. */
const char *unpack_name(const struct unpack *u);

/*
 * Hands what the bytes unpack to on to `take`. False, with the reason, when they are
 * damaged: what follows cannot be read either, and is passed over.
 */
MUST_USE bool unpack_feed(struct unpack *u, struct slice bytes,
                          void (*take)(void *user, struct slice unpacked), void *user,
                          struct err *err);

/* No more will come: the first bytes that waited are handed on; false where the end is
 * missing. */
MUST_USE bool unpack_finish(struct unpack *u,
                            void (*take)(void *user, struct slice unpacked), void *user,
                            struct err *err);

#endif
