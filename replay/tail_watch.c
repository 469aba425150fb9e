#include "replay/tail_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "model/base/mem.h"

#ifdef __linux__
#include <sys/inotify.h>

/* Not IN_MODIFY: in a busy log folder every line of others would wake us. */
#define FOLDER_EVENTS (IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE)
/* A file that is unlinked while it is open has its attributes changed, no more. */
#define FILE_EVENTS (IN_MODIFY | IN_ATTRIB | IN_MOVE_SELF)

static void replace(const struct tail_watch *w, int *slot, const char *path,
                    uint32_t events)
{
    int old = *slot;

    if (w->fd < 0)
        return;
    *slot = inotify_add_watch(w->fd, path, events);
    /* The same inode is the same watch. */
    if (old >= 0 && old != *slot && old != w->folder && old != w->file && old != w->next)
        (void)inotify_rm_watch(w->fd, old);
}

void tail_watch_init(struct tail_watch *w)
{
    *w = (struct tail_watch){-1, -1, -1, -1};
    w->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
}

void tail_watch_folder(struct tail_watch *w, const char *path)
{
    struct slice whole = slice_str(path);
    struct slice base = slice_base_name(whole);
    char *folder = whole.len > base.len
                       ? mem_dup_slice(slice_first(whole, whole.len - base.len))
                       : mem_dup_text(".");

    if (path)
        replace(w, &w->folder, folder, FOLDER_EVENTS);
    free(folder);
}

void tail_watch_file(struct tail_watch *w, int fd)
{
    char path[40];

    /* By descriptor: the path may be another file's by now. */
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    replace(w, &w->file, path, FILE_EVENTS);
    if (w->fd >= 0 && w->next >= 0 && w->next != w->file)
        (void)inotify_rm_watch(w->fd, w->next);
    w->next = -1;
}

void tail_watch_next(struct tail_watch *w, const char *path)
{
    replace(w, &w->next, path, FILE_EVENTS);
}

void tail_watch_drain(const struct tail_watch *w)
{
    char events[4096];

    if (w->fd < 0)
        return;
    while (read(w->fd, events, sizeof events) > 0)
        ;
}

#else

void tail_watch_init(struct tail_watch *w)
{
    *w = (struct tail_watch){-1, -1, -1, -1};
}

void tail_watch_folder(struct tail_watch *w, const char *path)
{
    (void)w;
    (void)path;
}

void tail_watch_file(struct tail_watch *w, int fd)
{
    (void)w;
    (void)fd;
}

void tail_watch_next(struct tail_watch *w, const char *path)
{
    (void)w;
    (void)path;
}

void tail_watch_drain(const struct tail_watch *w)
{
    (void)w;
}

#endif

void tail_watch_finish(struct tail_watch *w)
{
    if (w->fd >= 0)
        (void)close(w->fd);
    w->fd = -1;
}
