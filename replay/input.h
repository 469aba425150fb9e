/*
 * One input as decoded bytes: a file, a pipe or standard input, unpacked on the way.
 * Compression is found by its magic, in up to LIMIT_DECODE_DEPTH layers.
 *
 * Used from one thread at a time; it touches nothing outside itself.
 */
#ifndef REPLAY_INPUT_H
#define REPLAY_INPUT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/base/compiler.h"
#include "model/base/err.h"
#include "parsers/decode.h"
#include "parsers/limits.h"

struct input_stage {
    const struct decoder_ops *ops;
    struct decoder *decoder;
    char *buffer;
    struct slice left; /* of the buffer: not decoded yet */
    bool ended;        /* nothing follows in the stage below */
};

struct input {
    int fd;
    bool is_regular;
    uint64_t size_bytes;             /* of a regular file, when it was opened */
    bool has_mtime;                  /* a regular file's last change: … */
    int64_t mtime_ns;                /* … Unix time */
    _Atomic uint64_t consumed_bytes; /* read from fd; for a progress bar */
    struct input_stage stages[LIMIT_DECODE_DEPTH];
    unsigned depth;
    bool is_sniffed;
    char head[64]; /* read while sniffing, to be handed out first */
    size_t head_len, head_at;
};

enum input_result {
    INPUT_BYTES,
    INPUT_END,
    INPUT_WAIT,  /* a pipe with nothing in it now */
    INPUT_ERROR, /* *err says why; what came before counts */
};

/* "-" is standard input. False with the reason in err (no offset). */
MUST_USE bool input_open(struct input *in, const char *path, struct err *err);
void input_close(struct input *in);

/* At most `room` bytes into out. After INPUT_END or INPUT_ERROR it must not be called. */
enum input_result input_read(struct input *in, char *out, size_t room, size_t *got,
                             struct err *err);

/*
 * Finds the layers of compression. INPUT_BYTES when they are known; input_read does
 * it as well, so this is only for who wants to know them beforehand.
 */
enum input_result input_sniff(struct input *in, struct err *err);

#endif
