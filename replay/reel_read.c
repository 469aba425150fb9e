#include "replay/reel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "model/base/mem.h"
#include "replay/reel_format.h"

#define IN_BYTES ((size_t)128 << 10)
/* Enough for most entries; a document makes it grow, until its part is over. */
#define PLAIN_BYTES ((size_t)256 << 10)

struct reel_reader {
    int fd;
    uint64_t size_bytes;
    struct reel_index index;
    struct reel_span span;

    size_t part; /* the one being read, or, between parts, the next */
    bool is_in_part;
    bool has_strange_kind; /* was told of this part */
    ZSTD_DCtx *zstd;
    bool is_frame_over;
    size_t wanted_bytes; /* by the library, to get on: 0 before the frame */
    unsigned char *in;
    size_t in_at, in_len;
    uint64_t in_offset, part_end; /* in_offset: of what is read next */
    unsigned char *plain;
    size_t plain_at, plain_len, plain_capacity;
};

bool reel_is(struct slice head)
{
    unsigned char magic[4];

    reel_put(magic, REEL_MAGIC_HEAD, 4);
    return head.len >= REEL_SKIPPABLE_BYTES + REEL_TEXT_BYTES &&
           memcmp(head.ptr, magic, sizeof magic) == 0 &&
           memcmp(head.ptr + REEL_SKIPPABLE_BYTES, REEL_TEXT, REEL_TEXT_BYTES) == 0;
}

/* ------------------------------------------------------------- a part's bytes -- */

static void begin_part_at(struct reel_reader *r, size_t part)
{
    r->part = part;
    r->is_in_part = false;
}

static bool begin_part(struct reel_reader *r, struct err *err)
{
    uint64_t offset = r->index.offsets[r->part];
    bool is_last = r->part + 1 == r->index.count;
    int64_t time_ns;

    if (!reel_mark_read(r->fd, offset, &time_ns)) {
        err_set(err, offset, 0, "the recording is damaged: no part begins here");
        return false;
    }
    r->is_in_part = true;
    r->has_strange_kind = false;
    r->is_frame_over = false;
    r->wanted_bytes = 0;
    r->in_at = r->in_len = 0;
    r->in_offset = offset + REEL_MARK_BYTES;
    r->part_end = is_last ? r->index.end_offset : r->index.offsets[r->part + 1];
    r->plain_at = r->plain_len = 0;
    if (r->plain_capacity > PLAIN_BYTES) {
        free(r->plain);
        r->plain = NULL;
        r->plain_capacity = 0;
    }
    (void)ZSTD_DCtx_reset(r->zstd, ZSTD_reset_session_only);
    return true;
}

/* How it stands with the bytes that were asked for. */
enum fill { FILL_DONE, FILL_OVER, FILL_CUT, FILL_BAD };

static bool read_more(struct reel_reader *r)
{
    uint64_t left = r->part_end > r->in_offset ? r->part_end - r->in_offset : 0;

    if (r->in_at < r->in_len)
        return true;
    r->in_len =
        reel_pread(r->fd, r->in, left < IN_BYTES ? (size_t)left : IN_BYTES, r->in_offset);
    r->in_offset += r->in_len;
    r->in_at = 0;
    return r->in_len > 0;
}

static void make_room(struct reel_reader *r)
{
    size_t rest = r->plain_len - r->plain_at;

    if (r->plain_at > 0 && rest > 0)
        memmove(r->plain, r->plain + r->plain_at, rest);
    r->plain_at = 0;
    r->plain_len = rest;
    /* Grows as bytes come, not as an entry's length claims. */
    if (rest == r->plain_capacity)
        r->plain = mem_grow(r->plain, &r->plain_capacity,
                            rest < PLAIN_BYTES ? PLAIN_BYTES : rest + 1, 1);
}

static void set_unpack_err(const struct reel_reader *r, size_t status, struct err *err)
{
    const char *reason = ZSTD_getErrorCode(status) == ZSTD_error_checksum_wrong
                             ? "the checksum of a part does not match"
                             : "a part cannot be unpacked";

    err_set(err, reel_reader_offset(r), 0, "the recording is damaged: %s", reason);
}

/* One step of unpacking. */
static enum fill unpack(struct reel_reader *r, struct err *err)
{
    ZSTD_inBuffer in;
    ZSTD_outBuffer out;
    bool has_more;

    if (r->is_frame_over)
        return FILL_OVER;
    has_more = read_more(r);
    make_room(r);
    in = (ZSTD_inBuffer){r->in, r->in_len, r->in_at};
    out = (ZSTD_outBuffer){r->plain, r->plain_capacity, r->plain_len};
    r->wanted_bytes = ZSTD_decompressStream(r->zstd, &out, &in);
    r->in_at = in.pos;
    if (ZSTD_isError(r->wanted_bytes)) {
        set_unpack_err(r, r->wanted_bytes, err);
        return FILL_BAD;
    }
    r->is_frame_over = r->wanted_bytes == 0;
    if (out.pos == r->plain_len && !has_more && !r->is_frame_over)
        return FILL_CUT;
    r->plain_len = out.pos;
    return FILL_DONE;
}

/* Until so many bytes of the part are there. */
static enum fill fill(struct reel_reader *r, size_t need, struct err *err)
{
    while (r->plain_len - r->plain_at < need) {
        enum fill got = unpack(r, err);

        if (got != FILL_DONE)
            return got;
    }
    return FILL_DONE;
}

/* ------------------------------------------------------------------- entries -- */

static void leave_part(struct reel_reader *r)
{
    begin_part_at(r, r->part + 1);
}

/*
 * The part gives no more. That is fine where a frame, or what was flushed of the last
 * one, ends between two entries. What the library wants tells a flush from the inside of
 * a block: the next block's header, or the checksum behind the last.
 */
static bool ends_well(struct reel_reader *r, enum fill how, struct err *err)
{
    enum { BLOCK_HEADER_BYTES = 3, CHECKSUM_BYTES = 4 };
    bool is_at_flush = r->in_offset == r->index.offsets[r->part] + REEL_MARK_BYTES ||
                       r->wanted_bytes == BLOCK_HEADER_BYTES ||
                       r->wanted_bytes == CHECKSUM_BYTES;
    bool is_last = r->part + 1 == r->index.count;

    if (how == FILL_BAD)
        return false;
    if (r->plain_at < r->plain_len || (how == FILL_CUT && is_last && !is_at_flush)) {
        err_set(err, reel_reader_offset(r), 0, "the recording was cut within an entry");
        return false;
    }
    if (how == FILL_CUT && !(is_last && r->index.is_torn)) {
        err_set(err, reel_reader_offset(r), 0, "the recording is damaged: a part is cut");
        return false;
    }
    if (how == FILL_OVER && (r->in_at < r->in_len || r->in_offset < r->part_end)) {
        err_set(err, reel_reader_offset(r), 0,
                "the recording is damaged: no part begins here");
        return false;
    }
    return true;
}

static void decode_head(const unsigned char *head, struct entry *e)
{
    e->flags = head[1];
    e->source = reel_get_u32(head + 4);
    e->time_ns = (int64_t)reel_get(head + 8, 8);
    e->pid = (int64_t)reel_get(head + 16, 8);
    e->bytes.len = reel_get_u32(head + 24);
}

/* An entry of a kind that is not known, at most once a part: one that is full of them is
 * one fault. */
static bool tells_strange(struct reel_reader *r, unsigned kind, struct err *err)
{
    if (r->has_strange_kind)
        return false;
    r->has_strange_kind = true;
    err_set(err, reel_reader_offset(r), 0,
            "the recording holds an entry of unknown kind %u", kind);
    return true;
}

enum step { STEP_ENTRY, STEP_STRANGE, STEP_AGAIN, STEP_LEFT, STEP_DAMAGED };

/* The next entry of this part. */
static enum step step(struct reel_reader *r, struct entry *e, struct err *err)
{
    enum fill got = fill(r, REEL_ENTRY_HEAD_BYTES, err);
    unsigned kind;

    if (got != FILL_DONE) {
        bool ok = ends_well(r, got, err);

        leave_part(r);
        return ok ? STEP_LEFT : STEP_DAMAGED;
    }
    kind = r->plain[r->plain_at];
    decode_head(r->plain + r->plain_at, e);
    if (e->bytes.len > ENTRY_BYTES_MAX) {
        err_set(err, reel_reader_offset(r), 0,
                "the recording is damaged: entry of %zu bytes", e->bytes.len);
        leave_part(r);
        return STEP_DAMAGED;
    }
    got = fill(r, REEL_ENTRY_HEAD_BYTES + e->bytes.len, err);
    if (got != FILL_DONE) {
        (void)ends_well(r, got, err);
        leave_part(r);
        return STEP_DAMAGED;
    }
    e->bytes.ptr = (const char *)r->plain + r->plain_at + REEL_ENTRY_HEAD_BYTES;
    r->plain_at += REEL_ENTRY_HEAD_BYTES + e->bytes.len;
    if (kind < ENTRY_SOURCE || kind > ENTRY_NOTE)
        return tells_strange(r, kind, err) ? STEP_STRANGE : STEP_AGAIN;
    e->kind = (enum entry_kind)kind;
    return STEP_ENTRY;
}

enum reel_result reel_next(struct reel_reader *r, struct entry *e, struct err *err)
{
    while (r->part < r->index.count) {
        if (!r->is_in_part && !begin_part(r, err)) {
            leave_part(r);
            return REEL_DAMAGED;
        }
        switch (step(r, e, err)) {
        case STEP_ENTRY:
            return REEL_ENTRY;
        case STEP_STRANGE:
        case STEP_DAMAGED:
            return REEL_DAMAGED;
        case STEP_AGAIN:
        case STEP_LEFT:
            break;
        }
    }
    return REEL_END;
}

/* ----------------------------------------------------------- the whole of it -- */

void reel_seek(struct reel_reader *r, int64_t time_ns)
{
    size_t low = 0, high = r->index.count; /* the first part after the time is in there */

    while (low < high) {
        size_t middle = low + (high - low) / 2, probe = middle;
        int64_t begins_ns = time_ns;

        /* A part whose mark is damaged counts to the one before it. */
        while (!reel_mark_read(r->fd, r->index.offsets[probe], &begins_ns) && probe > low)
            probe--;
        if (begins_ns <= time_ns)
            low = middle + 1;
        else
            high = probe;
    }
    begin_part_at(r, low > 0 ? low - 1 : 0);
}

/* Of the last part that tells one: its last entry's, else its own. */
static void read_span(struct reel_reader *r, int64_t created_ns)
{
    struct reel_span *span = &r->span;
    struct entry e;
    struct err err;
    size_t first = 0, last = r->index.count, bytes = 0;

    *span = (struct reel_span){
        .from_ns = created_ns,
        .created_ns = created_ns,
        .is_torn = r->index.is_torn,
        .part_count = r->index.count,
        .size_bytes = r->size_bytes,
    };
    while (first < r->index.count &&
           !reel_mark_read(r->fd, r->index.offsets[first], &span->from_ns))
        first++;
    span->to_ns = span->from_ns;
    while (last > 0 && !reel_mark_read(r->fd, r->index.offsets[last - 1], &span->to_ns))
        last--;
    if (last == 0)
        return;
    begin_part_at(r, last - 1);
    /* No part of ours has more; one that was made up could keep us from opening it. */
    while (r->part == last - 1 && bytes < 2 * ENTRY_BYTES_MAX) {
        enum reel_result got = reel_next(r, &e, &err);

        /* Behind the part's end reel_next goes on; damage before it may make up times. */
        if (got == REEL_END || (got == REEL_DAMAGED && r->part != last - 1))
            break;
        if (got != REEL_ENTRY || r->part != last - 1)
            continue;
        bytes += REEL_ENTRY_HEAD_BYTES + e.bytes.len;
        if (e.time_ns > span->to_ns)
            span->to_ns = e.time_ns;
    }
    begin_part_at(r, 0);
}

static bool read_head(int fd, uint64_t *size, int64_t *created_ns, struct err *err)
{
    unsigned char head[REEL_HEAD_BYTES];
    struct stat st;
    size_t len;
    uint32_t version;

    if (fstat(fd, &st) != 0) {
        err_set(err, 0, 0, "%s", strerror(errno));
        return false;
    }
    len = S_ISREG(st.st_mode) ? reel_pread(fd, head, sizeof head, 0) : 0;
    if (!reel_is(slice_of((const char *)head, len))) {
        err_set(err, 0, 0, "not a recording");
        return false;
    }
    if (len < sizeof head) {
        err_set(err, len, 0, "the recording was cut within its head");
        return false;
    }
    version = reel_get_u32(head + REEL_SKIPPABLE_BYTES + REEL_TEXT_BYTES);
    if (version != REEL_VERSION ||
        reel_get_u32(head + 4) != sizeof head - REEL_SKIPPABLE_BYTES) {
        err_set(err, REEL_SKIPPABLE_BYTES + REEL_TEXT_BYTES, 0,
                "a recording of unknown version %u", (unsigned)version);
        return false;
    }
    *size = (uint64_t)st.st_size;
    *created_ns = (int64_t)reel_get(head + sizeof head - 8, 8);
    return true;
}

struct reel_reader *reel_open(const char *path, struct err *err)
{
    /* A pipe of that name must not hold us up. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct reel_reader *r;
    uint64_t size = 0;
    int64_t created_ns = 0;

    if (fd < 0) {
        err_set(err, 0, 0, "%s", strerror(errno));
        return NULL;
    }
    if (!read_head(fd, &size, &created_ns, err)) {
        (void)close(fd);
        return NULL;
    }
    r = mem_alloc(sizeof *r);
    r->fd = fd;
    r->size_bytes = size;
    r->in = mem_alloc(IN_BYTES);
    r->zstd = ZSTD_createDCtx();
    if (!r->zstd)
        mem_exhausted();
    (void)ZSTD_DCtx_setParameter(r->zstd, ZSTD_d_windowLogMax, REEL_WINDOW_LOG);
    reel_index_read(&r->index, fd, size);
    read_span(r, created_ns);
    return r;
}

void reel_reader_close(struct reel_reader *r)
{
    if (!r)
        return;
    (void)close(r->fd);
    (void)ZSTD_freeDCtx(r->zstd);
    reel_index_finish(&r->index);
    free(r->in);
    free(r->plain);
    free(r);
}

struct reel_span reel_reader_span(const struct reel_reader *r)
{
    return r->span;
}

uint64_t reel_reader_offset(const struct reel_reader *r)
{
    if (r->is_in_part)
        return r->in_offset - (r->in_len - r->in_at);
    return r->part < r->index.count ? r->index.offsets[r->part] : r->index.end_offset;
}
