/*
 * What http.c, http_owner.c and http_delay.c share: a polled service. One job each: what
 * is asked for when, whose answers they are, and what is said while figures are late.
 */
#ifndef REPLAY_HTTP_INTERNAL_H
#define REPLAY_HTTP_INTERNAL_H

#include "model/base/text.h"
#include "replay/http.h"
#include "replay/http_plan.h"

enum http_place {
    PLACE_VARS,
    PLACE_METRICS,
    PLACE_HEAP, /* stands for /debug/pprof/ while nothing is known */
    PLACE_ALLOCS,
    PLACE_GOROUTINES,
    PLACE_TRACE,
    PLACE_GIVEN,
    PLACES
};

enum http_known { KNOWN_NOT, KNOWN_ABSENT, KNOWN_THERE };

struct endpoint {
    enum http_known known;
    bool is_polled, is_in_trouble;
    bool has_given;  /* an answer */
    bool is_late;    /* and that was told */
    uint32_t source; /* 0: not told of yet */
    struct http_pace pace;
};

struct http {
    struct live_context context;
    struct http_options options;
    struct http_address address;
    struct fetcher *fetcher;
    struct fetch *get;        /* while something is asked for */
    struct loop_timer *timer; /* of the next request, or of what its delay makes late */
    struct endpoint ends[PLACES];
    struct endpoint bare; /* the service itself, while nothing is found */
    struct http_pace discovery;
    bool is_discovering, has_pprof;
    int64_t pid;        /* whose answers these are; -1 = unknown */
    int64_t owner_ns;   /* not asked for before */
    char *pprof_prefix; /* of the path, in front of "/debug/…" */
    unsigned captures;  /* asked for, not begun */
    unsigned trace_seconds;
    unsigned asked_seconds; /* of the trace that is being taken */
    enum http_place asked;  /* while something is asked for … */
    int64_t asked_ns;       /* … and since when */
    bool is_asking, is_probe, is_capture;
};

/* is_shown: as a name, without what may be secret. */
void http_put_url(const struct http *h, struct text *t, bool is_shown,
                  enum http_place place);

/* Its number; it is told of where that is new. */
uint32_t http_source_of(struct http *h, enum http_place place);

/* Whose answer is this? Its sources tell of that process from here on. */
void http_find_owner(struct http *h, const struct fetch_answer *answer);

/* While something is asked for: when the next figures are late; INT64_MAX: none. */
int64_t http_delay_next(const struct http *h);

/* TROUBLE for all figures that wait too long for what is asked for. */
void http_delay_tell(struct http *h);

/* An answer of a polled place came, before its pace knows: was there a hole before it
 * that nobody has told of, since nobody looked? */
void http_delay_answered(struct http *h, enum http_place place);

#endif
