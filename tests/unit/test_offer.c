/* What is offered of a process that is watched: here, of the test itself. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "model/base/text.h"
#include "model/units.h"
#include "replay/fetch.h"
#include "replay/intake.h"
#include "replay/live.h"
#include "replay/offer.h"
#include "tests/unit/support.h"
#include "tests/unit/web.h"

TestSuite(offer, .fini = test_abort_on_leak, .timeout = 60);

struct bench {
    struct loop *loop;
    struct web *web;
    struct live_context context;
    struct procwatch *process;
    struct offers *offers;
    int64_t skew_ns; /* how far the test moved its clock */
    bool is_source;
    struct text told; /* a line an offer */
};

static int64_t now_of(void *user)
{
    const struct bench *b = user;
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * NS_PER_S + now.tv_nsec + b->skew_ns;
}

static uint32_t add_source(void *user, const char *name, unsigned flags, int64_t pid)
{
    (void)user;
    (void)name;
    (void)flags;
    (void)pid;
    return 1;
}

static void take(void *user, const struct entry *e)
{
    (void)user;
    (void)e;
}

static bool has_port(void *user, int64_t pid, unsigned port)
{
    const struct bench *b = user;

    (void)port;
    cr_expect_eq(pid, (int64_t)getpid());
    return b->is_source;
}

static bool has_log(void *user, const char *path)
{
    (void)path;
    return ((const struct bench *)user)->is_source;
}

static void tell(void *user, const struct offer *offer)
{
    struct bench *b = user;

    text_put_str(&b->told, offer->words);
    text_put_char(&b->told, '\n');
}

static void skip_without_http(struct bench *b)
{
    const struct fetch_options options = {0};
    struct err err = {0};
    struct fetcher *f = fetcher_create(b->loop, now_of, b, &options, &err);
    const bool is_there = f != NULL;

    fetcher_destroy(f);
    if (!is_there)
        loop_destroy(b->loop);
    if (!is_there)
        cr_skip_test("%s", err.reason);
}

static void bench_init(struct bench *b)
{
    const struct offers_options options = {
        .has_port = has_port, .has_log = has_log, .on_offer = tell, .user = b};
    struct err err = {0};
    char spelling[32];

    *b = (struct bench){.loop = loop_create()};
    skip_without_http(b);
    /* Neither may reach a server that nobody named. */
    (void)setenv("HEAPREEL_HEADER", "Authorization: secret", 1);
    (void)setenv("http_proxy", "http://127.0.0.1:1", 1);
    b->context = (struct live_context){.loop = b->loop,
                                       .now_ns = now_of,
                                       .add_source = add_source,
                                       .take = take,
                                       .user = b};
    b->web = web_create(b->loop, 0, NULL);
    (void)snprintf(spelling, sizeof spelling, "pid:%ld", (long)getpid());
    b->process = procwatch_start(&b->context, spelling, NS_PER_S, "", &err);
    cr_assert_not_null(b->process, "%s", err.reason);
    b->offers = offers_create(&b->context, &options);
}

static void bench_finish(struct bench *b)
{
    offers_destroy(b->offers);
    procwatch_stop(b->process);
    web_destroy(b->web);
    loop_destroy(b->loop);
    text_finish(&b->told);
}

/* Far more than it takes: only a failure waits so long. */
static void until_asked(struct bench *b, size_t count)
{
    const int64_t end_ns = now_of(b) + 20 * NS_PER_S;

    while (web_request_count(b->web) < count && now_of(b) < end_ns) {
        cr_assert(loop_poll(b->loop, 10 * NS_PER_MS));
        loop_run_timers(b->loop, now_of(b));
    }
    cr_assert_eq(web_request_count(b->web), count);
}

static void look(struct bench *b)
{
    b->skew_ns += OFFER_LOOK_NS;
    loop_run_timers(b->loop, now_of(b));
}

static void until_told(struct bench *b, const char *words)
{
    const int64_t end_ns = now_of(b) + 20 * NS_PER_S;

    while (!strstr(text_str(&b->told), words) && now_of(b) < end_ns) {
        cr_assert(loop_poll(b->loop, 10 * NS_PER_MS));
        loop_run_timers(b->loop, now_of(b));
    }
    cr_assert(strstr(text_str(&b->told), words), "%s\nis not in\n%s", words,
              text_str(&b->told));
}

static const struct offer *service_of(struct bench *b)
{
    /* The test's own standard error may be a file. */
    while (offers_first(b->offers) &&
           strncmp(offers_first(b->offers)->source, "http://", 7) != 0)
        offers_drop_first(b->offers);
    return offers_first(b->offers);
}

Test(offer, the_service_of_a_process)
{
    struct bench b;
    char words[100], source[60];

    bench_init(&b);
    (void)snprintf(source, sizeof source, "http://127.0.0.1:%d", web_port(b.web));
    (void)snprintf(words, sizeof words, "pid:%ld serves %s/metrics\n", (long)getpid(),
                   source);
    web_set(b.web, "/debug/pprof/", WEB_ANSWERS, "<h1>welcome to everything</h1>");
    web_set(b.web, "/metrics", WEB_ANSWERS, "# TYPE go_goroutines gauge\n");
    offers_watch(b.offers, b.process);
    cr_expect_null(offers_first(b.offers));
    look(&b);
    until_told(&b, words);
    cr_assert_not_null(service_of(&b));
    cr_expect_str_eq(service_of(&b)->source, source);
    cr_expect_eq(service_of(&b)->pid, (int64_t)getpid());
    cr_expect_not(strstr(web_asked(b.web), "secret"));
    /* Asked once for each, and offered once. */
    for (int i = 0; i < 3; i++)
        look(&b);
    until_asked(&b, 3);
    offers_drop_first(b.offers);
    look(&b);
    cr_expect_null(service_of(&b));
    bench_finish(&b);
}

Test(offer, what_is_no_service)
{
    struct bench b;

    bench_init(&b);
    web_set(b.web, "/debug/vars", WEB_ANSWERS, "{\"cmdline\": []}");
    web_set(b.web, "/metrics", WEB_ANSWERS, "<html>");
    offers_watch(b.offers, b.process);
    look(&b);
    until_asked(&b, 3);
    look(&b);
    cr_expect_null(service_of(&b));
    bench_finish(&b);
}

Test(offer, a_source_is_left_alone)
{
    struct bench b;

    bench_init(&b);
    b.is_source = true;
    offers_watch(b.offers, b.process);
    for (int i = 0; i < 3; i++)
        look(&b);
    cr_assert(loop_poll(b.loop, 10 * NS_PER_MS));
    cr_expect_eq(web_request_count(b.web), 0);
    cr_expect_null(offers_first(b.offers));
    bench_finish(&b);
}

static int64_t skewed_now(void *user)
{
    const int64_t *skew_ns = user;
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * NS_PER_S + now.tv_nsec + *skew_ns;
}

static bool is_service_offered(const struct live *l)
{
    return live_offer(l) && strstr(live_offer(l), " serves http://127.0.0.1:");
}

/* Passes over what the test's own standard error may be. */
static void until_offered(struct live *l)
{
    struct err err = {0};

    for (int i = 0; i < 2000 && !is_service_offered(l); i++) {
        if (live_offer(l))
            (void)live_take_offer(l, &err);
        cr_assert(live_step(l, 10 * NS_PER_MS));
    }
    cr_assert(is_service_offered(l));
}

/* One process in the end, which has the pid that is watched. */
Test(offer, taken_it_is_a_source)
{
    struct bench b = {.loop = loop_create()};
    struct session *session;
    const struct intake_options intake_options = {0};
    struct intake *intake;
    struct live_options options = {.now_ns = skewed_now, .period_ns = 10 * NS_PER_MS};
    int64_t skew_ns = 0;
    struct live *l;
    struct web *web;
    struct err err = {0};
    char spelling[32];

    skip_without_http(&b);
    loop_destroy(b.loop);
    session = session_create();
    (void)setenv("no_proxy", "*", 1);
    session->is_streamed = true;
    intake = intake_create(session, NULL, &intake_options);
    options.user = &skew_ns;
    options.http.period_ns = 10 * NS_PER_MS;
    options.http.timeout_ns = 30 * NS_PER_S;
    l = live_create(intake, &options);
    web = web_create(live_loop(l), 0, NULL);
    web_set(web, "/metrics", WEB_ANSWERS,
            "# TYPE go_memstats_heap_alloc_bytes gauge\n"
            "go_memstats_heap_alloc_bytes 1000000\n");
    cr_assert_not(live_take_offer(l, &err));
    (void)snprintf(spelling, sizeof spelling, "pid:%ld", (long)getpid());
    cr_assert(live_add(l, spelling, &err), "%s", err.reason);
    skew_ns += 2 * NS_PER_S;
    until_offered(l);
    cr_expect(live_take_offer(l, &err), "%s", err.reason);
    for (int i = 0; i < 2000 && web_request_count(web) < 12; i++)
        cr_assert(live_step(l, 10 * NS_PER_MS));
    skew_ns += 2 * NS_PER_S; /* a beat */
    cr_assert(live_step(l, 0));
    cr_expect_eq(session->process_count, 1);
    cr_expect_eq(session->processes[0]->pid, (int64_t)getpid());
    web_destroy(web);
    live_destroy(l);
    intake_destroy(intake);
    session_destroy(session);
}
