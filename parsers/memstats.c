#include "parsers/memstats.h"

#include <math.h>
#include <stddef.h>

#include "model/base/num.h"
#include "parsers/json.h"
#include "parsers/limits.h"
#include "parsers/lines.h"
#include "parsers/scan.h"

#define RING 256
#define NO_GOAL 0x1p62

/* Numbers that have a place in the record, in the order that Go writes them. */
static const struct field {
    struct slice key;
    size_t offset;
} fields[] = {
#define FIELD(key, member)                                                               \
    {                                                                                    \
        {key, sizeof(key) - 1}, offsetof(struct mem_snapshot, member)                    \
    }
    FIELD("HeapAlloc", heap_alloc),
    FIELD("HeapIdle", heap_idle),
    FIELD("HeapInuse", heap_inuse),
    FIELD("HeapObjects", heap_objects),
    FIELD("HeapReleased", heap_released),
    FIELD("HeapSys", heap_sys),
    FIELD("TotalAlloc", total_alloc),
    FIELD("Sys", sys),
    FIELD("Mallocs", mallocs),
    FIELD("Frees", frees),
    FIELD("StackInuse", stack_inuse),
    FIELD("StackSys", stack_sys),
    FIELD("MSpanInuse", mspan_inuse),
    FIELD("MCacheInuse", mcache_inuse),
    FIELD("BuckHashSys", buckhash_sys),
    FIELD("GCSys", gc_sys),
    FIELD("OtherSys", other_sys),
    FIELD("NextGC", next_gc),
    FIELD("NumForcedGC", num_forced_gc),
    FIELD("rss_bytes", rss),
    FIELD("goroutines", goroutines),
#undef FIELD
};

struct memstats {
    const struct sink *sink;
    struct diag *diag;
    struct lines lines;
    struct mem_snapshot snapshot;
    double alloc; /* "Alloc", the same as HeapAlloc */
    struct snapshot_extra extra[SNAPSHOT_EXTRA_MAX];
    /* The rings as they come, and in the order of time. */
    double pause_ns[RING], ordered_ns[RING];
    int64_t pause_end_ns[RING], ordered_end_ns[RING];
    unsigned pause_count, pause_end_count;
    bool has_lost_extras;
};

static const struct field *find_field(struct slice key)
{
    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        if (slice_eq(fields[i].key, key))
            return &fields[i];
    }
    return NULL;
}

/* Integers exactly where a double can; false when this is no number. */
static bool parse_number(struct slice text, double *value)
{
    uint64_t whole;

    if (num_parse_u64(text, &whole)) {
        *value = (double)whole;
        return true;
    }
    return num_parse_double(text, value) && isfinite(*value);
}

static void add_extra(struct memstats *m, struct slice key, double value)
{
    struct mem_snapshot *s = &m->snapshot;

    if (s->extra_count < SNAPSHOT_EXTRA_MAX)
        m->extra[s->extra_count++] = (struct snapshot_extra){key, value};
    else
        m->has_lost_extras = true;
}

static void set_last_gc(struct mem_snapshot *s, struct slice text)
{
    uint64_t ns;

    if (num_parse_u64(text, &ns) && ns > 0 && ns <= INT64_MAX) {
        s->has_last_gc = true;
        s->last_gc_ns = (int64_t)ns;
    }
}

static void set_num_gc(struct mem_snapshot *s, double value)
{
    s->has_num_gc = value >= 0 && value <= UINT32_MAX;
    s->num_gc = s->has_num_gc ? (uint32_t)value : 0;
}

static const char *take_number(struct memstats *m, struct slice key, struct slice text)
{
    struct mem_snapshot *s = &m->snapshot;
    const struct field *field = find_field(key);
    double value;

    if (!parse_number(text, &value))
        return "malformed number";
    if (slice_eq(key, SLICE("NumGC"))) {
        set_num_gc(s, value);
    } else if (slice_eq(key, SLICE("Alloc"))) {
        m->alloc = value;
    } else if (field) {
        memcpy((char *)s + field->offset, &value, sizeof value);
    } else {
        if (slice_eq(key, SLICE("LastGC")))
            set_last_gc(s, text);
        add_extra(m, key, value);
    }
    return NULL;
}

/* An array of numbers into a ring; how many, or RING + 1 where one is no number of its
 * kind, which makes the ring unusable. */
static unsigned take_ring(struct json *j, struct memstats *m, bool is_end)
{
    unsigned count = 0;
    enum json_kind kind;

    while ((kind = json_next(j)) != JSON_ARRAY_END && kind != JSON_ERROR) {
        uint64_t ns;

        if (kind == JSON_NUMBER && count < RING && num_parse_u64(j->text, &ns) &&
            ns <= INT64_MAX) {
            if (is_end)
                m->pause_end_ns[count] = (int64_t)ns;
            else
                m->pause_ns[count] = (double)ns;
            count++;
        } else {
            json_skip(j, kind);
            count = RING + 1;
        }
    }
    return count;
}

static void order_ring(struct memstats *m)
{
    struct mem_snapshot *s = &m->snapshot;
    unsigned count = s->num_gc < RING ? s->num_gc : RING;

    if (m->pause_count != RING || m->pause_end_count != RING || !s->has_num_gc)
        return;
    for (unsigned i = 0; i < count; i++) {
        unsigned at = (s->num_gc - count + i) % RING;

        m->ordered_ns[i] = m->pause_ns[at];
        m->ordered_end_ns[i] = m->pause_end_ns[at];
    }
    s->pause_ns = m->ordered_ns;
    s->pause_end_ns = m->ordered_end_ns;
    s->pause_count = count;
}

static void take_member(struct json *j, struct memstats *m, const char **reason)
{
    struct slice key = j->text;
    enum json_kind kind = json_next(j);
    struct mem_snapshot *s = &m->snapshot;

    if (kind == JSON_NUMBER) {
        const char *fault = take_number(m, key, j->text);

        *reason = *reason ? *reason : fault;
    } else if (kind == JSON_ARRAY && slice_eq(key, SLICE("PauseNs"))) {
        m->pause_count = take_ring(j, m, false);
    } else if (kind == JSON_ARRAY && slice_eq(key, SLICE("PauseEnd"))) {
        m->pause_end_count = take_ring(j, m, true);
    } else if (kind == JSON_STRING && slice_eq(key, SLICE("time"))) {
        s->has_time = unit_parse_rfc3339(j->text, &s->time_ns);
        if (!s->has_time)
            *reason = *reason ? *reason : "malformed time";
    } else {
        json_skip(j, kind);
    }
}

static void start_snapshot(struct memstats *m)
{
    m->snapshot = mem_snapshot_empty();
    m->snapshot.extra = m->extra;
    m->alloc = NAN;
    m->pause_count = m->pause_end_count = 0;
    m->has_lost_extras = false;
}

static void settle_snapshot(struct memstats *m)
{
    struct mem_snapshot *s = &m->snapshot;

    if (isnan(s->heap_alloc))
        s->heap_alloc = m->alloc;
    if (s->next_gc >= NO_GOAL)
        s->next_gc = NAN;
    order_ring(m);
}

/* NULL, or why this line is of no use; *at is where. */
static const char *parse_line(struct memstats *m, struct slice line, const char **at)
{
    struct json j = json_init(line);
    const char *reason = NULL;
    enum json_kind kind = json_next(&j);

    *at = line.ptr;
    if (kind != JSON_OBJECT)
        return "expected a JSON object";
    start_snapshot(m);
    while (json_next(&j) == JSON_KEY)
        take_member(&j, m, &reason);
    if (j.depth == 0)
        (void)json_next(&j); /* for text behind the object */
    *at = j.p;
    if (j.reason)
        return j.reason;
    settle_snapshot(m);
    if (isnan(m->snapshot.heap_alloc) ||
        (isnan(m->snapshot.sys) && isnan(m->snapshot.heap_sys)))
        return "no MemStats in this object";
    return reason;
}

static bool is_blank(struct slice line)
{
    for (size_t i = 0; i < line.len; i++) {
        if (line.ptr[i] != ' ' && line.ptr[i] != '\r' && line.ptr[i] != '\t' &&
            line.ptr[i] != '\0')
            return false;
    }
    return true;
}

static void take_line(struct memstats *m, const struct lines_run *run, struct slice line,
                      uint64_t number)
{
    const char *at, *reason;

    /* A file truncated in place has a hole in front of what was written next. */
    while (line.len && line.ptr[0] == '\0')
        line = slice_after(line, 1);
    if (is_blank(line))
        return;
    reason = parse_line(m, line, &at);
    if (!reason)
        reason = m->sink->mem_snapshot(m->sink->user, &m->snapshot);
    if (!reason && m->has_lost_extras)
        reason = "too many different names: some values left out";
    if (reason)
        diag_skip(m->diag, run->offset_bytes + (uint64_t)(at - run->bytes.ptr), number,
                  (struct slice){at, (size_t)(line.ptr + line.len - at)}, reason);
}

static uint64_t take_run(void *user, const struct lines_run *run)
{
    struct memstats *m = user;
    const char *p = run->bytes.ptr, *end = p + run->bytes.len;
    uint64_t newlines = 0;

    if (run->is_head)
        return 0;
    if (run->cut_bytes) {
        diag_skip(m->diag, run->offset_bytes, run->first_line, run->bytes,
                  "line over 1 MiB");
        return end > p && end[-1] == '\n';
    }
    while (p < end) {
        const char *stop = scan_line_end(p, end);

        take_line(m, run, (struct slice){p, (size_t)(stop - p)},
                  run->first_line + newlines);
        if (stop == end)
            break;
        newlines++;
        p = stop + 1;
    }
    return newlines;
}

static bool memstats_open(void *state, const struct sink *sink, struct diag *diag)
{
    struct memstats *m = state;

    m->sink = sink;
    m->diag = diag;
    return true;
}

static bool memstats_feed(void *state, struct slice bytes, struct err *err)
{
    struct memstats *m = state;

    (void)err; /* a bad line does not spoil the next */
    lines_feed(&m->lines, bytes, take_run, m);
    return true;
}

static bool memstats_finish(void *state, struct err *err)
{
    struct memstats *m = state;

    (void)err;
    lines_finish(&m->lines, take_run, m);
    return true;
}

static void memstats_close(void *state)
{
    struct memstats *m = state;

    lines_close(&m->lines);
}

static bool has_key(struct slice head, struct slice key)
{
    const char *p = head.ptr, *end = p + head.len;

    while (p < end && (p = memchr(p, '"', (size_t)(end - p)))) {
        struct slice at = slice_after((struct slice){p, (size_t)(end - p)}, 1);

        if (slice_starts(at, key) && at.len > key.len && at.ptr[key.len] == '"')
            return true;
        p++;
    }
    return false;
}

static bool is_snapshot(struct slice line)
{
    /* /debug/vars holds the same object one level down: another format. */
    return line.len && line.ptr[0] == '{' && !has_key(line, SLICE("memstats")) &&
           (has_key(line, SLICE("HeapAlloc")) || has_key(line, SLICE("Alloc"))) &&
           (has_key(line, SLICE("HeapSys")) || has_key(line, SLICE("Sys")));
}

static struct slice first_line(struct slice head)
{
    const char *end = head.ptr + head.len;

    return slice_first(head, (size_t)(scan_line_end(head.ptr, end) - head.ptr));
}

static struct slice skip_blanks(struct slice head)
{
    while (head.len && (head.ptr[0] == '\n' || head.ptr[0] == '\r' ||
                        head.ptr[0] == ' ' || head.ptr[0] == '\0'))
        head = slice_after(head, 1);
    return head;
}

/* A recording may begin in the middle of a line, or with something else. */
static bool has_later_snapshot(struct slice head)
{
    while (head.len) {
        struct slice line = first_line(head);

        if (is_snapshot(line))
            return true;
        head = skip_blanks(slice_after(head, line.len));
    }
    return false;
}

static enum probe memstats_probe(struct slice head, bool is_whole)
{
    struct slice rest = skip_blanks(head), line;
    bool is_cut;

    if (rest.len == 0)
        return is_whole || head.len >= LIMIT_PROBE_BYTES ? PROBE_NO : PROBE_NEED_MORE;
    line = first_line(rest);
    if (is_snapshot(line))
        return PROBE_CERTAIN;
    if (has_later_snapshot(rest))
        return PROBE_LIKELY;
    is_cut = line.len == rest.len && !is_whole;
    return line.ptr[0] == '{' && is_cut && line.len < LIMIT_PROBE_BYTES ? PROBE_NEED_MORE
                                                                        : PROBE_NO;
}

const struct parser_ops memstats_parser = {
    .name = "memstats",
    .about = "runtime.MemStats as JSON, one object a line",
    .sign = "a line that is a JSON object with HeapAlloc and Sys",
    .example =
        "{\"time\":\"2026-11-21T01:35:52.558Z\",\"HeapAlloc\":62017696,\"HeapSys\":"
        "66715648,\"NextGC\":101814530,\"NumGC\":5,\"LastGC\":1795224952465034164,…}",
    .state_bytes = sizeof(struct memstats),
    .probe = memstats_probe,
    .open = memstats_open,
    .feed = memstats_feed,
    .finish = memstats_finish,
    .close = memstats_close,
};
