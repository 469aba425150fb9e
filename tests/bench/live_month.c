/*
 * A month before a live dashboard: a service's /debug/vars, process, cgroup and GC trace
 * once a second of made-up time, as live sources give them, through the intake, all
 * detectors, retention, and the dashboard, which is drawn once a simulated minute.
 *
 *   bench_live_month RECORDED_DEBUG_VARS
 *
 * HEAPREEL_BENCH_LIVE_DAYS sizes it, 30 unless it is set, or HEAPREEL_BENCH_LIVE_MINUTES.
 * Once each, in a process of its own: a service that goes on, one that is restarted each
 * hour, and one whose sources fail for a moment each minute. Prints a line of JSON for
 * each.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/rules_file.h"
#include "model/base/num.h"
#include "model/detect/rule.h"
#include "model/detect/watch.h"
#include "model/retention.h"
#include "model/units.h"
#include "replay/intake.h"
#include "replay/transcript.h"
#include "tests/bench/live_feed.h"
#include "tests/bench/timing.h"
#include "tui/app.h"

#define DAY_S 86400
#define START_NS (INT64_C(1780000000) * NS_PER_S)
#define SCREEN_ROWS 50
#define SCREEN_COLS 200

enum { VARS = 1, PROCESS, CGROUP, TRACE, SOURCE_COUNT = TRACE };

enum kind { STEADY, RESTARTS, FLAPS };

static const char *const kind_names[] = {"steady", "restart each hour",
                                         "trouble each minute"};

struct month {
    enum kind kind;
    struct live_feed feed;
    struct session *session;
    struct rule_set *rules;
    struct watch *watch;
    struct transcript *transcript;
    struct intake *intake;
    struct app *app;
    struct canvas canvas;
    struct text bytes;
    uint32_t sources[SOURCE_COUNT + 1], source_count;
};

static void give(struct month *m, unsigned which, enum entry_kind kind, unsigned flags,
                 struct slice bytes)
{
    const struct entry e = {
        .kind = kind,
        .flags = flags,
        .source = which ? m->sources[which] : 0,
        .time_ns = m->feed.unix_ns,
        .pid = which == VARS ? -1 : m->feed.pid,
        .bytes = bytes,
    };

    intake_take(m->intake, &e);
}

static void add_source(struct month *m, unsigned which, const char *name, unsigned flags)
{
    m->sources[which] = ++m->source_count;
    give(m, which, ENTRY_SOURCE, flags, slice_str(name));
}

/* A process that is watched by its number ends with it, as its trace does. */
static void restart(struct month *m)
{
    struct text name = {0};

    for (unsigned i = PROCESS; i <= TRACE; i++)
        give(m, i, ENTRY_END, 0, SLICE("exit 1"));
    live_feed_restart(&m->feed);
    text_printf(&name, "pid:%" PRId64, m->feed.pid);
    add_source(m, PROCESS, text_str(&name), 0);
    text_put_str(&name, " cgroup");
    add_source(m, CGROUP, text_str(&name), 0);
    add_source(m, TRACE, "server stderr", ENTRY_IS_STREAM);
    text_finish(&name);
}

static void give_second(struct month *m)
{
    live_feed_second(&m->feed);
    live_feed_vars(&m->feed, &m->bytes);
    give(m, VARS, ENTRY_DATA, 0, slice_of(m->bytes.ptr, m->bytes.len));
    live_feed_process(&m->feed, &m->bytes);
    give(m, PROCESS, ENTRY_DATA, 0, slice_of(m->bytes.ptr, m->bytes.len));
    live_feed_cgroup(&m->feed, &m->bytes);
    give(m, CGROUP, ENTRY_DATA, 0, slice_of(m->bytes.ptr, m->bytes.len));
    live_feed_trace(&m->feed, &m->bytes);
    if (m->bytes.len)
        give(m, TRACE, ENTRY_DATA, 0, slice_of(m->bytes.ptr, m->bytes.len));
    give(m, 0, ENTRY_BEAT, 0, SLICE(""));
}

static void look(struct month *m)
{
    const struct retention keep = {RETENTION_FULL_NS, RETENTION_PROFILES_MAX};
    const struct app_live live = {
        .is_live = true,
        .now_unix_ns = m->feed.unix_ns,
        .recording = "month.reel",
        .has_profiles = true,
        .transcript = m->transcript,
    };

    retention_apply(m->session, &keep, m->feed.unix_ns);
    app_set_live(m->app, &live);
    app_refresh(m->app);
    app_draw(m->app, &m->canvas);
}

static void run_minute(struct month *m, uint64_t minute)
{
    if (m->kind == RESTARTS && minute && minute % 60 == 0)
        restart(m);
    for (int second = 0; second < 60; second++) {
        give_second(m);
        if (m->kind == FLAPS && second == 30) {
            live_feed_second(&m->feed);
            for (unsigned i = VARS; i <= CGROUP; i++)
                give(m, i, ENTRY_TROUBLE, 0, SLICE("connection refused"));
        }
    }
    look(m);
}

static double resident_mib(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    char line[128];
    uint64_t pages = 0;

    if (file && fgets(line, sizeof line, file)) {
        struct slice rest = slice_str(line);
        size_t skip = 0;

        while (skip < rest.len && rest.ptr[skip] != ' ')
            skip++;
        rest = slice_after(rest, skip + 1 < rest.len ? skip + 1 : rest.len);
        skip = 0;
        while (skip < rest.len && rest.ptr[skip] != ' ')
            skip++;
        if (!num_parse_u64(slice_first(rest, skip), &pages))
            pages = 0;
    }
    if (file)
        (void)fclose(file);
    return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1048576;
}

static void report(const struct month *m, uint64_t minutes, double early_mib,
                   int64_t took_ns)
{
    struct rusage usage = {0};
    const double seconds = (double)minutes * 60;

    (void)getrusage(RUSAGE_SELF, &usage);
    (void)printf(
        "{\"kind\": \"%s\", \"days\": %.2f"
        ", \"peak_rss_mib\": %.1f, \"after_a_tenth_mib\": %.1f, \"end_mib\": %.1f, "
        "\"s\": %.1f, \"us_a_second\": %.1f, \"processes\": %zu, \"events\": %zu, "
        "\"findings\": %zu}\n",
        kind_names[m->kind], seconds / DAY_S, (double)usage.ru_maxrss / 1024, early_mib,
        resident_mib(), (double)took_ns / 1e9, (double)took_ns / seconds / 1e3,
        m->session->process_count, m->session->event_count, m->session->finding_count);
}

static void run(struct month *m, uint64_t minutes)
{
    const int64_t start_ns = timing_now_ns();
    double early_mib = 0;

    for (uint64_t minute = 0; minute < minutes; minute++) {
        run_minute(m, minute);
        if (minute == minutes / 10)
            early_mib = resident_mib();
    }
    report(m, minutes, early_mib, timing_now_ns() - start_ns);
}

static bool begin(struct month *m, enum kind kind, const char *form)
{
    struct intake_options options = {0};

    *m = (struct month){.kind = kind};
    if (!live_feed_init(&m->feed, form, START_NS)) {
        (void)fprintf(stderr, "%s: no recorded /debug/vars\n", form);
        return false;
    }
    m->session = session_create();
    m->session->is_streamed = true;
    m->rules = rules_file_load(NULL);
    m->watch = watch_create(m->session, m->rules);
    m->transcript = transcript_create();
    options.transcript = m->transcript;
    m->intake = intake_create(m->session, m->watch, &options);
    m->app = app_create(m->session);
    m->canvas = (struct canvas){.charset = CHARSET_BRAILLE};
    canvas_resize(&m->canvas, SCREEN_COLS, SCREEN_ROWS);
    add_source(m, VARS, "http://127.0.0.1:6060/debug/vars", 0);
    add_source(m, PROCESS, "pid:1001", 0);
    add_source(m, CGROUP, "pid:1001 cgroup", 0);
    add_source(m, TRACE, "server stderr", ENTRY_IS_STREAM);
    return true;
}

static void finish(struct month *m)
{
    app_destroy(m->app);
    canvas_finish(&m->canvas);
    intake_destroy(m->intake);
    transcript_destroy(m->transcript);
    watch_destroy(m->watch);
    rule_set_destroy(m->rules);
    session_destroy(m->session);
    live_feed_finish(&m->feed);
    text_finish(&m->bytes);
}

static int run_kind(enum kind kind, const char *form, uint64_t minutes)
{
    struct month m;

    if (!begin(&m, kind, form))
        return 1;
    run(&m, minutes);
    finish(&m);
    return 0;
}

/* What the environment says, if it is a number that can be meant. */
static uint64_t setting(const char *name, uint64_t otherwise, uint64_t most)
{
    const char *asked = getenv(name);
    uint64_t value;

    if (asked && num_parse_u64(slice_str(asked), &value) && value > 0 && value <= most)
        return value;
    return otherwise;
}

int main(int argc, char **argv)
{
    const uint64_t days = setting("HEAPREEL_BENCH_LIVE_DAYS", 30, 36500);
    const uint64_t minutes =
        setting("HEAPREEL_BENCH_LIVE_MINUTES", days * (DAY_S / 60), 36500 * (DAY_S / 60));
    int status = 0;

    if (argc != 2)
        return 2;
    for (enum kind kind = STEADY; kind <= FLAPS; kind++) {
        /* The peak is the process's: each has its own. */
        const pid_t pid = fork();
        int ended = 1;

        if (pid == 0) {
            const int failed = run_kind(kind, argv[1], minutes);

            (void)fflush(stdout);
            _exit(failed);
        }
        if (pid < 0 || waitpid(pid, &ended, 0) != pid || ended != 0)
            status = 1;
    }
    return status;
}
