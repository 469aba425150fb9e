#include "replay/pieces.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "model/base/mem.h"
#include "model/base/text.h"
#include "replay/rotation.h"

/* Somebody may rotate while we open; a second time in a row nobody does. */
#define TRIES 3

/* Does the path still lead to what was opened? */
static bool is_still(const char *path, dev_t dev, ino_t ino)
{
    struct stat st;

    return stat(path, &st) == 0 && st.st_dev == dev && st.st_ino == ino;
}

/* False when it is the log itself, or gone since it was listed. */
static bool open_piece(struct log_piece *piece, const char *path, dev_t dev, ino_t ino,
                       bool *has_moved)
{
    struct err err = {0};
    struct stat st;

    if (!input_open(&piece->input, path, &err)) {
        *has_moved = *has_moved || stat(path, &st) != 0;
        piece->unreadable = mem_dup_text(err.reason);
    } else if (fstat(piece->input.fd, &st) != 0 ||
               !is_still(path, st.st_dev, st.st_ino)) {
        *has_moved = true;
    } else if (st.st_dev == dev && st.st_ino == ino) {
        *has_moved = true;
        input_close(&piece->input);
        return false;
    }
    piece->path = mem_dup_text(path);
    return true;
}

/* False when names moved on meanwhile. */
static bool open_all(struct pieces *p, const char *path, dev_t dev, ino_t ino)
{
    struct rotations r = rotations_find(path);
    bool has_moved = false;

    if (r.count)
        p->list = mem_alloc_array(r.count, sizeof *p->list);
    for (size_t i = 0; i < r.count; i++)
        p->count += open_piece(&p->list[p->count], r.paths[i], dev, ino, &has_moved);
    rotations_finish(&r);
    return !has_moved;
}

void pieces_open(struct pieces *p, const char *path, dev_t dev, ino_t ino)
{
    *p = (struct pieces){0};
    for (int i = 0; i < TRIES && !open_all(p, path, dev, ino); i++) {
        if (i + 1 < TRIES)
            pieces_close(p);
    }
}

static void close_piece(struct log_piece *piece)
{
    input_close(&piece->input);
    free(piece->path);
    free(piece->unreadable);
    piece->path = piece->unreadable = NULL;
}

void pieces_close(struct pieces *p)
{
    for (; p->at < p->count; p->at++)
        close_piece(&p->list[p->at]);
    free(p->list);
    *p = (struct pieces){0};
}

uint64_t pieces_drop(struct pieces *p, dev_t dev, ino_t ino)
{
    for (size_t i = p->at; i < p->count; i++) {
        struct log_piece *piece = &p->list[i];
        uint64_t size_bytes = piece->input.size_bytes;
        struct stat st;

        if (piece->input.is_sniffed || piece->unreadable ||
            fstat(piece->input.fd, &st) != 0 || st.st_dev != dev || st.st_ino != ino)
            continue;
        close_piece(piece);
        memmove(piece, piece + 1, (p->count - i - 1) * sizeof *piece);
        p->count--;
        return size_bytes;
    }
    return 0;
}

struct log_piece *pieces_current(const struct pieces *p)
{
    return p->at < p->count ? &p->list[p->at] : NULL;
}

void pieces_next(struct pieces *p)
{
    if (p->at < p->count)
        close_piece(&p->list[p->at++]);
}

void pieces_fail(struct pieces *p, struct err *err)
{
    pieces_locate(pieces_current(p), err);
    (void)snprintf(p->trouble, sizeof p->trouble, "%s", err->reason);
    pieces_next(p);
}

void pieces_locate(const struct log_piece *piece, struct err *err)
{
    struct slice name = slice_base_name(slice_str(piece->path));
    struct text reason = {0};

    text_put_safe(&reason, name);
    text_put_str(&reason, ": ");
    text_put_str(&reason, piece->unreadable ? piece->unreadable : err->reason);
    err_set(err, err->offset_bytes, err->line, "%s", text_str(&reason));
    text_finish(&reason);
}

uint64_t pieces_size_bytes(const struct pieces *p)
{
    uint64_t sum = 0;

    for (size_t i = p->at; i < p->count; i++)
        sum += p->list[i].input.size_bytes;
    return sum;
}
