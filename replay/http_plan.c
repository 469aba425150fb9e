#include "replay/http_plan.h"

#include <stdlib.h>
#include <string.h>

#include "model/base/mem.h"
#include "model/base/num.h"
#include "model/base/text.h"

/* Longer ones are cut by servers and proxies. */
#define URL_BYTES_MAX 8192

/* 2^20 periods are beyond any back-off; more would overflow. */
#define DOUBLINGS_MAX 20

static size_t find_any(struct slice s, const char *chars)
{
    size_t at = 0;

    while (at < s.len && !strchr(chars, s.ptr[at]))
        at++;
    return at;
}

static char *joined(struct slice a, struct slice b)
{
    char *both = mem_alloc(a.len + b.len + 1);

    memcpy(both, a.ptr, a.len);
    memcpy(both + a.len, b.ptr, b.len);
    return both;
}

/* From its '/' (or '?') on; a fragment is never sent. */
static char *path_of(struct slice rest)
{
    rest = slice_first(rest, find_any(rest, "#"));
    if (rest.len > 0 && rest.ptr[0] == '/')
        return mem_dup_slice(rest);
    return joined(SLICE("/"), rest);
}

static bool is_short_number(struct slice value)
{
    uint64_t number;

    return value.len <= 3 && num_parse_u64(value, &number);
}

static char *without_values(struct slice rest)
{
    struct text shown = {0};
    size_t at = find_any(rest, "?");

    text_put(&shown, slice_first(rest, at));
    for (rest = slice_after(rest, at); rest.len > 0;) {
        struct slice part, value;

        text_put_char(&shown, rest.ptr[0]); /* '?', '&' or ';' */
        rest = slice_after(rest, 1);
        part = slice_first(rest, find_any(rest, "&;"));
        rest = slice_after(rest, part.len);
        at = find_any(part, "=");
        value = slice_after(part, at < part.len ? at + 1 : at);
        if (value.len > 0 && !is_short_number(value)) {
            text_put(&shown, slice_first(part, at + 1));
            part = SLICE("***");
        }
        text_put(&shown, part);
    }
    return shown.ptr;
}

/* "h", "h:80", "[::1]:80": what no request could be sent to is known at once. */
static bool is_host(struct slice host, struct err *err)
{
    const bool is_bracketed = host.ptr[0] == '[';
    size_t end = find_any(host, is_bracketed ? "]" : ":");
    struct slice port;
    uint64_t number;

    if (is_bracketed && end == host.len) {
        err_set(err, 0, 0, "expected a ']' in the address");
        return false;
    }
    port = slice_after(host, is_bracketed ? end + 1 : end);
    if (port.len == 0 || slice_eq(port, SLICE(":")))
        return true;
    if (port.ptr[0] == ':' && num_parse_u64(slice_after(port, 1), &number) &&
        number <= UINT16_MAX)
        return true;
    err_set(err, 0, 0, "expected the number of a port in the address");
    return false;
}

static bool parse_tcp(struct http_address *a, struct slice url, struct err *err)
{
    struct slice scheme = SLICE("http://"), host;
    size_t host_bytes, at;

    if (slice_starts(url, SLICE("https://")))
        scheme = SLICE("https://");
    if (slice_starts(url, scheme))
        url = slice_after(url, scheme.len);
    host_bytes = find_any(url, "/?#");
    host = slice_first(url, host_bytes);
    for (at = host.len; at > 0 && host.ptr[at - 1] != '@';)
        at--;
    if (host.len == at || memchr(host.ptr, ' ', host.len)) {
        err_set(err, 0, 0, "expected a host in the address");
        return false;
    }
    if (!is_host(slice_after(host, at), err))
        return false;
    a->origin = joined(scheme, host);
    a->shown = joined(scheme, slice_after(host, at));
    a->path = path_of(slice_after(url, host_bytes));
    a->shown_path = without_values(slice_of(a->path, strlen(a->path)));
    return true;
}

static bool parse_unix(struct http_address *a, struct slice rest, struct err *err)
{
    size_t at = rest.len;

    for (size_t i = 0; i + 1 < rest.len && at == rest.len; i++) {
        if (rest.ptr[i] == ':' && rest.ptr[i + 1] == '/')
            at = i;
    }
    if (at == 0 || rest.len == 0) {
        err_set(err, 0, 0, "expected a socket behind \"unix:\"");
        return false;
    }
    a->unix_socket = mem_dup_slice(slice_first(rest, at));
    a->origin = mem_dup_text("http://localhost");
    a->shown = joined(SLICE("unix:"), slice_first(rest, at < rest.len ? at + 1 : at));
    a->path = path_of(slice_after(rest, at < rest.len ? at + 1 : at));
    a->shown_path = without_values(slice_of(a->path, strlen(a->path)));
    return true;
}

bool http_address_parse(struct http_address *a, const char *url, struct err *err)
{
    const struct slice s = slice_of(url, strlen(url));
    size_t scheme_end = 0;

    *a = (struct http_address){0};
    for (size_t i = 0; i < s.len; i++) {
        if ((unsigned char)s.ptr[i] < ' ' || s.ptr[i] == 0x7f || s.len > URL_BYTES_MAX) {
            err_set(err, 0, 0, "%s",
                    s.len > URL_BYTES_MAX ? "address too long"
                                          : "control character in the address");
            return false;
        }
    }
    if (slice_starts(s, SLICE("unix:")))
        return parse_unix(a, slice_after(s, 5), err);
    scheme_end = find_any(s, ":/");
    if (slice_starts(slice_after(s, scheme_end), SLICE("://")) &&
        !slice_starts(s, SLICE("http://")) && !slice_starts(s, SLICE("https://"))) {
        err_set(err, 0, 0, "expected http:// or https://");
        return false;
    }
    return parse_tcp(a, s, err);
}

void http_address_finish(struct http_address *a)
{
    free(a->origin);
    free(a->shown);
    free(a->path);
    free(a->shown_path);
    free(a->unix_socket);
    *a = (struct http_address){0};
}

unsigned http_address_port(const struct http_address *a)
{
    const struct slice shown = slice_str(a->shown);
    size_t at = shown.len;
    uint64_t port;

    if (a->unix_socket)
        return 0;
    while (at > 0 && shown.ptr[at - 1] >= '0' && shown.ptr[at - 1] <= '9')
        at--;
    if (at == shown.len || at == 0 || shown.ptr[at - 1] != ':')
        return slice_starts(shown, SLICE("https:")) ? 443 : 80;
    return num_parse_u64(slice_after(shown, at), &port) && port <= UINT16_MAX
               ? (unsigned)port
               : 0;
}

bool http_address_is_loopback(const struct http_address *a)
{
    static const struct slice hosts[] = {SLICE_INIT("localhost"), SLICE_INIT("127."),
                                         SLICE_INIT("[::1]")};
    const struct slice shown = slice_of(a->shown, strlen(a->shown));
    const struct slice host = slice_after(shown, find_any(shown, ":") + 3);

    for (size_t i = 0; !a->unix_socket && i < COUNT_OF(hosts); i++) {
        if (slice_starts(host, hosts[i]))
            return true;
    }
    return false;
}

bool http_address_is_bare(const struct http_address *a)
{
    return !strcmp(a->path, "/");
}

void http_pace_start(struct http_pace *p, int64_t period_ns, int64_t now_ns)
{
    *p = (struct http_pace){.period_ns = period_ns > 0 ? period_ns : 1,
                            .start_ns = now_ns,
                            .next_ns = now_ns};
}

void http_pace_answered(struct http_pace *p, int64_t now_ns)
{
    const int64_t since = now_ns - p->start_ns;
    const int64_t due = p->start_ns + since / p->period_ns * p->period_ns;

    p->failures = 0;
    p->next_ns = num_sat_add_i64(due, p->period_ns);
}

/* splitmix64: chance enough for spreading. */
static uint64_t next_random(uint64_t *dice)
{
    uint64_t z = *dice += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

void http_pace_failed(struct http_pace *p, int64_t now_ns, uint64_t *dice)
{
    const int64_t most =
        p->period_ns > HTTP_BACKOFF_NS_MAX ? p->period_ns : HTTP_BACKOFF_NS_MAX;
    int64_t wait = p->period_ns;

    for (unsigned i = 0; i < p->failures && wait < most; i++)
        wait = wait > most / 2 ? most : wait * 2;
    if (p->failures < DOUBLINGS_MAX)
        p->failures++;
    wait += (int64_t)(next_random(dice) % (uint64_t)(wait / 4 + 1));
    p->next_ns = num_sat_add_i64(now_ns, wait);
}

static struct slice after_blanks(struct slice s)
{
    while (s.len > 0 && strchr(" \t\r\n", s.ptr[0]))
        s = slice_after(s, 1);
    return s;
}

bool http_looks_like_vars(struct slice body)
{
    const struct slice key = SLICE("\"memstats\"");

    body = after_blanks(body);
    if (body.len == 0 || body.ptr[0] != '{')
        return false;
    while (body.len >= key.len) {
        const char *at = memchr(body.ptr, '"', body.len);

        if (!at)
            return false;
        body = slice_after(body, (size_t)(at - body.ptr));
        if (slice_starts(body, key))
            return true;
        body = slice_after(body, 1);
    }
    return false;
}

bool http_looks_like_metrics(struct slice body)
{
    while (body.len > 0) {
        const char *end = memchr(body.ptr, '\n', body.len);

        if (slice_starts(body, SLICE("go_")) || slice_starts(body, SLICE("# TYPE ")))
            return true;
        if (!end)
            return false;
        body = slice_after(body, (size_t)(end - body.ptr) + 1);
    }
    return false;
}
