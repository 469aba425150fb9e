/*
 * A live session: sources on one loop, each of whose entries goes to the recording, if
 * there is one, and to the intake.
 *
 * The clock is the caller's: `now_ns` is monotonic, and Unix time is settled once, so
 * that a wall clock that is set back moves nothing.
 */
#ifndef REPLAY_LIVE_H
#define REPLAY_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/base/err.h"
#include "replay/child.h"
#include "replay/http.h"
#include "replay/intake.h"

struct live;
struct reel_writer;

struct live_options {
    int64_t unix_ns; /* Unix time now */
    int64_t (*now_ns)(void *user);
    void *user; /* of both functions */
    struct http_options http;
    int64_t period_ns; /* of processes that are looked at */
    /* Told once a spell why a source gives nothing; NULL: nobody wants to know. */
    void (*on_trouble)(void *user, const char *source, struct slice why);
};

/* `intake` NULL: sources are only recorded. It must outlive the session. */
struct live *live_create(struct intake *intake, const struct live_options *options);
void live_destroy(struct live *l);

/* Is it a kind of source that only lives ("http://…", "pid:7", "name:x")? */
bool live_is_source(const char *spelling);

/* A file, "-", http://…, https://…, unix:SOCKET:/path, pid:N, name:PATTERN. False with
 * the reason. */
bool live_add(struct live *l, const char *spelling, struct err *err);

/* NULL with the reason. The child belongs to the session. */
struct child *live_add_child(struct live *l, char *const *argv,
                             const struct child_options *options, struct err *err);

/* From here on all goes into the file as well. False with the reason. */
bool live_record(struct live *l, const char *path, struct err *err);
/* False when the recording's end could not be written. */
bool live_stop_recording(struct live *l, struct err *err);
uint64_t live_recorded_bytes(const struct live *l);
/* Why recording stopped by itself (the disk is full); NULL: it did not. */
const char *live_recording_trouble(const struct live *l);

/* Waits at most timeout_ns (negative: for ever) for something to do, and does it. Other
 * descriptors can be watched on the same loop. False when poll failed. */
bool live_step(struct live *l, int64_t timeout_ns);
struct loop *live_loop(struct live *l);

/* All sources have ended, and none will begin again. */
bool live_is_over(const struct live *l);

/* A last beat, and the recording's end. */
bool live_finish(struct live *l, struct err *err);

#endif
