/*
 * What `record --watch` does beside recording: a session of its own that detectors look
 * at as it grows, an alarm (cli/alarm.h), the command it runs. Its memory is bounded
 * (model/retention.h), so that it can go on for months.
 */
#ifndef CLI_BLACKBOX_H
#define CLI_BLACKBOX_H

#include "cli/options.h"
#include "replay/live.h"

struct blackbox;

struct blackbox *blackbox_create(const struct options *o);
/* After the live session; NULL: nothing. */
void blackbox_destroy(struct blackbox *b);

/* What the live session is to be created with. */
struct intake *blackbox_intake(struct blackbox *b);

/* SIGPIPE has to be ignored from here on (replay/hook.h). */
void blackbox_begin(struct blackbox *b, struct live *live);

/* After each beat of the live session. */
void blackbox_beat(struct blackbox *b);

/* The sources are over: looks at what is left, and waits a little for commands. */
void blackbox_finish(struct blackbox *b);

/* Before live_destroy: takes its own off the loop. NULL: nothing. */
void blackbox_end(struct blackbox *b);

#endif
