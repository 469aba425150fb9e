#include "replay/reel_format.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

#include "model/base/mem.h"

/* RFC 8878, 3.1.1.2.4: no block is larger. */
#define BLOCK_BYTES_MAX (UINT64_C(128) << 10)
#define BLOCK_HEADER_BYTES 3

/* A page: as cheap to read as three bytes, and it holds many blocks of a quiet service.
 */
#define WINDOW_BYTES 4096
#define SEARCH_BYTES ((size_t)64 << 10)

/* What begins a part: the mark, and the magic of its frame behind it. */
#define PART_HEAD_BYTES (REEL_MARK_BYTES + 4)

struct window {
    int fd;
    uint64_t offset;
    size_t len;
    unsigned char bytes[WINDOW_BYTES];
};

size_t reel_pread(int fd, void *to, size_t len, uint64_t offset)
{
    size_t done = 0;

    errno = 0;
    while (done < len) {
        ssize_t got = pread(fd, (char *)to + done, len - done, (off_t)(offset + done));

        if (got < 0 && errno == EINTR) {
            errno = 0;
            continue;
        }
        if (got <= 0)
            break;
        done += (size_t)got;
    }
    return done;
}

static bool is_mark(const unsigned char mark[REEL_MARK_BYTES])
{
    return reel_get_u32(mark) == REEL_MAGIC_MARK &&
           reel_get_u32(mark + 4) == REEL_MARK_BYTES - REEL_SKIPPABLE_BYTES;
}

bool reel_mark_read(int fd, uint64_t offset, int64_t *time_ns)
{
    unsigned char mark[REEL_MARK_BYTES];

    if (reel_pread(fd, mark, sizeof mark, offset) < sizeof mark || !is_mark(mark))
        return false;
    *time_ns = (int64_t)reel_get(mark + REEL_SKIPPABLE_BYTES, 8);
    return true;
}

static void add_part(struct reel_index *index, uint64_t offset)
{
    index->offsets = mem_grow(index->offsets, &index->capacity, index->count + 1,
                              sizeof *index->offsets);
    index->offsets[index->count++] = offset;
}

/* The bytes at the offset, NULL where the file ends before them; valid until the next. */
static const unsigned char *look(struct window *w, uint64_t offset, size_t len)
{
    if (offset < w->offset || offset - w->offset > w->len ||
        len > w->len - (size_t)(offset - w->offset)) {
        w->offset = offset;
        w->len = reel_pread(w->fd, w->bytes, sizeof w->bytes, offset);
        if (len > w->len)
            return NULL;
    }
    return w->bytes + (offset - w->offset);
}

/* Is the table's head where its footer says, and does it end the file? */
static bool find_table(int fd, uint64_t size, uint64_t *offset, uint64_t *count)
{
    unsigned char footer[REEL_FOOTER_BYTES], head[REEL_SKIPPABLE_BYTES];
    uint64_t bytes;

    if (size < REEL_HEAD_BYTES + REEL_SKIPPABLE_BYTES + REEL_FOOTER_BYTES ||
        reel_pread(fd, footer, sizeof footer, size - sizeof footer) < sizeof footer)
        return false;
    *count = reel_get_u32(footer);
    bytes = REEL_SKIPPABLE_BYTES + *count * REEL_TABLE_ENTRY_BYTES + REEL_FOOTER_BYTES;
    /* A descriptor other than 0 announces checksums, which our parts have themselves. */
    if (footer[4] != 0 || reel_get_u32(footer + 5) != REEL_MAGIC_SEEKABLE ||
        bytes > size - REEL_HEAD_BYTES)
        return false;
    *offset = size - bytes;
    return reel_pread(fd, head, sizeof head, *offset) == sizeof head &&
           reel_get_u32(head) == REEL_MAGIC_TABLE &&
           reel_get_u32(head + 4) == bytes - REEL_SKIPPABLE_BYTES;
}

/* The i-th frame of a reel is its head, then a mark before each frame of data. */
static bool is_plausible(uint64_t i, const unsigned char *entry)
{
    uint64_t packed = reel_get_u32(entry), plain = reel_get_u32(entry + 4);

    if (i == 0)
        return packed == REEL_HEAD_BYTES && plain == 0;
    if (i % 2 == 1)
        return packed == REEL_MARK_BYTES && plain == 0;
    return packed > 0 && plain > 0;
}

static bool read_table(struct reel_index *index, int fd, uint64_t size)
{
    struct window w = {.fd = fd};
    uint64_t table, count, at = 0;
    int64_t time_ns;

    if (!find_table(fd, size, &table, &count) || count % 2 == 0)
        return false;
    for (uint64_t i = 0; i < count; i++) {
        const unsigned char *entry =
            look(&w, table + REEL_SKIPPABLE_BYTES + i * REEL_TABLE_ENTRY_BYTES,
                 REEL_TABLE_ENTRY_BYTES);

        if (!entry || !is_plausible(i, entry) || reel_get_u32(entry) > table - at)
            return false;
        if (i % 2 == 1)
            add_part(index, at);
        at += reel_get_u32(entry);
    }
    index->end_offset = table;
    /* The last mark stands where it should only if the sizes before it are right. */
    return at == table &&
           (index->count == 0 ||
            reel_mark_read(fd, index->offsets[index->count - 1], &time_ns));
}

/* Of the frame's header; 0 where no frame begins. */
static size_t frame_header(struct window *w, uint64_t offset, bool *has_checksum)
{
    static const unsigned char id_len[] = {0, 1, 2, 4};
    static const unsigned char size_len[] = {0, 2, 4, 8};
    const unsigned char *head = look(w, offset, 5);
    size_t len = 5;

    if (!head || reel_get_u32(head) != REEL_MAGIC_ZSTD)
        return 0;
    *has_checksum = head[4] >> 2 & 1;
    len += id_len[head[4] & 3] + size_len[head[4] >> 6];
    /* One segment: no window, and the size has at least a byte. Else a window's byte. */
    return head[4] >> 5 & 1 ? len + (head[4] >> 6 == 0) : len + 1;
}

/* Behind the frame; 0 where it does not end as a frame does. Reads the blocks' headers
 * only: a torn recording may have gigabytes, on a disk that is slow. */
static uint64_t frame_end(struct window *w, uint64_t offset)
{
    bool has_checksum = false, is_last = false;
    size_t len = frame_header(w, offset, &has_checksum);

    if (len == 0)
        return 0;
    offset += len;
    while (!is_last) {
        const unsigned char *head = look(w, offset, BLOCK_HEADER_BYTES);
        uint64_t bits = head ? reel_get(head, BLOCK_HEADER_BYTES) : 0;
        uint64_t kind = bits >> 1 & 3, bytes = bits >> 3;

        if (!head || kind == 3 || bytes > BLOCK_BYTES_MAX)
            return 0;
        is_last = bits & 1;
        offset +=
            BLOCK_HEADER_BYTES + (kind == 1 ? 1 : bytes); /* 1: one byte, repeated */
    }
    return has_checksum ? offset + 4 : offset;
}

/* The first part that begins at or behind the offset; the size of the file where none
 * does. */
static uint64_t search_part(int fd, uint64_t offset, uint64_t size)
{
    unsigned char *bytes = mem_alloc(SEARCH_BYTES);
    size_t len = PART_HEAD_BYTES;
    uint64_t found = size;

    while (found == size && len >= PART_HEAD_BYTES) {
        len = reel_pread(fd, bytes, SEARCH_BYTES, offset);
        for (size_t i = 0; i + PART_HEAD_BYTES <= len && found == size; i++) {
            if (bytes[i] == (REEL_MAGIC_MARK & 0xff) && is_mark(bytes + i) &&
                reel_get_u32(bytes + i + REEL_MARK_BYTES) == REEL_MAGIC_ZSTD)
                found = offset + i;
        }
        offset += len - (PART_HEAD_BYTES - 1);
    }
    free(bytes);
    return found < size ? found : size;
}

static bool stands_at(struct window *w, uint64_t offset, uint32_t magic)
{
    const unsigned char *bytes = look(w, offset, 4);

    return bytes && reel_get_u32(bytes) == magic;
}

/* Does a part begin or end there, or is too little left for one to begin? */
static bool is_boundary(struct window *w, uint64_t offset, uint64_t size)
{
    return stands_at(w, offset, REEL_MAGIC_MARK) ||
           stands_at(w, offset, REEL_MAGIC_TABLE) || size - offset < REEL_MARK_BYTES;
}

static void scan(struct reel_index *index, int fd, uint64_t size)
{
    struct window w = {.fd = fd};
    uint64_t at = REEL_HEAD_BYTES;

    if (!is_boundary(&w, at, size)) {
        add_part(index, at); /* for its reader to find it damaged */
        at = search_part(fd, at, size);
    }
    while (at < size && size - at >= REEL_MARK_BYTES &&
           stands_at(&w, at, REEL_MAGIC_MARK)) {
        uint64_t end = frame_end(&w, at + REEL_MARK_BYTES);

        add_part(index, at);
        /* A damaged frame leads anywhere. */
        if (end == 0 || end > size || !is_boundary(&w, end, size))
            end = search_part(fd, at + REEL_MARK_BYTES, size);
        at = end;
    }
    index->end_offset = at;
}

void reel_index_read(struct reel_index *index, int fd, uint64_t size_bytes)
{
    index->is_torn = false;
    if (read_table(index, fd, size_bytes))
        return;
    index->count = 0;
    index->is_torn = true;
    scan(index, fd, size_bytes);
}

void reel_index_finish(struct reel_index *index)
{
    free(index->offsets);
    *index = (struct reel_index){0};
}
