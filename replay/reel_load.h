/*
 * A .reel on its way into the session: its entries to an intake of its own.
 */
#ifndef REPLAY_REEL_LOAD_H
#define REPLAY_REEL_LOAD_H

#include <stdbool.h>
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

/* Takes a block of entries; false at the end. *offset: how far in the file. */
bool reel_load_step(struct reel_load *l, uint64_t *offset_bytes);

#endif
