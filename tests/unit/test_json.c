#include <criterion/criterion.h>

#include "model/base/compiler.h"
#include "model/base/text.h"
#include "parsers/json.h"
#include "parsers/limits.h"
#include "tests/unit/support.h"

TestSuite(json, .fini = test_abort_on_leak);

static void put_token(struct text *t, const struct json *j, enum json_kind kind)
{
    static const char *const names[] = {
        [JSON_OBJECT] = "{",       [JSON_OBJECT_END] = "}", [JSON_ARRAY] = "[",
        [JSON_ARRAY_END] = "]",    [JSON_KEY] = "key:",     [JSON_STRING] = "string:",
        [JSON_NUMBER] = "number:", [JSON_TRUE] = "true",    [JSON_FALSE] = "false",
        [JSON_NULL] = "null",      [JSON_END] = "end",      [JSON_ERROR] = "error:",
    };

    text_put_str(t, t->len ? " " : "");
    text_put_str(t, names[kind]);
    if (kind == JSON_KEY || kind == JSON_STRING || kind == JSON_NUMBER)
        text_put(t, j->text);
    if (kind == JSON_ERROR)
        text_put_str(t, j->reason);
}

static void put_tokens(struct text *t, struct slice in)
{
    struct json j = json_init(in);
    enum json_kind kind;

    do {
        kind = json_next(&j);
        put_token(t, &j, kind);
    } while (kind != JSON_END && kind != JSON_ERROR);
    cr_expect_eq(json_next(&j), kind, "the last answer stays");
}

static const struct {
    const char *in, *want;
} rows[] = {
    {"{}", "{ } end"},
    {"[]", "[ ] end"},
    {" { } \r\n", "{ } end"},
    {"5", "number:5 end"},
    {"\"x\"", "string:x end"},
    {"true", "true end"},
    {"{\"a\":1}", "{ key:a number:1 } end"},
    {"{ \"a\" : 1 , \"b\" : [ ] }", "{ key:a number:1 key:b [ ] } end"},
    {"{\"a\":{\"b\":{}}}", "{ key:a { key:b { } } } end"},
    {"[1,[2,{\"a\":null}],false]", "[ number:1 [ number:2 { key:a null } ] false ] end"},
    {"[-1.5e+3,18446744073709551615]",
     "[ number:-1.5e+3 number:18446744073709551615 ] end"},
    {"[\"\",\"\\\"\",\"\\\\\",\"a:b\",\"\\u2206\"]",
     "[ string: string:\\\" string:\\\\ string:a:b string:\\u2206 ] end"},
    {"{\"\":\":\"}", "{ key: string:: } end"},
    {"", "error:cut off in the middle"},
    {"  ", "error:cut off in the middle"},
    {"{", "{ error:cut off in the middle"},
    {"{\"a\"", "{ error:expected \":\""},
    {"{\"a\":", "{ key:a error:cut off in the middle"},
    {"{\"a\":1", "{ key:a number:1 error:cut off in the middle"},
    {"{\"a\":1,", "{ key:a number:1 error:cut off in the middle"},
    {"{\"a", "{ error:string without an end"},
    {"{\"a\\", "{ error:string without an end"},
    {"{,}", "{ error:expected a key"},
    {"{1:2}", "{ error:expected a key"},
    {"{\"a\" 1}", "{ error:expected \":\""},
    {"{\"a\":1 \"b\":2}", "{ key:a number:1 error:expected \",\""},
    {"{\"a\":}", "{ key:a error:expected a JSON value"},
    {"{\"a\":1,}", "{ key:a number:1 error:expected a key"},
    {"[1,]", "[ number:1 error:expected a JSON value"},
    {"[,1]", "[ error:expected a JSON value"},
    {"[1 2]", "[ number:1 error:expected \",\""},
    {"[1}", "[ number:1 error:bracket without its partner"},
    {"{]", "{ error:bracket without its partner"},
    {"]", "error:bracket without its partner"},
    {"{} x", "{ } error:text behind the JSON value"},
    {"{}}", "{ } error:text behind the JSON value"},
    {"1 2", "number:1 error:text behind the JSON value"},
    {"[NaN]", "[ error:expected a JSON value"},
    {"[nul]", "[ error:expected a JSON value"},
    {"[\"a\nb\"]", "[ error:control character in a string"},
};

Test(json, tokens)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct slice in = test_exact_copy(rows[i].in, strlen(rows[i].in));
        struct text got = {0};

        put_tokens(&got, in);
        cr_expect_str_eq(text_str(&got), rows[i].want, "%s gives %s", rows[i].in,
                         text_str(&got));
        text_finish(&got);
        test_free(in);
    }
}

Test(json, every_truncation_is_an_error)
{
    static const char in[] = "{\"a\":[1,{\"b\":\"c\\\"\"},true,null],\"d\":{\"e\":[]}}";

    for (size_t len = 0; len < sizeof in - 1; len++) {
        struct slice part = test_exact_copy(in, len);
        struct text got = {0};

        put_tokens(&got, part);
        cr_expect(strstr(text_str(&got), "error:"), "%.*s gives %s", (int)len, in,
                  text_str(&got));
        text_finish(&got);
        test_free(part);
    }
}

static enum json_kind last_kind(char bracket, size_t depth, size_t *opened)
{
    struct text t = {0};
    struct json j;
    enum json_kind kind;

    text_repeat(&t, bracket == '{' ? "{\"a\":" : "[", depth);
    text_put_str(&t, "1");
    text_repeat(&t, bracket == '{' ? "}" : "]", depth);
    j = json_init(slice_of(t.ptr, t.len));
    for (*opened = 0; (kind = json_next(&j)) != JSON_END && kind != JSON_ERROR;)
        *opened += kind == JSON_OBJECT || kind == JSON_ARRAY;
    text_finish(&t);
    return kind;
}

Test(json, nesting_has_a_limit)
{
    size_t opened;

    for (const char *bracket = "{["; *bracket; bracket++) {
        cr_expect_eq(last_kind(*bracket, LIMIT_JSON_DEPTH, &opened), JSON_END);
        cr_expect_eq(opened, LIMIT_JSON_DEPTH);
        cr_expect_eq(last_kind(*bracket, LIMIT_JSON_DEPTH + 1, &opened), JSON_ERROR);
        cr_expect_eq(last_kind(*bracket, 1000000, &opened), JSON_ERROR);
        cr_expect_eq(opened, LIMIT_JSON_DEPTH);
    }
}

static const struct {
    const char *in, *behind; /* tokens behind the skipped value of "a" */
} skips[] = {
    {"{\"a\":1,\"b\":2}", "key:b number:2 } end"},
    {"{\"a\":[1,[2],{\"x\":[]}],\"b\":2}", "key:b number:2 } end"},
    {"{\"a\":{\"x\":{\"y\":[{}]}}}", "} end"},
    {"{\"a\":[],\"b\":2}", "key:b number:2 } end"},
    {"{\"a\":[1", "error:cut off in the middle"},
    {"{\"a\":[1}", "error:bracket without its partner"},
};

Test(json, skips_whole_values)
{
    for (size_t i = 0; i < COUNT_OF(skips); i++) {
        struct slice in = test_exact_copy(skips[i].in, strlen(skips[i].in));
        struct json j = json_init(in);
        struct text got = {0};
        enum json_kind kind;

        cr_assert_eq(json_next(&j), JSON_OBJECT);
        cr_assert_eq(json_next(&j), JSON_KEY);
        json_skip(&j, json_next(&j));
        do {
            kind = json_next(&j);
            put_token(&got, &j, kind);
        } while (kind != JSON_END && kind != JSON_ERROR);
        cr_expect_str_eq(text_str(&got), skips[i].behind, "%s", skips[i].in);
        text_finish(&got);
        test_free(in);
    }
}
