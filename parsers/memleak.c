#include "parsers/memleak.h"

#include "model/base/num.h"
#include "parsers/limits.h"
#include "parsers/memleak_line.h"
#include "parsers/text_parser.h"

#define NS_PER_DAY (INT64_C(86400) * NS_PER_S)

struct memleak {
    struct text_parser text;
    struct profile_builder builder;
    bool is_kernel;
    int64_t pid;    /* -1 = unknown */
    bool is_inside; /* an interval has begun */
    bool has_time;
    int64_t ns_of_day;
    struct text_line interval_line, block_line; /* their places; the text is gone */
    bool is_open;                               /* the frames of a block are being read */
    int64_t values[2], total[2];                /* objects, bytes */
};

static void skip_place(struct memleak *m, const struct text_line *line,
                       const char *reason)
{
    diag_skip(m->text.diag, line->offset_bytes, line->number, (struct slice){0}, reason);
}

static void close_block(struct memleak *m)
{
    const char *reason;

    if (!m->is_open)
        return;
    m->is_open = false;
    reason = profile_builder_sample(&m->builder, m->values, 0);
    if (reason)
        skip_place(m, &m->block_line, reason);
    m->total[0] = num_sat_add_i64(m->total[0], m->values[0]);
    m->total[1] = num_sat_add_i64(m->total[1], m->values[1]);
}

/* The last moment with that time of day that is not after the input's last change. */
static int64_t time_of(const struct memleak *m)
{
    int64_t since = num_sat_sub_i64(m->text.sink->mtime_ns, m->ns_of_day);
    int64_t into_day = since % NS_PER_DAY;

    if (into_day < 0)
        into_day += NS_PER_DAY;
    return num_sat_sub_i64(m->text.sink->mtime_ns, into_day);
}

static void hand_on_sample(struct memleak *m, bool has_time, int64_t time_ns)
{
    const struct sample_value values[] = {
        {.metric = METRIC_COUNT,
         .name = SLICE("memleak.outstanding.bytes"),
         .unit = UNIT_BYTES,
         .value = (double)m->total[1]},
        {.metric = METRIC_COUNT,
         .name = SLICE("memleak.outstanding.objects"),
         .unit = UNIT_OBJECTS,
         .value = (double)m->total[0]},
    };
    struct sample s = sample_empty();
    const char *reason;

    s.shape = SLICE("memleak");
    s.subject = m->is_kernel ? SUBJECT_HOST : SUBJECT_PROCESS;
    s.time_kind = has_time ? MOMENT_WALL : MOMENT_UNKNOWN;
    s.time_ns = time_ns;
    s.pid = m->pid;
    s.values = values;
    s.count = COUNT_OF(values);
    reason = m->text.sink->sample(m->text.sink->user, &s);
    if (reason)
        skip_place(m, &m->interval_line, reason);
}

static void hand_on_profile(struct memleak *m, bool has_time, int64_t time_ns)
{
    static const struct profile_type types[] = {
        {SLICE_INIT("outstanding_objects"), SLICE_INIT("count")},
        {SLICE_INIT("outstanding_space"), SLICE_INIT("bytes")},
    };
    struct profile_record record = {.kind = PROFILE_OTHER,
                                    .has_time = has_time,
                                    .time_ns = time_ns,
                                    .types = types,
                                    .type_count = COUNT_OF(types),
                                    .default_type = 1};
    const char *reason;

    profile_builder_fill(&m->builder, &record);
    reason = m->text.sink->profile(m->text.sink->user, &record);
    if (reason)
        skip_place(m, &m->interval_line, reason);
}

static void close_interval(struct memleak *m)
{
    bool has_time;
    int64_t time_ns;

    close_block(m);
    if (!m->is_inside)
        return;
    m->is_inside = false;
    has_time = m->has_time && m->text.sink->has_mtime;
    time_ns = has_time ? time_of(m) : 0;
    hand_on_sample(m, has_time, time_ns);
    hand_on_profile(m, has_time, time_ns);
}

static void begin_interval(struct memleak *m, const struct text_line *line)
{
    close_interval(m);
    m->is_inside = true;
    m->has_time = false;
    m->interval_line = *line;
    m->total[0] = m->total[1] = 0;
    profile_builder_begin(&m->builder, 2, true);
}

static void begin_block(struct memleak *m, const struct text_line *line, int64_t objects,
                        int64_t bytes)
{
    /* The first lines of a recording, with the interval's head, may be lost. */
    if (!m->is_inside)
        begin_interval(m, line);
    close_block(m);
    m->values[0] = objects;
    m->values[1] = bytes;
    m->is_open = true;
    m->block_line = *line;
}

static void take_other(struct memleak *m, const struct text_line *line)
{
    struct profile_frame frame;
    bool is_indented = line->text.ptr[0] == ' ' || line->text.ptr[0] == '\t';
    struct slice text = text_trim(line->text);

    if (slice_starts(text, SLICE("addr = "))) {
        close_block(m);
    } else if (text_find(text, SLICE(" allocations from stack")) < text.len &&
               text_find(text, SLICE(" bytes in ")) < text.len) {
        close_block(m);
        text_line_skip(m->text.diag, line, line->text.ptr,
                       "malformed figures of a stack");
    } else if (m->is_open && is_indented) {
        memleak_parse_frame(text, &frame);
        profile_builder_frame(&m->builder, &frame);
    } else if (!is_indented) {
        close_interval(m);
    }
}

static void take_line(void *user, const struct text_line *line)
{
    struct memleak *m = user;
    int64_t pid, ns_of_day, objects, bytes;

    if (text_trim(line->text).len == 0) {
        close_block(m);
    } else if (memleak_parse_interval(line->text, &ns_of_day)) {
        begin_interval(m, line);
        m->has_time = true;
        m->ns_of_day = ns_of_day;
    } else if (memleak_parse_attach(line->text, &pid)) {
        close_interval(m);
        m->pid = pid;
        m->is_kernel = pid < 0;
    } else if (memleak_parse_block(line->text, &objects, &bytes)) {
        begin_block(m, line, objects, bytes);
    } else {
        take_other(m, line);
    }
}

static bool memleak_open(void *state, const struct sink *sink, struct diag *diag)
{
    struct memleak *m = state;

    text_parser_open(&m->text, sink, diag, take_line);
    m->pid = -1;
    return true;
}

static bool memleak_finish(void *state, struct err *err)
{
    struct memleak *m = state;

    (void)err;
    text_parser_finish(&m->text);
    close_interval(m);
    return true;
}

static void memleak_close(void *state)
{
    struct memleak *m = state;

    text_parser_close(&m->text);
    profile_builder_finish(&m->builder);
}

static enum probe memleak_probe(struct slice head, bool is_whole)
{
    struct slice start = text_probe_start(head);
    enum probe answer = PROBE_NO;
    int64_t a, b;

    if (start.len == 0)
        return text_probe_nothing(head, is_whole);
    if (!is_whole && head.len < LIMIT_PROBE_BYTES && memleak_parse_attach(start, &a))
        answer = PROBE_NEED_MORE;
    while (start.len) {
        struct slice rest, line = text_line_first(start, &rest);

        if (memleak_parse_interval(line, &a))
            return PROBE_CERTAIN;
        if (memleak_parse_block(line, &a, &b))
            answer = PROBE_LIKELY;
        start = rest;
    }
    return answer;
}

const struct parser_ops memleak_parser = {
    .name = "memleak",
    .about = "outstanding allocations as BCC's memleak prints them",
    .sign = "a line \"[HH:MM:SS] Top N stacks with outstanding allocations:\"",
    .example = "[11:16:33] Top 10 stacks with outstanding allocations:",
    .state_bytes = sizeof(struct memleak),
    .probe = memleak_probe,
    .open = memleak_open,
    .feed = text_parser_feed,
    .finish = memleak_finish,
    .close = memleak_close,
};
