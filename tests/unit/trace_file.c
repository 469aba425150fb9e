#include "tests/unit/trace_file.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "model/base/mem.h"
#include "tests/unit/support.h"
#include "tests/unit/unpack.h"

static void give_up(const char *what, const char *name)
{
    (void)fprintf(stderr, "%s: %s\n", name, what);
    abort();
}

static const char *root(void)
{
    const char *folder = getenv("HEAPREEL_TRACES");

    if (!folder)
        give_up("is not set", "HEAPREEL_TRACES");
    return folder;
}

const char *trace_path(char out[TRACE_PATH], const char *name)
{
    (void)snprintf(out, TRACE_PATH, "%s/%s", root(), name);
    return out;
}

struct slice trace_raw(const char *name)
{
    char path[TRACE_PATH];
    FILE *file = fopen(trace_path(path, name), "rb");
    char *bytes = NULL;
    size_t len = 0, capacity = 0, got;
    struct slice copy;

    if (!file)
        give_up("cannot be opened", name);
    do {
        bytes = mem_grow(bytes, &capacity, len + 65536, 1);
        got = fread(bytes + len, 1, 65536, file);
        len += got;
    } while (got);
    (void)fclose(file);
    copy = test_exact_copy(bytes, len);
    free(bytes);
    return copy;
}

struct slice trace_plain(const char *name)
{
    struct slice raw = trace_raw(name), plain;
    const struct decoder_ops *ops = decode_find(slice_first(raw, DECODE_MAGIC_BYTES));
    struct unpacked u;

    if (!ops)
        return raw;
    u = unpack(ops, raw, CUTS_WHOLE, SIZE_MAX);
    if (!u.ok)
        give_up("cannot be unpacked", name);
    plain = test_exact_copy(u.ptr, u.len);
    unpacked_finish(&u);
    test_free(raw);
    return plain;
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void each_below(const char *folder, trace_visitor *visit, void *user)
{
    char path[TRACE_PATH];
    struct dirent **entries;
    int count = scandir(trace_path(path, folder), &entries, is_visible, alphasort);

    for (int i = 0; i < count; i++) {
        char name[1024];
        struct stat st;

        (void)snprintf(name, sizeof name, "%s%s%s", folder, *folder ? "/" : "",
                       entries[i]->d_name);
        if (stat(trace_path(path, name), &st) == 0 && S_ISDIR(st.st_mode))
            each_below(name, visit, user);
        else
            visit(name, user);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
}

void trace_each(trace_visitor *visit, void *user)
{
    each_below("", visit, user);
}
