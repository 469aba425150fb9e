#include "cli/live_run.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cli/blackbox.h"
#include "cli/common.h"
#include "cli/live_setup.h"
#include "model/base/compiler.h"
#include "model/base/mem.h"
#include "model/units.h"

struct live_run {
    struct live *live;
    struct blackbox *blackbox; /* NULL: nobody watches */
    struct child *child;       /* NULL: none */
    int signal_fd;
    struct loop_fd *signals;
    int64_t stop_ns; /* INT64_MAX: never */
    bool is_done;
    uint64_t bytes;
};

static bool ends_a_recorder(uint32_t number)
{
    return number == SIGINT || number == SIGTERM || number == SIGHUP || number == SIGQUIT;
}

/* A signal of the terminal reached the child as well; one that was sent did not. */
static void take_signal(void *user, short events)
{
    struct live_run *r = user;
    struct signalfd_siginfo info;

    (void)events;
    if (read(r->signal_fd, &info, sizeof info) != (ssize_t)sizeof info)
        return;
    if (!r->child) {
        r->is_done = r->is_done || ends_a_recorder(info.ssi_signo);
        return;
    }
    if (info.ssi_code != SI_KERNEL)
        child_signal(r->child, (int)info.ssi_signo);
}

/* Those with which programs are told something, and which would end us: of no use to a
 * recorder, but perhaps to the child. What stops a program and lets it go on (TSTP, CONT)
 * is left to do so; WINCH and URG do nothing to us and reach the child from the terminal
 * and its sockets. */
static void put_signals(sigset_t *set)
{
    static const int taken[] = {
        SIGINT,  SIGTERM,   SIGHUP,  SIGQUIT, SIGUSR1, SIGUSR2,
        SIGALRM, SIGVTALRM, SIGPROF, SIGPOLL, SIGPWR,
    };

    (void)sigemptyset(set);
    for (size_t i = 0; i < COUNT_OF(taken); i++)
        (void)sigaddset(set, taken[i]);
    for (int number = SIGRTMIN; number <= SIGRTMAX; number++)
        (void)sigaddset(set, number);
}

static bool take_over_signals(struct live_run *r)
{
    sigset_t set;

    put_signals(&set);
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
    (void)signal(SIGPIPE, SIG_IGN); /* a reader of a child's output may leave first */
    r->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (r->signal_fd < 0) {
        common_complain("signals: %s", strerror(errno));
        return false;
    }
    r->signals = loop_add_fd(live_loop(r->live), r->signal_fd, POLLIN, take_signal, r);
    return true;
}

static void say_trouble(void *user, const char *source, struct slice why)
{
    (void)user;
    common_complain("%s: %.*s", source, (int)why.len, why.ptr);
}

static void say_recovery(void *user, const char *source)
{
    (void)user;
    common_complain("%s: is read now", source);
}

static void say_offer(void *user, const char *words)
{
    (void)user;
    common_complain("%s: add it as a source", words);
}

static void look(void *user)
{
    blackbox_beat(((struct live_run *)user)->blackbox);
}

struct live_run *live_run_create(const struct options *o)
{
    struct live_options options = live_setup(o);
    struct live_run *r;

    if (!live_setup_check(o))
        return NULL;
    r = mem_alloc(sizeof *r);
    options.on_trouble = o->is_quiet ? NULL : say_trouble;
    options.on_recovery = o->is_quiet ? NULL : say_recovery;
    /* A child is given no sources, so that nothing could be added. */
    options.on_offer = o->is_quiet || o->command == COMMAND_RUN ? NULL : say_offer;
    options.on_beat = o->is_watched ? look : NULL;
    options.user = r;
    r->signal_fd = -1;
    r->blackbox = o->is_watched ? blackbox_create(o) : NULL;
    r->live = live_create(r->blackbox ? blackbox_intake(r->blackbox) : NULL, &options);
    r->stop_ns = o->for_ns ? live_setup_now_ns(NULL) + o->for_ns : INT64_MAX;
    if (take_over_signals(r)) {
        if (r->blackbox)
            blackbox_begin(r->blackbox, r->live);
        return r;
    }
    live_run_destroy(r);
    return NULL;
}

bool live_run_add_sources(struct live_run *r, const struct options *o)
{
    for (size_t i = 0; i < o->source_count; i++) {
        struct err err = {0};

        if (live_add(r->live, o->sources[i], &err))
            continue;
        common_complain("%s: %s", o->sources[i], err.reason);
        return false;
    }
    return true;
}

struct child *live_run_start(struct live_run *r, const struct options *o)
{
    r->child = live_setup_start(r->live, o, true);
    return r->child;
}

bool live_run_record(struct live_run *r, const char *path)
{
    struct err err = {0};

    if (live_record(r->live, path, &err))
        return true;
    common_complain("%s: %s", path, err.reason);
    return false;
}

static bool is_over(const struct live_run *r)
{
    if (r->is_done || live_setup_now_ns(NULL) >= r->stop_ns)
        return true;
    if (r->child)
        return child_end(r->child).has_ended;
    return live_is_over(r->live);
}

bool live_run(struct live_run *r)
{
    struct err err = {0};
    bool ok = true, is_written;

    while (ok && !is_over(r)) {
        int64_t left_ns =
            r->stop_ns == INT64_MAX ? -1 : r->stop_ns - live_setup_now_ns(NULL);

        ok = live_step(r->live, left_ns < 0 && r->stop_ns != INT64_MAX ? 0 : left_ns);
        /* A child goes on without its recording; a recorder has nothing else to do. */
        if (live_recording_trouble(r->live) && !r->child)
            break;
    }
    is_written = live_finish(r->live, &err);
    r->bytes = live_recorded_bytes(r->live);
    if (!is_written)
        common_complain("recording stopped: %s", err.reason);
    if (r->blackbox)
        blackbox_finish(r->blackbox);
    return ok && is_written;
}

uint64_t live_run_bytes(const struct live_run *r)
{
    return r->bytes;
}

void live_run_destroy(struct live_run *r)
{
    if (!r)
        return;
    blackbox_end(r->blackbox);
    loop_remove_fd(live_loop(r->live), r->signals);
    live_destroy(r->live);
    blackbox_destroy(r->blackbox);
    if (r->signal_fd >= 0)
        (void)close(r->signal_fd);
    free(r);
}
