/*
 * A command of the user's that is told of events: /bin/sh -c COMMAND, with a line on its
 * standard input and HEAPREEL_EVENT in its environment. What it prints goes to our
 * standard error.
 *
 * It runs beside the loop, which it never stops: its input is written as it reads, its
 * end is noticed, and one that hangs is killed after HOOK_TIMEOUT_NS with all that it
 * started (it is a process group of its own, so that Ctrl-C does not reach it).
 *
 * SIGPIPE has to be ignored or blocked, since a hook may end without reading.
 */
#ifndef REPLAY_HOOK_H
#define REPLAY_HOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/base/compiler.h"
#include "model/base/err.h"
#include "model/base/slice.h"
#include "replay/loop.h"

struct hook;

/* A webhook that waits for its server takes seconds; so many wait beside each other. */
#define HOOK_TIMEOUT_NS (INT64_C(60) * 1000000000)
#define HOOK_RUNS_MAX 4

struct hook_options {
    const char *command;           /* borrowed until hook_destroy */
    int64_t (*now_ns)(void *user); /* monotonic, as the loop's timers are run by */
    /* How a run ended; NULL: well. */
    void (*on_end)(void *user, const char *failure);
    void *user;
};

struct hook *hook_create(struct loop *loop, const struct hook_options *options);

/* Runs are killed, their ends not told. */
void hook_destroy(struct hook *h);

/* False with the reason: it cannot be started, or HOOK_RUNS_MAX are under way. */
MUST_USE bool hook_run(struct hook *h, const char *event, struct slice input,
                       struct err *err);

size_t hook_running(const struct hook *h);

/* Waits, without the loop, until none runs, for grace_ns at most. */
void hook_wait(struct hook *h, int64_t grace_ns);

#endif
