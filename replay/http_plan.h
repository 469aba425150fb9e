/*
 * What polling over HTTP decides without a network: which address is meant, what is asked
 * for when, and whether an answer is what was looked for. The clock is a parameter.
 */
#ifndef REPLAY_HTTP_PLAN_H
#define REPLAY_HTTP_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "model/base/compiler.h"
#include "model/base/err.h"
#include "model/base/slice.h"

/*
 * An address in its parts. `origin` is what requests begin with ("http://u:p@host:80"),
 * `shown` the same as people and reels may see it ("http://host:80", "unix:/run/x:"),
 * `path` the rest, "/" at least, without a fragment; `shown_path` is it with the values
 * of its query, which may be secrets, left out ("/metrics?token=***"). Numbers of up to
 * three digits stay: "?debug=1" is no secret, and tells two sources apart.
 */
struct http_address {
    char *origin, *shown, *path, *shown_path;
    char *unix_socket; /* NULL = TCP */
};

/* http://…, https://…, host:port… or unix:SOCKET[:/path]. Nothing to free where it fails.
 */
MUST_USE bool http_address_parse(struct http_address *a, const char *url,
                                 struct err *err);
void http_address_finish(struct http_address *a);

/* Where its server listens; 0: on a unix socket, or on no number. */
unsigned http_address_port(const struct http_address *a);

/* "localhost", "127.…" or "[::1]"? */
bool http_address_is_loopback(const struct http_address *a);

/* No endpoint is given: find out. */
bool http_address_is_bare(const struct http_address *a);

/* When something is asked for. Zero-initialise, then http_pace_start. */
struct http_pace {
    int64_t period_ns;
    int64_t start_ns; /* polls keep to multiples of the period from here */
    int64_t next_ns;
    unsigned failures; /* in a row */
};

#define HTTP_BACKOFF_NS_MAX (30 * INT64_C(1000000000))

void http_pace_start(struct http_pace *p, int64_t period_ns, int64_t now_ns);
/* Answered: the next multiple that is not past. */
void http_pace_answered(struct http_pace *p, int64_t now_ns);
/* Failed: 1, 2, 4 … periods from now, at most the larger of 30 s and one period, and up
 * to a quarter more, so that many watchers do not come back all at once. */
void http_pace_failed(struct http_pace *p, int64_t now_ns, uint64_t *dice);

/* Does it look like expvar's JSON with memstats? Like Prometheus text of a Go program? */
bool http_looks_like_vars(struct slice body);
bool http_looks_like_metrics(struct slice body);

#endif
