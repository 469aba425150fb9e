/*
 * Entries into a session: of live sources as they come, of a .reel as they came. A BEAT
 * settles the clocks and has the detectors look; nothing else does. So what a live
 * session was told, and when, its recording tells again.
 */
#ifndef REPLAY_INTAKE_H
#define REPLAY_INTAKE_H

#include "model/session.h"
#include "replay/entry.h"

struct intake;
struct parser_ops;
struct unwrap_pattern;
struct watch;

struct intake_options {
    const struct parser_ops *format;      /* of streams; NULL: recognise */
    const struct unwrap_pattern *pattern; /* NULL: none */
};

/* `watch` NULL: nothing is looked for. Session and watch must outlive it. */
struct intake *intake_create(struct session *session, struct watch *watch,
                             const struct intake_options *options);
void intake_destroy(struct intake *in);

void intake_take(struct intake *in, const struct entry *e);

/* No more will come: half lines are taken, clocks settled, the rest looked at. */
void intake_finish(struct intake *in);

#endif
