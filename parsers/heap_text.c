#include "parsers/heap_text.h"

#include "model/base/num.h"
#include "parsers/heap_text_footer.h"
#include "parsers/heap_text_header.h"
#include "parsers/limits.h"
#include "parsers/text_parser.h"

enum section {
    SECTION_BEFORE,
    SECTION_SYMBOLS,
    SECTION_RECORDS,
    SECTION_FOOTER,
    SECTION_MAPS
};

struct heap_text {
    struct text_parser text;
    enum section section;
    struct profile_builder builder;
    struct heap_text_header header;
    bool is_lost; /* the header is of no use, so the records have no meaning */
    struct text_line header_line; /* its place; the text is gone */
    struct heap_counts sum;
    /* The record whose frames are being read. */
    bool is_open;
    int64_t values[4], object_bytes;
    struct text_line record_line; /* its place */
    bool has_footer;
    struct heap_text_footer footer;
};

static void skip(struct heap_text *h, const struct text_line *line, const char *at,
                 const char *reason)
{
    text_line_skip(h->text.diag, line, at, reason);
}

/* For a line that is long gone. */
static void skip_place(struct heap_text *h, const struct text_line *line,
                       const char *reason)
{
    diag_skip(h->text.diag, line->offset_bytes, line->number, (struct slice){0}, reason);
}

static void close_record(struct heap_text *h)
{
    const char *reason;

    if (!h->is_open)
        return;
    h->is_open = false;
    reason = profile_builder_sample(&h->builder, h->values, h->object_bytes);
    if (reason)
        skip_place(h, &h->record_line, reason);
}

static void hand_on_snapshot(struct heap_text *h)
{
    const struct mem_snapshot *snapshot = heap_text_footer_settle(&h->footer);
    const char *reason = snapshot
                             ? h->text.sink->mem_snapshot(h->text.sink->user, snapshot)
                             : "MemStats cut off";

    if (reason)
        skip_place(h, &h->header_line, reason);
}

/* Go counts one allocated byte too many where the columns would be the same, so that no
 * reader takes four columns for two. */
static bool adds_up(const struct heap_text *h)
{
    const struct heap_counts *a = &h->sum, *b = &h->header.total;

    return a->inuse_objects == b->inuse_objects && a->inuse_bytes == b->inuse_bytes &&
           a->alloc_objects == b->alloc_objects &&
           (a->alloc_bytes == b->alloc_bytes ||
            a->alloc_bytes == num_sat_sub_i64(b->alloc_bytes, 1));
}

static void hand_on_profile(struct heap_text *h)
{
    const struct mem_snapshot *snapshot = &h->footer.snapshot;
    struct profile_record record = {
        .kind = h->header.kind,
        .period = h->header.rate > 0 ? h->header.rate : 0,
    };
    const char *reason;

    record.types = heap_text_types(&h->header, &record.type_count);
    record.default_type = record.type_count - 1;
    record.has_time = h->has_footer && snapshot->has_last_gc;
    record.time_ns = record.has_time ? snapshot->last_gc_ns : 0;
    profile_builder_fill(&h->builder, &record);
    reason = h->text.sink->profile(h->text.sink->user, &record);
    if (reason)
        skip_place(h, &h->header_line, reason);
    if (!adds_up(h))
        skip_place(h, &h->header_line, "records do not add up to what the header says");
}

/* Ends the profile, if one is open. */
static void close_profile(struct heap_text *h)
{
    close_record(h);
    if (h->section >= SECTION_RECORDS) {
        if (h->has_footer)
            hand_on_snapshot(h);
        if (!h->is_lost)
            hand_on_profile(h);
    }
    profile_builder_begin(&h->builder, 0, false);
    h->section = SECTION_BEFORE;
    h->has_footer = false;
    h->sum = (struct heap_counts){0};
}

static void take_header(struct heap_text *h, const struct text_line *line)
{
    const char *at, *reason;
    size_t type_count;

    if (h->section >= SECTION_RECORDS)
        close_profile(h);
    h->header_line = *line;
    h->section = SECTION_RECORDS;
    reason = heap_text_header_parse(line->text, &h->header, &at);
    h->is_lost = reason != NULL;
    if (reason) {
        skip(h, line, at, reason);
        return;
    }
    (void)heap_text_types(&h->header, &type_count);
    profile_builder_set_types(&h->builder, type_count);
}

static void take_record(struct heap_text *h, const struct text_line *line)
{
    struct slice rest = line->text;
    struct heap_counts counts;

    close_record(h);
    text_skip_blanks(&rest);
    if (!heap_counts_take(&rest, &counts) || !text_take(&rest, SLICE("@"))) {
        skip(h, line, rest.ptr, "expected a record of a heap profile");
        return;
    }
    if (!heap_text_values(&h->header, &counts, h->values, &h->object_bytes)) {
        skip(h, line, line->text.ptr, "bytes without objects");
        return;
    }
    if (!text_stack_addresses(&rest, 1, &h->builder))
        skip(h, line, rest.ptr, "malformed address: the stack ends there");
    heap_counts_add(&h->sum, &counts);
    h->is_open = true;
    h->record_line = *line;
}

static void begin_footer(struct heap_text *h)
{
    close_record(h);
    h->section = SECTION_FOOTER;
    h->has_footer = true;
    heap_text_footer_begin(&h->footer);
}

static void take_comment(struct heap_text *h, const struct text_line *line)
{
    struct profile_frame frame;

    if (slice_starts(line->text, SLICE("# runtime.MemStats"))) {
        begin_footer(h);
        return;
    }
    if (!h->is_open)
        return;
    if (!text_stack_comment(line->text, &frame)) {
        skip(h, line, line->text.ptr, "malformed frame");
        return;
    }
    /* The names know inlined calls, and leave out what is the runtime's own: they stand
     * in for the addresses. */
    profile_builder_frame(&h->builder, &frame);
}

static void take_symbol(struct heap_text *h, const struct text_line *line)
{
    if (slice_starts(line->text, SLICE("---")))
        h->section = SECTION_BEFORE;
    else if (!text_stack_symbol(line->text, &h->builder) &&
             !slice_starts(line->text, SLICE("binary=")))
        skip(h, line, line->text.ptr, "expected a symbol");
}

static void take_before(struct heap_text *h, const struct text_line *line)
{
    if (slice_starts(line->text, SLICE("--- symbol")))
        h->section = SECTION_SYMBOLS;
    else if (!slice_starts(line->text, SLICE("---")))
        skip(h, line, line->text.ptr, "text outside of a heap profile");
}

static void take_footer(struct heap_text *h, const struct text_line *line)
{
    const char *reason = line->is_cut ? "cut off in the middle of a line"
                                      : heap_text_footer_take(&h->footer, line->text);

    if (reason)
        skip(h, line, line->text.ptr, reason);
}

static void take_map(struct heap_text *h, const struct text_line *line)
{
    bool is_variable = text_find(line->text, SLICE("=")) < line->text.len;

    if (!text_stack_mapping(line->text, &h->builder) && !is_variable)
        skip(h, line, line->text.ptr, "expected a mapping");
}

/* Most lines are no list of maps, and can be told by their first character. */
static bool is_figure(struct slice line)
{
    text_skip_blanks(&line);
    return line.len && line.ptr[0] >= '0' && line.ptr[0] <= '9';
}

static void take_in_section(struct heap_text *h, const struct text_line *line)
{
    switch (h->section) {
    case SECTION_BEFORE:
        take_before(h, line);
        break;
    case SECTION_SYMBOLS:
        take_symbol(h, line);
        break;
    case SECTION_RECORDS:
        if (line->text.ptr[0] == '#') {
            take_comment(h, line);
        } else if (!is_figure(line->text) && text_stack_is_maps(line->text)) {
            close_record(h);
            h->section = SECTION_MAPS;
        } else if (!h->is_lost) {
            take_record(h, line);
        }
        break;
    case SECTION_FOOTER:
        take_footer(h, line);
        break;
    case SECTION_MAPS:
        take_map(h, line);
        break;
    }
}

static void take_line(void *user, const struct text_line *line)
{
    struct heap_text *h = user;

    if (text_trim(line->text).len == 0)
        close_record(h);
    else if (heap_text_is_header(line->text))
        take_header(h, line);
    else
        take_in_section(h, line);
}

static bool heap_text_open(void *state, const struct sink *sink, struct diag *diag)
{
    struct heap_text *h = state;

    text_parser_open(&h->text, sink, diag, take_line);
    profile_builder_begin(&h->builder, 0, false);
    return true;
}

static bool heap_text_finish(void *state, struct err *err)
{
    struct heap_text *h = state;

    (void)err;
    text_parser_finish(&h->text);
    close_profile(h);
    return true;
}

static void heap_text_close(void *state)
{
    struct heap_text *h = state;

    text_parser_close(&h->text);
    profile_builder_finish(&h->builder);
}

/* A header that has all of its line, or as much as is there. */
static bool is_good_header(struct slice line)
{
    struct heap_text_header header;
    const char *at;

    return heap_text_is_header(line) && !heap_text_header_parse(line, &header, &at);
}

/* No header is longer: five numbers and two words. */
#define PROBE_HEADER_BYTES 200

static enum probe heap_text_probe(struct slice head, bool is_whole)
{
    static const struct slice word = SLICE_INIT("heap profile:");
    struct slice start = text_probe_start(head), rest, line;

    if (start.len == 0)
        return text_probe_nothing(head, is_whole);
    line = text_line_first(start, &rest);
    if (text_probe_is_cut(start, is_whole) && line.len < PROBE_HEADER_BYTES &&
        slice_starts(slice_first(line, word.len), slice_first(word, line.len)))
        return PROBE_NEED_MORE;
    if (is_good_header(line))
        return PROBE_CERTAIN;
    /* Below the headers of an HTTP answer, or jeprof's symbols. */
    return text_probe_any_line(start, is_good_header) ? PROBE_LIKELY : PROBE_NO;
}

const struct parser_ops heap_text_parser = {
    .name = "heap-text",
    .about = "heap profile as text: Go's heap?debug=1, tcmalloc, gperftools",
    .sign = "a first line \"heap profile: N: BYTES [N: BYTES] @ KIND\"",
    .example = "heap profile: 23: 2303232 [24: 2303248] @ heap/1048576",
    .state_bytes = sizeof(struct heap_text),
    .probe = heap_text_probe,
    .open = heap_text_open,
    .feed = text_parser_feed,
    .finish = heap_text_finish,
    .close = heap_text_close,
};
