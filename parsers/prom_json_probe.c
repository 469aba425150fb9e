#include "parsers/prom_json_probe.h"

#include "parsers/limits.h"
#include "parsers/text_line.h"

static bool has(struct slice head, struct slice text)
{
    return text_find(head, text) < head.len;
}

/* Pretty-printed answers have a blank behind the colon. */
static bool has_member(struct slice head, struct slice key, struct slice value)
{
    size_t at;

    while ((at = text_find(head, key)) < head.len) {
        head = slice_after(head, at + key.len);
        while (head.len && (head.ptr[0] == ' ' || head.ptr[0] == '\n' ||
                            head.ptr[0] == '\r' || head.ptr[0] == '\t'))
            head = slice_after(head, 1);
        if (slice_starts(head, value))
            return true;
    }
    return false;
}

enum probe prom_json_probe(struct slice head, bool is_whole)
{
    bool has_series, is_cut = !is_whole && head.len < LIMIT_PROBE_BYTES;

    if (slice_starts(head, SLICE("\xef\xbb\xbf")))
        head = slice_after(head, 3);
    while (head.len &&
           (head.ptr[0] == ' ' || head.ptr[0] == '\n' || head.ptr[0] == '\r' ||
            head.ptr[0] == '\t' || head.ptr[0] == '\0'))
        head = slice_after(head, 1);
    if (head.len == 0)
        return is_cut ? PROBE_NEED_MORE : PROBE_NO;
    has_series = has_member(head, SLICE("\"metric\":"), SLICE("{")) &&
                 (has_member(head, SLICE("\"values\":"), SLICE("[")) ||
                  has_member(head, SLICE("\"value\":"), SLICE("[")));
    if (head.ptr[0] != '{' && head.ptr[0] != '[')
        return has_series ? PROBE_LIKELY : PROBE_NO; /* cut off in front */
    if (has(head, SLICE("\"status\"")) &&
        (has(head, SLICE("\"resultType\"")) ||
         (has(head, SLICE("\"errorType\"")) && has(head, SLICE("\"error\"")))))
        return PROBE_CERTAIN;
    if (has_series)
        return PROBE_CERTAIN;
    /* An object that begins like an answer, or a series of very many labels. */
    return is_cut && (head.len < 16 || has(head, SLICE("\"status\"")) ||
                      has(head, SLICE("\"metric\"")))
               ? PROBE_NEED_MORE
               : PROBE_NO;
}
