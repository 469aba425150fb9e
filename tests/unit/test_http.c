#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "model/base/text.h"
#include "model/units.h"
#include "replay/http.h"
#include "tests/unit/support.h"
#include "tests/unit/web.h"

TestSuite(http, .fini = test_abort_on_leak, .timeout = 60);

/* What a user sees, a line an entry: "SOURCE 1 http://…", "DATA 1 {…", "TROUBLE 1 why".
 */
struct bench {
    struct loop *loop;
    struct web *web;
    struct http *http;
    struct http_options options;
    struct live_context context;
    struct text seen;
    int64_t skew_ns; /* how far the test moved its clock */
    uint32_t sources;
    char url[200];
};

static int64_t bench_now(void *user)
{
    const struct bench *b = user;
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * NS_PER_S + now.tv_nsec + b->skew_ns;
}

static uint32_t bench_source(void *user, const char *name, unsigned flags, int64_t pid)
{
    struct bench *b = user;

    cr_expect_eq(flags, 0);
    text_printf(&b->seen, "SOURCE %u %s\n", ++b->sources, name);
    if (pid >= 0)
        text_printf(&b->seen, "PID %u %lld\n", b->sources, (long long)pid);
    return b->sources;
}

static void bench_take(void *user, const struct entry *e)
{
    static const char *const kinds[] = {
        [ENTRY_DATA] = "DATA", [ENTRY_TROUBLE] = "TROUBLE", [ENTRY_END] = "END"};
    struct bench *b = user;

    if (e->kind == ENTRY_SOURCE) { /* told again */
        text_printf(&b->seen, "PID %u %lld\n", e->source, (long long)e->pid);
        return;
    }
    text_printf(&b->seen, "%s %u ", kinds[e->kind], e->source);
    text_put_safe(&b->seen, slice_first(e->bytes, 150));
    text_put_char(&b->seen, '\n');
}

/* Before anything is made that a skipped test would leave behind. */
static void skip_without_http(void)
{
    const struct fetch_options options = {0};
    struct loop *loop = loop_create();
    struct err err = {0};
    struct fetcher *f = fetcher_create(loop, bench_now, NULL, &options, &err);
    const bool is_there = f != NULL;

    fetcher_destroy(f);
    loop_destroy(loop);
    if (!is_there)
        cr_skip_test("%s", err.reason);
}

static void bench_init(struct bench *b)
{
    (void)unsetenv("HEAPREEL_HEADER");
    skip_without_http();
    *b = (struct bench){.loop = loop_create()};
    /* The machine's proxy is not asked about servers of the test. */
    (void)setenv("no_proxy", "*", 1);
    b->context = (struct live_context){.loop = b->loop,
                                       .now_ns = bench_now,
                                       .add_source = bench_source,
                                       .take = bench_take,
                                       .user = b};
    b->options = (struct http_options){
        .period_ns = NS_PER_MS, .timeout_ns = 30 * NS_PER_S, .dice = 7};
    b->options.fetch.bytes_max = 100000;
    b->web = web_create(b->loop, 0, NULL);
}

static void bench_finish(struct bench *b)
{
    http_stop(b->http);
    web_destroy(b->web);
    loop_destroy(b->loop);
    text_finish(&b->seen);
}

static void start(struct bench *b, const char *url)
{
    struct err err = {0};

    b->http = http_start(&b->context, url, &b->options, &err);
    cr_assert(b->http, "%s", err.reason);
}

/* The address with the server's port in its middle. */
static void watch(struct bench *b, const char *before, const char *after)
{
    (void)snprintf(b->url, sizeof b->url, "%s%d%s", before, web_port(b->web), after);
    start(b, b->url);
}

static void step(struct bench *b)
{
    int64_t wait;

    loop_run_timers(b->loop, bench_now(b));
    wait = loop_next_ns(b->loop) - bench_now(b);
    wait = wait < 0 ? 0 : wait > 20 * NS_PER_MS ? 20 * NS_PER_MS : wait;
    cr_assert(loop_poll(b->loop, wait));
}

static bool is_seen(const struct bench *b, const char *words)
{
    return strstr(text_str(&b->seen), words) != NULL;
}

/* Far more than it takes: only a failure waits so long. */
static void until_seen(struct bench *b, const char *words)
{
    const int64_t end_ns = bench_now(b) + 20 * NS_PER_S;

    while (!is_seen(b, words) && bench_now(b) < end_ns)
        step(b);
    cr_assert(is_seen(b, words), "%s\nis not in\n%s", words, text_str(&b->seen));
}

static void until_asked(struct bench *b, size_t requests)
{
    const int64_t end_ns = bench_now(b) + 20 * NS_PER_S;

    while (web_request_count(b->web) < requests && bench_now(b) < end_ns)
        step(b);
    cr_assert_geq(web_request_count(b->web), requests);
}

static size_t count_of(const char *text, const char *word)
{
    size_t count = 0;

    while ((text = strstr(text, word))) {
        count++;
        text++;
    }
    return count;
}

Test(http, finds_what_a_service_has)
{
    struct bench b;

    bench_init(&b);
    b.options.profile_ns = NS_PER_MS;
    web_set(b.web, "/debug/vars", WEB_ANSWERS, "{\"cmdline\":[],\"memstats\": {}}");
    web_set(b.web, "/metrics", WEB_ANSWERS, "# HELP x\n# TYPE x gauge\nx 1\n");
    web_set(b.web, "/debug/pprof/", WEB_ANSWERS, "<html>");
    web_set(b.web, "/debug/pprof/heap", WEB_ANSWERS, "the heap");
    web_set(b.web, "/debug/pprof/allocs", WEB_ANSWERS, "the allocs");
    web_set(b.web, "/debug/pprof/goroutine?debug=1", WEB_ANSWERS, "the goroutines");
    watch(&b, "http://127.0.0.1:", "");
    until_seen(&b, "the heap");
    until_seen(&b, "the allocs");
    until_seen(&b, "the goroutines");
    cr_expect(is_seen(&b, "/debug/vars\nDATA 1 {\"cmdline\""), "%s", text_str(&b.seen));
    cr_expect(is_seen(&b, "/metrics\nDATA 2 # HELP"), "%s", text_str(&b.seen));
    cr_expect(is_seen(&b, "/debug/pprof/goroutine\nDATA"), "%s", text_str(&b.seen));
    cr_expect_not(is_seen(&b, "TROUBLE"));
    bench_finish(&b);
}

Test(http, a_page_is_not_figures)
{
    struct bench b;

    bench_init(&b);
    web_set(b.web, "/debug/vars", WEB_ANSWERS,
            "<html>we have pages for everything</html>");
    web_set(b.web, "/metrics", WEB_ANSWERS, "go_goroutines 7\n");
    watch(&b, "127.0.0.1:", "/");
    until_seen(&b, "DATA");
    cr_expect(is_seen(&b, "SOURCE 1 http://127.0.0.1:"));
    cr_expect(is_seen(&b, "/metrics\nDATA 1 go_goroutines 7"), "%s", text_str(&b.seen));
    cr_expect_not(is_seen(&b, "/debug/vars"));
    cr_expect_not(http_capture(b.http, HTTP_HEAP, 0), "there is no pprof");
    bench_finish(&b);
}

Test(http, captures_on_demand_only)
{
    struct bench b;

    bench_init(&b);
    web_set(b.web, "/debug/vars", WEB_ANSWERS, "{\"memstats\":{}}");
    web_set(b.web, "/debug/pprof/", WEB_ANSWERS, "<html>");
    web_set(b.web, "/debug/pprof/heap", WEB_ANSWERS, "the heap");
    web_set(b.web, "/debug/pprof/trace?seconds=3", WEB_ANSWERS, "the trace");
    watch(&b, "http://127.0.0.1:", "/");
    until_asked(&b, 10);
    cr_expect_not(is_seen(&b, "pprof"));
    cr_expect(http_capture(b.http, HTTP_HEAP | HTTP_ALLOCS | HTTP_TRACE, 3));
    until_seen(&b, "the trace");
    cr_expect(is_seen(&b, "/debug/pprof/heap\nDATA 2 the heap"));
    cr_expect(is_seen(&b, "/debug/pprof/allocs\nTROUBLE 3 answered 404\n"));
    cr_expect(is_seen(&b, "/debug/pprof/trace\nDATA 4"), "%s", text_str(&b.seen));
    bench_finish(&b);
}

static void watch_a_slow_trace(struct bench *b)
{
    bench_init(b);
    web_set(b->web, "/debug/vars", WEB_ANSWERS, "{\"memstats\":{}}");
    web_set(b->web, "/debug/pprof/", WEB_ANSWERS, "<html>");
    web_set(b->web, "/debug/pprof/trace?seconds=50", WEB_HANGS, "");
    watch(b, "http://127.0.0.1:", "/");
    until_asked(b, 10);
    cr_expect(http_capture(b->http, HTTP_TRACE, 50));
    until_seen(b, "TROUBLE 1 an execution trace of 50 s is being taken\n");
}

/* Figures stand still while a trace is taken: that is said, and ends with it. */
Test(http, a_trace_that_keeps_the_figures_waiting)
{
    const char *after;
    struct bench b;

    watch_a_slow_trace(&b);
    b.skew_ns += 40 * NS_PER_S;
    step(&b);
    cr_expect_eq(count_of(text_str(&b.seen), "TROUBLE"), 1, "%s", text_str(&b.seen));
    b.skew_ns += 50 * NS_PER_S;
    until_seen(&b, "/debug/pprof/trace\nTROUBLE 2 no answer within 80 s\n");
    text_clear(&b.seen);
    until_seen(&b, "DATA 1 ");
    after = text_str(&b.seen);
    cr_expect_not(strstr(after, "TROUBLE"), "%s", after);
    bench_finish(&b);
}

Test(http, a_trace_is_broken_off)
{
    struct bench b;

    watch_a_slow_trace(&b);
    cr_expect(http_cancel_trace(b.http));
    cr_expect_not(http_cancel_trace(b.http), "there is none any more");
    text_clear(&b.seen);
    until_seen(&b, "DATA 1 ");
    cr_expect_not(is_seen(&b, "TROUBLE"), "%s", text_str(&b.seen));
    /* One that waits its turn is not begun. */
    cr_expect(http_capture(b.http, HTTP_TRACE, 50));
    cr_expect(http_cancel_trace(b.http));
    bench_finish(&b);
}

/* The answer comes in the end, but not before its silence was told. */
Test(http, a_slow_answer_is_a_hole)
{
    struct bench b;

    bench_init(&b);
    b.options.period_ns = NS_PER_S;
    web_set(b.web, "/metrics", WEB_ANSWERS, "go_x 1\n");
    watch(&b, "http://127.0.0.1:", "/metrics");
    until_seen(&b, "DATA 1 ");
    web_set(b.web, "/metrics", WEB_HANGS, "");
    b.skew_ns += NS_PER_S;
    until_asked(&b, 2);
    b.skew_ns += 3 * NS_PER_S;
    until_seen(&b, "TROUBLE 1 no answer for 3 s\n");
    bench_finish(&b);
}

/* Nobody looked, since the machine slept. */
Test(http, a_poll_that_comes_late_is_a_hole)
{
    struct bench b;

    bench_init(&b);
    b.options.period_ns = NS_PER_S;
    web_set(b.web, "/metrics", WEB_ANSWERS, "go_x 1\n");
    watch(&b, "http://127.0.0.1:", "/metrics");
    until_seen(&b, "DATA 1 ");
    b.skew_ns += 11 * NS_PER_S;
    until_seen(&b, "TROUBLE 1 no figures for 11 s\nDATA 1 go_x 1");
    bench_finish(&b);
}

/* What a server does wrong and what is said of it: once, however often it is tried. */
static const struct {
    enum web_habit habit;
    const char *text, *trouble;
} faults[] = {
    {WEB_FAILS, "500 Internal Server Error", "TROUBLE 1 answered 500\n"},
    {WEB_ENDLESS, "", "TROUBLE 1 an answer longer than 100000 bytes\n"},
    {WEB_HALF, "", "TROUBLE 1 the server closed in the middle of its answer\n"},
    {WEB_GARBAGE, "SSH-2.0-OpenSSH_9.2\r\n",
     "TROUBLE 1 what answers does not speak HTTP\n"},
    {WEB_GARBAGE, "", "TROUBLE 1 the server closed without an answer\n"},
    {WEB_ANSWERS, "", "TROUBLE 1 an empty answer\n"},
    {WEB_REDIRECTS, "file:///etc/passwd", "TROUBLE 1 redirects to what is not HTTP\n"},
    {WEB_REDIRECTS, "/debug/vars", "TROUBLE 1 redirects more than 5 times\n"},
};

Test(http, says_a_fault_once_and_comes_back)
{
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        struct bench b;

        bench_init(&b);
        web_set(b.web, "/debug/vars", faults[i].habit, faults[i].text);
        watch(&b, "http://127.0.0.1:", "/debug/vars");
        until_seen(&b, "TROUBLE");
        cr_expect(is_seen(&b, faults[i].trouble), "%zu: %s", i, text_str(&b.seen));
        until_asked(&b, web_request_count(b.web) + 3);
        web_set(b.web, "/debug/vars", WEB_ANSWERS, "well again");
        until_seen(&b, "DATA 1 well again\n");
        cr_expect_eq(count_of(text_str(&b.seen), "TROUBLE"), 1, "%zu", i);
        bench_finish(&b);
    }
}

Test(http, a_server_that_hangs)
{
    struct bench b;

    bench_init(&b);
    b.options.timeout_ns = 5 * NS_PER_S;
    web_set(b.web, "/metrics", WEB_HANGS, "");
    watch(&b, "http://127.0.0.1:", "/metrics");
    until_asked(&b, 1);
    cr_expect_not(is_seen(&b, "TROUBLE"));
    b.skew_ns += 5 * NS_PER_S;
    until_seen(&b, "TROUBLE 1 no answer within 5 s\n");
    bench_finish(&b);
}

Test(http, a_server_that_goes_and_comes_back)
{
    struct bench b;
    int port;

    bench_init(&b);
    port = web_port(b.web);
    web_set(b.web, "/debug/vars", WEB_ANSWERS, "{\"memstats\":1}");
    watch(&b, "http://127.0.0.1:", "");
    until_seen(&b, "DATA 1 {\"memstats\":1}\n");
    web_destroy(b.web);
    until_seen(&b, "TROUBLE 1 Connection refused\n");
    b.web = web_create(b.loop, port, NULL);
    web_set(b.web, "/debug/vars", WEB_ANSWERS, "{\"memstats\":2}");
    until_seen(&b, "DATA 1 {\"memstats\":2}\n");
    bench_finish(&b);
}

Test(http, a_service_that_comes_late)
{
    struct bench b;

    bench_init(&b);
    watch(&b, "http://127.0.0.1:", "");
    until_seen(&b, "TROUBLE");
    cr_expect(is_seen(&b, "TROUBLE 1 answered 404 (looked for /debug/vars, /metrics, "
                          "/debug/pprof/)\n"),
              "%s", text_str(&b.seen));
    until_asked(&b, 9);
    web_set(b.web, "/metrics", WEB_ANSWERS, "go_x 1\n");
    until_seen(&b, "DATA 2 go_x 1");
    until_seen(&b, "END 1 \n");
    cr_expect_eq(count_of(text_str(&b.seen), "TROUBLE"), 1);
    bench_finish(&b);
}

Test(http, sends_headers_and_hides_credentials)
{
    char dir[] = "/tmp/heapreel-http-XXXXXX", path[64];
    struct bench b;
    FILE *file;

    bench_init(&b);
    cr_assert(mkdtemp(dir));
    (void)snprintf(path, sizeof path, "%s/headers", dir);
    file = fopen(path, "w");
    cr_assert(file);
    (void)fputs("# of the test\n\nX-Token: s3cret\r\n", file);
    (void)fclose(file);
    b.options.fetch.header_file = path;
    (void)setenv("HEAPREEL_HEADER", "X-More: other", 1);
    web_set(b.web, "/debug/vars", WEB_ANSWERS, "figures");
    watch(&b, "http://joe:hunter2@127.0.0.1:", "/debug/vars");
    until_seen(&b, "DATA 1 figures\n");
    cr_expect(strstr(web_asked(b.web), "X-Token: s3cret\r\n"));
    cr_expect(strstr(web_asked(b.web), "X-More: other\r\n"));
    cr_expect(strstr(web_asked(b.web), "Authorization: Basic am9lOmh1bnRlcjI=\r\n"));
    cr_expect(strstr(web_asked(b.web), "User-Agent: heapreel/"));
    web_set(b.web, "/debug/vars", WEB_REDIRECTS, "http://localhost:1/");
    until_seen(&b, "TROUBLE 1 redirects to another server, which gets no credentials\n");
    cr_expect(is_seen(&b, "SOURCE 1 http://127.0.0.1:"), "%s", text_str(&b.seen));
    cr_expect_not(is_seen(&b, "hunter2") || is_seen(&b, "joe") || is_seen(&b, "s3cret"));
    bench_finish(&b);
    (void)unlink(path);
    (void)rmdir(dir);
}

Test(http, follows_a_redirect_with_its_credentials_at_home)
{
    struct bench b;

    bench_init(&b);
    web_set(b.web, "/vars", WEB_REDIRECTS, "/debug/vars");
    web_set(b.web, "/debug/vars", WEB_ANSWERS, "figures");
    watch(&b, "http://joe:hunter2@127.0.0.1:", "/vars");
    until_seen(&b, "/vars\nDATA 1 figures\n");
    cr_expect_eq(count_of(web_asked(b.web), "Authorization: Basic"), 2);
    bench_finish(&b);
}

Test(http, a_unix_socket)
{
    char dir[] = "/tmp/heapreel-http-XXXXXX", path[64], url[100];
    struct bench b;

    bench_init(&b);
    cr_assert(mkdtemp(dir));
    (void)snprintf(path, sizeof path, "%s/sock", dir);
    (void)snprintf(url, sizeof url, "unix:%s:/debug/vars", path);
    web_destroy(b.web);
    b.web = web_create(b.loop, 0, path);
    web_set(b.web, "/debug/vars", WEB_ANSWERS, "figures");
    start(&b, url);
    until_seen(&b, "/sock:/debug/vars\nDATA 1 figures\n");
    bench_finish(&b);
    (void)unlink(path);
    (void)rmdir(dir);
}

/* Who listens on the test's own port, as the test has it. */
static int64_t owner_is(void *user, int64_t known, unsigned port, const char *unix_socket)
{
    const int64_t *pid = user;

    (void)known;
    cr_expect(port > 0 || unix_socket);
    return *pid;
}

Test(http, whose_service_it_is)
{
    struct bench b;
    int64_t pid = 7;

    bench_init(&b);
    b.options.owner = owner_is;
    b.options.owner_user = &pid;
    web_set(b.web, "/debug/vars", WEB_ANSWERS, "{\"memstats\": {}}");
    watch(&b, "http://127.0.0.1:", "/debug/vars");
    /* The source was there before anybody had answered. */
    until_seen(&b, "SOURCE 1 ");
    until_seen(&b, "PID 1 7\nDATA 1 ");
    /* While nobody is known to listen it is taken for the same. */
    pid = -1;
    b.skew_ns += 2 * NS_PER_S;
    until_asked(&b, 8);
    cr_expect_not(is_seen(&b, "PID 1 -1"));
    pid = 8;
    b.skew_ns += 20 * NS_PER_S;
    until_seen(&b, "PID 1 8\nDATA 1 ");
    bench_finish(&b);
}

Test(http, never_asks_twice_at_once)
{
    struct bench b;

    bench_init(&b);
    web_set(b.web, "/metrics", WEB_HANGS, "");
    watch(&b, "http://127.0.0.1:", "/metrics");
    until_asked(&b, 1);
    /* Seconds pass, a thousand polls long; the answer is still awaited. */
    for (int i = 0; i < 10; i++) {
        b.skew_ns += NS_PER_S;
        step(&b);
    }
    cr_expect_eq(web_request_count(b.web), 1);
    bench_finish(&b);
}
