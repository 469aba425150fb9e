/* Files of a watched folder as whole documents. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model/base/mem.h"
#include "replay/entry.h"
#include "replay/folder_internal.h"

#define READ_BYTES ((size_t)256 << 10)

/* Not blocking: there may be a named pipe by now. */
static int open_file(const char *path)
{
    return open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

bool folder_read_whole(const char *path, struct text *out)
{
    int fd = open_file(path);
    char *piece = fd >= 0 ? mem_alloc(READ_BYTES) : NULL;
    ssize_t got = fd;

    while (got >= 0 && out->len <= ENTRY_BYTES_MAX &&
           (got = read(fd, piece, READ_BYTES)) > 0)
        text_put(out, slice_of(piece, (size_t)got));
    free(piece);
    if (fd >= 0)
        (void)close(fd);
    return got >= 0;
}

struct folder_print folder_print_of(const char *path)
{
    struct folder_print print = {0};
    int fd = open_file(path);
    off_t end = fd >= 0 ? lseek(fd, 0, SEEK_END) : -1;
    off_t from = end > FOLDER_PRINT_BYTES ? end - FOLDER_PRINT_BYTES : 0;
    ssize_t got = end > 0 ? pread(fd, print.bytes, (size_t)(end - from), from) : -1;

    if (got > 0) {
        print.end_bytes = (uint64_t)end;
        print.len = (size_t)got;
    }
    if (fd >= 0)
        (void)close(fd);
    return print;
}

bool folder_print_is_kept(const struct folder_print *print, const char *path)
{
    char bytes[FOLDER_PRINT_BYTES];
    int fd = print->len ? open_file(path) : -1;
    ssize_t got =
        fd >= 0 ? pread(fd, bytes, print->len, (off_t)(print->end_bytes - print->len))
                : -1;
    char next;
    bool is_kept = got == (ssize_t)print->len &&
                   memcmp(bytes, print->bytes, print->len) == 0 &&
                   pread(fd, &next, 1, (off_t)print->end_bytes) == 1;

    if (fd >= 0)
        (void)close(fd);
    return is_kept;
}
