/*
 * The dashboard without a terminal: state, what keys do to it, and a function from it
 * to a canvas. The interactive program and `snapshot` run the same code.
 *
 * Real time is a parameter (app_tick); keys arrive as code points or enum keycode.
 *
 * Lifetime. The app borrows the session, which must outlive it.
 */
#ifndef TUI_APP_H
#define TUI_APP_H

#include <stdbool.h>
#include <stdint.h>

#include "model/base/compiler.h"
#include "model/session.h"
#include "replay/loader.h"
#include "replay/time_arg.h"
#include "tui/canvas.h"

struct app;
struct transcript;

struct app *app_create(struct session *session);
void app_destroy(struct app *app);

/* Looks at the session again where its revision says that it changed. */
void app_refresh(struct app *app);

/* How far loading is. Until it is done the playhead follows the newest record. */
void app_set_progress(struct app *app, struct loader_progress progress);

/* How much of what was loaded the detectors have looked at: 0..1. Until it is all,
 * nothing is called healthy and nothing is foretold. Without a call: all. */
void app_set_watched(struct app *app, double share);

/* What a live session has besides its records. Text is borrowed until the next call. */
struct app_live {
    bool is_live;          /* more may come; else only the transcript counts */
    int64_t now_unix_ns;   /* the end of time, while nothing comes as well */
    const char *recording; /* where to; NULL: nothing is being recorded */
    uint64_t recorded_bytes;
    bool has_profiles; /* a service can be asked for profiles and traces */
    const char *offer; /* what could be a source as well, in words; NULL: nothing */
    const char *child; /* the program that was started and still runs; NULL: none */
    const struct transcript *transcript; /* NULL: none */
};
void app_set_live(struct app *app, const struct app_live *live);

/* Something that the user should know, until the next key. Not sanitised. */
void app_tell(struct app *app, enum severity severity, const char *text);

/* Of the last APP_TRACE. */
unsigned app_trace_seconds(const struct app *app);

/* Starting points; each as the key or the option of that name would. */
void app_set_speed(struct app *app, int speed_log2);
void app_play(struct app *app, int64_t real_ns);
void app_set_window(struct app *app, int64_t from_ns, int64_t to_ns);
/* False where the session has no such moment (a wall-clock time without a clock). */
MUST_USE bool app_go_to(struct app *app, const struct time_arg *at);

/* The names of the views that exist, ending with NULL. */
extern const char *const app_views[];
/* False where there is no view of that name. */
MUST_USE bool app_set_view(struct app *app, const char *name);

void app_key(struct app *app, uint32_t key);

/* Real (monotonic) time passed. */
void app_tick(struct app *app, int64_t real_ns);

/* Milliseconds until the next app_tick is due; -1: nothing moves. */
int app_frame_ms(const struct app *app);

/* Something changed since the last app_draw. */
bool app_is_dirty(const struct app *app);

void app_draw(struct app *app, struct canvas *c);

enum app_request {
    APP_NOTHING,
    APP_QUIT,
    APP_REDRAW,
    APP_SUSPEND,
    /* Of live sessions only: */
    APP_RECORD,    /* begin to record, or stop to */
    APP_PROFILES,  /* a heap profile, an allocs profile and a goroutine dump now */
    APP_TRACE,     /* an execution trace of app_trace_seconds() now */
    APP_NO_TRACE,  /* the one that is being taken is broken off */
    APP_ADD_OFFER, /* the source that is offered becomes one of the session */
};

/* What the last keys asked of whoever owns the terminal; forgotten when told. */
enum app_request app_take_request(struct app *app);

#endif
