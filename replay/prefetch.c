#include "replay/prefetch.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "model/base/mem.h"
#include "model/units.h"

/* Enough for the two sides to run apart for a moment, little enough to stay in the
 * cache that both share. */
#define SLOTS 4

struct slot {
    enum input_result result;
    size_t len;
    struct err err;
    char *bytes;
};

struct prefetch {
    struct input *in;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct slot slots[SLOTS];
    unsigned filled, taken; /* counts; their difference is what is ready */
    bool holds;             /* the reader still looks at the oldest slot */
    bool is_stopping;
};

static bool wait_for_room(struct prefetch *p)
{
    bool stop;

    pthread_mutex_lock(&p->lock);
    while (p->filled - p->taken == SLOTS && !p->is_stopping)
        pthread_cond_wait(&p->changed, &p->lock);
    stop = p->is_stopping;
    pthread_mutex_unlock(&p->lock);
    return !stop;
}

static void publish(struct prefetch *p)
{
    pthread_mutex_lock(&p->lock);
    p->filled++;
    pthread_cond_signal(&p->changed);
    pthread_mutex_unlock(&p->lock);
}

/* Whole pieces are worth the hand-over; decoders often return less at a time. */
static void fill(struct input *in, struct slot *s)
{
    s->len = 0;
    do {
        size_t got = 0;

        s->result =
            input_read(in, s->bytes + s->len, DECODE_PIECE_BYTES - s->len, &got, &s->err);
        s->len += got;
    } while (s->result == INPUT_BYTES && s->len < DECODE_PIECE_BYTES);
}

static void *run(void *user)
{
    struct prefetch *p = user;

    while (wait_for_room(p)) {
        struct slot *s = &p->slots[p->filled % SLOTS];

        fill(p->in, s);
        publish(p);
        if (s->result != INPUT_BYTES)
            break;
    }
    return NULL;
}

static bool start_thread(struct prefetch *p)
{
    sigset_t all, old;
    bool ok;

    /* Signals are the main thread's business. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    ok = pthread_create(&p->thread, NULL, run, p) == 0;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return ok;
}

static void destroy(struct prefetch *p)
{
    for (unsigned i = 0; i < SLOTS; i++)
        free(p->slots[i].bytes);
    pthread_cond_destroy(&p->changed);
    pthread_mutex_destroy(&p->lock);
    free(p);
}

struct prefetch *prefetch_start(struct input *in)
{
    struct prefetch *p = mem_alloc(sizeof *p);
    pthread_condattr_t attr;

    p->in = in;
    pthread_mutex_init(&p->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&p->changed, &attr);
    pthread_condattr_destroy(&attr);
    for (unsigned i = 0; i < SLOTS; i++)
        p->slots[i].bytes = mem_alloc(DECODE_PIECE_BYTES);
    if (start_thread(p))
        return p;
    destroy(p);
    return NULL;
}

void prefetch_stop(struct prefetch *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    p->is_stopping = true;
    pthread_cond_signal(&p->changed);
    pthread_mutex_unlock(&p->lock);
    pthread_join(p->thread, NULL);
    destroy(p);
}

static struct timespec deadline_after(int64_t wait_ns)
{
    const int64_t longest = 3600 * NS_PER_S; /* time_t must not overflow */
    struct timespec t;
    int64_t ns;

    if (wait_ns > longest)
        wait_ns = longest;
    clock_gettime(CLOCK_MONOTONIC, &t);
    ns = t.tv_nsec + wait_ns;
    t.tv_sec += (time_t)(ns / NS_PER_S);
    t.tv_nsec = (long)(ns % NS_PER_S);
    return t;
}

enum input_result prefetch_next(struct prefetch *p, int64_t wait_ns, struct slice *piece,
                                struct err *err)
{
    struct timespec deadline = deadline_after(wait_ns);
    struct slot *s = NULL;
    int timed_out = 0;

    pthread_mutex_lock(&p->lock);
    if (p->holds) {
        p->holds = false;
        p->taken++;
        pthread_cond_signal(&p->changed);
    }
    while (p->filled == p->taken && !timed_out)
        timed_out = pthread_cond_timedwait(&p->changed, &p->lock, &deadline);
    if (p->filled != p->taken) {
        s = &p->slots[p->taken % SLOTS];
        p->holds = s->result == INPUT_BYTES || s->len;
    }
    pthread_mutex_unlock(&p->lock);
    if (!s)
        return INPUT_WAIT;
    *piece = (struct slice){s->bytes, s->len};
    if (s->len) { /* the bytes first; what stopped them at the next call */
        if (s->result != INPUT_BYTES) {
            s->len = 0;
            p->holds = false;
        }
        return INPUT_BYTES;
    }
    *err = s->err;
    return s->result;
}
