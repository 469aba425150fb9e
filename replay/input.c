#include "replay/input.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/base/mem.h"
#include "model/units.h"

static bool fail(struct err *err, const char *what)
{
    err_set(err, 0, 0, "%s", what);
    return false;
}

bool input_open(struct input *in, const char *path, struct err *err)
{
    struct stat st;

    *in = (struct input){.fd = -1};
    if (strcmp(path, "-") == 0)
        in->fd = dup(STDIN_FILENO);
    else /* not blocking: a named pipe that nobody writes to must not stop us */
        in->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (in->fd < 0)
        return fail(err, strerror(errno));
    if (fstat(in->fd, &st) != 0)
        return fail(err, strerror(errno));
    if (S_ISDIR(st.st_mode))
        return fail(err, "is a folder");
    in->is_regular = S_ISREG(st.st_mode);
    in->size_bytes = in->is_regular && st.st_size > 0 ? (uint64_t)st.st_size : 0;
    in->has_mtime = in->is_regular;
    in->mtime_ns = (int64_t)st.st_mtim.tv_sec * NS_PER_S + st.st_mtim.tv_nsec;
    if (!in->is_regular && isatty(in->fd))
        return fail(err, "is a terminal; give a file, or pipe a log in");
    if (!in->is_regular)
        (void)fcntl(in->fd, F_SETFL, fcntl(in->fd, F_GETFL) | O_NONBLOCK);
    return true;
}

void input_close(struct input *in)
{
    for (unsigned i = 0; i < in->depth; i++) {
        in->stages[i].ops->destroy(in->stages[i].decoder);
        free(in->stages[i].buffer);
    }
    in->depth = 0;
    if (in->fd >= 0)
        (void)close(in->fd);
    in->fd = -1;
}

/* A named pipe that nobody has opened for writing yet reads as if it had ended, and
 * only poll can tell: an end is signalled, a beginning that is still to come is not. */
static bool is_waiting_for_writer(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    return poll(&p, 1, 0) == 0;
}

static enum input_result read_file(struct input *in, char *out, size_t room, size_t *got,
                                   struct err *err)
{
    uint64_t at = atomic_load_explicit(&in->consumed_bytes, memory_order_relaxed);
    ssize_t n;

    do {
        n = read(in->fd, out, room);
    } while (n < 0 && errno == EINTR);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return INPUT_WAIT;
    if (n < 0) {
        err_set(err, at, 0, "cannot be read: %s", strerror(errno));
        return INPUT_ERROR;
    }
    if (n == 0 && !in->is_regular && is_waiting_for_writer(in->fd))
        return INPUT_WAIT;
    *got = (size_t)n;
    atomic_store_explicit(&in->consumed_bytes, at + (uint64_t)n, memory_order_relaxed);
    return n ? INPUT_BYTES : INPUT_END;
}

static enum input_result read_below(struct input *in, unsigned level, char *out,
                                    size_t room, size_t *got, struct err *err);

static enum input_result refill(struct input *in, unsigned level, struct err *err)
{
    struct input_stage *s = &in->stages[level];
    size_t got = 0;
    enum input_result result =
        read_below(in, level, s->buffer, DECODE_PIECE_BYTES, &got, err);

    if (result == INPUT_BYTES)
        s->left = (struct slice){s->buffer, got};
    s->ended = result == INPUT_END;
    return result;
}

static enum input_result read_stage(struct input *in, unsigned level, char *out,
                                    size_t room, size_t *got, struct err *err)
{
    struct input_stage *s = &in->stages[level];

    for (;;) {
        bool ok = true;

        *got = s->ops->step(s->decoder, &s->left, out, room, &ok, err);
        if (*got) /* an error shows again, with nothing in front of it */
            return INPUT_BYTES;
        if (!ok)
            return INPUT_ERROR;
        if (s->left.len == 0) {
            enum input_result result = s->ended ? INPUT_END : refill(in, level, err);

            if (result == INPUT_END)
                return s->ops->finish(s->decoder, err) ? INPUT_END : INPUT_ERROR;
            if (result != INPUT_BYTES)
                return result;
        }
    }
}

/* What stage `level` reads from: the stage under it, or the file. */
static enum input_result read_below(struct input *in, unsigned level, char *out,
                                    size_t room, size_t *got, struct err *err)
{
    return level ? read_stage(in, level - 1, out, room, got, err)
                 : read_file(in, out, room, got, err);
}

static void push_stage(struct input *in, const struct decoder_ops *ops)
{
    struct input_stage *s = &in->stages[in->depth++];

    *s = (struct input_stage){.ops = ops, .decoder = ops->create()};
    s->buffer = mem_alloc(DECODE_PIECE_BYTES);
    memcpy(s->buffer, in->head, in->head_len);
    s->left = (struct slice){s->buffer, in->head_len};
    in->head_len = 0;
}

enum input_result input_sniff(struct input *in, struct err *err)
{
    while (!in->is_sniffed) {
        enum input_result result = INPUT_BYTES;
        const struct decoder_ops *ops;
        size_t got = 0;

        if (in->head_len < DECODE_MAGIC_BYTES)
            result = read_below(in, in->depth, in->head + in->head_len,
                                sizeof in->head - in->head_len, &got, err);
        in->head_len += got;
        if (result == INPUT_WAIT || (result == INPUT_ERROR && in->head_len == 0))
            return result;
        if (result == INPUT_BYTES && in->head_len < DECODE_MAGIC_BYTES)
            continue;
        ops = decode_find((struct slice){in->head, in->head_len});
        if (ops && in->depth < LIMIT_DECODE_DEPTH)
            push_stage(in, ops);
        else
            in->is_sniffed = true;
    }
    return INPUT_BYTES;
}

enum input_result input_read(struct input *in, char *out, size_t room, size_t *got,
                             struct err *err)
{
    enum input_result result = input_sniff(in, err);
    size_t left = in->head_len - in->head_at;

    *got = 0;
    if (result != INPUT_BYTES)
        return result;
    if (left) {
        *got = left < room ? left : room;
        memcpy(out, in->head + in->head_at, *got);
        in->head_at += *got;
        return INPUT_BYTES;
    }
    return read_below(in, in->depth, out, room, got, err);
}
