#include "parsers/unwrap.h"

#include <stdlib.h>

#include "model/base/compiler.h"
#include "model/base/mem.h"
#include "model/units.h"
#include "parsers/lines.h"
#include "parsers/scan.h"
#include "parsers/stamp.h"
#include "parsers/text_line.h"
#include "parsers/unwrap_internal.h"
#include "parsers/unwrap_table.h"

#define REASON_LONG "line over 1 MiB: its middle was not looked at"
#define STREAM_KEY_MAX 512

/* A line that goes on in a later one of the same stream. */
struct part {
    struct text text;
    char key[STREAM_KEY_MAX]; /* level, stream, source, scope; cut where they are long */
    size_t key_len;
    unsigned level;
    struct text source, scope, stamp;
    struct peeled who; /* its slices point into the texts above */
    uint64_t line, offset_bytes;
    uint64_t used;
};

struct unwrap {
    struct unwrap_plan plan;
    unwrap_taker *take;
    void *user;
    struct diag *diag;
    struct lines lines;
    struct journal_export *journal;
    /* One a layer, one for what applications put around their messages, and one for
     * lines of another wrapping than the plan's. */
    struct peel_context contexts[LIMIT_UNWRAP_DEPTH + 2];
    struct text joined[LIMIT_UNWRAP_DEPTH];
    struct part parts[LIMIT_UNWRAP_PARTS];
    unsigned part_count;
    uint64_t used;
    /* The last time that was written out, but for its fraction. */
    char stamp[UNIT_RFC3339_TEXT];
    bool has_second;
    int64_t second;
};

/* A line on its way through the layers: what the outer ones said of it. */
struct flow {
    struct peeled who;
    uint64_t line, offset_bytes;
    bool is_foreign;
};

static void take_entry(void *user, const struct journal_entry *entry);

struct unwrap *unwrap_create(const struct unwrap_plan *plan,
                             const struct unwrap_options *options, unwrap_taker *take,
                             void *user, struct diag *diag)
{
    struct unwrap *u = mem_alloc(sizeof *u);

    u->plan = *plan;
    u->take = take;
    u->user = user;
    u->diag = diag;
    for (size_t i = 0; i < COUNT_OF(u->contexts); i++)
        u->contexts[i] = (struct peel_context){
            .reference_ns = options->reference_ns,
            .pattern = options->pattern,
            .has_newlines = plan->has_newlines || i == LIMIT_UNWRAP_DEPTH + 1,
        };
    if (plan->depth && plan->layers[0] == WRAPPING_EXPORT)
        u->journal = journal_export_create(diag, take_entry, u);
    return u;
}

void unwrap_destroy(struct unwrap *u)
{
    if (!u)
        return;
    journal_export_destroy(u->journal);
    lines_close(&u->lines);
    for (size_t i = 0; i < COUNT_OF(u->contexts); i++)
        peel_finish(&u->contexts[i]);
    for (size_t i = 0; i < COUNT_OF(u->joined); i++)
        text_finish(&u->joined[i]);
    for (unsigned i = 0; i < COUNT_OF(u->parts); i++) {
        text_finish(&u->parts[i].text);
        text_finish(&u->parts[i].source);
        text_finish(&u->parts[i].scope);
        text_finish(&u->parts[i].stamp);
    }
    free(u);
}

static void skip(struct unwrap *u, const struct flow *f, struct slice at,
                 const char *reason)
{
    if (u->diag)
        diag_skip(u->diag, f->offset_bytes, f->line, at, reason);
}

/* The time as text; valid until the next call. */
static struct slice write_stamp(struct unwrap *u, int64_t unix_ns, unsigned digits)
{
    const size_t whole = 19; /* 2026-11-21T01:37:31 */
    int64_t second = unix_ns / NS_PER_S, ns = unix_ns % NS_PER_S;

    if (unix_ns < 0) /* no log is that old: a damaged time */
        return (struct slice){0};
    if (!u->has_second || second != u->second) {
        (void)unit_format_rfc3339(u->stamp, second * NS_PER_S);
        u->has_second = true;
        u->second = second;
    }
    u->stamp[whole] = '.';
    for (unsigned i = 9; i > 0; i--, ns /= 10)
        u->stamp[whole + i] = (char)('0' + ns % 10);
    digits = digits > 9 ? 9 : digits;
    u->stamp[whole + (digits ? digits + 1 : 0)] = 'Z';
    return slice_of(u->stamp, whole + (digits ? digits + 2 : 1));
}

/* Hands on a line, or each line of a message that has several. */
static void emit(struct unwrap *u, const struct flow *f)
{
    struct slice rest = f->who.text;
    struct unwrap_line line = {
        .source = f->who.source,
        .scope = f->who.scope,
        .pid = f->who.pid,
        .stamp = f->who.stamp,
        .is_foreign = f->is_foreign,
        .line = f->line,
        .offset_bytes = f->offset_bytes,
    };

    if (!line.stamp.len && f->who.has_time)
        line.stamp = write_stamp(u, f->who.unix_ns, f->who.digits);
    for (;;) {
        const char *newline = rest.len ? memchr(rest.ptr, '\n', rest.len) : NULL;

        line.text = newline ? slice_first(rest, (size_t)(newline - rest.ptr)) : rest;
        u->take(u->user, &line);
        if (!newline)
            return;
        rest = slice_after(rest, line.text.len + 1);
    }
}

/* The outer layer's time wins, and its source where it has one. */
static void merge(struct peeled *outer, const struct peeled *inner)
{
    if (!outer->stamp.len && !outer->has_time) {
        outer->stamp = inner->stamp;
        outer->has_time = inner->has_time;
        outer->unix_ns = inner->unix_ns;
        outer->digits = inner->digits;
    }
    if (!outer->source.len) {
        outer->source = inner->source;
        outer->scope = inner->scope;
    }
    if (outer->pid < 0)
        outer->pid = inner->pid;
}

/* What applications put around their own messages: taken off from a record. */
static void take_off_inner(struct unwrap *u, struct flow *f)
{
    struct peel_context *c = &u->contexts[LIMIT_UNWRAP_DEPTH];
    struct slice text = f->who.text;
    struct peeled inner = {.pid = -1};
    size_t skipped;

    if (text.len < 2)
        return;
    if (text.ptr[0] == '{' ? peel_json(c, text, &inner) : peel_klog(c, text, &inner)) {
        inner.source = (struct slice){0};
        inner.pid = -1;
        merge(&f->who, &inner);
        if (inner.is_app && peel_is_record(inner.text))
            f->who.text = inner.text;
        return;
    }
    skipped = f->who.stamp.len || f->who.has_time ? stamp_skip(text) : 0;
    if (skipped && peel_is_record(slice_after(text, skipped)))
        f->who.text = slice_after(text, skipped);
}

static void put_key(struct part *p, struct slice s)
{
    s = slice_first(s, STREAM_KEY_MAX - p->key_len);
    if (s.len)
        memcpy(p->key + p->key_len, s.ptr, s.len);
    p->key_len += s.len;
}

static void make_key(struct part *key, unsigned level, const struct peeled *who)
{
    const char head[] = {(char)level, who->stream};

    key->key_len = 0;
    put_key(key, slice_of(head, sizeof head));
    put_key(key, who->source);
    put_key(key, SLICE("\n"));
    put_key(key, who->scope);
}

static struct part *find_part(struct unwrap *u, const struct part *key)
{
    for (unsigned i = 0; i < u->part_count; i++) {
        if (slice_eq(slice_of(u->parts[i].key, u->parts[i].key_len),
                     slice_of(key->key, key->key_len)))
            return &u->parts[i];
    }
    return NULL;
}

static struct slice keep_text(struct text *t, struct slice s)
{
    if (s.len && s.ptr == t->ptr) /* a part of parts keeps its slot, and its texts */
        return s;
    text_clear(t);
    text_put(t, s);
    return slice_of(t->ptr, t->len);
}

/* Who said it, of the last piece: its time is not before any of the text. */
static void set_who(struct part *p, const struct peeled *who)
{
    p->who = *who;
    p->who.source = keep_text(&p->source, who->source);
    p->who.scope = keep_text(&p->scope, who->scope);
    p->who.stamp = keep_text(&p->stamp, who->stamp);
}

static void pass(struct unwrap *u, unsigned level, struct flow *f);

/* Takes the part off the list; its text is in joined[level] until the next one. */
static struct flow release(struct unwrap *u, struct part *p)
{
    struct text *joined = &u->joined[p->level];
    struct flow f = {.who = p->who, .line = p->line, .offset_bytes = p->offset_bytes};
    struct part last = u->parts[u->part_count - 1], gone;
    struct text swap = *joined;

    *joined = p->text;
    p->text = swap;
    f.who.text = slice_of(joined->ptr, joined->len);
    gone = *p;
    *p = last;
    u->parts[u->part_count - 1] = gone; /* its buffers stay for the next */
    u->part_count--;
    return f;
}

static void flush_part(struct unwrap *u, struct part *p)
{
    unsigned level = p->level;
    struct flow f = release(u, p);

    pass(u, level + 1, &f);
}

static struct part *add_part(struct unwrap *u, const struct part *key, unsigned level,
                             const struct flow *f)
{
    struct part *p;

    if (u->part_count == LIMIT_UNWRAP_PARTS) {
        p = &u->parts[0];
        for (unsigned i = 1; i < u->part_count; i++) {
            if (u->parts[i].used < p->used)
                p = &u->parts[i];
        }
        flush_part(u, p);
    }
    p = &u->parts[u->part_count++];
    memcpy(p->key, key->key, key->key_len);
    p->key_len = key->key_len;
    p->level = level;
    p->line = f->line;
    p->offset_bytes = f->offset_bytes;
    text_clear(&p->text);
    return p;
}

/* Puts parts together. False: the line goes on, and is kept. */
static bool join(struct unwrap *u, unsigned level, struct flow *f, bool is_part)
{
    struct part key, *p;

    if (!is_part && u->part_count == 0)
        return true;
    make_key(&key, level, &f->who);
    p = find_part(u, &key);
    if (!p && !is_part)
        return true;
    if (!p)
        p = add_part(u, &key, level, f);
    p->used = ++u->used;
    text_put(&p->text, f->who.text);
    set_who(p, &f->who);
    if (is_part && p->text.len <= LIMIT_LINE_BYTES)
        return false;
    if (is_part)
        skip(u, f, (struct slice){0}, "line in parts over 1 MiB: cut");
    *f = release(u, p);
    return true;
}

/* Is it news that a line is no line of the wrapping? Of prose between them it is not. */
static void count_foreign(struct unwrap *u, const struct flow *f, unsigned level)
{
    enum wrapping wrapping = u->plan.layers[level];
    struct slice text = f->who.text;

    if (u->contexts[level].has_given_up) {
        skip(u, f, text, "the pattern of --prefix gave up on this line");
        u->contexts[level].has_given_up = false;
    } else if ((wrapping == WRAPPING_DOCKER || wrapping == WRAPPING_JOURNALD_JSON) &&
               slice_starts(text, SLICE("{\""))) {
        skip(u, f, text, "broken JSON around a log line");
    }
}

/* A line that the plan does not have, as where logs were put one behind the other. */
static bool take_stray(struct unwrap *u, struct slice line, struct peeled *out)
{
    if (!peel_stray(&u->contexts[LIMIT_UNWRAP_DEPTH + 1], line, out))
        return false;
    /* Nor does it go on what the plan's lines began. */
    out->stream = out->stream == 'e' ? 'E' : 'O';
    return true;
}

/* Through the layers from `level` on. */
static void pass(struct unwrap *u, unsigned level, struct flow *f)
{
    for (; level < u->plan.depth; level++) {
        struct peeled inner = {.pid = -1};

        if (!unwrap_peel(&u->contexts[level], u->plan.layers[level], f->who.text,
                         &inner) &&
            (level > 0 || !take_stray(u, f->who.text, &inner))) {
            count_foreign(u, f, level);
            f->is_foreign = level == 0;
            break;
        }
        merge(&f->who, &inner);
        if (inner.is_app) {
            if (peel_is_record(inner.text))
                f->who.text = inner.text;
            emit(u, f);
            return;
        }
        f->who.text = inner.text;
        f->who.stream = inner.stream;
        if (!join(u, level, f, inner.is_part))
            return;
    }
    take_off_inner(u, f);
    emit(u, f);
}

static void take_line(struct unwrap *u, const struct lines_run *run, struct slice line,
                      uint64_t number)
{
    struct flow f = {
        .who.pid = -1,
        .line = number,
        .offset_bytes = run->offset_bytes + (uint64_t)(line.ptr - run->bytes.ptr),
    };

    line = text_line_content(line);
    f.who.text = line;
    if (!run->cut_bytes) {
        pass(u, 0, &f);
        return;
    }
    /* What wrapped it is gone with its front. */
    skip(u, &f, line, REASON_LONG);
    f.is_foreign = true;
    emit(u, &f);
}

static uint64_t take_run(void *user, const struct lines_run *run)
{
    struct unwrap *u = user;
    const char *p = run->bytes.ptr, *end = p + run->bytes.len;
    uint64_t newlines = 0;

    while (p < end) {
        const char *stop = scan_line_end(p, end);

        take_line(u, run, slice_of(p, (size_t)(stop - p)), run->first_line + newlines);
        if (stop == end)
            break;
        newlines++;
        p = stop + 1;
    }
    return newlines;
}

static void take_entry(void *user, const struct journal_entry *entry)
{
    struct unwrap *u = user;
    struct flow f = {
        .who =
            {
                .text = entry->message,
                .source = entry->source,
                .scope = entry->scope,
                .pid = entry->pid,
                .has_time = entry->has_time,
                .unix_ns = entry->unix_ns,
                .digits = 6,
            },
        .offset_bytes = entry->offset_bytes,
    };

    pass(u, 1, &f);
}

void unwrap_feed(struct unwrap *u, struct slice bytes)
{
    if (u->journal)
        journal_export_feed(u->journal, bytes);
    else
        lines_feed(&u->lines, bytes, take_run, u);
}

void unwrap_finish(struct unwrap *u)
{
    if (u->journal)
        journal_export_finish(u->journal);
    else
        lines_finish(&u->lines, take_run, u);
    while (u->part_count) {
        struct part *first = &u->parts[0];

        for (unsigned i = 1; i < u->part_count; i++) {
            if (u->parts[i].offset_bytes < first->offset_bytes)
                first = &u->parts[i];
        }
        flush_part(u, first);
    }
}
