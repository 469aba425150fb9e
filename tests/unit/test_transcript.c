#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "model/base/text.h"
#include "replay/transcript.h"
#include "tests/unit/support.h"

TestSuite(transcript, .fini = test_abort_on_leak);

static void take(struct transcript *t, uint32_t source, int64_t time_ns,
                 const char *bytes)
{
    struct slice copy = test_exact_copy(bytes, strlen(bytes));

    transcript_take(t, source, time_ns, copy);
    test_free(copy);
}

/* "1@10:text|…": source, time and text of each line that is there. */
static const char *told(const struct transcript *t, struct text *out)
{
    text_clear(out);
    for (uint64_t i = transcript_first(t); i < transcript_end(t); i++) {
        struct transcript_line line = transcript_line(t, i);

        text_printf(out, "%u@%d:", (unsigned)line.source, (int)line.time_ns);
        text_put(out, line.text);
        text_put_char(out, '|');
    }
    return text_str(out);
}

Test(transcript, lines_are_what_was_printed)
{
    struct transcript *t = transcript_create();
    struct text out = {0};

    take(t, 1, 10, "one\ntwo\r\n\nhal");
    cr_expect_str_eq(told(t, &out), "1@10:one|1@10:two|1@10:|", "half a line is none");
    take(t, 1, 20, "f\nnext");
    cr_expect_str_eq(told(t, &out), "1@10:one|1@10:two|1@10:|1@10:half|",
                     "a line is of the time of its first byte");
    transcript_cut(t, 1);
    transcript_cut(t, 1);
    transcript_cut(t, 9);
    take(t, 1, 30, "\xff\n");
    cr_expect_str_eq(told(t, &out),
                     "1@10:one|1@10:two|1@10:|1@10:half|1@20:next|1@30:\xff|");
    cr_expect_eq(transcript_after(t, 9), 0);
    cr_expect_eq(transcript_after(t, 10), 4);
    cr_expect_eq(transcript_after(t, 29), 5);
    cr_expect_eq(transcript_after(t, INT64_MAX), 6);
    text_finish(&out);
    transcript_destroy(t);
}

Test(transcript, streams_do_not_mix)
{
    struct transcript *t = transcript_create();
    struct text out = {0};

    take(t, 1, 10, "from o");
    take(t, 2, 11, "from t");
    take(t, 1, 12, "ne\n");
    take(t, 2, 13, "wo\n");
    cr_expect_str_eq(told(t, &out), "1@10:from one|2@11:from two|");
    text_finish(&out);
    transcript_destroy(t);
}

Test(transcript, cuts_change_nothing)
{
    static const char bytes[] = "first\r\n\nsecond \xc3\xa9\r\r\nthird\n";
    struct text want = {0}, got = {0};
    struct transcript *whole = transcript_create();

    take(whole, 3, 1, bytes);
    (void)told(whole, &want);
    for (size_t cut = 0; cut < sizeof bytes; cut++) {
        struct transcript *t = transcript_create();

        transcript_take(t, 3, 1, slice_of(bytes, cut));
        transcript_take(t, 3, 1, slice_of(bytes + cut, sizeof bytes - 1 - cut));
        cr_expect_str_eq(told(t, &got), text_str(&want), "cut at %zu", cut);
        transcript_destroy(t);
    }
    text_finish(&want);
    text_finish(&got);
    transcript_destroy(whole);
}

/* Whatever the lengths, what is left are the last lines, each whole. */
Test(transcript, the_oldest_lines_go)
{
    uint64_t seed = 5;
    struct transcript *t = transcript_create();
    char *line = malloc(2 * TRANSCRIPT_LINE_BYTES);
    size_t kept = 0;

    cr_assert(line);
    for (uint64_t i = 0; i < 60000; i++) {
        /* Long, short and empty ones come in turns, so that each limit is met. */
        size_t most = i / 10000 % 3 == 0   ? 2 * TRANSCRIPT_LINE_BYTES - 1
                      : i / 10000 % 3 == 1 ? 4
                                           : 1;
        size_t len = test_random_below(&seed, most);

        memset(line, 'a' + (int)(i % 26), len);
        line[len] = '\n';
        transcript_take(t, (uint32_t)(i % 3), (int64_t)i, slice_of(line, len + 1));
        cr_assert_eq(transcript_end(t), i + 1);
    }
    cr_expect_eq(transcript_end(t) - transcript_first(t), TRANSCRIPT_LINES);
    for (int run = 0; run < 2000; run++) {
        memset(line, 'z', TRANSCRIPT_LINE_BYTES + 100);
        line[TRANSCRIPT_LINE_BYTES + 100] = '\n';
        transcript_take(t, 1, 60000 + run, slice_of(line, TRANSCRIPT_LINE_BYTES + 101));
    }
    for (uint64_t i = transcript_first(t); i < transcript_end(t); i++) {
        struct transcript_line got = transcript_line(t, i);

        kept += got.text.len;
        cr_assert_eq(got.time_ns, (int64_t)i);
        for (size_t k = 0; k < got.text.len; k++)
            cr_assert_eq(got.text.ptr[k], i < 60000 ? 'a' + (int)(i % 26) : 'z');
        if (i >= 60000)
            cr_assert_eq(got.text.len, TRANSCRIPT_LINE_BYTES, "a long line is cut");
    }
    cr_expect_leq(kept, TRANSCRIPT_BYTES);
    cr_expect_geq(kept, TRANSCRIPT_BYTES - 2 * TRANSCRIPT_LINE_BYTES - TRANSCRIPT_LINES);
    free(line);
    transcript_destroy(t);
}

/* So many streams are a damaged recording: all lines come, if not as they were. */
Test(transcript, any_number_of_streams)
{
    struct transcript *t = transcript_create();

    for (uint32_t source = 0; source < 2000; source++)
        take(t, source, 1, "half");
    for (uint32_t source = 0; source < 2000; source++)
        transcript_cut(t, source);
    cr_expect_eq(transcript_end(t), 2000);
    transcript_destroy(t);
}
