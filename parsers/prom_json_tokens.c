#include "parsers/prom_json_tokens.h"

#include <stddef.h>

#include "model/base/num.h"
#include "parsers/limits.h"

enum state { BETWEEN, STRING, ESCAPE, BARE, LOST };

struct out {
    struct prom_json_tokens *t;
    prom_json_taker *take;
    void *user;
};

static const struct slice mark = SLICE_INIT("{\"metric\"");

static bool is_in_object(const struct prom_json_tokens *t)
{
    return t->depth > 0 && (t->is_object & 1);
}

static void emit(const struct out *o, enum json_kind kind, struct slice text)
{
    struct prom_json_tokens *t = o->t;
    struct prom_json_token token = {
        .kind = kind,
        .text = text,
        .is_cut = t->is_cut,
        .offset_bytes = t->token_offset_bytes,
        .line = t->token_line + 1,
    };

    o->take(o->user, &token);
}

static void fail_with(const struct out *o, const char *reason, struct slice text)
{
    struct prom_json_tokens *t = o->t;
    struct prom_json_token token = {
        .kind = JSON_ERROR,
        .text = text,
        .offset_bytes = t->token_offset_bytes,
        .line = t->token_line + 1,
        .reason = reason,
    };

    o->take(o->user, &token);
    text_clear(&t->carry);
    t->is_cut = false;
    t->state = LOST;
    t->matched = 0;
}

static void fail(const struct out *o, const char *reason)
{
    fail_with(o, reason, (struct slice){0});
}

static void start_over(struct prom_json_tokens *t)
{
    t->state = BETWEEN;
    t->depth = 0;
    t->is_object = 0;
    t->wants_comma = t->had_comma = t->wants_colon = t->wants_value = false;
    t->is_loose = true;
}

static void start_token(struct prom_json_tokens *t, const char *front, const char *p)
{
    t->token_offset_bytes = t->offset_bytes + (uint64_t)(p - front);
    t->token_line = t->line;
}

/* A value, or a key, may stand here. */
static bool may_start(const struct out *o, bool is_string)
{
    struct prom_json_tokens *t = o->t;
    const char *reason = NULL;

    if (t->wants_colon)
        reason = "expected a colon";
    else if (t->wants_comma && t->depth > 0)
        reason = "expected a comma";
    else if (is_in_object(t) && !t->wants_value && !is_string)
        reason = "expected a key";
    if (reason)
        fail(o, reason);
    return !reason;
}

static void value_done(struct prom_json_tokens *t)
{
    t->wants_value = false;
    t->wants_comma = true;
    t->had_comma = false;
}

static bool open_level(const struct out *o, bool is_object)
{
    struct prom_json_tokens *t = o->t;

    if (!may_start(o, false))
        return false;
    if (t->depth == LIMIT_JSON_DEPTH) {
        fail(o, "nested too deep");
        return false;
    }
    t->is_object = t->is_object << 1 | is_object;
    t->depth++;
    t->wants_comma = t->wants_value = t->had_comma = false;
    emit(o, is_object ? JSON_OBJECT : JSON_ARRAY, (struct slice){0});
    return true;
}

static bool close_level(const struct out *o, bool is_object)
{
    struct prom_json_tokens *t = o->t;

    if (t->depth == 0 && t->is_loose)
        return true;
    if (t->depth == 0 || (t->is_object & 1) != is_object || t->wants_value ||
        t->wants_colon || t->had_comma) {
        fail(o, "unexpected closing bracket");
        return false;
    }
    t->is_object >>= 1;
    t->depth--;
    emit(o, is_object ? JSON_OBJECT_END : JSON_ARRAY_END, (struct slice){0});
    value_done(t);
    return true;
}

static bool take_comma(const struct out *o)
{
    struct prom_json_tokens *t = o->t;

    if (t->depth == 0 && t->is_loose)
        return true;
    if (!t->wants_comma || t->depth == 0) {
        fail(o, "unexpected comma");
        return false;
    }
    t->wants_comma = false;
    t->had_comma = true;
    return true;
}

static bool take_colon(const struct out *o)
{
    struct prom_json_tokens *t = o->t;

    if (!t->wants_colon) {
        fail(o, "unexpected colon");
        return false;
    }
    t->wants_colon = false;
    t->wants_value = true;
    return true;
}

static void string_done(const struct out *o, struct slice text)
{
    struct prom_json_tokens *t = o->t;

    if (is_in_object(t) && !t->wants_value) {
        t->wants_colon = true;
        t->had_comma = false;
        emit(o, JSON_KEY, text);
    } else {
        emit(o, JSON_STRING, text);
        value_done(t);
    }
    text_clear(&t->carry);
    t->is_cut = false;
}

static void bare_done(const struct out *o, struct slice text)
{
    static const struct {
        struct slice text;
        enum json_kind kind;
    } words[] = {
        {SLICE_INIT("null"), JSON_NULL},
        {SLICE_INIT("true"), JSON_TRUE},
        {SLICE_INIT("false"), JSON_FALSE},
    };
    enum json_kind kind = JSON_NUMBER;
    double value;

    o->t->state = BETWEEN;
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (slice_eq(words[i].text, text))
            kind = words[i].kind;
    }
    if (kind == JSON_NUMBER && !num_parse_double(text, &value)) {
        fail_with(o, "malformed value", text);
        return;
    }
    emit(o, kind, text);
    value_done(o->t);
    text_clear(&o->t->carry);
    o->t->is_cut = false;
}

/* Adds to the token that pieces share, as far as there is room. */
static void keep(struct prom_json_tokens *t, const char *from, const char *to)
{
    size_t room = LIMIT_PROM_JSON_TOKEN_BYTES - t->carry.len, len = (size_t)(to - from);

    if (len > room) {
        len = room;
        t->is_cut = true;
    }
    if (len)
        text_put(&t->carry, slice_of(from, len));
}

/* The token's text: of the buffer, or of the piece where it lies whole in it. */
static struct slice token_text(struct prom_json_tokens *t, const char *from,
                               const char *to)
{
    if (t->carry.len == 0 && (size_t)(to - from) <= LIMIT_PROM_JSON_TOKEN_BYTES)
        return slice_of(from, (size_t)(to - from));
    keep(t, from, to);
    return slice_of(t->carry.ptr, t->carry.len);
}

/* From inside a string on; behind its quote, or `end`. */
static const char *read_string(const struct out *o, const char *p, const char *end)
{
    struct prom_json_tokens *t = o->t;
    const char *from = p;

    for (; p < end; p++) {
        if (t->state == ESCAPE) {
            t->state = STRING;
            t->line += *p == '\n';
        } else if (*p == '\\') {
            t->state = ESCAPE;
        } else if (*p == '"') {
            t->state = BETWEEN;
            string_done(o, token_text(t, from, p));
            return p + 1;
        } else if (*p == '\n') { /* a line's end in a string: its quote is missing */
            keep(t, from, p);
            fail_with(o, "string without its closing quote",
                      slice_of(t->carry.ptr, t->carry.len));
            return p;
        }
    }
    keep(t, from, end);
    return end;
}

static bool is_bare(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           c == '-' || c == '+' || c == '.';
}

static const char *read_bare(const struct out *o, const char *p, const char *end)
{
    const char *from = p;

    while (p < end && is_bare(*p))
        p++;
    if (p < end)
        bare_done(o, token_text(o->t, from, p));
    else
        keep(o->t, from, p);
    return p;
}

/* Damage behind us: looks for the next series. */
static const char *read_lost(const struct out *o, const char *p, const char *end)
{
    struct prom_json_tokens *t = o->t;
    const char *from = p;

    for (; p < end; p++) {
        t->line += *p == '\n';
        t->matched = *p == mark.ptr[t->matched] ? t->matched + 1 : *p == mark.ptr[0];
        if (t->matched < mark.len)
            continue;
        start_over(t);
        t->token_offset_bytes += (uint64_t)(p - from) + 1 - mark.len;
        t->token_line = t->line;
        (void)open_level(o, true);
        string_done(o, SLICE("metric"));
        return p + 1;
    }
    return end;
}

/* One byte between tokens; whether it was taken. */
static bool read_between(const struct out *o, char c)
{
    struct prom_json_tokens *t = o->t;

    switch (c) {
    case '\n':
        t->line++;
        return true;
    case ' ':
    case '\t':
    case '\r':
    case '\0': /* the hole of a file that was truncated in place */
        return true;
    case '{':
    case '[':
        return open_level(o, c == '{');
    case '}':
    case ']':
        return close_level(o, c == '}');
    case ',':
        return take_comma(o);
    case ':':
        return take_colon(o);
    case '"':
        if (may_start(o, true))
            t->state = STRING;
        return true;
    default:
        if (!is_bare(c))
            fail(o, "unexpected byte");
        else if (may_start(o, false))
            t->state = BARE;
        return false;
    }
}

void prom_json_tokens_feed(struct prom_json_tokens *t, struct slice bytes,
                           prom_json_taker *take, void *user)
{
    struct out o = {t, take, user};
    const char *front = bytes.ptr, *p = front, *end = p + bytes.len;

    while (p < end) {
        switch (t->state) {
        case STRING:
        case ESCAPE:
            p = read_string(&o, p, end);
            break;
        case BARE:
            p = read_bare(&o, p, end);
            break;
        case LOST:
            start_token(t, front, p);
            p = read_lost(&o, p, end);
            break;
        default:
            start_token(t, front, p);
            p += read_between(&o, *p);
            break;
        }
    }
    t->offset_bytes += bytes.len;
}

void prom_json_tokens_finish(struct prom_json_tokens *t, prom_json_taker *take,
                             void *user)
{
    struct out o = {t, take, user};

    if (t->state == BARE)
        bare_done(&o, slice_of(t->carry.ptr, t->carry.len));
    if (t->state == LOST || (t->state == BETWEEN && t->depth == 0))
        return;
    t->token_offset_bytes = t->offset_bytes;
    t->token_line = t->line;
    text_clear(&t->carry);
    fail(&o, "ends in the middle of a value");
}

void prom_json_tokens_close(struct prom_json_tokens *t)
{
    text_finish(&t->carry);
}
