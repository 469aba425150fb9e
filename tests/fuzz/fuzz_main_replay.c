/*
 * Runs a fuzz target over the files, and the files in the folders, that it is given:
 * each input that once crashed is an ordinary test, with any compiler.
 */
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "model/base/mem.h"
#include "tests/fuzz/fuzz_cuts.h"

static bool replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = NULL, *exact;
    size_t len = 0, capacity = 0, got;
    bool ok;

    if (!file) {
        (void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return false;
    }
    do {
        bytes = mem_grow(bytes, &capacity, len + 65536, 1);
        got = fread(bytes + len, 1, capacity - len, file);
        len += got;
    } while (got > 0);
    ok = !ferror(file);
    (void)fclose(file);
    /* Of exactly the input's size, so that a sanitizer sees one byte too many. */
    exact = mem_alloc(len);
    memcpy(exact, bytes, len);
    free(bytes);
    (void)LLVMFuzzerTestOneInput(exact, len);
    free(exact);
    return ok;
}

static bool replay(const char *path, size_t *count);

static bool replay_folder(const char *path, size_t *count)
{
    DIR *folder = opendir(path);
    bool ok = folder != NULL;
    struct dirent *entry;

    while (folder && (entry = readdir(folder)) != NULL) {
        size_t room = strlen(path) + strlen(entry->d_name) + 2;
        char *inner;

        if (entry->d_name[0] == '.')
            continue;
        inner = mem_alloc(room);
        (void)snprintf(inner, room, "%s/%s", path, entry->d_name);
        ok = replay(inner, count) && ok;
        free(inner);
    }
    if (folder)
        (void)closedir(folder);
    return ok;
}

static bool replay(const char *path, size_t *count)
{
    struct stat info;

    if (stat(path, &info) != 0) {
        (void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return false;
    }
    if (S_ISDIR(info.st_mode))
        return replay_folder(path, count);
    ++*count;
    return replay_file(path);
}

int main(int argc, char **argv)
{
    size_t count = 0;
    bool ok = true;

    for (int i = 1; i < argc; i++)
        ok = replay(argv[i], &count) && ok;
    (void)printf("%zu inputs replayed\n", count);
    return ok && count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
