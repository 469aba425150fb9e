#include "parsers/heap_text_java.h"

#include "parsers/limits.h"
#include "parsers/text_parser.h"
#include "parsers/text_stack.h"

/* The agent does not say its rate, and has had no other. */
#define RATE 524288

#define HEADER "--- heapz 1 ---"

struct heap_text_java {
    struct text_parser text;
    struct profile_builder builder;
    bool has_header;
    struct text_line header_line; /* its place; the text is gone */
};

/* Where " (…)" at the end of a line begins, or its length. */
static size_t find_place(struct slice text)
{
    size_t open = text_find_last(text, '(');

    return slice_ends(text, SLICE(")")) && open < text.len && open > 0 &&
                   text.ptr[open - 1] == ' '
               ? open
               : text.len;
}

static void take_symbol(struct heap_text_java *h, uint64_t address, struct slice text)
{
    struct profile_frame frame = {0};
    size_t open = find_place(text), slash;
    struct slice place;

    frame.name = text;
    if (text_find(text, SLICE("generated stub/JIT")) < text.len) {
        frame.name = SLICE("STUB");
    } else if (open < text.len) {
        place = slice_of(text.ptr + open + 1, text.len - open - 2);
        frame.name = text_trim(slice_first(text, open));
        text_stack_file_line(place, &frame);
        /* Of a library only its name is of interest. */
        slash = text_find_last(frame.file, '/');
        if (frame.line == 0 && slash < frame.file.len)
            frame.file = slice_after(frame.file, slash + 1);
    }
    profile_builder_symbol(&h->builder, address, &frame);
}

static void take_record(struct heap_text_java *h, const struct text_line *line,
                        struct slice rest, int64_t bytes)
{
    int64_t values[2], object_bytes;
    const char *reason;

    text_skip_blanks(&rest);
    if (!text_take_i64(&rest, &values[0]) || !text_take(&rest, SLICE(" @"))) {
        text_line_skip(h->text.diag, line, rest.ptr, "expected \"BYTES COUNT @ 0x…\"");
        return;
    }
    if (values[0] == 0) {
        text_line_skip(h->text.diag, line, line->text.ptr, "bytes without objects");
        return;
    }
    if (!text_stack_addresses(&rest, 0, &h->builder))
        text_line_skip(h->text.diag, line, rest.ptr,
                       "malformed address: the stack ends there");
    values[1] = bytes;
    object_bytes = bytes / values[0];
    profile_unsample(RATE, &values[0], &values[1]);
    reason = profile_builder_sample(&h->builder, values, object_bytes);
    if (reason)
        text_line_skip(h->text.diag, line, line->text.ptr, reason);
}

static void take_inside(struct heap_text_java *h, const struct text_line *line)
{
    struct slice rest = text_trim(line->text);
    uint64_t address;
    int64_t bytes;

    if (text_take(&rest, SLICE("0x"))) {
        if (text_take_hex(&rest, &address))
            take_symbol(h, address, text_trim(rest));
        else
            text_line_skip(h->text.diag, line, rest.ptr, "malformed address");
    } else if (text_take_i64(&rest, &bytes)) {
        take_record(h, line, rest, bytes);
    } else if (text_find(rest, SLICE(" = ")) == rest.len) {
        text_line_skip(h->text.diag, line, line->text.ptr,
                       "expected a record or a symbol");
    }
}

static void close_profile(struct heap_text_java *h)
{
    static const struct profile_type types[] = {
        {SLICE_INIT("inuse_objects"), SLICE_INIT("count")},
        {SLICE_INIT("inuse_space"), SLICE_INIT("bytes")},
    };
    struct profile_record record = {.kind = PROFILE_HEAP,
                                    .period = RATE,
                                    .types = types,
                                    .type_count = COUNT_OF(types),
                                    .default_type = 1};
    const char *reason;

    if (!h->has_header)
        return;
    profile_builder_fill(&h->builder, &record);
    reason = h->text.sink->profile(h->text.sink->user, &record);
    if (reason)
        diag_skip(h->text.diag, h->header_line.offset_bytes, h->header_line.number,
                  (struct slice){0}, reason);
    h->has_header = false;
}

static void take_line(void *user, const struct text_line *line)
{
    struct heap_text_java *h = user;

    if (text_trim(line->text).len == 0)
        return;
    if (slice_starts(line->text, SLICE(HEADER))) {
        close_profile(h);
        h->has_header = true;
        h->header_line = *line;
        profile_builder_begin(&h->builder, 2, false);
    } else if (h->has_header) {
        take_inside(h, line);
    } else {
        text_line_skip(h->text.diag, line, line->text.ptr,
                       "text outside of a heap profile");
    }
}

static bool heap_text_java_open(void *state, const struct sink *sink, struct diag *diag)
{
    struct heap_text_java *h = state;

    text_parser_open(&h->text, sink, diag, take_line);
    return true;
}

static bool heap_text_java_finish(void *state, struct err *err)
{
    struct heap_text_java *h = state;

    (void)err;
    text_parser_finish(&h->text);
    close_profile(h);
    return true;
}

static void heap_text_java_close(void *state)
{
    struct heap_text_java *h = state;

    text_parser_close(&h->text);
    profile_builder_finish(&h->builder);
}

static enum probe heap_text_java_probe(struct slice head, bool is_whole)
{
    static const struct slice word = SLICE_INIT(HEADER);
    struct slice start = text_probe_start(head);

    if (start.len == 0)
        return text_probe_nothing(head, is_whole);
    if (slice_starts(start, word))
        return PROBE_CERTAIN;
    return !is_whole && slice_starts(word, start) ? PROBE_NEED_MORE : PROBE_NO;
}

const struct parser_ops heap_text_java_parser = {
    .name = "java-heapz",
    .about = "heap profile of a Java program as text",
    .sign = "a first line \"--- heapz 1 ---\"",
    .example = "--- heapz 1 ---",
    .state_bytes = sizeof(struct heap_text_java),
    .probe = heap_text_java_probe,
    .open = heap_text_java_open,
    .feed = text_parser_feed,
    .finish = heap_text_java_finish,
    .close = heap_text_java_close,
};
