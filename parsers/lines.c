#include "parsers/lines.h"

#include <stdlib.h>
#include <string.h>

#include "model/base/mem.h"
#include "parsers/limits.h"
#include "parsers/scan.h"

/* A line that is longer than this cannot lie inside one piece, so every line over
 * LIMIT_LINE_BYTES is seen by the buffer, however the input was cut. */
#define PIECE_BYTES ((size_t)256 << 10)

/* The buffer holds the line's head and a window onto its tail, of twice the tail's
 * length so that it slides seldom. */
#define CARRY_MAX ((size_t)LIMIT_LINE_BYTES + 2 * LIMIT_LINE_TAIL_BYTES)

static void hand_on(struct lines *l, struct lines_run run, lines_taker *take, void *user)
{
    run.offset_bytes = l->offset_bytes;
    run.first_line = l->line + 1;
    l->line += take(user, &run);
    l->offset_bytes += run.bytes.len;
}

static void slide_tail(struct lines *l)
{
    size_t gone = CARRY_MAX - LIMIT_LINE_BYTES - LIMIT_LINE_TAIL_BYTES;

    memmove(l->carry + LIMIT_LINE_BYTES, l->carry + LIMIT_LINE_BYTES + gone,
            LIMIT_LINE_TAIL_BYTES);
    l->carry_len -= gone;
    l->carry_cut_bytes += gone;
}

static void carry_add(struct lines *l, struct slice s)
{
    while (s.len) {
        size_t room = CARRY_MAX - l->carry_len, take = s.len < room ? s.len : room;

        l->carry = mem_grow(l->carry, &l->carry_capacity, l->carry_len + take, 1);
        memcpy(l->carry + l->carry_len, s.ptr, take);
        l->carry_len += take;
        s = slice_after(s, take);
        if (l->carry_len == CARRY_MAX)
            slide_tail(l);
    }
}

static void hand_on_carry(struct lines *l, lines_taker *take, void *user)
{
    struct slice all = {l->carry, l->carry_len}, tail;
    size_t extra;

    if (all.len <= (size_t)LIMIT_LINE_BYTES + LIMIT_LINE_TAIL_BYTES &&
        l->carry_cut_bytes == 0) {
        hand_on(l, (struct lines_run){.bytes = all}, take, user);
    } else {
        hand_on(l,
                (struct lines_run){.bytes = {all.ptr, LIMIT_LINE_BYTES}, .is_head = true},
                take, user);
        tail = slice_after(all, LIMIT_LINE_BYTES);
        /* However the input was cut, the tail is the same bytes. */
        extra = tail.len - LIMIT_LINE_TAIL_BYTES;
        l->carry_cut_bytes += extra;
        l->offset_bytes += l->carry_cut_bytes;
        hand_on(l,
                (struct lines_run){.bytes = slice_after(tail, extra),
                                   .cut_bytes = l->carry_cut_bytes},
                take, user);
    }
    l->carry_len = 0;
    l->carry_cut_bytes = 0;
}

static void feed_piece(struct lines *l, struct slice s, lines_taker *take, void *user)
{
    const char *end = s.ptr + s.len, *rest;

    if (l->carry_len) {
        const char *newline = scan_line_end(s.ptr, end);
        size_t head = (size_t)(newline - s.ptr) + (newline < end);

        carry_add(l, slice_first(s, head));
        if (newline == end)
            return;
        hand_on_carry(l, take, user);
        s = slice_after(s, head);
    }
    rest = scan_line_start(s.ptr, end);
    if (rest > s.ptr)
        hand_on(l, (struct lines_run){.bytes = {s.ptr, (size_t)(rest - s.ptr)}}, take,
                user);
    carry_add(l, (struct slice){rest, (size_t)(end - rest)});
}

void lines_feed(struct lines *l, struct slice bytes, lines_taker *take, void *user)
{
    while (bytes.len) {
        struct slice piece = slice_first(bytes, PIECE_BYTES);

        feed_piece(l, piece, take, user);
        bytes = slice_after(bytes, piece.len);
    }
}

void lines_finish(struct lines *l, lines_taker *take, void *user)
{
    if (l->carry_len)
        hand_on_carry(l, take, user);
}

void lines_close(struct lines *l)
{
    free(l->carry);
    *l = (struct lines){0};
}
