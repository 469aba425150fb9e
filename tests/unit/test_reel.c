/* Recordings: what was written reads back, whatever became of the file meanwhile. */
#define _XOPEN_SOURCE 700 /* mkdtemp, truncate */

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zstd.h>

#include "model/base/mem.h"
#include "model/base/text.h"
#include "model/units.h"
#include "replay/reel.h"
#include "tests/unit/support.h"

TestSuite(reel, .fini = test_abort_on_leak);

#define T0 INT64_C(1795262400000000000)
#define S(n) (T0 + (int64_t)(n)*NS_PER_S)
#define PARTS 6

struct scratch {
    char folder[32], path[48];
};

static void scratch_init(struct scratch *s)
{
    (void)snprintf(s->folder, sizeof s->folder, "/tmp/heapreel-reel-XXXXXX");
    cr_assert(mkdtemp(s->folder));
    (void)snprintf(s->path, sizeof s->path, "%s/a.reel", s->folder);
}

static void scratch_finish(struct scratch *s)
{
    (void)unlink(s->path);
    (void)rmdir(s->folder);
}

static struct slice file_read(const char *path)
{
    FILE *f = fopen(path, "rb");
    struct stat st;
    char *bytes;

    cr_assert(f && stat(path, &st) == 0);
    bytes = mem_alloc((size_t)st.st_size + 1);
    cr_assert_eq(fread(bytes, 1, (size_t)st.st_size, f), (size_t)st.st_size);
    (void)fclose(f);
    return slice_of(bytes, (size_t)st.st_size);
}

static void file_write(const char *path, struct slice bytes)
{
    FILE *f = fopen(path, "wb");

    cr_assert(f);
    cr_assert_eq(fwrite(bytes.ptr, 1, bytes.len, f), bytes.len);
    cr_assert_eq(fclose(f), 0);
}

/* An entry as a line: what its reader sees. */
static void put_entry(struct text *t, const struct entry *e)
{
    uint64_t hash = 14695981039346656037u;

    for (size_t i = 0; i < e->bytes.len; i++)
        hash = (hash ^ (unsigned char)e->bytes.ptr[i]) * 1099511628211u;
    text_printf(t, "%d %u %u %lld %lld %zu %016llx\n", (int)e->kind, e->flags, e->source,
                (long long)(e->time_ns - T0), (long long)e->pid, e->bytes.len,
                (unsigned long long)hash);
}

static void write_entry(struct reel_writer *w, const struct entry *e)
{
    struct err err = {0};

    cr_assert(reel_write(w, e, &err), "%s", err.reason);
}

static void give(struct reel_writer *w, enum entry_kind kind, unsigned source,
                 int64_t time_ns, struct slice bytes)
{
    const struct entry e = {
        .kind = kind, .source = source, .time_ns = time_ns, .pid = -1, .bytes = bytes};

    write_entry(w, &e);
}

static struct reel_writer *created(const char *path)
{
    struct err err = {0};
    struct reel_writer *w = reel_create(path, T0, &err);

    cr_assert(w, "%s", err.reason);
    return w;
}

static void closed(struct reel_writer *w)
{
    struct err err = {0};

    cr_assert(reel_close(w, NULL, &err), "%s", err.reason);
}

static void flushed(struct reel_writer *w)
{
    struct err err = {0};

    cr_assert(reel_flush(w, &err), "%s", err.reason);
}

static struct reel_reader *opened(const char *path)
{
    struct err err = {0};
    struct reel_reader *r = reel_open(path, &err);

    cr_assert(r, "%s", err.reason);
    return r;
}

struct got {
    struct text lines; /* of entries */
    size_t entry_count, damage_count;
    struct err err; /* of the first damage */
};

static void read_rest(struct reel_reader *r, struct got *got)
{
    struct entry e;
    struct err err;
    enum reel_result result;

    *got = (struct got){0};
    while ((result = reel_next(r, &e, &err)) != REEL_END) {
        cr_assert_leq(reel_reader_offset(r), reel_reader_span(r).size_bytes);
        if (result == REEL_DAMAGED && got->damage_count++ == 0)
            got->err = err;
        if (result == REEL_ENTRY) {
            put_entry(&got->lines, &e);
            got->entry_count++;
        }
    }
    cr_expect_eq(reel_next(r, &e, &err), REEL_END);
}

static void read_all(const char *path, struct got *got)
{
    struct reel_reader *r = opened(path);

    read_rest(r, got);
    reel_reader_close(r);
}

/* A minute each, two sources of which the second ends in the middle, a flush a second. */
static void write_small(const char *path, uint64_t flush_bytes[], size_t flush_entries[],
                        size_t *flush_count)
{
    struct reel_writer *w = created(path);

    give(w, ENTRY_SOURCE, 1, S(0), SLICE("app.log"));
    give(w, ENTRY_SOURCE, 2, S(0), SLICE("pid:7"));
    for (int i = 0; i < PARTS * 4; i++) {
        int64_t now_ns = S(i * 15);
        char line[64];
        int len = snprintf(line, sizeof line, "gc %d @%d.%03ds 2%%: 0+1 ms\n", i, i * 15,
                           i * 7919 % 1000);

        give(w, ENTRY_DATA, 1, now_ns, slice_of(line, (size_t)len));
        if (i == 10)
            give(w, ENTRY_END, 2, now_ns, SLICE("exit 2"));
        give(w, ENTRY_BEAT, 0, now_ns, SLICE(""));
        flushed(w);
        if (flush_count) {
            struct got got;

            /* As another process would see it now. */
            read_all(path, &got);
            cr_expect_eq(got.damage_count, 0, "%s", got.err.reason);
            flush_entries[*flush_count] = got.entry_count;
            flush_bytes[(*flush_count)++] = reel_bytes_written(w);
            text_finish(&got.lines);
        }
    }
    closed(w);
}

static char *noise(size_t len, uint64_t seed)
{
    char *bytes = mem_alloc(len);

    for (size_t i = 0; i < len; i++)
        bytes[i] = (char)test_random(&seed);
    return bytes;
}

Test(reel, gives_back_every_kind)
{
    struct scratch s;
    struct text want = {0};
    struct got got;
    struct reel_writer *w;
    size_t large = (size_t)5 << 20;
    char *bytes = noise(large, 1);
    const struct entry entries[] = {
        {ENTRY_SOURCE, ENTRY_IS_STREAM, 1, S(0), 4711, SLICE("app.log")},
        {ENTRY_SOURCE, 0, 2, S(0), -1, SLICE("")},
        {ENTRY_DATA, ENTRY_IS_HISTORY, 1, S(1), -1, SLICE("gc 1 @0.1s 0%: 0\0+1")},
        {ENTRY_CUT, 0, 1, S(2), -1, SLICE("")},
        {ENTRY_TROUBLE, 0, 2, S(2), -1, SLICE("connection refused")},
        {ENTRY_BEAT, 0, 0, S(3), -1, SLICE("")},
        {ENTRY_NOTE, 0, 0, S(4), -1, SLICE("3.2 s were not recorded: disk full")},
        {ENTRY_DATA, 0, 2, S(5), -1, SLICE("")},
        {ENTRY_DATA, 255, UINT32_MAX, S(6), INT64_MIN, {bytes, large}},
    };

    scratch_init(&s);
    w = created(s.path);
    for (size_t i = 0; i < COUNT_OF(entries); i++) {
        write_entry(w, &entries[i]);
        put_entry(&want, &entries[i]);
    }
    closed(w);
    read_all(s.path, &got);
    cr_expect_str_eq(text_str(&got.lines), text_str(&want));
    cr_expect_eq(got.damage_count, 0);
    text_finish(&got.lines);
    text_finish(&want);
    free(bytes);
    scratch_finish(&s);
}

Test(reel, one_without_entries_reads)
{
    struct scratch s;
    struct reel_reader *r;
    struct got got;

    scratch_init(&s);
    closed(created(s.path));
    r = opened(s.path);
    cr_expect_eq(reel_reader_span(r).from_ns, T0);
    cr_expect_eq(reel_reader_span(r).to_ns, T0);
    cr_expect_eq(reel_reader_span(r).part_count, 0);
    cr_expect(!reel_reader_span(r).is_torn);
    reel_seek(r, S(5));
    read_rest(r, &got);
    cr_expect_eq(got.entry_count + got.damage_count, 0);
    reel_reader_close(r);
    scratch_finish(&s);
}

Test(reel, parts_end_at_their_size)
{
    struct scratch s;
    struct reel_writer *w;
    struct reel_reader *r;
    struct got got;
    char *bytes = noise(REEL_PART_BYTES / 2, 3);

    scratch_init(&s);
    w = created(s.path);
    give(w, ENTRY_SOURCE, 1, S(0), SLICE("a"));
    for (int i = 0; i < 6; i++)
        give(w, ENTRY_DATA, 1, S(i), slice_of(bytes, REEL_PART_BYTES / 2));
    closed(w);
    r = opened(s.path);
    cr_expect_eq(reel_reader_span(r).part_count, 3);
    cr_expect_eq(reel_reader_span(r).to_ns, S(5));
    read_rest(r, &got);
    cr_expect_eq(got.entry_count, 6 + 3);
    text_finish(&got.lines);
    reel_reader_close(r);
    free(bytes);
    scratch_finish(&s);
}

/* Whatever is lost behind it, what was flushed is there, and nothing else is made up. */
Test(reel, reads_when_cut_at_any_byte)
{
    struct scratch s;
    uint64_t bytes[PARTS * 4];
    size_t entries[PARTS * 4], count = 0;
    struct got whole, got;
    struct slice file;

    scratch_init(&s);
    write_small(s.path, bytes, entries, &count);
    read_all(s.path, &whole);
    cr_assert_eq(whole.damage_count, 0);
    file = file_read(s.path);
    for (size_t len = file.len; len-- > 0;) {
        struct err err = {0};
        struct reel_reader *r;
        size_t sure = 0;

        cr_assert_eq(truncate(s.path, (off_t)len), 0);
        r = reel_open(s.path, &err);
        if (!r) {
            cr_expect_lt(len, 34, "cut at %zu: %s", len, err.reason);
            continue;
        }
        for (size_t i = 0; i < count; i++)
            sure = bytes[i] <= len ? entries[i] : sure;
        cr_expect(reel_reader_span(r).is_torn);
        read_rest(r, &got);
        cr_expect_geq(got.entry_count, sure, "cut at %zu", len);
        cr_expect(slice_starts(slice_str(text_str(&whole.lines)),
                               slice_str(text_str(&got.lines))),
                  "cut at %zu", len);
        cr_expect_leq(got.damage_count, 1, "cut at %zu", len);
        for (size_t i = 0; i < count; i++)
            cr_expect(len != bytes[i] || got.damage_count == 0, "cut at %zu: %s", len,
                      got.err.reason);
        text_finish(&got.lines);
        reel_reader_close(r);
    }
    char *gone = (char *)(uintptr_t)file.ptr;
    free(gone);
    text_finish(&whole.lines);
    scratch_finish(&s);
}

Test(reel, a_cut_within_an_entry_is_told)
{
    struct scratch s;
    struct reel_writer *w;
    struct got got;
    char *bytes = noise(100000, 9);
    uint64_t len;

    scratch_init(&s);
    w = created(s.path);
    give(w, ENTRY_SOURCE, 1, S(0), SLICE("a"));
    flushed(w);
    give(w, ENTRY_DATA, 1, S(1), slice_of(bytes, 100000));
    flushed(w);
    len = reel_bytes_written(w);
    closed(w);
    cr_assert_eq(truncate(s.path, (off_t)(len - 1000)), 0);
    read_all(s.path, &got);
    cr_expect_eq(got.entry_count, 1);
    cr_expect_eq(got.damage_count, 1);
    cr_expect_str_eq(got.err.reason, "the recording was cut within an entry");
    cr_expect_leq(got.err.offset_bytes, len - 1000);
    text_finish(&got.lines);
    free(bytes);
    scratch_finish(&s);
}

/* The second source ended in minute 2 and is not told of again. */
Test(reel, seeks_to_every_part_with_and_without_table)
{
    struct scratch s;
    struct stat st;

    scratch_init(&s);
    for (int is_torn = 0; is_torn < 2; is_torn++) {
        struct reel_reader *r;

        write_small(s.path, NULL, NULL, NULL);
        cr_assert_eq(stat(s.path, &st), 0);
        if (is_torn)
            cr_assert_eq(truncate(s.path, st.st_size - 1), 0);
        r = opened(s.path);
        cr_expect_eq(reel_reader_span(r).is_torn, is_torn);
        cr_expect_eq(reel_reader_span(r).part_count, PARTS);
        cr_expect_eq(reel_reader_span(r).from_ns, S(0));
        cr_expect_eq(reel_reader_span(r).to_ns, S(PARTS * 60 - 15));
        for (int i = -1; i <= PARTS * 60; i++) {
            int part = i < 0 ? 0 : i / 60 < PARTS ? i / 60 : PARTS - 1;
            struct entry e;
            struct err err;

            reel_seek(r, S(i));
            cr_assert_eq(reel_next(r, &e, &err), REEL_ENTRY, "to %d s", i);
            cr_expect_eq(e.time_ns, S(part * 60), "to %d s", i);
            cr_expect_eq(e.kind, ENTRY_SOURCE);
            cr_expect(slice_eq(e.bytes, SLICE("app.log")));
            cr_assert_eq(reel_next(r, &e, &err), REEL_ENTRY);
            cr_expect_eq(e.kind, part < 3 ? ENTRY_SOURCE : ENTRY_DATA, "to %d s", i);
        }
        reel_reader_close(r);
    }
    scratch_finish(&s);
}

Test(reel, torn_reads_as_whole_does)
{
    struct scratch s;
    struct got whole, torn;
    struct stat st;

    scratch_init(&s);
    write_small(s.path, NULL, NULL, NULL);
    read_all(s.path, &whole);
    cr_assert_eq(stat(s.path, &st), 0);
    cr_assert_eq(truncate(s.path, st.st_size - 9), 0);
    read_all(s.path, &torn);
    cr_expect_str_eq(text_str(&torn.lines), text_str(&whole.lines));
    cr_expect_eq(torn.damage_count, 0);
    text_finish(&torn.lines);
    text_finish(&whole.lines);
    scratch_finish(&s);
}

/* Are the last bytes of both the same? */
static bool ends_alike(const struct text *got, const struct text *whole, size_t bytes)
{
    return got->len >= bytes && whole->len >= bytes &&
           memcmp(got->ptr + got->len - bytes, whole->ptr + whole->len - bytes, bytes) ==
               0;
}

/* A flipped bit costs one part: others read, and it does not go unnoticed. */
Test(reel, a_flipped_bit_costs_one_part)
{
    struct scratch s;
    struct got whole, got;
    struct slice file;
    uint64_t seed = 20261121;
    char *bytes;

    scratch_init(&s);
    write_small(s.path, NULL, NULL, NULL);
    read_all(s.path, &whole);
    file = file_read(s.path);
    bytes = mem_dup_slice(file);
    for (int i = 0; i < 1500; i++) {
        size_t at = test_random_below(&seed, file.len), bit = test_random_below(&seed, 8);
        /* The table takes 8 bytes a frame, and 17. */
        bool is_early = at >= 34 && at < 150;
        bool is_data = at >= 34 && at < file.len - 17 - (1 + 2 * PARTS) * 8;
        struct reel_reader *r;
        struct err err;

        for (int torn = 0; torn < 2; torn++) {
            bytes[at] = (char)(bytes[at] ^ 1 << bit);
            file_write(s.path, slice_of(bytes, file.len - (torn ? 1 : 0)));
            bytes[at] = (char)(bytes[at] ^ 1 << bit);
            if (!(r = reel_open(s.path, &err))) {
                cr_expect_lt(at, 34);
                continue;
            }
            read_rest(r, &got);
            cr_expect(got.damage_count > 0 || slice_eq(slice_str(text_str(&got.lines)),
                                                       slice_str(text_str(&whole.lines))),
                      "bit %zu of byte %zu, torn %d", bit, at, torn);
            if (is_early)
                cr_expect(ends_alike(&got.lines, &whole.lines, whole.lines.len / 2),
                          "bit %zu of byte %zu, torn %d", bit, at, torn);
            if (!is_data)
                cr_expect_str_eq(text_str(&got.lines), text_str(&whole.lines));
            text_finish(&got.lines);
            reel_reader_close(r);
        }
    }
    free(bytes);
    bytes = (char *)(uintptr_t)file.ptr;
    free(bytes);
    text_finish(&whole.lines);
    scratch_finish(&s);
}

/* As `zstd -d` would: frame by frame, the skippable ones skipped. */
Test(reel, is_a_file_of_zstd)
{
    struct scratch s;
    struct slice file, rest;
    size_t frames = 0, bytes = 0;
    char *plain = mem_alloc(1 << 20), *gone;

    scratch_init(&s);
    write_small(s.path, NULL, NULL, NULL);
    file = file_read(s.path);
    for (rest = file; rest.len > 0; frames++) {
        size_t len = ZSTD_findFrameCompressedSize(rest.ptr, rest.len), got;

        cr_assert(!ZSTD_isError(len), "%s", ZSTD_getErrorName(len));
        got = ZSTD_decompress(plain, 1 << 20, rest.ptr, len);
        cr_assert(!ZSTD_isError(got), "%s", ZSTD_getErrorName(got));
        bytes += got;
        rest = slice_after(rest, len);
    }
    cr_expect_eq(frames, 1 + 2 * PARTS + 1);
    cr_expect_eq(ZSTD_decompress(plain, 1 << 20, file.ptr, file.len), bytes);
    cr_expect_eq(memcmp(file.ptr + file.len - 4, "\xB1\xEA\x92\x8F", 4), 0);
    gone = (char *)(uintptr_t)file.ptr;
    free(gone);
    free(plain);
    scratch_finish(&s);
}

Test(reel, replaces_recordings_only)
{
    struct scratch s;
    struct err err = {0};
    struct stat st;

    scratch_init(&s);
    file_write(s.path, SLICE("gc 1 @0.1s 0%: my only copy\n"));
    cr_expect_null(reel_create(s.path, T0, &err));
    cr_expect_str_eq(err.reason, "is there already and is no recording");
    cr_assert_eq(stat(s.path, &st), 0);
    cr_expect_eq(st.st_size, 28);
    cr_expect_null(reel_open(s.path, &err));
    cr_expect_str_eq(err.reason, "not a recording");
    file_write(s.path, SLICE(""));
    closed(created(s.path));
    closed(created(s.path));
    cr_assert_eq(unlink(s.path), 0);
    closed(created(s.path));
    cr_assert_eq(stat(s.path, &st), 0);
    cr_expect_eq(st.st_mode & 0777, 0600);
    cr_expect_null(reel_create(s.folder, T0, &err));
    cr_expect_str_eq(err.reason, "Is a directory");
    cr_expect_null(reel_open(s.folder, &err));
    cr_expect_str_eq(err.reason, "not a recording");
    scratch_finish(&s);
    cr_expect_null(reel_open(s.path, &err));
    cr_expect_str_eq(err.reason, "No such file or directory");
}

static void expect_size(const char *path, off_t size)
{
    struct stat st;

    cr_assert_eq(stat(path, &st), 0);
    cr_expect_eq(st.st_size, size);
}

/* What was to be recorded never began. */
Test(reel, what_was_there_stays_until_there_is_something_to_write)
{
    struct scratch s;
    struct reel_writer *w;
    struct stat before;
    struct err err = {0};

    scratch_init(&s);
    w = created(s.path);
    expect_size(s.path, 0);
    give(w, ENTRY_SOURCE, 1, S(0), SLICE("a"));
    reel_abandon(w);
    cr_expect_neq(access(s.path, F_OK), 0);
    w = created(s.path);
    give(w, ENTRY_SOURCE, 1, S(0), SLICE("a"));
    closed(w);
    cr_assert_eq(stat(s.path, &before), 0);
    w = created(s.path);
    give(w, ENTRY_SOURCE, 1, S(0), SLICE("another"));
    reel_abandon(w);
    expect_size(s.path, before.st_size);
    w = created(s.path);
    cr_expect(reel_flush(w, &err));
    reel_abandon(w);
    cr_assert_eq(access(s.path, F_OK), 0);
    file_write(s.path, SLICE(""));
    reel_abandon(created(s.path));
    expect_size(s.path, 0);
    scratch_finish(&s);
}

/* Locks are a process's, so that it takes two to see one. */
Test(reel, another_recorder_keeps_its_file)
{
    struct scratch s;
    struct reel_writer *w;
    struct got got;
    pid_t other;
    int status = 0;

    scratch_init(&s);
    w = created(s.path);
    other = fork();
    cr_assert_geq(other, 0);
    if (other == 0) {
        struct err err = {0};

        _exit(reel_create(s.path, T0, &err) == NULL &&
                      slice_eq(slice_str(err.reason),
                               SLICE("another process is writing it"))
                  ? 0
                  : 1);
    }
    cr_assert_eq(waitpid(other, &status, 0), other);
    cr_expect_eq(status, 0);
    give(w, ENTRY_NOTE, 0, S(0), SLICE("still here"));
    closed(w);
    read_all(s.path, &got);
    cr_expect_eq(got.entry_count, 1);
    text_finish(&got.lines);
    scratch_finish(&s);
}

Test(reel, a_full_disk_is_told)
{
    struct err err = {0};

    cr_expect_null(reel_create("/dev/full", T0, &err));
    cr_expect_str_eq(err.reason, "No space left on device");
}

/* A limit on the file's size is met as a full disk is: half-way through a write. */
Test(reel, what_was_flushed_before_the_disk_was_full_reads)
{
    const struct rlimit limit = {300000, 300000};
    struct scratch s;
    struct reel_writer *w;
    struct got got;
    struct err err = {0};
    struct entry e = {ENTRY_DATA, 0, 1, S(1), -1, {noise(20000, 4), 20000}};
    size_t count = 1;
    uint64_t seed = 5;
    char *bytes = (char *)(uintptr_t)e.bytes.ptr;

    scratch_init(&s);
    cr_assert(signal(SIGXFSZ, SIG_IGN) != SIG_ERR &&
              setrlimit(RLIMIT_FSIZE, &limit) == 0);
    w = created(s.path);
    give(w, ENTRY_SOURCE, 1, S(0), SLICE("a"));
    while (reel_write(w, &e, &err) && reel_flush(w, &err)) {
        count++;
        for (size_t i = 0; i < e.bytes.len; i++)
            bytes[i] = (char)test_random(&seed);
    }
    cr_expect_str_eq(err.reason, "File too large");
    err = (struct err){0};
    cr_expect(!reel_flush(w, &err));
    cr_expect(!reel_write(w, &e, &err));
    cr_expect(!reel_close(w, NULL, &err));
    cr_expect_str_eq(err.reason, "File too large");
    read_all(s.path, &got);
    cr_expect_eq(got.entry_count, count);
    cr_expect_gt(count, 12);
    text_finish(&got.lines);
    free(bytes);
    scratch_finish(&s);
}

Test(reel, other_versions_are_refused)
{
    struct scratch s;
    struct err err = {0};
    struct slice file;
    char *bytes;

    scratch_init(&s);
    closed(created(s.path));
    file = file_read(s.path);
    bytes = mem_dup_slice(file);
    bytes[22] = 2;
    file_write(s.path, slice_of(bytes, file.len));
    cr_expect_null(reel_open(s.path, &err));
    cr_expect_str_eq(err.reason, "a recording of unknown version 2");
    free(bytes);
    bytes = (char *)(uintptr_t)file.ptr;
    free(bytes);
    scratch_finish(&s);
}

/* Kinds that a later version may write cost themselves only, and one word a part. */
Test(reel, unknown_kinds_are_told_once)
{
    struct scratch s;
    struct reel_writer *w;
    struct got got;

    scratch_init(&s);
    w = created(s.path);
    give(w, ENTRY_SOURCE, 1, S(0), SLICE("a"));
    for (int i = 0; i < 3; i++)
        give(w, (enum entry_kind)(8 + i), 1, S(i), SLICE("new"));
    give(w, ENTRY_DATA, 1, S(4), SLICE("b"));
    closed(w);
    read_all(s.path, &got);
    cr_expect_eq(got.entry_count, 2);
    cr_expect_eq(got.damage_count, 1);
    cr_expect_str_eq(got.err.reason, "the recording holds an entry of unknown kind 8");
    text_finish(&got.lines);
    scratch_finish(&s);
}
