#include "replay/loader.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "model/align.h"
#include "model/base/mem.h"
#include "model/base/text.h"
#include "model/units.h"
#include "replay/load.h"

#define FOLDER_MAX 4096 /* files of one folder: an incident has dozens */
#define FOLDER_DEPTH 8u /* folders in a folder: a cluster's dump has three */

/* Aligning looks at every process; doing it after each block would show in the time. */
#define ALIGN_EVERY_NS (50 * NS_PER_MS)

/* How long to sit in poll when nothing limits the budget: only a wake-up to look. */
#define POLL_NS (100 * NS_PER_MS)

struct folder {
    struct source *source; /* NULL while nothing is wrong with it */
    size_t first, end;     /* its files among the session's sources */
    char *path;
};

struct loader {
    struct session *session;
    struct loader_options options;
    struct load **loads;
    size_t count, capacity;
    size_t current; /* everything before is done */
    struct folder *folders;
    size_t folder_count, folder_capacity;
    int64_t aligned_ns;
    bool is_done;
};

static int64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

struct loader *loader_create(struct session *session,
                             const struct loader_options *options)
{
    struct loader *l = mem_alloc(sizeof *l);

    l->session = session;
    l->options = *options;
    return l;
}

void loader_destroy(struct loader *l)
{
    if (!l)
        return;
    for (size_t i = 0; i < l->count; i++)
        load_destroy(l->loads[i]);
    for (size_t i = 0; i < l->folder_count; i++)
        free(l->folders[i].path);
    free(l->folders);
    free(l->loads);
    free(l);
}

static void add_file(struct loader *l, const char *path, bool is_member)
{
    struct source *source = session_add_source(l->session, path);

    source->is_member = is_member;
    l->loads = mem_grow(l->loads, &l->capacity, l->count + 1, sizeof *l->loads);
    l->loads[l->count++] = load_create(l->session, source, l->options.format,
                                       l->options.pattern, l->options.watch);
    l->is_done = false;
}

static int compare_names(const void *a, const void *b)
{
    const char *const *x = a, *const *y = b;

    return strcmp(*x, *y);
}

static char *join_path(const char *folder, const char *name)
{
    struct text t = {0};
    size_t len = strlen(folder);

    text_put_str(&t, folder);
    if (len && folder[len - 1] != '/')
        text_put_char(&t, '/');
    text_put_str(&t, name);
    return t.ptr;
}

struct listing {
    char **names; /* paths */
    size_t count, capacity;
};

static void list_folder(struct listing *l, DIR *dir, const char *path, unsigned depth);

/* Links to folders are not followed: they may lead round in a circle. */
static void list_entry(struct listing *l, char *full, unsigned depth)
{
    struct stat st;
    bool is_folder = lstat(full, &st) == 0 && S_ISDIR(st.st_mode);
    DIR *dir = is_folder && depth < FOLDER_DEPTH ? opendir(full) : NULL;

    if (dir) {
        list_folder(l, dir, full, depth + 1);
        (void)closedir(dir);
    }
    if (is_folder || stat(full, &st) != 0 || !S_ISREG(st.st_mode)) {
        free(full);
        return;
    }
    l->names = mem_grow(l->names, &l->capacity, l->count + 1, sizeof *l->names);
    l->names[l->count++] = full;
}

/* The files in it and in the folders below. */
static void list_folder(struct listing *l, DIR *dir, const char *path, unsigned depth)
{
    const struct dirent *entry;

    while (l->count < FOLDER_MAX && (entry = readdir(dir))) {
        if (entry->d_name[0] != '.')
            list_entry(l, join_path(path, entry->d_name), depth);
    }
}

static void add_folder(struct loader *l, DIR *dir, const char *path)
{
    struct listing list = {0};
    struct folder *f;

    list_folder(&list, dir, path, 0);
    if (list.count)
        qsort(list.names, list.count, sizeof *list.names, compare_names);

    l->folders = mem_grow(l->folders, &l->folder_capacity, l->folder_count + 1,
                          sizeof *l->folders);
    f = &l->folders[l->folder_count++];
    *f = (struct folder){.first = l->session->source_count, .path = mem_dup_text(path)};
    for (size_t i = 0; i < list.count; i++) {
        add_file(l, list.names[i], true);
        free(list.names[i]);
    }
    f->end = l->session->source_count;
    free(list.names);
}

void loader_add(struct loader *l, const char *path)
{
    DIR *dir = strcmp(path, "-") == 0 ? NULL : opendir(path);

    l->is_done = false;
    l->session->is_loading = true;
    if (dir) {
        add_folder(l, dir, path);
        (void)closedir(dir);
    } else {
        add_file(l, path, false);
    }
}

static void check_folder(struct loader *l, struct folder *f)
{
    for (size_t i = f->first; i < f->end; i++) {
        if (!l->session->sources[i]->unreadable)
            return;
    }
    f->source = session_add_source(l->session, f->path);
    f->source->unreadable =
        mem_dup_text(f->first == f->end ? "is a folder without files"
                                        : "is a folder with nothing that heapreel knows");
}

static bool finish(struct loader *l)
{
    if (!l->is_done) {
        for (size_t i = 0; i < l->folder_count; i++) {
            if (!l->folders[i].source)
                check_folder(l, &l->folders[i]);
        }
        l->session->is_loading = false;
        align_session(l->session);
        l->is_done = true;
    }
    return false;
}

static void align_sometimes(struct loader *l, int64_t now)
{
    if (now - l->aligned_ns < ALIGN_EVERY_NS || l->session->process_count > 64)
        return;
    align_session(l->session);
    l->aligned_ns = now;
}

static void wait_for_input(const struct loader *l, int64_t left_ns)
{
    struct pollfd fd = {.fd = loader_poll_fd(l), .events = POLLIN};
    int64_t wait = left_ns < POLL_NS ? left_ns : POLL_NS;

    /* Nothing left is not "for ever", which is what poll takes a negative time for. */
    if (fd.fd >= 0 && wait > 0)
        (void)poll(&fd, 1, (int)(wait / NS_PER_MS));
}

bool loader_step(struct loader *l, int64_t budget_ns)
{
    int64_t start = now_ns(), now = start;

    /* With other files beside it a recording is one of them, and all may be settled
     * anew at the end. */
    l->session->is_streamed = l->count == 1 && l->loads[0]->reel;

    while (l->current < l->count) {
        struct load *load = l->loads[l->current];
        int64_t left = budget_ns - (now - start);
        enum load_result result;

        if (left <= 0)
            break;
        result = load_step(load, left);
        now = now_ns();
        if (result == LOAD_DONE) {
            load_close(l->loads[l->current++]);
        } else if (result == LOAD_WAITING) {
            wait_for_input(l, budget_ns - (now - start));
            now = now_ns();
            /* A quiet pipe must not keep the sources behind it waiting for ever; they
             * come first from now on. */
            if (l->current + 1 < l->count && !load->prefetch) {
                l->loads[l->current] = l->loads[l->current + 1];
                l->loads[l->current + 1] = load;
            }
        }
        align_sometimes(l, now);
    }
    return l->current < l->count ? true : finish(l);
}

struct loader_progress loader_progress(const struct loader *l)
{
    struct loader_progress p = {.done = l->is_done};
    bool is_known = true;

    for (size_t i = 0; i < l->count; i++) {
        const struct input *in = &l->loads[i]->input;

        p.bytes_done += atomic_load_explicit(&in->consumed_bytes, memory_order_relaxed);
        p.bytes_total += in->size_bytes;
        is_known = is_known && (in->is_regular || l->loads[i]->is_done);
    }
    if (!is_known)
        p.bytes_total = 0;
    return p;
}

int loader_poll_fd(const struct loader *l)
{
    const struct load *load = l->current < l->count ? l->loads[l->current] : NULL;

    return load && !load->is_done && !load->input.is_regular ? load->input.fd : -1;
}

size_t loader_unreadable_count(const struct loader *l)
{
    size_t count = 0;

    for (size_t i = 0; i < l->session->source_count; i++)
        count += source_has_failed(l->session->sources[i]);
    return count;
}
