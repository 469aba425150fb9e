/*
 * The two halves of a tail that know nothing of sources: an open file that grows, and the
 * kernel's word that something happened to it.
 */
#ifndef REPLAY_TAIL_INTERNAL_H
#define REPLAY_TAIL_INTERNAL_H

#include <stdint.h>
#include <sys/stat.h>

#include "model/base/err.h"
#include "model/base/slice.h"

/* What stood before the place that was read to, to see that it still stands there: a file
 * that was truncated and has grown again between two looks is not smaller. */
#define TAIL_PRINT_BYTES 64

struct tail_file {
    int fd; /* -1: none */
    mode_t mode;
    dev_t dev;
    ino_t ino;
    uint64_t offset_bytes;
    size_t print_len;
    char print[TAIL_PRINT_BYTES];
};

enum tail_opened {
    TAIL_OPENED,
    TAIL_ABSENT,
    TAIL_FAILED,  /* may do later */
    TAIL_REFUSED, /* a folder, a terminal, a compressed file */
};

/* NULL for a path is standard input, begun where it stands. Fills *err unless it opened.
 */
enum tail_opened tail_file_open(struct tail_file *f, const char *path, struct err *err);
/* Of the older pieces of the log at `path` the one that is this file. */
bool tail_file_open_piece(struct tail_file *f, const char *path, dev_t dev, ino_t ino);
void tail_file_close(struct tail_file *f);
bool tail_file_is_regular(const struct tail_file *f);

/* Its size now, at least 0. */
uint64_t tail_file_size(const struct tail_file *f);

/* Goes on from there. */
void tail_file_seek(struct tail_file *f, uint64_t offset_bytes);

enum tail_step {
    TAIL_AT_END,
    TAIL_DATA,
    TAIL_CUT,   /* it is another content now; what follows is its beginning */
    TAIL_ERROR, /* errno says which */
};

/* The next bytes of a regular file, as many as there are up to `room`. */
enum tail_step tail_file_read(struct tail_file *f, char *out, size_t room, size_t *got);

/* Zeroed is not enough: tail_watch_init. Without inotify all of it does nothing. */
struct tail_watch {
    int fd; /* -1: none; to be polled for POLLIN */
    int folder, file, next;
};

void tail_watch_init(struct tail_watch *w);
void tail_watch_finish(struct tail_watch *w);

/* Names coming and going in the folder of `path` (NULL: none); again, since it may have
 * come into being or be another one now. */
void tail_watch_folder(struct tail_watch *w, const char *path);

/* The file that is open, in place of the one before. */
void tail_watch_file(struct tail_watch *w, int fd);

/* Besides, what has come to stand at its path. */
void tail_watch_next(struct tail_watch *w, const char *path);

/* Forgets what was reported. */
void tail_watch_drain(const struct tail_watch *w);

#endif
