/*
 * A live session without a screen: what record and run share.
 */
#ifndef CLI_LIVE_RUN_H
#define CLI_LIVE_RUN_H

#include <stdbool.h>

#include "cli/options.h"
#include "replay/live.h"

struct live_run;

/* NULL after a message. Signals that end a program are taken from here on. */
struct live_run *live_run_create(const struct options *o);

/* Each false after a message. */
bool live_run_add_sources(struct live_run *r, const struct options *o);
struct child *live_run_start(struct live_run *r, const struct options *o);
bool live_run_record(struct live_run *r, const char *path);

/*
 * Until a signal, --for, the child's end or the last source's; a child is passed the
 * signals that it did not get itself. False, after a message, where the recording failed.
 */
bool live_run(struct live_run *r);

uint64_t live_run_bytes(const struct live_run *r); /* of the recording that was written */
void live_run_destroy(struct live_run *r);

#endif
