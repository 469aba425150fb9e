#include "replay/folder_list.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "model/base/mem.h"
#include "model/base/text.h"

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

static void list_folder(struct folder_list *l, DIR *dir, const char *path,
                        unsigned depth);

/* Links to folders are not followed: they may lead round in a circle. */
static void list_entry(struct folder_list *l, char *full, unsigned depth)
{
    struct stat st;
    bool is_folder = lstat(full, &st) == 0 && S_ISDIR(st.st_mode);
    DIR *dir = is_folder && depth < FOLDER_DEPTH_MAX ? opendir(full) : NULL;

    if (dir) {
        list_folder(l, dir, full, depth + 1);
        (void)closedir(dir);
    }
    if (is_folder || stat(full, &st) != 0 || !S_ISREG(st.st_mode)) {
        free(full);
        return;
    }
    l->paths = mem_grow(l->paths, &l->capacity, l->count + 1, sizeof *l->paths);
    l->paths[l->count++] = full;
}

static void list_folder(struct folder_list *l, DIR *dir, const char *path, unsigned depth)
{
    const struct dirent *entry;

    while (l->count < FOLDER_FILES_MAX && (entry = readdir(dir))) {
        if (entry->d_name[0] != '.')
            list_entry(l, join_path(path, entry->d_name), depth);
    }
}

bool folder_list_read(struct folder_list *l, const char *path)
{
    DIR *dir = opendir(path);

    *l = (struct folder_list){0};
    if (!dir)
        return false;
    list_folder(l, dir, path, 0);
    (void)closedir(dir);
    if (l->count)
        qsort(l->paths, l->count, sizeof *l->paths, compare_names);
    return true;
}

void folder_list_finish(struct folder_list *l)
{
    for (size_t i = 0; i < l->count; i++)
        free(l->paths[i]);
    free(l->paths);
    *l = (struct folder_list){0};
}
