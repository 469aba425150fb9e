/* What a recording leaves on the disk: all of it, or what it may keep. */
#define _XOPEN_SOURCE 700 /* mkdtemp, truncate */

#include <criterion/criterion.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/base/mem.h"
#include "model/base/text.h"
#include "model/units.h"
#include "replay/recording.h"
#include "replay/reel.h"
#include "tests/unit/support.h"

TestSuite(recording, .fini = test_abort_on_leak);

#define T0 (INT64_C(1795276800) * NS_PER_S) /* 2026-11-21T16:00:00Z */
#define S(n) (T0 + (int64_t)(n)*NS_PER_S)
#define FILES_MAX 64

struct scratch {
    char folder[64], path[96];
    char *names[FILES_MAX]; /* of what is in the folder, in the order of strcmp */
    uint64_t bytes[FILES_MAX], total_bytes;
    size_t count;
};

static void scratch_init(struct scratch *s)
{
    *s = (struct scratch){0};
    (void)snprintf(s->folder, sizeof s->folder, "/tmp/heapreel-recording-XXXXXX");
    cr_assert(mkdtemp(s->folder));
    (void)snprintf(s->path, sizeof s->path, "%s/app.reel", s->folder);
}

static char *in_folder(const struct scratch *s, const char *name)
{
    struct text t = {0};

    text_printf(&t, "%s/%s", s->folder, name);
    return t.ptr;
}

static void forget_files(struct scratch *s)
{
    for (size_t i = 0; i < s->count; i++)
        free(s->names[i]);
    s->count = 0;
    s->total_bytes = 0;
}

static int compare_names(const void *a, const void *b)
{
    const char *const *x = a, *const *y = b;

    return strcmp(*x, *y);
}

static void look(struct scratch *s)
{
    DIR *dir = opendir(s->folder);
    const struct dirent *entry;

    cr_assert(dir);
    forget_files(s);
    while ((entry = readdir(dir))) {
        if (entry->d_name[0] == '.')
            continue;
        cr_assert_lt(s->count, FILES_MAX);
        s->names[s->count++] = mem_dup_text(entry->d_name);
    }
    (void)closedir(dir);
    qsort(s->names, s->count, sizeof s->names[0], compare_names);
    for (size_t i = 0; i < s->count; i++) {
        char *path = in_folder(s, s->names[i]);
        struct stat st;

        cr_assert_eq(lstat(path, &st), 0);
        s->bytes[i] = (uint64_t)st.st_size;
        s->total_bytes += s->bytes[i];
        free(path);
    }
}

static void scratch_finish(struct scratch *s)
{
    look(s);
    for (size_t i = 0; i < s->count; i++) {
        char *path = in_folder(s, s->names[i]);

        cr_assert_eq(remove(path), 0);
        free(path);
    }
    forget_files(s);
    cr_assert_eq(rmdir(s->folder), 0);
}

static void put_file(const struct scratch *s, const char *name, const char *content)
{
    char *path = in_folder(s, name);
    FILE *f = fopen(path, "wb");

    cr_assert(f);
    cr_expect(fputs(content, f) >= 0);
    cr_assert_eq(fclose(f), 0);
    free(path);
}

static void begin(struct recording *r, const struct scratch *s, const struct keep *keep,
                  int64_t now_ns)
{
    struct err err = {0};

    cr_assert(recording_begin(r, s->path, keep, now_ns, &err), "%s", err.reason);
}

static void end(struct recording *r)
{
    struct err err = {0};

    cr_assert_null(recording_trouble(r), "%s", recording_trouble(r));
    cr_assert(recording_end(r, &err), "%s", err.reason);
}

static void give(struct recording *r, enum entry_kind kind, unsigned source,
                 int64_t time_ns, struct slice bytes)
{
    const struct entry e = {
        .kind = kind, .source = source, .time_ns = time_ns, .pid = -1, .bytes = bytes};

    recording_take(r, &e);
}

/* Numbered, and of bytes that do not pack. */
static void give_number(struct recording *r, uint64_t number, int64_t time_ns, size_t len)
{
    char *bytes = mem_alloc(len);
    uint64_t seed = number + 1;

    for (size_t i = 0; i < len; i++)
        bytes[i] = (char)test_random(&seed);
    memcpy(bytes, &number, sizeof number);
    give(r, ENTRY_DATA, 1, time_ns, slice_of(bytes, len));
    free(bytes);
}

/* The entries of a file: its sources in words, and its numbers one behind the other. */
static void read_file(const struct scratch *s, const char *name, struct text *sources,
                      uint64_t *first, uint64_t *next)
{
    char *path = in_folder(s, name);
    struct err err = {0};
    struct reel_reader *r = reel_open(path, &err);
    enum reel_result result;
    struct entry e;
    bool has_number = false;

    cr_assert(r, "%s: %s", name, err.reason);
    while ((result = reel_next(r, &e, &err)) != REEL_END) {
        cr_assert_eq(result, REEL_ENTRY, "%s: %s", name, err.reason);
        if (e.kind == ENTRY_SOURCE)
            text_printf(sources, "%u %.*s\n", e.source, (int)e.bytes.len, e.bytes.ptr);
        if (e.kind == ENTRY_DATA) {
            uint64_t number;

            memcpy(&number, e.bytes.ptr, sizeof number);
            if (!has_number)
                *first = number;
            else
                cr_assert_eq(number, *next, "%s", name);
            has_number = true;
            *next = number + 1;
        }
    }
    cr_expect(has_number, "%s", name);
    reel_reader_close(r);
    free(path);
}

/* All files read, each by itself, and together give what was given without a gap up to
 * the end; the first that is left. */
static uint64_t expect_seamless(struct scratch *s, uint64_t end, const char *sources)
{
    uint64_t expected = 0, first_of_all = 0;

    look(s);
    for (size_t i = 0; i < s->count; i++) {
        struct text got = {0};
        uint64_t first = 0, next = 0;

        read_file(s, s->names[i], &got, &first, &next);
        cr_expect_str_eq(text_str(&got), sources, "%s", s->names[i]);
        if (i == 0)
            first_of_all = first;
        else
            cr_expect_eq(first, expected, "%s", s->names[i]);
        expected = next;
        text_finish(&got);
    }
    cr_expect_eq(expected, end);
    return first_of_all;
}

Test(recording, is_one_file_and_knows_its_size)
{
    const struct keep all = {0};
    struct recording *r = recording_create();
    struct scratch s;

    scratch_init(&s);
    cr_expect_null(recording_path(r));
    begin(r, &s, &all, T0);
    cr_expect_str_eq(recording_path(r), s.path);
    give(r, ENTRY_SOURCE, 1, S(0), SLICE("app.log"));
    for (unsigned i = 0; i < 500; i++) {
        give_number(r, i, S(i), 1000);
        recording_flush(r, S(i));
    }
    end(r);
    cr_expect_null(recording_path(r));
    cr_expect_eq(expect_seamless(&s, 500,
                                 "1 app.log\n1 app.log\n1 app.log\n1 app.log\n"
                                 "1 app.log\n1 app.log\n1 app.log\n1 app.log\n"
                                 "1 app.log\n"),
                 0);
    cr_expect_eq(s.count, 1);
    /* The seek table as well. */
    cr_expect_eq(recording_bytes(r), s.bytes[0]);
    recording_destroy(r);
    scratch_finish(&s);
}

Test(recording, one_that_begins_later_knows_who_is_alive)
{
    const struct keep all = {0};
    struct recording *r = recording_create();
    struct scratch s;

    scratch_init(&s);
    give(r, ENTRY_SOURCE, 1, S(0), SLICE("app.log"));
    give(r, ENTRY_SOURCE, 2, S(0), SLICE("pid:7"));
    give(r, ENTRY_SOURCE, 3, S(0), SLICE("http://127.0.0.1:6060/"));
    give(r, ENTRY_END, 2, S(1), SLICE("gone"));
    begin(r, &s, &all, S(5));
    give_number(r, 0, S(6), 8);
    end(r);
    (void)expect_seamless(&s, 1, "1 app.log\n3 http://127.0.0.1:6060/\n");
    recording_destroy(r);
    scratch_finish(&s);
}

Test(recording, stays_below_its_size_without_a_seam)
{
    const struct keep keep = {.bytes = (uint64_t)512 << 10};
    struct recording *r = recording_create();
    struct scratch s;
    uint64_t first;

    scratch_init(&s);
    begin(r, &s, &keep, T0);
    give(r, ENTRY_SOURCE, 1, S(0), SLICE("app.log"));
    for (unsigned i = 0; i < 4000; i++) {
        give_number(r, i, S(0) + i * 50 * NS_PER_MS, 200 + i % 1000);
        if (i % 20 == 0)
            recording_flush(r, S(0) + i * 50 * NS_PER_MS);
        if (i % 50 == 0) {
            look(&s);
            cr_assert_leq(s.total_bytes, keep.bytes, "after %u", i);
        }
    }
    end(r);
    look(&s);
    cr_expect_leq(s.total_bytes, keep.bytes);
    /* An eighth was dropped at once, and no more. */
    cr_expect_geq(s.total_bytes, keep.bytes * 6 / 8);
    first = expect_seamless(&s, 4000, "1 app.log\n");
    cr_expect_gt(first, 0);
    /* What went counts as recorded. */
    cr_expect_gt(recording_bytes(r), s.total_bytes);
    recording_destroy(r);
    scratch_finish(&s);
}

Test(recording, keeps_what_packs_well_for_longer)
{
    const struct keep keep = {.bytes = (uint64_t)256 << 10};
    struct recording *r = recording_create();
    struct scratch s;
    char *zeros = mem_alloc(100000);

    scratch_init(&s);
    begin(r, &s, &keep, T0);
    give(r, ENTRY_SOURCE, 1, S(0), SLICE("app.log"));
    for (uint64_t i = 0; i < 100; i++) {
        memcpy(zeros, &i, sizeof i);
        give(r, ENTRY_DATA, 1, S(0) + (int64_t)i, slice_of(zeros, 100000));
    }
    end(r);
    look(&s);
    cr_expect_eq(s.count, 1, "10 MB of hardly anything are %zu files", s.count);
    recording_destroy(r);
    free(zeros);
    scratch_finish(&s);
}

Test(recording, one_entry_larger_than_the_limit_is_still_written)
{
    const struct keep keep = {.bytes = (uint64_t)64 << 10};
    struct recording *r = recording_create();
    struct scratch s;

    scratch_init(&s);
    begin(r, &s, &keep, T0);
    give(r, ENTRY_SOURCE, 1, S(0), SLICE("app.log"));
    give_number(r, 0, S(1), 100);
    give_number(r, 1, S(2), 200000);
    give_number(r, 2, S(3), 100);
    end(r);
    look(&s);
    cr_expect_eq(expect_seamless(&s, 3, "1 app.log\n"), 2);
    recording_destroy(r);
    scratch_finish(&s);
}

Test(recording, is_no_older_than_its_limit)
{
    const struct keep keep = {.ns = 80 * NS_PER_S};
    struct recording *r = recording_create();
    struct scratch s;

    scratch_init(&s);
    begin(r, &s, &keep, T0);
    give(r, ENTRY_SOURCE, 1, S(0), SLICE("app.log"));
    for (unsigned i = 0; i < 200; i++) {
        give_number(r, i, S(i), 100);
        recording_flush(r, S(i));
    }
    /* The last second that was given is 199; a file begins every ten. */
    cr_expect_eq(expect_seamless(&s, 199 + 1, "1 app.log\n"), 120);
    cr_expect_str_eq(s.names[0], "app.20261121T160200Z.reel");
    cr_expect_str_eq(s.names[s.count - 1], "app.reel");
    cr_expect_eq(s.count, 8);
    /* It grows old while nothing comes; the one that is written stays. */
    for (unsigned i = 200; i < 400; i++)
        recording_flush(r, S(i));
    look(&s);
    cr_expect_eq(s.count, 1);
    cr_expect_str_eq(s.names[0], "app.reel");
    end(r);
    recording_destroy(r);
    scratch_finish(&s);
}

/* A service that is started again goes on where its recordings were left. */
Test(recording, what_was_left_counts_and_goes_in_its_turn)
{
    const struct keep all = {0}, keep = {.ns = 80 * NS_PER_S};
    struct recording *r = recording_create();
    struct scratch s;
    char *left;

    scratch_init(&s);
    begin(r, &s, &all, T0);
    give(r, ENTRY_SOURCE, 1, S(0), SLICE("app.log"));
    give_number(r, 0, S(0), 1000);
    recording_flush(r, S(0));
    give_number(r, 1, S(1), 1000);
    end(r);
    recording_destroy(r);
    look(&s);
    /* As one that was killed leaves it: without its seek table. */
    cr_assert_eq(truncate(s.path, (off_t)s.bytes[0] - 20), 0);

    r = recording_create();
    begin(r, &s, &keep, S(60));
    give(r, ENTRY_SOURCE, 1, S(60), SLICE("app.log"));
    give_number(r, 2, S(60), 1000);
    recording_flush(r, S(60));
    look(&s);
    cr_assert_eq(s.count, 2);
    cr_expect_str_eq(s.names[0], "app.20261121T160000Z.reel");
    left = in_folder(&s, s.names[0]);
    cr_expect_eq(access(left, R_OK), 0);
    free(left);
    recording_flush(r, S(80));
    look(&s);
    cr_expect_eq(s.count, 3, "the new one was cut");
    recording_flush(r, S(81));
    look(&s);
    cr_expect_eq(s.count, 2, "the old one is older than 80 s");
    cr_expect_str_eq(s.names[0], "app.20261121T160100Z.reel");
    end(r);
    recording_destroy(r);
    scratch_finish(&s);
}

Test(recording, only_its_own_recordings_ever_go)
{
    static const char *const others[] = {
        "app.20201121T160000Z.reel", /* named so, but no recording */
        "app.20201121T160000Z.txt",    "app.20201121.reel", "app.20201399T160000Z.reel",
        "app.20201121T160000Z_x.reel", "app.old.reel",      "app2.20201121T160000Z.reel",
    };
    const struct keep keep = {.bytes = 64 << 10, .ns = NS_PER_S};
    struct recording *r = recording_create();
    struct scratch s;
    char *path, *from;

    scratch_init(&s);
    for (size_t i = 0; i < COUNT_OF(others); i++)
        put_file(&s, others[i], i == 0 ? "mine\n" : "heapreel reel\n");
    /* A real recording of another name, and a link of the right name to it. */
    path = in_folder(&s, "other.20201121T160000Z.reel");
    from = in_folder(&s, "app.20201121T160001Z.reel");
    {
        const struct keep all = {0};
        struct err err = {0};

        cr_assert(recording_begin(r, path, &all, T0, &err));
        give_number(r, 0, T0, 1000);
        end(r);
        cr_assert_eq(symlink(path, from), 0);
    }
    begin(r, &s, &keep, T0);
    for (unsigned i = 0; i < 300; i++)
        give_number(r, i, S(i), 5000);
    end(r);
    look(&s);
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        char *other = in_folder(&s, others[i]);

        cr_expect_eq(access(other, F_OK), 0, "%s", others[i]);
        free(other);
    }
    cr_expect_eq(access(path, F_OK), 0);
    cr_expect_eq(access(from, F_OK), 0);
    cr_expect_leq(s.count, COUNT_OF(others) + 2 + 9);
    free(path);
    free(from);
    recording_destroy(r);
    scratch_finish(&s);
}

Test(recording, files_of_the_same_second_have_numbers)
{
    const struct keep keep = {.bytes = (uint64_t)256 << 10};
    struct recording *r = recording_create();
    struct scratch s;

    scratch_init(&s);
    begin(r, &s, &keep, T0);
    for (unsigned i = 0; i < 12; i++)
        give_number(r, i, T0 + i, 20000);
    end(r);
    look(&s);
    cr_assert_eq(s.count, 6);
    cr_expect_str_eq(s.names[0], "app.20261121T160000Z.reel");
    cr_expect_str_eq(s.names[1], "app.20261121T160000Z_2.reel");
    cr_expect_str_eq(s.names[4], "app.20261121T160000Z_5.reel");
    cr_expect_str_eq(s.names[5], "app.reel");
    (void)expect_seamless(&s, 12, "");
    recording_destroy(r);
    scratch_finish(&s);
}

Test(recording, what_is_no_file_cannot_be_cut)
{
    const struct keep keep = {.ns = NS_PER_S};
    struct recording *r = recording_create();
    struct err err = {0};

    cr_expect(!recording_begin(r, "/dev/null", &keep, T0, &err));
    cr_expect_str_eq(err.reason, "only an ordinary file can be kept within a limit");
    cr_expect_null(recording_path(r));
    recording_destroy(r);
}

/* Met as a full disk is, while the session goes on. */
Test(recording, stops_with_a_reason)
{
    const struct rlimit limit = {100000, 100000};
    const struct keep all = {0};
    struct recording *r = recording_create();
    struct scratch s;
    struct reel_reader *reader;
    struct entry e;
    struct err err = {0};

    scratch_init(&s);
    cr_assert(signal(SIGXFSZ, SIG_IGN) != SIG_ERR &&
              setrlimit(RLIMIT_FSIZE, &limit) == 0);
    begin(r, &s, &all, T0);
    cr_expect_null(recording_trouble(r));
    for (unsigned i = 0; i < 20; i++) {
        give_number(r, i, S(i), 10000);
        recording_flush(r, S(i));
    }
    cr_expect_str_eq(recording_trouble(r), "File too large");
    cr_expect_null(recording_path(r));
    cr_expect_eq(recording_bytes(r), 100000);
    cr_expect(recording_end(r, &err));
    recording_destroy(r);
    /* Nine are whole, and what is there of the tenth is told to be cut. */
    reader = reel_open(s.path, &err);
    cr_assert(reader, "%s", err.reason);
    for (unsigned i = 0; i < 9; i++)
        cr_expect_eq(reel_next(reader, &e, &err), REEL_ENTRY, "%u", i);
    cr_expect_eq(reel_next(reader, &e, &err), REEL_DAMAGED);
    cr_expect_str_eq(err.reason, "the recording was cut within an entry");
    reel_reader_close(reader);
    scratch_finish(&s);
}
