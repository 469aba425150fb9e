#include "parsers/gcstats.h"

#include "model/base/compiler.h"
#include "parsers/json.h"
#include "parsers/json_frames.h"
#include "parsers/json_probe.h"
#include "parsers/json_value.h"
#include "parsers/pause_ring.h"

struct gcstats {
    const struct sink *sink;
    struct diag *diag;
    struct json_frames frames;
    struct mem_snapshot snapshot;
    struct snapshot_extra extra[2]; /* PauseTotal and LastGC, where they are there */
    struct pause_ring newest_first, list;
    unsigned pause_count, end_count;
    bool is_stats; /* LastGC or NumGC was seen */
    const char *reason;
};

static void fault(struct gcstats *g, const char *reason)
{
    if (!g->reason)
        g->reason = reason;
}

/* The lists hold no more than the runtime's ring; of a longer one the newest are taken.
 */
static void take_pauses(struct json *j, struct gcstats *g)
{
    enum json_kind kind;

    while ((kind = json_next(j)) != JSON_ARRAY_END && kind != JSON_ERROR) {
        double ns;

        if (!json_take_double(kind, j->text, &ns) || ns < 0) {
            fault(g, "malformed number");
            json_skip(j, kind);
        } else if (g->pause_count < PAUSE_RING) {
            g->newest_first.ns[g->pause_count++] = ns;
        }
    }
}

static void take_ends(struct json *j, struct gcstats *g)
{
    enum json_kind kind;

    while ((kind = json_next(j)) != JSON_ARRAY_END && kind != JSON_ERROR) {
        int64_t ns;

        if (!json_take_time(kind, j->text, &ns)) {
            fault(g, "malformed time");
            json_skip(j, kind);
        } else if (g->end_count < PAUSE_RING) {
            g->newest_first.end_ns[g->end_count++] = ns;
        }
    }
}

static void take_last_gc(struct gcstats *g, enum json_kind kind, struct slice text)
{
    struct mem_snapshot *s = &g->snapshot;

    g->is_stats = true;
    if (kind == JSON_STRING && slice_starts(text, SLICE("1970-01-01T")))
        return; /* none yet */
    s->has_last_gc = json_take_time(kind, text, &s->last_gc_ns);
    if (!s->has_last_gc)
        fault(g, "malformed time");
}

static void take_num_gc(struct gcstats *g, enum json_kind kind, struct slice text)
{
    uint64_t number;

    g->is_stats = true;
    if (!json_take_u64(kind, text, &number)) {
        fault(g, "malformed number");
        return;
    }
    g->snapshot.has_num_gc = true; /* an int64 here, of a counter of 32 bits */
    g->snapshot.num_gc = (uint32_t)number;
}

/* Under the names that MemStats has for them. */
static void add_extra(struct gcstats *g, struct slice name, double value)
{
    if (g->snapshot.extra_count == COUNT_OF(g->extra))
        return; /* a key that came twice */
    g->extra[g->snapshot.extra_count++] = (struct snapshot_extra){name, value};
    g->snapshot.extra = g->extra;
}

static void take_total(struct gcstats *g, enum json_kind kind, struct slice text)
{
    double ns;

    if (json_take_double(kind, text, &ns))
        add_extra(g, SLICE("PauseTotalNs"), ns);
    else
        fault(g, "malformed number");
}

/* A number may be anything; a text that is no time would put the pauses anywhere. */
static void take_time(struct gcstats *g, enum json_kind kind, struct slice text)
{
    g->snapshot.has_time = json_take_time(kind, text, &g->snapshot.time_ns);
    if (!g->snapshot.has_time && kind == JSON_STRING)
        fault(g, "malformed time");
}

static void take_member(struct json *j, struct gcstats *g)
{
    struct slice key = j->text;
    enum json_kind kind = json_next(j);

    if (kind == JSON_ARRAY && json_is_spelling(SLICE("Pause"), key))
        take_pauses(j, g);
    else if (kind == JSON_ARRAY && json_is_spelling(SLICE("PauseEnd"), key))
        take_ends(j, g);
    else if (json_is_spelling(SLICE("LastGC"), key))
        take_last_gc(g, kind, j->text);
    else if (json_is_spelling(SLICE("NumGC"), key))
        take_num_gc(g, kind, j->text);
    else if (json_is_spelling(SLICE("PauseTotal"), key))
        take_total(g, kind, j->text);
    else if (json_is_time_key(key) && !g->snapshot.has_time)
        take_time(g, kind, j->text);
    else
        json_skip(j, kind);
}

static void turn_pauses(struct gcstats *g)
{
    unsigned count = g->pause_count;

    if (count != g->end_count) {
        fault(g, "Pause and PauseEnd of different lengths");
        return;
    }
    for (unsigned i = 0; i < count; i++) {
        g->list.ns[i] = g->newest_first.ns[count - 1 - i];
        g->list.end_ns[i] = g->newest_first.end_ns[count - 1 - i];
    }
    g->snapshot.pause_ns = g->list.ns;
    g->snapshot.pause_end_ns = g->list.end_ns;
    g->snapshot.pause_count = count;
}

/* NULL, or why the object is of no use; *at is where. */
static const char *parse(struct gcstats *g, struct slice text, const char **at)
{
    struct json j = json_init(text);
    enum json_kind kind = json_next(&j);

    g->snapshot = mem_snapshot_empty();
    g->pause_count = g->end_count = 0;
    g->is_stats = false;
    g->reason = NULL;
    while (kind != JSON_END && kind != JSON_ERROR) {
        kind = json_next(&j);
        if (kind == JSON_KEY)
            take_member(&j, g);
    }
    *at = j.p;
    if (j.reason)
        return j.reason;
    if (g->snapshot.has_last_gc)
        add_extra(g, SLICE("LastGC"), (double)g->snapshot.last_gc_ns);
    if (!g->is_stats)
        return "no GCStats in this object";
    turn_pauses(g);
    return g->reason;
}

static void take_frame(void *user, const struct json_frame *frame)
{
    struct gcstats *g = user;
    const char *at, *reason;
    size_t from;

    if (frame->reason) {
        json_frame_skip(frame, g->diag);
        return;
    }
    reason = parse(g, frame->bytes, &at);
    if (!reason)
        reason = g->sink->mem_snapshot(g->sink->user, &g->snapshot);
    if (!reason)
        return;
    from = (size_t)(at - frame->bytes.ptr);
    diag_skip(g->diag, frame->offset_bytes + from, frame->line,
              slice_after(frame->bytes, from), reason);
}

static bool gcstats_open(void *state, const struct sink *sink, struct diag *diag)
{
    struct gcstats *g = state;

    g->sink = sink;
    g->diag = diag;
    return true;
}

static bool gcstats_feed(void *state, struct slice bytes, struct err *err)
{
    struct gcstats *g = state;

    (void)err; /* a bad object does not spoil the next */
    json_frames_feed(&g->frames, bytes, take_frame, g);
    return true;
}

static bool gcstats_finish(void *state, struct err *err)
{
    struct gcstats *g = state;

    (void)err;
    json_frames_finish(&g->frames, take_frame, g);
    return true;
}

static void gcstats_close(void *state)
{
    struct gcstats *g = state;

    json_frames_close(&g->frames);
}

static bool is_gcstats(struct slice text)
{
    return json_probe_has_key(text, SLICE("PauseTotal"), SLICE("PauseQuantiles")) &&
           json_probe_has_key(text, SLICE("NumGC"), (struct slice){0}) &&
           !json_probe_has_key(text, SLICE("PauseNs"), SLICE("HeapAlloc"));
}

static enum probe gcstats_probe(struct slice head, bool is_whole)
{
    return json_probe(head, is_whole, is_gcstats);
}

const struct parser_ops gcstats_parser = {
    .name = "gcstats",
    .about = "debug.GCStats as JSON: each pause that the runtime remembers",
    .sign = "JSON objects with NumGC and PauseTotal or PauseQuantiles",
    .example =
        "{\"LastGC\":\"2026-11-21T01:44:30.491899625Z\",\"NumGC\":5,\"PauseTotal\":"
        "2653945,\"Pause\":[82270,129590,…],\"PauseEnd\":[…],\"PauseQuantiles\":"
        "[…]}",
    .growth = PARSER_OBJECTS,
    .state_bytes = sizeof(struct gcstats),
    .probe = gcstats_probe,
    .open = gcstats_open,
    .feed = gcstats_feed,
    .finish = gcstats_finish,
    .close = gcstats_close,
};
