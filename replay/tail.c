#include "replay/tail.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model/base/mem.h"
#include "model/base/num.h"
#include "model/units.h"
#include "replay/pieces.h"
#include "replay/recognise.h"
#include "replay/tail_internal.h"

/* What is read in one turn of the loop: keys stay answered. */
#define SLICE_BYTES ((size_t)256 << 10)
#define LOOK_EVERY_NS NS_PER_S
/* Lines come in bursts: a look for each would cost more than their parsing. */
#define SETTLE_NS (20 * NS_PER_MS)
/* A rotated log's writer goes on with the old file until it is told to open the new one,
 * which is empty until then. */
#define EMPTY_NEXT_NS (10 * NS_PER_S)
#define NEVER INT64_MIN

struct tail {
    const struct live_context *context;
    uint32_t source;
    char *name;
    char *path;           /* NULL: standard input */
    struct pieces pieces; /* to be given before it */
    struct tail_file file;
    struct tail_watch watch;
    struct loop_fd *pipe, *watched;
    struct loop_timer *timer;
    uint64_t history_end_bytes;
    int64_t missing_since_ns, replaced_since_ns;
    bool was_there;    /* at some time */
    bool was_absent;   /* at the start: all of it is new */
    bool begins_anew;  /* a CUT before the next data */
    char trouble[120]; /* the last that was told; empty: it can be read */
    char *buffer;
};

static void tell_trouble(struct tail *t, const char *reason)
{
    struct slice text = slice_first(slice_str(reason), sizeof t->trouble - 1);

    if (slice_eq(slice_str(t->trouble), text))
        return;
    if (text.len)
        memcpy(t->trouble, text.ptr, text.len);
    t->trouble[text.len] = '\0';
    live_give(t->context, t->source, ENTRY_TROUBLE, 0, text);
}

static void give_cut(struct tail *t)
{
    t->history_end_bytes = 0;
    t->begins_anew = false;
    live_give(t->context, t->source, ENTRY_CUT, 0, slice_of(NULL, 0));
}

static void give_data(struct tail *t, size_t len, unsigned flags)
{
    if (t->begins_anew)
        give_cut(t);
    t->trouble[0] = '\0';
    live_give(t->context, t->source, ENTRY_DATA, flags, slice_of(t->buffer, len));
}

/* The next slice of the older pieces. */
static void read_pieces(struct tail *t)
{
    struct log_piece *piece = pieces_current(&t->pieces);
    struct err err = {0};
    size_t got = 0;

    if (piece->unreadable) {
        pieces_fail(&t->pieces, &err);
        return;
    }
    switch (input_read(&piece->input, t->buffer, SLICE_BYTES, &got, &err)) {
    case INPUT_BYTES:
        give_data(t, got, ENTRY_IS_HISTORY);
        break;
    case INPUT_ERROR:
        pieces_fail(&t->pieces, &err);
        /* It ends in half a line, which must not become one with the next. */
        t->buffer[0] = '\n';
        give_data(t, 1, ENTRY_IS_HISTORY);
        break;
    case INPUT_END:
    case INPUT_WAIT:
        pieces_next(&t->pieces);
        break;
    }
}

/* Behind all of the history, since data would take it back. */
static void tell_pieces_trouble(struct tail *t)
{
    if (t->pieces.trouble[0] && tail_is_caught_up(t)) {
        tell_trouble(t, t->pieces.trouble);
        t->pieces.trouble[0] = '\0';
    }
}

/* The next slice of a regular file; true when there may be more. */
static bool read_on(struct tail *t)
{
    struct tail_file *f = &t->file;
    bool is_history = f->offset_bytes < t->history_end_bytes;
    size_t room = SLICE_BYTES, got = 0;

    if (is_history && t->history_end_bytes - f->offset_bytes < room)
        room = (size_t)(t->history_end_bytes - f->offset_bytes);
    switch (tail_file_read(f, t->buffer, room, &got)) {
    case TAIL_DATA:
        give_data(t, got, is_history ? ENTRY_IS_HISTORY : 0);
        return got == room;
    case TAIL_CUT:
        give_cut(t);
        return true;
    case TAIL_ERROR:
        tell_trouble(t, strerror(errno));
        return false;
    case TAIL_AT_END:
        break;
    }
    return false;
}

/* What a pipe holds now: 0 at its end, -1 (errno) for nothing or a failure. */
static ssize_t read_pipe(struct tail *t)
{
    ssize_t got = read(t->file.fd, t->buffer, SLICE_BYTES);

    if (got > 0)
        give_data(t, (size_t)got, 0);
    return got;
}

static void stop_watching_pipe(struct tail *t)
{
    loop_remove_fd(t->context->loop, t->pipe);
    t->pipe = NULL;
}

static void on_pipe(void *user, short events);

static void adopt(struct tail *t, const struct tail_file *file)
{
    stop_watching_pipe(t);
    tail_file_close(&t->file);
    t->file = *file;
    t->was_there = true;
    t->missing_since_ns = t->replaced_since_ns = NEVER;
    if (tail_file_is_regular(file))
        tail_watch_file(&t->watch, t->file.fd);
    else
        t->pipe = loop_add_fd(t->context->loop, t->file.fd, POLLIN, on_pipe, t);
}

/* A pipe whose writers have gone says so for ever; opened anew it waits for the next. */
static void await_next_writer(struct tail *t)
{
    struct tail_file again;
    struct err err;

    give_cut(t);
    if (tail_file_open(&again, t->path, &err) == TAIL_OPENED) {
        adopt(t, &again);
        return;
    }
    stop_watching_pipe(t);
    tail_file_close(&t->file);
}

static void on_pipe(void *user, short events)
{
    struct tail *t = user;
    ssize_t got = read_pipe(t);
    const char *how = "";

    (void)events;
    if (got > 0)
        return;
    if (got < 0) {
        if (errno == EAGAIN || errno == EINTR)
            return;
        how = strerror(errno);
    }
    if (got == 0 && t->path && S_ISFIFO(t->file.mode)) {
        await_next_writer(t);
        return;
    }
    live_give(t->context, t->source, ENTRY_END, 0, slice_str(how));
    /* Nothing to look for any more, at a device's path either. */
    stop_watching_pipe(t);
    free(t->path);
    t->path = NULL;
}

static void set_history(struct tail *t)
{
    if (tail_file_is_regular(&t->file) && !t->was_absent)
        t->history_end_bytes = tail_file_size(&t->file);
}

/* What is at the path now, in place of what is open, if anything is. */
static bool open_path(struct tail *t)
{
    bool is_next = t->file.fd >= 0, is_first = !t->was_there;
    struct tail_file file;
    struct err err;

    switch (tail_file_open(&file, t->path, &err)) {
    case TAIL_OPENED:
        adopt(t, &file);
        if (is_next)
            give_cut(t);
        else if (is_first)
            set_history(t);
        return true;
    case TAIL_ABSENT:
        if (is_next) /* since just now: the next look tells */
            return false;
        t->was_absent = true;
        tell_trouble(t, t->was_there ? "is gone" : "does not exist yet");
        return false;
    case TAIL_FAILED:
    case TAIL_REFUSED:
        tell_trouble(t, err.reason);
        break;
    }
    return false;
}

/* Between the rename and the creation of a rotation there is no file, and nothing wrong.
 */
static void note_missing(struct tail *t, int64_t now_ns)
{
    if (t->missing_since_ns == NEVER)
        t->missing_since_ns = now_ns;
    if (now_ns - t->missing_since_ns >= LOOK_EVERY_NS)
        tell_trouble(t, "is gone");
    t->replaced_since_ns = NEVER;
}

/* All is read that is open: does the path still lead there? True: look again at once. */
static bool look_at_path(struct tail *t, int64_t now_ns)
{
    struct stat st;

    if (stat(t->path, &st) != 0) {
        if (errno == ENOENT || errno == ENOTDIR)
            note_missing(t, now_ns);
        else
            tell_trouble(t, strerror(errno));
        return false;
    }
    t->missing_since_ns = NEVER;
    if (st.st_dev == t->file.dev && st.st_ino == t->file.ino) {
        t->replaced_since_ns = NEVER;
        return false;
    }
    if (t->replaced_since_ns == NEVER) {
        t->replaced_since_ns = now_ns;
        tail_watch_next(&t->watch, t->path);
    }
    if (S_ISREG(st.st_mode) && st.st_size == 0 &&
        now_ns - t->replaced_since_ns < EMPTY_NEXT_NS)
        return false;
    /* Once more: what was written before the new file was begun. */
    if (tail_file_is_regular(&t->file) ? read_on(t) : read_pipe(t) > 0)
        return true;
    return open_path(t);
}

static bool look_once(struct tail *t, int64_t now_ns)
{
    bool more = false;

    if (pieces_current(&t->pieces)) {
        read_pieces(t);
        return true;
    }
    if (t->file.fd < 0)
        more = open_path(t);
    else if (tail_file_is_regular(&t->file))
        more = read_on(t);
    if (!more && t->path && t->file.fd >= 0)
        more = look_at_path(t, now_ns);
    tell_pieces_trouble(t);
    return more;
}

static void look(void *user, int64_t loop_now_ns)
{
    struct tail *t = user;
    int64_t now_ns = live_now_ns(t->context);

    (void)loop_now_ns;
    if (!t->path && !tail_file_is_regular(&t->file))
        return;
    if (t->watched) {
        tail_watch_drain(&t->watch);
        loop_set_events(t->watched, POLLIN);
        if (t->file.fd < 0 || t->missing_since_ns != NEVER)
            tail_watch_folder(&t->watch, t->path);
    }
    loop_arm(t->timer,
             look_once(t, now_ns) ? now_ns : num_sat_add_i64(now_ns, LOOK_EVERY_NS));
}

static void on_watch(void *user, short events)
{
    struct tail *t = user;

    (void)events;
    /* Deaf until then; what is reported meanwhile stays there. */
    loop_set_events(t->watched, 0);
    loop_arm(t->timer, num_sat_add_i64(live_now_ns(t->context), SETTLE_NS));
}

/* Where somebody else stopped reading. `file` is what is at the path now. */
static void go_on(struct tail *t, const struct tail_options *o, struct tail_file *file)
{
    bool is_same = file->fd >= 0 && file->dev == o->dev && file->ino == o->ino;
    struct tail_file renamed;

    t->was_there = true;
    if (!is_same && tail_file_open_piece(&renamed, t->path, o->dev, o->ino)) {
        tail_file_close(file);
        *file = renamed;
        is_same = true;
    }
    if (is_same && tail_file_size(file) >= o->from_bytes)
        tail_file_seek(file, o->from_bytes);
    else
        t->begins_anew = true;
    if (file->fd >= 0)
        adopt(t, file);
}

/* All of it, and of what was there before it. */
static void begin(struct tail *t, enum tail_opened opened, struct tail_file *file)
{
    struct recognised r = {.kind = FILE_UNKNOWN};

    t->was_absent = opened == TAIL_ABSENT;
    if (opened == TAIL_OPENED) {
        adopt(t, file);
        set_history(t);
        if (t->path)
            r = recognise_file(t->path, NULL, NULL);
    }
    /* What is written once and whole has no older pieces. */
    if (t->path && opened != TAIL_FAILED &&
        (r.kind == FILE_LOG || r.kind == FILE_UNKNOWN))
        pieces_open(&t->pieces, t->path, file->dev, file->ino);
}

static void start_watching(struct tail *t)
{
    tail_watch_init(&t->watch);
    tail_watch_folder(&t->watch, t->path);
    if (t->watch.fd >= 0)
        t->watched = loop_add_fd(t->context->loop, t->watch.fd, POLLIN, on_watch, t);
}

struct tail *tail_start(const struct live_context *context, const char *path,
                        const struct tail_options *options, struct err *err)
{
    bool is_stdin = slice_eq(slice_str(path), SLICE("-"));
    struct tail_file file;
    enum tail_opened opened = tail_file_open(&file, is_stdin ? NULL : path, err);
    struct tail *t;

    if (opened == TAIL_REFUSED || (is_stdin && opened != TAIL_OPENED))
        return NULL;
    t = mem_alloc(sizeof *t);
    t->context = context;
    t->name = mem_dup_text(path);
    t->path = is_stdin ? NULL : mem_dup_text(path);
    t->file.fd = -1;
    t->watch = (struct tail_watch){-1, -1, -1, -1};
    t->missing_since_ns = t->replaced_since_ns = NEVER;
    t->buffer = mem_alloc(SLICE_BYTES);
    t->source = context->add_source(context->user, path, ENTRY_IS_STREAM, -1);
    t->timer = loop_add_timer(context->loop, look, t);
    if (t->path || tail_file_is_regular(&file))
        start_watching(t);
    if (options && options->is_continued && t->path)
        go_on(t, options, &file);
    else
        begin(t, opened, &file);
    loop_arm(t->timer, live_now_ns(context));
    return t;
}

void tail_stop(struct tail *t)
{
    if (!t)
        return;
    stop_watching_pipe(t);
    loop_remove_fd(t->context->loop, t->watched);
    loop_remove_timer(t->context->loop, t->timer);
    tail_watch_finish(&t->watch);
    tail_file_close(&t->file);
    pieces_close(&t->pieces);
    free(t->name);
    free(t->path);
    free(t->buffer);
    free(t);
}

bool tail_is_caught_up(const struct tail *t)
{
    return !pieces_current(&t->pieces) &&
           (t->file.fd < 0 || t->file.offset_bytes >= t->history_end_bytes);
}

uint32_t tail_source(const struct tail *t)
{
    return t->source;
}

const char *tail_name(const struct tail *t)
{
    return t->name;
}

bool tail_is_at(const struct tail *t, dev_t dev, ino_t ino)
{
    return t->file.fd >= 0 && t->file.dev == dev && t->file.ino == ino;
}
