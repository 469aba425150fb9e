#define _GNU_SOURCE /* CLOCK_BOOTTIME, which goes on while the machine sleeps */
#include "cli/live_run.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "cli/common.h"
#include "model/base/mem.h"
#include "model/units.h"

/* Of one request, and of an answer. A service under pressure is slow, but a poll that
 * takes half a minute is a gap. */
#define CONNECT_NS (5 * NS_PER_S)
#define ANSWER_NS (10 * NS_PER_S)

struct live_run {
    struct live *live;
    struct child *child; /* NULL: none */
    int signal_fd;
    struct loop_fd *signals;
    int64_t stop_ns; /* INT64_MAX: never */
    bool is_done;
    uint64_t bytes;
};

static int64_t clock_ns(clockid_t id)
{
    struct timespec now;

    (void)clock_gettime(id, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

static int64_t now_ns(void *user)
{
    (void)user;
    return clock_ns(CLOCK_BOOTTIME);
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
        r->is_done = true;
        return;
    }
    if (info.ssi_code != SI_KERNEL)
        child_signal(r->child, (int)info.ssi_signo);
}

static bool take_over_signals(struct live_run *r)
{
    sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGHUP);
    (void)sigaddset(&set, SIGQUIT);
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

struct live_run *live_run_create(const struct options *o)
{
    struct live_run *r = mem_alloc(sizeof *r);
    const struct live_options options = {
        .unix_ns = clock_ns(CLOCK_REALTIME),
        .now_ns = now_ns,
        .period_ns = o->every_ns,
        .on_trouble = o->is_quiet ? NULL : say_trouble,
        .http = {.fetch = {.header_file = o->header_file,
                           .ca_file = o->ca_file,
                           .cert_file = o->cert_file,
                           .key_file = o->key_file,
                           .connect_timeout_ns = CONNECT_NS,
                           .bytes_max = ENTRY_BYTES_MAX},
                 .period_ns = o->every_ns,
                 .profile_ns = o->profiles_ns,
                 .timeout_ns = ANSWER_NS,
                 .dice = (uint64_t)clock_ns(CLOCK_REALTIME) ^ (uint64_t)getpid()},
    };

    r->signal_fd = -1;
    r->live = live_create(NULL, &options);
    r->stop_ns = o->for_ns ? now_ns(NULL) + o->for_ns : INT64_MAX;
    if (take_over_signals(r))
        return r;
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
    const struct child_options options = {.passes_through = true};
    char **argv = mem_alloc_array(o->source_count + 1, sizeof *argv);
    struct err err = {0};

    for (size_t i = 0; i < o->source_count; i++)
        argv[i] = mem_dup_text(o->sources[i]);
    r->child = live_add_child(r->live, argv, &options, &err);
    if (!r->child)
        common_complain("%s", err.reason);
    for (size_t i = 0; i < o->source_count; i++)
        free(argv[i]);
    free(argv);
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
    if (r->is_done || now_ns(NULL) >= r->stop_ns)
        return true;
    if (r->child)
        return child_end(r->child).has_ended;
    return live_is_over(r->live);
}

bool live_run(struct live_run *r)
{
    struct err err = {0};
    bool ok = true;

    while (ok && !is_over(r)) {
        int64_t left_ns = r->stop_ns == INT64_MAX ? -1 : r->stop_ns - now_ns(NULL);

        ok = live_step(r->live, left_ns < 0 && r->stop_ns != INT64_MAX ? 0 : left_ns);
        /* A child goes on without its recording; a recorder has nothing else to do. */
        if (live_recording_trouble(r->live) && !r->child)
            break;
    }
    r->bytes = live_recorded_bytes(r->live);
    if (live_finish(r->live, &err))
        return ok;
    common_complain("recording stopped: %s", err.reason);
    return false;
}

uint64_t live_run_bytes(const struct live_run *r)
{
    return r->bytes;
}

void live_run_destroy(struct live_run *r)
{
    if (!r)
        return;
    loop_remove_fd(live_loop(r->live), r->signals);
    live_destroy(r->live);
    if (r->signal_fd >= 0)
        (void)close(r->signal_fd);
    free(r);
}
