/*
 * Recordings that follow each other, as one: the files that a recording was cut into, and
 * those of a recorder that was started again. Their entries go to one intake, one file
 * after the other.
 *
 * Files of one recording (created at the same time) number their sources alike. In
 * another one the source of the same name is the same source: its documents go on behind
 * a gap, and a log where it was read to, though its recorder read it from the front
 * (log_resume.h); where it was replaced meanwhile, it begins anew.
 *
 * Lifetime. Shared by the files; the last that leaves takes it with it.
 */
#ifndef REPLAY_REEL_CHAIN_H
#define REPLAY_REEL_CHAIN_H

#include <stdint.h>

#include "replay/intake.h"

struct reel_chain;

/* Of one file. */
struct reel_chain *reel_chain_create(struct session *session, struct watch *watch,
                                     const struct intake_options *options);
void reel_chain_join(struct reel_chain *c);
void reel_chain_leave(struct reel_chain *c); /* NULL: nothing */

/* The next file begins, after the one before it has ended. */
void reel_chain_begin(struct reel_chain *c, int64_t created_ns);
void reel_chain_take(struct reel_chain *c, const struct entry *e);
void reel_chain_end(struct reel_chain *c);

#endif
