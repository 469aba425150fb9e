/* Objects out of a stream, however they are written and wherever it is cut. */
#include <criterion/criterion.h>

#include "model/base/compiler.h"
#include "model/base/text.h"
#include "parsers/json_frames.h"
#include "parsers/json_scan.h"
#include "tests/unit/support.h"

TestSuite(json_frames, .fini = test_abort_on_leak);

/* "LINE@OFFSET BEFORE|BYTES" of each, "!REASON" behind broken ones. */
static void put_frame(void *user, const struct json_frame *frame)
{
    struct text *t = user;

    text_printf(t, "%llu@%llu ", (unsigned long long)frame->line,
                (unsigned long long)frame->offset_bytes);
    if (frame->before.len) {
        text_put(t, frame->before);
        text_put_char(t, '|');
    }
    text_put(t, frame->bytes);
    if (frame->is_rescued)
        text_put_str(t, " rescued");
    if (frame->reason)
        text_printf(t, " !%s", frame->reason);
    text_put_char(t, '\n');
}

/* In pieces of `first` and then `rest` bytes. */
static void frames_of(struct text *out, struct slice in, size_t first, size_t rest)
{
    struct json_frames f = {.rescue = SLICE("memstats")};
    size_t size = first;

    while (in.len) {
        struct slice part = slice_first(in, size);
        struct slice copy = test_exact_copy(part.ptr, part.len);

        json_frames_feed(&f, copy, put_frame, out);
        test_free(copy);
        in = slice_after(in, part.len);
        size = rest;
    }
    json_frames_finish(&f, put_frame, out);
    json_frames_close(&f);
}

#define LONG                                                                             \
    "{\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\":[1]}"

static const struct {
    const char *in, *want;
} rows[] = {
    {"", ""},
    {" \n\r\n\t ", ""},
    {"{}", "1@0 {}\n"},
    {"{}\n{}\n", "1@0 {}\n2@3 {}\n"},
    {"{}{} {}", "1@0 {}\n1@2 {}\n1@5 {}\n"},
    {"[{},{}]", "1@1 {}\n1@4 {}\n"},
    {"[\n {\n \"a\": [\n  {}\n ]\n },\n {}\n]\n",
     "2@3 {\n \"a\": [\n  {}\n ]\n }\n7@26 {}\n"},
    {"{\"a\":\"}{\\\"]\\\\\"}\n{}", "1@0 {\"a\":\"}{\\\"]\\\\\"}\n2@16 {}\n"},
    {LONG LONG, "1@0 " LONG "\n1@76 " LONG "\n"},
    {"{\"a\":\n{\n}}\n{}", "1@0 {\"a\":\n{\n}}\n4@11 {}\n"},
    /* Text in front, between and behind. */
    {"2026 x: {\"a\":1}\n", "1@8 2026 x: |{\"a\":1}\n"},
    {"hello\n{}\n", "1@0 hello !expected a JSON object\n2@6 {}\n"},
    {"{} x\n{}", "1@0 {}\n1@3 x !expected a JSON object\n2@5 {}\n"},
    {"5,\"a\":{\"b\":1}}\n{}",
     "1@0 5,\"a\":{\"b\":1}} !expected a JSON object\n2@15 {}\n"},
    {"[1,2]", "1@1 1,2] !expected a JSON object\n"},
    /* Broken ones. */
    {"{\"a\":1", "1@0 {\"a\":1 !cut off in the middle\n"},
    {"{\"a\":1,\n{\"a\":2}\n", "1@0 {\"a\":1, !cut off in the middle\n2@8 {\"a\":2}\n"},
    {"{\"a\":[{\"b\":1},\n{\"a\":2}\n{\"a\":3}\n",
     "1@0 {\"a\":[{\"b\":1},\n{\"a\":2} !cut off in the middle\n2@15 {\"a\":2}\n3@23 "
     "{\"a\":3}\n"},
    {"{\"a\":\"x\n{\"a\":2}\n", "1@0 {\"a\":\"x !string without an end\n2@8 {\"a\":2}\n"},
    {"{\"a\":[1}}\n{\"a\":2}\n",
     "1@0 {\"a\":[1 !bracket without its partner\n2@10 {\"a\":2}\n"},
    {"{\"a\" {}}\n{\"a\":2}\n", "1@0 {\"a\" !bracket out of place\n2@9 {\"a\":2}\n"},
    /* In one line the next one is known by its first key. */
    {"[{\"a\":1},{\"a\":{\"b\":[{\"c\":1},{\"c\":2}}},{\"a\":3}]",
     "1@1 {\"a\":1}\n1@9 {\"a\":{\"b\":[{\"c\":1},{\"c\":2} !bracket without its "
     "partner\n1@38 {\"a\":3}\n"},
    {"[{\"a\":1},{\"a\":2", "1@1 {\"a\":1}\n1@9 {\"a\":2 !cut off in the middle\n"},
    {"[{\"a\":1},", "1@1 {\"a\":1}\n1@9  !array without its end\n"},
    /* Behind a stamp too, and the next line begins again. */
    {"s {\"a\":[}{\"a\":1}\nt {\"a\":2}\n",
     "1@2 s |{\"a\":[ !bracket without its partner\n1@9 {\"a\":1}\n2@19 t |{\"a\":2}\n"},
    {"s {\"a\":[}\nt {\"a\":2}\n",
     "1@2 s |{\"a\":[ !bracket without its partner\n2@12 t |{\"a\":2}\n"},
    /* The member that is worth saving. */
    {"{\n\"x\": ],\n\"memstats\" : {\"a\":1},\n\"y\": {}\n}\n{\"x\":1}\n",
     "1@0 {\n\"x\": !bracket without its partner\n3@23 {\"a\":1} rescued\n6@42 "
     "{\"x\":1}\n"},
};

Test(json_frames, frames)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct text got = {0};

        frames_of(&got, slice_str(rows[i].in), SIZE_MAX, SIZE_MAX);
        cr_expect_str_eq(text_str(&got), rows[i].want, "%s gives %s", rows[i].in,
                         text_str(&got));
        text_finish(&got);
    }
}

static void expect_same(struct slice in, const struct text *want, size_t first,
                        size_t rest)
{
    struct text got = {0};

    frames_of(&got, in, first, rest);
    cr_expect_str_eq(text_str(&got), text_str(want),
                     "%.*s cut at %zu, then %zu gives %s not %s", (int)in.len, in.ptr,
                     first, rest, text_str(&got), text_str(want));
    text_finish(&got);
}

Test(json_frames, cut_anywhere)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct slice in = slice_str(rows[i].in);
        struct text want = {0};

        frames_of(&want, in, SIZE_MAX, SIZE_MAX);
        for (size_t first = 1; first < in.len; first++)
            for (size_t rest = 1; rest < 80; rest += 13)
                expect_same(in, &want, first, rest);
        text_finish(&want);
    }
}

/* Brackets, quotes and keys in any order: the same frames however it is cut, and none
 * that overlaps another. */
Test(json_frames, random_streams)
{
    static const char *const parts[] = {
        "{",  "}",  "[", "]", "\"",  ",",         "\"a\"", ":", "{\"a\":",
        "\n", "\\", " ", "1", "\n{", "{\"a\":1}", "},{",   "x", "\"memstats\":{"};
    uint64_t seed = 7;

    for (unsigned turn = 0; turn < 3000; turn++) {
        struct text in = {0}, want = {0};
        size_t count = test_random_below(&seed, 60);

        for (size_t i = 0; i < count; i++)
            text_put_str(&in, parts[test_random_below(&seed, COUNT_OF(parts))]);
        frames_of(&want, slice_of(in.ptr, in.len), SIZE_MAX, SIZE_MAX);
        expect_same(slice_of(in.ptr, in.len), &want, 1, 1);
        expect_same(slice_of(in.ptr, in.len), &want, 1 + test_random_below(&seed, 30), 9);
        text_finish(&in);
        text_finish(&want);
    }
}

struct sizes {
    size_t count, bytes;
    const char *reason;
};

static void count_frame(void *user, const struct json_frame *frame)
{
    struct sizes *s = user;

    s->count += !frame->reason;
    s->bytes += frame->bytes.len;
    if (frame->reason)
        s->reason = frame->reason;
}

/* What is too large is given up; what stands behind it is not. */
Test(json_frames, too_large)
{
    struct json_frames f = {0};
    struct sizes s = {0};
    struct text t = {0};

    text_put_str(&t, "{\"a\":[");
    text_repeat(&t, "1,", LIMIT_JSON_OBJECT_BYTES);
    text_put_str(&t, "]}\n{\"a\":1}\n");
    for (size_t i = 0; i < t.len; i += 100000)
        json_frames_feed(&f, slice_first(slice_of(t.ptr + i, t.len - i), 100000),
                         count_frame, &s);
    json_frames_finish(&f, count_frame, &s);
    cr_expect_eq(s.count, 1);
    cr_expect_eq(s.bytes, LIMIT_JSON_OBJECT_BYTES + 7);
    cr_expect_str_eq(s.reason, "JSON object over 8 MiB");
    cr_expect_leq(f.carry_capacity, 4 * LIMIT_JSON_OBJECT_BYTES);
    json_frames_close(&f);
    text_finish(&t);
}

/* Objects that never end, one in the other, as many as fit: each byte is looked at a
 * bounded number of times. */
Test(json_frames, hostile_nesting)
{
    struct json_frames f = {0};
    struct sizes s = {0};
    struct text t = {0};

    for (unsigned i = 0; i < 4000; i++) {
        text_put_str(&t, "{\"a\":[\n");
        text_repeat(&t, "1,", 200);
    }
    json_frames_feed(&f, slice_of(t.ptr, t.len), count_frame, &s);
    json_frames_finish(&f, count_frame, &s);
    cr_expect_eq(s.count, 0);
    json_frames_close(&f);
    text_finish(&t);
}

Test(json_frames, masks)
{
    char block[JSON_SCAN_BYTES];
    uint64_t seed = 3;

    for (unsigned turn = 0; turn < 500; turn++) {
        struct json_masks m;
        bool inside = turn & 1;
        uint64_t strings;

        for (size_t i = 0; i < sizeof block; i++)
            block[i] = "\"\\\n{}[]a\x7b\x5d\xfb;"[test_random_below(&seed, 12)];
        m = json_scan(block);
        strings = json_scan_strings(m.quotes, inside);
        for (unsigned i = 0; i < sizeof block; i++) {
            bool is_quote = block[i] == '"';
            bool is_bracket = block[i] && strchr("{}[]", block[i]);

            inside ^= is_quote;
            cr_expect_eq(m.quotes >> i & 1, is_quote);
            cr_expect_eq(m.backslashes >> i & 1, block[i] == '\\');
            cr_expect_eq(m.newlines >> i & 1, block[i] == '\n');
            cr_expect_eq(m.brackets >> i & 1, is_bracket);
            cr_expect_eq(strings >> i & 1, inside);
        }
    }
}
