#include "parsers/count_text.h"

#include "model/base/num.h"
#include "parsers/limits.h"
#include "parsers/text_parser.h"
#include "parsers/text_stack.h"

struct count_text {
    struct text_parser text;
    struct profile_builder builder;
    bool is_inside; /* a profile has begun */
    char name[LIMIT_COUNT_NAME_BYTES];
    size_t name_len;
    struct text_line header_line, record_line; /* their places; the text is gone */
    int64_t total, sum;
    bool is_open;   /* the record whose frames are being read */
    bool is_behind; /* lists of mapped files and the like follow the records */
    int64_t count;
};

/* "NAME profile: total N" */
static bool parse_header(struct slice line, struct slice *name, int64_t *total)
{
    static const struct slice middle = SLICE_INIT(" profile: total ");
    size_t at = text_find(line, middle);
    struct slice rest;

    if (at == 0 || at == line.len || at > LIMIT_COUNT_NAME_BYTES)
        return false;
    rest = text_trim(slice_after(line, at + middle.len));
    *name = slice_first(line, at);
    return name->ptr[0] != ' ' && name->ptr[0] != '\t' && text_take_i64(&rest, total) &&
           rest.len == 0 && *total >= 0;
}

static void skip_place(struct count_text *c, const struct text_line *line,
                       const char *reason)
{
    diag_skip(c->text.diag, line->offset_bytes, line->number, (struct slice){0}, reason);
}

static void close_record(struct count_text *c)
{
    const char *reason;

    if (!c->is_open)
        return;
    c->is_open = false;
    reason = profile_builder_sample(&c->builder, &c->count, 0);
    if (reason)
        skip_place(c, &c->record_line, reason);
}

static void close_profile(struct count_text *c)
{
    struct slice name = slice_of(c->name, c->name_len);
    struct profile_type type = {name, SLICE("count")};
    struct profile_record record = {
        .kind = slice_eq(name, SLICE("goroutine")) ? PROFILE_GOROUTINE : PROFILE_OTHER,
        .period = 1,
        .types = &type,
        .type_count = 1,
    };
    const char *reason;

    close_record(c);
    if (!c->is_inside)
        return;
    c->is_inside = false;
    profile_builder_fill(&c->builder, &record);
    reason = c->text.sink->profile(c->text.sink->user, &record);
    if (reason)
        skip_place(c, &c->header_line, reason);
    if (c->sum != c->total)
        skip_place(c, &c->header_line, "records do not add up to what the header says");
}

static void begin_profile(struct count_text *c, const struct text_line *line,
                          struct slice name, int64_t total)
{
    close_profile(c);
    memcpy(c->name, name.ptr, name.len);
    c->name_len = name.len;
    c->header_line = *line;
    c->total = total;
    c->sum = 0;
    c->is_inside = true;
    c->is_behind = false;
    profile_builder_begin(&c->builder, 1, false);
}

static void take_comment(struct count_text *c, const struct text_line *line)
{
    struct profile_frame frame;

    if (!c->is_open || slice_starts(line->text, SLICE("# labels:")))
        return;
    if (!text_stack_comment(line->text, &frame)) {
        text_line_skip(c->text.diag, line, line->text.ptr, "malformed frame");
        return;
    }
    profile_builder_frame(&c->builder, &frame);
}

static void take_record(struct count_text *c, const struct text_line *line)
{
    struct slice rest = line->text;

    close_record(c);
    text_skip_blanks(&rest);
    if (!text_take_i64(&rest, &c->count) || !text_take(&rest, SLICE(" @"))) {
        text_line_skip(c->text.diag, line, rest.ptr, "expected \"COUNT @ 0x…\"");
        return;
    }
    if (!text_stack_addresses(&rest, 1, &c->builder))
        text_line_skip(c->text.diag, line, rest.ptr,
                       "malformed address: the stack ends there");
    c->sum = num_sat_add_i64(c->sum, c->count);
    c->is_open = true;
    c->record_line = *line;
}

static void take_line(void *user, const struct text_line *line)
{
    struct count_text *c = user;
    struct slice name;
    int64_t total;

    if (text_trim(line->text).len == 0) {
        close_record(c);
    } else if (parse_header(line->text, &name, &total)) {
        begin_profile(c, line, name, total);
    } else if (slice_starts(line->text, SLICE("---")) || text_stack_is_maps(line->text)) {
        close_record(c);
        c->is_behind = true;
    } else if (!c->is_inside) {
        text_line_skip(c->text.diag, line, line->text.ptr,
                       "text outside of a count profile");
    } else if (c->is_behind) {
        (void)text_stack_mapping(line->text, &c->builder);
    } else if (line->text.ptr[0] == '#') {
        take_comment(c, line);
    } else {
        take_record(c, line);
    }
}

static bool count_text_open(void *state, const struct sink *sink, struct diag *diag)
{
    struct count_text *c = state;

    text_parser_open(&c->text, sink, diag, take_line);
    return true;
}

static bool count_text_finish(void *state, struct err *err)
{
    struct count_text *c = state;

    (void)err;
    text_parser_finish(&c->text);
    close_profile(c);
    return true;
}

static void count_text_close(void *state)
{
    struct count_text *c = state;

    text_parser_close(&c->text);
    profile_builder_finish(&c->builder);
}

static enum probe count_text_probe(struct slice head, bool is_whole)
{
    struct slice start = text_probe_start(head), rest, line, name;
    int64_t total;

    if (start.len == 0)
        return text_probe_nothing(head, is_whole);
    line = text_line_first(start, &rest);
    /* A total that may have more digits is not a number yet. */
    if (text_probe_is_cut(start, is_whole) && line.len < 2 * LIMIT_COUNT_NAME_BYTES)
        return PROBE_NEED_MORE;
    if (parse_header(line, &name, &total))
        return text_find(name, SLICE(" ")) == name.len ? PROBE_CERTAIN : PROBE_LIKELY;
    return PROBE_NO;
}

const struct parser_ops count_text_parser = {
    .name = "count-text",
    .about = "Go's count profiles as text: goroutine?debug=1, threadcreate, custom ones",
    .sign = "a first line \"NAME profile: total N\"",
    .example = "goroutine profile: total 3",
    .state_bytes = sizeof(struct count_text),
    .probe = count_text_probe,
    .open = count_text_open,
    .feed = text_parser_feed,
    .finish = count_text_finish,
    .close = count_text_close,
};
