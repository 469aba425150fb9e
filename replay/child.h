/*
 * A program that we start and watch: its standard error and output are streams, its end
 * is an END, its signals are ours passed on.
 *
 * GODEBUG is extended, never replaced: gctrace=1 is added unless gctrace is there
 * already, be it gctrace=0, which then was somebody's wish. The rest of the environment,
 * the working folder, the process group and standard input are the child's as they are
 * ours, and so is a HUP that is ignored (nohup).
 *
 * Two sources, "PROGRAM stderr" and then "PROGRAM stdout" (of a path its last part), each
 * with its END behind its last bytes; that of standard error comes when the child has
 * ended and tells how: "exit 2", "killed by signal 9 (Killed)".
 *
 * What is written in small pieces is taken a few milliseconds' worth at a time, so that
 * the child is not slowed by our waking; its pipes hold more than it writes in that time.
 *
 * The child's end is known from a pidfd on the loop. A child killed by KILL while its
 * cgroup's oom_kill count rose was killed for memory, and END says so.
 */
#ifndef REPLAY_CHILD_H
#define REPLAY_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "model/base/err.h"
#include "replay/live_source.h"

struct child;
struct text;

struct child_options {
    /* Its output also goes to ours, byte by byte, unless ours is closed; where ours is
     * full, the child waits and not the loop. Else the terminal is not the child's: there
     * is nothing on its standard input. */
    bool passes_through;
};

struct child_end {
    bool has_ended;
    int status;         /* for our own exit: its status, or 128 + signal */
    bool is_oom_killed; /* as far as is known */
};

/* NULL with the reason where it cannot be started (no such program). argv ends with NULL.
 */
struct child *child_start(const struct live_context *context, char *const *argv,
                          const struct child_options *options, struct err *err);
pid_t child_pid(const struct child *c);
void child_signal(struct child *c, int signal);
/* has_ended only when its output was read to the end as well (what a grandchild keeps
 * open is waited for half a second and no longer). */
struct child_end child_end(const struct child *c);
/* In words ("exit 2"), once it has ended. */
void child_put_end(struct text *out, const struct child *c);
void child_stop(struct child *c); /* forgets it; does not kill it; not from within take */

/* GODEBUG with what is needed in it: to free. `given` NULL: none. */
char *child_godebug(const char *given);

#endif
