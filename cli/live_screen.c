#include "cli/live_screen.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/common.h"
#include "cli/live_setup.h"
#include "cli/state_folder.h"
#include "model/base/mem.h"
#include "model/base/text.h"
#include "model/retention.h"
#include "model/units.h"
#include "replay/folder.h"
#include "replay/stream.h"
#include "replay/tail.h"
#include "replay/transcript.h"

#define RETAIN_EVERY_NS (60 * NS_PER_S)

#define STALE_NS (24 * 3600 * NS_PER_S)

/* Each takes a descriptor, of which a process has a thousand. */
#define FOLLOWED_MAX 256

/* A program that was asked to end has so long; then it is made to. */
#define MERCY_NS (10 * NS_PER_S)

struct live_screen {
    const struct options *options;
    struct session *session;
    struct transcript *transcript;
    struct intake *intake;
    struct live *live;
    struct loop_timer *retain;
    struct child *child; /* NULL: none */
    char *recording;     /* the last one's path; NULL: none */
    uint64_t recorded_bytes;
    bool has_living; /* a source that only lives: more than a log that may yet grow */
    bool has_told_trouble, has_told_end;
    struct text saved; /* of what was captured, to be told; empty: nothing new */
    bool is_save_bad;
};

bool live_screen_takes(const char *spelling)
{
    struct stat st;

    if (strcmp(spelling, "-") == 0)
        return fstat(STDIN_FILENO, &st) == 0 && !S_ISREG(st.st_mode);
    if (stat(spelling, &st) == 0)
        return S_ISFIFO(st.st_mode);
    return live_is_source(spelling);
}

static void retain_due(void *user, int64_t now_ns)
{
    struct live_screen *v = user;
    const struct retention keep = {v->options->detail_ns, RETENTION_PROFILES_MAX};

    /* Not of what is only replayed. */
    if (live_has_given(v->live))
        retention_apply(v->session, &keep, live_unix_ns(v->live));
    loop_arm(v->retain, now_ns + RETAIN_EVERY_NS);
}

/* What was asked for by key is of use to other tools too. */
static void keep_capture(void *user, const char *source, struct slice document)
{
    struct live_screen *v = user;
    struct err err = {0};
    char *path = state_folder_save(live_unix_ns(v->live), source, document, &err);

    text_clear(&v->saved);
    text_put_str(&v->saved, path ? "saved: " : "not saved: ");
    text_put_str(&v->saved, path ? path : err.reason);
    v->is_save_bad = !path;
    free(path);
}

struct live_screen *live_screen_create(const struct options *o, struct session *session,
                                       struct watch *watch)
{
    struct live_screen *v = mem_alloc(sizeof *v);
    struct live_options options = live_setup(o);
    struct intake_options taking = {.format = o->format, .pattern = o->pattern};

    options.user = v;
    options.on_capture = keep_capture;
    v->options = o;
    v->session = session;
    v->transcript = transcript_create();
    taking.transcript = v->transcript;
    v->intake = intake_create(session, watch, &taking);
    v->live = live_create(v->intake, &options);
    v->retain = loop_add_timer(live_loop(v->live), retain_due, v);
    loop_arm(v->retain, live_setup_now_ns(NULL) + RETAIN_EVERY_NS);
    return v;
}

void live_screen_destroy(struct live_screen *v)
{
    if (!v)
        return;
    loop_remove_timer(live_loop(v->live), v->retain);
    live_destroy(v->live);
    intake_destroy(v->intake);
    transcript_destroy(v->transcript);
    text_finish(&v->saved);
    free(v->recording);
    free(v);
}

bool live_screen_add(struct live_screen *v, const char *spelling)
{
    struct err err = {0};

    if (!live_add(v->live, spelling, &err)) {
        common_complain("%s: %s", spelling, err.reason);
        return false;
    }
    v->has_living = true;
    return true;
}

bool live_screen_run(struct live_screen *v)
{
    v->child = live_setup_start(v->live, v->options, false);
    v->has_living = v->child != NULL;
    return v->has_living;
}

static bool record(struct live_screen *v, const char *path, struct err *err)
{
    free(v->recording);
    v->recording = mem_dup_text(path);
    v->recorded_bytes = 0;
    v->has_told_trouble = false;
    return live_record(v->live, path, err);
}

bool live_screen_record(struct live_screen *v, const char *path)
{
    struct err err = {0};

    if (record(v, path, &err))
        return true;
    common_complain("%s: %s", path, err.reason);
    return false;
}

/* What merely lies in a folder and was not written to for a day is a recording. */
static bool is_worth_following(const struct live_screen *v, const struct source *source)
{
    return !source->is_member || !source->has_mtime ||
           live_unix_ns(v->live) - source->mtime_ns < STALE_NS;
}

/* False where it goes on no more: it is shown as it was loaded. */
static bool follow_log(struct live_screen *v, const struct loader_followed *log)
{
    const struct tail_options options = {.from_bytes = log->offset_bytes,
                                         .dev = log->dev,
                                         .ino = log->ino,
                                         .is_continued = true};
    struct err err = {0};

    intake_adopt(v->intake, log->source, log->stream);
    return live_follow(v->live, log->source->path, &options, &err);
}

static bool follow(struct live_screen *v, struct loader *l)
{
    struct loader_followed log;
    struct err err = {0};
    bool is_any = false;
    size_t count = 0;

    while (loader_take_followed(l, &log)) {
        if (count < FOLLOWED_MAX && is_worth_following(v, log.source)) {
            is_any |= follow_log(v, &log);
            count++;
        } else {
            stream_finish(log.stream);
            stream_destroy(log.stream);
        }
    }
    for (size_t i = 0;
         v->options->command == COMMAND_OPEN && i < v->options->source_count; i++) {
        if (folder_is(v->options->sources[i]))
            is_any |= live_follow_folder(v->live, v->options->sources[i], &err);
    }
    return is_any;
}

void live_screen_begin(struct live_screen *v, struct loader *l)
{
    bool is_any = follow(v, l);
    int64_t from_ns, to_ns;

    /* A log or folder with nothing in it yet is waited for. */
    if (is_any && !session_span(v->session, &from_ns, &to_ns))
        v->has_living = true;
    if (is_any || v->has_living)
        v->session->is_streamed = true;
}

bool live_screen_is_live(const struct live_screen *v)
{
    return (v->has_living || live_has_given(v->live)) && !live_is_over(v->live);
}

struct transcript *live_screen_transcript(struct live_screen *v)
{
    return v->transcript;
}

struct live *live_screen_session(struct live_screen *v)
{
    return v->live;
}

static void say(struct app *app, enum severity severity, const char *what,
                const char *detail)
{
    struct text words = {0};

    text_put_str(&words, what);
    text_put_str(&words, detail);
    app_tell(app, severity, text_str(&words));
    text_finish(&words);
}

/* What the recorder has to say is told once, over whatever is shown. */
static void tell_trouble(struct live_screen *v, struct app *app)
{
    const char *why = live_recording_trouble(v->live);

    if (!why || v->has_told_trouble)
        return;
    v->has_told_trouble = true;
    say(app, SEVERITY_WARNING, "recording stopped: ", why);
}

static void tell_saved(struct live_screen *v, struct app *app)
{
    if (v->saved.len == 0)
        return;
    app_tell(app, v->is_save_bad ? SEVERITY_WARNING : SEVERITY_INFO, text_str(&v->saved));
    text_clear(&v->saved);
}

static void tell_end(struct live_screen *v, struct app *app)
{
    struct text words = {0};
    struct child_end end;

    if (!v->child || v->has_told_end)
        return;
    end = child_end(v->child);
    if (!end.has_ended)
        return;
    v->has_told_end = true;
    text_put_str(&words, v->options->sources[0]);
    text_put_str(&words, " has ended: ");
    child_put_end(&words, v->child);
    app_tell(app, end.status ? SEVERITY_WARNING : SEVERITY_INFO, text_str(&words));
    text_finish(&words);
}

void live_screen_show(struct live_screen *v, struct app *app)
{
    const struct app_live live = {
        .is_live = live_screen_is_live(v),
        .now_unix_ns = live_unix_ns(v->live),
        .recording = live_recording_path(v->live),
        .recorded_bytes = live_recorded_bytes(v->live),
        .has_profiles = live_has_profiles(v->live),
        .offer = live_offer(v->live),
        .child =
            v->child && !child_end(v->child).has_ended ? v->options->sources[0] : NULL,
        .transcript = v->transcript,
    };

    app_set_live(app, &live);
    tell_trouble(v, app);
    tell_saved(v, app);
    tell_end(v, app);
}

static void stop_recording(struct live_screen *v, struct app *app)
{
    struct err err = {0};

    v->recorded_bytes = live_recorded_bytes(v->live);
    if (live_stop_recording(v->live, &err))
        say(app, SEVERITY_INFO, "recorded: ", v->recording);
    else
        say(app, SEVERITY_WARNING, "the recording has no end: ", err.reason);
}

static void toggle_recording(struct live_screen *v, struct app *app)
{
    struct err err = {0};
    char *path;

    if (live_is_recording(v->live)) {
        stop_recording(v, app);
        return;
    }
    path = state_folder_path(live_unix_ns(v->live), ".reel", &err);
    if (path && record(v, path, &err))
        say(app, SEVERITY_INFO, "recording to ", path);
    else
        say(app, SEVERITY_WARNING, "cannot record: ", err.reason);
    free(path);
}

static void capture(struct live_screen *v, struct app *app, enum app_request request)
{
    const bool is_trace = request == APP_TRACE;
    const unsigned what =
        is_trace ? HTTP_TRACE : HTTP_HEAP | HTTP_ALLOCS | HTTP_GOROUTINES;

    char seconds[32];

    (void)snprintf(seconds, sizeof seconds, "%u s", app_trace_seconds(app));
    if (live_capture(v->live, what, is_trace ? app_trace_seconds(app) : 0) == 0)
        say(app, SEVERITY_WARNING, "no service here serves /debug/pprof/", "");
    else if (is_trace)
        say(app, SEVERITY_INFO, "asked for an execution trace of ", seconds);
    else
        say(app, SEVERITY_INFO, "asked for heap, allocs and goroutine profiles", "");
}

static void break_off_trace(struct live_screen *v, struct app *app)
{
    const bool is_any = live_cancel_trace(v->live) > 0;

    say(app, SEVERITY_INFO,
        is_any ? "the execution trace was broken off"
               : "no execution trace is being taken",
        "");
}

static void add_offer(struct live_screen *v, struct app *app)
{
    struct err err = {0};

    if (!live_take_offer(v->live, &err))
        say(app, SEVERITY_WARNING, "cannot add it: ", err.reason);
}

void live_screen_answer(struct live_screen *v, struct app *app, enum app_request request)
{
    switch (request) {
    case APP_RECORD:
        toggle_recording(v, app);
        break;
    case APP_PROFILES:
    case APP_TRACE:
        capture(v, app, request);
        break;
    case APP_NO_TRACE:
        break_off_trace(v, app);
        break;
    case APP_ADD_OFFER:
        add_offer(v, app);
        break;
    case APP_NOTHING:
    case APP_QUIT:
    case APP_REDRAW:
    case APP_SUSPEND:
        break;
    }
    live_screen_show(v, app);
}

/* Until it has ended; when mercy is over it is killed. */
static void await_child(struct live_screen *v, bool has_mercy)
{
    int64_t kill_ns = live_setup_now_ns(NULL) + MERCY_NS;

    while (!child_end(v->child).has_ended) {
        int64_t left_ns = kill_ns - live_setup_now_ns(NULL);

        if (has_mercy && left_ns <= 0) {
            child_signal(v->child, SIGKILL);
            has_mercy = false;
        }
        if (!live_step(v->live, has_mercy ? left_ns : -1))
            return;
    }
}

int live_screen_end(struct live_screen *v, int signal, int status)
{
    struct err err = {0};
    char size[UNIT_TEXT];

    if (v->child && !child_end(v->child).has_ended) {
        child_signal(v->child, signal ? signal : SIGTERM);
        await_child(v, signal != SIGHUP);
    }
    if (live_is_recording(v->live))
        v->recorded_bytes = live_recorded_bytes(v->live);
    if (!live_finish(v->live, &err))
        common_complain("recording stopped: %s", err.reason);
    if (v->recorded_bytes && !v->options->is_quiet)
        common_complain("%s: %s recorded", v->recording,
                        unit_format(size, (double)v->recorded_bytes, UNIT_BYTES, true));
    return v->child ? child_end(v->child).status : status;
}
