/*
 * What a watched folder remembers of its files from one look to the next.
 */
#ifndef REPLAY_FOLDER_INTERNAL_H
#define REPLAY_FOLDER_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "model/base/text.h"
#include "replay/recognise.h"

struct tail;

enum member_state {
    MEMBER_WAITING,  /* for a change of it */
    MEMBER_FOLLOWED, /* its path is, whatever file is there */
    MEMBER_PIECE,    /* an older file of one that is followed */
};

/* The end of a file as it was, to see that there is only more behind it now. */
#define FOLDER_PRINT_BYTES 64
struct folder_print {
    uint64_t end_bytes;
    size_t len; /* 0: none */
    char bytes[FOLDER_PRINT_BYTES];
};

struct folder_print folder_print_of(const char *path);
bool folder_print_is_kept(const struct folder_print *print, const char *path);

/* At most one byte more than an entry may have. False: errno says why. */
bool folder_read_whole(const char *path, struct text *out);

struct member {
    char *path;
    enum member_state state;
    enum file_kind kind; /* when it was last looked at */
    bool has_file;       /* that is: */
    dev_t dev;
    ino_t ino;
    int64_t size_bytes, mtime_ns;
    bool is_seen, is_changed; /* in this look */
    bool is_due;              /* a document, to be given when it has not changed since: */
    int64_t changed_ns;
    int64_t seen_ns;           /* when last */
    uint32_t source;           /* of a document; 0: not given yet */
    struct folder_print print; /* of what was given */
    struct tail *tail;         /* of a log; NULL: none, or somebody else's */
};

/* Zeroed: none. */
struct members {
    struct member *list;
    size_t count, capacity;
    size_t
        hint; /* where the next one probably is: files come in the order of last time */
};

void members_finish(struct members *m); /* their tails are the caller's */

/* A look begins: nothing is seen. */
void members_begin(struct members *m);

/* There is a file at that path. */
void members_meet(struct members *m, const char *path, const struct stat *st,
                  int64_t now_ns);

void members_remove(struct members *m, size_t index);

/* Is it an older piece of one that is followed (any: of one that is there at all)? The
 * log, or NULL. */
struct member *members_log_of(struct members *m, const struct member *piece, bool any);

#endif
