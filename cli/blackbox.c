#include "cli/blackbox.h"

#include <stdlib.h>

#include "cli/alarm.h"
#include "cli/common.h"
#include "cli/live_setup.h"
#include "model/base/mem.h"
#include "model/detect/watch.h"
#include "model/retention.h"
#include "model/units.h"
#include "replay/hook.h"

#define RETENTION_EVERY_NS (60 * NS_PER_S)
/* A webhook that has just begun may reach its server. */
#define HOOK_GRACE_NS (5 * NS_PER_S)

#define CAPTURED (HTTP_HEAP | HTTP_ALLOCS | HTTP_GOROUTINES)

struct blackbox {
    const struct options *options;
    struct session *session;
    struct watch *watch;
    struct intake *intake;
    struct live *live; /* NULL before blackbox_begin and after blackbox_end */
    struct alarm *alarm;
    struct hook *hook; /* NULL: no --exec */
    int64_t retained_ns;
    bool has_failed; /* the last of the commands, and that was said */
};

static void say(void *user, const char *line)
{
    (void)user;
    common_complain("%s", line);
}

static size_t capture(void *user)
{
    const struct blackbox *b = user;

    return live_capture(b->live, CAPTURED, 0);
}

static void say_failure(struct blackbox *b, const char *failure)
{
    if (!b->has_failed)
        common_complain("--exec: %s", failure);
    b->has_failed = true;
}

static bool run_hook(void *user, const char *kind, struct slice json)
{
    struct blackbox *b = user;
    struct err err = {0};

    if (hook_run(b->hook, kind, json, &err))
        return true;
    say_failure(b, err.reason);
    return false;
}

static void on_hook_end(void *user, const char *failure)
{
    struct blackbox *b = user;

    if (failure)
        say_failure(b, failure);
    else
        b->has_failed = false;
}

struct blackbox *blackbox_create(const struct options *o)
{
    const struct intake_options options = {.format = o->format, .pattern = o->pattern};
    struct blackbox *b = mem_alloc(sizeof *b);

    b->options = o;
    b->session = common_session(o);
    b->session->is_streamed = true;
    b->watch = watch_create(b->session, o->rules);
    b->intake = intake_create(b->session, b->watch, &options);
    return b;
}

void blackbox_destroy(struct blackbox *b)
{
    if (!b)
        return;
    blackbox_end(b);
    intake_destroy(b->intake);
    watch_destroy(b->watch);
    session_destroy(b->session);
    free(b);
}

struct intake *blackbox_intake(struct blackbox *b)
{
    return b->intake;
}

void blackbox_begin(struct blackbox *b, struct live *live)
{
    const struct alarm_options alarm = {
        .options = b->options,
        .session = b->session,
        .since_ns = live_unix_ns(live),
        .say = say,
        .capture = capture,
        .run_hook = b->options->hook ? run_hook : NULL,
        .user = b,
    };
    const struct hook_options hook = {
        .command = b->options->hook,
        .now_ns = live_setup_now_ns,
        .on_end = on_hook_end,
        .user = b,
    };

    b->live = live;
    b->alarm = alarm_create(&alarm);
    if (b->options->hook)
        b->hook = hook_create(live_loop(live), &hook);
}

void blackbox_beat(struct blackbox *b)
{
    const struct retention retention = {b->options->detail_ns, RETENTION_PROFILES_MAX};
    const int64_t now_ns = live_unix_ns(b->live);

    alarm_look(b->alarm, live_has_history(b->live), live_setup_now_ns(NULL));
    if (now_ns - b->retained_ns < RETENTION_EVERY_NS)
        return;
    b->retained_ns = now_ns;
    retention_apply(b->session, &retention, now_ns);
}

void blackbox_finish(struct blackbox *b)
{
    intake_finish(b->intake);
    alarm_look(b->alarm, false, live_setup_now_ns(NULL));
    if (b->hook)
        hook_wait(b->hook, HOOK_GRACE_NS);
}

void blackbox_end(struct blackbox *b)
{
    if (!b)
        return;
    hook_destroy(b->hook);
    alarm_destroy(b->alarm);
    b->hook = NULL;
    b->alarm = NULL;
    b->live = NULL;
}
