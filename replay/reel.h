/*
 * The .reel file: entries as they came, in zstd frames.
 *
 * Layout, little endian:
 *   skippable frame 0x184D2A5A   "heapreel reel\n", u32 version 1, i64 created (Unix ns;
 *                  of the recording's first file, where it was cut into several)
 *   for each part: skippable frame 0x184D2A5B   i64 time of its first entry, u32 the
 *                  number of sources repeated at its front
 *                  zstd frame with a checksum   the part's entries
 *   skippable frame 0x184D2A5E   zstd's seek table of all frames before it, the skippable
 *                                ones included (without it the recording was torn: what
 *                                is there still reads)
 *   An entry is u8 kind, u8 flags, u16 0, u32 source, i64 time, i64 pid, u32 length,
 * bytes.
 *
 * Each part begins with the SOURCE entries of all sources that are still alive, at the
 * time of the part, so that reading can begin at any part. A part is flushed at least
 * once a second of BEATs, so that a recorder that is killed loses no more than that, and
 * ends at REEL_PART_BYTES or REEL_PART_NS.
 *
 * Source of the seek table: contrib/seekable_format/zstd_seekable_compression_format.md
 * of zstd 1.5.
 */
#ifndef REPLAY_REEL_H
#define REPLAY_REEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/base/compiler.h"
#include "model/base/err.h"
#include "replay/entry.h"

#define REEL_PART_BYTES ((size_t)4 << 20)
#define REEL_PART_NS (INT64_C(60) * 1000000000)

/* Writing. */

struct reel_writer;

/* A new file, for its owner's eyes only; one that exists is only overwritten where it is
 * a reel or empty, and nobody is writing it, and then not before something reaches the
 * file (reel_flush, reel_close, or much that was written). NULL with the reason in err.
 */
struct reel_writer *reel_create(const char *path, int64_t created_ns, struct err *err);

/* By another process. */
bool reel_is_being_written(const char *path);

/* False with the reason in err when the disk is full or the like: then nothing more can
 * be written, what was written before reads, and only reel_close may be called. */
MUST_USE bool reel_write(struct reel_writer *w, const struct entry *e, struct err *err);

/* What was written so far reaches the file. */
MUST_USE bool reel_flush(struct reel_writer *w, struct err *err);

/* So far, compressed. */
uint64_t reel_bytes_written(const struct reel_writer *w);

/* The seek table, and the end; *bytes_written is then the file's size (NULL: who cares).
 * False where that, or something before it, could not be written. NULL: nothing. */
bool reel_close(struct reel_writer *w, uint64_t *bytes_written, struct err *err);

/* Where nothing has reached the file yet, it stays what it was: what was there is there
 * still, and a new one is gone. Else reel_close. NULL: nothing. */
void reel_abandon(struct reel_writer *w);

/* Reading. */

struct reel_reader;

bool reel_is(struct slice head); /* do these first bytes begin a reel? */

struct reel_span {
    int64_t from_ns, to_ns; /* Unix; of the first part and of the last entry that reads */
    int64_t created_ns;     /* Unix; of the recording: the same in all its files */
    bool is_torn;           /* without its seek table */
    size_t part_count;
    uint64_t size_bytes;
};

struct reel_reader *reel_open(const char *path, struct err *err);
void reel_reader_close(struct reel_reader *r);
struct reel_span reel_reader_span(const struct reel_reader *r);
uint64_t reel_reader_offset(const struct reel_reader *r); /* in the file: for progress */

/* Goes on at the last part that begins at or before the time (the first where none does).
 * The sources of parts before it come again. */
void reel_seek(struct reel_reader *r, int64_t time_ns);

enum reel_result { REEL_ENTRY, REEL_END, REEL_DAMAGED };

/*
 * The next entry, valid until the next call. DAMAGED: err says what and where in the file
 * (the offset counts bytes on the disk); the next call goes on behind it, which is the
 * next part unless the entry merely is of no known kind. A part is read as it is
 * unpacked, so what came of it before its damage was given. A last part that was torn
 * between two entries ends without DAMAGED. After END only reel_seek gives more.
 */
enum reel_result reel_next(struct reel_reader *r, struct entry *e, struct err *err);

#endif
