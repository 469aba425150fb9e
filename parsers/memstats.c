#include "parsers/memstats.h"

#include "model/base/compiler.h"
#include "parsers/json_frames.h"
#include "parsers/json_probe.h"
#include "parsers/limits.h"
#include "parsers/memstats_object.h"
#include "parsers/stamp.h"

struct memstats {
    const struct sink *sink;
    struct diag *diag;
    struct json_frames frames;
    struct memstats_object object;
};

/* `at` is the place in the frame that is at fault. */
static void skip(struct memstats *m, const struct json_frame *frame, const char *at,
                 const char *reason)
{
    size_t from = (size_t)(at - frame->bytes.ptr);

    diag_skip(m->diag, frame->offset_bytes + from, frame->line,
              slice_after(frame->bytes, from), reason);
}

/* The text behind `"key":` from its "{" on. */
static bool find_member(struct slice text, struct slice key, struct slice *value)
{
    const char *p = text.ptr, *end = p + text.len;

    for (; p < end && (p = memchr(p, '"', (size_t)(end - p))); p++) {
        struct slice at = slice_after((struct slice){p, (size_t)(end - p)}, 1);

        if (!slice_starts(at, key) || at.len == key.len || at.ptr[key.len] != '"')
            continue;
        at = json_probe_skip_blanks(slice_after(at, key.len + 1));
        if (at.len == 0 || at.ptr[0] != ':')
            continue;
        at = json_probe_skip_blanks(slice_after(at, 1));
        if (at.len && at.ptr[0] == '{') {
            *value = at;
            return true;
        }
    }
    return false;
}

static void hand_on(struct memstats *m, const struct json_frame *frame, const char *at)
{
    struct mem_snapshot *s = &m->object.snapshot;
    const char *reason;
    struct stamp stamp;

    if (!s->has_time && frame->before.len && stamp_parse(frame->before, &stamp)) {
        s->has_time = true;
        s->time_ns = stamp.unix_ns;
    }
    reason = m->sink->mem_snapshot(m->sink->user, s);
    if (!reason && m->object.has_lost_extras)
        reason = "too many different names: some values left out";
    if (reason)
        skip(m, frame, at, reason);
}

static void take_frame(void *user, const struct json_frame *frame)
{
    struct memstats *m = user;
    struct slice stats;
    const char *at, *reason;

    if (frame->reason) {
        json_frame_skip(frame, m->diag);
        return;
    }
    reason = memstats_object_parse(&m->object, frame->bytes, false, &at);
    if (reason) {
        skip(m, frame, at, reason);
        /* expvar copies what an application's variables print: where that is no JSON,
         * MemStats beside it still is. */
        if (!m->object.is_malformed ||
            !find_member(frame->bytes, SLICE("memstats"), &stats) ||
            memstats_object_parse(&m->object, stats, true, &at))
            return;
    }
    hand_on(m, frame, at);
}

static bool memstats_open(void *state, const struct sink *sink, struct diag *diag)
{
    struct memstats *m = state;

    m->sink = sink;
    m->diag = diag;
    m->frames.rescue = SLICE("memstats");
    return true;
}

static bool memstats_feed(void *state, struct slice bytes, struct err *err)
{
    struct memstats *m = state;

    (void)err; /* a bad object does not spoil the next */
    json_frames_feed(&m->frames, bytes, take_frame, m);
    return true;
}

static bool memstats_finish(void *state, struct err *err)
{
    struct memstats *m = state;

    (void)err;
    json_frames_finish(&m->frames, take_frame, m);
    return true;
}

static void memstats_close(void *state)
{
    struct memstats *m = state;

    json_frames_close(&m->frames);
}

static bool is_snapshot(struct slice text)
{
    return json_probe_has_key(text, SLICE("HeapAlloc"), SLICE("Alloc")) &&
           json_probe_has_key(text, SLICE("HeapSys"), SLICE("Sys"));
}

static enum probe memstats_probe(struct slice head, bool is_whole)
{
    return json_probe(head, is_whole, is_snapshot);
}

const struct parser_ops memstats_parser = {
    .name = "memstats",
    .about = "runtime.MemStats as JSON: objects, arrays, lines, /debug/vars",
    .sign =
        "JSON objects with HeapAlloc and Sys, in any spelling, or one with such inside",
    .example =
        "{\"time\":\"2026-11-21T01:35:52.558Z\",\"HeapAlloc\":62017696,\"HeapSys\":"
        "66715648,\"NextGC\":101814530,\"NumGC\":5,\"LastGC\":1795224952465034164,…}",
    .growth = PARSER_OBJECTS,
    .state_bytes = sizeof(struct memstats),
    .probe = memstats_probe,
    .open = memstats_open,
    .feed = memstats_feed,
    .finish = memstats_finish,
    .close = memstats_close,
};
