/* Which events set off what, and how often: on a made-up session and clock. */
#include "cli/alarm.h"

#include <criterion/criterion.h>
#include <json-c/json.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/alarm_told.h"
#include "model/base/text.h"
#include "model/finding.h"
#include "model/units.h"
#include "tests/unit/support.h"

TestSuite(alarm, .fini = test_abort_on_leak);

/* The recorder began then; Unix time. */
#define START_NS (INT64_C(1795000000) * NS_PER_S)

struct fixture {
    struct options options;
    struct session *session;
    struct process *process;
    struct alarm *alarm;
    struct text said, hooks, json;
    size_t captures;
    bool refuses; /* the hook */
    int64_t now_ns;
};

static void say(void *user, const char *line)
{
    struct fixture *f = user;

    text_printf(&f->said, "%s\n", line);
}

static size_t capture(void *user)
{
    ((struct fixture *)user)->captures++;
    return 1;
}

static bool run_hook(void *user, const char *kind, struct slice json)
{
    struct fixture *f = user;

    if (f->refuses)
        return false;
    text_printf(&f->hooks, "%s ", kind);
    text_clear(&f->json);
    text_put(&f->json, json);
    return true;
}

static void begin(struct fixture *f, const char *on)
{
    struct track *t;
    double value = 1;

    *f = (struct fixture){.now_ns = 1000 * NS_PER_S};
    f->options.on = on;
    f->options.output = "made.reel";
    f->options.is_verbose = true;
    cr_assert(alarm_read_kinds(&f->options));
    f->session = session_create();
    f->session->is_streamed = true;
    f->session->has_wall = true;
    t = session_add_process(f->session, session_add_source(f->session, "http://made/"));
    t->clock = CLOCK_WALL;
    (void)table_column(t->table, METRIC_HEAP_LIVE, 0);
    table_append(t->table, START_NS, &value);
    f->process = t->process;
    f->process->pid = 7;
    f->alarm = alarm_create(&(struct alarm_options){
        .options = &f->options,
        .session = f->session,
        .since_ns = START_NS,
        .say = say,
        .capture = capture,
        .run_hook = run_hook,
        .user = f,
    });
}

static void finish(struct fixture *f)
{
    alarm_destroy(f->alarm);
    session_destroy(f->session);
    text_finish(&f->said);
    text_finish(&f->hooks);
    text_finish(&f->json);
}

/* Seconds after the start. */
static void find(struct fixture *f, enum event_kind kind, enum severity severity,
                 double began_s, double detected_s)
{
    struct finding finding =
        finding_of(kind, severity, f->process, START_NS + (int64_t)(began_s * 1e9),
                   START_NS + (int64_t)(detected_s * 1e9));

    finding.has_series = true;
    finding.metric = METRIC_HEAP_LIVE;
    finding.message = SLICE("it grows");
    cr_assert(session_add_finding(f->session, &finding));
}

static void look(struct fixture *f)
{
    alarm_look(f->alarm, false, f->now_ns);
}

static void expect_said(const struct fixture *f, const char *part, bool is_there)
{
    cr_expect_eq(strstr(text_str(&f->said), part) != NULL, is_there, "%s in: %s", part,
                 text_str(&f->said));
}

Test(alarm, fires_for_the_usual_kinds)
{
    struct fixture f;

    begin(&f, NULL);
    find(&f, EVENT_LEAK, SEVERITY_WARNING, 1, 12.3456);
    find(&f, EVENT_SPIKE, SEVERITY_NOTICE, 1, 13);
    look(&f);
    cr_expect_str_eq(text_str(&f.hooks), "leak ");
    cr_expect_eq(f.captures, 1);
    expect_said(&f, "+0:12.345 warning leak heap.live: it grows\n", true);
    expect_said(&f, "+0:13.000 notice spike heap.live: it grows\n", true);
    look(&f);
    cr_expect_str_eq(text_str(&f.hooks), "leak ");
    finish(&f);
}

Test(alarm, says_less_without_being_asked)
{
    struct fixture f;

    begin(&f, NULL);
    f.options.is_verbose = false;
    find(&f, EVENT_LEAK, SEVERITY_WARNING, 1, 2);
    find(&f, EVENT_SPIKE, SEVERITY_NOTICE, 1, 3);
    look(&f);
    expect_said(&f, "leak", true);
    expect_said(&f, "spike", false);
    text_clear(&f.said);
    f.options.is_quiet = true;
    find(&f, EVENT_LEAK, SEVERITY_WARNING, 4, 5);
    look(&f);
    cr_expect_str_eq(text_str(&f.said), "");
    finish(&f);
}

Test(alarm, gives_the_event_as_json)
{
    struct fixture f;
    struct json_object *root, *event, *value;

    begin(&f, "leak");
    find(&f, EVENT_LEAK, SEVERITY_WARNING, 1, 2.5);
    look(&f);
    cr_expect_eq(strchr(text_str(&f.json), '\n'), f.json.ptr + f.json.len - 1,
                 "one line: %s", text_str(&f.json));
    root = json_tokener_parse(text_str(&f.json));
    cr_assert(root);
    cr_assert(json_object_object_get_ex(root, "schema", &value));
    cr_expect_str_eq(json_object_get_string(value), "heapreel.event/1");
    cr_assert(json_object_object_get_ex(root, "recording", &value));
    cr_expect_str_eq(json_object_get_string(value), "made.reel");
    cr_assert(json_object_object_get_ex(root, "sources", &value));
    cr_expect_str_eq(json_object_get_string(value), "[ \"http:\\/\\/made\\/\" ]");
    cr_assert(json_object_object_get_ex(root, "process", &value));
    cr_assert(json_object_object_get_ex(value, "pid", &value));
    cr_expect_eq(json_object_get_int(value), 7);
    cr_assert(json_object_object_get_ex(root, "event", &event));
    cr_assert(json_object_object_get_ex(event, "kind", &value));
    cr_expect_str_eq(json_object_get_string(value), "leak");
    cr_assert(json_object_object_get_ex(event, "detected_s", &value));
    cr_expect_eq(json_object_get_double(value), 2.5);
    cr_assert(json_object_object_get_ex(event, "t", &value));
    cr_expect_str_eq(json_object_get_string(value), "2026-11-18T11:06:41.000000000Z");
    (void)json_object_put(root);
    finish(&f);
}

Test(alarm, what_is_found_again_is_told_once)
{
    struct fixture f;

    begin(&f, "leak,spike");
    find(&f, EVENT_LEAK, SEVERITY_WARNING, 1, 2);
    look(&f);
    session_drop_findings_of(f.session, f.process);
    find(&f, EVENT_LEAK, SEVERITY_WARNING, 1, 2);
    find(&f, EVENT_SPIKE, SEVERITY_NOTICE, 3, 4);
    look(&f);
    cr_expect_str_eq(text_str(&f.hooks), "leak spike ");
    finish(&f);
}

/* Two sources turn out to tell of one process, which is looked at from the beginning. */
Test(alarm, what_is_found_again_of_a_joined_process_is_told_once)
{
    struct fixture f;
    struct process *both, *first;

    begin(&f, "leak,spike");
    find(&f, EVENT_LEAK, SEVERITY_WARNING, 1, 2);
    look(&f);
    first = f.process;
    both = session_add_process(f.session, f.session->sources[0])->process;
    session_join(f.session, both, first);
    session_drop_findings_of(f.session, first);
    f.process = both;
    find(&f, EVENT_LEAK, SEVERITY_WARNING, 1, 2);
    find(&f, EVENT_SPIKE, SEVERITY_NOTICE, 3, 4);
    look(&f);
    cr_expect_str_eq(text_str(&f.hooks), "leak spike ");
    finish(&f);
}

Test(alarm, history_sets_nothing_off)
{
    struct fixture f;

    begin(&f, "leak,restart");
    find(&f, EVENT_LEAK, SEVERITY_WARNING, -20, -10);
    look(&f);
    find(&f, EVENT_LEAK, SEVERITY_WARNING, 5, 6);
    alarm_look(f.alarm, true, f.now_ns);
    look(&f);
    cr_expect_str_eq(text_str(&f.hooks), "");
    cr_expect_str_eq(text_str(&f.said), "");
    find(&f, EVENT_LEAK, SEVERITY_WARNING, -10, 7); /* it began then, but is known now */
    look(&f);
    cr_expect_str_eq(text_str(&f.hooks), "leak ");
    finish(&f);
}

Test(alarm, what_inputs_tell_fires_too)
{
    struct fixture f;
    struct notice notice = notice_empty(EVENT_FATAL);
    struct event *e;

    begin(&f, "fatal");
    notice.message = SLICE("out of memory");
    e = session_add_event(f.session, f.session->sources[0], &notice);
    cr_assert(e);
    e->has_time = true;
    e->time_ns = START_NS + NS_PER_S;
    look(&f);
    look(&f);
    cr_expect_str_eq(text_str(&f.hooks), "fatal ");
    finish(&f);
}

Test(alarm, one_of_a_kind_a_minute)
{
    struct fixture f;

    begin(&f, "leak,spike");
    find(&f, EVENT_LEAK, SEVERITY_WARNING, 1, 2);
    find(&f, EVENT_LEAK, SEVERITY_WARNING, 2, 3);
    find(&f, EVENT_SPIKE, SEVERITY_WARNING, 3, 4);
    look(&f);
    cr_expect_str_eq(text_str(&f.hooks), "leak spike ");
    cr_expect_eq(f.captures, 1);
    cr_expect(strstr(text_str(&f.json), "\"held_back\":1"), "%s", text_str(&f.json));
    expect_said(&f, "leak: --exec is held back", true);
    f.now_ns += 59 * NS_PER_S;
    find(&f, EVENT_LEAK, SEVERITY_WARNING, 4, 5);
    look(&f);
    cr_expect_str_eq(text_str(&f.hooks), "leak spike ");
    cr_expect_eq(f.captures, 1);
    f.now_ns += NS_PER_S;
    find(&f, EVENT_LEAK, SEVERITY_WARNING, 5, 6);
    look(&f);
    cr_expect_str_eq(text_str(&f.hooks), "leak spike leak ");
    cr_expect_eq(f.captures, 2);
    finish(&f);
}

Test(alarm, ten_an_hour)
{
    struct fixture f;
    size_t ran = 0;

    begin(&f, "leak");
    for (int minute = 0; minute < 60; minute++, f.now_ns += 60 * NS_PER_S) {
        find(&f, EVENT_LEAK, SEVERITY_WARNING, minute, minute + 1);
        look(&f);
    }
    for (const char *c = text_str(&f.hooks); *c; c++)
        ran += *c == ' ';
    cr_expect_eq(ran, ALARM_HOOKS_AN_HOUR);
    text_clear(&f.hooks);
    find(&f, EVENT_LEAK, SEVERITY_WARNING, 100, 101);
    look(&f);
    cr_expect_str_eq(text_str(&f.hooks), "leak ");
    cr_expect(strstr(text_str(&f.json), "\"held_back\":50"), "%s", text_str(&f.json));
    finish(&f);
}

/* A hook that could not be started has not been told. */
Test(alarm, one_that_did_not_run_does_not_count)
{
    struct fixture f;

    begin(&f, "leak");
    f.refuses = true;
    find(&f, EVENT_LEAK, SEVERITY_WARNING, 1, 2);
    look(&f);
    f.refuses = false;
    find(&f, EVENT_LEAK, SEVERITY_WARNING, 2, 3);
    look(&f);
    cr_expect_str_eq(text_str(&f.hooks), "leak ");
    cr_expect(strstr(text_str(&f.json), "\"held_back\":1"), "%s", text_str(&f.json));
    finish(&f);
}

Test(alarm, kinds)
{
    static const struct {
        const char *on;
        uint32_t kinds; /* 0: refused */
    } rows[] = {
        {NULL, 1u << EVENT_LEAK | 1u << EVENT_PRE_OOM | 1u << EVENT_GC_PRESSURE},
        {"rule", 1u << EVENT_RULE},
        {"oom-killed,fatal,restart",
         1u << EVENT_OOM_KILLED | 1u << EVENT_FATAL | 1u << EVENT_RESTART},
        {"leak,leak", 1u << EVENT_LEAK},
        {"", 0},
        {"leak,", 0},
        {",leak", 0},
        {"Leak", 0},
        {"leak pre-oom", 0},
    };

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct options o = {.on = rows[i].on};

        cr_expect_eq(alarm_read_kinds(&o), rows[i].kinds != 0, "%s", rows[i].on);
        if (rows[i].kinds)
            cr_expect_eq(o.on_kinds, rows[i].kinds, "%s", rows[i].on);
    }
}

/* Months of findings that come and go cost no more than those that are there. */
Test(alarm, what_was_told_is_bounded)
{
    struct fixture f;
    struct alarm_told told = {0};
    struct event e = {.kind = EVENT_RULE};
    size_t most = 0;

    begin(&f, NULL);
    find(&f, EVENT_LEAK, SEVERITY_WARNING, 1, 2);
    cr_expect(alarm_told_add(&told, f.session->findings[0]));
    for (int64_t i = 0; i < 16 * SESSION_FINDINGS_MAX; i++) {
        e.time_ns = i;
        cr_expect(alarm_told_add(&told, &e));
        alarm_told_settle(&told, f.session);
        most = told.count > most ? told.count : most;
    }
    cr_expect_leq(most, 9 * SESSION_FINDINGS_MAX);
    cr_expect_not(alarm_told_add(&told, f.session->findings[0]));
    alarm_told_finish(&told);
    finish(&f);
}
