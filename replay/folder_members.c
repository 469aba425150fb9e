/* Files keep their inode when they are renamed, and paths keep theirs when what stands
 * there is replaced: a member is both. */
#include <stdlib.h>
#include <string.h>

#include "model/base/mem.h"
#include "model/units.h"
#include "replay/folder_internal.h"
#include "replay/rotation.h"

void members_finish(struct members *m)
{
    for (size_t i = 0; i < m->count; i++)
        free(m->list[i].path);
    free(m->list);
    *m = (struct members){0};
}

void members_begin(struct members *m)
{
    for (size_t i = 0; i < m->count; i++)
        m->list[i].is_seen = m->list[i].is_changed = false;
    m->hint = 0;
}

void members_remove(struct members *m, size_t index)
{
    free(m->list[index].path);
    memmove(&m->list[index], &m->list[index + 1],
            (m->count - index - 1) * sizeof *m->list);
    m->count--;
}

static struct member *find_file(struct members *m, const struct stat *st)
{
    for (size_t i = 0; i < m->count; i++) {
        struct member *one = &m->list[(m->hint + i) % m->count];

        if (one->has_file && one->ino == st->st_ino && one->dev == st->st_dev) {
            m->hint = (size_t)(one - m->list) + 1;
            return one;
        }
    }
    return NULL;
}

static struct member *find_path(struct members *m, const char *path)
{
    for (size_t i = 0; i < m->count; i++) {
        if (strcmp(m->list[i].path, path) == 0)
            return &m->list[i];
    }
    return NULL;
}

static struct member *add(struct members *m, const char *path, enum member_state state)
{
    struct member *one;

    m->list = mem_grow(m->list, &m->capacity, m->count + 1, sizeof *m->list);
    one = &m->list[m->count++];
    *one = (struct member){.path = mem_dup_text(path), .state = state};
    return one;
}

static int64_t mtime_of(const struct stat *st)
{
    return (int64_t)st->st_mtim.tv_sec * NS_PER_S + st->st_mtim.tv_nsec;
}

static bool is_as_it_was(const struct member *one, const struct stat *st)
{
    return one->size_bytes == st->st_size && one->mtime_ns == mtime_of(st);
}

static void take_file(struct member *one, const struct stat *st, int64_t now_ns)
{
    bool is_same = one->has_file && one->ino == st->st_ino && one->dev == st->st_dev;

    if (!is_same || !is_as_it_was(one, st)) {
        one->is_changed = true;
        one->changed_ns = now_ns;
    }
    one->has_file = one->is_seen = true;
    one->seen_ns = now_ns;
    one->dev = st->st_dev;
    one->ino = st->st_ino;
    one->size_bytes = st->st_size;
    one->mtime_ns = mtime_of(st);
}

static bool leads_to(const char *path, const struct stat *file)
{
    struct stat st;

    return stat(path, &st) == 0 && st.st_ino == file->st_ino && st.st_dev == file->st_dev;
}

/* Another file is at that path now. What a followed log was before is no new file under
 * whatever name it has. */
static void replace(struct members *m, struct member *one, const struct stat *st,
                    int64_t now_ns)
{
    struct member old = *one;

    if (one->state == MEMBER_PIECE)
        one->state = MEMBER_WAITING;
    take_file(one, st, now_ns);
    if (old.state == MEMBER_FOLLOWED && old.has_file) {
        one = add(m, "", MEMBER_PIECE);
        one->has_file = true;
        one->dev = old.dev;
        one->ino = old.ino;
    }
}

/* A log that is renamed is what it was before, and so are its pieces. */
static void rename_to(struct members *m, struct member *one, const char *path,
                      const struct stat *st, int64_t now_ns)
{
    struct member *there = find_path(m, path);
    bool is_log = one->state != MEMBER_WAITING;

    if (one->state != MEMBER_FOLLOWED && !there) {
        free(one->path);
        one->path = mem_dup_text(path);
        take_file(one, st, now_ns);
        return;
    }
    one->has_file = false;
    if (there)
        replace(m, there, st, now_ns);
    else
        take_file(add(m, path, MEMBER_PIECE), st, now_ns);
    there = find_path(m, path);
    if (is_log && there->state == MEMBER_WAITING)
        there->state = MEMBER_PIECE;
}

/* Where the path of an inode changed: it may as well be another file's by now. */
static bool is_renamed(const struct member *one, const struct stat *st)
{
    return one->state == MEMBER_FOLLOWED || one->path[0] == '\0' || is_as_it_was(one, st);
}

void members_meet(struct members *m, const char *path, const struct stat *st,
                  int64_t now_ns)
{
    struct member *file = find_file(m, st), *there;

    if (file && strcmp(file->path, path) == 0) {
        take_file(file, st, now_ns);
        return;
    }
    if (file && leads_to(file->path, st))
        return; /* one file by two names */
    if (file && is_renamed(file, st)) {
        rename_to(m, file, path, st, now_ns);
        return;
    }
    if (file) /* its inode was given to a new one */
        file->has_file = false;
    there = find_path(m, path);
    if (there)
        replace(m, there, st, now_ns);
    else
        take_file(add(m, path, MEMBER_WAITING), st, now_ns);
}

struct member *members_log_of(struct members *m, const struct member *piece, bool any)
{
    for (size_t i = 0; i < m->count; i++) {
        struct member *one = &m->list[i];

        if (one != piece && (any || one->state == MEMBER_FOLLOWED) &&
            rotation_is_piece(piece->path, one->path))
            return one;
    }
    return NULL;
}
