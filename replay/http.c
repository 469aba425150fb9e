#include "replay/http.h"

#include <stdlib.h>
#include <string.h>

#include "model/base/mem.h"
#include "model/base/num.h"
#include "model/base/text.h"
#include "model/units.h"
#include "replay/http_internal.h"

/* A profile costs the service more than figures do. */
#define PROFILE_PERIODS 10

/* Of a trace; the runtime writes some MB a second. */
#define TRACE_SECONDS_MAX 60u

#define PLACES_PROBED 3 /* the first ones */

static const struct {
    const char *path;
    const char *probed; /* where that is another */
    const char *query;  /* asked with, not shown */
    unsigned capture;
} places[PLACES] = {
    [PLACE_VARS] = {"/debug/vars", NULL, "", 0},
    [PLACE_METRICS] = {"/metrics", NULL, "", 0},
    [PLACE_HEAP] = {"/debug/pprof/heap", "/debug/pprof/", "", HTTP_HEAP},
    [PLACE_ALLOCS] = {"/debug/pprof/allocs", NULL, "", HTTP_ALLOCS},
    /* debug=1 groups the goroutines by stack: some KB where debug=2 has MB. */
    [PLACE_GOROUTINES] = {"/debug/pprof/goroutine", NULL, "?debug=1", HTTP_GOROUTINES},
    [PLACE_TRACE] = {"/debug/pprof/trace", NULL, "?seconds=", HTTP_TRACE},
    [PLACE_GIVEN] = {"", NULL, "", 0},
};

static void go_on(struct http *h);

void http_put_url(const struct http *h, struct text *t, bool is_shown,
                  enum http_place place)
{
    const struct http_address *a = &h->address;

    text_put_str(t, is_shown ? a->shown : a->origin);
    if (place == PLACE_GIVEN) {
        text_put_str(t, is_shown ? a->shown_path : a->path);
        return;
    }
    text_put_str(t, h->pprof_prefix);
    text_put_str(t, places[place].path);
}

uint32_t http_source_of(struct http *h, enum http_place place)
{
    struct endpoint *e = &h->ends[place];
    struct text name = {0};

    if (e->source == 0) {
        http_put_url(h, &name, true, place);
        e->source = h->context.add_source(h->context.user, text_str(&name), 0, h->pid);
        text_finish(&name);
    }
    return e->source;
}

static int64_t period_of(const struct http *h, enum http_place place)
{
    const bool is_profile = places[place].capture != 0 ||
                            (place == PLACE_GIVEN && strstr(h->address.path, "/pprof/"));

    if (!is_profile)
        return h->options.period_ns;
    if (h->options.profile_ns > 0)
        return h->options.profile_ns;
    return h->options.period_ns > INT64_MAX / PROFILE_PERIODS
               ? INT64_MAX
               : h->options.period_ns * PROFILE_PERIODS;
}

static void poll_from(struct http *h, enum http_place place, int64_t now_ns)
{
    h->ends[place].known = KNOWN_THERE;
    h->ends[place].is_polled = true;
    http_pace_start(&h->ends[place].pace, period_of(h, place), now_ns);
}

static void give_data(struct http *h, enum http_place place, unsigned flags,
                      struct slice body)
{
    const uint32_t source = http_source_of(h, place);

    h->ends[place].is_in_trouble = h->ends[place].is_late = false;
    h->ends[place].has_given = true;
    live_give(&h->context, source, ENTRY_DATA, flags, body);
}

static void found(struct http *h, enum http_place place, struct slice body)
{
    const int64_t now_ns = live_now_ns(&h->context);

    if (place != PLACE_HEAP) {
        poll_from(h, place, now_ns);
        http_pace_answered(&h->ends[place].pace, now_ns);
        give_data(h, place, 0, body);
        return;
    }
    h->ends[place].known = KNOWN_THERE;
    h->has_pprof = true;
    for (enum http_place p = PLACE_HEAP;
         h->options.profile_ns > 0 && p <= PLACE_GOROUTINES; p++)
        poll_from(h, p, now_ns);
}

/* A round of discovery is over: are all questions answered? */
static void end_round(struct http *h, const char *trouble)
{
    struct text words = {0};
    bool is_any = false, is_all = true;

    for (enum http_place p = 0; p < PLACES_PROBED; p++) {
        is_any = is_any || h->ends[p].known == KNOWN_THERE;
        is_all = is_all && h->ends[p].known != KNOWN_NOT;
    }
    h->is_discovering = !is_any || !is_all;
    if (h->is_discovering)
        http_pace_failed(&h->discovery, live_now_ns(&h->context), &h->options.dice);
    if (is_any && h->bare.is_in_trouble) {
        h->bare.is_in_trouble = false;
        live_give(&h->context, h->bare.source, ENTRY_END, 0, SLICE(""));
    } else if (!is_any && !h->bare.is_in_trouble) {
        if (h->bare.source == 0)
            h->bare.source =
                h->context.add_source(h->context.user, h->address.shown, 0, -1);
        h->bare.is_in_trouble = true;
        /* The reason first: screens cut the end. */
        text_printf(&words, "%s (looked for /debug/vars, /metrics, /debug/pprof/)",
                    trouble);
        live_give(&h->context, h->bare.source, ENTRY_TROUBLE, 0,
                  slice_of(words.ptr, words.len));
        text_finish(&words);
    }
    for (enum http_place p = 0; !is_any && p < PLACES_PROBED; p++)
        h->ends[p].known = KNOWN_NOT;
}

static bool is_expected(enum http_place place, struct slice body)
{
    if (place == PLACE_VARS)
        return http_looks_like_vars(body);
    if (place == PLACE_METRICS)
        return http_looks_like_metrics(body);
    return true;
}

/* The round goes on with the next place, or is over where the service does not speak. */
static void probed(struct http *h, const struct fetch_answer *answer)
{
    const enum http_place place = h->asked;
    const bool is_silent = answer->status == 0;
    const char *trouble = answer->is_ok ? "answered something else" : answer->trouble;

    if (answer->is_ok && is_expected(place, answer->body))
        found(h, place, answer->body);
    else if (answer->is_ok || (answer->status >= 400 && answer->status < 500))
        h->ends[place].known = KNOWN_ABSENT;
    for (enum http_place p = place + 1; !is_silent && p < PLACES_PROBED; p++) {
        if (h->ends[p].known == KNOWN_NOT) {
            h->discovery.next_ns = live_now_ns(&h->context);
            h->asked = p;
            h->is_probe = true;
            return;
        }
    }
    h->is_probe = false;
    end_round(h, trouble);
}

static void polled(struct http *h, const struct fetch_answer *answer, bool was_capture)
{
    struct endpoint *e = &h->ends[h->asked];
    const int64_t now_ns = live_now_ns(&h->context);
    const bool is_ok = answer->is_ok && answer->body.len > 0;

    if (e->is_polled && is_ok) {
        http_delay_answered(h, h->asked);
        http_pace_answered(&e->pace, now_ns);
    } else if (e->is_polled) {
        http_pace_failed(&e->pace, now_ns, &h->options.dice);
    }
    if (is_ok) {
        give_data(h, h->asked, was_capture ? ENTRY_IS_CAPTURE : 0, answer->body);
    } else if (!e->is_in_trouble || was_capture) {
        const uint32_t source = http_source_of(h, h->asked);

        e->is_in_trouble = true;
        live_give(&h->context, source, ENTRY_TROUBLE, 0,
                  answer->is_ok ? SLICE("an empty answer") : slice_str(answer->trouble));
    }
}

static void on_done(void *user, const struct fetch_answer *answer)
{
    struct http *h = user;

    h->is_asking = false;
    h->get = NULL;
    http_find_owner(h, answer);
    if (h->is_probe)
        probed(h, answer);
    else
        polled(h, answer, h->is_capture);
    go_on(h);
}

static void arm_for_delay(struct http *h)
{
    const int64_t late_ns = http_delay_next(h);

    if (late_ns < INT64_MAX)
        loop_arm(h->timer, late_ns);
}

static void ask(struct http *h, enum http_place place, bool is_capture)
{
    struct text url = {0};
    int64_t timeout_ns = h->options.timeout_ns;

    h->is_asking = true;
    h->is_capture = is_capture;
    h->asked = place;
    h->asked_ns = live_now_ns(&h->context);
    h->asked_seconds = h->trace_seconds; /* the next one may be longer */
    if (h->is_probe && places[place].probed) {
        text_put_str(&url, h->address.origin);
        text_put_str(&url, places[place].probed);
    } else {
        http_put_url(h, &url, false, place);
        text_put_str(&url, places[place].query);
    }
    if (place == PLACE_TRACE) {
        text_printf(&url, "%u", h->trace_seconds);
        timeout_ns = num_sat_add_i64(timeout_ns, h->trace_seconds * NS_PER_S);
    }
    h->get = fetch_get(h->fetcher, text_str(&url), timeout_ns, on_done, h);
    text_finish(&url);
    arm_for_delay(h);
}

static enum http_place first_unknown(const struct http *h)
{
    enum http_place p = 0;

    while (p < PLACES_PROBED && h->ends[p].known != KNOWN_NOT)
        p++;
    return p;
}

static bool ask_capture(struct http *h)
{
    for (enum http_place p = 0; h->captures != 0 && p < PLACES; p++) {
        if (h->captures & places[p].capture) {
            h->captures &= ~places[p].capture;
            ask(h, p, true);
            return true;
        }
    }
    return false;
}

/* What has been due the longest; NULL: nothing is polled. */
static const struct endpoint *next_poll(const struct http *h)
{
    const struct endpoint *first = NULL;

    for (enum http_place p = 0; p < PLACES; p++) {
        const struct endpoint *e = &h->ends[p];

        if (e->is_polled && (!first || e->pace.next_ns < first->pace.next_ns))
            first = e;
    }
    return first;
}

/* Asks for what is next, or arms the timer for it. */
static void go_on(struct http *h)
{
    const struct endpoint *e = next_poll(h);
    const int64_t now_ns = live_now_ns(&h->context);
    int64_t next_ns = e ? e->pace.next_ns : INT64_MAX;

    if (h->is_asking)
        return;
    if (h->is_probe) {
        ask(h, h->asked, false);
        return;
    }
    if (ask_capture(h))
        return;
    if (h->is_discovering && h->discovery.next_ns <= next_ns) {
        next_ns = h->discovery.next_ns;
        e = NULL;
    }
    if (next_ns > now_ns) {
        loop_arm(h->timer, next_ns);
    } else if (e) {
        ask(h, (enum http_place)(e - h->ends), false);
    } else {
        h->is_probe = true;
        ask(h, first_unknown(h), false);
    }
}

static void on_due(void *user, int64_t now_ns)
{
    struct http *h = user;

    (void)now_ns;
    if (!h->is_asking) {
        go_on(h);
        return;
    }
    http_delay_tell(h);
    arm_for_delay(h);
}

static void begin(struct http *h)
{
    const int64_t now_ns = live_now_ns(&h->context);
    const char *debug = strstr(h->address.path, "/debug/");

    if (http_address_is_bare(&h->address)) {
        h->is_discovering = true;
        http_pace_start(&h->discovery, h->options.period_ns, now_ns);
        h->pprof_prefix = mem_dup_text("");
    } else {
        h->has_pprof = debug != NULL;
        h->pprof_prefix = mem_dup_slice(
            slice_of(h->address.path, debug ? (size_t)(debug - h->address.path) : 0));
        poll_from(h, PLACE_GIVEN, now_ns);
        (void)http_source_of(h, PLACE_GIVEN);
    }
    loop_arm(h->timer, now_ns);
}

struct http *http_start(const struct live_context *context, const char *url,
                        const struct http_options *options, struct err *err)
{
    struct http *h = mem_alloc(sizeof *h);

    h->context = *context;
    h->options = *options;
    h->timer = loop_add_timer(context->loop, on_due, h);
    h->pid = -1;
    h->owner_ns = INT64_MIN;
    if (http_address_parse(&h->address, url, err)) {
        if (h->address.unix_socket)
            h->options.fetch.unix_socket = h->address.unix_socket;
        h->fetcher = fetcher_create(context->loop, context->now_ns, context->user,
                                    &h->options.fetch, err);
    }
    if (!h->fetcher) {
        http_stop(h);
        return NULL;
    }
    begin(h);
    return h;
}

void http_stop(struct http *h)
{
    if (!h)
        return;
    fetcher_destroy(h->fetcher);
    loop_remove_timer(h->context.loop, h->timer);
    http_address_finish(&h->address);
    free(h->pprof_prefix);
    free(h);
}

bool http_has_profiles(const struct http *h)
{
    return h->has_pprof;
}

bool http_capture(struct http *h, unsigned captures, unsigned trace_seconds)
{
    if (!h->has_pprof)
        return false;
    h->captures |= captures & (HTTP_HEAP | HTTP_ALLOCS | HTTP_GOROUTINES | HTTP_TRACE);
    if (captures & HTTP_TRACE)
        h->trace_seconds = trace_seconds < 1                   ? 1
                           : trace_seconds > TRACE_SECONDS_MAX ? TRACE_SECONDS_MAX
                                                               : trace_seconds;
    /* By the timer: an entry may not come out of this call. */
    loop_arm(h->timer, live_now_ns(&h->context));
    return true;
}

bool http_cancel_trace(struct http *h)
{
    const bool is_taken = h->is_asking && h->is_capture && h->asked == PLACE_TRACE;
    const bool is_wanted = (h->captures & HTTP_TRACE) != 0;

    h->captures &= ~(unsigned)HTTP_TRACE;
    if (is_taken) {
        fetch_cancel(h->get);
        h->get = NULL;
        h->is_asking = false;
        loop_arm(h->timer, live_now_ns(&h->context));
    }
    return is_taken || is_wanted;
}
