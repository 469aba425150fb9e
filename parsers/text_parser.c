#include "parsers/text_parser.h"

#include "parsers/limits.h"
#include "parsers/scan.h"

static struct text_line line_at(const struct lines_run *run, const char *p,
                                const char *stop, uint64_t number)
{
    const char *end = run->bytes.ptr + run->bytes.len;
    struct slice text;

    if (run->offset_bytes == 0 && p == run->bytes.ptr &&
        slice_starts(slice_of(p, (size_t)(stop - p)), SLICE("\xEF\xBB\xBF")))
        p += 3; /* a byte order mark, as Windows editors write it */
    text = text_line_content(slice_of(p, (size_t)(stop - p)));
    return (struct text_line){
        .text = text,
        .offset_bytes = run->offset_bytes + (uint64_t)(text.ptr - run->bytes.ptr),
        .number = number,
        .is_cut = stop == end,
    };
}

static void take_line(struct text_parser *t, const struct lines_run *run,
                      const struct text_line *line)
{
    if (run->cut_bytes)
        text_line_skip(t->diag, line, line->text.ptr, "line over 1 MiB");
    else
        t->take(t, line);
}

static uint64_t take_run(void *user, const struct lines_run *run)
{
    const char *p = run->bytes.ptr, *end = p + run->bytes.len;
    uint64_t newlines = 0;

    if (run->is_head)
        return 0;
    while (p < end) {
        const char *stop = scan_line_end(p, end);
        struct text_line line = line_at(run, p, stop, run->first_line + newlines);

        take_line(user, run, &line);
        if (stop == end)
            break;
        newlines++;
        p = stop + 1;
    }
    return newlines;
}

void text_parser_open(struct text_parser *t, const struct sink *sink, struct diag *diag,
                      text_line_taker *take)
{
    t->sink = sink;
    t->diag = diag;
    t->take = take;
}

bool text_parser_feed(void *state, struct slice bytes, struct err *err)
{
    struct text_parser *t = state;

    (void)err;
    lines_feed(&t->lines, bytes, take_run, t);
    return true;
}

void text_parser_finish(struct text_parser *t)
{
    lines_finish(&t->lines, take_run, t);
}

void text_parser_close(struct text_parser *t)
{
    lines_close(&t->lines);
}

enum probe text_probe_nothing(struct slice head, bool is_whole)
{
    return is_whole || head.len >= LIMIT_PROBE_BYTES ? PROBE_NO : PROBE_NEED_MORE;
}

bool text_probe_any_line(struct slice head, bool (*is_such)(struct slice line))
{
    while (head.len) {
        if (is_such(text_line_first(head, &head)))
            return true;
    }
    return false;
}
