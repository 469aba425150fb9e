#include "parsers/json_probe.h"

#include <string.h>

#include "parsers/json.h"
#include "parsers/json_value.h"
#include "parsers/limits.h"

struct slice json_probe_skip_blanks(struct slice s)
{
    while (s.len && (s.ptr[0] == '\n' || s.ptr[0] == '\r' || s.ptr[0] == ' ' ||
                     s.ptr[0] == '\t' || s.ptr[0] == '\0'))
        s = slice_after(s, 1);
    return s;
}

bool json_probe_has_key(struct slice text, struct slice a, struct slice b)
{
    const char *p = text.ptr, *end = p + text.len;

    while (p < end && (p = memchr(p, '"', (size_t)(end - p)))) {
        const char *stop = memchr(p + 1, '"', (size_t)(end - p - 1));
        struct slice key;

        if (!stop)
            return false;
        key = (struct slice){p + 1, (size_t)(stop - p - 1)};
        if (json_is_spelling(a, key) || (b.len && json_is_spelling(b, key)))
            return true;
        p = stop;
    }
    return false;
}

static struct slice first_line(struct slice head)
{
    const char *newline = head.len ? memchr(head.ptr, '\n', head.len) : NULL;

    return newline ? slice_first(head, (size_t)(newline - head.ptr)) : head;
}

/* A line of a log may carry an object behind its stamp; a recording may begin in the
 * middle of a line, or with something else. */
static bool has_line(struct slice head, json_probe_sign *is_ours)
{
    while (head.len) {
        struct slice line = first_line(head),
                     front = slice_first(line, LIMIT_JSON_BEFORE_BYTES);
        const char *brace = front.len ? memchr(front.ptr, '{', front.len) : NULL;

        if (brace && is_ours(slice_after(line, (size_t)(brace - line.ptr))))
            return true;
        head = slice_after(head, line.len + (line.len < head.len));
    }
    return false;
}

/* Does the text end before the object at its front does? */
static bool is_cut(struct slice object)
{
    struct json j = json_init(object);
    enum json_kind kind = json_next(&j);

    while (j.depth > 0 && kind != JSON_ERROR)
        kind = json_next(&j);
    return kind == JSON_ERROR && j.p == j.end;
}

enum probe json_probe(struct slice head, bool is_whole, json_probe_sign *is_ours)
{
    struct slice rest = json_probe_skip_blanks(head);
    bool may_grow = !is_whole && head.len < LIMIT_PROBE_BYTES, spreads;

    while (rest.len && rest.ptr[0] == '[')
        rest = json_probe_skip_blanks(slice_after(rest, 1));
    if (rest.len == 0)
        return may_grow ? PROBE_NEED_MORE : PROBE_NO;
    if (rest.ptr[0] != '{')
        return has_line(rest, is_ours) ? PROBE_LIKELY : PROBE_NO;
    if (is_ours(first_line(rest)))
        return PROBE_CERTAIN;
    spreads = is_cut(first_line(rest));
    if (is_ours(rest))
        return spreads ? PROBE_CERTAIN : PROBE_LIKELY;
    return may_grow && is_cut(rest) ? PROBE_NEED_MORE : PROBE_NO;
}
