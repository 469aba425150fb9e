/* Logs that were loaded and go on: nothing lost in between, nothing twice. */
#define _XOPEN_SOURCE 700 /* mkdtemp, nftw */

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/units.h"
#include "replay/live.h"
#include "replay/loader.h"
#include "replay/stream.h"
#include "tests/unit/pack.h"
#include "tests/unit/support.h"
#include "tests/unit/tail_bench.h"

TestSuite(follow, .fini = test_abort_on_leak, .timeout = 60);

#define GC(n)                                                                            \
    "gc " #n " @" #n                                                                     \
    ".000s 1%: 1+10+2 ms clock, 4+8/20/4+8 ms cpu, 4->5->2 MB, 4 MB goal, 4 P\n"
#define HALF_GC(n) "gc " #n " @" #n ".000s 1%: 1+10+2 ms clock, 4+8/20"
#define REST_OF_GC "/4+8 ms cpu, 4->5->2 MB, 4 MB goal, 4 P\n"
#define DOCKER(n)                                                                        \
    "{\"log\":\"gc " #n " @" #n                                                          \
    ".000s 1%: 1+10+2 ms clock, 4+8/20/4+8 ms cpu, 4-\\u003e5-\\u003e2 MB, 4 MB goal, "  \
    "4 P\\n\",\"stream\":\"stderr\",\"time\":\"2026-11-21T10:00:0" #n "Z\"}\n"

/* The bench's files and clock; a session that loads, and lives on. */
struct follow_bench {
    struct tail_bench files;
    struct session *session;
    struct loader *loader;
    struct intake *intake;
    struct live *live;
    size_t followed;
};

static int64_t now(void *user)
{
    return ((struct follow_bench *)user)->files.now_ns;
}

static void init(struct follow_bench *b)
{
    const struct loader_options loading = {.is_followed = true};
    const struct intake_options taking = {.format = NULL};
    const struct live_options living = {
        .unix_ns = INT64_C(1795255200) * NS_PER_S, .now_ns = now, .user = b};

    *b = (struct follow_bench){.followed = 0};
    tail_bench_init(&b->files);
    b->session = session_create();
    b->loader = loader_create(b->session, &loading);
    b->intake = intake_create(b->session, NULL, &taking);
    b->live = live_create(b->intake, &living);
}

static void finish(struct follow_bench *b)
{
    live_destroy(b->live);
    intake_destroy(b->intake);
    loader_destroy(b->loader);
    session_destroy(b->session);
    tail_bench_finish(&b->files);
}

static void load(struct follow_bench *b, const char *name)
{
    loader_add(b->loader, *name ? tail_path(&b->files, name) : b->files.folder);
    while (loader_step(b->loader, INT64_MAX))
        ;
    cr_expect(loader_progress(b->loader).done);
    cr_expect_eq(loader_progress(b->loader).bytes_done,
                 loader_progress(b->loader).bytes_total);
}

/* As long as something is due. */
static void run(struct follow_bench *b)
{
    b->files.now_ns += NS_PER_S + NS_PER_MS;
    while (loop_next_ns(live_loop(b->live)) <= b->files.now_ns)
        loop_run_timers(live_loop(b->live), b->files.now_ns);
}

static void follow(struct follow_bench *b)
{
    struct loader_followed one;
    struct err err = {0};

    while (loader_take_followed(b->loader, &one)) {
        const struct tail_options options = {true, one.offset_bytes, one.dev, one.ino};

        b->followed++;
        intake_adopt(b->intake, one.source, one.stream);
        cr_expect(live_follow(b->live, one.source->path, &options, &err), "%s",
                  err.reason);
    }
    run(b);
}

static void expect(const struct follow_bench *b, size_t sources, uint64_t records,
                   int line)
{
    const struct source *source = b->session->sources[0];

    cr_expect_eq(b->session->source_count, sources, "line %d: %zu sources", line,
                 b->session->source_count);
    cr_expect_eq(source->records, records, "line %d: %llu records", line,
                 (unsigned long long)source->records);
    cr_expect_null(source->unreadable, "line %d: %s", line, source->unreadable);
    cr_expect_eq(source->diag.errors + source->diag.skipped, 0, "line %d: %s", line,
                 source->diag.kept[0].reason);
}
#define EXPECT(b, sources, records) expect(b, sources, records, __LINE__)

Test(follow, a_log_goes_on_in_the_middle_of_a_line)
{
    struct follow_bench b;

    init(&b);
    tail_append(&b.files, "log", GC(1) GC(2) HALF_GC(3));
    load(&b, "log");
    EXPECT(&b, 1, 2);
    tail_append(&b.files, "log", REST_OF_GC);
    follow(&b);
    EXPECT(&b, 1, 3);
    tail_append(&b.files, "log", GC(4));
    run(&b);
    EXPECT(&b, 1, 4);
    cr_expect_eq(b.followed, 1);
    cr_expect_eq(b.session->process_count, 1);
    finish(&b);
}

/* Whose lines are recognised at the end alone: there is too little to be sure before. */
Test(follow, a_wrapped_log)
{
    struct follow_bench b;

    init(&b);
    tail_append(&b.files, "log", DOCKER(1) DOCKER(2));
    load(&b, "log");
    EXPECT(&b, 1, 2);
    follow(&b);
    tail_append(&b.files, "log", DOCKER(3));
    run(&b);
    EXPECT(&b, 1, 3);
    cr_expect_eq(b.session->process_count, 1);
    finish(&b);
}

Test(follow, a_log_of_which_nothing_is_known_yet)
{
    static const char *const beginnings[] = {"", "listening on :8080\n", "\n"};
    struct follow_bench b;

    for (size_t i = 0; i < COUNT_OF(beginnings); i++) {
        init(&b);
        tail_append(&b.files, "log", beginnings[i]);
        load(&b, "log");
        EXPECT(&b, 1, 0);
        follow(&b);
        cr_expect_eq(b.followed, 1);
        cr_expect_str_eq(b.session->sources[0]->trouble,
                         "nothing in it yet that heapreel knows");
        tail_append(&b.files, "log", GC(1) GC(2));
        run(&b);
        EXPECT(&b, 1, 2);
        cr_expect_null(b.session->sources[0]->trouble);
        finish(&b);
    }
}

Test(follow, a_long_log_of_which_nothing_is_known_yet)
{
    struct text prose = {0};
    struct follow_bench b;

    init(&b);
    for (int i = 0; i < 5000; i++)
        text_printf(&prose, "request %d took a while and went well\n", i);
    tail_append(&b.files, "log", text_str(&prose));
    load(&b, "log");
    EXPECT(&b, 1, 0);
    follow(&b);
    cr_expect_eq(b.followed, 1);
    tail_append(&b.files, "log", GC(1));
    run(&b);
    EXPECT(&b, 1, 1);
    text_finish(&prose);
    finish(&b);
}

static const struct {
    const char *name;
    struct slice bytes;
    const char *unreadable; /* NULL: it is read */
} documents[] = {
    {"heap.txt",
     SLICE_INIT("heap profile: 1: 16 [1: 16] @ heap/1048576\n1: 16 [1: 16] @ 0x1\n"),
     NULL},
    {"mem.json", SLICE_INIT("{\n\"HeapAlloc\": 1,\n\"Sys\": 2\n}\n"), NULL},
    {"one.json", SLICE_INIT("{\"HeapAlloc\":1,\"Sys\":2}"), NULL},
    {"many.json", SLICE_INIT("[{\"HeapAlloc\":1,\"Sys\":2}]\n"), NULL},
    {"binary", SLICE_INIT("\x01\x02\x03\x04"),
     "is in no format that heapreel knows; it begins with \"\\x01\\x02\\x03\\x04\""},
    {"program",
     SLICE_INIT("\x7f"
                "ELF"),
     "is an ELF binary or core dump"},
    {"page", SLICE_INIT("<html>\n"), "is an HTML page"},
};

Test(follow, documents_are_not)
{
    for (size_t i = 0; i < COUNT_OF(documents); i++) {
        struct follow_bench b;
        const char *unreadable;

        init(&b);
        tail_put(&b.files, documents[i].name, 0, documents[i].bytes);
        load(&b, documents[i].name);
        follow(&b);
        cr_expect_eq(b.followed, 0, "%s", documents[i].name);
        unreadable = b.session->sources[0]->unreadable;
        cr_expect_str_eq(unreadable ? unreadable : "read",
                         documents[i].unreadable ? documents[i].unreadable : "read", "%s",
                         documents[i].name);
        finish(&b);
    }
}

Test(follow, objects_one_a_line_are_a_log)
{
    struct follow_bench b;

    init(&b);
    tail_append(&b.files, "mem.json", "{\"HeapAlloc\":1,\"Sys\":2,\"LastGC\":5}\n");
    load(&b, "mem.json");
    EXPECT(&b, 1, 1);
    follow(&b);
    tail_append(&b.files, "mem.json", "{\"HeapAlloc\":1,\"Sys\":2,\"LastGC\":6}\n");
    run(&b);
    EXPECT(&b, 1, 2);
    finish(&b);
}

static void put_packed(struct follow_bench *b, const char *name, const char *text,
                       size_t cut_bytes)
{
    struct slice packed = pack_find("gzip")->pack(slice_str(text));

    tail_put(&b->files, name, 0, slice_first(packed, packed.len - cut_bytes));
    test_free(packed);
}

Test(follow, what_is_packed_is_not)
{
    struct follow_bench b;

    init(&b);
    put_packed(&b, "log.gz", GC(1), 0);
    load(&b, "log.gz");
    follow(&b);
    EXPECT(&b, 1, 1);
    cr_expect_eq(b.followed, 0);
    finish(&b);
}

Test(follow, rotations_are_read_first_into_the_same_source)
{
    struct follow_bench b;

    init(&b);
    put_packed(&b, "log.3.gz", GC(1), 0);
    put_packed(&b, "log.2.gz", GC(2) HALF_GC(3), 0);
    tail_append(&b.files, "log.1", REST_OF_GC GC(4));
    tail_append(&b.files, "log", GC(5));
    load(&b, "log");
    EXPECT(&b, 1, 5);
    cr_expect_eq(b.session->process_count, 1);
    follow(&b);
    tail_append(&b.files, "log", GC(6));
    run(&b);
    EXPECT(&b, 1, 6);
    finish(&b);
}

Test(follow, a_damaged_rotation_costs_itself_alone)
{
    struct follow_bench b;
    const struct source *source;

    init(&b);
    tail_append(&b.files, "log.3", GC(1));
    put_packed(&b, "log.2.gz", GC(2) GC(3), 9);
    tail_append(&b.files, "log.1", GC(4));
    tail_append(&b.files, "log", GC(5));
    load(&b, "log");
    source = b.session->sources[0];
    cr_expect_geq(source->records, 3);
    cr_expect_eq(source->diag.errors, 1);
    cr_expect(slice_starts(slice_str(source->diag.kept[0].reason), SLICE("log.2.gz: ")),
              "%s", source->diag.kept[0].reason);
    cr_expect_null(source->unreadable);
    follow(&b);
    cr_expect_eq(b.followed, 1);
    finish(&b);
}

/* As a shell's "log*" names them. */
Test(follow, rotations_that_are_named_are_sources_of_their_own)
{
    static const char *const orders[][3] = {{"log", "log.1", "log.2"},
                                            {"log.1", "log", "log.2"}};
    struct follow_bench b;

    for (size_t i = 0; i < COUNT_OF(orders); i++) {
        init(&b);
        tail_append(&b.files, "log.3", GC(1));
        tail_append(&b.files, "log.2", GC(2));
        tail_append(&b.files, "log.1", GC(3));
        tail_append(&b.files, "log", GC(4));
        for (size_t k = 0; k < COUNT_OF(orders[i]); k++)
            loader_add(b.loader, tail_path(&b.files, orders[i][k]));
        while (loader_step(b.loader, INT64_MAX))
            ;
        cr_expect_eq(loader_progress(b.loader).bytes_done,
                     loader_progress(b.loader).bytes_total);
        for (size_t k = 0; k < b.session->source_count; k++) {
            const struct source *source = b.session->sources[k];
            bool is_log = slice_ends(slice_str(source->path), SLICE("/log"));

            cr_expect_eq(source->records, is_log ? 2 : 1, "%s", source->path);
        }
        finish(&b);
    }
}

/* A log that was rotated just now is empty. */
Test(follow, an_empty_log_has_rotations_too)
{
    struct follow_bench b;

    init(&b);
    tail_append(&b.files, "log.1", GC(1));
    tail_append(&b.files, "log", "");
    load(&b, "log");
    EXPECT(&b, 1, 1);
    follow(&b);
    tail_append(&b.files, "log", GC(2));
    run(&b);
    EXPECT(&b, 1, 2);
    finish(&b);
}

Test(follow, a_document_has_no_rotations)
{
    struct follow_bench b;

    init(&b);
    tail_append(&b.files, "mem-20261120.json", "{\n\"HeapAlloc\": 1,\n\"Sys\": 2\n}\n");
    tail_append(&b.files, "mem.json", "{\n\"HeapAlloc\": 1,\n\"Sys\": 2\n}\n");
    load(&b, "mem.json");
    EXPECT(&b, 1, 1);
    finish(&b);
}

Test(follow, without_being_asked_nothing_is)
{
    const struct loader_options loading = {.is_followed = false};
    struct loader_followed one;
    struct follow_bench b;

    init(&b);
    loader_destroy(b.loader);
    b.loader = loader_create(b.session, &loading);
    tail_append(&b.files, "log.1", GC(1));
    tail_append(&b.files, "log", GC(2));
    load(&b, "log");
    EXPECT(&b, 1, 1);
    cr_expect_not(loader_take_followed(b.loader, &one));
    finish(&b);
}

Test(follow, a_folder_whose_logs_are_rotated)
{
    struct follow_bench b;
    struct err err = {0};

    init(&b);
    tail_append(&b.files, "a.log", GC(2));
    tail_append(&b.files, "a.log.1", GC(1));
    load(&b, "");
    follow(&b);
    cr_expect_eq(b.followed, 1);
    cr_assert(live_follow_folder(b.live, b.files.folder, &err), "%s", err.reason);
    for (int i = 0; i < 3; i++) {
        tail_move(&b.files, "a.log.1", "a.log.2");
        tail_move(&b.files, "a.log", "a.log.1");
        tail_append(&b.files, "a.log", GC(3));
        run(&b);
        run(&b);
    }
    EXPECT(&b, 2, 4);
    cr_expect_eq(b.session->sources[1]->records, 1);
    finish(&b);
}

/* Of its files those that are logs go on, and new ones join. */
Test(follow, a_folder)
{
    struct follow_bench b;
    struct err err = {0};

    init(&b);
    tail_append(&b.files, "a.log", GC(1));
    tail_append(&b.files, "b.log", GC(1));
    tail_append(&b.files, "empty", "");
    tail_append(&b.files, "README.md", "Logs of the service.\n");
    load(&b, "");
    cr_expect_eq(b.session->source_count, 4);
    cr_expect_eq(loader_unreadable_count(b.loader), 0);
    follow(&b);
    cr_expect_eq(b.followed, 2);
    cr_assert(live_follow_folder(b.live, b.files.folder, &err), "%s", err.reason);
    tail_append(&b.files, "a.log", GC(2));
    tail_append(&b.files, "c.log", GC(1));
    tail_append(&b.files, "empty", GC(1));
    run(&b);
    cr_expect_eq(b.session->source_count, 6);
    for (size_t i = 0; i < b.session->source_count; i++) {
        const struct source *source = b.session->sources[i];
        bool is_old =
            i < 4 && (strstr(source->path, "empty") || strstr(source->path, "README"));
        uint64_t want = is_old ? 0 : strstr(source->path, "a.log") ? 2 : 1;

        cr_expect_eq(source->records, want, "%s", source->path);
    }
    cr_expect_not(live_is_over(b.live));
    finish(&b);
}
