#include "parsers/jemalloc.h"

#include "parsers/heap_text_header.h"
#include "parsers/limits.h"
#include "parsers/text_parser.h"

enum section {
    SECTION_BEFORE,
    SECTION_SYMBOLS,
    SECTION_TOTALS,
    SECTION_STACKS,
    SECTION_MAPS
};

struct jemalloc {
    struct text_parser text;
    enum section section;
    struct profile_builder builder;
    struct heap_text_header header;
    struct heap_counts sum;
    struct text_line header_line; /* its place; the text is gone */
    bool is_open;                 /* a stack waits for its t* */
};

static void skip_place(struct jemalloc *j, const struct text_line *line,
                       const char *reason)
{
    diag_skip(j->text.diag, line->offset_bytes, line->number, (struct slice){0}, reason);
}

static void skip(struct jemalloc *j, const struct text_line *line, const char *at,
                 const char *reason)
{
    text_line_skip(j->text.diag, line, at, reason);
}

static void drop_stack(struct jemalloc *j)
{
    j->is_open = false;
    profile_builder_drop(&j->builder);
}

static bool adds_up(const struct jemalloc *j)
{
    const struct heap_counts *a = &j->sum, *b = &j->header.total;

    return a->inuse_objects == b->inuse_objects && a->inuse_bytes == b->inuse_bytes &&
           a->alloc_objects == b->alloc_objects && a->alloc_bytes == b->alloc_bytes;
}

static void close_profile(struct jemalloc *j)
{
    struct profile_record record = {.kind = PROFILE_HEAP,
                                    .period = j->header.rate > 0 ? j->header.rate : 0};
    const char *reason;

    drop_stack(j);
    if (j->section >= SECTION_TOTALS) {
        record.types = heap_text_types(&j->header, &record.type_count);
        record.default_type = record.type_count - 1;
        profile_builder_fill(&j->builder, &record);
        reason = j->text.sink->profile(j->text.sink->user, &record);
        if (reason)
            skip_place(j, &j->header_line, reason);
        if (!adds_up(j))
            skip_place(j, &j->header_line,
                       "records do not add up to what the header says");
    }
    profile_builder_begin(&j->builder, 0, false);
    j->section = SECTION_BEFORE;
}

/* "heap_v2/524288" */
static bool parse_header(struct slice line, int64_t *rate)
{
    line = text_trim(line);
    return text_take(&line, SLICE("heap_v2/")) && text_take_i64(&line, rate) &&
           line.len == 0 && *rate >= 0;
}

static void begin_profile(struct jemalloc *j, const struct text_line *line, int64_t rate)
{
    if (j->section >= SECTION_TOTALS)
        close_profile(j);
    j->header =
        (struct heap_text_header){.kind = PROFILE_HEAP, .rate = rate, .is_sampled = true};
    j->sum = (struct heap_counts){0};
    j->header_line = *line;
    j->section = SECTION_TOTALS;
}

static void take_stack(struct jemalloc *j, const struct text_line *line)
{
    struct slice rest = slice_after(line->text, 1);
    size_t type_count;

    if (j->section == SECTION_TOTALS) {
        (void)heap_text_types(&j->header, &type_count);
        profile_builder_set_types(&j->builder, type_count);
        j->section = SECTION_STACKS;
    }
    if (j->is_open)
        skip(j, line, line->text.ptr, "the stack above has no figures");
    drop_stack(j);
    if (!text_stack_addresses(&rest, 1, &j->builder))
        skip(j, line, rest.ptr, "malformed address: the stack ends there");
    j->is_open = true;
}

static void take_total(struct jemalloc *j, const struct heap_counts *counts)
{
    j->header.total = *counts;
    j->header.has_allocations =
        counts->alloc_objects != 0 && (counts->alloc_objects != counts->inuse_objects ||
                                       counts->alloc_bytes != counts->inuse_bytes);
}

static void take_record(struct jemalloc *j, const struct text_line *line,
                        const struct heap_counts *counts)
{
    int64_t values[4], object_bytes;
    const char *reason;

    if (!j->is_open) {
        skip(j, line, line->text.ptr, "figures without a stack");
        return;
    }
    j->is_open = false;
    if (!heap_text_values(&j->header, counts, values, &object_bytes)) {
        drop_stack(j);
        skip(j, line, line->text.ptr, "bytes without objects");
        return;
    }
    heap_counts_add(&j->sum, counts);
    reason = profile_builder_sample(&j->builder, values, object_bytes);
    if (reason)
        skip(j, line, line->text.ptr, reason);
}

/* "  t*: 3: 1234 [0: 0]", or of one thread "  t12: …" */
static void take_figures(struct jemalloc *j, const struct text_line *line)
{
    struct slice rest = line->text;
    struct heap_counts counts;
    uint64_t thread;
    bool is_thread;

    text_skip_blanks(&rest);
    if (!text_take(&rest, SLICE("t"))) {
        skip(j, line, line->text.ptr, "expected a stack or its figures");
        return;
    }
    is_thread = text_take_u64(&rest, &thread);
    if ((!is_thread && !text_take(&rest, SLICE("*"))) || !text_take(&rest, SLICE(":")) ||
        !heap_counts_take(&rest, &counts)) {
        skip(j, line, rest.ptr, "malformed figures");
        return;
    }
    if (is_thread)
        return;
    if (j->section == SECTION_TOTALS)
        take_total(j, &counts);
    else
        take_record(j, line, &counts);
}

static void take_outside(struct jemalloc *j, const struct text_line *line)
{
    if (slice_starts(line->text, SLICE("--- symbol")))
        j->section = SECTION_SYMBOLS;
    else if (slice_starts(line->text, SLICE("---")))
        j->section = SECTION_BEFORE;
    else if (j->section == SECTION_BEFORE)
        skip(j, line, line->text.ptr, "text outside of a heap profile");
    else if (!text_stack_symbol(line->text, &j->builder) &&
             !slice_starts(line->text, SLICE("binary=")))
        skip(j, line, line->text.ptr, "expected a symbol");
}

static void take_inside(struct jemalloc *j, const struct text_line *line)
{
    if (text_stack_is_maps(line->text)) {
        drop_stack(j);
        j->section = SECTION_MAPS;
    } else if (j->section == SECTION_MAPS) {
        if (!text_stack_mapping(line->text, &j->builder))
            skip(j, line, line->text.ptr, "expected a mapping");
    } else if (line->text.ptr[0] == '@') {
        take_stack(j, line);
    } else {
        take_figures(j, line);
    }
}

static void take_line(void *user, const struct text_line *line)
{
    struct jemalloc *j = user;
    int64_t rate;

    if (text_trim(line->text).len == 0)
        return;
    if (parse_header(line->text, &rate))
        begin_profile(j, line, rate);
    else if (j->section < SECTION_TOTALS)
        take_outside(j, line);
    else
        take_inside(j, line);
}

static bool jemalloc_open(void *state, const struct sink *sink, struct diag *diag)
{
    struct jemalloc *j = state;

    text_parser_open(&j->text, sink, diag, take_line);
    profile_builder_begin(&j->builder, 0, false);
    return true;
}

static bool jemalloc_finish(void *state, struct err *err)
{
    struct jemalloc *j = state;

    (void)err;
    text_parser_finish(&j->text);
    close_profile(j);
    return true;
}

static void jemalloc_close(void *state)
{
    struct jemalloc *j = state;

    text_parser_close(&j->text);
    profile_builder_finish(&j->builder);
}

static bool is_header(struct slice line)
{
    int64_t rate;

    return parse_header(line, &rate);
}

static enum probe jemalloc_probe(struct slice head, bool is_whole)
{
    static const struct slice word = SLICE_INIT("heap_v2/");
    struct slice start = text_probe_start(head), rest, line;

    if (start.len == 0)
        return text_probe_nothing(head, is_whole);
    line = text_line_first(start, &rest);
    if (text_probe_is_cut(start, is_whole) && line.len < 2 * word.len + 20 &&
        slice_starts(slice_first(line, word.len), slice_first(word, line.len)))
        return PROBE_NEED_MORE;
    if (is_header(line))
        return PROBE_CERTAIN;
    return slice_starts(start, SLICE("--- symbol")) &&
                   text_probe_any_line(start, is_header)
               ? PROBE_LIKELY
               : PROBE_NO;
}

const struct parser_ops jemalloc_parser = {
    .name = "jemalloc",
    .about = "heap profile of jemalloc (jeprof.*.heap)",
    .sign = "a first line \"heap_v2/RATE\"",
    .example = "heap_v2/524288",
    .state_bytes = sizeof(struct jemalloc),
    .probe = jemalloc_probe,
    .open = jemalloc_open,
    .feed = text_parser_feed,
    .finish = jemalloc_finish,
    .close = jemalloc_close,
};
