#include "parsers/runtime_metrics.h"

#include <math.h>

#include "model/base/compiler.h"
#include "model/base/num.h"
#include "parsers/figures.h"
#include "parsers/json_frames.h"
#include "parsers/json_probe.h"
#include "parsers/json_value.h"
#include "parsers/moment_text.h"
#include "parsers/runtime_histogram.h"
#include "parsers/runtime_names.h"
#include "parsers/stamp.h"
#include "parsers/text_line.h"

#define NONE 0x1p62
#define FULL "too many different names: some values left out"

/* {"name":…,"value":…}, in any order. */
struct pair {
    struct slice name;
    bool has_value, has_histogram, has_others;
    double value;
};

struct runtime_metrics {
    const struct sink *sink;
    struct diag *diag;
    struct json_frames frames;
    struct figures figures;
    struct runtime_histogram histogram;
    bool has_time, has_own_time; /* of the figures; of the object that is read */
    int64_t time_ns, own_time_ns;
    size_t found;                /* metrics in the object that is read */
    uint64_t offset_bytes, line; /* of the newest part of the sample */
    bool has_told_lists;
};

static void flush(struct runtime_metrics *r)
{
    struct sample s = sample_empty();
    const char *reason = NULL;

    if (r->figures.count) {
        runtime_names_derive(&r->figures);
        s.shape = SLICE("runtime-metrics");
        s.time_kind = r->has_time ? MOMENT_WALL : MOMENT_UNKNOWN;
        s.time_ns = r->has_time ? r->time_ns : 0;
        s.values = r->figures.values;
        s.count = r->figures.count;
        reason = r->sink->sample(r->sink->user, &s);
        if (!reason && r->figures.is_full)
            reason = FULL;
    }
    if (reason)
        diag_skip(r->diag, r->offset_bytes, r->line, (struct slice){0}, reason);
    figures_clear(&r->figures);
    r->has_time = false;
}

static bool is_known(const struct figures *f, const struct runtime_name *n)
{
    return figures_find(f, 0, n->metric, n->name, (struct slice){0}) < f->count;
}

static void put(struct runtime_metrics *r, const struct runtime_name *n, double value)
{
    if (n->has_none && value >= NONE)
        return;
    if (n->metric < METRIC_COUNT)
        figures_put_metric(&r->figures, (enum metric)n->metric, value * n->scale);
    else
        figures_put(&r->figures, n->name, (struct slice){0}, n->unit, value * n->scale);
}

static void put_histogram(struct runtime_metrics *r, const struct runtime_name *n)
{
    figures_put(&r->figures, n->path, SLICE(".count"), UNIT_COUNT,
                runtime_histogram_total(&r->histogram));
    figures_put(&r->figures, n->path, SLICE(".p99"), n->unit,
                runtime_histogram_quantile(&r->histogram, 0.99) * n->scale);
}

/* What else stands in an object under a metric's name: nobody but who wrote it knows what
 * it counts, so it has a name of its own and no unit. */
static void put_others(struct runtime_metrics *r, const struct runtime_name *n)
{
    for (size_t i = 0; i < r->histogram.other_count; i++) {
        const struct runtime_other *other = &r->histogram.others[i];
        char key[1 + LIMIT_RUNTIME_OTHER_BYTES] = ".";

        if (other->key.len)
            memcpy(key + 1, other->key.ptr, other->key.len);
        figures_put(&r->figures, n->path, slice_of(key, 1 + other->key.len), UNIT_NONE,
                    other->value);
    }
}

static bool take_value(struct runtime_metrics *r, struct json *j, enum json_kind kind,
                       struct pair *out)
{
    out->has_histogram = out->has_others = false;
    out->value = NAN;
    if (kind == JSON_OBJECT) {
        out->has_histogram = runtime_histogram_take(&r->histogram, j, &out->value);
        out->has_others = !out->has_histogram;
    } else if (kind == JSON_ARRAY) {
        json_skip(j, kind);
    } else {
        (void)!json_take_double(kind, j->text, &out->value);
    }
    out->has_value = out->has_histogram || !isnan(out->value);
    return out->has_value;
}

static void put_pair(struct runtime_metrics *r, const struct pair *pair)
{
    struct runtime_name n = runtime_name_of(pair->name);

    r->found++;
    if (pair->has_histogram)
        put_histogram(r, &n);
    else if (pair->has_value)
        put(r, &n, pair->value);
    if (pair->has_others)
        put_others(r, &n);
}

/* A member of an object: a metric, half of a pair, the time, or nothing to us. */
static void take_member(struct runtime_metrics *r, struct json *j, struct pair *half)
{
    struct slice key = j->text;
    enum json_kind kind = json_next(j);

    if (runtime_name_is(key)) {
        struct pair whole = {.name = key};

        (void)take_value(r, j, kind, &whole);
        put_pair(r, &whole);
    } else if (kind == JSON_STRING && json_is_spelling(SLICE("name"), key)) {
        if (runtime_name_is(j->text))
            half->name = j->text;
    } else if (json_is_spelling(SLICE("value"), key)) {
        (void)take_value(r, j, kind, half);
    } else if (!r->has_own_time && json_is_time_key(key)) {
        r->has_own_time = json_take_time(kind, j->text, &r->own_time_ns);
    }
}

/* Goes over the object; what it says is put into the figures. */
static const char *read_object(struct runtime_metrics *r, struct slice text,
                               const char **at)
{
    struct json j = json_init(text);
    struct pair half = {0};
    enum json_kind kind;

    r->found = 0;
    do {
        kind = json_next(&j);
        if (kind == JSON_KEY)
            take_member(r, &j, &half);
        if (kind == JSON_OBJECT_END && half.name.len)
            put_pair(r, &half);
        if (kind == JSON_OBJECT_END)
            half = (struct pair){0};
    } while (kind != JSON_ERROR && kind != JSON_END);
    *at = j.p;
    return j.reason;
}

/* Is this object one pair of a longer list? *name is then its metric. */
static bool is_pair(struct slice text, struct slice *name)
{
    struct json j = json_init(text);
    bool has_value = false;

    (void)json_next(&j);
    *name = (struct slice){0};
    while (json_next(&j) == JSON_KEY && j.depth == 1) {
        struct slice key = j.text;
        enum json_kind kind = json_next(&j);

        if (kind == JSON_STRING && json_is_spelling(SLICE("name"), key))
            *name = j.text;
        has_value |= json_is_spelling(SLICE("value"), key);
        json_skip(&j, kind);
    }
    return has_value && runtime_name_is(*name);
}

static void skip(struct runtime_metrics *r, const struct json_frame *frame,
                 const char *at, const char *reason)
{
    size_t from = (size_t)(at - frame->bytes.ptr);

    diag_skip(r->diag, frame->offset_bytes + from, frame->line,
              slice_after(frame->bytes, from), reason);
}

static void take_time(struct runtime_metrics *r, int64_t time_ns)
{
    r->has_time = true;
    r->time_ns = time_ns;
}

/* A sample of its own, or with the ones around it. */
static void take_object(struct runtime_metrics *r, const struct json_frame *frame)
{
    struct slice name;
    struct stamp stamp;
    bool is_part = is_pair(frame->bytes, &name);
    struct runtime_name n = {0};
    const char *at, *reason;

    if (is_part)
        n = runtime_name_of(name);
    if (!is_part || is_known(&r->figures, &n))
        flush(r);
    r->has_own_time = false;
    r->offset_bytes = frame->offset_bytes;
    r->line = frame->line;
    reason = read_object(r, frame->bytes, &at);
    if (!r->has_own_time && stamp_parse(frame->before, &stamp)) {
        r->has_own_time = true;
        r->own_time_ns = stamp.unix_ns;
    }
    if (!reason && r->found == 0)
        reason = "no runtime metric in this object";
    if (reason) {
        skip(r, frame, at, reason);
        if (!is_part)
            figures_clear(&r->figures);
        return;
    }
    if (r->has_own_time && !r->has_time)
        take_time(r, r->own_time_ns);
    if (!is_part)
        flush(r);
}

/* "/gc/heap/live:bytes: 123". */
static bool split_line(struct slice line, struct slice *name, struct slice *value)
{
    size_t len = 0;

    while (len < line.len && line.ptr[len] != ' ' && line.ptr[len] != '\t' &&
           line.ptr[len] != '=')
        len++;
    *name = slice_first(line, len);
    *value = slice_after(line, len);
    while (value->len && (value->ptr[0] == '=' || value->ptr[0] == ' ' ||
                          value->ptr[0] == '\t' || value->ptr[0] == ':'))
        *value = slice_after(*value, 1);
    *value = text_trim(*value);
    if (name->len && name->ptr[name->len - 1] == ':')
        name->len--;
    return runtime_name_is(*name) && value->len > 0;
}

/* A histogram that Go printed with %v, "[0 3 1]" or "&{[0 1] [0 1 2]}": its bounds are
 * gone or cannot be told apart. Nobody wants to hear that of each of its moments. */
static bool take_list(struct runtime_metrics *r, const struct json_frame *frame,
                      struct slice text)
{
    static const struct slice fronts[] = {SLICE_INIT("["), SLICE_INIT("{"),
                                          SLICE_INIT("&{"), SLICE_INIT("map[")};

    if (!slice_starts_any(text, fronts, COUNT_OF(fronts)))
        return false;
    if (!r->has_told_lists)
        skip(r, frame, frame->bytes.ptr, "histograms printed as lists: not read");
    r->has_told_lists = true;
    return true;
}

static void take_text(struct runtime_metrics *r, const struct json_frame *frame)
{
    struct slice line = frame->bytes, name, text;
    struct runtime_name n;
    struct stamp stamp;
    int64_t time_ns;
    double value;

    if (moment_line(line, &time_ns)) {
        flush(r);
        take_time(r, time_ns);
        return;
    }
    r->has_own_time = stamp_parse(line, &stamp);
    if (r->has_own_time)
        line = slice_after(line, stamp_skip(line));
    if (!split_line(line, &name, &text)) {
        skip(r, frame, frame->bytes.ptr, "no runtime metric in this line");
        return;
    }
    if (take_list(r, frame, text))
        return;
    if (!num_parse_double(text, &value)) {
        skip(r, frame, frame->bytes.ptr, "malformed number");
        return;
    }
    n = runtime_name_of(name);
    if (is_known(&r->figures, &n))
        flush(r);
    r->offset_bytes = frame->offset_bytes;
    r->line = frame->line;
    put(r, &n, value);
    if (r->has_own_time && !r->has_time)
        take_time(r, stamp.unix_ns);
}

static void take_frame(void *user, const struct json_frame *frame)
{
    struct runtime_metrics *r = user;

    if (!frame->reason)
        take_object(r, frame);
    else if (frame->bytes.len && frame->bytes.ptr[0] != '{')
        take_text(r, frame);
    else
        json_frame_skip(frame, r->diag);
}

static bool runtime_metrics_open(void *state, const struct sink *sink, struct diag *diag)
{
    struct runtime_metrics *r = state;

    r->sink = sink;
    r->diag = diag;
    return true;
}

static bool runtime_metrics_feed(void *state, struct slice bytes, struct err *err)
{
    struct runtime_metrics *r = state;

    (void)err; /* a bad object does not spoil the next */
    json_frames_feed(&r->frames, bytes, take_frame, r);
    return true;
}

static bool runtime_metrics_finish(void *state, struct err *err)
{
    struct runtime_metrics *r = state;

    (void)err;
    json_frames_finish(&r->frames, take_frame, r);
    flush(r);
    return true;
}

static void runtime_metrics_close(void *state)
{
    struct runtime_metrics *r = state;

    json_frames_close(&r->frames);
}

/* Does a string that is a metric's name stand in the text? */
static bool has_metric(struct slice text)
{
    const char *p = text.ptr, *end = p + text.len;

    while (p < end && (p = memchr(p, '"', (size_t)(end - p)))) {
        const char *stop = memchr(p + 1, '"', (size_t)(end - p - 1));

        if (!stop)
            return false;
        if (runtime_name_is((struct slice){p + 1, (size_t)(stop - p - 1)}))
            return true;
        p = stop;
    }
    return false;
}

static bool is_metric_line(struct slice line)
{
    struct slice name, value;
    struct stamp stamp;
    double number;

    if (stamp_parse(line, &stamp))
        line = slice_after(line, stamp_skip(line));
    return split_line(line, &name, &value) && num_parse_double(value, &number);
}

static enum probe probe_text(struct slice head, bool is_whole)
{
    struct slice rest = head;
    bool is_first = true;

    while (rest.len) {
        struct slice line = text_line_first(rest, &rest);
        bool is_cut = rest.len == 0 && !is_whole;
        int64_t time_ns;

        if (text_trim(line).len == 0 || moment_line(line, &time_ns))
            continue;
        if (!is_cut && is_metric_line(line))
            return is_first ? PROBE_CERTAIN : PROBE_LIKELY;
        is_first = false;
    }
    return PROBE_NO;
}

static enum probe runtime_metrics_probe(struct slice head, bool is_whole)
{
    enum probe answer = json_probe(head, is_whole, has_metric);

    return answer == PROBE_NO ? probe_text(head, is_whole) : answer;
}

const struct parser_ops runtime_metrics_parser = {
    .name = "runtime-metrics",
    .about = "Go's runtime/metrics as JSON or as lines of name and value",
    .sign = "names such as /gc/heap/live:bytes",
    .example = "{\"time\":\"2026-11-21T01:35:52.558Z\",\"/gc/heap/live:bytes\":4194304,"
               "\"/sched/goroutines:goroutines\":9,…}",
    .growth = PARSER_OBJECTS,
    .state_bytes = sizeof(struct runtime_metrics),
    .probe = runtime_metrics_probe,
    .open = runtime_metrics_open,
    .feed = runtime_metrics_feed,
    .finish = runtime_metrics_finish,
    .close = runtime_metrics_close,
};
