/*
 * The live half of the dashboard: sources that go on, what keys ask of them, and what the
 * screen has to be told of it.
 */
#ifndef CLI_LIVE_SCREEN_H
#define CLI_LIVE_SCREEN_H

#include <stdbool.h>

#include "cli/options.h"
#include "model/detect/watch.h"
#include "model/session.h"
#include "replay/live.h"
#include "replay/loader.h"
#include "tui/app.h"

struct live_screen;

/* Is it taken as it comes (a server, a process, a pipe) rather than loaded? */
bool live_screen_takes(const char *spelling);

/* Session and watch must outlive it. */
struct live_screen *live_screen_create(const struct options *o, struct session *session,
                                       struct watch *watch);
void live_screen_destroy(struct live_screen *v);

/* Each false after a message; before the terminal is taken over. */
bool live_screen_add(struct live_screen *v, const char *spelling);
bool live_screen_run(struct live_screen *v); /* the program that the options name */
bool live_screen_record(struct live_screen *v, const char *path);

/* All is loaded that was to be: goes on with those logs and folders that may grow, and
 * from here on nothing that was settled is settled anew. */
void live_screen_begin(struct live_screen *v, struct loader *l);

/* More may come. */
bool live_screen_is_live(const struct live_screen *v);
struct live *live_screen_session(struct live_screen *v);
/* For those who load recordings; lives as long as this. */
struct transcript *live_screen_transcript(struct live_screen *v);

/* What the app shows of it; cheap. */
void live_screen_show(struct live_screen *v, struct app *app);

/* Does what keys asked for. */
void live_screen_answer(struct live_screen *v, struct app *app, enum app_request request);

/*
 * The screen is gone, by the user's will (signal 0) or by that signal: a child that runs
 * is passed it (TERM where the user quit), and is waited for; the recording gets its end.
 * Says what was recorded. The program's exit status: the child's, else the one given.
 */
int live_screen_end(struct live_screen *v, int signal, int status);

#endif
