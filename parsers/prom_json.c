#include "parsers/prom_json.h"

#include <math.h>
#include <stdlib.h>

#include "model/base/mem.h"
#include "model/base/text.h"
#include "parsers/json_value.h"
#include "parsers/limits.h"
#include "parsers/prom_json_probe.h"
#include "parsers/prom_json_series.h"
#include "parsers/prom_json_tokens.h"

/* What the value that we are in is. */
enum place {
    PLACE_SKIP,
    PLACE_OBJECT, /* an answer, its data, a series: their keys tell them apart */
    PLACE_RESULT,
    PLACE_METRIC,
    PLACE_VALUES,
    PLACE_POINT, /* [time, "value"] */
    PLACE_TIMES,
    PLACE_HISTOGRAMS,
    PLACE_WARNINGS,
};

enum key {
    KEY_OTHER,
    KEY_DATA,
    KEY_RESULT,
    KEY_METRIC,
    KEY_VALUES,
    KEY_VALUE,
    KEY_TIMES,
    KEY_HISTOGRAM,
    KEY_HISTOGRAMS,
    KEY_STATUS,
    KEY_ERROR_TYPE,
    KEY_ERROR,
    KEY_WARNINGS,
    KEY_RESULT_TYPE,
};

struct point {
    unsigned count; /* of its parts so far */
    bool has_time, has_value, is_bad;
    enum moment_kind kind;
    int64_t time_ns;
    double value;
    uint64_t offset_bytes, line;
};

struct prom_json {
    const struct sink *sink;
    struct diag *diag;
    struct prom_json_tokens tokens;
    struct prom_json_series series;
    enum place places[LIMIT_JSON_DEPTH + 1];
    unsigned depth;
    enum key key;
    struct text label; /* the name of the label whose value comes next */
    struct point point;
    bool is_string;  /* resultType "string": no number is expected */
    bool is_refused; /* the series' fault is counted */
    /* An export's line: values and times apart. */
    double *values;
    int64_t *times;
    size_t value_count, value_capacity, time_count, time_capacity;
    bool is_full;
    /* An answer of status "error". */
    bool is_error;
    struct text error;
};

static void skip(struct prom_json *p, const struct prom_json_token *t, const char *reason)
{
    diag_skip(p->diag, t->offset_bytes, t->line, t->text, reason);
}

static enum key key_of(struct slice name)
{
    static const struct {
        struct slice name;
        enum key key;
    } keys[] = {
        {SLICE_INIT("data"), KEY_DATA},
        {SLICE_INIT("result"), KEY_RESULT},
        {SLICE_INIT("metric"), KEY_METRIC},
        {SLICE_INIT("values"), KEY_VALUES},
        {SLICE_INIT("value"), KEY_VALUE},
        {SLICE_INIT("timestamps"), KEY_TIMES},
        {SLICE_INIT("histogram"), KEY_HISTOGRAM},
        {SLICE_INIT("histograms"), KEY_HISTOGRAMS},
        {SLICE_INIT("status"), KEY_STATUS},
        {SLICE_INIT("errorType"), KEY_ERROR_TYPE},
        {SLICE_INIT("error"), KEY_ERROR},
        {SLICE_INIT("warnings"), KEY_WARNINGS},
        {SLICE_INIT("resultType"), KEY_RESULT_TYPE},
    };

    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        if (slice_eq(keys[i].name, name))
            return keys[i].key;
    }
    return KEY_OTHER;
}

static enum place here(const struct prom_json *p)
{
    return p->depth ? p->places[p->depth - 1] : PLACE_RESULT;
}

/* What an object or array that begins now is. */
static enum place place_of(const struct prom_json *p, bool is_object)
{
    switch (here(p)) {
    case PLACE_OBJECT:
        if (is_object)
            return p->key == KEY_DATA     ? PLACE_OBJECT
                   : p->key == KEY_METRIC ? PLACE_METRIC
                                          : PLACE_SKIP;
        switch (p->key) {
        case KEY_RESULT:
            return PLACE_RESULT;
        case KEY_VALUES:
            return PLACE_VALUES;
        case KEY_VALUE:
            return PLACE_POINT;
        case KEY_TIMES:
            return PLACE_TIMES;
        case KEY_HISTOGRAMS:
            return PLACE_HISTOGRAMS;
        case KEY_WARNINGS:
            return PLACE_WARNINGS;
        default:
            return PLACE_SKIP;
        }
    case PLACE_RESULT:
        if (is_object)
            return PLACE_OBJECT;
        return p->depth == 0 ? PLACE_RESULT : PLACE_SKIP; /* answers in an array */
    case PLACE_VALUES:
        return is_object ? PLACE_SKIP : PLACE_POINT;
    default:
        return PLACE_SKIP;
    }
}

static void start_point(struct prom_json *p, const struct prom_json_token *t)
{
    p->point = (struct point){.offset_bytes = t->offset_bytes, .line = t->line};
}

static void start_series(struct prom_json *p)
{
    prom_json_series_clear(&p->series);
    p->is_refused = p->is_full = false;
    p->value_count = p->time_count = 0;
}

static void open_place(struct prom_json *p, const struct prom_json_token *t)
{
    bool is_object = t->kind == JSON_OBJECT;
    enum place place = place_of(p, is_object);

    if (here(p) == PLACE_HISTOGRAMS ||
        (here(p) == PLACE_OBJECT && p->key == KEY_HISTOGRAM))
        skip(p, t, "native histogram: has no one value");
    if (place == PLACE_OBJECT)
        start_series(p);
    if (place == PLACE_POINT || place == PLACE_RESULT)
        start_point(p, t);
    p->places[p->depth++] = place;
}

/* A series that cannot be used is counted once, not with each of its points. */
static void refuse(struct prom_json *p, uint64_t offset_bytes, uint64_t line,
                   const char *reason)
{
    if (reason && !p->is_refused) {
        p->is_refused = true;
        diag_skip(p->diag, offset_bytes, line, (struct slice){0}, reason);
    }
}

static void put(struct prom_json *p, double value, enum moment_kind kind, int64_t time_ns,
                uint64_t offset_bytes, uint64_t line)
{
    const char *reason = "values in front of their metric";

    if (p->is_refused)
        return;
    if (p->series.is_known)
        reason = prom_json_series_put(&p->series, p->sink, value, kind, time_ns);
    refuse(p, offset_bytes, line, reason);
}

static void end_point(struct prom_json *p)
{
    struct point *q = &p->point;

    if (q->is_bad || !q->has_time || !q->has_value)
        diag_skip(p->diag, q->offset_bytes, q->line, (struct slice){0},
                  "point that is no time and number");
    else if (!isnan(q->value))
        put(p, q->value, q->kind, q->time_ns, q->offset_bytes, q->line);
    q->count = 0;
}

/* [time, "value"] straight below "result". */
static void end_scalar(struct prom_json *p)
{
    if (p->point.count == 0)
        return;
    start_series(p);
    prom_json_series_name(&p->series, SLICE("scalar"));
    if (!p->is_string)
        end_point(p);
    p->point.count = 0;
}

static void end_export(struct prom_json *p, const struct prom_json_token *t)
{
    size_t count = p->value_count < p->time_count ? p->value_count : p->time_count;

    for (size_t i = 0; i < count; i++) {
        if (!isnan(p->values[i]))
            put(p, p->values[i], MOMENT_WALL, p->times[i], t->offset_bytes, t->line);
    }
    if (p->is_full)
        refuse(p, t->offset_bytes, t->line, "more points on a line than can wait");
    else if (p->value_count != p->time_count)
        refuse(p, t->offset_bytes, t->line, "as many values as times were expected");
    p->value_count = p->time_count = 0;
}

static void end_object(struct prom_json *p, const struct prom_json_token *t)
{
    struct err err;

    if (p->value_count || p->time_count)
        end_export(p, t);
    if (p->depth > 0 || !p->is_error)
        return;
    err_set(&err, t->offset_bytes, t->line, "answer of the server: %s",
            text_str(&p->error));
    diag_error(p->diag, &err);
    p->is_error = false;
    text_clear(&p->error);
}

static void close_place(struct prom_json *p, const struct prom_json_token *t)
{
    enum place place = here(p);

    p->depth--;
    switch (place) {
    case PLACE_METRIC:
        refuse(p, t->offset_bytes, t->line, prom_json_series_settle(&p->series));
        break;
    case PLACE_POINT:
        end_point(p);
        break;
    case PLACE_RESULT:
        end_scalar(p);
        break;
    case PLACE_OBJECT:
        end_object(p, t);
        break;
    default:
        break;
    }
}

static void take_point_part(struct prom_json *p, const struct prom_json_token *t)
{
    struct point *q = &p->point;

    if (q->count == 0 && t->kind == JSON_NUMBER)
        q->has_time = prometheus_stamp(t->text, &q->kind, &q->time_ns);
    else if (q->count == 1 && (t->kind == JSON_STRING || t->kind == JSON_NUMBER))
        q->has_value = prometheus_value(t->text, &q->value);
    else
        q->is_bad = true;
    q->count++;
}

static bool has_room(struct prom_json *p, size_t count)
{
    p->is_full |= count == LIMIT_PROM_JSON_POINTS;
    return count < LIMIT_PROM_JSON_POINTS;
}

static void take_export_value(struct prom_json *p, const struct prom_json_token *t)
{
    double value = NAN;

    if (t->kind != JSON_NULL && !prometheus_value(t->text, &value)) {
        skip(p, t, "malformed number");
        value = NAN; /* its time still counts */
    }
    if (!has_room(p, p->value_count))
        return;
    p->values =
        mem_grow(p->values, &p->value_capacity, p->value_count + 1, sizeof *p->values);
    p->values[p->value_count++] = value;
}

static void take_export_time(struct prom_json *p, const struct prom_json_token *t)
{
    enum moment_kind kind;
    int64_t time_ns = 0;

    if (!prometheus_stamp(t->text, &kind, &time_ns) || kind != MOMENT_WALL) {
        skip(p, t, "malformed time stamp");
        if (p->time_count < p->value_count)
            p->values[p->time_count] = NAN;
    }
    if (!has_room(p, p->time_count))
        return;
    p->times = mem_grow(p->times, &p->time_capacity, p->time_count + 1, sizeof *p->times);
    p->times[p->time_count++] = time_ns;
}

/* Of an answer: "status", "error" and their like. */
static void take_member(struct prom_json *p, const struct prom_json_token *t)
{
    char words[sizeof((struct err *)0)->reason];

    if (p->key == KEY_STATUS)
        p->is_error = slice_eq(t->text, SLICE("error"));
    if (p->key == KEY_RESULT_TYPE)
        p->is_string = slice_eq(t->text, SLICE("string"));
    if (p->key != KEY_ERROR && p->key != KEY_ERROR_TYPE)
        return;
    if (p->error.len)
        text_put_str(&p->error, ": ");
    text_put_safe(&p->error, json_unescape(t->text, words, sizeof words));
}

static void take_scalar(struct prom_json *p, const struct prom_json_token *t)
{
    switch (here(p)) {
    case PLACE_POINT:
    case PLACE_RESULT:
        if (p->depth)
            take_point_part(p, t);
        break;
    case PLACE_VALUES:
        take_export_value(p, t);
        break;
    case PLACE_TIMES:
        take_export_time(p, t);
        break;
    case PLACE_METRIC:
        if (t->kind == JSON_STRING)
            prom_json_series_label(&p->series, slice_of(p->label.ptr, p->label.len),
                                   t->text);
        break;
    case PLACE_WARNINGS:
        skip(p, t, "warning of the server");
        break;
    case PLACE_OBJECT:
        if (t->kind == JSON_STRING)
            take_member(p, t);
        break;
    default:
        break;
    }
}

static void take_key(struct prom_json *p, const struct prom_json_token *t)
{
    if (here(p) == PLACE_METRIC) {
        text_clear(&p->label);
        text_put(&p->label, t->text);
    } else {
        p->key = here(p) == PLACE_OBJECT ? key_of(t->text) : KEY_OTHER;
    }
}

static void take_token(void *user, const struct prom_json_token *t)
{
    struct prom_json *p = user;

    switch (t->kind) {
    case JSON_OBJECT:
    case JSON_ARRAY:
        open_place(p, t);
        break;
    case JSON_OBJECT_END:
    case JSON_ARRAY_END:
        close_place(p, t);
        break;
    case JSON_KEY:
        take_key(p, t);
        break;
    case JSON_ERROR:
        skip(p, t, t->reason);
        p->depth = 0;
        start_series(p);
        break;
    default:
        take_scalar(p, t);
        break;
    }
}

static bool prom_json_open(void *state, const struct sink *sink, struct diag *diag)
{
    struct prom_json *p = state;

    p->sink = sink;
    p->diag = diag;
    return true;
}

static bool prom_json_feed(void *state, struct slice bytes, struct err *err)
{
    struct prom_json *p = state;

    (void)err; /* damage does not spoil the next series */
    prom_json_tokens_feed(&p->tokens, bytes, take_token, p);
    return true;
}

static bool prom_json_finish(void *state, struct err *err)
{
    struct prom_json *p = state;

    (void)err;
    prom_json_tokens_finish(&p->tokens, take_token, p);
    return true;
}

static void prom_json_close(void *state)
{
    struct prom_json *p = state;

    prom_json_tokens_close(&p->tokens);
    prom_json_series_finish(&p->series);
    text_finish(&p->label);
    text_finish(&p->error);
    free(p->values);
    free(p->times);
}

const struct parser_ops prom_json_parser = {
    .name = "prometheus-json",
    .about =
        "answers of Prometheus' HTTP API (query, query_range), VictoriaMetrics export",
    .sign = "a JSON object with status and resultType, or with metric and values",
    .example = "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":["
               "{\"metric\":{\"__name__\":\"go_goroutines\",\"job\":\"api\"},\"values\":"
               "[[1795224984.732,\"9\"],…]}]}}",
    .state_bytes = sizeof(struct prom_json),
    .probe = prom_json_probe,
    .open = prom_json_open,
    .feed = prom_json_feed,
    .finish = prom_json_finish,
    .close = prom_json_close,
};
