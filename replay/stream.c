#include "replay/stream.h"

#include <stdlib.h>
#include <string.h>

#include "model/base/mem.h"
#include "model/base/text.h"
#include "model/ingest.h"
#include "model/units.h"
#include "parsers/gctrace.h"
#include "parsers/limits.h"
#include "parsers/parser.h"
#include "parsers/stamp.h"
#include "replay/channel.h"
#include "replay/recognise.h"

#define FOREIGN_SHOWN 16 /* bytes of something unknown that its message shows */

#define ARRIVALS_MAX                                                                     \
    256 /* of a head of 64 KiB; what comes after counts with the last                    \
         */

/* The head's bytes from `at` on arrived then. */
struct arrival {
    size_t at;
    int64_t unix_ns; /* NOT_LIVE: nobody knows */
};
#define NOT_LIVE INT64_MIN

struct stream {
    struct session *session;
    struct source *source;
    const struct parser_ops *format;
    struct unwrap_options unwrapping;
    int64_t pid;
    bool is_live, is_patient;
    bool is_pausing;           /* what is not known yet is not given up */
    bool may_grow;             /* lines may follow */
    struct unwrap *unwrap;     /* NULL: not wrapped, as far as is known … */
    struct channels *channels; /* … else where its lines go */
    struct ingest *ingest;
    void *state;              /* of the parser */
    struct text head;         /* until the format is known … */
    struct arrival *arrivals; /* … and when its pieces came */
    size_t arrival_count, arrival_capacity;
    struct text stamped; /* scratch */
    bool is_inside;      /* the last byte was not a newline */
    bool has_hole;       /* NULs in front of it were passed over */
    bool is_cut;         /* … and so they are in front of what comes next */
    bool is_dead;
};

struct stream *stream_create(struct session *session, struct source *source,
                             const struct stream_options *options)
{
    struct stream *s = mem_alloc(sizeof *s);

    s->session = session;
    s->source = source;
    s->format = options->format;
    s->unwrapping.pattern = options->pattern;
    s->unwrapping.reference_ns = options->reference_ns;
    s->is_live = options->is_live;
    s->is_patient = options->is_patient;
    s->pid = options->pid;
    return s;
}

void stream_set_pid(struct stream *s, int64_t pid)
{
    s->pid = pid;
    if (s->ingest)
        ingest_set_pid(s->ingest, pid);
}

void stream_set_live(struct stream *s)
{
    s->is_live = true;
    /* What its head holds was there before. */
    if (s->head.len && s->arrival_count == 0) {
        s->arrivals = mem_grow(s->arrivals, &s->arrival_capacity, 1, sizeof *s->arrivals);
        s->arrivals[s->arrival_count++] = (struct arrival){0, NOT_LIVE};
    }
}

void stream_destroy(struct stream *s)
{
    if (!s)
        return;
    if (s->state)
        s->format->close(s->state);
    free(s->state);
    ingest_destroy(s->ingest);
    unwrap_destroy(s->unwrap);
    channels_destroy(s->channels);
    text_finish(&s->head);
    text_finish(&s->stamped);
    free(s->arrivals);
    free(s);
}

bool stream_is_dead(const struct stream *s)
{
    return s->is_dead;
}

static void give_up(struct stream *s, const char *reason)
{
    free(s->source->unreadable);
    s->source->unreadable = mem_dup_text(reason);
    s->is_dead = true;
    s->session->revision++;
}

static void start_parser(struct stream *s)
{
    s->source->format = s->format->name;
    s->ingest = ingest_create(s->session, s->source);
    if (s->pid >= 0)
        ingest_set_pid(s->ingest, s->pid);
    s->state = mem_alloc(s->format->state_bytes);
    if (!s->format->open(s->state, ingest_sink(s->ingest), &s->source->diag))
        give_up(s, "its parser could not be started");
}

static void note_damage(struct stream *s, const struct err *err)
{
    diag_error(&s->source->diag, err);
    s->session->revision++;
}

static void parse(struct stream *s, struct slice bytes)
{
    struct err err = {0};

    if (bytes.len && !s->format->feed(s->state, bytes, &err)) {
        note_damage(s, &err);
        s->is_dead = true;
    }
}

/* The bytes, with the time of their arrival in front of each line that has none. */
static struct slice stamp_lines(struct stream *s, struct slice bytes, int64_t unix_ns)
{
    char stamp[UNIT_RFC3339_TEXT];

    text_clear(&s->stamped);
    while (bytes.len) {
        const char *newline = memchr(bytes.ptr, '\n', bytes.len);
        size_t len = newline ? (size_t)(newline - bytes.ptr) + 1 : bytes.len;
        struct stamp own;

        if (!s->is_inside && !stamp_parse(bytes, &own)) {
            text_put_str(&s->stamped, unit_format_rfc3339(stamp, unix_ns));
            text_put_char(&s->stamped, ' ');
        }
        text_put(&s->stamped, slice_first(bytes, len));
        bytes = slice_after(bytes, len);
        s->is_inside = !newline;
    }
    return slice_of(s->stamped.ptr, s->stamped.len);
}

static void feed(struct stream *s, struct slice bytes, int64_t unix_ns)
{
    if (bytes.len == 0)
        return;
    if (s->unwrap) {
        s->is_inside = bytes.ptr[bytes.len - 1] != '\n';
        unwrap_feed(s->unwrap, bytes);
        channels_flush(s->channels);
    } else if (unix_ns != NOT_LIVE && s->format == &gctrace_parser) {
        parse(s, stamp_lines(s, bytes, unix_ns));
    } else {
        s->is_inside = bytes.ptr[bytes.len - 1] != '\n';
        parse(s, bytes);
    }
}

/* What was collected, as it came. */
static void feed_head(struct stream *s, struct slice head)
{
    size_t skipped = s->head.len - head.len;

    if (s->arrival_count == 0)
        feed(s, head, NOT_LIVE);
    for (size_t i = 0; i < s->arrival_count && !s->is_dead; i++) {
        size_t from = s->arrivals[i].at > skipped ? s->arrivals[i].at - skipped : 0;
        size_t to = i + 1 < s->arrival_count ? s->arrivals[i + 1].at - skipped : head.len;

        feed(s, slice_of(head.ptr + from, to - from), s->arrivals[i].unix_ns);
    }
}

static void name_unknown(struct stream *s)
{
    struct slice head = {s->head.ptr, s->head.len};
    const char *foreign = parser_name_foreign(head);
    struct text reason = {0};

    if (head.len == 0 && s->source->diag.errors == 0) {
        text_put_str(&reason, s->has_hole ? "holds nothing but NUL bytes" : "is empty");
    } else if (head.len == 0) {
        text_put_str(&reason, "nothing in it could be unpacked");
    } else if (foreign) {
        text_printf(&reason, "is %s", foreign);
    } else {
        text_put_str(&reason, "is in no format that heapreel knows; it begins with \"");
        text_put_safe(&reason, slice_first(head, FOREIGN_SHOWN));
        text_put_str(&reason, "\"");
    }
    s->source->is_foreign = s->source->diag.errors == 0;
    give_up(s, text_str(&reason));
    text_finish(&reason);
}

static struct slice skip_zeros(struct slice bytes)
{
    while (bytes.len && bytes.ptr[0] == '\0')
        bytes = slice_after(bytes, 1);
    return bytes;
}

/* A log that was truncated in place, under a writer that kept its offset, begins with a
 * hole. It may be larger than any head, so it is not kept. */
static struct slice skip_hole(struct stream *s, struct slice bytes)
{
    struct slice rest = s->head.len == 0 ? skip_zeros(bytes) : bytes;

    s->has_hole = s->has_hole || rest.len != bytes.len;
    return rest;
}

static void start_unwrapping(struct stream *s, const struct unwrap_plan *plan)
{
    s->source->wrapping = unwrap_name(plan);
    s->channels = channels_create(s->session, s->source, s->format);
    s->unwrap =
        unwrap_create(plan, &s->unwrapping, channels_take, s->channels, &s->source->diag);
}

/* What the bytes collected so far are, if they are enough to say. */
static void look_at(struct stream *s, struct slice head, bool is_whole)
{
    struct unwrap_plan plan;
    bool need_more = false;

    switch (unwrap_probe(head, is_whole, &s->unwrapping, &plan)) {
    case PROBE_NO:
        break;
    case PROBE_NEED_MORE:
        return;
    case PROBE_LIKELY:
    case PROBE_CERTAIN:
        start_unwrapping(s, &plan);
        s->may_grow = true;
        feed_head(s, head);
        return;
    }
    if (!s->format)
        s->format = parser_probe(head, is_whole, &need_more);
    /* The log of a service may speak of its memory for the first time in a week. */
    if (!s->format && !need_more && head.len && !parser_name_foreign(head) &&
        (s->is_live || (s->is_patient && !is_whole && recognise_is_text(head))))
        s->format = &gctrace_parser;
    if (s->format) {
        s->may_grow = recognise_can_grow(s->format, head);
        start_parser(s);
        if (!s->is_dead)
            feed_head(s, head);
    } else if (!s->is_pausing && (is_whole || !need_more)) {
        name_unknown(s);
    }
}

static void note_arrival(struct stream *s, int64_t unix_ns)
{
    if (!s->is_live || s->arrival_count == ARRIVALS_MAX)
        return;
    s->arrivals = mem_grow(s->arrivals, &s->arrival_capacity, s->arrival_count + 1,
                           sizeof *s->arrivals);
    s->arrivals[s->arrival_count++] = (struct arrival){s->head.len, unix_ns};
}

/* Collects the head until it is known what it is. */
static void recognise(struct stream *s, struct slice bytes, int64_t unix_ns,
                      bool is_whole)
{
    static const struct slice utf8_mark = {"\xef\xbb\xbf", 3};
    struct slice head;

    note_arrival(s, unix_ns);
    text_put(&s->head, skip_hole(s, bytes));
    head = (struct slice){s->head.ptr, s->head.len};
    if (slice_starts(head, utf8_mark))
        head = slice_after(head, utf8_mark.len);
    look_at(s, head, is_whole);
    if (s->state || s->unwrap)
        text_finish(&s->head);
}

static void finish_parsing(struct stream *s)
{
    struct err err = {0};

    if (s->unwrap) {
        unwrap_finish(s->unwrap);
        channels_finish(s->channels);
    } else if (!s->format->finish(s->state, &err)) {
        note_damage(s, &err);
    }
}

static void take(struct stream *s, struct slice bytes, int64_t unix_ns)
{
    if (s->is_cut) {
        bytes = skip_zeros(bytes);
        s->is_cut = bytes.len == 0;
    }
    if (s->is_dead)
        return;
    if (s->state || s->unwrap)
        feed(s, bytes, unix_ns);
    else
        recognise(s, bytes, unix_ns, false);
}

void stream_feed(struct stream *s, struct slice bytes)
{
    take(s, bytes, NOT_LIVE);
}

void stream_feed_live(struct stream *s, struct slice bytes, int64_t arrival_unix_ns)
{
    take(s, bytes, arrival_unix_ns);
}

enum stream_rest stream_pause(struct stream *s)
{
    struct slice head;

    if (!s->state && !s->unwrap && !s->is_dead) {
        s->is_pausing = true;
        recognise(s, (struct slice){0}, NOT_LIVE, true);
        s->is_pausing = false;
    }
    if (s->is_dead)
        return STREAM_OVER;
    if (s->channels)
        channels_pause(s->channels);
    if (s->state || s->unwrap)
        return s->may_grow ? STREAM_LOG : STREAM_OVER;
    head = slice_of(s->head.ptr, s->head.len);
    return recognise_is_text(head) && !parser_name_foreign(head) ? STREAM_NEW
                                                                 : STREAM_OVER;
}

bool stream_cut(struct stream *s)
{
    if (s->is_dead || !s->may_grow || !(s->state || s->unwrap))
        return false;
    if (s->is_inside)
        feed(s, SLICE("\n"), NOT_LIVE);
    s->is_cut = true;
    return true;
}

void stream_damage(struct stream *s, const struct err *err)
{
    note_damage(s, err);
}

void stream_finish(struct stream *s)
{
    if (!s->state && !s->unwrap && !s->is_dead)
        recognise(s, (struct slice){0}, NOT_LIVE, true);
    if (s->is_dead)
        return;
    finish_parsing(s);
    s->source->is_foreign = s->source->records == 0 && s->source->diag.errors == 0;
    if (s->source->records == 0)
        give_up(s, "has no record that heapreel knows");
    s->is_dead = true;
    s->session->revision++;
}
