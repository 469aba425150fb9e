#include "replay/cgroup_path.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "model/base/mem.h"
#include "model/base/text.h"

/* One hierarchy that was mounted where we can see it. */
struct mount {
    struct slice root; /* what of it: "/" or a cgroup */
    struct slice at;
};

static struct slice take_until(struct slice *rest, char end)
{
    const char *at = rest->len ? memchr(rest->ptr, end, rest->len) : NULL;
    size_t len = at ? (size_t)(at - rest->ptr) : rest->len;
    struct slice piece = slice_first(*rest, len);

    *rest = slice_after(*rest, at ? len + 1 : len);
    return piece;
}

/* Is `word` one of "cpu,memory"? */
static bool lists(struct slice list, struct slice word)
{
    while (list.len) {
        if (slice_eq(take_until(&list, ','), word))
            return true;
    }
    return false;
}

/* Of "4:memory:/a/b" and "0::/a/b" the path; v1 goes first where both are there. */
static bool cgroup_of(struct slice text, struct slice *path, bool *is_v1)
{
    bool has_v2 = false;

    while (text.len) {
        struct slice line = take_until(&text, '\n'), controllers;

        (void)take_until(&line, ':');
        controllers = take_until(&line, ':');
        if (line.len == 0 || line.ptr[0] != '/')
            continue;
        if (lists(controllers, SLICE("memory"))) {
            *path = line;
            *is_v1 = true;
            return true;
        }
        if (controllers.len == 0) {
            *path = line;
            *is_v1 = false;
            has_v2 = true;
        }
    }
    return has_v2;
}

/* "32 31 0:29 /root /at rw,relatime shared:1 - cgroup cgroup rw,memory" */
static bool mount_of_line(struct slice line, bool is_v1, struct mount *m)
{
    struct slice word, type;

    for (int i = 0; i < 3; i++)
        (void)take_until(&line, ' ');
    m->root = take_until(&line, ' ');
    m->at = take_until(&line, ' ');
    do
        word = take_until(&line, ' ');
    while (line.len && !slice_eq(word, SLICE("-")));
    type = take_until(&line, ' ');
    (void)take_until(&line, ' ');
    /* A blank in a path is written as \040; nobody has such a place for cgroups. */
    if (m->at.len == 0 || memchr(m->at.ptr, '\\', m->at.len))
        return false;
    if (is_v1)
        return slice_eq(type, SLICE("cgroup")) && lists(line, SLICE("memory"));
    return slice_eq(type, SLICE("cgroup2"));
}

/* What is below `top` of a path; false when the path is elsewhere. */
static bool below(struct slice path, struct slice top, struct slice *rest)
{
    while (top.len && top.ptr[top.len - 1] == '/')
        top.len--;
    if (!slice_starts(path, top) || (path.len > top.len && path.ptr[top.len] != '/'))
        return false;
    *rest = slice_after(path, top.len);
    return true;
}

static bool goes_up(struct slice path)
{
    while (path.len) {
        if (slice_eq(take_until(&path, '/'), SLICE("..")))
            return true;
    }
    return false;
}

static bool has_memory(const char *root, struct slice at, struct slice path, bool is_v1)
{
    struct text file = {0};
    struct stat st;
    bool is_there;

    text_put_str(&file, root);
    text_put(&file, at);
    text_put(&file, path);
    text_put_str(&file, is_v1 ? "/memory.usage_in_bytes" : "/memory.current");
    is_there = stat(text_str(&file), &st) == 0;
    text_finish(&file);
    return is_there;
}

/* The cgroup or the nearest above it that has memory files; NULL. */
static char *nearest(const char *root, const struct mount *m, struct slice path,
                     bool is_v1)
{
    struct slice rest = {0};
    struct text folder = {0};

    if (!below(path, m->root, &rest) || goes_up(rest))
        rest = slice_of(path.ptr, 0);
    while (rest.len && rest.ptr[rest.len - 1] == '/')
        rest.len--;
    while (!has_memory(root, m->at, rest, is_v1)) {
        if (rest.len == 0)
            return NULL;
        while (rest.len && rest.ptr[rest.len - 1] != '/')
            rest.len--;
        while (rest.len && rest.ptr[rest.len - 1] == '/')
            rest.len--;
    }
    text_put(&folder, m->at);
    text_put(&folder, rest);
    return folder.ptr;
}

/* Where no mount says it, or none that we can read. */
static char *usual_place(const char *root, struct slice path, bool is_v1)
{
    static const struct mount v1 = {SLICE_INIT("/"), SLICE_INIT("/sys/fs/cgroup/memory")};
    static const struct mount v2[] = {
        {SLICE_INIT("/"), SLICE_INIT("/sys/fs/cgroup")},
        {SLICE_INIT("/"), SLICE_INIT("/sys/fs/cgroup/unified")},
    };
    char *folder;

    if (is_v1)
        return nearest(root, &v1, path, true);
    folder = nearest(root, &v2[0], path, false);
    return folder ? folder : nearest(root, &v2[1], path, false);
}

struct cgroup_path cgroup_path_find(const char *root, struct slice cgroup,
                                    struct slice mountinfo)
{
    struct cgroup_path found = {0};
    struct slice path;

    if (!cgroup_of(cgroup, &path, &found.is_v1))
        return found;
    while (mountinfo.len && !found.folder) {
        struct mount m;

        if (mount_of_line(take_until(&mountinfo, '\n'), found.is_v1, &m))
            found.folder = nearest(root, &m, path, found.is_v1);
    }
    if (!found.folder)
        found.folder = usual_place(root, path, found.is_v1);
    return found;
}
