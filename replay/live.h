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
#include "replay/keep.h"
#include "replay/tail.h"

struct live;

struct live_options {
    int64_t unix_ns; /* Unix time now */
    int64_t (*now_ns)(void *user);
    void *user; /* of all functions */
    struct http_options http;
    int64_t period_ns; /* of processes that are looked at */
    struct keep keep;  /* of what is recorded; zeroed: all of it */
    /* After each beat, when the intake has looked: findings may be new. NULL: nobody. */
    void (*on_beat)(void *user);
    /* Told once a spell why a source gives nothing; NULL: nobody wants to know. */
    void (*on_trouble)(void *user, const char *source, struct slice why);
    /* … and once what it told of is over. */
    void (*on_recovery)(void *user, const char *source);
    /* Given each document that live_capture asked for. NULL: only the session is. */
    void (*on_capture)(void *user, const char *source, struct slice document);
    /* Told once what could be a source as well ("pid:7 serves http://…"); NULL: nobody
     * wants to know. */
    void (*on_offer)(void *user, const char *words);
};

/* `intake` NULL: sources are only recorded. It must outlive the session. */
struct live *live_create(struct intake *intake, const struct live_options *options);
void live_destroy(struct live *l);

/* Is it a kind of source that only lives ("http://…", "pid:7", "name:x",
 * "journal:x.service")? */
bool live_is_source(const char *spelling);

/* A file, a folder, "-", http://…, https://…, unix:SOCKET:/path, pid:N, name:PATTERN,
 * journal:UNIT. False with the reason. */
bool live_add(struct live *l, const char *spelling, struct err *err);

/* A log that was read elsewhere goes on; its source is named `path`. */
bool live_follow(struct live *l, const char *path, const struct tail_options *options,
                 struct err *err);

/* What is new in a folder that was read elsewhere joins. After its logs are followed. */
bool live_follow_folder(struct live *l, const char *path, struct err *err);

/* NULL with the reason. The child belongs to the session. */
struct child *live_add_child(struct live *l, char *const *argv,
                             const struct child_options *options, struct err *err);

/* What could be a source as well, in words ("pid:7 serves
 * http://127.0.0.1:6060/debug/vars", "pid:7 writes its log to /var/log/api.log"): the
 * oldest that was not taken; NULL: none.
 */
const char *live_offer(const struct live *l);
/* Takes it as a source. False where there is none, or with the reason. */
bool live_take_offer(struct live *l, struct err *err);

/* A service of the session has /debug/pprof/. */
bool live_has_profiles(const struct live *l);

/* http_capture of every service of the session that has /debug/pprof/; how many were
 * asked. */
size_t live_capture(struct live *l, unsigned captures, unsigned trace_seconds);

/* http_cancel_trace of every service; how many traces were broken off. */
size_t live_cancel_trace(struct live *l);

/* From here on all goes into the file as well. False with the reason. */
bool live_record(struct live *l, const char *path, struct err *err);
/* False when the recording's end could not be written. */
bool live_stop_recording(struct live *l, struct err *err);
bool live_is_recording(const struct live *l);
const char *live_recording_path(const struct live *l); /* NULL: not recording */
/* By the one that goes on, or the last one, once it has ended with all that belongs to
 * its files. */
uint64_t live_recorded_bytes(const struct live *l);
/* Why recording stopped by itself (the disk is full); NULL: it did not. */
const char *live_recording_trouble(const struct live *l);

/* Waits at most timeout_ns (negative: for ever) for something to do, and does it. Other
 * descriptors can be watched on the same loop. False when poll failed. */
bool live_step(struct live *l, int64_t timeout_ns);
struct loop *live_loop(struct live *l);

/* Unix time on the session's clock. */
int64_t live_unix_ns(const struct live *l);

/* Has any source given anything? */
bool live_has_given(const struct live *l);
/* … of what was there before anybody looked, since the last beat (of on_beat: since the
 * one before)? */
bool live_has_history(const struct live *l);

/* All sources have ended, and none will begin again. */
bool live_is_over(const struct live *l);

/* A last beat, and the recording's end. */
bool live_finish(struct live *l, struct err *err);

#endif
