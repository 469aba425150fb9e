/* Numbers, times and texts as careless programs write them; arrays of integers; values
 * passed over unread. */
#include <criterion/criterion.h>

#include "model/base/compiler.h"
#include "model/base/text.h"
#include "parsers/json_value.h"
#include "tests/unit/support.h"

TestSuite(json_value, .fini = test_abort_on_leak);

static const struct {
    const char *in;
    enum json_kind kind;
    bool ok;
    int64_t want;
} times[] = {
    {"2026-11-21T01:35:52.5Z", JSON_STRING, true, 1795224952500000000},
    {"2026/11/21 01:35:52.5", JSON_STRING, true, 1795224952500000000},
    {"1795224952.5", JSON_STRING, true, 1795224952500000000},
    {"1795224952", JSON_NUMBER, true, 1795224952000000000},
    {"1795224952500", JSON_NUMBER, true, 1795224952500000000},
    {"1795224952500001", JSON_NUMBER, true, 1795224952500001000},
    {"1795224952500000001", JSON_NUMBER, true, 1795224952500000001},
    {"1.795224952e9", JSON_NUMBER, true, 1795224952000000000},
    {"0", JSON_NUMBER, false, 0},
    {"-1", JSON_NUMBER, false, 0},
    {"12.5", JSON_NUMBER, false, 0},
    {"1e300", JSON_NUMBER, false, 0},
    {"99999999999999999999999", JSON_NUMBER, false, 0},
    {"NaN", JSON_NUMBER, false, 0},
    {"yesterday", JSON_STRING, false, 0},
    {"", JSON_STRING, false, 0},
    {"", JSON_TRUE, false, 0},
};

Test(json_value, times)
{
    for (size_t i = 0; i < COUNT_OF(times); i++) {
        struct slice in = test_exact_copy(times[i].in, strlen(times[i].in));
        int64_t got = 0;

        cr_expect_eq(json_take_time(times[i].kind, in, &got), times[i].ok, "%s",
                     times[i].in);
        cr_expect(!times[i].ok || got == times[i].want, "%s: %lld", times[i].in,
                  (long long)got);
        test_free(in);
    }
}

static const struct {
    const char *key;
    bool is_time, is_heap_alloc;
} keys[] = {
    {"time", true, false},        {"ts", true, false},
    {"@timestamp", true, false},  {"Timestamp", true, false},
    {"@time", false, false},      {"times", false, false},
    {"", false, false},           {"HeapAlloc", false, true},
    {"heap_alloc", false, true},  {"heap-alloc", false, true},
    {"HEAPALLOC", false, true},   {"heapallo", false, false},
    {"heapalloc2", false, false}, {"_heap_alloc", false, true},
    {"heap.alloc", false, false},
};

Test(json_value, keys)
{
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        struct slice key = slice_str(keys[i].key);

        cr_expect_eq(json_is_time_key(key), keys[i].is_time, "%s", keys[i].key);
        cr_expect_eq(json_is_spelling(SLICE("HeapAlloc"), key), keys[i].is_heap_alloc,
                     "%s", keys[i].key);
    }
}

static const struct {
    const char *in, *want;
} texts[] = {
    {"", ""},
    {"plain", "plain"},
    {"a\\\"b\\\\c\\/d", "a\"b\\c/d"},
    {"\\n\\t", "\n\t"},
    {"\\u0041\\u00e9\\u2206", "A\xc3\xa9\xe2\x88\x86"},
    {"\\ud83d\\ude00", "\\ud83d\\ude00"}, /* half a pair is no character */
    {"\\u12", "\\u12"},
    {"\\x", "\\x"},
    {"end\\", "end\\"},
};

Test(json_value, texts)
{
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct slice in = test_exact_copy(texts[i].in, strlen(texts[i].in));
        char out[64];
        struct slice got = json_unescape(in, out, sizeof out);

        cr_expect(slice_eq(got, slice_str(texts[i].want)), "%s: %.*s", texts[i].in,
                  (int)got.len, got.ptr);
        cr_expect_leq(json_unescape(in, out, 3).len, 3);
        test_free(in);
    }
}

static const struct {
    const char *in;
    size_t want; /* how many; SIZE_MAX: left to json_next */
    int64_t last;
} arrays[] = {
    {"[1]", 1, 1},
    {"[1,2,3]", 3, 3},
    {"[ 1 ,\n 2 ]", 2, 2},
    {"[9223372036854775807]", 1, INT64_MAX},
    {"[9223372036854775808]", SIZE_MAX, 0},
    {"[99999999999999999999]", SIZE_MAX, 0},
    {"[1,2,3,4,5]", SIZE_MAX, 0},
    {"[]", SIZE_MAX, 0},
    {"[-1]", SIZE_MAX, 0},
    {"[1.5]", SIZE_MAX, 0},
    {"[1,]", SIZE_MAX, 0},
    {"[1}", SIZE_MAX, 0},
    {"[1", SIZE_MAX, 0},
    {"[1,", SIZE_MAX, 0},
    {"[\"1\"]", SIZE_MAX, 0},
};

Test(json_value, integers)
{
    for (size_t i = 0; i < COUNT_OF(arrays); i++) {
        struct slice in = test_exact_copy(arrays[i].in, strlen(arrays[i].in));
        struct json j = json_init(in);
        int64_t out[4];
        size_t got;

        cr_assert_eq(json_next(&j), JSON_ARRAY);
        got = json_take_integers(&j, out, 4);
        cr_expect_eq(got, arrays[i].want, "%s: %zu", arrays[i].in, got);
        if (got == SIZE_MAX) {
            cr_expect_eq(j.p, in.ptr + 1, "%s", arrays[i].in);
        } else {
            cr_expect_eq(out[got - 1], arrays[i].last, "%s", arrays[i].in);
            cr_expect_eq(json_next(&j), JSON_END, "%s", arrays[i].in);
        }
        test_free(in);
    }
}

/* Where nothing is wrong inside, both ways of skipping end in the same place. */
Test(json_value, skips_agree)
{
    static const char *const parts[] = {
        "1",      "\"a\\\"]b\"", "{\"k\":2}", "[]",
        "[3,{}]", "\"{\\\\\"",   "null",      "\"long enough for a block\""};
    uint64_t seed = 11;

    for (unsigned turn = 0; turn < 500; turn++) {
        struct text t = {0};
        struct slice in;
        struct json a, b;

        text_put_str(&t, "[[1");
        for (size_t n = test_random_below(&seed, 20); n > 0; n--)
            text_printf(&t, ",%s", parts[test_random_below(&seed, COUNT_OF(parts))]);
        text_put_str(&t, "],7]");
        in = test_exact_copy(t.ptr, t.len);
        a = json_init(in);
        (void)json_next(&a);
        (void)json_next(&a);
        b = a;
        json_skip(&a, JSON_ARRAY);
        json_skip_unread(&b, JSON_ARRAY);
        cr_expect_eq(a.p, b.p, "%s", t.ptr);
        cr_expect_eq(json_next(&b), JSON_NUMBER, "%s", t.ptr);
        for (size_t len = 3; len < in.len - 3; len++) {
            b = json_init(slice_first(in, len));
            (void)json_next(&b);
            (void)json_next(&b);
            json_skip_unread(&b, JSON_ARRAY);
            cr_expect(b.reason, "%zu bytes of %s", len, t.ptr);
        }
        test_free(in);
        text_finish(&t);
    }
}
