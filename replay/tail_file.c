#define _GNU_SOURCE /* SEEK_DATA */
#include "replay/tail_internal.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "parsers/decode.h"
#include "replay/rotation.h"

bool tail_file_is_regular(const struct tail_file *f)
{
    return S_ISREG(f->mode);
}

static enum tail_opened refuse(struct err *err, const char *reason)
{
    err_set(err, 0, 0, "%s", reason);
    return TAIL_REFUSED;
}

/* What is packed is written once and whole. */
static enum tail_opened check_head(const struct tail_file *f, struct err *err)
{
    char head[DECODE_MAGIC_BYTES];
    ssize_t got = pread(f->fd, head, sizeof head, 0);
    const struct decoder_ops *packed =
        got > 0 ? decode_find(slice_of(head, (size_t)got)) : NULL;

    if (!packed)
        return TAIL_OPENED;
    if (slice_eq(slice_str(packed->name), SLICE("utf-16")))
        return refuse(err, "is UTF-16: only UTF-8 can be followed");
    return refuse(err, "is compressed: nothing can be appended to it");
}

static enum tail_opened check(struct tail_file *f, struct err *err)
{
    struct stat st;

    if (fstat(f->fd, &st) != 0) {
        err_set(err, 0, 0, "%s", strerror(errno));
        return TAIL_FAILED;
    }
    f->mode = st.st_mode;
    f->dev = st.st_dev;
    f->ino = st.st_ino;
    if (S_ISDIR(st.st_mode))
        return refuse(err, "is a folder");
    if (S_ISBLK(st.st_mode))
        return refuse(err, "is a disk");
    if (isatty(f->fd))
        return refuse(err, "is a terminal");
    return S_ISREG(st.st_mode) ? check_head(f, err) : TAIL_OPENED;
}

enum tail_opened tail_file_open(struct tail_file *f, const char *path, struct err *err)
{
    enum tail_opened result;
    off_t at;

    *f = (struct tail_file){.fd = -1};
    /* Not blocking: a named pipe need not have a writer yet. */
    f->fd = path ? open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
                 : fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
    if (f->fd < 0) {
        result = errno == ENOENT || errno == ENOTDIR ? TAIL_ABSENT : TAIL_FAILED;
        err_set(err, 0, 0, "%s", strerror(errno));
        return result;
    }
    result = check(f, err);
    if (result != TAIL_OPENED)
        tail_file_close(f);
    else if (!path && S_ISREG(f->mode) && (at = lseek(f->fd, 0, SEEK_CUR)) > 0)
        tail_file_seek(f, (uint64_t)at);
    return result;
}

bool tail_file_open_piece(struct tail_file *f, const char *path, dev_t dev, ino_t ino)
{
    struct rotations r = rotations_find(path);
    bool is_found = false;
    struct err err;

    for (size_t i = r.count; i-- > 0 && !is_found;) {
        if (tail_file_open(f, r.paths[i], &err) != TAIL_OPENED)
            continue;
        is_found = f->dev == dev && f->ino == ino;
        if (!is_found)
            tail_file_close(f);
    }
    rotations_finish(&r);
    return is_found;
}

void tail_file_close(struct tail_file *f)
{
    if (f->fd >= 0)
        (void)close(f->fd);
    f->fd = -1;
}

uint64_t tail_file_size(const struct tail_file *f)
{
    struct stat st;

    return fstat(f->fd, &st) == 0 && st.st_size > 0 ? (uint64_t)st.st_size : 0;
}

void tail_file_seek(struct tail_file *f, uint64_t offset_bytes)
{
    size_t want =
        offset_bytes < TAIL_PRINT_BYTES ? (size_t)offset_bytes : TAIL_PRINT_BYTES;
    ssize_t got = pread(f->fd, f->print, want, (off_t)(offset_bytes - want));

    f->offset_bytes = offset_bytes;
    f->print_len = got == (ssize_t)want ? want : 0;
}

static bool is_other_content(const struct tail_file *f, uint64_t size_bytes)
{
    char now[TAIL_PRINT_BYTES];
    ssize_t got;

    if (size_bytes < f->offset_bytes)
        return true;
    if (f->print_len == 0)
        return false;
    got = pread(f->fd, now, f->print_len, (off_t)(f->offset_bytes - f->print_len));
    return got >= 0 &&
           ((size_t)got != f->print_len || memcmp(now, f->print, f->print_len) != 0);
}

static void remember(struct tail_file *f, struct slice bytes)
{
    size_t keep;

    if (bytes.len >= TAIL_PRINT_BYTES) {
        memcpy(f->print, bytes.ptr + bytes.len - TAIL_PRINT_BYTES, TAIL_PRINT_BYTES);
        f->print_len = TAIL_PRINT_BYTES;
        return;
    }
    keep = TAIL_PRINT_BYTES - bytes.len;
    if (keep > f->print_len)
        keep = f->print_len;
    memmove(f->print, f->print + f->print_len - keep, keep);
    memcpy(f->print + keep, bytes.ptr, bytes.len);
    f->print_len = keep + bytes.len;
}

/* A writer that does not append goes on at its old place in a truncated file and leaves a
 * hole in front, which may be as large as all that was ever logged. */
static void skip_hole(struct tail_file *f)
{
#ifdef SEEK_DATA
    off_t data = lseek(f->fd, 0, SEEK_DATA);

    if (data > 0)
        f->offset_bytes = (uint64_t)data;
#else
    (void)f;
#endif
}

enum tail_step tail_file_read(struct tail_file *f, char *out, size_t room, size_t *got)
{
    struct stat st;
    uint64_t size_bytes;
    ssize_t count;

    assert(room > 0);
    if (fstat(f->fd, &st) != 0)
        return TAIL_ERROR;
    size_bytes = st.st_size > 0 ? (uint64_t)st.st_size : 0;
    if (is_other_content(f, size_bytes)) {
        f->offset_bytes = 0;
        f->print_len = 0;
        return TAIL_CUT;
    }
    if (f->offset_bytes == 0 && size_bytes > 0 &&
        (uint64_t)st.st_blocks * 512 < size_bytes)
        skip_hole(f);
    if (size_bytes <= f->offset_bytes)
        return TAIL_AT_END;
    count = pread(f->fd, out, room, (off_t)f->offset_bytes);
    if (count < 0)
        return TAIL_ERROR;
    if (count == 0)
        return TAIL_AT_END;
    *got = (size_t)count;
    f->offset_bytes += *got;
    remember(f, slice_of(out, *got));
    return TAIL_DATA;
}
