/*
 * What of HTTP needs libcurl but no loop: one request's settings, where a redirect may
 * lead, and failures in words. Only for the files replay/fetch*.c.
 */
#ifndef REPLAY_FETCH_CURL_H
#define REPLAY_FETCH_CURL_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/base/compiler.h"
#include "model/base/text.h"
#include "replay/fetch.h"

/* Everything that does not depend on the URL. */
MUST_USE bool fetch_curl_set_up(CURL *easy, const struct fetch_options *options,
                                const struct curl_slist *headers, int64_t timeout_ns);

/* The URL without user and password, which are set apart: so no message and no redirect
 * can carry them. False where it is none. *has_user: it had them; NULL drops them unused.
 */
MUST_USE bool fetch_curl_set_url(CURL *easy, const char *url, bool *has_user);

enum fetch_redirect { REDIRECT_SAME_ORIGIN, REDIRECT_OTHER_ORIGIN, REDIRECT_REFUSED };
enum fetch_redirect fetch_curl_redirect(const char *from, const char *to);

/* Why a transfer failed; `message` is curl's own, may be empty. */
void fetch_curl_words(struct text *t, CURL *easy, CURLcode code, const char *message);

/* Who answered: is it on this machine, and on which port (0: not TCP)? */
bool fetch_curl_is_local(CURL *easy, unsigned *port);

/* "5 s", "300 ms" */
void fetch_curl_put_span(struct text *t, int64_t ns);

#endif
