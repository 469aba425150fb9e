/* Where a process's standard error goes. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/base/mem.h"
#include "replay/procwatch_internal.h"

static bool is_file(const char *path, const struct stat *same)
{
    struct stat st;

    return stat(path, &st) == 0 && st.st_dev == same->st_dev && st.st_ino == same->st_ino;
}

/* In a container the path holds below the process's own root. */
char *procwatch_log_of(const char *root, int64_t pid)
{
    struct text link = {0}, inside = {0};
    char folder[PROCWATCH_FOLDER_MAX], target[PATH_MAX];
    struct slice of_process = procwatch_folder(folder, pid);
    char *found = NULL;
    struct stat st;
    ssize_t len;

    text_put_str(&link, root);
    text_put(&link, of_process);
    text_printf(&inside, "%s/root", text_str(&link));
    text_put_str(&link, "/fd/2");
    len = readlink(text_str(&link), target, sizeof target - 1);
    if (len > 0 && target[0] == '/' && stat(text_str(&link), &st) == 0 &&
        S_ISREG(st.st_mode)) {
        target[len] = '\0';
        text_put_str(&inside, target);
        if (is_file(target, &st))
            found = mem_dup_text(target);
        else if (is_file(text_str(&inside), &st))
            found = mem_dup_text(text_str(&inside));
    }
    text_finish(&link);
    text_finish(&inside);
    return found;
}

/* Its environment has JOURNAL_STREAM=DEVICE:INODE of the socket that systemd gave it as
 * its standard error (systemd.exec(5)); has that been put somewhere else since? */
static bool is_journal(const char *root, struct slice folder)
{
    struct text environment = {0}, path = {0}, wanted = {0};
    struct slice rest;
    struct stat st;
    bool found = false;

    text_put_str(&path, root);
    text_put(&path, folder);
    text_put_str(&path, "/fd/2");
    if (stat(text_str(&path), &st) == 0 &&
        procwatch_read(root, folder, "environ", &environment) == 0)
        text_printf(&wanted, "JOURNAL_STREAM=%llu:%llu", (unsigned long long)st.st_dev,
                    (unsigned long long)st.st_ino);
    rest = slice_of(environment.ptr, environment.len);
    while (wanted.len && rest.len && !found) {
        const char *end = memchr(rest.ptr, '\0', rest.len);
        size_t len = end ? (size_t)(end - rest.ptr) : rest.len;

        found = slice_eq(slice_first(rest, len), slice_of(wanted.ptr, wanted.len));
        rest = slice_after(rest, end ? len + 1 : len);
    }
    text_finish(&environment);
    text_finish(&path);
    text_finish(&wanted);
    return found;
}

/* Of "0::/system.slice/api.service/worker" what ends in ".service"; empty: none, or one
 * of a user's own manager, whose journal is asked for otherwise. */
static struct slice service_of(struct slice membership)
{
    const struct slice ending = SLICE(".service");
    struct slice found = {0};
    size_t from = 0;

    for (size_t i = 0; i <= membership.len; i++) {
        struct slice part;

        if (i < membership.len && membership.ptr[i] != '/' && membership.ptr[i] != '\n')
            continue;
        part = slice_first(slice_after(membership, from), i - from);
        from = i + 1;
        if (slice_starts(part, SLICE("user@")))
            return SLICE("");
        if (part.len > ending.len && slice_ends(part, ending))
            found = part;
    }
    return found;
}

char *procwatch_unit_of(const char *root, int64_t pid)
{
    char name[PROCWATCH_FOLDER_MAX];
    struct slice folder = procwatch_folder(name, pid), service = {0};
    struct text membership = {0};
    char *unit = NULL;

    if (is_journal(root, folder) &&
        procwatch_read(root, folder, "cgroup", &membership) == 0)
        service = service_of(slice_of(membership.ptr, membership.len));
    if (service.len)
        unit = mem_dup_slice(service);
    text_finish(&membership);
    return unit;
}
