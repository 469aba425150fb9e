/* The fast search against the plain one, at every alignment and length. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "model/base/compiler.h"
#include "parsers/scan.h"
#include "tests/unit/support.h"

TestSuite(scan, .fini = test_abort_on_leak);

static size_t plain_gc(const char *p, size_t len, uint64_t *newlines)
{
    for (size_t i = 0; i < len; i++) {
        if (len - i > 2 && p[i] == 'g' && p[i + 1] == 'c' &&
            (p[i + 2] == ' ' || (p[i + 2] >= '0' && p[i + 2] <= '9')))
            return i;
        *newlines += p[i] == '\n';
    }
    return len;
}

/* Finds every place of the bytes, which end where their block does. */
static void expect_found(struct slice in, uint64_t seed)
{
    struct slice copy = test_exact_copy(in.ptr, in.len);
    const char *end = copy.ptr + copy.len;

    for (size_t at = 0; at < copy.len; at++) {
        uint64_t want_lines = 3, got_lines = 3;
        size_t want = at + plain_gc(copy.ptr + at, copy.len - at, &want_lines);
        size_t got = (size_t)(scan_gc(copy.ptr + at, end, &got_lines) - copy.ptr);

        cr_assert(got == want && got_lines == want_lines,
                  "seed %llu from %zu of %zu: %zu not %zu, %llu lines not %llu",
                  (unsigned long long)seed, at, copy.len, got, want,
                  (unsigned long long)got_lines, (unsigned long long)want_lines);
        at = got < copy.len ? got : at + copy.len / 3;
    }
    test_free(copy);
}

Test(scan, random_bytes)
{
    static const char alphabet[] = "ggcc 109\n\nx\xe7\x80\0:";

    for (uint64_t seed = 1; seed <= 20000; seed++) {
        uint64_t dice = seed;
        char bytes[700];
        size_t len = test_random_below(&dice, sizeof bytes);
        size_t odds = 1 + test_random_below(&dice, 300);

        for (size_t i = 0; i < len; i++)
            bytes[i] = test_random_below(&dice, odds)
                           ? '.'
                           : alphabet[test_random_below(&dice, sizeof alphabet - 1)];
        expect_found(slice_of(bytes, len), seed);
    }
}

/* A lane of the counter holds 255, so lines of one byte are where it could run over. */
Test(scan, nothing_but_newlines)
{
    size_t len = 100000;
    char *bytes = malloc(len);
    uint64_t lines = 0;

    cr_assert(bytes);
    memset(bytes, '\n', len);
    cr_expect_eq(scan_gc(bytes, bytes + len, &lines), bytes + len);
    cr_expect_eq(lines, len);
    memcpy(bytes + len - 3, "gc1", 3);
    lines = 0;
    cr_expect_eq(scan_gc(bytes, bytes + len, &lines), bytes + len - 3);
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
