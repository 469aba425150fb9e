#include "replay/loop.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "model/base/mem.h"
#include "model/units.h"

struct loop_fd {
    int fd;
    short events;
    loop_ready *ready; /* NULL: removed while it may still be looked at */
    void *user;
};

struct loop_timer {
    loop_due *due; /* NULL: removed */
    void *user;
    int64_t at_ns; /* INT64_MAX: not armed */
};

struct loop {
    struct loop_fd **fds;
    size_t fd_count, fd_capacity;
    struct loop_timer **timers;
    size_t timer_count, timer_capacity;
    struct pollfd *polled;
    size_t polled_capacity;
};

struct loop *loop_create(void)
{
    return mem_alloc(sizeof(struct loop));
}

void loop_destroy(struct loop *l)
{
    if (!l)
        return;
    for (size_t i = 0; i < l->fd_count; i++)
        free(l->fds[i]);
    for (size_t i = 0; i < l->timer_count; i++)
        free(l->timers[i]);
    free(l->fds);
    free(l->timers);
    free(l->polled);
    free(l);
}

struct loop_fd *loop_add_fd(struct loop *l, int fd, short events, loop_ready *ready,
                            void *user)
{
    struct loop_fd *w = mem_alloc(sizeof *w);

    *w = (struct loop_fd){fd, events, ready, user};
    l->fds = mem_grow(l->fds, &l->fd_capacity, l->fd_count + 1, sizeof *l->fds);
    l->fds[l->fd_count++] = w;
    return w;
}

void loop_set_events(struct loop_fd *w, short events)
{
    w->events = events;
}

/* Freed by the next sweep: a callback may remove what the loop stands at. */
void loop_remove_fd(struct loop *l, struct loop_fd *w)
{
    (void)l;
    if (w)
        w->ready = NULL;
}

struct loop_timer *loop_add_timer(struct loop *l, loop_due *due, void *user)
{
    struct loop_timer *t = mem_alloc(sizeof *t);

    *t = (struct loop_timer){due, user, INT64_MAX};
    l->timers =
        mem_grow(l->timers, &l->timer_capacity, l->timer_count + 1, sizeof *l->timers);
    l->timers[l->timer_count++] = t;
    return t;
}

void loop_arm(struct loop_timer *t, int64_t at_ns)
{
    t->at_ns = at_ns;
}

void loop_disarm(struct loop_timer *t)
{
    t->at_ns = INT64_MAX;
}

void loop_remove_timer(struct loop *l, struct loop_timer *t)
{
    (void)l;
    if (!t)
        return;
    t->due = NULL;
    t->at_ns = INT64_MAX;
}

static void sweep(struct loop *l)
{
    size_t kept = 0;

    for (size_t i = 0; i < l->fd_count; i++) {
        if (l->fds[i]->ready)
            l->fds[kept++] = l->fds[i];
        else
            free(l->fds[i]);
    }
    l->fd_count = kept;
    kept = 0;
    for (size_t i = 0; i < l->timer_count; i++) {
        if (l->timers[i]->due)
            l->timers[kept++] = l->timers[i];
        else
            free(l->timers[i]);
    }
    l->timer_count = kept;
}

static struct loop_timer *earliest(const struct loop *l)
{
    struct loop_timer *first = NULL;

    for (size_t i = 0; i < l->timer_count; i++) {
        if (l->timers[i]->at_ns != INT64_MAX &&
            (!first || l->timers[i]->at_ns < first->at_ns))
            first = l->timers[i];
    }
    return first;
}

int64_t loop_next_ns(const struct loop *l)
{
    const struct loop_timer *t = earliest(l);

    return t ? t->at_ns : INT64_MAX;
}

void loop_run_timers(struct loop *l, int64_t now_ns)
{
    /* So many that were armed when it began: one that arms itself for the past again is
     * called again next time. */
    for (size_t left = l->timer_count; left > 0; left--) {
        struct loop_timer *t = earliest(l);

        if (!t || t->at_ns > now_ns)
            break;
        t->at_ns = INT64_MAX;
        t->due(t->user, now_ns);
    }
    sweep(l);
}

static int timeout_ms(int64_t timeout_ns)
{
    const int64_t longest_ms = 3600 * 1000;
    int64_t ms;

    if (timeout_ns < 0)
        return -1;
    ms = timeout_ns / NS_PER_MS + (timeout_ns % NS_PER_MS != 0);
    return (int)(ms < longest_ms ? ms : longest_ms);
}

bool loop_poll(struct loop *l, int64_t timeout_ns)
{
    size_t count;
    int ready;

    sweep(l);
    count = l->fd_count;
    l->polled = mem_grow(l->polled, &l->polled_capacity, count + 1, sizeof *l->polled);
    for (size_t i = 0; i < count; i++)
        l->polled[i] = (struct pollfd){.fd = l->fds[i]->fd, .events = l->fds[i]->events};
    ready = poll(l->polled, count, timeout_ms(timeout_ns));
    if (ready < 0)
        return errno == EINTR;
    for (size_t i = 0; i < count; i++) {
        if (l->polled[i].revents && l->fds[i]->ready)
            l->fds[i]->ready(l->fds[i]->user, l->polled[i].revents);
    }
    sweep(l);
    return true;
}
