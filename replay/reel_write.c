#include "replay/reel.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "model/base/mem.h"
#include "model/base/num.h"
#include "replay/reel_format.h"

#define LEVEL 3
#define OUT_BYTES ((size_t)128 << 10)

/* One that is alive, as its SOURCE entry told. */
struct known {
    uint32_t number;
    unsigned flags;
    int64_t pid;
    char *name;
    size_t name_len;
};

struct sizes {
    uint32_t packed, plain;
};

struct reel_writer {
    int fd;
    char *path;
    bool is_new;   /* the file was not there before */
    bool is_begun; /* something was written: what was there before is gone */
    bool has_failed;
    struct err failure;
    ZSTD_CCtx *zstd;
    unsigned char *out;
    size_t out_len;
    uint64_t written_bytes;
    bool is_in_part;
    int64_t part_ns;
    uint64_t part_offset, part_plain_bytes;
    uint64_t part_repeated_bytes; /* of them: the sources at its front */
    struct known *known;          /* in the order in which they came */
    size_t known_count, known_capacity;
    struct sizes *parts;
    size_t part_count, part_capacity;
    bool has_table; /* every part fits the table's numbers */
};

static bool fail(struct reel_writer *w, const char *reason, struct err *err)
{
    err_set(&w->failure, w->written_bytes, 0, "%s", reason);
    w->has_failed = true;
    *err = w->failure;
    return false;
}

/* What was there goes only now, when there is something to put in its place. */
static bool begin_writing(struct reel_writer *w, struct err *err)
{
    if (w->is_begun)
        return true;
    if (ftruncate(w->fd, 0) != 0)
        return fail(w, strerror(errno), err);
    w->is_begun = true;
    return true;
}

static bool write_out(struct reel_writer *w, struct err *err)
{
    size_t done = 0;

    if (!begin_writing(w, err))
        return false;
    while (done < w->out_len) {
        ssize_t put = write(w->fd, w->out + done, w->out_len - done);

        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return fail(w, put < 0 ? strerror(errno) : "nothing can be written", err);
        done += (size_t)put;
        w->written_bytes += (uint64_t)put;
    }
    w->out_len = 0;
    return true;
}

static bool put_raw(struct reel_writer *w, const unsigned char *bytes, size_t len,
                    struct err *err)
{
    if (len > OUT_BYTES - w->out_len && !write_out(w, err))
        return false;
    memcpy(w->out + w->out_len, bytes, len);
    w->out_len += len;
    return true;
}

static bool pack(struct reel_writer *w, const void *bytes, size_t len,
                 ZSTD_EndDirective until, struct err *err)
{
    ZSTD_inBuffer in = {bytes, len, 0};
    size_t left;

    do {
        ZSTD_outBuffer out = {w->out, OUT_BYTES, w->out_len};

        left = ZSTD_compressStream2(w->zstd, &out, &in, until);
        w->out_len = out.pos;
        if (ZSTD_isError(left))
            return fail(w, ZSTD_getErrorName(left), err);
        if (w->out_len == OUT_BYTES && !write_out(w, err))
            return false;
    } while (in.pos < in.size || (until != ZSTD_e_continue && left > 0));
    return true;
}

static bool pack_entry(struct reel_writer *w, const struct entry *e, struct err *err)
{
    unsigned char head[REEL_ENTRY_HEAD_BYTES] = {0};

    head[0] = (unsigned char)e->kind;
    head[1] = (unsigned char)e->flags;
    reel_put(head + 4, e->source, 4);
    reel_put(head + 8, (uint64_t)e->time_ns, 8);
    reel_put(head + 16, (uint64_t)e->pid, 8);
    reel_put(head + 24, e->bytes.len, 4);
    w->part_plain_bytes += sizeof head + e->bytes.len;
    return pack(w, head, sizeof head, ZSTD_e_continue, err) &&
           pack(w, e->bytes.ptr, e->bytes.len, ZSTD_e_continue, err);
}

static bool begin_part(struct reel_writer *w, int64_t time_ns, struct err *err)
{
    unsigned char mark[REEL_MARK_BYTES];

    reel_put(mark, REEL_MAGIC_MARK, 4);
    reel_put(mark + 4, sizeof mark - REEL_SKIPPABLE_BYTES, 4);
    reel_put(mark + 8, (uint64_t)time_ns, 8);
    reel_put(mark + 16, w->known_count, 4);
    if (!put_raw(w, mark, sizeof mark, err))
        return false;
    w->is_in_part = true;
    w->part_ns = time_ns;
    w->part_offset = reel_bytes_written(w);
    w->part_plain_bytes = 0;
    for (size_t i = 0; i < w->known_count; i++) {
        const struct known *k = &w->known[i];
        const struct entry e = {
            .kind = ENTRY_SOURCE,
            .flags = k->flags,
            .source = k->number,
            .time_ns = time_ns,
            .pid = k->pid,
            .bytes = {k->name, k->name_len},
        };

        if (!pack_entry(w, &e, err))
            return false;
    }
    w->part_repeated_bytes = w->part_plain_bytes;
    return true;
}

static bool end_part(struct reel_writer *w, struct err *err)
{
    uint64_t packed;

    if (!pack(w, NULL, 0, ZSTD_e_end, err) || !write_out(w, err))
        return false;
    w->is_in_part = false;
    packed = w->written_bytes - w->part_offset;
    w->has_table =
        w->has_table && packed <= UINT32_MAX && w->part_plain_bytes <= UINT32_MAX;
    w->parts = mem_grow(w->parts, &w->part_capacity, w->part_count + 1, sizeof *w->parts);
    w->parts[w->part_count++] =
        (struct sizes){(uint32_t)packed, (uint32_t)w->part_plain_bytes};
    return true;
}

static void forget(struct reel_writer *w, uint32_t number)
{
    for (size_t i = w->known_count; i > 0; i--) {
        struct known *k = &w->known[i - 1];

        if (k->number != number)
            continue;
        free(k->name);
        memmove(k, k + 1, (w->known_count - i) * sizeof *k);
        w->known_count--;
        return;
    }
}

static void remember(struct reel_writer *w, const struct entry *e)
{
    forget(w, e->source);
    w->known =
        mem_grow(w->known, &w->known_capacity, w->known_count + 1, sizeof *w->known);
    w->known[w->known_count++] = (struct known){
        .number = e->source,
        .flags = e->flags,
        .pid = e->pid,
        .name = mem_dup_slice(e->bytes),
        .name_len = e->bytes.len,
    };
}

static ZSTD_CCtx *packer_create(void)
{
    static const struct {
        ZSTD_cParameter name;
        int value;
    } settings[] = {
        {ZSTD_c_compressionLevel, LEVEL},
        {ZSTD_c_windowLog, REEL_WINDOW_LOG},
        {ZSTD_c_checksumFlag, 1},
    };
    ZSTD_CCtx *zstd = ZSTD_createCCtx();

    if (!zstd)
        mem_exhausted();
    for (size_t i = 0; i < COUNT_OF(settings); i++) {
        size_t status = ZSTD_CCtx_setParameter(zstd, settings[i].name, settings[i].value);

        assert(!ZSTD_isError(status));
        (void)status;
    }
    return zstd;
}

/* Another recorder's file must not lose its front while it writes the rest. */
static bool lock(int fd, struct err *err)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    if (fcntl(fd, F_SETLK, &whole) == 0 || (errno != EACCES && errno != EAGAIN))
        return true; /* devices and some network file systems have no locks */
    err_set(err, 0, 0, "another process is writing it");
    return false;
}

bool reel_is_being_written(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    bool is_locked;

    if (fd < 0)
        return false;
    is_locked = fcntl(fd, F_GETLK, &whole) == 0 && whole.l_type != F_UNLCK;
    (void)close(fd);
    return is_locked;
}

/* Whether what is there may go. *is_device: nothing is, and nothing can be taken back. */
static bool may_replace(int fd, bool *is_device, struct err *err)
{
    unsigned char head[REEL_HEAD_BYTES];
    struct stat st;
    size_t len;

    if (fstat(fd, &st) != 0) {
        err_set(err, 0, 0, "%s", strerror(errno));
        return false;
    }
    *is_device = !S_ISREG(st.st_mode);
    if (*is_device || st.st_size == 0)
        return true;
    len = reel_pread(fd, head, sizeof head, 0);
    if (!reel_is(slice_of((const char *)head, len))) {
        err_set(err, 0, 0, "is there already and is no recording");
        return false;
    }
    return true;
}

static bool open_file(struct reel_writer *w, const char *path, struct err *err)
{
    const int how = O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY;

    w->fd = open(path, how | O_EXCL, 0600);
    w->is_new = w->fd >= 0;
    if (w->fd < 0 && errno == EEXIST)
        w->fd = open(path, how, 0600);
    if (w->fd < 0) {
        err_set(err, 0, 0, "%s", strerror(errno));
        return false;
    }
    w->path = mem_dup_text(path);
    return lock(w->fd, err) && may_replace(w->fd, &w->is_begun, err);
}

static void close_file(struct reel_writer *w)
{
    if (w->fd >= 0)
        (void)close(w->fd);
    w->fd = -1;
}

static void writer_destroy(struct reel_writer *w)
{
    for (size_t i = 0; i < w->known_count; i++)
        free(w->known[i].name);
    free(w->known);
    free(w->parts);
    free(w->path);
    free(w->out);
    (void)ZSTD_freeCCtx(w->zstd);
    free(w);
}

struct reel_writer *reel_create(const char *path, int64_t created_ns, struct err *err)
{
    unsigned char head[REEL_HEAD_BYTES];
    struct reel_writer *w = mem_alloc(sizeof *w);

    if (!open_file(w, path, err)) {
        close_file(w);
        writer_destroy(w);
        return NULL;
    }
    w->has_table = true;
    w->zstd = packer_create();
    w->out = mem_alloc(OUT_BYTES);
    reel_put(head, REEL_MAGIC_HEAD, 4);
    reel_put(head + 4, sizeof head - REEL_SKIPPABLE_BYTES, 4);
    memcpy(head + REEL_SKIPPABLE_BYTES, REEL_TEXT, REEL_TEXT_BYTES);
    reel_put(head + REEL_SKIPPABLE_BYTES + REEL_TEXT_BYTES, REEL_VERSION, 4);
    reel_put(head + sizeof head - 8, (uint64_t)created_ns, 8);
    if (put_raw(w, head, sizeof head, err) && (!w->is_begun || write_out(w, err)))
        return w;
    close_file(w);
    writer_destroy(w);
    return NULL;
}

bool reel_write(struct reel_writer *w, const struct entry *e, struct err *err)
{
    assert(e->bytes.len <= ENTRY_BYTES_MAX && e->flags <= UINT8_MAX);
    if (w->has_failed) {
        *err = w->failure;
        return false;
    }
    if (w->is_in_part && num_sat_sub_i64(e->time_ns, w->part_ns) >= REEL_PART_NS &&
        !end_part(w, err))
        return false;
    if (!w->is_in_part && !begin_part(w, e->time_ns, err))
        return false;
    if (!pack_entry(w, e, err))
        return false;
    if (e->kind == ENTRY_SOURCE)
        remember(w, e);
    else if (e->kind == ENTRY_END)
        forget(w, e->source);
    /* Only what is new counts, or very many sources would end each part at once. */
    return w->part_plain_bytes - w->part_repeated_bytes < REEL_PART_BYTES ||
           end_part(w, err);
}

bool reel_flush(struct reel_writer *w, struct err *err)
{
    if (w->has_failed) {
        *err = w->failure;
        return false;
    }
    return (!w->is_in_part || pack(w, NULL, 0, ZSTD_e_flush, err)) && write_out(w, err);
}

uint64_t reel_bytes_written(const struct reel_writer *w)
{
    return w->written_bytes + w->out_len;
}

static bool put_sizes(struct reel_writer *w, uint64_t packed, uint64_t plain,
                      struct err *err)
{
    unsigned char entry[REEL_TABLE_ENTRY_BYTES];

    reel_put(entry, packed, 4);
    reel_put(entry + 4, plain, 4);
    return put_raw(w, entry, sizeof entry, err);
}

static bool put_table(struct reel_writer *w, struct err *err)
{
    unsigned char head[REEL_SKIPPABLE_BYTES], footer[REEL_FOOTER_BYTES] = {0};
    uint64_t count = 1 + 2 * (uint64_t)w->part_count;
    uint64_t bytes = count * REEL_TABLE_ENTRY_BYTES + sizeof footer;

    if (!w->has_table || bytes > UINT32_MAX)
        return true; /* without it the file reads, only slower */
    reel_put(head, REEL_MAGIC_TABLE, 4);
    reel_put(head + 4, bytes, 4);
    if (!put_raw(w, head, sizeof head, err) || !put_sizes(w, REEL_HEAD_BYTES, 0, err))
        return false;
    for (size_t i = 0; i < w->part_count; i++) {
        if (!put_sizes(w, REEL_MARK_BYTES, 0, err) ||
            !put_sizes(w, w->parts[i].packed, w->parts[i].plain, err))
            return false;
    }
    reel_put(footer, count, 4);
    reel_put(footer + 5, REEL_MAGIC_SEEKABLE, 4);
    return put_raw(w, footer, sizeof footer, err) && write_out(w, err);
}

bool reel_close(struct reel_writer *w, uint64_t *bytes_written, struct err *err)
{
    bool ok;

    if (!w)
        return true;
    if (w->has_failed)
        *err = w->failure;
    ok = !w->has_failed && (!w->is_in_part || end_part(w, err)) && put_table(w, err);
    /* EINVAL, EROFS: pipes and devices have nothing to bring to a disk. */
    if (ok && fsync(w->fd) != 0 && errno != EINVAL && errno != EROFS)
        ok = fail(w, strerror(errno), err);
    if (close(w->fd) != 0 && ok)
        ok = fail(w, strerror(errno), err);
    if (bytes_written)
        *bytes_written = w->written_bytes;
    writer_destroy(w);
    return ok;
}

void reel_abandon(struct reel_writer *w)
{
    struct err ignored = {0};
    struct stat ours, there;

    if (!w || w->is_begun) {
        (void)reel_close(w, NULL, &ignored);
        return;
    }
    /* While it is locked, and only what is still ours and empty. */
    if (w->is_new && fstat(w->fd, &ours) == 0 && ours.st_size == 0 &&
        lstat(w->path, &there) == 0 && ours.st_dev == there.st_dev &&
        ours.st_ino == there.st_ino)
        (void)unlink(w->path);
    close_file(w);
    writer_destroy(w);
}
