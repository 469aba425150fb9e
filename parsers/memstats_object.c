#include "parsers/memstats_object.h"

#include <math.h>
#include <string.h>

#include "model/base/compiler.h"
#include "model/base/num.h"
#include "parsers/json_value.h"

/* The runtime's "no goal" is near 2^63 or 2^64, by version. */
#define NO_GOAL 0x1p62

static const struct memstats_field *find_field(struct memstats_object *m,
                                               struct slice key)
{
    unsigned i = m->member++ % COUNT_OF(m->habits);
    struct memstats_habit *habit = &m->habits[i];

    if (habit->field && habit->len == key.len &&
        memcmp(habit->key, key.ptr, key.len) == 0)
        return habit->field;
    if (key.len == 0 || key.len > sizeof habit->key)
        return memstats_field(key);
    habit->field = memstats_field(key);
    habit->len = key.len;
    memcpy(habit->key, key.ptr, key.len);
    return habit->field;
}

static void fault(struct memstats_object *m, const char *reason)
{
    if (!m->reason)
        m->reason = reason;
}

static void add_extra(struct memstats_object *m, struct slice name, double value)
{
    struct mem_snapshot *s = &m->snapshot;

    if (s->extra_count < SNAPSHOT_EXTRA_MAX)
        m->extra[s->extra_count++] = (struct snapshot_extra){name, value};
    else
        m->has_lost_extras = true;
}

/* Under the path of its object: "pool.size". */
static void add_nested(struct memstats_object *m, unsigned depth, struct slice key,
                       double value)
{
    size_t front = m->path_len[depth - 1];
    char *name = m->names + m->names_len;

    if (front == 0) {
        add_extra(m, key, value);
        return;
    }
    if (front + key.len > sizeof m->names - m->names_len) {
        m->has_lost_extras = true;
        return;
    }
    memcpy(name, m->path, front);
    if (key.len)
        memcpy(name + front, key.ptr, key.len);
    m->names_len += front + key.len;
    add_extra(m, slice_of(name, front + key.len), value);
}

static void set_last_gc(struct memstats_object *m, enum json_kind kind, struct slice text,
                        const struct memstats_field *field)
{
    struct mem_snapshot *s = &m->snapshot;
    double value;
    uint64_t ns;

    if (json_take_u64(kind, text, &ns) && ns > 0 && ns <= INT64_MAX) {
        s->has_last_gc = true;
        s->last_gc_ns = (int64_t)ns;
    }
    if (json_take_double(kind, text, &value))
        add_extra(m, field->name, value);
    else
        fault(m, "malformed number");
}

static void set_num_gc(struct mem_snapshot *s, double value)
{
    s->has_num_gc = value >= 0 && value <= UINT32_MAX;
    s->num_gc = s->has_num_gc ? (uint32_t)value : 0;
}

static void set_time(struct memstats_object *m, enum json_kind kind, struct slice text)
{
    struct mem_snapshot *s = &m->snapshot;
    double value;

    if (s->has_time)
        return;
    s->has_time = json_take_time(kind, text, &s->time_ns);
    if (s->has_time)
        return;
    /* A number under that name may be anything: how long a measurement took. */
    if (kind == JSON_NUMBER && json_take_double(kind, text, &value))
        add_extra(m, SLICE("time"), value);
    else if (kind != JSON_NULL)
        fault(m, "malformed time");
}

/* A text beside MemStats is none, whatever it looks like; under a name of MemStats it
 * may be ("sys": "linux" is not). */
static bool is_number(const struct memstats_field *field, enum json_kind kind,
                      struct slice text)
{
    if (kind != JSON_STRING)
        return kind == JSON_NUMBER;
    return field->kind != MEMSTATS_OTHER && text.len > 0 && text.ptr[0] >= '0' &&
           text.ptr[0] <= '9';
}

static void take_scalar(struct memstats_object *m, const struct memstats_field *field,
                        struct slice key, enum json_kind kind, struct slice text)
{
    double value;

    if (field->kind == MEMSTATS_TIME) {
        set_time(m, kind, text);
        return;
    }
    if (!is_number(field, kind, text))
        return;
    if (field->kind == MEMSTATS_LAST_GC) {
        set_last_gc(m, kind, text, field);
        return;
    }
    if (!json_take_double(kind, text, &value)) {
        fault(m, "malformed number");
        return;
    }
    if (field->kind == MEMSTATS_DOUBLE)
        memcpy((char *)&m->snapshot + field->offset, &value, sizeof value);
    else if (field->kind == MEMSTATS_ALLOC)
        m->alloc = value;
    else if (field->kind == MEMSTATS_NUM_GC)
        set_num_gc(&m->snapshot, value);
    else
        add_extra(m, field->kind == MEMSTATS_EXTRA ? field->name : key, value);
}

/* An array of numbers, of which some may be written as strings; how many, or
 * PAUSE_RING + 1 where one is no number of its kind, which makes the ring unusable. */
static size_t take_odd_ring(struct json *j, int64_t ring[PAUSE_RING])
{
    size_t count = 0;
    enum json_kind kind;

    while ((kind = json_next(j)) != JSON_ARRAY_END && kind != JSON_ERROR) {
        uint64_t ns;

        if (count < PAUSE_RING && json_take_u64(kind, j->text, &ns) && ns <= INT64_MAX) {
            ring[count++] = (int64_t)ns;
        } else {
            json_skip(j, kind);
            count = PAUSE_RING + 1;
        }
    }
    return count;
}

static size_t take_pauses(struct json *j, int64_t ring[PAUSE_RING])
{
    size_t count = json_take_integers(j, ring, PAUSE_RING);

    return count == SIZE_MAX ? take_odd_ring(j, ring) : count;
}

static void take_ring(struct json *j, struct memstats_object *m, bool is_end)
{
    int64_t ns[PAUSE_RING];

    if (is_end) {
        m->pause_end_count = take_pauses(j, m->ring.end_ns);
        return;
    }
    m->pause_count = take_pauses(j, ns);
    for (size_t i = 0; i < m->pause_count && i < PAUSE_RING; i++)
        m->ring.ns[i] = (double)ns[i];
}

static void take_cmdline(struct json *j, struct memstats_object *m)
{
    enum json_kind kind = json_next(j);

    if (kind == JSON_STRING)
        m->snapshot.program = json_unescape(j->text, m->program, sizeof m->program);
    while (kind != JSON_ARRAY_END && kind != JSON_ERROR) {
        json_skip(j, kind);
        kind = json_next(j);
    }
}

/* Behind its "{": has it what makes an object a MemStats? */
static bool is_stats(struct json j)
{
    bool has_alloc = false, has_sys = false;
    unsigned depth = j.depth;

    while (json_next(&j) == JSON_KEY && j.depth == depth) {
        has_alloc |= json_is_spelling(SLICE("HeapAlloc"), j.text) ||
                     json_is_spelling(SLICE("Alloc"), j.text);
        has_sys |= json_is_spelling(SLICE("HeapSys"), j.text) ||
                   json_is_spelling(SLICE("Sys"), j.text);
        if (has_alloc && has_sys)
            return true;
        json_skip(&j, json_next(&j));
    }
    return false;
}

/* An object in an object: its members come next, or it is passed over. */
static void enter(struct json *j, struct memstats_object *m, struct slice key)
{
    unsigned depth = j->depth;
    size_t front;

    if (depth > MEMSTATS_LEVELS) {
        json_skip(j, JSON_OBJECT);
        return;
    }
    front = m->path_len[depth - 2];
    m->path_len[depth - 1] = 0;
    if (m->stats_depth == 0 && isnan(m->snapshot.heap_alloc) && isnan(m->alloc) &&
        is_stats(*j)) {
        m->stats_depth = depth;
        return;
    }
    if (key.len + 1 > sizeof m->path - front) {
        m->has_lost_extras = true;
        json_skip(j, JSON_OBJECT);
        return;
    }
    if (key.len)
        memcpy(m->path + front, key.ptr, key.len);
    m->path[front + key.len] = '.';
    m->path_len[depth - 1] = front + key.len + 1;
}

/* Of an object that is neither the whole nor the MemStats: just numbers. */
static void take_foreign(struct json *j, struct memstats_object *m, struct slice key,
                         enum json_kind kind)
{
    double value;

    if (kind == JSON_OBJECT)
        enter(j, m, key);
    else if (kind == JSON_ARRAY)
        json_skip(j, kind);
    else if (kind == JSON_NUMBER && json_take_double(kind, j->text, &value))
        add_nested(m, j->depth, key, value);
}

static void take_member(struct json *j, struct memstats_object *m)
{
    struct slice key = j->text;
    unsigned depth = j->depth;
    enum json_kind kind = json_next(j);
    const struct memstats_field *field;

    if (depth > 1 && depth != m->stats_depth) {
        take_foreign(j, m, key, kind);
        return;
    }
    field = find_field(m, key);
    if (field->kind == MEMSTATS_IGNORED)
        json_skip_unread(j, kind);
    else if (kind == JSON_ARRAY && field->kind == MEMSTATS_PAUSE_NS)
        take_ring(j, m, false);
    else if (kind == JSON_ARRAY && field->kind == MEMSTATS_PAUSE_END)
        take_ring(j, m, true);
    else if (kind == JSON_ARRAY && field->kind == MEMSTATS_CMDLINE)
        take_cmdline(j, m);
    else if (kind == JSON_OBJECT || kind == JSON_ARRAY)
        take_foreign(j, m, key, kind);
    else
        take_scalar(m, field, key, kind, j->text);
}

static void start(struct memstats_object *m)
{
    m->snapshot = mem_snapshot_empty();
    m->snapshot.extra = m->extra;
    m->alloc = NAN;
    m->pause_count = m->pause_end_count = 0;
    m->has_lost_extras = false;
    m->names_len = 0;
    m->member = 0;
    m->stats_depth = 0;
    m->path_len[0] = 0;
    m->reason = NULL;
}

static void settle(struct memstats_object *m)
{
    struct mem_snapshot *s = &m->snapshot;

    if (isnan(s->heap_alloc))
        s->heap_alloc = m->alloc;
    if (s->next_gc >= NO_GOAL)
        s->next_gc = NAN;
    if (m->pause_count != PAUSE_RING || m->pause_end_count != PAUSE_RING ||
        !s->has_num_gc)
        return;
    s->pause_count = pause_ring_unroll(&m->ring, s->num_gc, &m->list);
    s->pause_ns = m->list.ns;
    s->pause_end_ns = m->list.end_ns;
}

const char *memstats_object_parse(struct memstats_object *m, struct slice text,
                                  bool is_open_ended, const char **at)
{
    struct json j = json_init(text);
    enum json_kind kind = json_next(&j);

    start(m);
    m->is_malformed = kind != JSON_OBJECT;
    *at = text.ptr;
    if (kind != JSON_OBJECT)
        return "expected a JSON object";
    while (j.depth > 0 && (kind = json_next(&j)) != JSON_ERROR) {
        if (kind == JSON_KEY)
            take_member(&j, m);
        else if (kind == JSON_OBJECT_END && j.depth + 1 == m->stats_depth)
            m->stats_depth = MEMSTATS_LEVELS + 1; /* done, and no other is taken */
    }
    if (!j.reason && !is_open_ended)
        (void)json_next(&j); /* for text behind the object */
    *at = j.p;
    m->is_malformed = j.reason != NULL;
    if (j.reason)
        return j.reason;
    settle(m);
    if (isnan(m->snapshot.heap_alloc) ||
        (isnan(m->snapshot.sys) && isnan(m->snapshot.heap_sys)))
        return "no MemStats in this object";
    return m->reason;
}
