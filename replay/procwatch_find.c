/* Which process it is. */
#include <dirent.h>
#include <fnmatch.h>
#include <string.h>
#include <unistd.h>

#include "model/base/num.h"
#include "replay/procwatch_internal.h"

static bool number_of(const char *name, int64_t *pid)
{
    uint64_t value;

    if (!num_parse_u64(slice_str(name), &value) || value == 0 || value > INT32_MAX)
        return false;
    *pid = (int64_t)value;
    return true;
}

static bool matches(const char *pattern, const char *name)
{
    return strcmp(pattern, name) == 0 || fnmatch(pattern, name, 0) == 0;
}

/* Empty for kernel threads and what has no arguments left. */
static bool matches_argument(const char *root, int64_t pid, const char *pattern,
                             struct text *scratch)
{
    char folder[PROCWATCH_FOLDER_MAX];
    const char *base, *slash;

    text_clear(scratch);
    if (procwatch_read(root, procwatch_folder(folder, pid), "cmdline", scratch) != 0)
        return false;
    /* As a C string it ends behind the first argument. */
    text_put_char(scratch, '\0');
    base = text_str(scratch);
    slash = strrchr(base, '/');
    if (slash)
        base = slash + 1;
    return *base && matches(pattern, base);
}

static bool is_named(const char *root, int64_t pid, const char *pattern,
                     const struct procwatch_identity *who, struct text *scratch)
{
    char comm[sizeof who->comm + 1];

    memcpy(comm, who->comm, who->comm_len);
    comm[who->comm_len] = '\0';
    return matches(pattern, comm) || matches_argument(root, pid, pattern, scratch);
}

int64_t procwatch_find(const char *root, const char *pattern)
{
    struct procwatch_identity who;
    struct text scratch = {0};
    uint64_t youngest = 0;
    const struct dirent *entry;
    int64_t found = -1, pid;
    /* A name that would fit us too is not meant for us. */
    int64_t self = *root ? -1 : (int64_t)getpid();
    DIR *dir;

    text_put_str(&scratch, root);
    text_put_str(&scratch, "/proc");
    dir = opendir(text_str(&scratch));
    while (dir && (entry = readdir(dir))) {
        if (!number_of(entry->d_name, &pid) || pid == self ||
            procwatch_identity_of(root, pid, &scratch, &who) != 0 ||
            who.is_kernel_thread || procwatch_has_exited(&who) ||
            !is_named(root, pid, pattern, &who, &scratch))
            continue;
        if (found < 0 || who.start_ticks > youngest ||
            (who.start_ticks == youngest && pid > found)) {
            found = pid;
            youngest = who.start_ticks;
        }
    }
    if (dir)
        (void)closedir(dir);
    text_finish(&scratch);
    return found;
}
