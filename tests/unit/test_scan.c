/* The fast search against the plain one, at every alignment and length. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "model/base/compiler.h"
#include "parsers/scan.h"
#include "parsers/scan_pairs.h"
#include "tests/unit/support.h"

TestSuite(scan, .fini = test_abort_on_leak);

static const struct {
    enum scan_mark mark;
    const char *text;
    size_t pair; /* where it is told apart */
} words[] = {
    {SCAN_PACER, "pacer: ", 4},
    {SCAN_SCAV, "scav ", 3},
    {SCAN_SCVG, "scvg", 2},
    {SCAN_SCHED, "SCHED ", 0},
    {SCAN_GC_FORCED, "GC forced", 0},
    {SCAN_SCAN, "scan: total ", 3},
    {SCAN_FINALIZERS, "checkfinalizers: ", 4},
    {SCAN_RUNTIME, "runtime: ", 6},
    {SCAN_FATAL_ERROR, "fatal error: ", 10},
    {SCAN_PANIC, "panic: ", 4},
};

static bool is_here(struct slice in, size_t at, const char *text)
{
    return in.len - at >= strlen(text) && memcmp(in.ptr + at, text, strlen(text)) == 0;
}

/* Where the "init " of a " @" is, or SIZE_MAX. */
static size_t init_of(struct slice in, size_t from, size_t at)
{
    size_t word = at;

    if (!is_here(in, at, " @"))
        return SIZE_MAX;
    while (word > from && at - word < 200 && in.ptr[word - 1] > ' ')
        word--;
    return word < at && word >= from + 5 && is_here(in, word - 5, "init ") ? word - 5
                                                                           : SIZE_MAX;
}

static bool is_gc(struct slice in, size_t at)
{
    return in.len - at > 2 && is_here(in, at, "gc") &&
           (in.ptr[at + 2] == ' ' || (in.ptr[at + 2] >= '0' && in.ptr[at + 2] <= '9'));
}

/* The slow and simple way, from where the pair is that tells a word. */
static size_t plain_mark(struct slice in, size_t from, uint64_t *newlines,
                         enum scan_mark *mark)
{
    for (size_t i = from; i < in.len; i++) {
        *newlines += in.ptr[i] == '\n';
        *mark = SCAN_GC;
        if (is_gc(in, i))
            return i;
        for (size_t k = 0; k < COUNT_OF(words); k++) {
            *mark = words[k].mark;
            if (i >= from + words[k].pair &&
                is_here(in, i - words[k].pair, words[k].text))
                return i - words[k].pair;
        }
        *mark = SCAN_INIT;
        if (init_of(in, from, i) < SIZE_MAX)
            return init_of(in, from, i);
    }
    *mark = SCAN_NONE;
    return in.len;
}

typedef const char *searcher(const char *p, const char *end, uint64_t *newlines,
                             enum scan_mark *mark);

/* Finds every place of the bytes, which end where their block does. */
static void expect_found(searcher *search, struct slice in, uint64_t seed)
{
    struct slice copy = test_exact_copy(in.ptr, in.len);
    const char *end = copy.ptr + copy.len;

    for (size_t at = 0; at < copy.len; at++) {
        uint64_t want_lines = 3, got_lines = 3;
        enum scan_mark want_mark, got_mark;
        size_t want = plain_mark(copy, at, &want_lines, &want_mark);
        size_t got =
            (size_t)(search(copy.ptr + at, end, &got_lines, &got_mark) - copy.ptr);

        cr_assert(
            got == want && got_lines == want_lines && got_mark == want_mark,
            "seed %llu from %zu of %zu: %zu not %zu, %llu lines not %llu, %d not %d",
            (unsigned long long)seed, at, copy.len, got, want,
            (unsigned long long)got_lines, (unsigned long long)want_lines, (int)got_mark,
            (int)want_mark);
        at = got < copy.len ? got : at + copy.len / 3;
    }
    test_free(copy);
}

static const char *const pieces[] = {"gc 1",
                                     "gc9",
                                     "pacer: ",
                                     "scav ",
                                     "scvg",
                                     "SCHED ",
                                     "GC forced",
                                     "cv",
                                     "r: ",
                                     "init a.b/c @0.1 ms",
                                     "runtime: ",
                                     "panic: ",
                                     "fatal error: ",
                                     "\n",
                                     "\n\n",
                                     "e:",
                                     " @",
                                     "v ",
                                     "SC",
                                     "GC",
                                     "kf",
                                     "scan: total ",
                                     "checkfinalizers: ",
                                     "init ",
                                     "\xe7\x80"};

static void fill(char *bytes, size_t len, uint64_t *dice)
{
    static const char alphabet[] = "ggcc 109\n\nx\xe7\x80\0:rv@SGCkfpanic: @ e";
    size_t odds = 1 + test_random_below(dice, 300);

    for (size_t i = 0; i < len; i++)
        bytes[i] = test_random_below(dice, odds)
                       ? '.'
                       : alphabet[test_random_below(dice, sizeof alphabet - 1)];
    for (size_t words_left = test_random_below(dice, 12); words_left > 0; words_left--) {
        const char *piece = pieces[test_random_below(dice, COUNT_OF(pieces))];

        if (len > strlen(piece))
            memcpy(bytes + test_random_below(dice, len - strlen(piece)), piece,
                   strlen(piece));
    }
}

static void expect_random(searcher *search)
{
    for (uint64_t seed = 1; seed <= 10000; seed++) {
        uint64_t dice = seed;
        char bytes[700];
        size_t len = test_random_below(&dice, sizeof bytes);

        fill(bytes, len, &dice);
        expect_found(search, slice_of(bytes, len), seed);
    }
}

Test(scan, random_bytes)
{
    expect_random(scan_mark);
}

Test(scan, random_bytes_on_any_processor)
{
    expect_random(scan_mark_plain);
}

/* A lane of the counter holds 255, so lines of one byte are where it could run over. */
Test(scan, nothing_but_newlines)
{
    size_t len = 100000;
    char *bytes = malloc(len);
    enum scan_mark mark;
    uint64_t lines = 0;

    cr_assert(bytes);
    memset(bytes, '\n', len);
    cr_expect_eq(scan_mark(bytes, bytes + len, &lines, &mark), bytes + len);
    cr_expect_eq(lines, len);
    memcpy(bytes + len - 3, "gc1", 3);
    lines = 0;
    cr_expect_eq(scan_mark(bytes, bytes + len, &lines, &mark), bytes + len - 3);
    cr_expect_eq(lines, len - 3);
    free(bytes);
}

static const struct {
    const char *in;
    size_t at, start, end;
} rows[] = {
    {"", 0, 0, 0},       {"a", 0, 0, 1},      {"a", 1, 0, 1},    {"\n", 0, 0, 0},
    {"\n", 1, 1, 1},     {"a\nb", 1, 0, 1},   {"a\nb", 2, 2, 3}, {"a\nb\n", 3, 2, 3},
    {"a\n\nb", 2, 2, 2}, {"ab\ncd", 4, 3, 5},
};

Test(scan, line_ends)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct slice in = test_exact_copy(rows[i].in, strlen(rows[i].in));
        const char *end = in.ptr + in.len;

        cr_expect_eq(scan_line_start(in.ptr, in.ptr + rows[i].at), in.ptr + rows[i].start,
                     "row %zu", i);
        cr_expect_eq(scan_line_end(in.ptr + rows[i].at, end), in.ptr + rows[i].end,
                     "row %zu", i);
        test_free(in);
    }
}
