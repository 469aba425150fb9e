#include "parsers/text_line.h"

#include <string.h>

#include "model/base/num.h"
#include "parsers/limits.h"
#include "parsers/scan.h"

struct slice text_line_content(struct slice line)
{
    /* A file truncated in place has a hole in front of what was written next. */
    while (line.len && line.ptr[0] == '\0')
        line = slice_after(line, 1);
    return slice_ends(line, SLICE("\r")) ? slice_first(line, line.len - 1) : line;
}

void text_line_skip(struct diag *diag, const struct text_line *line, const char *at,
                    const char *reason)
{
    size_t skip = (size_t)(at - line->text.ptr);

    diag_skip(diag, line->offset_bytes + skip, line->number,
              slice_after(line->text, skip), reason);
}

struct slice text_line_first(struct slice head, struct slice *rest)
{
    const char *end = head.ptr + head.len;
    size_t len = head.len ? (size_t)(scan_line_end(head.ptr, end) - head.ptr) : 0;

    *rest = slice_after(head, len < head.len ? len + 1 : len);
    return text_line_content(slice_first(head, len));
}

struct slice text_probe_start(struct slice head)
{
    (void)text_take(&head, SLICE("\xEF\xBB\xBF"));
    while (head.len && (head.ptr[0] == '\n' || head.ptr[0] == '\r' ||
                        head.ptr[0] == ' ' || head.ptr[0] == '\0'))
        head = slice_after(head, 1);
    return head;
}

bool text_probe_is_cut(struct slice head, bool is_whole)
{
    for (size_t i = 0; i < head.len; i++) {
        if ((unsigned char)head.ptr[i] < ' ' && head.ptr[i] != '\t')
            return false;
    }
    return !is_whole && head.len < LIMIT_PROBE_BYTES;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

void text_skip_blanks(struct slice *s)
{
    while (s->len && is_blank(s->ptr[0]))
        *s = slice_after(*s, 1);
}

struct slice text_trim_end(struct slice s)
{
    while (s.len && (is_blank(s.ptr[s.len - 1]) || s.ptr[s.len - 1] == '\r'))
        s.len--;
    return s;
}

struct slice text_trim(struct slice s)
{
    text_skip_blanks(&s);
    return text_trim_end(s);
}

bool text_take(struct slice *s, struct slice literal)
{
    if (!slice_starts(*s, literal))
        return false;
    *s = slice_after(*s, literal.len);
    return true;
}

bool text_take_u64(struct slice *s, uint64_t *out)
{
    size_t digits = 0;

    while (digits < s->len && s->ptr[digits] >= '0' && s->ptr[digits] <= '9')
        digits++;
    if (!num_parse_u64(slice_first(*s, digits), out))
        return false;
    *s = slice_after(*s, digits);
    return true;
}

bool text_take_i64(struct slice *s, int64_t *out)
{
    struct slice rest = *s;
    bool is_negative = text_take(&rest, SLICE("-"));
    uint64_t magnitude;

    if (!text_take_u64(&rest, &magnitude) || magnitude > INT64_MAX)
        return false;
    *out = is_negative ? -(int64_t)magnitude : (int64_t)magnitude;
    *s = rest;
    return true;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool text_take_hex(struct slice *s, uint64_t *out)
{
    uint64_t value = 0;
    size_t digits = 0;

    for (; digits < s->len; digits++) {
        int digit = hex_digit(s->ptr[digits]);

        if (digit < 0)
            break;
        if (value >> 60)
            return false;
        value = value << 4 | (uint64_t)digit;
    }
    if (digits == 0)
        return false;
    *out = value;
    *s = slice_after(*s, digits);
    return true;
}

size_t text_find(struct slice s, struct slice literal)
{
    size_t at = 0;

    while (s.len - at >= literal.len && at < s.len) {
        const char *p = memchr(s.ptr + at, literal.ptr[0], s.len - at);

        if (!p)
            break;
        at = (size_t)(p - s.ptr);
        if (slice_starts(slice_after(s, at), literal))
            return at;
        at++;
    }
    return s.len;
}

size_t text_find_last(struct slice s, char c)
{
    for (size_t i = s.len; i > 0; i--) {
        if (s.ptr[i - 1] == c)
            return i - 1;
    }
    return s.len;
}
