/*
 * A .reel on its way into the session: its entries to an intake, its own or one that it
 * shares with the recordings it follows.
 */
#ifndef REPLAY_REEL_LOAD_H
#define REPLAY_REEL_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "replay/intake.h"

struct reel_load;

/* Does the file begin as a reel does? */
bool reel_load_knows(int fd);

/* NULL with the reason. `source` stands for the file itself; what was recorded are
 * sources of their own. */
struct reel_load *reel_load_create(struct session *session, struct source *source,
                                   struct watch *watch,
                                   const struct intake_options *options, struct err *err);
void reel_load_destroy(struct reel_load *l);

/* For qsort: by the time at which they begin. */
int reel_load_compare(const struct reel_load *a, const struct reel_load *b);

/*
 * Of recordings in the order of reel_load_compare, before the first step of any: those
 * that follow each other and have a source in common become one (replay/reel_chain.h), to
 * be stepped through in this order. How many there are then.
 */
size_t reel_load_chain(struct reel_load *const loads[], size_t count);

struct reel_load_span {
    int64_t from_ns, to_ns; /* Unix */
    uint64_t bytes;         /* of their files */
};
/* Of at least one. */
struct reel_load_span reel_load_span(struct reel_load *const loads[], size_t count);

/* Of those that reel_load_chain made one: parts that end before the time are not read. */
void reel_load_skip(struct reel_load *const loads[], size_t count, int64_t before_ns);

/* Takes a block of entries; false at the end. *offset: how far in the file. */
bool reel_load_step(struct reel_load *l, uint64_t *offset_bytes);

#endif
