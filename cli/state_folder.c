#include "cli/state_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/base/mem.h"
#include "model/base/text.h"
#include "model/units.h"

/* A relative one is to be ignored, says the specification. */
static bool put_folder(struct text *out)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");

    if (state && state[0] == '/') {
        text_put_str(out, state);
    } else if (home && home[0] == '/') {
        text_put_str(out, home);
        text_put_str(out, "/.local/state");
    } else {
        return false;
    }
    text_put_str(out, "/heapreel");
    return true;
}

/* With the folders above it, for its owner's eyes only. */
static bool make_folder(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        int made;

        *slash = '\0';
        made = mkdir(path, 0700);
        *slash = '/';
        if (made != 0 && errno != EEXIST)
            return false;
    }
    return mkdir(path, 0700) == 0 || errno == EEXIST;
}

/* "/20261121T160000.123Z": two that are begun within a second are two. */
static void put_moment(struct text *out, int64_t unix_ns)
{
    char stamp[UNIT_RFC3339_TEXT];
    struct slice shown = slice_str(unit_format_rfc3339(stamp, unix_ns));
    const size_t to_millis = sizeof "2026-11-21T16:00:00.123" - 1;

    text_put_char(out, '/');
    for (size_t i = 0; i < shown.len && i < to_millis; i++) {
        if (shown.ptr[i] != '-' && shown.ptr[i] != ':')
            text_put_char(out, shown.ptr[i]);
    }
    text_put_char(out, 'Z');
}

char *state_folder_path(int64_t unix_ns, const char *suffix, struct err *err)
{
    struct text path = {0};

    if (!put_folder(&path)) {
        err_set(err, 0, 0, "neither XDG_STATE_HOME nor HOME names a folder for it");
        return NULL;
    }
    if (!make_folder(path.ptr)) {
        err_set(err, 0, 0, "%.70s: %s", path.ptr, strerror(errno));
        text_finish(&path);
        return NULL;
    }
    put_moment(&path, unix_ns);
    text_put_str(&path, suffix);
    return path.ptr;
}

/* "-heap.pb.gz": the last part of the source, letters only, and what it begins like. */
static void put_suffix(struct text *out, const char *source, struct slice document)
{
    const char *slash = strrchr(source, '/');
    const char *name = slash ? slash + 1 : source;

    text_put_char(out, '-');
    for (const char *c = name; (*c >= 'a' && *c <= 'z') || *c == '_'; c++)
        text_put_char(out, *c);
    if (slice_starts(document, SLICE("\x1f\x8b")))
        text_put_str(out, ".pb.gz");
    else
        text_put_str(out, strcmp(name, "trace") == 0 ? ".out" : ".txt");
}

static bool write_all(int fd, struct slice bytes)
{
    while (bytes.len) {
        ssize_t written = write(fd, bytes.ptr, bytes.len);

        if (written < 0 && errno != EINTR)
            return false;
        bytes = slice_after(bytes, written > 0 ? (size_t)written : 0);
    }
    return true;
}

static bool save(const char *path, struct slice document, struct err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && write_all(fd, document);

    if (!ok)
        err_set(err, 0, 0, "%.70s: %s", path, strerror(errno));
    if (fd >= 0)
        (void)close(fd);
    if (!ok && fd >= 0)
        (void)unlink(path);
    return ok;
}

char *state_folder_save(int64_t unix_ns, const char *source, struct slice document,
                        struct err *err)
{
    struct text suffix = {0};
    char *path;

    put_suffix(&suffix, source, document);
    path = state_folder_path(unix_ns, text_str(&suffix), err);
    text_finish(&suffix);
    if (!path || save(path, document, err))
        return path;
    free(path);
    return NULL;
}
