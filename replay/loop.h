/*
 * The one poll loop: file descriptors and timers. Time is a parameter: a caller that
 * gives a made-up clock and never polls moves timers exactly and without sleeping.
 *
 * Callbacks may add and remove anything, themselves included.
 *
 * Lifetime. Watches and timers belong to who added them and are removed by them.
 */
#ifndef REPLAY_LOOP_H
#define REPLAY_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct loop_fd;
struct loop_timer;

/* `events` as of poll(2). */
typedef void loop_ready(void *user, short events);
typedef void loop_due(void *user, int64_t now_ns);

struct loop *loop_create(void);
void loop_destroy(struct loop *l);

struct loop_fd *loop_add_fd(struct loop *l, int fd, short events, loop_ready *ready,
                            void *user);
void loop_set_events(struct loop_fd *w, short events);
void loop_remove_fd(struct loop *l, struct loop_fd *w); /* NULL: nothing */

/* A timer that is not armed. */
struct loop_timer *loop_add_timer(struct loop *l, loop_due *due, void *user);
void loop_arm(struct loop_timer *t, int64_t at_ns); /* monotonic ns; again: moves it */
void loop_disarm(struct loop_timer *t);
void loop_remove_timer(struct loop *l, struct loop_timer *t); /* NULL: nothing */

/* When the next timer is due; INT64_MAX: none. */
int64_t loop_next_ns(const struct loop *l);

/* Calls the timers due at now_ns or before, each at most once, in the order of time. */
void loop_run_timers(struct loop *l, int64_t now_ns);

/* Waits at most `timeout_ns` (negative: for ever) for a descriptor, and calls what is
 * ready. False when poll itself failed (errno says why; EINTR is no failure). */
bool loop_poll(struct loop *l, int64_t timeout_ns);

#endif
