/* Which process it is, and what it has open. */
#include <dirent.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/base/compiler.h"
#include "model/base/mem.h"
#include "model/base/num.h"
#include "replay/procwatch_internal.h"

/* A process that listens in more places is not offered each of them. */
#define LISTENERS_MAX 1024

/* As /proc/net/tcp writes TCP_LISTEN. */
#define STATE_LISTEN SLICE("0A")

struct listener {
    uint64_t inode;
    unsigned port;
};

struct listeners {
    struct listener at[LISTENERS_MAX];
    size_t count;
};

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

static struct slice take_word(struct slice *line)
{
    struct slice word;
    size_t len = 0;

    while (line->len && line->ptr[0] == ' ')
        *line = slice_after(*line, 1);
    while (len < line->len && line->ptr[len] != ' ')
        len++;
    word = slice_first(*line, len);
    *line = slice_after(*line, len);
    return word;
}

/* "0100007F:1F90": what stands behind the colon. */
static bool port_of(struct slice address, unsigned *port)
{
    unsigned value = 0;

    if (address.len < 5 || address.ptr[address.len - 5] != ':')
        return false;
    for (size_t i = address.len - 4; i < address.len; i++) {
        char c = address.ptr[i];
        unsigned digit;

        if (c >= '0' && c <= '9')
            digit = (unsigned)(c - '0');
        else if (c >= 'A' && c <= 'F')
            digit = (unsigned)(c - 'A') + 10;
        else
            return false;
        value = value * 16 + digit;
    }
    *port = value;
    return value > 0;
}

/* "0: 0100007F:1F90 00000000:0000 0A 0:0 00:0 0 1000 0 12345 …" */
static void take_listener(struct listeners *l, struct slice line)
{
    struct slice address, inode = {0};
    struct listener one;

    (void)take_word(&line);
    address = take_word(&line);
    (void)take_word(&line);
    if (!slice_eq(take_word(&line), STATE_LISTEN))
        return;
    for (int i = 0; i < 6; i++)
        inode = take_word(&line);
    if (port_of(address, &one.port) && num_parse_u64(inode, &one.inode) &&
        l->count < LISTENERS_MAX)
        l->at[l->count++] = one;
}

static void read_listeners(struct listeners *l, const char *root, struct slice folder,
                           const char *name)
{
    struct text table = {0};
    struct slice rest;

    (void)procwatch_read(root, folder, name, &table);
    rest = slice_of(table.ptr, table.len);
    while (rest.len) {
        const char *end = memchr(rest.ptr, '\n', rest.len);
        size_t len = end ? (size_t)(end - rest.ptr) : rest.len;

        take_listener(l, slice_first(rest, len));
        rest = slice_after(rest, end ? len + 1 : len);
    }
    text_finish(&table);
}

/* "socket:[12345]" */
static bool inode_of(struct slice link, uint64_t *inode)
{
    if (!slice_starts(link, SLICE("socket:[")) || !slice_ends(link, SLICE("]")))
        return false;
    link = slice_after(link, 8);
    link.len--;
    return num_parse_u64(link, inode);
}

/* In order, each once. */
static void add_port(unsigned *ports, size_t *count, size_t max, unsigned port)
{
    size_t at = 0;

    while (at < *count && ports[at] < port)
        at++;
    if ((at < *count && ports[at] == port) || at == max)
        return;
    if (*count < max)
        ++*count;
    memmove(ports + at + 1, ports + at, (*count - 1 - at) * sizeof *ports);
    ports[at] = port;
}

static size_t match_sockets(const struct listeners *l, const char *path, unsigned *ports,
                            size_t max)
{
    DIR *dir = opendir(path);
    const struct dirent *entry;
    char link[64];
    size_t count = 0;
    uint64_t inode;

    while (dir && (entry = readdir(dir))) {
        ssize_t len = readlinkat(dirfd(dir), entry->d_name, link, sizeof link);

        if (len <= 0 || !inode_of(slice_of(link, (size_t)len), &inode))
            continue;
        for (size_t i = 0; i < l->count; i++) {
            if (l->at[i].inode == inode)
                add_port(ports, &count, max, l->at[i].port);
        }
    }
    if (dir)
        (void)closedir(dir);
    return count;
}

size_t procwatch_ports_of(const char *root, int64_t pid, unsigned *ports, size_t max)
{
    struct listeners *l = mem_alloc(sizeof *l);
    char name[PROCWATCH_FOLDER_MAX];
    struct slice folder = procwatch_folder(name, pid);
    struct text path = {0};
    size_t count = 0;

    read_listeners(l, root, folder, "net/tcp");
    read_listeners(l, root, folder, "net/tcp6");
    text_put_str(&path, root);
    text_put(&path, folder);
    text_put_str(&path, "/fd");
    if (l->count && max)
        count = match_sockets(l, text_str(&path), ports, max);
    text_finish(&path);
    free(l);
    return count;
}

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
