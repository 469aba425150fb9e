#include "replay/transcript.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "model/base/mem.h"
#include "model/base/slice.h"

/*
 * Bytes of finished lines lie in a ring, and where they lie in another. A line is never
 * cut in two by the ring's end, so that it can be told as one slice. Each takes a byte
 * more than it has, so that an empty one has a place as well.
 */
struct line {
    int64_t time_ns;
    uint32_t source;
    uint32_t len;
    size_t at;
};

/* So many half lines are kept apart; a recording that was made to exhaust us has more,
 * and their lines are cut where they meet. */
#define STREAMS_MAX 256

/* A line that has begun. */
struct half {
    uint32_t source;
    bool has_begun;
    int64_t time_ns;
    size_t len;
    char text[TRANSCRIPT_LINE_BYTES];
};

struct transcript {
    char *bytes;
    size_t head; /* where the next line goes */
    struct line lines[TRANSCRIPT_LINES];
    uint64_t first, end;
    struct half **halves; /* one a stream */
    size_t half_count, half_capacity;
};

struct transcript *transcript_create(void)
{
    struct transcript *t = mem_alloc(sizeof *t);

    t->bytes = mem_alloc(TRANSCRIPT_BYTES);
    return t;
}

void transcript_destroy(struct transcript *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < t->half_count; i++)
        free(t->halves[i]);
    free(t->halves);
    free(t->bytes);
    free(t);
}

static const struct line *line_of(const struct transcript *t, uint64_t number)
{
    return &t->lines[number % TRANSCRIPT_LINES];
}

/* Lines are written in turn, so what lies in the way is always the oldest. */
static void make_room(struct transcript *t, size_t from, size_t len)
{
    while (t->first < t->end) {
        const struct line *oldest = line_of(t, t->first);
        bool is_in_the_way = oldest->at < from + len && from <= oldest->at + oldest->len;

        if (!is_in_the_way && t->end - t->first < TRANSCRIPT_LINES)
            return;
        t->first++;
    }
}

static void finish_line(struct transcript *t, struct half *half)
{
    size_t len = half->len;

    if (len > 0 && half->text[len - 1] == '\r')
        len--;
    if (t->head + len + 1 > TRANSCRIPT_BYTES) {
        /* What lies between here and the end is the oldest, and is passed over. */
        make_room(t, t->head, TRANSCRIPT_BYTES - t->head);
        t->head = 0;
    }
    make_room(t, t->head, len + 1);
    memcpy(t->bytes + t->head, half->text, len);
    t->lines[t->end % TRANSCRIPT_LINES] = (struct line){
        .time_ns = half->time_ns,
        .source = half->source,
        .len = (uint32_t)len,
        .at = t->head,
    };
    t->end++;
    t->head += len + 1;
    half->len = 0;
    half->has_begun = false;
}

static struct half *half_of(struct transcript *t, uint32_t source)
{
    struct half *half;

    for (size_t i = 0; i < t->half_count; i++)
        if (t->halves[i]->source == source)
            return t->halves[i];
    if (t->half_count == STREAMS_MAX) {
        half = t->halves[source % STREAMS_MAX];
        if (half->has_begun)
            finish_line(t, half);
        half->source = source;
        return half;
    }
    t->halves =
        mem_grow(t->halves, &t->half_capacity, t->half_count + 1, sizeof *t->halves);
    half = mem_alloc(sizeof *half);
    half->source = source;
    t->halves[t->half_count++] = half;
    return half;
}

static void take_part(struct half *half, struct slice part)
{
    size_t room = TRANSCRIPT_LINE_BYTES - half->len;
    size_t len = part.len < room ? part.len : room;

    if (len > 0)
        memcpy(half->text + half->len, part.ptr, len);
    half->len += len;
}

void transcript_take(struct transcript *t, uint32_t source, int64_t time_ns,
                     struct slice bytes)
{
    struct half *half = half_of(t, source);

    while (bytes.len > 0) {
        const char *end = memchr(bytes.ptr, '\n', bytes.len);
        size_t len = end ? (size_t)(end - bytes.ptr) : bytes.len;

        if (!half->has_begun)
            half->time_ns = time_ns;
        half->has_begun = true;
        take_part(half, slice_of(bytes.ptr, len));
        if (!end)
            return;
        finish_line(t, half);
        bytes = slice_after(bytes, len + 1);
    }
}

void transcript_cut(struct transcript *t, uint32_t source)
{
    struct half *half = half_of(t, source);

    if (half->has_begun)
        finish_line(t, half);
}

uint64_t transcript_first(const struct transcript *t)
{
    return t->first;
}

uint64_t transcript_end(const struct transcript *t)
{
    return t->end;
}

struct transcript_line transcript_line(const struct transcript *t, uint64_t number)
{
    const struct line *line = line_of(t, number);

    assert(number >= t->first && number < t->end);
    return (struct transcript_line){
        .source = line->source,
        .time_ns = line->time_ns,
        .text = slice_of(t->bytes + line->at, line->len),
    };
}

uint64_t transcript_after(const struct transcript *t, int64_t time_ns)
{
    uint64_t number = t->end;

    while (number > t->first && line_of(t, number - 1)->time_ns > time_ns)
        number--;
    return number;
}
