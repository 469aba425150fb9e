/*
 * Decompression as a push stage: bytes in, cut anywhere, decoded bytes out.
 *
 * Sources: RFC 1952 (gzip: several members in a row, trailing zeros), RFC 8878
 * (zstd: several frames, skippable frames), the LZ4 frame format 1.6 (several frames,
 * skippable frames, no legacy frames), the .xz file format 1.1 (several streams,
 * stream padding); UTF-16 with a byte order mark, as PowerShell's > writes it.
 *
 * Memory is bounded by the format's window (see limits.h), never by what a file
 * claims to unpack to. Output is handed on in pieces of at most
 * DECODE_PIECE_BYTES.
 */
#ifndef PARSERS_DECODE_H
#define PARSERS_DECODE_H

#include <stdbool.h>
#include <stddef.h>

#include "model/base/compiler.h"
#include "model/base/err.h"
#include "model/base/slice.h"

#define DECODE_PIECE_BYTES (256u << 10)

/* As many bytes as decode_find needs to be sure (fewer at the end of the input). */
#define DECODE_MAGIC_BYTES 6

struct decoder;

struct decoder_ops {
    const char *name; /* "gzip", "zstd", "lz4", "xz", "utf-16" */
    /* NULL-safe close; create never fails. */
    struct decoder *(*create)(void);
    /*
     * Takes input from *in (moving it on) and writes at most `room` bytes to `out`.
     * Returns how many; 0 with *in empty means "more input". False in *ok, with *err
     * filled (its offset counts compressed bytes from the front of the stream), when
     * the stream is beyond use; what was written before still counts.
     */
    size_t (*step)(struct decoder *d, struct slice *in, char *out, size_t room, bool *ok,
                   struct err *err);
    /* The input ended, and step has given all it held: false when it did so inside a
     * frame. After a failure both go on failing with the same *err. */
    bool (*finish)(struct decoder *d, struct err *err);
    void (*destroy)(struct decoder *d);
};

/* The decoder for what begins with these bytes; NULL: it is not compressed. */
const struct decoder_ops *decode_find(struct slice head);

/* All of them, ending with NULL, for tests and for the formats command. */
extern const struct decoder_ops *const decoder_table[];

#endif
