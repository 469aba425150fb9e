#include "parsers/json.h"

#include "model/base/compiler.h"
#include "parsers/json_scan.h"
#include "parsers/limits.h"

_Static_assert(LIMIT_JSON_DEPTH <= 64, "a level is a bit of a 64-bit word");

struct json json_init(struct slice text)
{
    return (struct json){.start = text.ptr, .p = text.ptr, .end = text.ptr + text.len};
}

static enum json_kind fail(struct json *j, const char *reason)
{
    if (!j->reason)
        j->reason = reason;
    return JSON_ERROR;
}

static void skip_blanks(struct json *j)
{
    while (j->p < j->end &&
           (*j->p == ' ' || *j->p == '\t' || *j->p == '\n' || *j->p == '\r'))
        j->p++;
}

/* To the first byte that is no plain text, as far as sixteen bytes at a time go. */
static const char *skip_plain(const char *p, const char *end)
{
    for (; end - p >= 16; p += 16) {
        unsigned odd = json_scan_odd_16(p);

        if (odd)
            return p + __builtin_ctz(odd);
    }
    return p;
}

static enum json_kind take_string(struct json *j)
{
    const char *from = ++j->p;

    j->p = skip_plain(j->p, j->end);
    while (j->p < j->end && *j->p != '"') {
        if ((unsigned char)*j->p < 32)
            return fail(j, "control character in a string");
        if (*j->p == '\\' && j->end - j->p > 1)
            j->p = skip_plain(j->p + 2, j->end);
        else
            j->p++;
    }
    if (j->p >= j->end)
        return fail(j, "string without an end");
    j->text = (struct slice){from, (size_t)(j->p - from)};
    j->p++;
    return JSON_STRING;
}

static bool is_number_char(char c)
{
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' ||
           c == 'E';
}

static enum json_kind take_number(struct json *j)
{
    const char *from = j->p;

    while (j->p < j->end && is_number_char(*j->p))
        j->p++;
    j->text = (struct slice){from, (size_t)(j->p - from)};
    return JSON_NUMBER;
}

static enum json_kind take_word(struct json *j)
{
    static const struct {
        struct slice word;
        enum json_kind kind;
    } words[] = {
        {{"true", 4}, JSON_TRUE}, {{"false", 5}, JSON_FALSE}, {{"null", 4}, JSON_NULL}};
    struct slice rest = {j->p, (size_t)(j->end - j->p)};

    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (slice_starts(rest, words[i].word)) {
            j->p += words[i].word.len;
            return words[i].kind;
        }
    }
    return fail(j, "expected a JSON value");
}

static enum json_kind open_level(struct json *j, bool is_object)
{
    if (j->depth == LIMIT_JSON_DEPTH)
        return fail(j, "JSON nested too deep");
    j->p++;
    j->depth++;
    j->is_object = j->is_object << 1 | is_object;
    j->wants_comma = false;
    return is_object ? JSON_OBJECT : JSON_ARRAY;
}

static enum json_kind close_level(struct json *j)
{
    bool is_object = *j->p == '}';

    if (j->depth == 0 || (j->is_object & 1) != is_object)
        return fail(j, "bracket without its partner");
    j->p++;
    j->depth--;
    j->is_object >>= 1;
    j->wants_comma = true;
    return is_object ? JSON_OBJECT_END : JSON_ARRAY_END;
}

static enum json_kind take_value(struct json *j)
{
    enum json_kind kind;

    switch (*j->p) {
    case '{':
        return open_level(j, true);
    case '[':
        return open_level(j, false);
    case '"':
        kind = take_string(j);
        break;
    default:
        kind = *j->p == '-' || (*j->p >= '0' && *j->p <= '9') ? take_number(j)
                                                              : take_word(j);
    }
    j->wants_comma = true;
    return kind;
}

static enum json_kind take_key(struct json *j)
{
    if (*j->p != '"')
        return fail(j, "expected a key");
    if (take_string(j) == JSON_ERROR)
        return JSON_ERROR;
    skip_blanks(j);
    if (j->p == j->end || *j->p != ':')
        return fail(j, "expected \":\"");
    j->p++;
    j->wants_comma = false;
    return JSON_KEY;
}

enum json_kind json_next(struct json *j)
{
    bool after_key = j->p > j->start && j->p[-1] == ':';

    if (j->reason)
        return JSON_ERROR;
    skip_blanks(j);
    if (j->p == j->end)
        return j->depth || !j->wants_comma ? fail(j, "cut off in the middle") : JSON_END;
    if (j->depth == 0 && j->wants_comma)
        return fail(j, "text behind the JSON value");
    if (!after_key && (*j->p == '}' || *j->p == ']'))
        return close_level(j);
    if (j->wants_comma) {
        if (*j->p != ',')
            return fail(j, "expected \",\"");
        j->p++;
        j->wants_comma = false;
        skip_blanks(j);
        if (j->p == j->end)
            return fail(j, "cut off in the middle");
    }
    return (j->is_object & 1) && !after_key ? take_key(j) : take_value(j);
}

void json_skip(struct json *j, enum json_kind kind)
{
    unsigned depth = j->depth;

    if (kind != JSON_OBJECT && kind != JSON_ARRAY)
        return;
    while (j->depth >= depth && kind != JSON_ERROR && kind != JSON_END)
        kind = json_next(j);
}

/* Brackets and strings up to `stop`, one byte at a time; stops behind the bracket that
 * ends the value. */
static void skip_bytes(struct json *j, const char *stop, unsigned *depth, bool *is_string)
{
    while (j->p<stop && * depth> 0) {
        char c = *j->p++;

        if (*is_string) {
            if (c == '\\' && j->p < j->end)
                j->p++;
            else if (c == '"')
                *is_string = false;
        } else if (c == '"') {
            *is_string = true;
        } else if (c == '{' || c == '[') {
            ++*depth;
        } else if (c == '}' || c == ']') {
            --*depth;
        }
    }
}

/* The same for a block without escapes. */
static void skip_block(struct json *j, const struct json_masks *m, unsigned *depth,
                       bool *is_string)
{
    const char *block = j->p;
    uint64_t inside = json_scan_strings(m->quotes, *is_string);
    uint64_t marks = m->brackets & ~inside;

    for (; marks; marks &= marks - 1) {
        unsigned at = (unsigned)__builtin_ctzll(marks);

        if (block[at] == '{' || block[at] == '[') {
            ++*depth;
        } else if (--*depth == 0) {
            j->p = block + at + 1;
            *is_string = false;
            return;
        }
    }
    *is_string = inside >> 63;
    j->p = block + JSON_SCAN_BYTES;
}

void json_skip_unread(struct json *j, enum json_kind kind)
{
    unsigned depth = 1;
    bool is_string = false;

    if (kind != JSON_OBJECT && kind != JSON_ARRAY)
        return;
    while (depth > 0 && j->end - j->p >= JSON_SCAN_BYTES) {
        struct json_masks m = json_scan(j->p);

        if (m.backslashes)
            skip_bytes(j, j->p + JSON_SCAN_BYTES, &depth, &is_string);
        else
            skip_block(j, &m, &depth, &is_string);
    }
    skip_bytes(j, j->end, &depth, &is_string);
    if (depth > 0) {
        (void)fail(j, "cut off in the middle");
    } else {
        j->p--; /* the bracket, which has to be the partner */
        (void)close_level(j);
    }
}

static const char *pass_blanks(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
        p++;
    return p;
}

/* Digits at p; NULL where they are not a number that fits. */
static const char *take_digits(const char *p, const char *end, int64_t *out)
{
    const char *from = p;
    uint64_t value = 0;

    for (; p < end && *p >= '0' && *p <= '9'; p++)
        value = value * 10 + (uint64_t)(*p - '0');
    /* Nineteen digits cannot overflow a word. */
    if (p == from || p - from > 19 || value > INT64_MAX)
        return NULL;
    *out = (int64_t)value;
    return p;
}

size_t json_take_integers(struct json *j, int64_t *out, size_t most)
{
    const char *p = pass_blanks(j->p, j->end);

    for (size_t count = 0; count < most; p++) {
        p = take_digits(pass_blanks(p, j->end), j->end, &out[count]);
        if (!p)
            break;
        count++;
        p = pass_blanks(p, j->end);
        if (p == j->end || (*p != ',' && *p != ']'))
            break;
        if (*p == ']') {
            j->p = p;
            (void)close_level(j);
            return count;
        }
    }
    return SIZE_MAX;
}
