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
struct stream;
struct transcript;
struct unwrap_pattern;
struct watch;

struct intake_options {
    const struct parser_ops *format;      /* of streams; NULL: recognise */
    const struct unwrap_pattern *pattern; /* NULL: none */
    struct transcript *transcript;        /* of streams; NULL: nobody reads it */
};

/* `watch` NULL: nothing is looked for. Session and watch must outlive it. */
struct intake *intake_create(struct session *session, struct watch *watch,
                             const struct intake_options *options);
void intake_destroy(struct intake *in);

/*
 * A log that was read to its end and is now followed: the next source of a stream that is
 * named as this one goes on with it. The stream becomes the intake's.
 */
void intake_adopt(struct intake *in, struct source *source, struct stream *stream);

/* Is there a source of that name, loaded or live? */
bool intake_knows(const struct intake *in, const char *name);

void intake_take(struct intake *in, const struct entry *e);

/* No more will come: half lines are taken, clocks settled, the rest looked at. */
void intake_finish(struct intake *in);

#endif
