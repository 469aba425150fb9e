#include "parsers/goroutine_dump.h"

#include "model/base/text.h"
#include "parsers/goroutine_header.h"
#include "parsers/limits.h"
#include "parsers/profile_builder.h"
#include "parsers/text_parser.h"
#include "parsers/text_stack.h"

#define PREFIX "goroutines."

struct state_count {
    char name[sizeof PREFIX + LIMIT_GOROUTINE_STATE_BYTES]; /* of a series */
    size_t name_len;
    uint64_t count;
};

struct goroutine_dump {
    struct text_parser text;
    struct profile_builder builder;
    struct intern ids; /* of this dump's goroutines */
    struct state_count states[LIMIT_GOROUTINE_STATES];
    unsigned state_count;
    uint64_t total, leaked, other_states;
    int64_t wait_minutes_max;
    struct text_line first_line, header_line; /* their places; the text is gone */
    bool is_open;                             /* inside a goroutine's stack */
    bool is_uncounted;                        /* … of goroutine 0 */
    bool has_function, is_creator;            /* whose place the next line may be */
    struct text function;
};

static void skip_place(struct goroutine_dump *g, const struct text_line *line,
                       const char *reason)
{
    diag_skip(g->text.diag, line->offset_bytes, line->number, (struct slice){0}, reason);
}

/* The frame whose function is known, with its place where there is one. */
static void push_frame(struct goroutine_dump *g, struct profile_frame *frame)
{
    if (!g->has_function)
        return;
    frame->name = slice_of(text_str(&g->function), g->function.len);
    profile_builder_frame(&g->builder, frame);
    g->has_function = false;
}

static void close_goroutine(struct goroutine_dump *g)
{
    static const int64_t one = 1;
    struct profile_frame no_place = {0};
    const char *reason;

    if (!g->is_open)
        return;
    push_frame(g, &no_place);
    g->is_open = g->is_creator = false;
    if (g->is_uncounted) {
        profile_builder_drop(&g->builder);
        return;
    }
    reason = profile_builder_sample(&g->builder, &one, 0);
    if (reason)
        skip_place(g, &g->header_line, reason);
}

static void add_count(struct sample *s, struct sample_value *values, struct slice name,
                      uint64_t count)
{
    values[s->count++] = (struct sample_value){
        .metric = METRIC_COUNT, .name = name, .unit = UNIT_COUNT, .value = (double)count};
}

static void hand_on_sample(struct goroutine_dump *g)
{
    struct sample_value values[LIMIT_GOROUTINE_STATES + 4];
    struct sample s = sample_empty();
    const char *reason;

    s.shape = SLICE("goroutines");
    s.subject = SUBJECT_PROCESS;
    s.values = values;
    values[s.count++] = (struct sample_value){.metric = METRIC_SCHED_GOROUTINES,
                                              .value = (double)g->total};
    for (unsigned i = 0; i < g->state_count; i++)
        add_count(&s, values, slice_of(g->states[i].name, g->states[i].name_len),
                  g->states[i].count);
    if (g->other_states)
        add_count(&s, values, SLICE(PREFIX "other_states"), g->other_states);
    if (g->leaked)
        add_count(&s, values, SLICE(PREFIX "leaked"), g->leaked);
    if (g->wait_minutes_max)
        values[s.count++] = (struct sample_value){.metric = METRIC_COUNT,
                                                  .name = SLICE(PREFIX "wait.max"),
                                                  .unit = UNIT_NS,
                                                  .value = (double)g->wait_minutes_max *
                                                           60 * (double)NS_PER_S};
    reason = g->text.sink->sample(g->text.sink->user, &s);
    if (reason)
        skip_place(g, &g->first_line, reason);
}

static void hand_on_profile(struct goroutine_dump *g)
{
    static const struct profile_type type = {SLICE_INIT("goroutine"),
                                             SLICE_INIT("count")};
    struct profile_record record = {
        .kind = PROFILE_GOROUTINE, .period = 1, .types = &type, .type_count = 1};
    const char *reason;

    profile_builder_fill(&g->builder, &record);
    reason = g->text.sink->profile(g->text.sink->user, &record);
    if (reason)
        skip_place(g, &g->first_line, reason);
}

static void begin_dump(struct goroutine_dump *g)
{
    profile_builder_begin(&g->builder, 1, true);
    intern_clear(&g->ids);
    g->state_count = 0;
    g->total = g->leaked = g->other_states = 0;
    g->wait_minutes_max = 0;
}

static void close_dump(struct goroutine_dump *g)
{
    close_goroutine(g);
    if (g->total) {
        hand_on_sample(g);
        hand_on_profile(g);
    }
    begin_dump(g);
}

/* "chan receive (nil chan)" into "goroutines.chan_receive_nil_chan". */
static size_t name_state(char *out, struct slice state)
{
    size_t len = sizeof PREFIX - 1;
    bool wants_gap = false;

    memcpy(out, PREFIX, len);
    for (size_t i = 0;
         i < state.len && len + 2 < sizeof PREFIX + LIMIT_GOROUTINE_STATE_BYTES; i++) {
        char c = state.ptr[i];
        bool is_word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.';

        if (c >= 'A' && c <= 'Z') {
            c = (char)(c - 'A' + 'a');
            is_word = true;
        }
        if (!is_word) {
            wants_gap = len > sizeof PREFIX - 1;
            continue;
        }
        if (wants_gap)
            out[len++] = '_';
        wants_gap = false;
        out[len++] = c;
    }
    return len;
}

static void count_state(struct goroutine_dump *g, struct slice state)
{
    struct state_count now = {.count = 1};

    now.name_len = name_state(now.name, state);
    for (unsigned i = 0; i < g->state_count; i++) {
        if (slice_eq(slice_of(g->states[i].name, g->states[i].name_len),
                     slice_of(now.name, now.name_len))) {
            g->states[i].count++;
            return;
        }
    }
    if (g->state_count < LIMIT_GOROUTINE_STATES && now.name_len > sizeof PREFIX - 1)
        g->states[g->state_count++] = now;
    else
        g->other_states++;
}

static void take_header(struct goroutine_dump *g, const struct text_line *line)
{
    struct goroutine_header h;

    close_goroutine(g);
    if (!goroutine_header_parse(line->text, &h)) {
        text_line_skip(g->text.diag, line, line->text.ptr, "malformed goroutine header");
        return;
    }
    if (intern_find(&g->ids, &h.id, sizeof h.id) != INTERN_NONE && h.id)
        close_dump(g);
    (void)intern_put(&g->ids, &h.id, sizeof h.id);
    g->is_open = true;
    g->is_uncounted = h.id == 0;
    g->header_line = *line;
    if (g->is_uncounted)
        return;
    if (g->total == 0)
        g->first_line = *line;
    g->total++;
    g->leaked += h.is_leaked;
    if (h.wait_minutes > g->wait_minutes_max)
        g->wait_minutes_max = h.wait_minutes;
    count_state(g, h.state);
}

/* "FILE:LINE +0xOFFSET fp=0x… sp=0x… pc=0x…", behind a tab */
static void take_place(struct goroutine_dump *g, struct slice text)
{
    struct profile_frame frame = {0};
    size_t pc = text_find(text, SLICE(" pc=0x"));
    struct slice hex;

    if (g->is_creator || !g->has_function) {
        g->is_creator = false;
        return;
    }
    if (pc < text.len) {
        hex = slice_after(text, pc + 6);
        if (!text_take_hex(&hex, &frame.address))
            frame.address = 0;
    }
    text = slice_first(text, text_find(text, SLICE(" +0x")));
    text_stack_file_line(text_trim(text), &frame);
    push_frame(g, &frame);
}

/* "main.(*T).f(0x1, {0x2, 0x3})": arguments have no parentheses of their own. */
static bool parse_function(struct slice text, struct slice *name)
{
    size_t open = text_find_last(text, '(');

    *name = text;
    if (slice_eq(text, SLICE("non-Go function")))
        return true;
    *name = slice_first(text, open);
    return slice_ends(text, SLICE(")")) && open > 0 &&
           text_find(*name, SLICE(" ")) == name->len;
}

static void take_function(struct goroutine_dump *g, const struct text_line *line)
{
    struct profile_frame no_place = {0};
    struct slice name;

    push_frame(g, &no_place);
    g->is_creator = slice_starts(line->text, SLICE("created by "));
    if (g->is_creator || slice_starts(line->text, SLICE("...")) ||
        slice_starts(line->text, SLICE("[originating from goroutine ")))
        return;
    if (!parse_function(text_trim(line->text), &name)) {
        /* Other output: the stack is over. */
        close_goroutine(g);
        return;
    }
    text_clear(&g->function);
    text_put(&g->function, name);
    g->has_function = true;
}

static void take_line(void *user, const struct text_line *line)
{
    struct goroutine_dump *g = user;

    if (goroutine_header_is(line->text))
        take_header(g, line);
    else if (!g->is_open)
        return;
    else if (text_trim(line->text).len == 0)
        close_goroutine(g);
    else if (line->text.ptr[0] == '\t')
        take_place(g, slice_after(line->text, 1));
    else
        take_function(g, line);
}

static bool goroutine_dump_open(void *state, const struct sink *sink, struct diag *diag)
{
    struct goroutine_dump *g = state;

    text_parser_open(&g->text, sink, diag, take_line);
    g->ids = (struct intern){.max_bytes = LIMIT_TEXT_PROFILE_SAMPLES * sizeof(uint64_t),
                             .max_count = LIMIT_TEXT_PROFILE_SAMPLES};
    begin_dump(g);
    return true;
}

static bool goroutine_dump_finish(void *state, struct err *err)
{
    struct goroutine_dump *g = state;

    (void)err;
    text_parser_finish(&g->text);
    close_dump(g);
    return true;
}

static void goroutine_dump_close(void *state)
{
    struct goroutine_dump *g = state;

    text_parser_close(&g->text);
    profile_builder_finish(&g->builder);
    intern_finish(&g->ids);
    text_finish(&g->function);
}

static bool is_good_header(struct slice line)
{
    struct goroutine_header h;

    return goroutine_header_is(line) && goroutine_header_parse(line, &h);
}

static enum probe goroutine_dump_probe(struct slice head, bool is_whole)
{
    static const struct slice word = SLICE_INIT("goroutine ");
    struct slice start = text_probe_start(head), rest, line;

    if (start.len == 0)
        return text_probe_nothing(head, is_whole);
    line = text_line_first(start, &rest);
    if (is_good_header(line))
        return PROBE_CERTAIN;
    if (text_probe_is_cut(start, is_whole) &&
        slice_starts(slice_first(line, word.len), slice_first(word, line.len)))
        return PROBE_NEED_MORE;
    /* Below a panic's message or in a log: who reads those is asked first. */
    return text_probe_any_line(start, is_good_header) ? PROBE_LIKELY : PROBE_NO;
}

const struct parser_ops goroutine_dump_parser = {
    .name = "goroutines",
    .about = "stacks of all goroutines: goroutine?debug=2, panics, SIGQUIT",
    .sign = "a line \"goroutine N [STATE]:\" and stacks",
    .example = "goroutine 18 [chan receive, 3 minutes]:",
    .state_bytes = sizeof(struct goroutine_dump),
    .probe = goroutine_dump_probe,
    .open = goroutine_dump_open,
    .feed = text_parser_feed,
    .finish = goroutine_dump_finish,
    .close = goroutine_dump_close,
};
