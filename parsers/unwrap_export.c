/*
 * journalctl -o export: entries of fields, a blank line between them. A field is
 * "NAME=value" and a newline, or its name, a newline, its length in 8 bytes (least
 * first), that many bytes and a newline.
 *
 * Source: "Journal Export Formats" of systemd (systemd.io/JOURNAL_EXPORT_FORMATS).
 *
 * A length may lie. The beginning of the next entry inside of what it claims shows that.
 */
#include <stdlib.h>

#include "model/base/mem.h"
#include "model/base/num.h"
#include "parsers/unwrap_internal.h"

#define CURSOR "\n\n__CURSOR="
#define NAME_MAX_BYTES 64

enum state { STATE_LINE, STATE_LENGTH, STATE_BYTES, STATE_BYTES_END, STATE_RESYNC };

struct journal_export {
    struct diag *diag;
    journal_taker *take;
    void *user;
    enum state state;
    struct text line; /* what the current line, length or field holds so far */
    bool is_too_long; /* … and that is not all */
    char name[NAME_MAX_BYTES];
    size_t name_len;
    uint64_t left_bytes; /* of a binary field */
    unsigned matched;    /* of CURSOR, inside of one or behind damage */
    uint64_t at_bytes, entry_bytes;
    /* The entry so far. */
    struct text message, source, host;
    unsigned source_rank;
    struct journal_who who;
    bool is_fresh; /* no field of it yet */
    bool has_message, has_time;
    int64_t unix_ns;
};

void journal_export_destroy(struct journal_export *j)
{
    if (!j)
        return;
    text_finish(&j->line);
    text_finish(&j->message);
    text_finish(&j->source);
    text_finish(&j->host);
    free(j);
}

static void skip(struct journal_export *j, const char *reason)
{
    if (j->diag)
        diag_skip(j->diag, j->entry_bytes, 0, (struct slice){0}, reason);
}

static struct slice slice_of_text(const struct text *t)
{
    return slice_of(t->ptr, t->len);
}

static void start_entry(struct journal_export *j)
{
    text_clear(&j->message);
    text_clear(&j->source);
    text_clear(&j->host);
    j->source_rank = 0;
    j->who = (struct journal_who){.pid = -1};
    j->has_message = j->has_time = false;
    j->entry_bytes = j->at_bytes;
    j->is_fresh = true;
}

struct journal_export *journal_export_create(struct diag *diag, journal_taker *take,
                                             void *user)
{
    struct journal_export *j = mem_alloc(sizeof *j);

    *j = (struct journal_export){.diag = diag, .take = take, .user = user};
    start_entry(j);
    return j;
}

static void end_entry(struct journal_export *j)
{
    if (j->has_message) {
        const struct journal_entry entry = {
            .message = slice_of_text(&j->message),
            .source = slice_of_text(&j->source),
            .scope = slice_of_text(&j->host),
            .pid = j->who.is_container ? -1 : j->who.pid,
            .has_time = j->has_time,
            .unix_ns = j->unix_ns,
            .offset_bytes = j->entry_bytes,
        };

        j->take(j->user, &entry);
    }
    start_entry(j);
}

static void copy(struct text *to, struct slice value)
{
    text_clear(to);
    text_put(to, value);
}

static void take_field(struct journal_export *j, struct slice name, struct slice value)
{
    uint64_t us;

    if (slice_eq(name, SLICE("MESSAGE"))) {
        copy(&j->message, value);
        j->has_message = true;
    } else if (slice_eq(name, SLICE("__REALTIME_TIMESTAMP"))) {
        if (num_parse_u64(value, &us) && us <= INT64_MAX / 1000) {
            j->has_time = true;
            j->unix_ns = (int64_t)us * 1000;
        }
    } else if (name.len) {
        journal_who_take(&j->who, name, value);
        /* The values are gone after this call: keep copies. */
        if (j->who.rank > j->source_rank)
            copy(&j->source, value);
        j->source_rank = j->who.rank;
        if (slice_eq(name, SLICE("_HOSTNAME")))
            copy(&j->host, value);
    }
}

static bool is_name(struct slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];

        if (!((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'))
            return false;
    }
    return s.len > 0 && s.len < NAME_MAX_BYTES;
}

static void lose_entry(struct journal_export *j, const char *reason)
{
    skip(j, reason);
    j->has_message = false;
    j->matched = 0;
    j->state = STATE_RESYNC;
}

/* A line is whole. */
static void take_line(struct journal_export *j)
{
    struct slice line = slice_of_text(&j->line);
    const char *equals = line.len ? memchr(line.ptr, '=', line.len) : NULL;
    struct slice name = equals ? slice_first(line, (size_t)(equals - line.ptr)) : line;

    j->state = STATE_LINE;
    j->is_fresh = j->is_fresh && line.len == 0;
    if (line.len == 0) {
        end_entry(j);
    } else if (!is_name(name)) {
        lose_entry(j, "journal entry with a line that is no field");
        j->matched = 1; /* the newline that ended it */
    } else if (equals) {
        if (j->is_too_long)
            skip(j, "journal field over 1 MiB: cut");
        take_field(j, name, slice_after(line, name.len + 1));
    } else {
        memcpy(j->name, name.ptr, name.len);
        j->name_len = name.len;
        j->state = STATE_LENGTH;
    }
    text_clear(&j->line);
    j->is_too_long = false;
}

static void take_length(struct journal_export *j)
{
    j->left_bytes = 0;
    for (size_t i = 8; i-- > 0;)
        j->left_bytes = j->left_bytes << 8 | (unsigned char)j->line.ptr[i];
    text_clear(&j->line);
    j->matched = 0;
    if (j->left_bytes > LIMIT_JOURNAL_FIELD_BYTES)
        lose_entry(j, "journal field with a length out of range");
    else
        j->state = j->left_bytes ? STATE_BYTES : STATE_BYTES_END;
}

static void put_bounded(struct journal_export *j, struct slice s)
{
    size_t room = LIMIT_LINE_BYTES - j->line.len;

    j->is_too_long |= s.len > room;
    text_put(&j->line, slice_first(s, room));
}

/* One byte on the way to the next entry's "\n\n__CURSOR="; true when it is there. */
static bool matches_cursor(struct journal_export *j, char c)
{
    if (c == CURSOR[j->matched]) {
        j->matched++;
    } else if (c == '\n') {
        j->matched = j->matched == 2 ? 2 : 1;
    } else {
        j->matched = 0;
    }
    return j->matched == sizeof CURSOR - 1;
}

/* How many of the bytes come before the next entry; all when it is not there. */
static size_t find_entry(struct journal_export *j, struct slice s, bool *found)
{
    size_t at = 0;

    *found = false;
    while (at < s.len && !*found) {
        if (j->matched == 0) {
            const char *newline = memchr(s.ptr + at, '\n', s.len - at);

            if (!newline)
                return s.len;
            at = (size_t)(newline - s.ptr);
        }
        *found = matches_cursor(j, s.ptr[at++]);
    }
    return at;
}

/* `took`: the bytes of this step, the last of which are the cursor's. */
static void resume_at_cursor(struct journal_export *j, size_t took)
{
    start_entry(j);
    j->entry_bytes = j->at_bytes + took - strlen(&CURSOR[2]);
    j->is_fresh = false;
    text_clear(&j->line);
    text_put_str(&j->line, &CURSOR[2]);
    j->is_too_long = false;
    j->matched = 0;
    j->state = STATE_LINE;
}

static size_t feed_bytes(struct journal_export *j, struct slice s)
{
    bool found;
    size_t take;

    s = slice_first(s, j->left_bytes < s.len ? (size_t)j->left_bytes : s.len);
    take = find_entry(j, s, &found);
    if (found) {
        skip(j, "journal field with a length that runs into the next entry");
        resume_at_cursor(j, take);
        return take;
    }
    put_bounded(j, s);
    j->left_bytes -= s.len;
    if (j->left_bytes == 0)
        j->state = STATE_BYTES_END;
    return s.len;
}

static size_t end_bytes(struct journal_export *j, char c)
{
    if (c != '\n') {
        lose_entry(j, "journal field without an end");
        text_clear(&j->line);
        return 0;
    }
    if (j->is_too_long)
        skip(j, "journal field over 1 MiB: cut");
    take_field(j, slice_of(j->name, j->name_len), slice_of_text(&j->line));
    text_clear(&j->line);
    j->is_too_long = false;
    j->state = STATE_LINE;
    return 1;
}

static size_t feed_line(struct journal_export *j, struct slice s)
{
    const char *newline = memchr(s.ptr, '\n', s.len);
    size_t len = newline ? (size_t)(newline - s.ptr) : s.len;

    put_bounded(j, slice_first(s, len));
    if (!newline)
        return len;
    take_line(j);
    return len + 1;
}

/* Takes some of the bytes; returns how many. */
static size_t step(struct journal_export *j, struct slice s)
{
    size_t len;
    bool found;

    switch (j->state) {
    case STATE_LINE:
        return feed_line(j, s);
    case STATE_LENGTH:
        len = slice_first(s, 8 - j->line.len).len;
        text_put(&j->line, slice_first(s, len));
        if (j->line.len == 8)
            take_length(j);
        return len;
    case STATE_BYTES:
        return feed_bytes(j, s);
    case STATE_BYTES_END:
        return end_bytes(j, s.ptr[0]);
    case STATE_RESYNC:
        len = find_entry(j, s, &found);
        if (found)
            resume_at_cursor(j, len);
        return len;
    }
    return s.len;
}

void journal_export_feed(struct journal_export *j, struct slice bytes)
{
    while (bytes.len) {
        size_t took;

        /* An entry begins behind the blank line that ended the last one. */
        if (j->is_fresh && j->line.len == 0)
            j->entry_bytes = j->at_bytes;
        took = step(j, bytes);
        bytes = slice_after(bytes, took);
        j->at_bytes += took;
    }
}

void journal_export_finish(struct journal_export *j)
{
    if (j->state == STATE_LINE && j->line.len)
        take_line(j);
    if (j->state == STATE_LENGTH || j->state == STATE_BYTES ||
        j->state == STATE_BYTES_END)
        skip(j, "journal entry cut off");
    end_entry(j);
}

/* "__CURSOR=…" comes first; a file that was cut may begin anywhere in an entry. */
enum probe journal_export_probe(struct slice head, bool is_whole)
{
    static const struct slice time = SLICE_INIT("__REALTIME_TIMESTAMP=");
    const char *equals;
    struct slice rest = head;

    if (slice_starts(SLICE("__CURSOR="), slice_first(head, 9)) && head.len)
        return head.len >= 9 ? PROBE_CERTAIN : is_whole ? PROBE_NO : PROBE_NEED_MORE;
    equals = head.len ? memchr(head.ptr, '=', head.len) : NULL;
    if (!equals || !is_name(slice_first(head, (size_t)(equals - head.ptr))))
        return PROBE_NO;
    while (rest.len > time.len) {
        const char *newline = memchr(rest.ptr, '\n', rest.len);

        if (!newline)
            break;
        rest = slice_after(rest, (size_t)(newline - rest.ptr) + 1);
        if (slice_starts(rest, time))
            return PROBE_CERTAIN;
    }
    return PROBE_NO;
}
