/* From files, folders and pipes into a session, damage included. */
#define _XOPEN_SOURCE 700 /* mkdtemp, nftw */

#include <criterion/criterion.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/base/text.h"
#include "parsers/parser.h"
#include "replay/loader.h"
#include "tests/unit/pack.h"
#include "tests/unit/session_of.h"
#include "tests/unit/support.h"
#include "tests/unit/trace_file.h"

TestSuite(loader, .fini = test_abort_on_leak);

struct scratch {
    char folder[64];
};

static void scratch_init(struct scratch *s)
{
    (void)snprintf(s->folder, sizeof s->folder, "/tmp/heapreel-test-XXXXXX");
    cr_assert(mkdtemp(s->folder));
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

static void scratch_finish(struct scratch *s)
{
    (void)nftw(s->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static const char *path_in(char out[TRACE_PATH], const struct scratch *s,
                           const char *name)
{
    (void)snprintf(out, TRACE_PATH, "%s/%s", s->folder, name);
    return out;
}

static void put_file(const struct scratch *s, const char *name, struct slice bytes)
{
    char path[TRACE_PATH];
    FILE *f = fopen(path_in(path, s, name), "wb");

    cr_assert(f);
    cr_assert_eq(fwrite(bytes.ptr, 1, bytes.len, f), bytes.len);
    cr_assert_eq(fclose(f), 0);
}

static const struct loader_options any_format = {.format = NULL};

/* Loads the paths (the last is NULL) to the end. */
static struct session *load(const char *const *paths, size_t *unreadable)
{
    struct session *s = session_create();
    struct loader *l = loader_create(s, &any_format);

    for (; *paths; paths++)
        loader_add(l, *paths);
    while (loader_step(l, INT64_MAX))
        ;
    cr_expect(loader_progress(l).done);
    *unreadable = loader_unreadable_count(l);
    loader_destroy(l);
    return s;
}

static struct session *load_bytes(struct slice bytes, size_t *unreadable)
{
    struct scratch scratch = {0};
    char path[TRACE_PATH];
    struct session *s;

    scratch_init(&scratch);
    put_file(&scratch, "input", bytes);
    s = load((const char *const[]){path_in(path, &scratch, "input"), NULL}, unreadable);
    scratch_finish(&scratch);
    return s;
}

#define GC(n)                                                                            \
    "gc " #n " @" #n                                                                     \
    ".000s 1%: 1+10+2 ms clock, 4+8/20/4+8 ms cpu, 4->5->2 MB, 4 MB goal, "              \
    "4 P\n"
#define MEM(n) "{\"HeapAlloc\":1,\"Sys\":2,\"LastGC\":" #n "}\n"

static const struct {
    const char *what;
    struct slice bytes;
    uint64_t records;
    const char *format, *unreadable; /* NULL = unknown; NULL = read */
} inputs[] = {
    {"empty", SLICE_INIT(""), 0, NULL, "is empty"},
    {"one NUL", SLICE_INIT("\0"), 0, NULL, "holds nothing but NUL bytes"},
    {"prose", SLICE_INIT("hello\nworld\n"), 0, NULL,
     "is in no format that heapreel knows; it begins with \"hello\\x0aworld\\x0a\""},
    {"binary junk", SLICE_INIT("\x01\x02\x1b[2J\x9b\xff\xfe\0gc 1"), 0, NULL,
     "is in no format that heapreel knows; it begins with "
     "\"\\x01\\x02\\x1b[2J\\x9b\\xff\\xfe\\x00gc 1\""},
    {"ELF",
     SLICE_INIT("\x7f"
                "ELF\x02\x01\x01"),
     0, NULL, "is an ELF binary or core dump"},
    {"a trace", SLICE_INIT(GC(1) GC(2)), 2, "gctrace", NULL},
    {"no newline",
     SLICE_INIT("x\ngc 1 @1.000s 1%: 1+10+2 ms clock, 4+8/20/4+8 ms cpu, "
                "4->5->2 MB, 4 MB goal, 4 P"),
     1, "gctrace", NULL},
    {"a mark in front", SLICE_INIT("\xef\xbb\xbf" MEM(5)), 1, "memstats", NULL},
    {"a mark before a trace", SLICE_INIT("\xef\xbb\xbf" GC(1)), 1, "gctrace", NULL},
    {"a hole", SLICE_INIT("\0\0\0\0" MEM(5) MEM(6)), 2, "memstats", NULL},
    {"a torn first line", SLICE_INIT("5,\"Sys\":2}\n" MEM(5) MEM(6)), 2, "memstats",
     NULL},
    {"old lines only", SLICE_INIT("gc14(2): broken\n"), 0, "gctrace",
     "has no record that heapreel knows"},
    {"snapshots without a time", SLICE_INIT("{\"HeapAlloc\":1,\"Sys\":2}\n"), 1,
     "memstats", NULL},
};

Test(loader, inputs_of_every_kind)
{
    for (size_t i = 0; i < COUNT_OF(inputs); i++) {
        size_t unreadable;
        struct session *s = load_bytes(inputs[i].bytes, &unreadable);
        const struct source *source = s->sources[0];

        cr_assert_eq(s->source_count, 1);
        cr_expect_eq(source->records, inputs[i].records, "%s: %llu", inputs[i].what,
                     (unsigned long long)source->records);
        cr_expect_str_eq(source->format ? source->format : "unknown",
                         inputs[i].format ? inputs[i].format : "unknown", "%s",
                         inputs[i].what);
        cr_expect_str_eq(source->unreadable ? source->unreadable : "read",
                         inputs[i].unreadable ? inputs[i].unreadable : "read", "%s",
                         inputs[i].what);
        cr_expect_eq(unreadable, inputs[i].unreadable != NULL, "%s", inputs[i].what);
        session_destroy(s);
    }
}

/* 3 MB of NULs before the first line, more than a head or a line may be long. */
Test(loader, a_large_hole)
{
    struct text t = {0};
    size_t unreadable;
    struct session *s;

    for (size_t i = 0; i < (size_t)3 << 20; i++)
        text_put_char(&t, '\0');
    text_put_str(&t, MEM(5));
    s = load_bytes(slice_of(t.ptr, t.len), &unreadable);
    cr_expect_eq(s->sources[0]->records, 1);
    cr_expect_eq(s->sources[0]->diag.skipped, 0);
    session_destroy(s);
    text_finish(&t);
}

static uint64_t records_of(const char *trace)
{
    struct session *s = session_create();
    uint64_t records = session_add_trace(s, trace)->records;

    session_destroy(s);
    return records;
}

/* Each compressor, whole, cut in the middle, and with a byte changed. */
Test(loader, compressed_and_damaged)
{
    struct slice plain = trace_plain("thrash/gctrace.log.zst");
    uint64_t all = records_of("thrash/gctrace.log.zst");

    for (const struct pack_ops *p = pack_table; p->name; p++) {
        struct slice packed = p->pack(plain);
        size_t unreadable;
        struct session *s = load_bytes(packed, &unreadable);
        bool is_text = strcmp(p->name, "utf-16") == 0;

        cr_expect_eq(s->sources[0]->records, all, "%s", p->name);
        cr_expect_str_eq(is_text ? s->sources[0]->wrapping : s->sources[0]->compression,
                         p->name);
        cr_expect_eq(s->sources[0]->diag.errors, 0, "%s", p->name);
        session_destroy(s);
        /* A cut costs the last block at most, which xz makes of all of this. */
        s = load_bytes(slice_first(packed, packed.len / 16 * 14), &unreadable);
        cr_expect_gt(s->sources[0]->records, all / 2, "%s: %llu of %llu", p->name,
                     (unsigned long long)s->sources[0]->records, (unsigned long long)all);
        cr_expect_lt(s->sources[0]->records, all, "%s", p->name);
        cr_expect_eq(s->sources[0]->diag.errors, !is_text, "%s", p->name);
        cr_expect_eq(unreadable, 0, "%s", p->name);
        session_destroy(s);
        s = load_bytes(slice_first(packed, 9), &unreadable);
        cr_expect_eq(unreadable, 1, "%s of 9 bytes", p->name);
        cr_expect_not_null(s->sources[0]->unreadable, "%s of 9 bytes", p->name);
        session_destroy(s);
        test_free(packed);
    }
    test_free(plain);
}

Test(loader, two_layers)
{
    struct slice plain = trace_plain("lateleak/gctrace.log");
    uint64_t all = records_of("lateleak/gctrace.log");

    for (const struct pack_ops *p = pack_table; p->name; p++) {
        for (const struct pack_ops *q = pack_table; q->name; q++) {
            struct slice inner = p->pack(plain), both;
            size_t unreadable;
            struct session *s;

            if (strcmp(q->name, "utf-16") == 0) { /* it takes text only */
                test_free(inner);
                continue;
            }
            both = q->pack(inner);
            s = load_bytes(both, &unreadable);
            cr_expect_eq(s->sources[0]->records, all, "%s in %s", p->name, q->name);
            session_destroy(s);
            test_free(inner);
            test_free(both);
        }
    }
    test_free(plain);
}

Test(loader, folders)
{
    struct scratch scratch = {0};
    char empty[TRACE_PATH], known[TRACE_PATH], path[TRACE_PATH];
    size_t unreadable;
    struct session *s;

    scratch_init(&scratch);
    cr_assert_eq(mkdir(path_in(empty, &scratch, "empty"), 0700), 0);
    cr_assert_eq(mkdir(path_in(known, &scratch, "known"), 0700), 0);
    s = load((const char *const[]){empty, NULL}, &unreadable);
    cr_expect_eq(unreadable, 1);
    cr_expect_str_eq(s->sources[0]->unreadable, "is a folder without files");
    session_destroy(s);

    put_file(&scratch, "known/.hidden", SLICE(GC(9)));
    put_file(&scratch, "known/readme", SLICE("hello\n"));
    s = load((const char *const[]){known, NULL}, &unreadable);
    cr_expect_eq(unreadable, 1);
    cr_expect_eq(s->source_count, 2);
    cr_expect_str_eq(s->sources[1]->unreadable,
                     "is a folder with nothing that heapreel knows");
    session_destroy(s);

    put_file(&scratch, "known/b.log", SLICE(GC(1) GC(2)));
    put_file(&scratch, "known/a.json", SLICE(MEM(5)));
    cr_assert_eq(mkdir(path_in(path, &scratch, "known/sub"), 0700), 0);
    put_file(&scratch, "known/sub/c.log", SLICE(GC(3)));
    cr_assert_eq(symlink("..", path_in(path, &scratch, "known/sub/round")), 0);
    s = load((const char *const[]){known, NULL}, &unreadable);
    cr_expect_eq(unreadable, 0);
    cr_assert_eq(s->source_count, 4);
    cr_expect(s->sources[0]->records == 1 && s->sources[1]->records == 2,
              "in the order of their names");
    cr_expect_not_null(s->sources[2]->unreadable);
    cr_expect_eq(s->sources[3]->records, 1, "of the folder below");
    session_destroy(s);
    scratch_finish(&scratch);
}

Test(loader, what_cannot_be_opened)
{
    struct scratch scratch = {0};
    char gone[TRACE_PATH], locked[TRACE_PATH], good[TRACE_PATH];
    size_t unreadable;
    struct session *s;

    scratch_init(&scratch);
    put_file(&scratch, "locked", SLICE(GC(1)));
    put_file(&scratch, "good", SLICE(GC(1)));
    cr_assert_eq(chmod(path_in(locked, &scratch, "locked"), 0), 0);
    path_in(gone, &scratch, "gone");
    path_in(good, &scratch, "good");
    s = load((const char *const[]){gone, locked, good, NULL}, &unreadable);
    cr_assert_eq(s->source_count, 3);
    cr_expect_str_eq(s->sources[0]->unreadable, "No such file or directory");
    if (geteuid() != 0) /* nothing is locked for root */
        cr_expect_str_eq(s->sources[1]->unreadable, "Permission denied");
    cr_expect_eq(unreadable, geteuid() ? 2u : 1u);
    cr_expect_eq(s->sources[2]->records, 1, "they do not cost the one that can be");
    session_destroy(s);
    scratch_finish(&scratch);
}

/* The recording as a whole folder: one process, and truth.json and the rest are no
 * errors. */
Test(loader, a_recording)
{
    char path[TRACE_PATH];
    size_t unreadable;
    struct session *s =
        load((const char *const[]){trace_path(path, "lateleak"), NULL}, &unreadable);

    cr_expect_eq(unreadable, 0);
    cr_expect_eq(s->process_count, 1);
    cr_expect_not(s->is_loading);
    session_destroy(s);
}

struct pipe_test {
    struct scratch scratch;
    char path[TRACE_PATH];
    struct session *session;
    struct loader *loader;
};

static void pipe_init(struct pipe_test *t)
{
    scratch_init(&t->scratch);
    cr_assert_eq(mkfifo(path_in(t->path, &t->scratch, "pipe"), 0600), 0);
    t->session = session_create();
    t->loader = loader_create(t->session, &any_format);
    loader_add(t->loader, t->path);
}

static void pipe_finish(struct pipe_test *t)
{
    loader_destroy(t->loader);
    session_destroy(t->session);
    scratch_finish(&t->scratch);
}

static void pipe_write(int fd, struct slice bytes)
{
    cr_assert_eq(write(fd, bytes.ptr, bytes.len), (ssize_t)bytes.len);
}

#define MOMENT INT64_C(2000000) /* 2 ms */

/* Steps until so many records are there. */
static void step_until(struct pipe_test *t, uint64_t records)
{
    for (unsigned i = 0; i < 1000 && t->session->sources[0]->records < records; i++)
        cr_assert(loader_step(t->loader, MOMENT));
    cr_expect_eq(t->session->sources[0]->records, records);
}

Test(loader, a_pipe_that_nobody_has_written_to_yet)
{
    struct pipe_test t;
    int fd;

    pipe_init(&t);
    for (unsigned i = 0; i < 5; i++)
        cr_expect(loader_step(t.loader, MOMENT), "it waits for a writer");
    cr_expect_geq(loader_poll_fd(t.loader), 0);
    fd = open(t.path, O_WRONLY | O_CLOEXEC);
    cr_assert_geq(fd, 0);
    cr_expect(loader_step(t.loader, MOMENT));
    pipe_write(fd, SLICE(GC(1)));
    step_until(&t, 1);
    (void)close(fd);
    while (loader_step(t.loader, INT64_MAX))
        ;
    cr_expect_null(t.session->sources[0]->unreadable);
    pipe_finish(&t);
}

/* A line comes in two halves, with nothing in between. */
Test(loader, a_slow_pipe)
{
    struct pipe_test t;
    struct slice line = SLICE(GC(3));
    int fd;

    pipe_init(&t);
    fd = open(t.path, O_RDWR | O_CLOEXEC);
    cr_assert_geq(fd, 0);
    pipe_write(fd, SLICE(GC(1) GC(2)));
    step_until(&t, 2);
    pipe_write(fd, slice_first(line, 30));
    for (unsigned i = 0; i < 3; i++)
        cr_expect(loader_step(t.loader, MOMENT));
    cr_expect_eq(t.session->sources[0]->records, 2);
    cr_expect_eq(loader_progress(t.loader).bytes_total, 0,
                 "nobody knows how much follows");
    pipe_write(fd, slice_after(line, 30));
    step_until(&t, 3);
    (void)close(fd);
    while (loader_step(t.loader, INT64_MAX))
        ;
    cr_expect_eq(t.session->sources[0]->diag.skipped, 0);
    pipe_finish(&t);
}

/* A file behind a pipe that says nothing is read all the same. */
Test(loader, a_quiet_pipe_holds_nobody_up)
{
    struct pipe_test t;
    char path[TRACE_PATH];
    int fd;

    pipe_init(&t);
    fd = open(t.path, O_RDWR | O_CLOEXEC);
    put_file(&t.scratch, "log", SLICE(GC(1)));
    loader_add(t.loader, path_in(path, &t.scratch, "log"));
    for (unsigned i = 0; i < 1000 && t.session->sources[1]->records == 0; i++)
        cr_assert(loader_step(t.loader, MOMENT));
    cr_expect_eq(t.session->sources[1]->records, 1);
    cr_expect(loader_step(t.loader, MOMENT), "the pipe is still open");
    (void)close(fd);
    while (loader_step(t.loader, INT64_MAX))
        ;
    pipe_finish(&t);
}

/* Standard input, compressed, through a pipe. */
Test(loader, standard_input)
{
    struct slice packed = trace_raw("burst/gctrace.log.lz4");
    uint64_t all = records_of("burst/gctrace.log.lz4");
    int ends[2];
    size_t unreadable;
    struct session *s;

    cr_assert_eq(pipe(ends), 0);
    cr_assert_lt(packed.len, (size_t)65536, "it has to fit the pipe");
    pipe_write(ends[1], packed);
    (void)close(ends[1]);
    cr_assert_eq(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    s = load((const char *const[]){"-", NULL}, &unreadable);
    cr_expect_eq(unreadable, 0);
    cr_expect_eq(s->sources[0]->records, all);
    cr_expect_str_eq(s->sources[0]->path, "-");
    (void)close(ends[0]);
    session_destroy(s);
    test_free(packed);
}

/* Strangers are not taken for one process, however little is known at first. */
Test(loader, slices_of_any_size_give_the_same)
{
    char log[TRACE_PATH], mem[TRACE_PATH];

    trace_path(log, "steady/gctrace.log.gz");
    trace_path(mem, "lateleak/memstats.ndjson.zst");
    for (unsigned budget = 1; budget <= 1000000; budget *= 10) {
        struct session *s = session_create();
        struct loader *l = loader_create(s, &any_format);

        loader_add(l, log);
        loader_add(l, mem);
        while (loader_step(l, budget))
            cr_expect_eq(s->process_count,
                         (s->sources[0]->records > 0) + (s->sources[1]->records > 0));
        cr_expect_eq(s->process_count, 2, "%u ns a slice", budget);
        loader_destroy(l);
        session_destroy(s);
    }
}
