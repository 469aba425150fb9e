/* The journal of a unit, as a program named journalctl tells it. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "model/base/text.h"
#include "model/units.h"
#include "replay/journal.h"
#include "tests/unit/support.h"

TestSuite(journal, .fini = test_abort_on_leak, .timeout = 60);

struct bench {
    char folder[40], path[60];
    struct live_context context;
    struct journal *journal;
    struct text seen; /* a line an entry */
};

static int64_t now_of(void *user)
{
    struct timespec now;

    (void)user;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * NS_PER_S + now.tv_nsec;
}

static uint32_t add_source(void *user, const char *name, unsigned flags, int64_t pid)
{
    struct bench *b = user;

    cr_expect_eq(flags, ENTRY_IS_STREAM);
    cr_expect_eq(pid, -1); /* a unit has many in its time */
    text_printf(&b->seen, "SOURCE %s\n", name);
    return 1;
}

static void take(void *user, const struct entry *e)
{
    static const char *const kinds[] = {
        [ENTRY_DATA] = "DATA", [ENTRY_TROUBLE] = "TROUBLE", [ENTRY_END] = "END"};
    struct bench *b = user;

    text_put_str(&b->seen, kinds[e->kind]);
    text_put_char(&b->seen, ' ');
    text_put(&b->seen, e->bytes);
    text_put_char(&b->seen, '\n');
}

/* A journalctl that does what the shell's words say. */
static void bench_init(struct bench *b, const char *words)
{
    FILE *f;

    *b = (struct bench){.folder = "/tmp/heapreel-journal-XXXXXX"};
    cr_assert_not_null(mkdtemp(b->folder));
    (void)snprintf(b->path, sizeof b->path, "%s/journalctl", b->folder);
    f = fopen(b->path, "w");
    cr_assert_not_null(f);
    cr_assert(fprintf(f, "#!/bin/sh\n%s\n", words) > 0);
    cr_assert_eq(fclose(f), 0);
    cr_assert_eq(chmod(b->path, 0700), 0);
    b->context = (struct live_context){.loop = loop_create(),
                                       .now_ns = now_of,
                                       .add_source = add_source,
                                       .take = take,
                                       .user = b};
}

static void start(struct bench *b)
{
    struct err err = {0};
    struct text path = {0};

    text_printf(&path, "%s:/usr/bin:/bin", b->folder);
    (void)setenv("PATH", text_str(&path), 1);
    text_finish(&path);
    b->journal = journal_start(&b->context, "journal:api.service", &err);
    cr_assert_not_null(b->journal, "%s", err.reason);
}

static void bench_finish(struct bench *b)
{
    journal_stop(b->journal);
    loop_destroy(b->context.loop);
    (void)unlink(b->path);
    (void)rmdir(b->folder);
    text_finish(&b->seen);
}

static void until_seen(struct bench *b, const char *words)
{
    const int64_t end_ns = now_of(b) + 20 * NS_PER_S;

    while (!strstr(text_str(&b->seen), words) && now_of(b) < end_ns)
        cr_assert(loop_poll(b->context.loop, 10 * NS_PER_MS));
    cr_assert(strstr(text_str(&b->seen), words), "%s\nis not in\n%s", words,
              text_str(&b->seen));
}

Test(journal, follows_a_unit)
{
    struct bench b;

    /* The last word is a process of its own, which must not outlive the source. */
    bench_init(&b, "echo \"$@\"; exec sleep 1000");
    start(&b);
    until_seen(&b, "SOURCE journal:api.service\n"
                   "DATA --follow --lines=0 --output=export --quiet "
                   "--unit=api.service\n");
    bench_finish(&b);
}

Test(journal, says_what_is_wrong_and_that_it_ended)
{
    struct bench b;

    bench_init(&b, "printf 'No journal files were found.\\nmore' >&2; exit 1");
    start(&b);
    until_seen(&b, "TROUBLE No journal files were found.\n");
    until_seen(&b, "END journalctl has ended\n");
    bench_finish(&b);
}

Test(journal, what_cannot_be_followed)
{
    struct bench b;
    struct err err = {0};

    bench_init(&b, "");
    cr_expect_null(journal_start(&b.context, "journal:", &err));
    cr_expect_str_eq(err.reason, "expected journal:UNIT");
    (void)setenv("PATH", "/nonexistent", 1);
    cr_expect_null(journal_start(&b.context, "journal:x", &err));
    cr_expect(strstr(err.reason, "journalctl"));
    cr_expect_eq(b.seen.len, 0);
    bench_finish(&b);
}
