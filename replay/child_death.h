/*
 * Starting a program, and how it ended: the parts of child.h.
 */
#ifndef REPLAY_CHILD_DEATH_H
#define REPLAY_CHILD_DEATH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "model/base/compiler.h"
#include "model/base/err.h"
#include "model/base/text.h"

enum { CHILD_ERR, CHILD_OUT, CHILD_STREAM_COUNT };

/* A program that was started. Descriptors are the caller's to close. */
struct child_spawned {
    pid_t pid;
    int pid_fd; /* readable once it has ended; -1: the kernel gave none */
    int fds[CHILD_STREAM_COUNT]; /* its output, to be read without blocking */
};

/* has_input: our standard input is its; else there is nothing on it. */
MUST_USE bool child_spawn(char *const *argv, bool has_input,
                          struct child_spawned *spawned, struct err *err);

/* How it ended. */
struct child_death {
    bool is_known; /* false: whoever started us made the kernel throw the status away */
    int status;    /* as of waitpid(2) */
    bool has_kills;
    uint64_t kills_before, kills_after; /* oom_kill of our cgroup */
};

bool child_death_is_oom(const struct child_death *d);
int child_death_status(const struct child_death *d); /* the status, or 128 + signal */
/* "Killed", whatever the locale: a recording is read elsewhere. NULL: no word for it. */
const char *child_signal_word(int number);
void child_put_death(struct text *out, const struct child_death *d); /* "exit 2" */

/*
 * How many processes the kernel has killed for memory in the cgroup that the file at
 * `membership` (/proc/self/cgroup) names; `root` is where cgroups are mounted. False
 * where there is no such count.
 */
MUST_USE bool child_oom_kills(const char *membership, const char *root, uint64_t *kills);

#endif
