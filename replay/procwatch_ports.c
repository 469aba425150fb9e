/*
 * Where a process listens: which of the machine's listening sockets it holds.
 *
 * Source: net/ipv4/tcp_ipv4.c and net/unix/af_unix.c of Linux 3.10 to 6.18.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "model/base/compiler.h"
#include "model/base/mem.h"
#include "model/base/num.h"
#include "replay/procwatch_internal.h"

/* A process that listens in more places is not offered each of them. */
#define LISTENERS_MAX 1024

/* As /proc/net/tcp writes TCP_LISTEN, and /proc/net/unix __SO_ACCEPTCON. */
#define STATE_LISTEN SLICE("0A")
#define FLAGS_LISTEN SLICE("00010000")

struct listener {
    uint64_t inode;
    struct procwatch_port where;
};

struct listeners {
    struct listener at[LISTENERS_MAX];
    size_t count;
};

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

static bool hex_of(struct slice digits, uint32_t *value)
{
    *value = 0;
    if (digits.len == 0 || digits.len > 8)
        return false;
    for (size_t i = 0; i < digits.len; i++) {
        char c = digits.ptr[i];

        if (c >= '0' && c <= '9')
            *value = *value * 16 + (uint32_t)(c - '0');
        else if (c >= 'A' && c <= 'F')
            *value = *value * 16 + (uint32_t)(c - 'A') + 10;
        else
            return false;
    }
    return true;
}

/* Where to ask: what listens on every address does so on the machine's own. */
static void put_host(char *out, const uint32_t *words, size_t count)
{
    const uint32_t mapped[3] = {0, 0, htonl(0xffff)};
    char text[INET6_ADDRSTRLEN] = "";
    bool is_any = true;

    for (size_t i = 0; i < count; i++)
        is_any = is_any && words[i] == 0;
    if (is_any) {
        (void)snprintf(out, PROCWATCH_HOST_MAX, "127.0.0.1");
        return;
    }
    if (count == 4 && memcmp(words, mapped, sizeof mapped) == 0) {
        words += 3;
        count = 1;
    }
    (void)inet_ntop(count == 1 ? AF_INET : AF_INET6, words, text, sizeof text);
    (void)snprintf(out, PROCWATCH_HOST_MAX, count == 1 ? "%s" : "[%s]", text);
}

/* "0100007F:1F90": each word of the address is written as a number of this machine's byte
 * order, so that it lies in memory as the network has it. */
static bool place_of(struct slice address, struct procwatch_port *where)
{
    uint32_t words[4], port;
    size_t count = address.len / 8;

    if ((address.len != 8 + 5 && address.len != 32 + 5) ||
        address.ptr[address.len - 5] != ':' ||
        !hex_of(slice_after(address, address.len - 4), &port) || port == 0)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!hex_of(slice_first(slice_after(address, i * 8), 8), &words[i]))
            return false;
    }
    where->port = port;
    put_host(where->host, words, count);
    return true;
}

/* "0: 0100007F:1F90 00000000:0000 0A 0:0 00:0 0 1000 0 12345 …" */
static bool take_tcp(struct slice line, const char *unused, struct listener *one)
{
    struct slice address, inode = {0};

    (void)unused;
    (void)take_word(&line);
    address = take_word(&line);
    (void)take_word(&line);
    if (!slice_eq(take_word(&line), STATE_LISTEN))
        return false;
    for (int i = 0; i < 6; i++)
        inode = take_word(&line);
    return place_of(address, &one->where) && num_parse_u64(inode, &one->inode);
}

/* "0000000000000000: 00000002 00000000 00010000 0001 01 12345 /run/api.sock" */
static bool take_unix(struct slice line, const char *path, struct listener *one)
{
    struct slice inode;

    for (int i = 0; i < 3; i++)
        (void)take_word(&line);
    if (!slice_eq(take_word(&line), FLAGS_LISTEN))
        return false;
    for (int i = 0; i < 2; i++)
        (void)take_word(&line);
    inode = take_word(&line);
    return slice_starts(line, SLICE(" ")) &&
           slice_eq(slice_after(line, 1), slice_str(path)) &&
           num_parse_u64(inode, &one->inode);
}

typedef bool listener_taker(struct slice line, const char *path, struct listener *one);

static void read_listeners(struct listeners *l, const char *root, struct slice folder,
                           const char *name, listener_taker *take, const char *path)
{
    struct text table = {0};
    struct slice rest;

    (void)procwatch_read(root, folder, name, &table);
    rest = slice_of(table.ptr, table.len);
    while (rest.len && l->count < LISTENERS_MAX) {
        const char *end = memchr(rest.ptr, '\n', rest.len);
        size_t len = end ? (size_t)(end - rest.ptr) : rest.len;

        if (take(slice_first(rest, len), path, &l->at[l->count]))
            l->count++;
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
static void add_port(struct procwatch_port *ports, size_t *count, size_t max,
                     const struct procwatch_port *port)
{
    size_t at = 0;

    while (at < *count && ports[at].port < port->port)
        at++;
    if ((at < *count && ports[at].port == port->port) || at == max)
        return;
    if (*count < max)
        ++*count;
    memmove(ports + at + 1, ports + at, (*count - 1 - at) * sizeof *ports);
    ports[at] = *port;
}

static ssize_t read_link(const char *root, struct slice folder, const char *name,
                         char *out, size_t size)
{
    struct text path = {0};
    ssize_t len;

    text_put_str(&path, root);
    text_put(&path, folder);
    text_put_str(&path, name);
    len = readlink(text_str(&path), out, size);
    text_finish(&path);
    return len;
}

/* A port of a container's own network is none of ours. Where that cannot be told, its
 * sockets cannot be seen either. */
static bool shares_network(const char *root, struct slice folder)
{
    char ours[64], its[64];
    ssize_t our_len = read_link(root, SLICE("/proc/self"), "/ns/net", ours, sizeof ours);
    ssize_t len = read_link(root, folder, "/ns/net", its, sizeof its);

    return our_len <= 0 || len <= 0 ||
           slice_eq(slice_of(ours, (size_t)our_len), slice_of(its, (size_t)len));
}

static size_t match_sockets(const struct listeners *l, const char *root,
                            struct slice folder, struct procwatch_port *ports, size_t max)
{
    struct text path = {0};
    DIR *dir;
    const struct dirent *entry;
    char link[64];
    size_t count = 0;
    uint64_t inode;

    text_put_str(&path, root);
    text_put(&path, folder);
    text_put_str(&path, "/fd");
    dir = opendir(text_str(&path));
    while (dir && (entry = readdir(dir))) {
        ssize_t len = readlinkat(dirfd(dir), entry->d_name, link, sizeof link);

        if (len <= 0 || !inode_of(slice_of(link, (size_t)len), &inode))
            continue;
        for (size_t i = 0; i < l->count; i++) {
            if (l->at[i].inode == inode)
                add_port(ports, &count, max, &l->at[i].where);
        }
    }
    if (dir)
        (void)closedir(dir);
    text_finish(&path);
    return count;
}

size_t procwatch_ports_of(const char *root, int64_t pid, struct procwatch_port *ports,
                          size_t max)
{
    struct listeners *l = mem_alloc(sizeof *l);
    char name[PROCWATCH_FOLDER_MAX];
    struct slice folder = procwatch_folder(name, pid);
    size_t count = 0;

    if (shares_network(root, folder)) {
        read_listeners(l, root, folder, "net/tcp", take_tcp, NULL);
        read_listeners(l, root, folder, "net/tcp6", take_tcp, NULL);
    }
    if (l->count && max)
        count = match_sockets(l, root, folder, ports, max);
    free(l);
    return count;
}

bool procwatch_has_socket(const char *root, int64_t pid, const char *path)
{
    struct listeners *l = mem_alloc(sizeof *l);
    char name[PROCWATCH_FOLDER_MAX];
    struct slice folder = procwatch_folder(name, pid);
    struct procwatch_port unused;
    bool has;

    read_listeners(l, root, folder, "net/unix", take_unix, path);
    has = l->count && match_sockets(l, root, folder, &unused, 1) > 0;
    free(l);
    return has;
}
