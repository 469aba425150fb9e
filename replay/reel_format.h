/*
 * What the writer and the reader of a .reel share: the frames around the entries.
 *
 * Source: RFC 8878, 3.1.1 (frames and blocks) and 3.1.2 (skippable frames); for the seek
 * table see replay/reel.h.
 */
#ifndef REPLAY_REEL_FORMAT_H
#define REPLAY_REEL_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/base/compiler.h"

#define REEL_MAGIC_HEAD UINT32_C(0x184D2A5A)
#define REEL_MAGIC_MARK UINT32_C(0x184D2A5B)
#define REEL_MAGIC_TABLE UINT32_C(0x184D2A5E)
#define REEL_MAGIC_SEEKABLE UINT32_C(0x8F92EAB1)
#define REEL_MAGIC_ZSTD UINT32_C(0xFD2FB528)

#define REEL_TEXT "heapreel reel\n"
#define REEL_TEXT_BYTES (sizeof REEL_TEXT - 1)
#define REEL_VERSION 1u

#define REEL_SKIPPABLE_BYTES ((size_t)8) /* magic and size, in front of any of them */
#define REEL_HEAD_BYTES (REEL_SKIPPABLE_BYTES + REEL_TEXT_BYTES + 4 + 8)
#define REEL_MARK_BYTES (REEL_SKIPPABLE_BYTES + 8 + 4)
#define REEL_TABLE_ENTRY_BYTES ((size_t)8)
#define REEL_FOOTER_BYTES ((size_t)9)
#define REEL_ENTRY_HEAD_BYTES ((size_t)28)

/* 2 MiB, which is what level 3 takes: enough to find the last document of each source,
 * and bounds what a reader must hold. */
#define REEL_WINDOW_LOG 21

static inline void reel_put(unsigned char *to, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        to[i] = (unsigned char)(value >> 8 * i);
}

static inline uint64_t reel_get(const unsigned char *from, size_t bytes)
{
    uint64_t value = 0;

    for (size_t i = bytes; i > 0; i--)
        value = value << 8 | from[i - 1];
    return value;
}

static inline uint32_t reel_get_u32(const unsigned char *from)
{
    return (uint32_t)reel_get(from, 4);
}

/* Where the parts of a file begin, in their order. */
struct reel_index {
    uint64_t *offsets; /* of their marks */
    size_t count, capacity;
    uint64_t end_offset; /* behind the last part */
    bool is_torn;
};

/* By the seek table where it is good, else by walking from frame to frame. */
void reel_index_read(struct reel_index *index, int fd, uint64_t size_bytes);
void reel_index_finish(struct reel_index *index);

/* The time of the part that begins there; false where none does. */
MUST_USE bool reel_mark_read(int fd, uint64_t offset, int64_t *time_ns);

/* Up to `len` bytes; fewer only at the end of the file, or on an error, left in errno
 * (0 at the end). */
size_t reel_pread(int fd, void *to, size_t len, uint64_t offset);

#endif
