#include "replay/fetch.h"

#include <assert.h>
#include <curl/curl.h>
#include <poll.h>
#include <stdlib.h>

#include "model/base/mem.h"
#include "model/base/num.h"
#include "model/base/text.h"
#include "model/units.h"
#include "replay/entry.h"
#include "replay/fetch_curl.h"
#include "replay/fetch_headers.h"

/* A service that answers with more redirects goes round in circles. */
#define REDIRECTS_MAX 5

struct fetcher {
    struct loop *loop;
    int64_t (*now_ns)(void *user);
    void *user;
    struct fetch_options options;
    CURLM *multi;
    CURL *spare; /* kept from the last request for its TLS session */
    struct curl_slist *headers;
    struct loop_timer *timer; /* of the multi handle */
    struct fetch *first;      /* what runs */
};

struct fetch {
    struct fetcher *fetcher;
    struct fetch *next;
    CURL *easy;
    struct loop_timer *deadline;
    int64_t timeout_ns;
    fetch_done *done;
    void *user;
    struct text body;
    int redirects;
    bool is_url_bad, is_too_long, has_user;
    char message[CURL_ERROR_SIZE];
};

/* What to watch a socket for, in poll's words. */
static short events_of(int what)
{
    short events = 0;

    if (what & CURL_POLL_IN)
        events |= POLLIN;
    if (what & CURL_POLL_OUT)
        events |= POLLOUT;
    return events;
}

/* A watch that curl gave a socket: its number is not told to the callback of the loop. */
struct watch {
    struct fetcher *fetcher;
    struct loop_fd *fd;
    curl_socket_t socket;
};

static void settle(struct fetcher *f);

static void on_ready(void *user, short events)
{
    struct watch *w = user;
    struct fetcher *f = w->fetcher;
    int running, what = 0;

    if (events & POLLIN)
        what |= CURL_CSELECT_IN;
    if (events & POLLOUT)
        what |= CURL_CSELECT_OUT;
    if (events & (POLLERR | POLLHUP | POLLNVAL))
        what |= CURL_CSELECT_ERR;
    /* May free the watch. */
    (void)curl_multi_socket_action(f->multi, w->socket, what, &running);
    settle(f);
}

static int on_socket(CURL *easy, curl_socket_t socket, int what, void *user, void *mine)
{
    struct fetcher *f = user;
    struct watch *w = mine;

    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (w)
            loop_remove_fd(f->loop, w->fd);
        free(w);
        return 0;
    }
    if (w) {
        loop_set_events(w->fd, events_of(what));
        return 0;
    }
    w = mem_alloc(sizeof *w);
    w->fetcher = f;
    w->socket = socket;
    w->fd = loop_add_fd(f->loop, socket, events_of(what), on_ready, w);
    (void)curl_multi_assign(f->multi, socket, w);
    return 0;
}

static int on_timeout_changed(CURLM *multi, long ms, void *user)
{
    struct fetcher *f = user;

    (void)multi;
    if (ms < 0)
        loop_disarm(f->timer);
    else
        loop_arm(f->timer, num_sat_add_i64(f->now_ns(f->user), ms * NS_PER_MS));
    return 0;
}

static void on_timer(void *user, int64_t now_ns)
{
    struct fetcher *f = user;
    int running;
    long ms = -1;

    (void)now_ns;
    (void)curl_multi_socket_action(f->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    /* curl has a clock of its own: where that is behind ours it has done nothing, and
     * does not say so a second time. */
    if (curl_multi_timeout(f->multi, &ms) == CURLM_OK)
        (void)on_timeout_changed(f->multi, ms, f);
    settle(f);
}

static size_t on_bytes(char *bytes, size_t size, size_t count, void *user)
{
    struct fetch *get = user;
    const size_t len = size * count;

    if (len > get->fetcher->options.bytes_max - get->body.len) {
        get->is_too_long = true;
        return 0;
    }
    text_put(&get->body, slice_of(bytes, len));
    return len;
}

static void stop(struct fetch *get)
{
    (void)curl_multi_remove_handle(get->fetcher->multi, get->easy);
    loop_remove_timer(get->fetcher->loop, get->deadline);
}

static void forget(struct fetch *get)
{
    struct fetch **at = &get->fetcher->first;

    while (*at != get)
        at = &(*at)->next;
    *at = get->next;
}

/* Before the answer is handed out, so that the next request finds it. */
static void give_back_easy(struct fetch *get)
{
    struct fetcher *f = get->fetcher;

    if (f->spare) {
        curl_easy_cleanup(get->easy);
    } else {
        curl_easy_reset(get->easy);
        f->spare = get->easy;
    }
    get->easy = NULL;
}

static void free_get(struct fetch *get)
{
    text_finish(&get->body);
    free(get);
}

static void finish(struct fetch *get, struct text *trouble, long status)
{
    struct fetch_answer answer = {.status = status,
                                  .body = {get->body.ptr, get->body.len}};
    struct text type = {0};
    char *curls = NULL;

    stop(get);
    forget(get);
    (void)curl_easy_getinfo(get->easy, CURLINFO_CONTENT_TYPE, &curls);
    text_put_str(&type, curls ? curls : "");
    answer.is_local = fetch_curl_is_local(get->easy, &answer.port);
    give_back_easy(get);
    if (trouble->len == 0 && status != 200)
        text_printf(trouble, "answered %ld", status);
    answer.type = slice_of(type.ptr, type.len);
    answer.is_ok = trouble->len == 0;
    answer.trouble = answer.is_ok ? NULL : text_str(trouble);
    get->done(get->user, &answer);
    free_get(get);
    text_finish(&type);
    text_finish(trouble);
}

static void put_late(struct text *t, const struct fetch *get)
{
    text_put_str(t, "no answer within ");
    fetch_curl_put_span(t, get->timeout_ns);
}

static void on_deadline(void *user, int64_t now_ns)
{
    struct fetch *get = user;
    struct text trouble = {0};

    (void)now_ns;
    put_late(&trouble, get);
    finish(get, &trouble, 0);
}

/* True where the request goes on at another address; else *trouble says why not. */
static bool redirect(struct fetch *get, struct text *trouble)
{
    struct fetcher *f = get->fetcher;
    char *from = NULL, *to = NULL;
    enum fetch_redirect where;

    (void)curl_easy_getinfo(get->easy, CURLINFO_EFFECTIVE_URL, &from);
    (void)curl_easy_getinfo(get->easy, CURLINFO_REDIRECT_URL, &to);
    if (!from || !to)
        return false;
    where = fetch_curl_redirect(from, to);
    if (where == REDIRECT_REFUSED)
        text_put_str(trouble, "redirects to what is not HTTP");
    else if (where == REDIRECT_OTHER_ORIGIN &&
             (get->has_user || f->headers || f->options.cert_file))
        text_put_str(trouble, "redirects to another server, which gets no credentials");
    else if (++get->redirects > REDIRECTS_MAX)
        text_put_str(trouble, "redirects more than 5 times");
    if (trouble->len > 0)
        return false;
    to = mem_dup_text(to);
    (void)curl_multi_remove_handle(f->multi, get->easy);
    text_clear(&get->body);
    /* A user that the answer names is not ours: the old one stays, on the same server. */
    if (!fetch_curl_set_url(get->easy, to, NULL) ||
        curl_multi_add_handle(f->multi, get->easy) != CURLM_OK)
        text_put_str(trouble, "redirects to what is not a URL");
    free(to);
    return trouble->len == 0;
}

static void end_of(struct fetch *get, CURLcode code)
{
    struct text trouble = {0};
    long status = 0;

    (void)curl_easy_getinfo(get->easy, CURLINFO_RESPONSE_CODE, &status);
    if (code == CURLE_OK && status >= 300 && status < 400 && redirect(get, &trouble))
        return;
    if (get->is_url_bad)
        text_put_str(&trouble, "not a URL");
    else if (get->is_too_long)
        text_printf(&trouble, "an answer longer than %zu bytes",
                    get->fetcher->options.bytes_max);
    else if (code == CURLE_OPERATION_TIMEDOUT)
        put_late(&trouble, get);
    else if (code != CURLE_OK)
        fetch_curl_words(&trouble, get->easy, code, get->message);
    finish(get, &trouble, status);
}

/* Hands out what has come to its end. */
static void settle(struct fetcher *f)
{
    const CURLMsg *m;
    int left;

    while ((m = curl_multi_info_read(f->multi, &left))) {
        struct fetch *get = NULL;

        if (m->msg != CURLMSG_DONE)
            continue;
        (void)curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&get);
        end_of(get, m->data.result);
    }
}

/* curl's list of headers; false where a header cannot be read. */
static bool load_headers(struct fetcher *f, struct err *err)
{
    struct fetch_headers h = {0};
    const char *more = getenv("HEAPREEL_HEADER");
    bool ok = true;

    if (f->options.is_anonymous)
        return true;
    if (f->options.header_file)
        ok = fetch_headers_add_file(&h, f->options.header_file, err);
    if (ok && more && !(ok = fetch_headers_add(&h, slice_str(more), err)))
        err_set(err, 0, 0, "not a header in HEAPREEL_HEADER");
    for (size_t i = 0; ok && i < h.count; i++) {
        struct curl_slist *longer = curl_slist_append(f->headers, h.lines[i]);

        if (!longer)
            mem_exhausted();
        f->headers = longer;
    }
    fetch_headers_finish(&h);
    return ok;
}

struct fetcher *fetcher_create(struct loop *loop, int64_t (*now_ns)(void *user),
                               void *user, const struct fetch_options *options,
                               struct err *err)
{
    struct fetcher *f = mem_alloc(sizeof *f);

    f->loop = loop;
    f->now_ns = now_ns;
    f->user = user;
    f->options = *options;
    if (f->options.bytes_max == 0 || f->options.bytes_max > ENTRY_BYTES_MAX)
        f->options.bytes_max = ENTRY_BYTES_MAX;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        mem_exhausted();
    f->multi = curl_multi_init();
    if (!f->multi)
        mem_exhausted();
    f->timer = loop_add_timer(loop, on_timer, f);
    (void)curl_multi_setopt(f->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    (void)curl_multi_setopt(f->multi, CURLMOPT_SOCKETDATA, f);
    (void)curl_multi_setopt(f->multi, CURLMOPT_TIMERFUNCTION, on_timeout_changed);
    (void)curl_multi_setopt(f->multi, CURLMOPT_TIMERDATA, f);
    if (!load_headers(f, err)) {
        fetcher_destroy(f);
        return NULL;
    }
    return f;
}

void fetcher_destroy(struct fetcher *f)
{
    if (!f)
        return;
    for (struct fetch *get = f->first, *next; get; get = next) {
        next = get->next;
        stop(get);
        give_back_easy(get);
        free_get(get);
    }
    curl_easy_cleanup(f->spare);
    (void)curl_multi_cleanup(f->multi);
    loop_remove_timer(f->loop, f->timer);
    curl_slist_free_all(f->headers);
    curl_global_cleanup();
    free(f);
}

struct fetch *fetch_get(struct fetcher *f, const char *url, int64_t timeout_ns,
                        fetch_done *done, void *user)
{
    struct fetch *get = mem_alloc(sizeof *get);

    get->fetcher = f;
    get->timeout_ns = timeout_ns;
    get->done = done;
    get->user = user;
    get->easy = f->spare ? f->spare : curl_easy_init();
    f->spare = NULL;
    if (!get->easy || !fetch_curl_set_up(get->easy, &f->options, f->headers, timeout_ns))
        mem_exhausted();
    (void)curl_easy_setopt(get->easy, CURLOPT_PRIVATE, get);
    (void)curl_easy_setopt(get->easy, CURLOPT_ERRORBUFFER, get->message);
    (void)curl_easy_setopt(get->easy, CURLOPT_WRITEFUNCTION, on_bytes);
    (void)curl_easy_setopt(get->easy, CURLOPT_WRITEDATA, get);
    /* Without a URL curl fails as soon as it is asked to go on: from the loop. */
    get->is_url_bad = !fetch_curl_set_url(get->easy, url, &get->has_user);
    /* curl's own time-out looks at the system's clock; this is by the loop's. */
    get->deadline = loop_add_timer(f->loop, on_deadline, get);
    loop_arm(get->deadline, num_sat_add_i64(f->now_ns(f->user), timeout_ns));
    get->next = f->first;
    f->first = get;
    if (curl_multi_add_handle(f->multi, get->easy) != CURLM_OK)
        mem_exhausted();
    return get;
}

void fetch_cancel(struct fetch *get)
{
    stop(get);
    forget(get);
    give_back_easy(get);
    free_get(get);
}
