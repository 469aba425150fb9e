#define _GNU_SOURCE /* posix_spawn_file_actions_addclosefrom_np */
#include "replay/hook.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "model/base/mem.h"
#include "replay/child_death.h"
#include "replay/spawning.h"

/* Where the kernel has no pidfd (before 5.3), this often somebody asks. */
#define ASK_NS (INT64_C(100) * 1000000)
#define NS_PER_MS INT64_C(1000000)

struct run {
    struct hook *hook;
    pid_t pid; /* 0: this one is free */
    int pid_fd, input_fd;
    struct loop_fd *pid_watch, *input_watch;
    struct loop_timer *timer;
    int64_t deadline_ns;
    bool is_late; /* and was killed for it */
    char *input;
    struct slice left; /* of it */
};

struct hook {
    struct loop *loop;
    struct hook_options options;
    struct run runs[HOOK_RUNS_MAX];
};

/* Only our end does not block. */
static bool open_pipe(int ends[2])
{
    return spawn_pipe(ends) && fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0;
}

/* The recorder takes signals off a descriptor, and blocks and ignores them therefore. */
static void set_attributes(posix_spawnattr_t *attributes)
{
    static const int reset[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGCHLD};
    sigset_t set;

    (void)sigemptyset(&set);
    (void)posix_spawnattr_setsigmask(attributes, &set);
    for (size_t i = 0; i < COUNT_OF(reset); i++)
        (void)sigaddset(&set, reset[i]);
    (void)posix_spawnattr_setsigdefault(attributes, &set);
    (void)posix_spawnattr_setpgroup(attributes, 0);
    (void)posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK |
                                                   POSIX_SPAWN_SETSIGDEF |
                                                   POSIX_SPAWN_SETPGROUP);
}

/* Ours are closed by exec, those of libcurl are not. */
static void close_others(posix_spawn_file_actions_t *actions)
{
#ifdef __GLIBC__
#if __GLIBC_PREREQ(2, 34)
    (void)posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
#endif
#endif
    (void)actions;
}

/* An errno, 0 when it runs. */
static int spawn_shell(const char *command, const char *event, int input_fd, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    char shell[] = "sh", option[] = "-c", *text = mem_dup_text(command), *variable;
    char *const argv[] = {shell, option, text, NULL};
    char **environment = spawn_environment(SLICE("HEAPREEL_EVENT="), event, &variable);
    int failure = posix_spawn_file_actions_init(&actions);

    if (failure == 0) {
        failure = posix_spawnattr_init(&attributes);
        if (failure == 0) {
            set_attributes(&attributes);
            (void)posix_spawn_file_actions_adddup2(&actions, input_fd, STDIN_FILENO);
            (void)posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO,
                                                   STDOUT_FILENO);
            close_others(&actions);
            failure =
                posix_spawn(pid, "/bin/sh", &actions, &attributes, argv, environment);
            (void)posix_spawnattr_destroy(&attributes);
        }
        (void)posix_spawn_file_actions_destroy(&actions);
    }
    free(environment);
    free(variable);
    free(text);
    return failure;
}

static void end_input(struct run *r)
{
    loop_remove_fd(r->hook->loop, r->input_watch);
    r->input_watch = NULL;
    spawn_close(&r->input_fd);
    free(r->input);
    r->input = NULL;
    r->left.len = 0;
}

/* A hook that ends without reading is none that failed. */
static void write_input(struct run *r)
{
    while (r->left.len > 0) {
        const ssize_t written = write(r->input_fd, r->left.ptr, r->left.len);

        if (written >= 0) {
            r->left = slice_after(r->left, (size_t)written);
            continue;
        }
        if (errno == EINTR)
            continue;
        if (errno == EAGAIN)
            return;
        break;
    }
    end_input(r);
}

static void input_ready(void *user, short events)
{
    (void)events;
    write_input(user);
}

static void clear(struct run *r)
{
    end_input(r);
    loop_remove_fd(r->hook->loop, r->pid_watch);
    loop_remove_timer(r->hook->loop, r->timer);
    spawn_close(&r->pid_fd);
    *r = (struct run){.hook = r->hook, .pid_fd = -1, .input_fd = -1};
}

/* Whoever it started is in its group. */
static void kill_run(const struct run *r)
{
    (void)kill(-r->pid, SIGKILL);
}

static const char *put_failure(char *out, size_t bytes, const struct run *r, int status)
{
    const char *word = WIFSIGNALED(status) ? child_signal_word(WTERMSIG(status)) : NULL;

    if (r->is_late)
        (void)snprintf(out, bytes, "killed after %d s",
                       (int)(HOOK_TIMEOUT_NS / (1000 * NS_PER_MS)));
    else if (WIFSIGNALED(status))
        (void)snprintf(out, bytes, "signal %d%s%s", WTERMSIG(status), word ? ", " : "",
                       word ? word : "");
    else if (WEXITSTATUS(status) != 0)
        (void)snprintf(out, bytes, "exit %d", WEXITSTATUS(status));
    else
        return NULL;
    return out;
}

static void look_for_end(struct run *r)
{
    const struct hook_options *options = &r->hook->options;
    char text[64];
    const char *failure = "nobody knows how it ended";
    int status = 0;
    const pid_t ended = waitpid(r->pid, &status, WNOHANG);

    if (ended == 0 || (ended < 0 && errno == EINTR))
        return;
    if (ended == r->pid)
        failure = put_failure(text, sizeof text, r, status);
    clear(r);
    if (options->on_end)
        options->on_end(options->user, failure);
}

static void pid_ready(void *user, short events)
{
    (void)events;
    look_for_end(user);
}

static void arm(struct run *r, int64_t now_ns)
{
    int64_t at_ns = r->deadline_ns;

    /* After it was killed, too, its end is only waited for. */
    if (r->pid_fd < 0 || r->is_late)
        at_ns = now_ns + ASK_NS;
    loop_arm(r->timer, at_ns);
}

static void timer_due(void *user, int64_t now_ns)
{
    struct run *r = user;

    if (now_ns >= r->deadline_ns && !r->is_late) {
        r->is_late = true;
        kill_run(r);
    }
    look_for_end(r);
    if (r->pid)
        arm(r, now_ns);
}

struct hook *hook_create(struct loop *loop, const struct hook_options *options)
{
    struct hook *h = mem_alloc(sizeof *h);

    h->loop = loop;
    h->options = *options;
    for (size_t i = 0; i < HOOK_RUNS_MAX; i++)
        h->runs[i] = (struct run){.hook = h, .pid_fd = -1, .input_fd = -1};
    return h;
}

void hook_destroy(struct hook *h)
{
    if (!h)
        return;
    for (size_t i = 0; i < HOOK_RUNS_MAX; i++) {
        struct run *r = &h->runs[i];

        if (!r->pid)
            continue;
        kill_run(r);
        (void)waitpid(r->pid, NULL, 0);
        clear(r);
    }
    free(h);
}

static struct run *find_free(struct hook *h)
{
    for (size_t i = 0; i < HOOK_RUNS_MAX; i++) {
        if (!h->runs[i].pid)
            return &h->runs[i];
    }
    return NULL;
}

/* It runs: all that is left is to look after it. */
static void watch_run(struct run *r, struct slice input)
{
    struct hook *h = r->hook;
    const int64_t now_ns = h->options.now_ns(h->options.user);

    r->pid_fd = spawn_pid_fd(r->pid);
    r->deadline_ns = now_ns + HOOK_TIMEOUT_NS;
    r->timer = loop_add_timer(h->loop, timer_due, r);
    r->input = mem_dup_slice(input);
    r->left = slice_of(r->input, input.len);
    r->input_watch = loop_add_fd(h->loop, r->input_fd, POLLOUT, input_ready, r);
    if (r->pid_fd >= 0)
        r->pid_watch = loop_add_fd(h->loop, r->pid_fd, POLLIN, pid_ready, r);
    arm(r, now_ns);
    write_input(r);
}

bool hook_run(struct hook *h, const char *event, struct slice input, struct err *err)
{
    struct run *r = find_free(h);
    int ends[2];
    int failure;

    if (!r) {
        err_set(err, 0, 0, "%d of them are still running", HOOK_RUNS_MAX);
        return false;
    }
    failure = open_pipe(ends) ? 0 : errno;
    if (failure == 0)
        failure = spawn_shell(h->options.command, event, ends[0], &r->pid);
    spawn_close(&ends[0]);
    if (failure != 0) {
        spawn_close(&ends[1]);
        r->pid = 0;
        err_set(err, 0, 0, "/bin/sh: %s", strerror(failure));
        return false;
    }
    r->input_fd = ends[1];
    watch_run(r, input);
    return true;
}

size_t hook_running(const struct hook *h)
{
    size_t count = 0;

    for (size_t i = 0; i < HOOK_RUNS_MAX; i++)
        count += h->runs[i].pid != 0;
    return count;
}

/* Descriptors that are not there are -1, which poll passes over. */
static void poll_runs(struct hook *h, int timeout_ms)
{
    struct pollfd fds[2 * HOOK_RUNS_MAX];

    for (size_t i = 0; i < HOOK_RUNS_MAX; i++) {
        fds[2 * i] = (struct pollfd){.fd = h->runs[i].pid_fd, .events = POLLIN};
        fds[2 * i + 1] = (struct pollfd){.fd = h->runs[i].input_fd, .events = POLLOUT};
    }
    (void)poll(fds, COUNT_OF(fds), timeout_ms);
    for (size_t i = 0; i < HOOK_RUNS_MAX; i++) {
        struct run *r = &h->runs[i];

        if (fds[2 * i + 1].revents)
            write_input(r);
        if (r->pid)
            look_for_end(r);
    }
}

void hook_wait(struct hook *h, int64_t grace_ns)
{
    const int64_t end_ns = h->options.now_ns(h->options.user) + grace_ns;

    while (hook_running(h) > 0 && h->options.now_ns(h->options.user) < end_ns)
        poll_runs(h, (int)(ASK_NS / NS_PER_MS));
}
