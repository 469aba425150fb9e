/*
 * What starting a program takes besides posix_spawn, for those who start one.
 */
#ifndef REPLAY_SPAWNING_H
#define REPLAY_SPAWNING_H

#include <stdbool.h>
#include <sys/types.h>

#include "model/base/compiler.h"
#include "model/base/slice.h"

/* A pipe, closed by exec and out of the way of 0, 1 and 2, which are free when we were
 * started without them and which the program's own are put over. Each end -1, or to be
 * closed, also where it fails (errno). */
MUST_USE bool spawn_pipe(int ends[2]);

/* NULL-like: -1 is nothing to close. Sets it to -1. */
void spawn_close(int *fd);

/* Our environment with that variable ("GODEBUG=") set; to free, as is *variable. */
char **spawn_environment(struct slice name, const char *value, char **variable);

/* Readable once it has ended; -1: the kernel gives none (before 5.3). */
int spawn_pid_fd(pid_t pid);

#endif
