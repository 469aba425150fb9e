/*
 * A byte stream, cut anywhere, into the JSON objects that it holds: one object, spread
 * over lines or not; objects one after another, one a line or not; the elements of a
 * top-level array. Each comes as contiguous bytes. One that lies whole in the piece that
 * was fed is not copied.
 *
 * Only brackets, strings and line ends are looked at: what is inside an object may still
 * be no JSON, which struct json finds out.
 *
 * A broken object (a bracket without its partner, a string that runs into the end of its
 * line, a line that begins with a "{" where none can stand, the end of the input) costs
 * no other: it comes with a reason, and the search goes on behind its first byte for a
 * line that begins with "{", for an object behind a "}" that begins with the same key as
 * the first object of the stream, or for the member that `rescue` names.
 *
 * Memory is bounded by LIMIT_JSON_OBJECT_BYTES.
 */
#ifndef PARSERS_JSON_FRAMES_H
#define PARSERS_JSON_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/base/diag.h"
#include "model/base/slice.h"
#include "parsers/limits.h"

/* Borrowed for the call. */
struct json_frame {
    struct slice bytes; /* "{…}"; of a broken one what there is of it, from its front on;
                           of foreign text the text */
    struct slice before;   /* text in front of it in its line, as a logger's stamp is: at
                              most LIMIT_JSON_BEFORE_BYTES; empty as a rule */
    uint64_t offset_bytes; /* of bytes.ptr in the stream */
    uint64_t line;         /* of bytes.ptr, from 1 */
    const char *reason;    /* NULL: whole; else why it is not: json_frame_skip counts it.
                              Static text */
    bool is_rescued;       /* it is the value of the member `rescue` of a broken one */
};

/* Counts a frame that came with a reason, where it broke. */
void json_frame_skip(const struct json_frame *frame, struct diag *diag);

typedef void json_frames_taker(void *user, const struct json_frame *frame);

/* Zero-initialise; `rescue` may be set then ("memstats"). The rest is its own. */
struct json_frames {
    struct slice rescue; /* static text without escapes */
    char *carry,
        *spare; /* of the object that pieces share; of one to be looked at again */
    size_t carry_len, carry_capacity, spare_capacity;
    uint64_t offset_bytes, line; /* of the next byte; newlines passed */
    int state;
    bool is_line_start; /* the last byte but NULs was a newline */
    bool is_array;      /* behind the "[" of a top-level array */
    bool is_lined;      /* the broken object had text in front: so has the next */
    /* The object, or the text, that is being read. */
    uint64_t item_offset_bytes, item_line;
    size_t before_bytes;
    uint64_t is_object; /* one bit a level: the innermost is bit 0 */
    unsigned depth;
    bool is_string, is_escaped, is_junk, is_tentative, is_rescued;
    char last; /* its last byte that is no blank */
    /* The first key of the stream's first object. */
    char key[LIMIT_JSON_KEY_BYTES];
    size_t key_len, key_at;
    bool has_key;
    size_t rescue_at; /* bytes of the member's name, with quotes, matched so far */
};

void json_frames_feed(struct json_frames *f, struct slice bytes, json_frames_taker *take,
                      void *user);

/* The input ended: an object that is open is broken. */
void json_frames_finish(struct json_frames *f, json_frames_taker *take, void *user);
void json_frames_close(struct json_frames *f);

#endif
