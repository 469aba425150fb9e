#include "parsers/json_value.h"

#include <math.h>

#include "model/base/num.h"
#include "model/units.h"
#include "parsers/moment_text.h"

bool json_take_double(enum json_kind kind, struct slice text, double *value)
{
    uint64_t whole;

    if (kind != JSON_NUMBER && kind != JSON_STRING)
        return false;
    if (num_parse_u64(text, &whole)) {
        *value = (double)whole;
        return true;
    }
    return num_parse_double(text, value) && isfinite(*value);
}

bool json_take_u64(enum json_kind kind, struct slice text, uint64_t *value)
{
    return (kind == JSON_NUMBER || kind == JSON_STRING) && num_parse_u64(text, value);
}

bool json_take_time(enum json_kind kind, struct slice text, int64_t *unix_ns)
{
    double value;

    if (kind == JSON_STRING)
        return unit_parse_rfc3339(text, unix_ns) || moment_parse(text, unix_ns);
    if (kind != JSON_NUMBER)
        return false;
    if (moment_unix(text, unix_ns))
        return true;
    /* "1.795e+09": only doubles are written so, and they are no more exact. */
    if (!num_parse_double(text, &value) || !(value >= 1e9 && value < 4102444800.0))
        return false;
    *unix_ns = num_i64_of_double(value * 1e9);
    return true;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool json_is_spelling(struct slice name, struct slice key)
{
    size_t at = 0;

    for (size_t i = 0; i < key.len; i++) {
        char c = key.ptr[i];

        if (c == '_' || c == '-')
            continue;
        if (at == name.len || lower(name.ptr[at]) != lower(c))
            return false;
        at++;
    }
    return at == name.len;
}

bool json_is_time_key(struct slice key)
{
    if (key.len && key.ptr[0] == '@')
        return json_is_spelling(SLICE("timestamp"), slice_after(key, 1));
    return json_is_spelling(SLICE("time"), key) || json_is_spelling(SLICE("ts"), key) ||
           json_is_spelling(SLICE("timestamp"), key);
}

static int hex_digit(char c)
{
    c = lower(c);
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Four hex digits; false where they are not there or make half of a pair. */
static bool take_code_unit(struct slice s, uint32_t *code)
{
    *code = 0;
    if (s.len < 4)
        return false;
    for (size_t i = 0; i < 4; i++) {
        int digit = hex_digit(s.ptr[i]);

        if (digit < 0)
            return false;
        *code = *code << 4 | (uint32_t)digit;
    }
    return *code < 0xd800 || *code > 0xdfff;
}

static size_t put_utf8(char out[3], uint32_t code)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xc0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3f));
        return 2;
    }
    out[0] = (char)(0xe0 | code >> 12);
    out[1] = (char)(0x80 | (code >> 6 & 0x3f));
    out[2] = (char)(0x80 | (code & 0x3f));
    return 3;
}

/* What stands at the front of s: returns the bytes it takes there; *len of them in out.
 */
static size_t take_char(struct slice s, char out[3], size_t *len)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    uint32_t code;
    const char *at;

    *len = 1;
    out[0] = s.ptr[0];
    if (s.ptr[0] != '\\' || s.len < 2 || s.ptr[1] == '\0')
        return 1;
    at = strchr(from, s.ptr[1]);
    if (at) {
        out[0] = to[at - from];
        return 2;
    }
    if (s.ptr[1] != 'u' || !take_code_unit(slice_after(s, 2), &code))
        return 1;
    *len = put_utf8(out, code);
    return 6;
}

struct slice json_unescape(struct slice raw, char *out, size_t capacity)
{
    size_t used = 0;

    while (raw.len) {
        char c[3];
        size_t len, took = take_char(raw, c, &len);

        if (len > capacity - used)
            break;
        memcpy(out + used, c, len);
        used += len;
        raw = slice_after(raw, took);
    }
    return slice_of(out, used);
}
