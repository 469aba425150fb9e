#include "replay/recognise.h"

#include <stdlib.h>
#include <string.h>

#include "model/base/mem.h"
#include "parsers/limits.h"
#include "parsers/parser.h"
#include "parsers/unwrap.h"
#include "replay/input.h"
#include "replay/reel_load.h"

bool recognise_is_text(struct slice head)
{
    for (size_t i = 0; i < head.len; i++) {
        unsigned char c = (unsigned char)head.ptr[i];

        /* Colours begin with an escape. */
        if (c < ' ' && c != '\n' && c != '\r' && c != '\t' && c != '\f' && c != '\x1b')
            return false;
    }
    return true;
}

/* A document in JSON is one object over many lines, or all in one line of no end. */
bool recognise_can_grow(const struct parser_ops *format, struct slice head)
{
    const char *newline = head.len ? memchr(head.ptr, '\n', head.len) : NULL;

    if (format->growth != PARSER_OBJECTS)
        return format->growth == PARSER_LINES;
    while (newline && newline > head.ptr && (newline[-1] == '\r' || newline[-1] == ' '))
        newline--;
    return newline && newline > head.ptr && newline[-1] == '}';
}

/* As much as parsers are recognised on. *is_whole: there is no more. */
static struct slice read_head(struct input *in, char *head, bool *is_whole)
{
    struct err err;
    size_t len = 0;
    enum input_result result = INPUT_BYTES;

    while (result == INPUT_BYTES && len < LIMIT_PROBE_BYTES) {
        size_t got = 0;

        result = input_read(in, head + len, LIMIT_PROBE_BYTES - len, &got, &err);
        len += got;
    }
    *is_whole = result != INPUT_BYTES;
    return slice_of(head, len);
}

static struct slice behind_hole(struct slice head)
{
    while (head.len && head.ptr[0] == '\0')
        head = slice_after(head, 1);
    return head;
}

static struct recognised recognise(struct slice head, bool is_whole,
                                   const struct parser_ops *format,
                                   const struct unwrap_pattern *pattern)
{
    const struct unwrap_options unwrapping = {.pattern = pattern};
    struct recognised r = {.kind = FILE_LOG, .format = format};
    struct unwrap_plan plan;
    bool need_more;

    if (unwrap_probe(head, is_whole, &unwrapping, &plan) >= PROBE_LIKELY)
        return r;
    if (!format)
        r.format = parser_probe(head, is_whole, &need_more);
    if (r.format)
        r.kind = recognise_can_grow(r.format, head) ? FILE_LOG : FILE_DOCUMENT;
    else
        r.kind = recognise_is_text(head) && !parser_name_foreign(head) ? FILE_UNKNOWN
                                                                       : FILE_FOREIGN;
    return r;
}

struct recognised recognise_file(const char *path, const struct parser_ops *format,
                                 const struct unwrap_pattern *pattern)
{
    struct recognised r = {.kind = FILE_FOREIGN};
    struct input in;
    struct err err;

    if (input_open(&in, path, &err) && in.is_regular && !reel_load_knows(in.fd)) {
        char *head = mem_alloc(LIMIT_PROBE_BYTES);
        bool is_whole;
        struct slice bytes = behind_hole(read_head(&in, head, &is_whole));

        r = recognise(bytes, is_whole, format, pattern);
        r.is_packed = in.depth > 0;
        free(head);
    }
    input_close(&in);
    return r;
}
