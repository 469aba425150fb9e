/* The cutter against the plain way: take the whole input, split it at newlines. */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdlib.h>

#include "model/base/text.h"
#include "parsers/limits.h"
#include "parsers/lines.h"
#include "tests/unit/support.h"

TestSuite(lines, .fini = test_abort_on_leak);

static uint64_t hash_of(struct slice s)
{
    uint64_t hash = 14695981039346656037u;

    for (size_t i = 0; i < s.len; i++)
        hash = (hash ^ (unsigned char)s.ptr[i]) * 1099511628211u;
    return hash;
}

static void put_line(struct text *t, uint64_t number, uint64_t offset, struct slice line,
                     uint64_t cut, bool is_head)
{
    text_printf(t, "%" PRIu64 "@%" PRIu64 " %zu bytes %" PRIx64 " cut %" PRIu64 "%s\n",
                number, offset, line.len, hash_of(line), cut, is_head ? " head" : "");
}

static const char *line_end(const char *p, const char *end)
{
    const char *newline = p < end ? memchr(p, '\n', (size_t)(end - p)) : NULL;

    return newline ? newline + 1 : end;
}

static uint64_t take(void *user, const struct lines_run *run)
{
    const char *p = run->bytes.ptr, *end = p + run->bytes.len;
    uint64_t newlines = 0;

    cr_expect_gt(run->bytes.len, 0);
    cr_expect(!run->is_head || !memchr(p, '\n', run->bytes.len));
    while (p < end) {
        const char *stop = line_end(p, end);

        put_line(user, run->first_line + newlines,
                 run->offset_bytes + (uint64_t)(p - run->bytes.ptr),
                 (struct slice){p, (size_t)(stop - p)},
                 p == run->bytes.ptr ? run->cut_bytes : 0, run->is_head);
        newlines += stop[-1] == '\n';
        p = stop;
    }
    return newlines;
}

static void split_plainly(struct text *t, struct slice in)
{
    const char *p = in.ptr, *end = p + in.len;

    for (uint64_t number = 1; p < end; number++) {
        const char *stop = line_end(p, end);
        struct slice line = {p, (size_t)(stop - p)};
        uint64_t offset = (uint64_t)(p - in.ptr);
        size_t at = line.len - LIMIT_LINE_TAIL_BYTES;

        if (line.len <= LIMIT_LINE_BYTES + LIMIT_LINE_TAIL_BYTES) {
            put_line(t, number, offset, line, 0, false);
        } else {
            put_line(t, number, offset, slice_first(line, LIMIT_LINE_BYTES), 0, true);
            put_line(t, number, offset + at, slice_after(line, at), at - LIMIT_LINE_BYTES,
                     false);
        }
        p = stop;
    }
}

static void expect_lines(const char *what, struct slice in, size_t first, size_t rest,
                         uint64_t seed)
{
    struct text want = {0}, got = {0};
    struct lines l = {0};
    struct slice left = in;

    split_plainly(&want, in);
    while (left.len) {
        struct slice part = slice_first(left, left.ptr == in.ptr ? first : rest);
        struct slice piece;

        if (seed)
            part = slice_first(left, 1 + test_random_below(&seed, rest));
        piece = test_exact_copy(part.ptr, part.len);
        lines_feed(&l, piece, take, &got);
        test_free(piece);
        left = slice_after(left, part.len);
    }
    lines_finish(&l, take, &got);
    cr_expect_str_eq(text_str(&got), text_str(&want), "%s, pieces %zu, %zu", what, first,
                     rest);
    cr_expect_leq(l.carry_capacity, 4u << 20, "%s keeps %zu bytes", what,
                  l.carry_capacity);
    lines_close(&l);
    text_finish(&want);
    text_finish(&got);
}

static const struct slice smalls[] = {
    SLICE_INIT(""),       SLICE_INIT("\n"),     SLICE_INIT("a"),
    SLICE_INIT("a\n"),    SLICE_INIT("a\nb"),   SLICE_INIT("\n\n\n"),
    SLICE_INIT("a\r\nb"), SLICE_INIT("\0\n\0"), SLICE_INIT("one\ntwo\n\nthree\nfour"),
};

Test(lines, small_inputs_at_every_cut)
{
    for (size_t i = 0; i < COUNT_OF(smalls); i++) {
        for (size_t first = 1; first <= smalls[i].len + 1; first++)
            for (size_t rest = 1; rest <= smalls[i].len + 1; rest++)
                expect_lines("small", smalls[i], first, rest, 0);
    }
}

Test(lines, random_bytes)
{
    for (uint64_t seed = 1; seed <= 40; seed++) {
        uint64_t dice = seed;
        size_t len = test_random_below(&dice, 700000);
        size_t every = 1 + test_random_below(&dice, 400);
        char *bytes = calloc(len + 1, 1);

        cr_assert(bytes);
        for (size_t i = 0; i < len; i++)
            bytes[i] =
                (char)(test_random_below(&dice, every) ? test_random(&dice) : '\n');
        expect_lines("random", slice_of(bytes, len), SIZE_MAX, SIZE_MAX, 0);
        expect_lines("random", slice_of(bytes, len), 0,
                     1 + test_random_below(&dice, 100000), seed);
        free(bytes);
    }
}

/* Lengths around the limits, each between two ordinary lines. */
Test(lines, long_lines)
{
    static const size_t around[] = {
        LIMIT_LINE_BYTES - 1,
        LIMIT_LINE_BYTES,
        LIMIT_LINE_BYTES + 1,
        LIMIT_LINE_BYTES + LIMIT_LINE_TAIL_BYTES - 1,
        LIMIT_LINE_BYTES + LIMIT_LINE_TAIL_BYTES,
        LIMIT_LINE_BYTES + LIMIT_LINE_TAIL_BYTES + 1,
        LIMIT_LINE_BYTES + 2 * LIMIT_LINE_TAIL_BYTES,
        LIMIT_LINE_BYTES + 2 * LIMIT_LINE_TAIL_BYTES + 1,
        LIMIT_LINE_BYTES + 3 * LIMIT_LINE_TAIL_BYTES + 7,
        3 * LIMIT_LINE_BYTES + 5,
    };
    static const size_t cuts[] = {SIZE_MAX, 1000003, 262144, 65536, 4093};

    for (size_t i = 0; i < COUNT_OF(around) * 2; i++) {
        size_t len = around[i / 2];
        bool ends = i % 2;
        struct text t = {0};
        uint64_t dice = i + 1;

        text_put_str(&t, "before\n");
        for (size_t k = 0; k < len; k++)
            text_put_char(&t, (char)('a' + test_random_below(&dice, 26)));
        text_put_str(&t, ends ? "\nafter\n" : "");
        for (size_t k = 0; k < COUNT_OF(cuts); k++)
            expect_lines("long", slice_of(t.ptr, t.len), cuts[k], cuts[k], 0);
        text_finish(&t);
    }
}
