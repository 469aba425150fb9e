/*
 * A web server that misbehaves on demand, on the loop of the test itself: no thread, no
 * process, no waiting. It listens on 127.0.0.1 or on a Unix socket.
 */
#ifndef TESTS_UNIT_WEB_H
#define TESTS_UNIT_WEB_H

#include <stddef.h>

#include "replay/loop.h"

enum web_habit {
    WEB_ANSWERS,   /* 200 with the text */
    WEB_FAILS,     /* the text is the status: "500 Internal Server Error" */
    WEB_REDIRECTS, /* to the text */
    WEB_HANGS,
    WEB_ENDLESS, /* 200 and a body that never ends */
    WEB_HALF,    /* a body shorter than announced, then the end */
    WEB_GARBAGE, /* the text as it is, then the end */
};

struct web;

/* port 0: any. socket: a path, or NULL for TCP. Aborts the test where it cannot listen.
 */
struct web *web_create(struct loop *loop, int port, const char *socket);
void web_destroy(struct web *w);
int web_port(const struct web *w);

/* What a path gets from now on; other paths get 404. The text is borrowed. */
void web_set(struct web *w, const char *path, enum web_habit habit, const char *text);

/* Everything that was asked so far, requests as they came. */
const char *web_asked(const struct web *w);
size_t web_request_count(const struct web *w);

#endif
