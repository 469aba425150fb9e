/* Folders that files join: which of them, once, as what. */
#define _XOPEN_SOURCE 700 /* symlink */

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/base/mem.h"
#include "model/units.h"
#include "replay/folder.h"
#include "tests/unit/pack.h"
#include "tests/unit/support.h"
#include "tests/unit/tail_bench.h"

TestSuite(folder, .fini = test_abort_on_leak, .timeout = 60);

#define GC(n)                                                                            \
    "gc " #n " @" #n                                                                     \
    ".000s 1%: 1+10+2 ms clock, 4+8/20/4+8 ms cpu, 4->5->2 MB, 4 MB goal, 4 P\n"
#define HEAP "heap profile: 1: 16 [1: 16] @ heap/1048576\n1: 16 [1: 16] @ 0x1\n"

/* The bench's files, clock and loop; what came, with the sources' names. */
struct folder_bench {
    struct tail_bench files;
    struct folder *folder;
    char *names[16];
    uint32_t name_count, last;
    bool is_inside, is_told; /* of a line its front shows */
};

static uint32_t add_source(void *user, const char *name, unsigned flags, int64_t pid)
{
    struct folder_bench *b = user;

    cr_assert_lt(b->name_count, COUNT_OF(b->names));
    cr_expect_eq(pid, -1);
    text_printf(&b->files.got, "<%s%s>", flags & ENTRY_IS_STREAM ? "" : "document ",
                name + strlen(b->files.folder));
    b->names[b->name_count] = mem_dup_text(name + strlen(b->files.folder));
    return ++b->name_count;
}

static void take(void *user, const struct entry *e)
{
    static const char *const kinds[] = {
        [ENTRY_CUT] = "[cut]", [ENTRY_TROUBLE] = "[trouble]", [ENTRY_END] = "[end]"};
    struct folder_bench *b = user;
    struct slice bytes = e->bytes;

    cr_assert(e->source > 0 && e->source <= b->name_count);
    if (e->source != b->last)
        text_printf(&b->files.got, "%s:", b->names[e->source - 1]);
    b->last = e->source;
    if (e->kind != ENTRY_DATA) {
        text_put_str(&b->files.got, kinds[e->kind]);
        text_put(&b->files.got, bytes);
        return;
    }
    if (slice_eq(bytes, SLICE(HEAP))) {
        text_put_str(&b->files.got, "HEAP");
        return;
    }
    if (!b->is_inside && e->flags & ENTRY_IS_HISTORY)
        text_put_str(&b->files.got, "[old]");
    for (; bytes.len; bytes = slice_after(bytes, 1)) {
        b->is_told = b->is_inside && (b->is_told || bytes.ptr[0] == '@');
        b->is_inside = bytes.ptr[0] != '\n';
        if (b->is_inside && !b->is_told)
            text_put_char(&b->files.got, bytes.ptr[0]);
    }
}

static int64_t now(void *user)
{
    return ((struct folder_bench *)user)->files.now_ns;
}

static void init(struct folder_bench *b)
{
    *b = (struct folder_bench){.name_count = 0};
    tail_bench_init(&b->files);
    b->files.context = (struct live_context){.loop = b->files.loop,
                                             .now_ns = now,
                                             .unix_offset_ns = 1000,
                                             .add_source = add_source,
                                             .take = take,
                                             .user = b};
}

static void start(struct folder_bench *b, const struct folder_options *options)
{
    struct err err = {0};

    b->folder = folder_start(&b->files.context, b->files.folder, options, &err);
    cr_assert(b->folder, "%s", err.reason);
    tail_run_due(&b->files);
}

static void finish(struct folder_bench *b)
{
    folder_stop(b->folder);
    for (uint32_t i = 0; i < b->name_count; i++)
        free(b->names[i]);
    tail_bench_finish(&b->files);
}

static void look(struct folder_bench *b)
{
    b->last = 0;
    tail_look(&b->files);
}

#define EXPECT(b, want) tail_expect_got(&(b)->files, want, __LINE__)

Test(folder, logs_and_profiles_join)
{
    struct folder_bench b;

    init(&b);
    tail_append(&b.files, "a.log", GC(1));
    tail_append(&b.files, "README.md", "Logs of the service.\n");
    tail_append(&b.files, "heap.txt", HEAP);
    start(&b, NULL);
    EXPECT(&b, "</a.log>/a.log:[old]gc 1 ");
    look(&b);
    EXPECT(&b, "<document /heap.txt>/heap.txt:HEAP");
    tail_append(&b.files, "b.log", GC(1));
    tail_append(&b.files, "a.log", GC(2));
    look(&b);
    EXPECT(&b, "</b.log>/a.log:gc 2 /b.log:[old]gc 1 ");
    look(&b);
    EXPECT(&b, "");
    finish(&b);
}

/* What came while others read the folder is not. */
static bool is_there(void *user, const char *path)
{
    (void)user;
    return !slice_ends(slice_str(path), SLICE("/late.log"));
}

Test(folder, of_what_was_read_only_what_grows)
{
    const struct folder_options options = {.is_read = is_there};
    struct folder_bench b;

    init(&b);
    tail_append(&b.files, "a.log", GC(1));
    tail_append(&b.files, "new.log", "");
    tail_append(&b.files, "heap.txt", HEAP);
    tail_append(&b.files, "late.log", GC(1));
    tail_append(&b.files, "quiet.log", GC(1));
    start(&b, &options);
    look(&b);
    look(&b);
    EXPECT(&b, "</late.log>/late.log:[old]gc 1 ");
    tail_append(&b.files, "new.log", GC(1));
    look(&b);
    EXPECT(&b, "</new.log>/new.log:[old]gc 1 ");
    tail_append(&b.files, "quiet.log", GC(2));
    look(&b);
    EXPECT(&b, "</quiet.log>/quiet.log:gc 2 ");
    finish(&b);
}

static bool is_a_log(void *user, const char *path)
{
    (void)user;
    return slice_ends(slice_str(path), SLICE("/a.log"));
}

Test(folder, what_others_follow_and_its_rotations_do_not_join)
{
    const struct folder_options options = {is_there, is_a_log, NULL};
    struct folder_bench b;

    init(&b);
    tail_append(&b.files, "a.log", GC(1));
    start(&b, &options);
    tail_append(&b.files, "a.log", GC(2));
    look(&b);
    tail_move(&b.files, "a.log", "a.log.1");
    tail_append(&b.files, "a.log", GC(3));
    look(&b);
    tail_append(&b.files, "a.log.1.gz", "\x1f\x8b");
    look(&b);
    look(&b);
    EXPECT(&b, "");
    finish(&b);
}

Test(folder, rotations_are_history)
{
    struct folder_bench b;

    init(&b);
    /* In the order of names one of its pieces comes before the log. */
    tail_append(&b.files, "a-20261119.log", GC(1));
    tail_append(&b.files, "a.log.1", GC(2));
    tail_append(&b.files, "a.log", GC(3));
    start(&b, NULL);
    look(&b);
    look(&b);
    EXPECT(&b, "</a.log>/a.log:[old]gc 2 [old]gc 1 [old]gc 3 ");
    finish(&b);
}

/* Whatever a rotated log is called then, it is the same file. */
Test(folder, a_log_that_is_renamed_does_not_join_twice)
{
    static const char *const names[] = {"a.log.1", "a.log.old", "0"};
    struct folder_bench b;

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        init(&b);
        tail_append(&b.files, "a.log", GC(1));
        start(&b, NULL);
        EXPECT(&b, "</a.log>/a.log:[old]gc 1 ");
        for (int round = 0; round < 3; round++) {
            tail_move(&b.files, "a.log", names[i]);
            if (round == 1)
                look(&b);
            tail_append(&b.files, "a.log", GC(2));
            look(&b);
            look(&b);
            EXPECT(&b, "/a.log:[cut]gc 2 ");
        }
        finish(&b);
    }
}

Test(folder, a_log_that_was_rotated_just_now)
{
    struct folder_bench b;

    init(&b);
    tail_append(&b.files, "a.log.1", GC(1));
    tail_append(&b.files, "a.log", "");
    start(&b, NULL);
    EXPECT(&b, "</a.log>/a.log:[old]gc 1 ");
    tail_append(&b.files, "a.log", GC(2));
    look(&b);
    EXPECT(&b, "/a.log:gc 2 ");
    finish(&b);
}

static void append_cycle(struct folder_bench *b, const char *name, int number)
{
    struct text line = {0};

    /* Its end tells it from others, as in life: that is how truncation is seen. */
    text_printf(&line,
                "gc %d @%d.000s 1%%: 1+10+2 ms clock, 4+8/20/4+8 ms cpu, 4->5->2 MB, %d "
                "MB goal, 4 P\n",
                number, number, number + 4);
    tail_append(&b->files, name, text_str(&line));
    text_finish(&line);
}

/* As logrotate does, with either way of naming. */
static void rotate(struct folder_bench *b, bool is_numbered)
{
    if (access(tail_path(&b->files, "a.log"), F_OK) != 0)
        return;
    if (!is_numbered) {
        tail_move(&b->files, "a.log", "a.log.old");
        return;
    }
    if (access(tail_path(&b->files, "a.log.2"), F_OK) == 0)
        tail_move(&b->files, "a.log.2", "a.log.3");
    if (access(tail_path(&b->files, "a.log.1"), F_OK) == 0)
        tail_move(&b->files, "a.log.1", "a.log.2");
    tail_move(&b->files, "a.log", "a.log.1");
}

/* Whatever happens between two looks: each line once, in its order. */
Test(folder, any_rotations_lose_and_repeat_nothing)
{
    uint64_t seed = 13;
    struct folder_bench b;
    int number = 0, seen = 0;

    init(&b);
    append_cycle(&b, "a.log", number++);
    start(&b, NULL);
    for (int round = 0; round < 300; round++) {
        for (size_t n = test_random_below(&seed, 3); n > 0; n--)
            append_cycle(&b, "a.log", number++);
        look(&b);
        switch (test_random_below(&seed, 6)) {
        case 0:
        case 1:
            rotate(&b, true);
            break;
        case 2:
            rotate(&b, false);
            break;
        case 3:
            (void)unlink(tail_path(&b.files, "a.log"));
            break;
        case 4:
            (void)truncate(tail_path(&b.files, "a.log"), 0);
            break;
        default:
            break;
        }
    }
    look(&b);
    cr_expect_eq(b.name_count, 1, "seed 13: %s", b.names[1]);
    for (const char *at = text_str(&b.files.got); (at = strstr(at, "gc ")); at++) {
        char want[32];

        (void)snprintf(want, sizeof want, "gc %d ", seen++);
        cr_assert(slice_starts(slice_str(at), slice_str(want)), "seed 13: %s", want);
    }
    cr_expect_eq(seen, number, "seed 13");
    finish(&b);
}

Test(folder, documents_are_given_when_they_are_whole_and_when_they_are_new)
{
    struct folder_bench b;

    init(&b);
    start(&b, NULL);
    tail_append(&b.files, "heap.txt", "heap profile: 1: 16 [1: 16] @ heap/1048576\n");
    look(&b);
    tail_append(&b.files, "heap.txt", "1: 16 [1: 16] @ 0x1\n");
    look(&b);
    EXPECT(&b, "");
    look(&b);
    EXPECT(&b, "<document /heap.txt>/heap.txt:HEAP");
    look(&b);
    EXPECT(&b, "");
    /* Written beside it and moved there, under a name of its own until then. */
    tail_append(&b.files, "heap.tmp", HEAP);
    look(&b);
    tail_move(&b.files, "heap.tmp", "heap.txt");
    look(&b);
    look(&b);
    EXPECT(&b, "/heap.txt:HEAP");
    /* What was given and has more behind it is not given again. */
    tail_append(&b.files, "heap.txt", "1: 16 [1: 16] @ 0x2\n");
    look(&b);
    look(&b);
    EXPECT(&b, "");
    cr_assert_eq(unlink(tail_path(&b.files, "heap.txt")), 0);
    look(&b);
    EXPECT(&b, "/heap.txt:[end]");
    finish(&b);
}

Test(folder, folders_below_and_names_that_lead_to_the_same)
{
    struct folder_bench b;
    char target[128];

    init(&b);
    start(&b, NULL);
    cr_assert_eq(mkdir(tail_path(&b.files, "pod"), 0700), 0);
    tail_append(&b.files, "pod/0.log", GC(1));
    (void)snprintf(target, sizeof target, "%s", tail_path(&b.files, "pod/0.log"));
    cr_assert_eq(symlink(target, tail_path(&b.files, "zzz.log")), 0);
    look(&b);
    EXPECT(&b, "</pod/0.log>/pod/0.log:[old]gc 1 ");
    look(&b);
    EXPECT(&b, "");
    finish(&b);
}

Test(folder, what_is_packed_is_a_document)
{
    struct slice packed = pack_find("gzip")->pack(SLICE(GC(1)));
    struct folder_bench b;

    init(&b);
    start(&b, NULL);
    tail_put(&b.files, "old.gz", 0, packed);
    look(&b);
    look(&b);
    cr_expect(slice_starts(slice_str(text_str(&b.files.got)),
                           SLICE("<document /old.gz>/old.gz:\x1f\x8b")));
    test_free(packed);
    finish(&b);
}

Test(folder, is_gone_for_a_while)
{
    struct folder_bench b;

    init(&b);
    start(&b, NULL);
    cr_assert_eq(rmdir(b.files.folder), 0);
    look(&b);
    look(&b);
    EXPECT(&b, "<document >:[trouble]No such file or directory");
    cr_assert_eq(mkdir(b.files.folder, 0700), 0);
    look(&b);
    EXPECT(&b, ":[end]");
    tail_append(&b.files, "a.log", GC(1));
    look(&b);
    EXPECT(&b, "</a.log>/a.log:[old]gc 1 ");
    finish(&b);
}

Test(folder, a_log_that_stays_away_is_given_up)
{
    struct folder_bench b;

    init(&b);
    tail_append(&b.files, "a.log", GC(1));
    start(&b, NULL);
    cr_assert_eq(unlink(tail_path(&b.files, "a.log")), 0);
    for (int i = 0; i < 599; i++)
        look(&b);
    EXPECT(&b, "</a.log>/a.log:[old]gc 1 /a.log:[trouble]is gone");
    look(&b);
    look(&b);
    EXPECT(&b, "/a.log:[end]");
    finish(&b);
}

Test(folder, refuses_what_is_none)
{
    struct folder_bench b;
    struct err err = {0};

    init(&b);
    cr_expect_not(folder_is("-"));
    cr_expect(folder_is(b.files.folder));
    cr_expect_null(
        folder_start(&b.files.context, tail_path(&b.files, "none"), NULL, &err));
    cr_expect_str_eq(err.reason, "No such file or directory");
    finish(&b);
}

Test(folder, inotify_wakes_it)
{
    struct folder_bench b;
    int64_t usual_ns;

    init(&b);
    start(&b, NULL);
    usual_ns = loop_next_ns(b.files.loop);
    tail_append(&b.files, "a.log", GC(1));
    while (loop_next_ns(b.files.loop) == usual_ns)
        cr_assert(loop_poll(b.files.loop, 20 * NS_PER_MS));
    b.files.now_ns = loop_next_ns(b.files.loop);
    cr_expect_lt(b.files.now_ns, usual_ns);
    tail_run_due(&b.files);
    EXPECT(&b, "</a.log>/a.log:[old]gc 1 ");
    finish(&b);
}
