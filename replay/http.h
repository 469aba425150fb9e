/*
 * A service that is polled over HTTP. Given its address, it finds out what is there:
 * /debug/vars, /metrics, /debug/pprof/{heap,allocs,goroutine}; given one of these, it
 * polls that. Each becomes a source of documents named by its URL (without user and
 * password).
 *
 * Pace. One request at a time a server. Figures every period_ns; profiles every
 * profile_ns. Polls keep to multiples of the period from the start, and one that would be
 * late is left out, so a slow server is asked less. After a failure: TROUBLE, and the
 * next try after 1, 2, 4 … periods, at most 30 s, up to a quarter more by chance;
 * discovery is repeated as well. A profile that is given directly is polled every
 * profile_ns, or 10 periods where that is 0.
 *
 * What is polled and gets no answer for three periods (2 s at least) is in TROUBLE before
 * the request has failed; so is what must wait for another answer, and at once for a
 * trace that takes longer than two periods.
 *
 * A service where discovery finds nothing becomes a source that is named by its address
 * alone, in TROUBLE; that source ENDs, without a word, when something is found.
 */
#ifndef REPLAY_HTTP_H
#define REPLAY_HTTP_H

#include "replay/fetch.h"
#include "replay/live_source.h"

struct http;

struct http_options {
    struct fetch_options fetch;
    int64_t period_ns;  /* 1 s */
    int64_t profile_ns; /* 0: no profiles unless asked for */
    int64_t timeout_ns; /* of one request */
    /* Who of this machine listens on the port (or the unix socket), as far as anybody
     * watches it; -1: not known. `known`: who it was when last asked. It then stands in
     * SOURCE. NULL: nobody can say. */
    int64_t (*owner)(void *user, int64_t known, unsigned port, const char *unix_socket);
    void *owner_user;
    uint64_t dice; /* what chance is drawn from, so that tests can repeat it */
};

/* url: http://…, https://… or unix:SOCKET:/path. NULL with the reason. */
struct http *http_start(const struct live_context *context, const char *url,
                        const struct http_options *options, struct err *err);
/* Is that process, which listens on that port, what it polls, as far as is known? */
bool http_is_of(const struct http *h, int64_t pid, unsigned port);

/* Not from within the context's add_source or take. */
void http_stop(struct http *h);

/* It has /debug/pprof/, as far as is known. */
bool http_has_profiles(const struct http *h);

enum http_capture {
    HTTP_HEAP = 1,
    HTTP_ALLOCS = 2,
    HTTP_GOROUTINES = 4,
    HTTP_TRACE = 8, /* of trace_seconds */
};
/* Asks for these now, one after another, ahead of the next poll. False where the service
 * has no /debug/pprof/ (as far as is known: where an address below /debug/ was given, it
 * is asked for). A failure is TROUBLE each time, since somebody waits for it. */
bool http_capture(struct http *h, unsigned captures, unsigned trace_seconds);

/* Breaks off the trace that is being taken or waits to be; false: there is none. */
bool http_cancel_trace(struct http *h);

#endif
