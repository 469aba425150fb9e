#include "parsers/pprof.h"

#include <stdlib.h>
#include <string.h>

#include "model/base/mem.h"
#include "parsers/limits.h"
#include "parsers/pprof_tables.h"
#include "parsers/pprof_walk.h"

/* Behind damage: so many fields in a row, or all that is left, and we are in step again.
 * They have to lie within that many bytes. */
#define STEP_FIELDS 8
#define STEP_BYTES ((size_t)4096)

struct pprof {
    const struct sink *sink;
    struct diag *diag;
    struct pprof_tables tables;
    char *carry; /* the beginning of a field, or where we search */
    size_t carry_len, carry_capacity;
    size_t need;     /* bytes that make the carried field whole; 0 = not known yet */
    uint64_t offset; /* of the first byte that was not taken */
    uint64_t seen;   /* bytes that came in */
    uint32_t last;   /* number of the field before */
    bool is_searching, is_fresh_search;
    size_t searched;          /* bytes, in all searches */
    bool is_done;             /* the record went out, nothing is read any more */
    bool has_lost_names;      /* strings from here on may have other numbers */
    struct pprof_mark second; /* where a second profile would have begun */
};

static bool pprof_open(void *state, const struct sink *sink, struct diag *diag)
{
    struct pprof *p = state;

    p->sink = sink;
    p->diag = diag;
    return true;
}

static void pprof_close(void *state)
{
    struct pprof *p = state;

    pprof_tables_finish(&p->tables);
    free(p->carry);
    p->carry = NULL;
}

static void note_error(struct pprof *p, uint64_t offset, const char *reason)
{
    struct err err;

    err_set(&err, offset, 0, "%s", reason);
    diag_error(p->diag, &err);
}

static void complain(void *user, uint64_t offset, uint64_t count, const char *reason)
{
    struct pprof *p = user;

    (void)count;
    note_error(p, offset, reason);
}

static void hand_on(struct pprof *p)
{
    struct pprof_output out;
    struct profile_record record;
    const char *reason = NULL;

    p->is_done = true;
    if (pprof_tables_record(&p->tables, &out, &record, complain, p))
        reason = p->sink->profile(p->sink->user, &record);
    if (reason)
        diag_skip(p->diag, 0, 0, (struct slice){0}, reason);
    pprof_output_finish(&out);
}

static const char *take_string(struct pprof *p, struct slice string)
{
    if (p->has_lost_names)
        return NULL;
    if (p->tables.string_count == 0 && string.len != 0) {
        p->has_lost_names = true;
        return "string table does not begin with an empty one";
    }
    return pprof_take_string(&p->tables, string);
}

/* The rest of a file whose second profile begins at the mark. */
static void stop_before_second(struct pprof *p)
{
    pprof_tables_return(&p->tables, &p->second);
    note_error(p, p->second.offset, "a second profile in the same file: not read");
    hand_on(p);
}

static const char *take_type(struct pprof *p, struct slice message,
                             const unsigned char **at)
{
    struct pprof_tables *t = &p->tables;

    if (!t->has_samples || t->width != t->type_count)
        return pprof_take_type(t, message, at);
    if (p->second.strings > 0) {
        stop_before_second(p);
        return NULL;
    }
    *at = (const unsigned char *)message.ptr;
    return "sample type behind the samples";
}

/* Go begins with the period's type, others with sample types. */
static void mark_second(struct pprof *p, uint32_t number)
{
    bool begins = number == PPROF_SAMPLE_TYPE || number == PPROF_PERIOD_TYPE;
    bool went_on = p->last == PPROF_SAMPLE_TYPE || p->last == PPROF_PERIOD_TYPE;

    if (begins && !went_on && p->tables.has_samples)
        p->second = pprof_tables_mark(&p->tables, p->offset);
}

static const char *take_message(struct pprof *p, const struct proto_field *f,
                                const unsigned char **at)
{
    struct pprof_tables *t = &p->tables;

    switch (f->number) {
    case PPROF_SAMPLE_TYPE:
        return take_type(p, f->bytes, at);
    case PPROF_SAMPLE:
        return pprof_take_sample(t, f->bytes, at);
    case PPROF_MAPPING:
        return pprof_take_mapping(t, f->bytes, at);
    case PPROF_LOCATION:
        return pprof_take_location(t, f->bytes, at);
    case PPROF_FUNCTION:
        return pprof_take_function(t, f->bytes, at);
    case PPROF_STRING:
        return take_string(p, f->bytes);
    case PPROF_TIME:
        t->time_ns = (int64_t)f->value;
        break;
    case PPROF_DURATION:
        t->duration_ns = (int64_t)f->value;
        break;
    case PPROF_PERIOD:
        t->period = (int64_t)f->value;
        break;
    case PPROF_DEFAULT_TYPE:
        t->default_type = f->value < UINT32_MAX ? (uint32_t)f->value : 0;
        break;
    default:
        break;
    }
    return NULL;
}

static void take_field(struct pprof *p, const struct proto_field *f,
                       const unsigned char *start)
{
    const unsigned char *at = start;
    const char *reason;

    if (f->number == PPROF_SAMPLE_TYPE || f->number == PPROF_PERIOD_TYPE)
        mark_second(p, f->number);
    p->tables.offset = (uint32_t)p->offset;
    reason = take_message(p, f, &at);
    if (reason) {
        diag_skip(p->diag, p->offset + (uint64_t)(at - start), 0, (struct slice){0},
                  reason);
        /* It may have been one of the strings before its tag was damaged. */
        if (p->last == PPROF_STRING)
            p->has_lost_names = true;
    }
    p->last = f->number;
}

static void begin_search(struct pprof *p, const char *reason)
{
    note_error(p, p->offset, reason);
    p->is_searching = p->is_fresh_search = true;
}

/*
 * Takes the whole fields at the front of `bytes` and returns how many bytes they were.
 * What is left is the beginning of a field (`need` then says how long it is, where that
 * is known), or damage, which begins a search.
 */
static size_t take_fields(struct pprof *p, struct slice bytes)
{
    struct proto c = proto_init(bytes);
    const unsigned char *start = c.p;
    struct proto_field f;

    p->need = 0;
    while (!p->is_done) {
        const unsigned char *before = c.p;

        if (!proto_next(&c, &f)) {
            if (c.reason && f.number != 0 && !pprof_is_field(&f))
                begin_search(p, "not a field of a profile");
            else if (c.reason && !c.is_short)
                begin_search(p, c.reason);
            else if (c.reason && f.bytes.ptr)
                p->need = (size_t)(f.bytes.ptr - (const char *)before);
            if (p->need && f.bytes.len > LIMIT_PPROF_BYTES - p->need) {
                p->need = 0;
                begin_search(p, "field longer than a profile may be");
            } else if (p->need) {
                p->need += f.bytes.len;
            }
            return (size_t)(before - start);
        }
        if (!pprof_is_field(&f)) {
            begin_search(p, "not a field of a profile");
            return (size_t)(before - start);
        }
        take_field(p, &f, before);
        p->offset += (uint64_t)(c.p - before);
    }
    return bytes.len;
}

static bool is_in_step(struct slice bytes, bool is_end)
{
    struct pprof_walk w = pprof_walk(slice_first(bytes, STEP_BYTES), STEP_FIELDS);

    if (w.fields == STEP_FIELDS)
        return true;
    return is_end && bytes.len <= STEP_BYTES && !w.is_bad && !w.is_cut && w.fields >= 2;
}

/* Strings go by their number: a gap that may have swallowed one shifts all others. */
static void end_search(struct pprof *p, struct slice bytes)
{
    bool is_string = (unsigned char)bytes.ptr[0] >> 3 == PPROF_STRING;
    bool is_first = bytes.len > 1 && bytes.ptr[1] == '\0' && p->tables.string_count == 0;

    p->is_searching = false;
    if (p->last == PPROF_STRING || (is_string && !is_first))
        p->has_lost_names = true;
}

/* How many bytes lie in front of the next good field, as far as can be told by now. */
static size_t search(struct pprof *p, struct slice bytes, bool is_end)
{
    size_t at = 0;

    while (at < bytes.len && (is_end || bytes.len - at >= STEP_BYTES)) {
        struct slice rest = slice_after(bytes, at);

        if (!p->is_fresh_search && is_in_step(rest, is_end)) {
            end_search(p, rest);
            break;
        }
        p->is_fresh_search = false;
        at++;
        if (++p->searched >= LIMIT_PPROF_SEARCH_BYTES) {
            hand_on(p);
            break;
        }
    }
    p->offset += at;
    return at;
}

/* Takes what can be taken of the bytes, and returns the rest. */
static struct slice pump(struct pprof *p, struct slice bytes, bool is_end)
{
    bool goes_on = !p->is_done;

    while (goes_on) {
        bool was_searching = p->is_searching;

        bytes = slice_after(bytes, was_searching ? search(p, bytes, is_end)
                                                 : take_fields(p, bytes));
        goes_on = !p->is_done && bytes.len && was_searching != p->is_searching;
    }
    return p->is_done ? slice_first(bytes, 0) : bytes;
}

static void keep(struct pprof *p, struct slice bytes)
{
    if (bytes.len)
        memmove(p->carry, bytes.ptr, bytes.len);
    p->carry_len = bytes.len;
}

/* How many of the next bytes belong to what is carried. */
static size_t wanted(const struct pprof *p, size_t have)
{
    size_t want = 1; /* of a tag or a length */

    if (p->is_searching)
        want = STEP_BYTES * 4;
    else if (p->need > p->carry_len)
        want = p->need - p->carry_len;
    return want < have ? want : have;
}

static void carry(struct pprof *p, struct slice bytes)
{
    p->carry = mem_grow(p->carry, &p->carry_capacity, p->carry_len + bytes.len, 1);
    memcpy(p->carry + p->carry_len, bytes.ptr, bytes.len);
    p->carry_len += bytes.len;
}

static void take_bytes(struct pprof *p, struct slice bytes)
{
    if (p->carry_len == 0)
        bytes = pump(p, bytes, false);
    while (bytes.len && !p->is_done) {
        size_t more = wanted(p, bytes.len);

        carry(p, slice_first(bytes, more));
        bytes = slice_after(bytes, more);
        if (!p->is_searching && p->need > p->carry_len)
            continue;
        keep(p, pump(p, slice_of(p->carry, p->carry_len), false));
        if (p->carry_len == 0)
            bytes = pump(p, bytes, false);
    }
}

static bool pprof_feed(void *state, struct slice bytes, struct err *err)
{
    struct pprof *p = state;
    uint64_t room = LIMIT_PPROF_BYTES - p->seen;
    bool is_over = bytes.len > room && !p->is_done;

    take_bytes(p, slice_first(bytes, is_over ? (size_t)room : bytes.len));
    if (is_over) {
        err_set(err, LIMIT_PPROF_BYTES, 0, "profile over 256 MiB");
        return false;
    }
    if (!p->is_done)
        p->seen += bytes.len;
    return true;
}

static bool pprof_finish(void *state, struct err *err)
{
    struct pprof *p = state;

    (void)err;
    while (p->carry_len && !p->is_done) {
        if (!p->is_searching)
            begin_search(p, "cut off in the middle of a field");
        keep(p, pump(p, slice_of(p->carry, p->carry_len), true));
    }
    if (!p->is_done)
        hand_on(p);
    return true;
}

/* Types first, or the strings, or a long row of anything: Go, pprof and others differ. */
#define PROBE_FIELDS 16
#define PROBE_MESSAGES                                                                   \
    (1u << PPROF_SAMPLE | 1u << PPROF_MAPPING | 1u << PPROF_LOCATION |                   \
     1u << PPROF_FUNCTION | 1u << PPROF_STRING)

/* Numbers beside one kind of message are letters of a text, as "2026-… xxxxxxxx" is. */
static bool is_row_of_messages(const struct pprof_walk *w)
{
    uint32_t messages = w->seen & PROBE_MESSAGES;

    return w->fields >= PROBE_FIELDS &&
           (w->seen == messages || (messages & (messages - 1)) != 0);
}

static enum probe pprof_probe(struct slice head, bool is_whole)
{
    struct pprof_walk w = pprof_walk(head, UINT32_MAX);
    bool has_types = (w.seen & (1u << PPROF_SAMPLE_TYPE)) != 0;
    bool is_open = w.is_cut || !w.is_bad;

    if (head.len == 0)
        return is_whole ? PROBE_NO : PROBE_NEED_MORE;
    if (w.is_bad)
        /* Damage, behind so much that it cannot be chance. */
        return w.fields >= PROBE_FIELDS && has_types ? PROBE_LIKELY : PROBE_NO;
    if (has_types && w.fields >= 3 &&
        (!is_whole || !w.is_cut || w.fields >= PROBE_FIELDS))
        return PROBE_CERTAIN;
    if (!is_whole && head.len < LIMIT_PROBE_BYTES && is_open)
        return PROBE_NEED_MORE;
    return has_types || is_row_of_messages(&w) ? PROBE_LIKELY : PROBE_NO;
}

const struct parser_ops pprof_parser = {
    .name = "pprof",
    .about = "profiles of pprof (heap, allocs, goroutine, CPU, …), unpacked or in gzip",
    .sign = "protobuf whose fields and messages are those of profile.proto",
    .example = "curl -o heap.pb.gz http://localhost:6060/debug/pprof/heap (binary)",
    .state_bytes = sizeof(struct pprof),
    .probe = pprof_probe,
    .open = pprof_open,
    .feed = pprof_feed,
    .finish = pprof_finish,
    .close = pprof_close,
};
