/*
 * HTTP requests on the loop, by libcurl's multi interface (CURLMOPT_SOCKETFUNCTION and
 * CURLMOPT_TIMERFUNCTION): any number at once, none of them blocks.
 *
 * Security. Certificates are verified, redirects stay within http and https and are not
 * followed to another host with credentials, an answer over `bytes_max` is cut and is an
 * error, headers are read from a file so that no secret stands on a command line.
 */
#ifndef REPLAY_FETCH_H
#define REPLAY_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/base/err.h"
#include "model/base/slice.h"
#include "replay/loop.h"

struct fetcher;
struct fetch;

/* How a server is spoken to. Strings are borrowed and outlive the fetcher. */
struct fetch_options {
    const char *header_file; /* one "Name: value" a line; NULL = none */
    const char *ca_file, *cert_file, *key_file; /* PEM; NULL = curl's own */
    const char *unix_socket;                    /* NULL = TCP */
    int64_t connect_timeout_ns;
    size_t bytes_max; /* of an answer's body, unpacked */
    /* No headers of the user's and no proxy: for who was not named by the user. */
    bool is_anonymous;
};

struct fetch_answer {
    bool is_ok;          /* a body with status 200 */
    long status;         /* 0: no answer at all */
    struct slice body;   /* borrowed for the call */
    struct slice type;   /* Content-Type; may be empty */
    bool is_local;       /* the server is on this machine: */
    unsigned port;       /* … it, or a proxy, answered from this port; 0: no TCP */
    const char *trouble; /* where it is not ok: why, without secrets; never NULL then */
};
typedef void fetch_done(void *user, const struct fetch_answer *answer);

/* NULL with the reason where the header file cannot be read or this build has no curl. */
struct fetcher *fetcher_create(struct loop *loop, int64_t (*now_ns)(void *user),
                               void *user, const struct fetch_options *options,
                               struct err *err);
void fetcher_destroy(struct fetcher *f); /* ends what runs without calling back */

/* `done` is called once, from the loop, never from within this call. */
struct fetch *fetch_get(struct fetcher *f, const char *url, int64_t timeout_ns,
                        fetch_done *done, void *user);
void fetch_cancel(struct fetch *get);

#endif
