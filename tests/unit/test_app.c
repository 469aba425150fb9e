#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "model/align.h"
#include "model/ingest.h"
#include "tests/unit/app_screen.h"
#include "tests/unit/support.h"
#include "tui/app.h"
#include "tui/keys.h"
#include "tui/lane.h"

TestSuite(app, .fini = test_abort_on_leak);
TestSuite(keys, .fini = test_abort_on_leak);
TestSuite(lane, .fini = test_abort_on_leak);

#define MIB(n) ((double)(n)*1048576.0)

static struct gc_cycle cycle(uint32_t number, int64_t start_ns, double heap_mib)
{
    return (struct gc_cycle){.number = number,
                             .era = "1.18+",
                             .has_start = true,
                             .start_ns = start_ns,
                             .cpu_percent = 1,
                             .sweepterm_ns = 1e4,
                             .mark_ns = 1e6,
                             .markterm_ns = 1e4,
                             .pause_ns = 2e4,
                             .wall_ns = 1.02e6,
                             .cpu_stw_ns = 2e4,
                             .cpu_assist_ns = 1e5,
                             .cpu_dedicated_ns = 1e6,
                             .heap_start = MIB(heap_mib),
                             .heap_end = MIB(heap_mib),
                             .heap_live = MIB(heap_mib) / 2,
                             .heap_goal = MIB(heap_mib),
                             .stacks = NAN,
                             .globals = NAN,
                             .procs = 2,
                             .objects = NAN,
                             .mallocs = NAN,
                             .frees = NAN,
                             .goroutines = NAN};
}

/* `runs` runs of a program, one after the other, ten cycles a second apart each. */
static struct session *session_of(int runs)
{
    struct session *s = session_create();
    struct ingest *in = ingest_create(s, session_add_source(s, "logs/app.log"));
    const struct sink *sink = ingest_sink(in);

    for (int run = 0; run < runs; run++) {
        for (uint32_t i = 1; i <= 10; i++) {
            struct gc_cycle c = cycle(i, i * NS_PER_S, 10.0 * i);

            sink->gc_cycle(sink->user, &c);
        }
    }
    ingest_destroy(in);
    align_session(s);
    return s;
}

/* Keys, and what the screen then says. The recording lasts 9 s. */
static const struct {
    const char *keys;
    const char *want;
} key_effects[] = {
    {"", "+0:09.00 / 0:09.00"},
    {"g", "+0:00.00 / 0:09.00"},
    {"<Home>", "+0:00.00 / 0:09.00"},
    {"gG", "+0:09.00 / 0:09.00"},
    {"g<Right>", "+0:00.09 / 0:09.00"},
    {"glll<Left>", "+0:00.18 / 0:09.00"},
    {"g<PageDown>", "+0:00.90 / 0:09.00"},
    {"gt", "+0:01.00 / 0:09.00"},
    {"gttT", "+0:01.00 / 0:09.00"},
    {"T,.", "+0:08.00 / 0:09.00"},
    {"gtttttttttttttt", "+0:09.00 / 0:09.00"},
    {"b+3s<Enter>", "+0:03.00 / 0:09.00"},
    {"b-1s<Enter>", "+0:08.00 / 0:09.00"},
    {"b50%<Enter>", "+0:04.50 / 0:09.00"},
    {"b1h<Enter>", "+0:09.00 / 0:09.00"},
    {"b+3s<Esc>", "+0:09.00 / 0:09.00"},
    {"bnoon<Enter>", "not a time"},
    {"b12:00<Enter>", "no wall clock"},
    {"b+3x<Backspace>s", "go to: +3s"},
    {">>>", "\u00d78"},
    {"<lt><lt><lt><lt><lt>", "\u00d71/8"},
    {">>>>>>>>>>>>>>>", "\u00d74096"},
    {" ", "\u25b6 \u00d71   0 %"},
    {"  ", "\u2016 \u00d71   0 %"},
    {"F", "\u25cf \u00d71 100 %"},
    {"FF", "\u2016 \u00d71 100 %"},
    {"?", "play, pause"},
    {"?q", "+0:09.00 / 0:09.00"},
    {"p", "only one process"},
    {"<Tab><Enter>", "Assist CPU \u2500"},
    {"++++++++++++++++++++++++++++++++", "+0:09.000000 / 0:09.000000"},
};

Test(app, keys_do_what_the_help_says)
{
    for (size_t i = 0; i < COUNT_OF(key_effects); i++) {
        struct session *s = session_of(1);
        struct app *app = app_create(s);
        struct text out = {0};
        const char *got;

        app_press(app, key_effects[i].keys);
        got = app_screen(app, 80, 24, CHARSET_BRAILLE, &out);
        cr_expect(strstr(got, key_effects[i].want), "keys \"%s\": no \"%s\" in\n%s",
                  key_effects[i].keys, key_effects[i].want, got);
        text_finish(&out);
        app_destroy(app);
        session_destroy(s);
    }
}

Test(app, quitting_backs_out_first)
{
    struct session *s = session_of(1);
    struct app *app = app_create(s);

    app_press(app, "?q");
    cr_expect_eq(app_take_request(app), APP_NOTHING);
    app_press(app, "<Tab><Enter>q");
    cr_expect_eq(app_take_request(app), APP_NOTHING);
    app_press(app, "<Esc><Esc>");
    cr_expect_eq(app_take_request(app), APP_NOTHING);
    app_press(app, "q");
    cr_expect_eq(app_take_request(app), APP_QUIT);
    cr_expect_eq(app_take_request(app), APP_NOTHING, "told once");
    app_destroy(app);
    session_destroy(s);
}

Test(app, replay_moves_with_real_time)
{
    struct session *s = session_of(1);
    struct app *app = app_create(s);
    struct text out = {0};
    int64_t real_ns = 5 * NS_PER_S;

    app_tick(app, real_ns);
    app_press(app, " >");
    cr_expect_geq(app_frame_ms(app), 0);
    app_tick(app, real_ns + 2 * NS_PER_S);
    cr_expect(
        strstr(app_screen(app, 80, 24, CHARSET_BRAILLE, &out), "+0:04.00 / 0:09.00"));
    cr_expect_not(app_is_dirty(app), "drawn");
    app_tick(app, real_ns + 20 * NS_PER_S);
    cr_expect(
        strstr(app_screen(app, 80, 24, CHARSET_BRAILLE, &out), "+0:09.00 / 0:09.00"));
    cr_expect_eq(app_frame_ms(app), -1, "nothing moves at the end");
    text_finish(&out);
    app_destroy(app);
    session_destroy(s);
}

/* While it plays, what lies beyond the playhead does not show; the scale stays. */
Test(app, the_film_shows_no_future)
{
    struct session *s = session_of(1);
    struct app *app = app_create(s);
    struct text out = {0};
    const char *got;

    app_press(app, " ");
    got = app_screen(app, 80, 24, CHARSET_ASCII, &out);
    cr_expect(strstr(got, "100M+"), "the scale is that of the whole");
    cr_expect(strstr(got, "heap peaked at 10.0 MiB"), "%s", got);
    text_finish(&out);
    app_destroy(app);
    session_destroy(s);
}

Test(app, follows_while_loading)
{
    struct session *s = session_create();
    struct ingest *in = ingest_create(s, session_add_source(s, "app.log"));
    const struct sink *sink = ingest_sink(in);
    struct app *app = app_create(s);
    struct text out = {0};

    app_set_progress(app, (struct loader_progress){0, 100, false});
    cr_expect(strstr(app_screen(app, 80, 24, CHARSET_BRAILLE, &out), "loading"));
    for (uint32_t i = 1; i <= 5; i++) {
        struct gc_cycle c = cycle(i, i * NS_PER_S, 10);

        sink->gc_cycle(sink->user, &c);
        align_session(s);
        app_refresh(app);
        app_set_progress(app, (struct loader_progress){i * 20, 100, false});
    }
    cr_expect(
        strstr(app_screen(app, 80, 24, CHARSET_BRAILLE, &out), "+0:04.00 / 0:04.00"));
    cr_expect(strstr(text_str(&out), "100 % of 100 B"), "%s", text_str(&out));
    app_set_progress(app, (struct loader_progress){100, 100, true});
    cr_expect_null(strstr(app_screen(app, 80, 24, CHARSET_BRAILLE, &out), "loading"));
    text_finish(&out);
    app_destroy(app);
    ingest_destroy(in);
    session_destroy(s);
}

Test(app, any_size_and_any_keys_are_survived)
{
    static const uint32_t keys[] = {' ',
                                    '<',
                                    '>',
                                    't',
                                    'T',
                                    'h',
                                    'l',
                                    'g',
                                    'G',
                                    '+',
                                    '-',
                                    '0',
                                    '[',
                                    ']',
                                    'F',
                                    'p',
                                    'P',
                                    '?',
                                    'q',
                                    'b',
                                    '5',
                                    '%',
                                    KEYCODE_ENTER,
                                    KEYCODE_ESC,
                                    KEYCODE_TAB,
                                    KEYCODE_UP,
                                    KEYCODE_SHIFT_TAB,
                                    KEYCODE_DOWN,
                                    KEYCODE_PAGE_UP,
                                    KEYCODE_BACKSPACE,
                                    0x10ffff,
                                    0};
    struct session *s = session_of(3);
    struct app *app = app_create(s);
    struct text out = {0};
    uint64_t seed = 42;

    for (int i = 0; i < 3000; i++) {
        int cols = 1 + (int)test_random_below(&seed, 230);
        int rows = 1 + (int)test_random_below(&seed, 70);

        app_key(app, keys[test_random_below(&seed, COUNT_OF(keys))]);
        app_tick(app, (int64_t)i * 100 * NS_PER_MS);
        (void)app_screen(app, cols, rows, (enum charset)test_random_below(&seed, 3),
                         &out);
    }
    text_finish(&out);
    app_destroy(app);
    session_destroy(s);
}

Test(app, an_empty_session_is_said)
{
    struct session *s = session_create();
    struct app *app = app_create(s);
    struct text out = {0};

    app_press(app, " tT+-0[]gG<Tab>pb50%<Enter>");
    cr_expect(
        strstr(app_screen(app, 100, 30, CHARSET_BRAILLE, &out), "nothing to go to"));
    app_press(app, "l");
    cr_expect(strstr(app_screen(app, 100, 30, CHARSET_BRAILLE, &out), "nothing to show"));
    cr_expect(strstr(app_screen(app, 39, 30, CHARSET_BRAILLE, &out), "40x10 needed"));
    text_finish(&out);
    app_destroy(app);
    session_destroy(s);
}

Test(app, text_of_an_input_is_made_safe)
{
    struct session *s = session_of(1);
    struct app *app;
    struct text out = {0};

    memcpy(s->sources[0]->path, "\033]0;\007/\xff.log", 12);
    app = app_create(s);
    (void)app_screen(app, 120, 30, CHARSET_BRAILLE, &out);
    cr_expect_null(strchr(text_str(&out), '\033'));
    cr_expect_null(strchr(text_str(&out), '\007'));
    text_finish(&out);
    app_destroy(app);
    session_destroy(s);
}

Test(lane, restarts_make_one_picture)
{
    struct session *s = session_of(3);
    struct lane lane = {0};

    cr_expect_eq(s->process_count, 3);
    lane_build(&lane, s, NULL);
    cr_expect_eq(lane.count, 3);
    for (size_t i = 1; i < lane.count; i++)
        cr_expect_gt(lane.entries[i].from_ns, lane.entries[i - 1].to_ns);
    cr_expect_eq(lane_at(&lane, INT64_MIN)->process, lane.entries[0].process);
    cr_expect_eq(lane_at(&lane, INT64_MAX)->process, lane.entries[2].process);
    session_destroy(s);
}

Test(lane, programs_side_by_side_do_not)
{
    struct session *s = session_of(1);
    struct ingest *other = ingest_create(s, session_add_source(s, "other.log"));
    const struct sink *sink = ingest_sink(other);
    struct gc_cycle c = cycle(1, NS_PER_S, 7);
    struct lane lane = {0};

    sink->gc_cycle(sink->user, &c);
    c.number = 2;
    c.start_ns = 4 * NS_PER_S;
    sink->gc_cycle(sink->user, &c);
    align_session(s);
    lane_build(&lane, s, NULL);
    cr_expect_eq(lane.count, 1);
    cr_expect_eq(lane.entries[0].process, s->processes[0], "the one with more rows");
    lane_build(&lane, s, s->processes[1]);
    cr_expect_eq(lane.count, 1);
    cr_expect_eq(lane.entries[0].process, s->processes[1], "the chosen one");
    ingest_destroy(other);
    session_destroy(s);
}

Test(keys, table_is_sound)
{
    for (size_t i = 0; i < key_table_count; i++) {
        cr_expect_neq(key_table[i].action, ACTION_NONE, "row %zu", i);
        cr_expect_eq(key_table[i].keys == NULL, key_table[i].help == NULL, "row %zu", i);
        cr_expect_eq(key_table[i].footer_keys == NULL, key_table[i].footer == NULL);
        for (size_t k = 0; k < i; k++)
            cr_expect(key_table[i].key != key_table[k].key ||
                          key_table[i].is_live != key_table[k].is_live,
                      "rows %zu and %zu", i, k);
    }
    cr_expect_eq(key_action('~', false), ACTION_NONE);
    cr_expect_eq(key_action('=', false), ACTION_ZOOM_IN);
    cr_expect_eq(key_action('=', true), ACTION_FREEZE);
    cr_expect_eq(key_action('+', true), ACTION_ZOOM_IN);
}

Test(keys, scripts_are_read)
{
    static const uint32_t want[] = {'b',  KEYCODE_LEFT,      '<', '>', '<', ' ',
                                    0xe9, KEYCODE_SHIFT_TAB, '<'};
    struct slice script = SLICE("b<Left><lt>><<Space>\xc3\xa9<S-Tab><"), bad;
    uint32_t key;

    for (size_t i = 0; i < COUNT_OF(want); i++) {
        cr_assert(key_script_next(&script, &key, &bad), "key %zu", i);
        cr_expect_eq(key, want[i], "key %zu: %x", i, key);
    }
    cr_expect_not(key_script_next(&script, &key, &bad));
    cr_expect_eq(bad.len, 0);
    script = SLICE("<Nope>");
    cr_expect_not(key_script_next(&script, &key, &bad));
    cr_expect(slice_eq(bad, SLICE("Nope")));
}
