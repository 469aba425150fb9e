#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/base/diag.h"
#include "model/base/text.h"
#include "tests/unit/support.h"

TestSuite(text, .fini = test_abort_on_leak);

#define ROW(bytes, shown)                                                                \
    {                                                                                    \
        bytes, sizeof(bytes) - 1, shown                                                  \
    }

/* What files hold to take over a terminal or to mislead its reader. */
static const struct {
    const char *bytes;
    size_t len;
    const char *shown;
} hostile[] = {
    ROW("", ""),
    ROW("main.go:31 héllo 世界 🎉", "main.go:31 héllo 世界 🎉"),
    ROW("\x1b]0;owned\x07", "\\x1b]0;owned\\x07"),
    ROW("\x1b[2J\x1b[H", "\\x1b[2J\\x1b[H"),
    ROW("a\tb\nc\rd", "a b\\x0ac\\x0dd"),
    ROW("nul\0nul", "nul\\x00nul"),
    ROW("del\x7f", "del\\x7f"),
    ROW("\xc2\x9b"
        "2J",
        "\\u{009b}2J"),
    ROW("\x9b"
        "2J",
        "\\x9b2J"),
    ROW("\xc2\x85", "\\u{0085}"),
    ROW("abc\xe2\x80\xae"
        "cba\xe2\x80\xac",
        "abc\\u{202e}cba\\u{202c}"),
    ROW("\xe2\x81\xa6\xe2\x81\xa9", "\\u{2066}\\u{2069}"),
    ROW("zero\xe2\x80\x8bwidth", "zero\\u{200b}width"),
    ROW("a\xe2\x80\x8d"
        "b",
        "a\\u{200d}b"),
    ROW("\xef\xbb\xbf"
        "bom",
        "\\u{feff}bom"),
    ROW("soft\xc2\xadhyphen", "soft\\u{00ad}hyphen"),
    ROW("line\xe2\x80\xa8paragraph\xe2\x80\xa9", "line\\u{2028}paragraph\\u{2029}"),
    ROW("\xcd\xb8", "\\u{0378}"),                    /* unassigned */
    ROW("\xf3\xa0\x81\x81", "\\u{e0041}"),           /* a tag */
    ROW("\xe3\x85\xa4", "\\u{3164}"),                /* a filler that shows nothing */
    ROW("\xc0\xaf", "\\xc0\\xaf"),                   /* overlong */
    ROW("\xed\xa0\x80", "\\xed\\xa0\\x80"),          /* surrogate */
    ROW("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"), /* beyond Unicode */
    ROW("\xe4\xb8", "\\xe4\\xb8"),                   /* cut */
    ROW("\xff\xfe", "\\xff\\xfe"),
    ROW("e\xcc\x81", "e\xcc\x81"), /* an accent on a letter */
    ROW("\xcc\x81", "\\u{0301}"),  /* … on whatever stands before the text */
    ROW("\x07\xcc\x81", "\\x07\\u{0301}"),
    ROW("e\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81",
        "e\xcc\x81\xcc\x81\xcc\x81\xcc\x81\\u{0301}\\u{0301}"),
};

Test(text, safe_shows_hostile_bytes)
{
    for (size_t i = 0; i < COUNT_OF(hostile); i++) {
        struct slice in = test_exact_copy(hostile[i].bytes, hostile[i].len);
        struct text t = {0};

        text_put_safe(&t, in);
        cr_expect_str_eq(text_str(&t), hostile[i].shown, "row %zu", i);
        text_finish(&t);
        test_free(in);
    }
}

static bool is_plain(uint32_t c, bool ascii)
{
    if (ascii)
        return c >= 0x20 && c < 0x7F;
    return c >= 0x20 && (c < 0x7F || c > 0x9F) && !(c >= 0x2028 && c <= 0x202E);
}

/* Whatever the bytes: valid UTF-8, no control, and stable when escaped again. */
static void expect_safe(const struct text *t, uint64_t seed, bool ascii)
{
    struct slice rest = slice_of(text_str(t), t->len);
    struct text again = {0};
    bool is_safe = true;

    text_put_safe(&again, rest);
    while (rest.len > 0 && is_safe) {
        uint32_t c = 0;
        size_t len = text_decode(rest, &c);

        is_safe = len > 0 && is_plain(c, ascii);
        rest = slice_after(rest, len ? len : 1);
    }
    cr_assert(is_safe, "seed %llu: %s", (unsigned long long)seed, text_str(t));
    cr_assert_str_eq(text_str(&again), text_str(t), "seed %llu",
                     (unsigned long long)seed);
    text_finish(&again);
}

Test(text, safe_holds_for_random_bytes)
{
    uint64_t seed = 7;

    for (int round = 0; round < 3000; round++) {
        uint64_t start = seed;
        char bytes[64];
        size_t len = test_random_below(&seed, sizeof bytes);
        struct text t = {0}, ascii = {0}, cut = {0};
        int cells = (int)test_random_below(&seed, 20);

        for (size_t i = 0; i < len; i++)
            bytes[i] = (char)(test_random(&seed) >> (round % 2 ? 56 : 3));
        text_put_safe(&t, slice_of(bytes, len));
        expect_safe(&t, start, false);
        text_put_safe_ascii(&ascii, slice_of(bytes, len));
        expect_safe(&ascii, start, true);
        text_put_safe_cells(&cut, slice_of(bytes, len), cells, round % 3 == 0);
        expect_safe(&cut, start, false);
        cr_assert_leq(text_cells(text_str(&cut)), cells, "seed %llu",
                      (unsigned long long)start);
        text_finish(&t);
        text_finish(&ascii);
        text_finish(&cut);
    }
}

static const struct {
    const char *text;
    int cells;
    bool ascii;
    const char *want;
} cuts[] = {
    {"abcdef", 6, false, "abcdef"},
    {"abcdef", 5, false, "abcd…"},
    {"abcdef", 5, true, "ab..."},
    {"abcdef", 2, true, ".."},
    {"abcdef", 1, false, "…"},
    {"abcdef", 0, false, ""},
    {"abcdef", -3, false, ""},
    {"世界世界", 8, false, "世界世界"},
    {"世界世界", 7, false, "世界世…"},
    {"世界世界", 6, false, "世界…"},
    {"世", 1, false, "…"},
    {"ab\x1b[2J", 6, false, "ab…"},
    {"ab\x1b[2J", 9, false, "ab\\x1b[2J"},
    {"ae\xcc\x81z", 3, false, "ae\xcc\x81z"},
};

Test(text, cuts_to_cells)
{
    for (size_t i = 0; i < COUNT_OF(cuts); i++) {
        struct text t = {0};

        text_put_safe_cells(&t, slice_str(cuts[i].text), cuts[i].cells, cuts[i].ascii);
        cr_expect_str_eq(text_str(&t), cuts[i].want, "row %zu: %s", i, text_str(&t));
        text_finish(&t);
    }
}

Test(text, very_long_is_fine)
{
    size_t len = 4u << 20;
    char *bytes = malloc(len);
    struct text t = {0};

    cr_assert(bytes);
    memset(bytes, 0x1b, len);
    text_put_safe(&t, slice_of(bytes, len));
    cr_expect_eq(t.len, len * 4);
    text_clear(&t);
    text_put_safe_cells(&t, slice_of(bytes, len), 80, false);
    cr_expect_leq(t.len, 84u);
    text_finish(&t);
    free(bytes);
}

Test(text, grows)
{
    struct text t = {0};

    cr_expect_str_eq(text_str(&t), "");
    text_put(&t, (struct slice){NULL, 0});
    for (int i = 0; i < 100; i++)
        text_printf(&t, "%d,", i);
    text_repeat(&t, "ab", 3);
    text_put_char(&t, '!');
    cr_expect_eq(t.len, strlen(text_str(&t)));
    cr_expect(slice_ends(slice_str(text_str(&t)), SLICE("98,99,ababab!")));
    text_clear(&t);
    cr_expect_str_eq(text_str(&t), "");
    text_finish(&t);
    text_finish(NULL);
}

Test(text, counts_cells)
{
    cr_expect_eq(text_cells("abc"), 3);
    cr_expect_eq(text_cells("世界"), 4);
    cr_expect_eq(text_cells("e\xcc\x81"), 1);
    cr_expect_eq(text_cells("▁▂▃█"), 4);
    cr_expect_eq(text_cells("⣿⡇"), 2);
    cr_expect_eq(text_cells("\xff"), 1);
}

Test(text, diag_counts_and_keeps_the_first)
{
    struct diag d = {0};
    struct err err;
    char reason[32];

    for (int i = 0; i < 100; i++)
        diag_skip(&d, (uint64_t)i * 10, (uint64_t)i + 1, SLICE("gc\x1b[2J"), "bad");
    err_set(&err, 99, 0, "stream is %s", "cut off");
    diag_error(&d, &err);
    cr_expect_eq(d.skipped, 100u);
    cr_expect_eq(d.errors, 1u);
    cr_expect_eq(d.kept_count, (unsigned)DIAG_KEPT);
    cr_expect_eq(d.kept[3].line, 4u);
    cr_expect_str_eq(d.kept[3].excerpt, "gc\\x1b[2J");
    cr_expect_eq(d.reason_count, 2u);
    cr_expect_eq(d.reasons[0].count, 100u);
    cr_expect_str_eq(d.reasons[1].reason, "stream is cut off");
    for (int i = 0; i < 100; i++) {
        (void)snprintf(reason, sizeof reason, "reason %d", i);
        diag_skip(&d, 0, 1, (struct slice){NULL, 0}, reason);
    }
    cr_expect_eq(d.reason_count, (unsigned)DIAG_REASONS);
    cr_expect_str_eq(d.reasons[DIAG_REASONS - 1].reason, "other reasons");
    cr_expect_eq(d.reasons[DIAG_REASONS - 1].count, 100u - (DIAG_REASONS - 3));
}

/* The widest escapes fill the excerpt; a cut one says so, and not inside a letter. */
Test(text, diag_excerpt_is_bounded)
{
    struct diag d = {0};
    char bytes[4096];

    memset(bytes, 0x1b, sizeof bytes);
    diag_skip(&d, 0, 1, slice_of(bytes, sizeof bytes), "bad");
    cr_expect_eq(strlen(d.kept[0].excerpt), DIAG_EXCERPT * 4u + 3);
    for (size_t i = 0; i + 3 <= sizeof bytes; i += 3)
        memcpy(bytes + i, "世", 3);
    diag_skip(&d, 0, 1, slice_of(bytes + 1, sizeof bytes - 1), "bad");
    cr_expect(slice_ends(slice_str(d.kept[1].excerpt), SLICE("世...")), "%s",
              d.kept[1].excerpt);
}
