/*
 * Fuzzes the reader of recordings: the input as a file, and as the entries of a part that
 * is whole, which mutations of a compressed file would hardly ever reach. What is read is
 * the same the second time, and from the front after any seek.
 */
#define _XOPEN_SOURCE 700 /* mkstemp */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "model/base/mem.h"
#include "replay/reel.h"
#include "replay/reel_format.h"
#include "tests/fuzz/fuzz_cuts.h"

/* A few bytes can unpack to gigabytes, which only takes time. */
#define ENTRIES_MAX 20000
#define BYTES_MAX ((size_t)8 << 20)

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 29;
}

static uint64_t read_on(struct reel_reader *r)
{
    uint64_t hash = 0;
    size_t bytes = 0;

    for (size_t i = 0; i < ENTRIES_MAX && bytes < BYTES_MAX; i++) {
        struct entry e;
        struct err err;
        enum reel_result got = reel_next(r, &e, &err);

        hash = mix(hash, got);
        if (got == REEL_END)
            break;
        if (reel_reader_offset(r) > reel_reader_span(r).size_bytes)
            abort();
        if (got != REEL_ENTRY)
            continue;
        hash = mix(hash, (uint64_t)e.time_ns ^ (uint64_t)e.pid << 1 ^ e.source);
        bytes += e.bytes.len;
        for (size_t at = 0; at < e.bytes.len; at++)
            hash = mix(hash, (unsigned char)e.bytes.ptr[at]);
    }
    return hash;
}

static uint64_t open_and_read(const char *path, int64_t seek_ns)
{
    struct err err;
    struct reel_reader *r = reel_open(path, &err);
    uint64_t hash;

    if (!r)
        return 0;
    hash = read_on(r);
    reel_seek(r, seek_ns);
    hash = mix(hash, read_on(r));
    reel_seek(r, reel_reader_span(r).from_ns);
    hash = mix(hash, read_on(r));
    reel_reader_close(r);
    return hash;
}

static void read_file(const uint8_t *data, size_t size)
{
    int64_t seek_ns = size >= 8 ? (int64_t)reel_get(data + size - 8, 8) : 0;
    char path[] = "/tmp/heapreel-fuzz-XXXXXX";
    int fd = mkstemp(path);
    uint64_t first;

    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    (void)close(fd);
    first = open_and_read(path, seek_ns);
    if (open_and_read(path, seek_ns) != first)
        abort();
    (void)unlink(path);
}

static void read_entries(const uint8_t *data, size_t size)
{
    size_t room = ZSTD_compressBound(size), front = REEL_HEAD_BYTES + REEL_MARK_BYTES,
           len;
    uint8_t *file = mem_alloc(front + room), *mark = file + REEL_HEAD_BYTES;

    reel_put(file, REEL_MAGIC_HEAD, 4);
    reel_put(file + 4, REEL_HEAD_BYTES - REEL_SKIPPABLE_BYTES, 4);
    memcpy(file + REEL_SKIPPABLE_BYTES, REEL_TEXT, REEL_TEXT_BYTES);
    reel_put(file + REEL_SKIPPABLE_BYTES + REEL_TEXT_BYTES, REEL_VERSION, 4);
    reel_put(mark, REEL_MAGIC_MARK, 4);
    reel_put(mark + 4, REEL_MARK_BYTES - REEL_SKIPPABLE_BYTES, 4);
    len = ZSTD_compress(file + front, room, data, size, 1);
    if (ZSTD_isError(len))
        abort();
    read_file(file, front + len);
    free(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* Only a recording gets further than its head: of others, the entries. */
    if (reel_is(slice_of((const char *)data, size)))
        read_file(data, size);
    else
        read_entries(data, size);
    return 0;
}
