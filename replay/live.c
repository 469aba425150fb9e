#include "replay/live.h"

#include <stdlib.h>
#include <string.h>

#include "model/base/mem.h"
#include "model/units.h"
#include "replay/folder.h"
#include "replay/journal.h"
#include "replay/live_internal.h"
#include "replay/offer.h"
#include "replay/procwatch.h"
#include "replay/recording.h"

/* Detectors look, and what was recorded reaches the disk, this often. */
#define BEAT_NS NS_PER_S

/* A source that stood for what was looked for (a server, a process of some name) ends
 * without a word when that is found. */
static bool is_recovery(const struct entry *e, unsigned state)
{
    if (!(state & LIVE_IS_TROUBLED))
        return false;
    return e->kind == ENTRY_DATA ||
           (e->kind == ENTRY_END && e->bytes.len == 0 && !(state & LIVE_HAS_GIVEN));
}

static void tell_trouble(struct live *l, const struct entry *e)
{
    const char *name = l->names[e->source - 1];
    unsigned char *state = &l->states[e->source - 1];

    if (e->kind == ENTRY_TROUBLE && l->options.on_trouble)
        l->options.on_trouble(l->options.user, name, e->bytes);
    if (is_recovery(e, *state) && l->options.on_recovery)
        l->options.on_recovery(l->options.user, name);
    if (e->kind == ENTRY_TROUBLE)
        *state |= LIVE_IS_TROUBLED;
    else if (e->kind == ENTRY_DATA)
        *state = LIVE_HAS_GIVEN;
}

static void take(void *user, const struct entry *e)
{
    struct live *l = user;

    l->has_new = true;
    l->has_given = l->has_given || e->kind == ENTRY_DATA;
    l->has_history = l->has_history || (e->flags & ENTRY_IS_HISTORY) != 0;
    if (e->source && e->source <= l->source_count && l->names[e->source - 1])
        tell_trouble(l, e);
    if (e->kind == ENTRY_END && e->source && e->source <= l->source_count) {
        free(l->names[e->source - 1]);
        l->names[e->source - 1] = NULL;
    }
    recording_take(l->recording, e);
    if (l->intake)
        intake_take(l->intake, e);
    if (e->kind == ENTRY_DATA && !(e->flags & ENTRY_IS_HISTORY))
        live_note_growth(l, e);
    if (e->kind == ENTRY_DATA && (e->flags & ENTRY_IS_CAPTURE) && l->options.on_capture)
        l->options.on_capture(l->options.user, l->names[e->source - 1], e->bytes);
}

static uint32_t add_source(void *user, const char *name, unsigned flags, int64_t pid)
{
    struct live *l = user;
    struct entry e = {
        .kind = ENTRY_SOURCE,
        .flags = flags | l->source_flags,
        .source = l->source_count + 1,
        .time_ns = live_unix_ns(l),
        .pid = pid,
        .bytes = slice_str(name),
    };

    l->names = mem_grow(l->names, &l->name_capacity, e.source, sizeof *l->names);
    l->states = mem_grow(l->states, &l->state_capacity, e.source, sizeof *l->states);
    l->states[l->source_count] = 0;
    l->names[l->source_count++] = mem_dup_text(name);
    take(l, &e);
    return l->source_count;
}

static int64_t context_now(void *user)
{
    const struct live *l = user;

    return l->options.now_ns(l->options.user);
}

/* A quiet session's recording does not grow. */
static void give_beat(struct live *l)
{
    for (size_t i = 0; i < l->started_count; i++)
        live_judge(l, &l->started[i]);
    if (l->has_new)
        live_give(&l->context, 0, ENTRY_BEAT, 0, SLICE(""));
    l->has_new = false;
    recording_flush(l->recording, live_unix_ns(l));
    if (l->options.on_beat)
        l->options.on_beat(l->options.user);
    l->has_history = false;
}

static void beat_due(void *user, int64_t now_ns)
{
    struct live *l = user;

    give_beat(l);
    loop_arm(l->beat, now_ns + BEAT_NS);
}

struct live *live_create(struct intake *intake, const struct live_options *options)
{
    struct live *l = mem_alloc(sizeof *l);

    l->intake = intake;
    l->options = *options;
    l->options.http.owner = live_owner;
    l->options.http.owner_user = l;
    l->loop = loop_create();
    l->recording = recording_create();
    l->context = (struct live_context){
        .loop = l->loop,
        .now_ns = context_now,
        .add_source = add_source,
        .take = take,
        .user = l,
    };
    l->context.unix_offset_ns = options->unix_ns - context_now(l);
    l->beat = loop_add_timer(l->loop, beat_due, l);
    loop_arm(l->beat, context_now(l) + BEAT_NS);
    return l;
}

static void stop(struct started *s)
{
    if (s->tail)
        tail_stop(s->tail);
    folder_stop(s->folder);
    if (s->http)
        http_stop(s->http);
    if (s->process)
        procwatch_stop(s->process);
    if (s->child)
        child_stop(s->child);
    if (s->journal)
        journal_stop(s->journal);
}

void live_destroy(struct live *l)
{
    if (!l)
        return;
    offers_destroy(l->offers); /* before what they look at */
    for (size_t i = 0; i < l->started_count; i++)
        stop(&l->started[i]);
    for (uint32_t i = 0; i < l->source_count; i++)
        free(l->names[i]);
    recording_destroy(l->recording);
    loop_remove_timer(l->loop, l->beat);
    loop_destroy(l->loop);
    free(l->names);
    free(l->states);
    free(l->started);
    free(l);
}

static bool starts(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static bool is_url(const char *spelling)
{
    return starts(spelling, "http://") || starts(spelling, "https://") ||
           starts(spelling, "unix:");
}

static bool is_process(const char *spelling)
{
    return starts(spelling, "pid:") || starts(spelling, "name:");
}

static bool is_journal(const char *spelling)
{
    return starts(spelling, "journal:");
}

bool live_is_source(const char *spelling)
{
    return is_url(spelling) || is_process(spelling) || is_journal(spelling);
}

struct started *live_add_started(struct live *l)
{
    l->started = mem_grow(l->started, &l->started_capacity, l->started_count + 1,
                          sizeof *l->started);
    l->started[l->started_count] = (struct started){0};
    return &l->started[l->started_count++];
}

bool live_add(struct live *l, const char *spelling, struct err *err)
{
    struct started s = {0};

    if (is_url(spelling))
        s.http = http_start(&l->context, spelling, &l->options.http, err);
    else if (is_process(spelling))
        s.process = procwatch_start(&l->context, spelling, l->options.period_ns, "", err);
    else if (is_journal(spelling))
        s.journal = journal_start(&l->context, spelling, err);
    else if (folder_is(spelling))
        s.folder = folder_start(&l->context, spelling, NULL, err);
    else
        s.tail = tail_start(&l->context, spelling, NULL, err);
    if (!s.http && !s.process && !s.journal && !s.folder && !s.tail)
        return false;
    s.lasts = s.http || s.folder || starts(spelling, "name:");
    if (s.process)
        live_add_process(l, s.process, s.lasts);
    else
        *live_add_started(l) = s;
    return true;
}

bool live_follow(struct live *l, const char *path, const struct tail_options *options,
                 struct err *err)
{
    struct tail *tail = tail_start(&l->context, path, options, err);

    if (tail)
        live_add_started(l)->tail = tail;
    return tail != NULL;
}

static bool is_read(void *user, const char *path)
{
    const struct live *l = user;

    return l->intake && intake_knows(l->intake, path);
}

static bool is_followed(void *user, const char *path)
{
    const struct live *l = user;

    for (size_t i = 0; i < l->started_count; i++) {
        if (l->started[i].tail && strcmp(tail_name(l->started[i].tail), path) == 0)
            return true;
    }
    return false;
}

bool live_follow_folder(struct live *l, const char *path, struct err *err)
{
    const struct folder_options options = {is_read, is_followed, l};
    struct folder *folder = folder_start(&l->context, path, &options, err);
    struct started *s;

    if (!folder)
        return false;
    s = live_add_started(l);
    s->folder = folder;
    s->lasts = true;
    return true;
}

bool live_has_profiles(const struct live *l)
{
    for (size_t i = 0; i < l->started_count; i++) {
        if (l->started[i].http && http_has_profiles(l->started[i].http))
            return true;
    }
    return false;
}

size_t live_capture(struct live *l, unsigned captures, unsigned trace_seconds)
{
    size_t asked = 0;

    for (size_t i = 0; i < l->started_count; i++) {
        struct http *http = l->started[i].http;

        asked += http && http_capture(http, captures, trace_seconds);
    }
    return asked;
}

size_t live_cancel_trace(struct live *l)
{
    size_t cancelled = 0;

    for (size_t i = 0; i < l->started_count; i++)
        cancelled += l->started[i].http && http_cancel_trace(l->started[i].http);
    return cancelled;
}

bool live_record(struct live *l, const char *path, struct err *err)
{
    return recording_begin(l->recording, path, &l->options.keep, live_unix_ns(l), err);
}

bool live_stop_recording(struct live *l, struct err *err)
{
    return recording_end(l->recording, err);
}

bool live_is_recording(const struct live *l)
{
    return recording_path(l->recording) != NULL;
}

const char *live_recording_path(const struct live *l)
{
    return recording_path(l->recording);
}

uint64_t live_recorded_bytes(const struct live *l)
{
    return recording_bytes(l->recording);
}

const char *live_recording_trouble(const struct live *l)
{
    return recording_trouble(l->recording);
}

bool live_step(struct live *l, int64_t timeout_ns)
{
    int64_t next_ns = loop_next_ns(l->loop), wait_ns = next_ns - context_now(l);

    wait_ns = wait_ns < 0 ? 0 : wait_ns;
    if (timeout_ns >= 0 && wait_ns > timeout_ns)
        wait_ns = timeout_ns;
    if (!loop_poll(l->loop, wait_ns))
        return false;
    loop_run_timers(l->loop, context_now(l));
    return true;
}

struct loop *live_loop(struct live *l)
{
    return l->loop;
}

int64_t live_unix_ns(const struct live *l)
{
    return live_now_ns(&l->context) + l->context.unix_offset_ns;
}

bool live_has_given(const struct live *l)
{
    return l->has_given;
}

bool live_has_history(const struct live *l)
{
    return l->has_history;
}

bool live_is_over(const struct live *l)
{
    for (size_t i = 0; i < l->started_count; i++) {
        if (l->started[i].lasts)
            return false;
    }
    for (uint32_t i = 0; i < l->source_count; i++) {
        if (l->names[i])
            return false;
    }
    return true;
}

bool live_finish(struct live *l, struct err *err)
{
    const char *trouble;

    give_beat(l);
    trouble = recording_trouble(l->recording);
    if (!trouble)
        return recording_end(l->recording, err);
    err_set(err, 0, 0, "%s", trouble);
    return false;
}
