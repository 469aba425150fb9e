#include "replay/child.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "model/base/mem.h"
#include "model/base/text.h"
#include "model/units.h"
#include "replay/child_death.h"

/* One turn of the loop reads so much of a stream: as much as a pipe usually holds. */
#define READ_BYTES_MAX ((size_t)64 << 10)
/* A pipe holds 1 MiB at most (/proc/sys/fs/pipe-max-size), so that after so many reads
 * anything more was written by others since the child's end. */
#define LAST_READS_MAX 16
#define GRACE_NS (500 * NS_PER_MS)
/* Two reads within PIECE_NS: somebody writes in small pieces, as Go does (forty of them a
 * GC line). Each would wake us and cost the writer the waking, so the stream rests, and
 * what has gathered is taken in one read. Less than the eye sees. */
#define PIECE_NS (1 * NS_PER_MS)
#define REST_NS (10 * NS_PER_MS)
/* No rest for so long after a read that filled the buffer: the pipe must not fill up, and
 * the child wait, while we rest. */
#define RUSH_NS NS_PER_S
#define ASK_NS (100 * NS_PER_MS)

static const char membership[] = "/proc/self/cgroup";
static const char cgroup_root[] = "/sys/fs/cgroup";

struct child_stream {
    struct child *child;
    int fd;      /* -1: read to its end */
    int pass_fd; /* of ours, which its bytes go on to; -1: to none */
    uint32_t source;
    bool is_over;          /* END is given */
    struct loop_fd *watch; /* NULL while it rests or its last bytes wait for room */
    struct loop_timer *rest;
    int64_t read_ns, rush_until_ns; /* when last; no rest before */
    struct loop_fd *room;           /* on pass_fd while bytes wait */
    struct slice waiting;           /* of buffer */
    char buffer[READ_BYTES_MAX];
};

struct child {
    const struct live_context *context;
    pid_t pid;
    int pid_fd;
    struct loop_fd *pid_watch;
    struct loop_timer *timer; /* asks for its end without a pid_fd; later: grace */
    bool is_dead;
    struct child_death death;
    struct child_stream streams[CHILD_STREAM_COUNT];
};

static void give_end(struct child_stream *s, struct slice words)
{
    s->is_over = true;
    live_give(s->child->context, s->source, ENTRY_END,
              child_death_is_oom(&s->child->death) ? ENTRY_IS_OOM_KILL : 0, words);
}

/* END of what has come to its end; that of standard error tells how the child ended. */
static void settle(struct child *c)
{
    struct child_stream *out = &c->streams[CHILD_OUT], *err = &c->streams[CHILD_ERR];

    if (out->fd < 0 && !out->is_over)
        give_end(out, SLICE(""));
    if (err->fd < 0 && c->is_dead && !err->is_over) {
        struct text words = {0};

        child_put_death(&words, &c->death);
        give_end(err, slice_of(words.ptr, words.len));
        text_finish(&words);
    }
    if (out->is_over && err->is_over)
        loop_disarm(c->timer);
}

static void close_stream(struct child_stream *s)
{
    struct loop *loop = s->child->context->loop;

    loop_remove_fd(loop, s->watch);
    loop_remove_fd(loop, s->room);
    loop_disarm(s->rest);
    s->watch = s->room = NULL;
    if (s->fd >= 0)
        (void)close(s->fd);
    s->fd = -1;
}

/* Errors count as room: the write that follows says which. */
static bool has_room(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};

    return poll(&p, 1, 0) > 0;
}

/* In pieces that a pipe with room takes whole, so that a reader who stands still does not
 * stop the loop, and with it the signals that are to reach the child. */
static void write_waiting(struct child_stream *s)
{
    while (s->waiting.len > 0 && has_room(s->pass_fd)) {
        const struct slice piece = slice_first(s->waiting, PIPE_BUF);
        const ssize_t written = write(s->pass_fd, piece.ptr, piece.len);

        if (written >= 0) {
            s->waiting = slice_after(s->waiting, (size_t)written);
        } else if (errno == EINTR || errno == EAGAIN) {
            break; /* the loop comes back */
        } else {
            s->pass_fd = -1;
            s->waiting.len = 0;
        }
    }
}

/* With PIPE held back, and taken where it came: nobody reading us is no reason to end. */
static void write_quietly(struct child_stream *s)
{
    const struct timespec at_once = {0};
    sigset_t pipe_signal, before, pending;
    bool was_pending;

    (void)sigemptyset(&pipe_signal);
    (void)sigaddset(&pipe_signal, SIGPIPE);
    (void)sigemptyset(&pending);
    (void)sigpending(&pending);
    was_pending = sigismember(&pending, SIGPIPE) == 1;
    (void)pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
    write_waiting(s);
    if (s->pass_fd < 0 && !was_pending)
        (void)sigtimedwait(&pipe_signal, NULL, &at_once);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void stream_ready(void *user, short events);

static void watch_stream(struct child_stream *s)
{
    loop_disarm(s->rest);
    if (s->fd >= 0 && !s->watch && !s->room)
        s->watch = loop_add_fd(s->child->context->loop, s->fd, POLLIN, stream_ready, s);
}

static void room_ready(void *user, short events)
{
    struct child_stream *s = user;
    struct loop *loop = s->child->context->loop;

    (void)events;
    write_quietly(s);
    if (s->waiting.len > 0)
        return;
    loop_remove_fd(loop, s->room);
    s->room = NULL;
    watch_stream(s);
}

/* Until there is room nothing more is read: the child waits, as it would for our reader.
 * (Not watched for no events either, since poll tells of a hang-up all the same.) */
static void pass_on(struct child_stream *s, size_t len)
{
    struct loop *loop = s->child->context->loop;

    s->waiting = slice_of(s->buffer, len);
    write_quietly(s);
    if (s->waiting.len == 0)
        return;
    loop_remove_fd(loop, s->watch);
    s->watch = NULL;
    s->room = loop_add_fd(loop, s->pass_fd, POLLOUT, room_ready, s);
}

/* False when there is no more now. */
static bool take_slice(struct child_stream *s)
{
    ssize_t got;

    do
        got = read(s->fd, s->buffer, sizeof s->buffer);
    while (got < 0 && errno == EINTR);
    if (got < 0 && errno == EAGAIN)
        return false;
    if (got <= 0) {
        close_stream(s);
        return false;
    }
    s->read_ns = live_now_ns(s->child->context);
    if ((size_t)got == sizeof s->buffer)
        s->rush_until_ns = s->read_ns + RUSH_NS;
    live_give(s->child->context, s->source, ENTRY_DATA, 0,
              slice_of(s->buffer, (size_t)got));
    if (s->pass_fd >= 0)
        pass_on(s, (size_t)got);
    return !s->room;
}

/* Nobody waits for the pipe then, so that writing to it costs the child no waking. */
static void rest(struct child_stream *s)
{
    struct child *c = s->child;

    if (c->is_dead || s->read_ns < s->rush_until_ns) {
        watch_stream(s);
        return;
    }
    loop_remove_fd(c->context->loop, s->watch);
    s->watch = NULL;
    loop_arm(s->rest, s->read_ns + REST_NS);
}

static void stream_ready(void *user, short events)
{
    struct child_stream *s = user;
    const int64_t before_ns = s->read_ns;

    (void)events;
    if (take_slice(s) && s->read_ns - before_ns < PIECE_NS)
        rest(s);
    settle(s->child);
}

/* Where nothing has come, the next byte is waited for. */
static void rest_over(void *user, int64_t now_ns)
{
    struct child_stream *s = user;

    (void)now_ns;
    if (take_slice(s))
        rest(s);
    else
        watch_stream(s);
    settle(s->child);
}

/* The grace is over: what is there now is taken, and what others keep open is left. What
 * waits for our own reader is not lost for that. */
static void close_streams(struct child *c, int64_t now_ns)
{
    for (size_t i = 0; i < CHILD_STREAM_COUNT; i++) {
        struct child_stream *s = &c->streams[i];
        size_t reads = 0;

        if (s->fd < 0)
            continue;
        while (!s->room && reads < LAST_READS_MAX && take_slice(s))
            reads++;
        if (s->room)
            loop_arm(c->timer, now_ns + GRACE_NS);
        else
            close_stream(s);
    }
    settle(c);
}

static void look_for_end(struct child *c)
{
    const pid_t ended = waitpid(c->pid, &c->death.status, WNOHANG);

    if (ended == 0 || (ended < 0 && errno == EINTR))
        return;
    c->is_dead = true;
    c->death.is_known = ended == c->pid;
    c->death.has_kills = c->death.has_kills &&
                         child_oom_kills(membership, cgroup_root, &c->death.kills_after);
    loop_remove_fd(c->context->loop, c->pid_watch);
    c->pid_watch = NULL;
    if (c->pid_fd >= 0)
        (void)close(c->pid_fd);
    c->pid_fd = -1;
    loop_arm(c->timer, live_now_ns(c->context) + GRACE_NS);
    for (size_t i = 0; i < CHILD_STREAM_COUNT; i++)
        watch_stream(&c->streams[i]);
    settle(c);
}

static void pid_ready(void *user, short events)
{
    (void)events;
    look_for_end(user);
}

static void timer_due(void *user, int64_t now_ns)
{
    struct child *c = user;

    if (c->is_dead) {
        close_streams(c, now_ns);
        return;
    }
    look_for_end(c);
    if (!c->is_dead)
        loop_arm(c->timer, now_ns + ASK_NS);
}

static void add_stream(struct child *c, size_t index, int fd, int pass_fd,
                       const char *program)
{
    static const char *const names[CHILD_STREAM_COUNT] = {"stderr", "stdout"};
    const struct live_context *context = c->context;
    struct child_stream *s = &c->streams[index];
    const struct slice base = slice_base_name(slice_str(program));
    struct text name = {0};

    s->child = c;
    s->fd = fd;
    s->pass_fd = pass_fd;
    text_put(&name, base);
    text_printf(&name, " %s", names[index]);
    s->source =
        context->add_source(context->user, text_str(&name), ENTRY_IS_STREAM, c->pid);
    text_finish(&name);
    s->read_ns = live_now_ns(context) - PIECE_NS;
    s->rush_until_ns = s->read_ns;
    s->rest = loop_add_timer(context->loop, rest_over, s);
    watch_stream(s);
}

struct child *child_start(const struct live_context *context, char *const *argv,
                          const struct child_options *options, struct err *err)
{
    static const int ours[CHILD_STREAM_COUNT] = {STDERR_FILENO, STDOUT_FILENO};
    struct child_death death = {0};
    struct child_spawned spawned;
    struct child *c;

    death.has_kills = child_oom_kills(membership, cgroup_root, &death.kills_before);
    if (!child_spawn(argv, options->passes_through, &spawned, err))
        return NULL;
    c = mem_alloc(sizeof *c);
    c->context = context;
    c->pid = spawned.pid;
    c->pid_fd = spawned.pid_fd;
    c->death = death;
    for (size_t i = 0; i < CHILD_STREAM_COUNT; i++)
        add_stream(c, i, spawned.fds[i], options->passes_through ? ours[i] : -1, argv[0]);
    c->timer = loop_add_timer(context->loop, timer_due, c);
    /* After the streams, so that a turn of the loop reads before it learns of the end. */
    if (c->pid_fd >= 0)
        c->pid_watch = loop_add_fd(context->loop, c->pid_fd, POLLIN, pid_ready, c);
    else
        loop_arm(c->timer, live_now_ns(context) + ASK_NS);
    return c;
}

pid_t child_pid(const struct child *c)
{
    return c->pid;
}

/* Its number is nobody else's before waitpid has told of its end. */
void child_signal(struct child *c, int signal)
{
    if (!c->is_dead)
        (void)kill(c->pid, signal);
}

struct child_end child_end(const struct child *c)
{
    const bool has_ended = c->streams[CHILD_ERR].is_over && c->streams[CHILD_OUT].is_over;

    if (!has_ended)
        return (struct child_end){0};
    return (struct child_end){true, child_death_status(&c->death),
                              child_death_is_oom(&c->death)};
}

void child_put_end(struct text *out, const struct child *c)
{
    child_put_death(out, &c->death);
}

void child_stop(struct child *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < CHILD_STREAM_COUNT; i++) {
        close_stream(&c->streams[i]);
        loop_remove_timer(c->context->loop, c->streams[i].rest);
    }
    loop_remove_fd(c->context->loop, c->pid_watch);
    loop_remove_timer(c->context->loop, c->timer);
    if (c->pid_fd >= 0)
        (void)close(c->pid_fd);
    free(c);
}
