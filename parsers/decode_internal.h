/*
 * What the decoders share: one loop that drives a library's "take some, give some"
 * call, and the answers that are the same for every format.
 *
 * A format is a `run` that makes one such call. The loop around it keeps count, says
 * whether the input may end here, and keeps a failure, so that a stream that is beyond
 * use stays so.
 *
 * Lifetime. Every decoder begins with a struct decoder, which decoder_init fills;
 * a decoder is freed by the format's own destroy.
 */
#ifndef PARSERS_DECODE_INTERNAL_H
#define PARSERS_DECODE_INTERNAL_H

#include "parsers/decode.h"

/* What one call may take and give, and what it did. */
struct decode_io {
    const char *in;
    size_t in_len;
    char *out;
    size_t room; /* at least 1 */
    size_t took_bytes, wrote_bytes;
};

enum run {
    RUN_IN_FRAME, /* the input may not end here */
    RUN_BETWEEN,  /* the input may end here; more frames may follow */
    RUN_FAILED,   /* *err is filled, its offset from the front of the stream */
};

typedef enum run decoder_run(struct decoder *d, struct decode_io *io, struct err *err);

struct decoder {
    const char *name;
    decoder_run *run;
    uint64_t in_bytes; /* taken since the front of the stream */
    bool is_in_frame;
    bool
        may_hold_output; /* the last call left no room: there may be more without input */
    bool has_failed;
    struct err failure;
};

void decoder_init(struct decoder *d, const char *name, decoder_run *run);

/* The step and the finish of struct decoder_ops. */
size_t decoder_step(struct decoder *d, struct slice *in, char *out, size_t room, bool *ok,
                    struct err *err);
bool decoder_finish(struct decoder *d, struct err *err);

/* Keeps *err for good and returns false. */
bool decoder_fail(struct decoder *d, const struct err *err);

/* For a format that this build lacks: recognised, and then refused by name. */
struct decoder *decoder_create_missing(const char *name);
void decoder_destroy_missing(struct decoder *d);

extern const struct decoder_ops decode_gzip;
extern const struct decoder_ops decode_zstd;
extern const struct decoder_ops decode_lz4;
extern const struct decoder_ops decode_xz;
extern const struct decoder_ops decode_utf16;

#endif
