/*
 * The sources that one wrapped log holds (pods, containers, units), each with its own
 * recogniser, parser and ingest, all of them one struct source of the session.
 *
 * Lines come from parsers/unwrap.h and go to a parser as "STAMP TEXT", or as the bare
 * text where that is what a parser knows. Faults are counted in the source's diag at the
 * line of the wrapped log that they stand in.
 *
 * At most LIMIT_CHANNELS are open; the one that was silent longest is finished to make
 * room for a new one.
 */
#ifndef REPLAY_CHANNEL_H
#define REPLAY_CHANNEL_H

#include "model/session.h"
#include "parsers/unwrap.h"

struct channels;

/* `format` NULL: recognise each. Session and source must outlive it. */
struct channels *channels_create(struct session *session, struct source *source,
                                 const struct parser_ops *format);
void channels_destroy(struct channels *c);

/* An unwrap_taker; the user is the struct channels. */
void channels_take(void *user, const struct unwrap_line *line);

/* Hands what was taken to the parsers: after each block. */
void channels_flush(struct channels *c);

/* The input ended for now: each is recognised by what there is. */
void channels_pause(struct channels *c);

/* The input ended. */
void channels_finish(struct channels *c);

#endif
