#include "replay/keep.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/base/mem.h"
#include "model/base/num.h"
#include "model/base/slice.h"
#include "model/base/text.h"
#include "model/units.h"
#include "replay/reel.h"

#define SUFFIX ".reel"
#define STAMP_BYTES (sizeof "20261121T160000Z" - 1)

/* Files that begin in the same second: a limit that needs more is a typing error. */
#define SAME_SECOND_MAX 1000

/* A limit's eighths, and what earlier recorders with other limits left. */
#define FILES_MAX 65536

/* What the names of a recording's files have in common. */
struct names {
    char *folder; /* ends with a slash, or is empty */
    char *stem;
};

struct file {
    char *path;
    int64_t begins_ns; /* to the second */
    uint64_t number;   /* among those of that second */
    uint64_t bytes;
};

struct files {
    struct file *items; /* the oldest first */
    size_t count, capacity;
};

static struct slice without_suffix(struct slice name)
{
    struct slice suffix = SLICE(SUFFIX);

    if (name.len > suffix.len &&
        slice_eq(slice_after(name, name.len - suffix.len), suffix))
        name.len -= suffix.len;
    return name;
}

static struct names names_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    size_t folder_len = slash ? (size_t)(slash - path) + 1 : 0;

    return (struct names){
        .folder = mem_dup_slice(slice_of(path, folder_len)),
        .stem = mem_dup_slice(without_suffix(slice_str(path + folder_len))),
    };
}

static void names_finish(struct names *n)
{
    free(n->folder);
    free(n->stem);
}

static void put_stamp(struct text *t, int64_t unix_ns)
{
    char whole[UNIT_RFC3339_TEXT];

    for (const char *c = unit_format_rfc3339(whole, unix_ns); *c && *c != '.'; c++) {
        if (*c != '-' && *c != ':')
            text_put_char(t, *c);
    }
    text_put_char(t, 'Z');
}

/* The time that put_stamp wrote. */
static bool parse_stamp(struct slice s, int64_t *unix_ns)
{
    char whole[UNIT_RFC3339_TEXT];
    int len;

    if (s.len != STAMP_BYTES)
        return false;
    len = snprintf(whole, sizeof whole, "%.4s-%.2s-%.2s%.1s%.2s:%.2s:%.3s", s.ptr,
                   s.ptr + 4, s.ptr + 6, s.ptr + 8, s.ptr + 9, s.ptr + 11, s.ptr + 13);
    return len > 0 && unit_parse_rfc3339(slice_of(whole, (size_t)len), unix_ns);
}

/* stem.STAMP[_N].reel */
static bool parse_name(const struct names *n, struct slice name, struct file *f)
{
    struct slice stem = slice_str(n->stem), rest, number;

    rest = without_suffix(name);
    if (rest.len == name.len || !slice_starts(rest, stem))
        return false;
    rest = slice_after(rest, stem.len);
    if (rest.len < 1 + STAMP_BYTES || rest.ptr[0] != '.' ||
        !parse_stamp(slice_of(rest.ptr + 1, STAMP_BYTES), &f->begins_ns))
        return false;
    number = slice_after(rest, 1 + STAMP_BYTES);
    f->number = 1;
    return number.len == 0 ||
           (number.ptr[0] == '_' && num_parse_u64(slice_after(number, 1), &f->number));
}

/* ------------------------------------------------------------------- dropping -- */

static int compare_files(const void *a, const void *b)
{
    const struct file *x = a, *y = b;

    if (x->begins_ns != y->begins_ns)
        return x->begins_ns < y->begins_ns ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

static char *join(const char *a, const char *b)
{
    struct text t = {0};

    text_put_str(&t, a);
    text_put_str(&t, b);
    return t.ptr;
}

static bool begins_as_reel(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW);
    char head[64];
    ssize_t got = fd < 0 ? -1 : pread(fd, head, sizeof head, 0);

    if (fd >= 0)
        (void)close(fd);
    return got > 0 && reel_is(slice_of(head, (size_t)got));
}

static void look_at(struct files *files, const struct names *n, const char *name)
{
    struct file f = {0};
    struct stat st;

    if (!parse_name(n, slice_str(name), &f))
        return;
    f.path = join(n->folder, name);
    /* Not through links: what they lead to is somebody else's. */
    if (lstat(f.path, &st) != 0 || !S_ISREG(st.st_mode) || !begins_as_reel(f.path)) {
        free(f.path);
        return;
    }
    f.bytes = (uint64_t)st.st_size;
    files->items =
        mem_grow(files->items, &files->capacity, files->count + 1, sizeof *files->items);
    files->items[files->count++] = f;
}

static void find_files(struct files *files, const char *path)
{
    struct names n = names_of(path);
    DIR *dir = opendir(*n.folder ? n.folder : ".");
    const struct dirent *entry;

    while (dir && files->count < FILES_MAX && (entry = readdir(dir)))
        look_at(files, &n, entry->d_name);
    if (dir)
        (void)closedir(dir);
    if (files->count)
        qsort(files->items, files->count, sizeof *files->items, compare_files);
    names_finish(&n);
}

void keep_drop(const char *path, const struct keep *keep, uint64_t current_bytes,
               int64_t now_unix_ns, struct kept *kept)
{
    int64_t bound_ns = keep->ns ? num_sat_sub_i64(now_unix_ns, keep->ns) : INT64_MIN;
    struct files files = {0};

    find_files(&files, path);
    *kept = (struct kept){.oldest_ns = INT64_MAX};
    for (size_t i = 0; i < files.count; i++)
        kept->bytes += files.items[i].bytes;
    for (size_t i = 0; i < files.count; i++) {
        const struct file *f = &files.items[i];
        bool is_large = keep->bytes && kept->bytes + current_bytes > keep->bytes;

        if (!is_large && f->begins_ns >= bound_ns) {
            kept->oldest_ns = f->begins_ns;
            break;
        }
        /* What cannot go must not be tried again with each entry. */
        (void)unlink(f->path);
        kept->bytes -= f->bytes;
    }
    for (size_t i = 0; i < files.count; i++)
        free(files.items[i].path);
    free(files.items);
}

/* --------------------------------------------------------------- putting aside -- */

static bool is_free(const char *path)
{
    struct stat st;

    return lstat(path, &st) != 0 && errno == ENOENT;
}

bool keep_put_aside(const char *path, int64_t begins_ns, struct err *err)
{
    struct names n = names_of(path);
    struct text to = {0};
    bool ok = false;
    unsigned number = 1;

    do {
        text_clear(&to);
        text_printf(&to, "%s%s.", n.folder, n.stem);
        put_stamp(&to, begins_ns);
        if (number > 1)
            text_printf(&to, "_%u", number);
        text_put_str(&to, SUFFIX);
    } while (!is_free(text_str(&to)) && ++number <= SAME_SECOND_MAX);
    if (number > SAME_SECOND_MAX)
        err_set(err, 0, 0, "too many files begin in the same second");
    else if (rename(path, text_str(&to)) != 0)
        err_set(err, 0, 0, "cannot be renamed: %s", strerror(errno));
    else
        ok = true;
    text_finish(&to);
    names_finish(&n);
    return ok;
}

bool keep_put_left_aside(const char *path, struct err *err)
{
    struct err ignored = {0};
    struct reel_reader *r;
    struct reel_span span;
    struct stat st;

    if (lstat(path, &st) != 0)
        return true; /* that it cannot be made either, its maker says better */
    if (!S_ISREG(st.st_mode)) {
        err_set(err, 0, 0, "only an ordinary file can be kept within a limit");
        return false;
    }
    if (reel_is_being_written(path)) {
        err_set(err, 0, 0, "another process is writing it");
        return false;
    }
    r = reel_open(path, &ignored);
    if (!r)
        return true;
    span = reel_reader_span(r);
    reel_reader_close(r);
    /* One without a part holds nothing, and may be overwritten. */
    return span.part_count == 0 || keep_put_aside(path, span.from_ns, err);
}
