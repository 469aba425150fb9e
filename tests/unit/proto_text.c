#include "tests/unit/proto_text.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>

#include "model/base/text.h"
#include "tests/unit/support.h"

static void put_varint(struct text *out, uint64_t value)
{
    while (value >= 0x80) {
        text_put_char(out, (char)(unsigned char)(value | 0x80));
        value >>= 7;
    }
    text_put_char(out, (char)(unsigned char)value);
}

static uint64_t take_number(const char **p)
{
    bool is_negative = **p == '-';
    char *end;
    uint64_t value = strtoull(*p + is_negative, &end, 10);

    cr_assert(end > *p, "number expected: %s", *p);
    *p = end;
    return is_negative ? -value : value;
}

static void skip_blanks(const char **p)
{
    while (isspace((unsigned char)**p))
        ++*p;
}

static void put_fields(struct text *out, const char **p, unsigned depth);

static void put_packed(struct text *out, const char **p)
{
    for (skip_blanks(p); **p != ']'; skip_blanks(p))
        put_varint(out, take_number(p));
    ++*p;
}

static void put_quoted(struct text *out, const char **p)
{
    while (**p != '"')
        text_put_char(out, *(*p)++);
    ++*p;
}

static void put_hex(struct text *out, const char **p)
{
    for (; isxdigit((unsigned char)**p); *p += 2) {
        const char digits[3] = {(*p)[0], (*p)[1], '\0'};

        text_put_char(out, (char)(unsigned char)strtoul(digits, NULL, 16));
    }
}

static void put_sized(struct text *out, const char **p, uint64_t number, unsigned depth)
{
    struct text inner = {0};
    uint64_t len = UINT64_MAX;
    char opener;

    if (**p == '^') {
        ++*p;
        len = take_number(p);
    }
    opener = *(*p)++;
    if (opener == '{')
        put_fields(&inner, p, depth + 1);
    else if (opener == '[')
        put_packed(&inner, p);
    else
        put_quoted(&inner, p);
    put_varint(out, number << 3 | 2);
    put_varint(out, len == UINT64_MAX ? inner.len : len);
    text_put(out, slice_of(inner.ptr, inner.len));
    text_finish(&inner);
}

static void put_fields(struct text *out, const char **p, unsigned depth)
{
    cr_assert_lt(depth, 8);
    for (skip_blanks(p); **p != '\0' && **p != '}'; skip_blanks(p)) {
        uint64_t number;

        if (**p == '=') {
            ++*p;
            put_hex(out, p);
            continue;
        }
        number = take_number(p);
        if ((*p)[0] == ':' && (*p)[1] != '[') {
            ++*p;
            put_varint(out, number << 3);
            put_varint(out, take_number(p));
            continue;
        }
        *p += **p == ':';
        put_sized(out, p, number, depth);
    }
    *p += **p == '}';
}

struct slice proto_of_text(const char *text)
{
    struct text out = {0};
    struct slice copy;

    put_fields(&out, &text, 0);
    cr_assert_eq(*text, '\0', "left over: %s", text);
    copy = test_exact_copy(out.ptr, out.len);
    text_finish(&out);
    return copy;
}
