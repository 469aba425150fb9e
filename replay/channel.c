#include "replay/channel.h"

#include <stdlib.h>

#include "model/base/mem.h"
#include "model/base/text.h"
#include "model/ingest.h"
#include "parsers/stamp.h"

/* Lines are handed on in runs of about this much. */
#define RUN_BYTES ((size_t)256 << 10)

/* Faults are told of records that began up to some dozens of lines ago. */
#define PLACES_KEPT 512

/* With more channels than this, those that are not recognised yet wait until they have
 * grown by a quarter before they are looked at again. */
#define EAGER_CHANNELS 8

/* Where a line that a parser sees comes from. */
struct place {
    uint64_t offset_bytes; /* of its start, as the parser counts */
    uint64_t in_line, in_offset_bytes;
};

struct channel {
    struct slice source, scope; /* its own */
    int64_t pid;
    uint64_t hash;
    bool is_named; /* false: of lines that nobody's name is on */
    bool is_dead;  /* nobody knows its format, or its parser gave up */
    bool is_bare;  /* lines go without their stamps */
    uint64_t used;
    const struct parser_ops *format;
    void *state;
    struct ingest *ingest;
    struct text out; /* lines to hand on; its head while the format is unknown */
    size_t probed_bytes;
    uint64_t handed_bytes; /* before `out` */
    struct place *places;  /* of the last lines */
    size_t place_count, place_capacity;
    uint64_t first_line; /* number of the first of them, from 1 */
};

struct channels {
    struct session *session;
    struct source *source;
    const struct parser_ops *format;
    struct diag diag; /* of one call of a parser */
    struct channel *list[LIMIT_CHANNELS];
    unsigned count;
    struct channel *last;
    uint64_t used;
};

struct channels *channels_create(struct session *session, struct source *source,
                                 const struct parser_ops *format)
{
    struct channels *c = mem_alloc(sizeof *c);

    c->session = session;
    c->source = source;
    c->format = format;
    return c;
}

static struct slice dup_slice(struct slice s)
{
    return slice_of(mem_dup_slice(s), s.len);
}

static void free_slice(struct slice s)
{
    free((void *)(uintptr_t)s.ptr);
}

static void destroy_channel(struct channel *ch)
{
    if (ch->state)
        ch->format->close(ch->state);
    free(ch->state);
    ingest_destroy(ch->ingest);
    text_finish(&ch->out);
    free(ch->places);
    free_slice(ch->source);
    free_slice(ch->scope);
    free(ch);
}

void channels_destroy(struct channels *c)
{
    if (!c)
        return;
    for (unsigned i = 0; i < c->count; i++)
        destroy_channel(c->list[i]);
    free(c);
}

/* The place that a fault's line, or its offset, stands for. */
static const struct place *place_of(const struct channel *ch, const struct diag_entry *e)
{
    size_t low = 0, high = ch->place_count;

    if (e->line >= ch->first_line && e->line - ch->first_line < ch->place_count)
        return &ch->places[e->line - ch->first_line];
    if (e->line && e->line < ch->first_line)
        return &ch->places[0];
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (ch->places[middle].offset_bytes <= e->offset_bytes)
            low = middle;
        else
            high = middle;
    }
    return &ch->places[low];
}

/* What the parser just complained of, at its places in the wrapped log. */
static void merge_diag(struct channels *c, struct channel *ch)
{
    if (!c->diag.skipped && !c->diag.errors)
        return;
    for (unsigned i = 0; i < c->diag.kept_count && ch->place_count; i++) {
        const struct place *place = place_of(ch, &c->diag.kept[i]);

        c->diag.kept[i].line = place->in_line;
        c->diag.kept[i].offset_bytes = place->in_offset_bytes;
    }
    diag_merge(&c->source->diag, &c->diag);
    c->diag = (struct diag){0};
    c->session->revision++;
}

static void forget_places(struct channel *ch)
{
    size_t gone = ch->place_count - PLACES_KEPT;

    if (ch->place_count < 4 * (size_t)PLACES_KEPT)
        return;
    memmove(ch->places, ch->places + gone, PLACES_KEPT * sizeof *ch->places);
    ch->place_count = PLACES_KEPT;
    ch->first_line += gone;
}

static void die(struct channel *ch)
{
    ch->is_dead = true;
    text_finish(&ch->out);
    free(ch->places);
    ch->places = NULL;
    ch->place_count = ch->place_capacity = 0;
}

static void hand_on(struct channels *c, struct channel *ch)
{
    struct err err = {0};
    bool ok = ch->format->feed(ch->state, slice_of(ch->out.ptr, ch->out.len), &err);

    if (!ok)
        diag_error(&c->diag, &err);
    merge_diag(c, ch);
    ch->handed_bytes += ch->out.len;
    text_clear(&ch->out);
    forget_places(ch);
    if (!ok)
        die(ch);
}

/* The text behind a stamp and one blank: more of them may be what a format means. */
static struct slice behind_stamp(struct slice line)
{
    struct stamp stamp;

    if (!stamp_parse(line, &stamp))
        return line;
    line = slice_after(line, stamp.len);
    return slice_starts(line, SLICE(" ")) ? slice_after(line, 1) : line;
}

/* The head without its stamps. */
static struct text bare_of(const struct text *head)
{
    struct slice rest = slice_of(head->ptr, head->len);
    struct text bare = {0};

    while (rest.len) {
        const char *newline = memchr(rest.ptr, '\n', rest.len);
        size_t len = newline ? (size_t)(newline - rest.ptr) + 1 : rest.len;

        text_put(&bare, behind_stamp(slice_first(rest, newline ? len - 1 : len)));
        text_put_char(&bare, '\n');
        rest = slice_after(rest, len);
    }
    return bare;
}

/* From here on the parser's offsets are those of the bare text. */
static void make_bare(struct channel *ch, struct text *bare)
{
    uint64_t offset = 0;

    text_finish(&ch->out);
    ch->out = *bare;
    *bare = (struct text){0};
    ch->is_bare = true;
    for (size_t i = 0; i < ch->place_count; i++) {
        const char *at = ch->out.ptr + offset;
        const char *newline = memchr(at, '\n', ch->out.len - (size_t)offset);

        ch->places[i].offset_bytes = offset;
        offset = newline ? (uint64_t)(newline - ch->out.ptr) + 1 : ch->out.len;
    }
}

static unsigned rank_of(const struct parser_ops *ops)
{
    unsigned i = 0;

    while (parser_table[i] && parser_table[i] != ops)
        i++;
    return i;
}

/* Which parser is sure of these bytes, and how sure; NULL: none. */
static const struct parser_ops *ask(const struct channels *c, struct slice head,
                                    bool is_whole, bool *need_more, enum probe *answer)
{
    const struct parser_ops *ops = c->format;

    *need_more = false;
    if (!ops)
        ops = parser_probe(head, is_whole, need_more);
    *answer = ops ? ops->probe(head, is_whole) : PROBE_NO;
    return ops;
}

/* The surer of the two forms; the parser that stands first in the table among equals. */
static void find_format(struct channels *c, struct channel *ch, bool is_whole,
                        bool *need_more)
{
    struct text bare = bare_of(&ch->out);
    enum probe stamped_answer, bare_answer;
    bool more = false;
    const struct parser_ops *stamped =
        ask(c, slice_of(ch->out.ptr, ch->out.len), is_whole, need_more, &stamped_answer);
    const struct parser_ops *other =
        ask(c, slice_of(bare.ptr, bare.len), is_whole, &more, &bare_answer);

    ch->format = stamped;
    if (other && (!stamped || bare_answer > stamped_answer ||
                  (bare_answer == stamped_answer && rank_of(other) < rank_of(stamped)))) {
        ch->format = other;
        make_bare(ch, &bare);
    }
    *need_more = *need_more || more;
    text_finish(&bare);
}

static void start_parser(struct channels *c, struct channel *ch)
{
    ch->ingest = ingest_create(c->session, c->source);
    ingest_set_name(ch->ingest, ch->source, ch->pid);
    ch->state = mem_alloc(ch->format->state_bytes);
    if (!c->source->format)
        c->source->format = ch->format->name;
    if (ch->format->open(ch->state, ingest_sink(ch->ingest), &c->diag))
        hand_on(c, ch);
    else
        die(ch);
}

static void recognise(struct channels *c, struct channel *ch, bool is_whole)
{
    bool need_more;

    if (!is_whole && c->count > EAGER_CHANNELS &&
        ch->out.len < ch->probed_bytes + ch->probed_bytes / 4)
        return;
    ch->probed_bytes = ch->out.len;
    find_format(c, ch, is_whole, &need_more);
    if (ch->format)
        start_parser(c, ch);
    else if (is_whole || !need_more)
        die(ch);
}

static void flush(struct channels *c, struct channel *ch)
{
    if (ch->is_dead || ch->out.len == 0)
        return;
    if (ch->state)
        hand_on(c, ch);
    else
        recognise(c, ch, false);
}

static void finish(struct channels *c, struct channel *ch)
{
    struct err err = {0};

    if (!ch->is_dead && !ch->state && ch->out.len)
        recognise(c, ch, true);
    flush(c, ch);
    if (ch->is_dead || !ch->state)
        return;
    if (!ch->format->finish(ch->state, &err))
        diag_error(&c->diag, &err);
    merge_diag(c, ch);
}

static uint64_t hash_of(const struct unwrap_line *line)
{
    uint64_t hash = (uint64_t)line->pid;

    for (size_t i = 0; i < line->source.len; i++)
        hash = (hash ^ (unsigned char)line->source.ptr[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static bool is_of(const struct channel *ch, const struct unwrap_line *line, uint64_t hash)
{
    return ch->hash == hash && ch->pid == line->pid &&
           slice_eq(ch->source, line->source) && slice_eq(ch->scope, line->scope);
}

static void set_name(struct channel *ch, const struct unwrap_line *line, uint64_t hash)
{
    free_slice(ch->source);
    free_slice(ch->scope);
    ch->source = dup_slice(line->source);
    ch->scope = dup_slice(line->scope);
    ch->pid = line->pid;
    ch->hash = hash;
    ch->is_named = !line->is_foreign && (line->source.len || line->pid >= 0);
    if (ch->ingest)
        ingest_set_name(ch->ingest, line->source, line->pid);
}

static struct channel *add_channel(struct channels *c, const struct unwrap_line *line,
                                   uint64_t hash)
{
    struct channel *ch = mem_alloc(sizeof *ch);
    unsigned at = 0;

    ch->first_line = 1;
    set_name(ch, line, hash);
    if (c->count < LIMIT_CHANNELS) {
        c->list[c->count++] = ch;
        return ch;
    }
    for (unsigned i = 1; i < c->count; i++) {
        if (c->list[i]->used < c->list[at]->used)
            at = i;
    }
    finish(c, c->list[at]);
    destroy_channel(c->list[at]);
    c->list[at] = ch;
    return ch;
}

static struct channel *find_channel(struct channels *c, const struct unwrap_line *line)
{
    uint64_t hash;

    /* A line without a front goes on where the last one stopped. */
    if (line->is_foreign && c->last)
        return c->last;
    hash = hash_of(line);
    if (c->last && is_of(c->last, line, hash))
        return c->last;
    for (unsigned i = 0; i < c->count; i++) {
        if (is_of(c->list[i], line, hash))
            return c->list[i];
    }
    /* What came before the first name was of whoever has it. */
    if (c->count == 1 && !c->list[0]->is_named) {
        set_name(c->list[0], line, hash);
        return c->list[0];
    }
    return add_channel(c, line, hash);
}

void channels_take(void *user, const struct unwrap_line *line)
{
    struct channels *c = user;
    struct channel *ch = find_channel(c, line);
    struct place *place;

    c->last = ch;
    ch->used = ++c->used;
    if (ch->is_dead)
        return;
    ch->places = mem_grow(ch->places, &ch->place_capacity, ch->place_count + 1,
                          sizeof *ch->places);
    place = &ch->places[ch->place_count++];
    *place =
        (struct place){ch->handed_bytes + ch->out.len, line->line, line->offset_bytes};
    if (line->stamp.len && !ch->is_bare) {
        text_put(&ch->out, line->stamp);
        text_put_char(&ch->out, ' ');
    }
    text_put(&ch->out,
             ch->is_bare && !line->stamp.len ? behind_stamp(line->text) : line->text);
    text_put_char(&ch->out, '\n');
    if (ch->out.len >= RUN_BYTES)
        flush(c, ch);
}

void channels_flush(struct channels *c)
{
    for (unsigned i = 0; i < c->count; i++)
        flush(c, c->list[i]);
}

void channels_pause(struct channels *c)
{
    bool need_more;

    for (unsigned i = 0; i < c->count; i++) {
        struct channel *ch = c->list[i];

        if (ch->is_dead || ch->state || ch->out.len == 0)
            continue;
        find_format(c, ch, true, &need_more);
        if (ch->format)
            start_parser(c, ch);
    }
}

void channels_finish(struct channels *c)
{
    for (unsigned i = 0; i < c->count; i++)
        finish(c, c->list[i]);
}
