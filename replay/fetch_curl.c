#include "replay/fetch_curl.h"

#include <string.h>
#include <strings.h>

#include "model/units.h"

#ifndef HEAPREEL_VERSION
#define HEAPREEL_VERSION "unknown"
#endif

static long ms_of(int64_t ns)
{
    const int64_t longest_ms = 24 * 3600 * 1000;
    const int64_t ms = ns / NS_PER_MS + (ns % NS_PER_MS != 0);

    /* curl takes 0 for "for ever". */
    return ms < 1 ? 1 : (long)(ms < longest_ms ? ms : longest_ms);
}

static bool set_text(CURL *easy, CURLoption option, const char *value)
{
    return !value || curl_easy_setopt(easy, option, value) == CURLE_OK;
}

static bool set_long(CURL *easy, CURLoption option, long value)
{
    return curl_easy_setopt(easy, option, value) == CURLE_OK;
}

bool fetch_curl_set_up(CURL *easy, const struct fetch_options *options,
                       const struct curl_slist *headers, int64_t timeout_ns)
{
    bool ok = true;

    ok &= set_text(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    ok &= set_text(easy, CURLOPT_USERAGENT, "heapreel/" HEAPREEL_VERSION);
    ok &= set_text(easy, CURLOPT_ACCEPT_ENCODING, "");
    ok &= set_text(easy, CURLOPT_UNIX_SOCKET_PATH, options->unix_socket);
    ok &= set_text(easy, CURLOPT_NOPROXY, options->is_anonymous ? "*" : NULL);
    ok &= set_text(easy, CURLOPT_CAINFO, options->ca_file);
    ok &= set_text(easy, CURLOPT_SSLCERT, options->cert_file);
    ok &= set_text(easy, CURLOPT_SSLKEY, options->key_file);
    ok &= set_long(easy, CURLOPT_NOSIGNAL, 1);
    ok &= set_long(easy, CURLOPT_TCP_KEEPALIVE, 1);
    /* Else ending a request waits for its name look-up, which may take the better part of
     * a minute. */
    ok &= set_long(easy, CURLOPT_QUICK_EXIT, 1);
    ok &= set_long(easy, CURLOPT_UNRESTRICTED_AUTH, 0);
    /* curl would send every header but Authorization and Cookie to the host that a
     * redirect names; so redirects are followed by hand (fetch.c). */
    ok &= set_long(easy, CURLOPT_FOLLOWLOCATION, 0);
    ok &= set_long(easy, CURLOPT_TIMEOUT_MS, ms_of(timeout_ns));
    /* A proxy of the environment knows nothing of this machine's sockets. */
    ok &= set_text(easy, CURLOPT_PROXY, options->unix_socket ? "" : NULL);
    if (options->connect_timeout_ns > 0)
        ok &=
            set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, ms_of(options->connect_timeout_ns));
    if (headers)
        ok &= curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers) == CURLE_OK;
    return ok;
}

static bool take_login(CURL *easy, CURLU *parts, bool *has_user)
{
    char *user = NULL, *password = NULL;
    bool ok = true;

    (void)curl_url_get(parts, CURLUPART_USER, &user, CURLU_URLDECODE);
    (void)curl_url_get(parts, CURLUPART_PASSWORD, &password, CURLU_URLDECODE);
    if (has_user)
        *has_user = user || password;
    if (has_user && *has_user)
        ok = set_text(easy, CURLOPT_USERNAME, user) &&
             set_text(easy, CURLOPT_PASSWORD, password);
    curl_free(user);
    curl_free(password);
    (void)curl_url_set(parts, CURLUPART_USER, NULL, 0);
    (void)curl_url_set(parts, CURLUPART_PASSWORD, NULL, 0);
    return ok;
}

bool fetch_curl_set_url(CURL *easy, const char *url, bool *has_user)
{
    CURLU *parts = curl_url();
    char *bare = NULL;
    bool ok;

    ok = parts && curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
         take_login(easy, parts, has_user) &&
         curl_url_get(parts, CURLUPART_URL, &bare, 0) == CURLUE_OK &&
         curl_easy_setopt(easy, CURLOPT_URL, bare) == CURLE_OK;
    curl_free(bare);
    curl_url_cleanup(parts);
    return ok;
}

static bool is_part_equal(CURLU *a, CURLU *b, CURLUPart part)
{
    char *x = NULL, *y = NULL;
    const bool ok = curl_url_get(a, part, &x, CURLU_DEFAULT_PORT) == CURLUE_OK &&
                    curl_url_get(b, part, &y, CURLU_DEFAULT_PORT) == CURLUE_OK &&
                    !strcasecmp(x, y);

    curl_free(x);
    curl_free(y);
    return ok;
}

enum fetch_redirect fetch_curl_redirect(const char *from, const char *to)
{
    CURLU *a = curl_url(), *b = curl_url();
    enum fetch_redirect answer = REDIRECT_REFUSED;

    if (!strncasecmp(to, "http://", 7) || !strncasecmp(to, "https://", 8)) {
        answer = REDIRECT_OTHER_ORIGIN;
        if (a && b && curl_url_set(a, CURLUPART_URL, from, 0) == CURLUE_OK &&
            curl_url_set(b, CURLUPART_URL, to, 0) == CURLUE_OK &&
            is_part_equal(a, b, CURLUPART_SCHEME) &&
            is_part_equal(a, b, CURLUPART_HOST) && is_part_equal(a, b, CURLUPART_PORT))
            answer = REDIRECT_SAME_ORIGIN;
    }
    curl_url_cleanup(a);
    curl_url_cleanup(b);
    return answer;
}

void fetch_curl_put_span(struct text *t, int64_t ns)
{
    if (ns % NS_PER_S == 0)
        text_printf(t, "%lld s", (long long)(ns / NS_PER_S));
    else
        text_printf(t, "%ld ms", ms_of(ns));
}

void fetch_curl_words(struct text *t, CURL *easy, CURLcode code, const char *message)
{
    long reason = 0;

    (void)curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &reason);
    switch (code) {
    case CURLE_COULDNT_CONNECT:
        text_put_str(t, reason ? strerror((int)reason) : "cannot connect");
        break;
    case CURLE_GOT_NOTHING:
        text_put_str(t, "the server closed without an answer");
        break;
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
        text_put_str(t, "the server closed in the middle of its answer");
        break;
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
        text_put_str(t, "what answers does not speak HTTP");
        break;
    case CURLE_URL_MALFORMAT:
        text_put_str(t, "not a URL");
        break;
    default:
        text_put_safe(t, slice_str(message[0] ? message : curl_easy_strerror(code)));
        break;
    }
}

/* What connects to an address of its own machine does so from that address. */
bool fetch_curl_is_local(CURL *easy, unsigned *port)
{
    char *here = NULL, *there = NULL;
    long number = 0;

    (void)curl_easy_getinfo(easy, CURLINFO_LOCAL_IP, &here);
    (void)curl_easy_getinfo(easy, CURLINFO_PRIMARY_IP, &there);
    (void)curl_easy_getinfo(easy, CURLINFO_PRIMARY_PORT, &number);
    *port = number > 0 && number <= UINT16_MAX ? (unsigned)number : 0;
    return here && there && *port > 0 &&
           (strcmp(here, there) == 0 || strncmp(there, "127.", 4) == 0);
}
