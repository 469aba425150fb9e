/* What live.c and live_process.c share. */
#ifndef REPLAY_LIVE_INTERNAL_H
#define REPLAY_LIVE_INTERNAL_H

#include "replay/live.h"
#include "replay/live_source.h"

/* What was started, to be stopped. */
struct started {
    struct tail *tail;
    struct folder *folder;
    struct http *http;
    struct procwatch *process;
    struct child *child;
    struct journal *journal;
    /* Of a child that is no Go program, as far as we have seen: its sources' numbers. */
    uint32_t shared_from, shared_to;
    bool has_cycle; /* of a log: a collection was logged since the last beat … */
    int64_t writer; /* … and the process that writes it, as was told; 0: none */
    bool lasts;     /* waits for what comes: a server, a process of some name */
};

/* Of a source. */
#define LIVE_IS_TROUBLED 1u
#define LIVE_HAS_GIVEN 2u

struct live {
    struct intake *intake;
    struct live_options options;
    struct loop *loop;
    struct loop_timer *beat;
    struct live_context context;
    struct started *started;
    size_t started_count, started_capacity;
    char **names;          /* of the sources, by number - 1; NULL: it has ended */
    unsigned char *states; /* … LIVE_… in the same order */
    uint32_t source_count;
    size_t name_capacity, state_capacity;
    unsigned source_flags; /* of what is added now */
    bool has_new;          /* something came since the last beat */
    bool has_given;
    bool has_history; /* … that was there before anybody looked, since the last beat */
    struct recording *recording;
    struct offers *offers; /* NULL: no process is watched */
};

struct started *live_add_started(struct live *l);

/* Processes that are looked at (live_process.c). */
void live_add_process(struct live *l, struct procwatch *process, bool lasts);

/* Which of them listens there, for http_options.owner. */
int64_t live_owner(void *user, int64_t known, unsigned port, const char *unix_socket);

/* A log that grew: what came is as yet nobody's. */
void live_note_growth(struct live *l, const struct entry *e);

/* Whose it is: a child that was a script may have become the service, and a log may be a
 * watched process's standard error. */
void live_judge(struct live *l, struct started *s);

#endif
