#include "parsers/redis_info.h"

#include <math.h>

#include "model/base/compiler.h"
#include "model/base/num.h"
#include "parsers/figures.h"
#include "parsers/moment_text.h"
#include "parsers/stamp.h"
#include "parsers/text_parser.h"

#define PORT_MAX 8
#define PROBE_LINES 64u

struct redis_info {
    struct text_parser text;
    bool has_stamp, has_next_stamp; /* in front of this answer, and of what comes */
    int64_t stamp_ns, next_stamp_ns;
    bool has_time; /* in the answer */
    int64_t time_ns;
    int64_t pid;
    char port[PORT_MAX];
    size_t port_len;
    uint64_t offset_bytes, line; /* of the answer's first figure */
    struct figures figures;
};

static void flush(struct redis_info *r)
{
    struct sample sample = sample_empty();
    const char *reason = NULL;

    sample.shape = SLICE("redis");
    sample.subject = SUBJECT_NEIGHBOUR;
    sample.program = SLICE("redis");
    sample.instance = slice_of(r->port, r->port_len);
    sample.pid = r->pid;
    if (r->has_time || r->has_stamp) {
        sample.time_kind = MOMENT_WALL;
        sample.time_ns = r->has_time ? r->time_ns : r->stamp_ns;
    }
    sample.values = r->figures.values;
    sample.count = r->figures.count;
    if (sample.count)
        reason = r->text.sink->sample(r->text.sink->user, &sample);
    if (!reason && r->figures.is_full)
        reason = "too many different names: some values left out";
    if (reason)
        diag_skip(r->text.diag, r->offset_bytes, r->line, (struct slice){0}, reason);
    figures_clear(&r->figures);
    r->has_time = false;
    r->pid = -1;
    r->port_len = 0;
}

static bool is_bytes(struct slice key)
{
    static const struct slice fronts[] = {
        SLICE_INIT("used_memory"), SLICE_INIT("allocator_"),          SLICE_INIT("mem_"),
        SLICE_INIT("maxmemory"),   SLICE_INIT("total_system_memory"),
    };
    static const struct slice others[] = {
        SLICE_INIT("maxmemory_policy"),
        SLICE_INIT("mem_allocator"),
        SLICE_INIT("used_memory_peak_time"),
    };

    if (slice_is_any(key, others, COUNT_OF(others)))
        return false;
    if (slice_starts_any(key, fronts, COUNT_OF(fronts)))
        return true;
    return slice_ends(key, SLICE("_bytes"));
}

static enum unit unit_of(struct slice key)
{
    /* 12.13 times as much resident as used: no share of a whole. */
    if (slice_ends(key, SLICE("_ratio")))
        return UNIT_NONE;
    if (is_bytes(key))
        return UNIT_BYTES;
    if (slice_starts(key, SLICE("number_of_")) || slice_ends(key, SLICE("_objects")) ||
        slice_ends(key, SLICE("_clients")))
        return UNIT_COUNT;
    return UNIT_NONE;
}

/* A number, or a share: "93.45%" is 0.9345. */
static bool parse_value(struct slice text, double *value, enum unit *unit)
{
    uint64_t whole;

    if (num_parse_u64(text, &whole)) {
        *value = (double)whole;
        return true;
    }
    if (!slice_ends(text, SLICE("%")))
        return num_parse_double(text, value) && isfinite(*value);
    *unit = UNIT_RATIO;
    return figures_percent(slice_first(text, text.len - 1), value);
}

static void note_about(struct redis_info *r, struct slice key, struct slice text)
{
    uint64_t number;

    if (!num_parse_u64(text, &number))
        return;
    if (slice_eq(key, SLICE("process_id")) && number <= INT32_MAX) {
        r->pid = (int64_t)number;
    } else if (slice_eq(key, SLICE("tcp_port")) && text.len <= PORT_MAX) {
        memcpy(r->port, text.ptr, r->port_len = text.len);
    } else if (slice_eq(key, SLICE("server_time_usec"))) {
        r->has_time = moment_unix(text, &r->time_ns);
    }
}

static bool is_about(struct slice key)
{
    return slice_eq(key, SLICE("process_id")) || slice_eq(key, SLICE("tcp_port")) ||
           slice_eq(key, SLICE("server_time_usec"));
}

static const char *take_pair(struct redis_info *r, struct slice key, struct slice text,
                             uint64_t offset_bytes, uint64_t line)
{
    enum unit unit = unit_of(key);
    double value = NAN;

    if (slice_ends(key, SLICE("_human")))
        return NULL;
    if (!parse_value(text, &value, &unit))
        return is_bytes(key) ? "malformed number" : NULL;
    if (figures_find(&r->figures, 0, METRIC_COUNT, SLICE("redis."), key) <
        r->figures.count)
        flush(r);
    if (r->figures.count == 0) {
        r->offset_bytes = offset_bytes;
        r->line = line;
        r->has_stamp = r->has_next_stamp;
        r->stamp_ns = r->next_stamp_ns;
    }
    if (is_about(key))
        note_about(r, key, text);
    else if (value != 0 || !slice_eq(key, SLICE("maxmemory")))
        figures_put(&r->figures, SLICE("redis."), key, unit, value);
    return NULL;
}

static size_t key_len(struct slice line)
{
    size_t len = 0;

    while (len < line.len &&
           ((line.ptr[len] >= 'a' && line.ptr[len] <= 'z') ||
            (line.ptr[len] >= 'A' && line.ptr[len] <= 'Z') ||
            (line.ptr[len] >= '0' && line.ptr[len] <= '9') || line.ptr[len] == '_' ||
            line.ptr[len] == '-' || line.ptr[len] == '.'))
        len++;
    return len < line.len && line.ptr[len] == ':' ? len : 0;
}

static bool is_section(struct slice line, struct slice name)
{
    return slice_starts(line, SLICE("# ")) && slice_eq(slice_after(line, 2), name);
}

/* What stands between answers: their length on the wire, a prompt, a blank line. */
static bool is_between(struct slice line)
{
    uint64_t len;

    return (line.ptr[0] == '$' && num_parse_u64(slice_after(line, 1), &len)) ||
           slice_ends(line, SLICE("> INFO")) || slice_ends(line, SLICE("> info")) ||
           slice_ends(line, SLICE("> INFO memory")) ||
           slice_ends(line, SLICE("> info memory"));
}

static void note_stamp(struct redis_info *r, int64_t ns)
{
    r->has_next_stamp = true;
    r->next_stamp_ns = ns;
}

static void take_line(void *user, const struct text_line *whole)
{
    struct redis_info *r = user;
    struct slice line = text_trim_end(whole->text);
    const char *reason = "line that is not of INFO";
    struct stamp stamp;
    int64_t ns;
    size_t len;

    if (line.len && moment_line(line, &ns)) {
        flush(r);
        note_stamp(r, ns);
        return;
    }
    if (stamp_parse(line, &stamp)) {
        note_stamp(r, stamp.unix_ns);
        line = slice_after(line, stamp_skip(line));
    }
    if (line.len == 0)
        return;
    if (is_between(line)) {
        flush(r);
        return;
    }
    if (is_section(line, SLICE("Server")))
        flush(r);
    if (line.ptr[0] == '#')
        return;
    len = key_len(line);
    if (len)
        reason = take_pair(r, slice_first(line, len), slice_after(line, len + 1),
                           whole->offset_bytes, whole->number);
    if (reason)
        diag_skip(r->text.diag, whole->offset_bytes, whole->number, line, reason);
}

static bool redis_open(void *state, const struct sink *sink, struct diag *diag)
{
    struct redis_info *r = state;

    text_parser_open(&r->text, sink, diag, take_line);
    r->pid = -1;
    return true;
}

static bool redis_finish(void *state, struct err *err)
{
    struct redis_info *r = state;

    (void)err;
    text_parser_finish(&r->text);
    flush(r);
    return true;
}

static void redis_close(void *state)
{
    struct redis_info *r = state;

    text_parser_close(&r->text);
}

static bool is_sign(struct slice line)
{
    static const struct slice signs[] = {
        SLICE_INIT("used_memory:"),
        SLICE_INIT("redis_version:"),
        SLICE_INIT("valkey_version:"),
    };

    return slice_starts_any(line, signs, COUNT_OF(signs));
}

static enum probe redis_probe(struct slice head, bool is_whole)
{
    bool may_grow = !is_whole && head.len < LIMIT_PROBE_BYTES, has_section = false;
    bool is_short = head.len < 1024;
    unsigned pairs = 0;

    head = text_probe_start(head);
    for (unsigned i = 0; head.len && i < PROBE_LINES; i++) {
        struct slice rest, line = text_trim_end(text_line_first(head, &rest));
        bool is_cut = rest.len == 0 && !is_whole && head.ptr[head.len - 1] != '\n';

        head = rest;
        line = slice_after(line, stamp_skip(line));
        if (is_sign(line))
            return has_section ? PROBE_CERTAIN : PROBE_LIKELY;
        if (is_section(line, SLICE("Memory")) || is_section(line, SLICE("Server")))
            has_section = true;
        pairs += key_len(line) > 0;
        if (is_cut)
            break;
        if (i >= 4 && !has_section && !pairs)
            return PROBE_NO;
    }
    return may_grow && (has_section || is_short) ? PROBE_NEED_MORE : PROBE_NO;
}

const struct parser_ops redis_info_parser = {
    .name = "redis",
    .about = "Redis: the answer to INFO or INFO memory",
    .sign = "\"# Memory\" and a line that starts with \"used_memory:\"",
    .example = "used_memory:881264",
    .state_bytes = sizeof(struct redis_info),
    .probe = redis_probe,
    .open = redis_open,
    .feed = text_parser_feed,
    .finish = redis_finish,
    .close = redis_close,
};
