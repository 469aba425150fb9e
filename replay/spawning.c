#define _GNU_SOURCE /* pipe2, syscall, environ */
#include "replay/spawning.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "model/base/mem.h"

void spawn_close(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

static bool move_up(int *fd)
{
    int moved;

    if (*fd > STDERR_FILENO)
        return true;
    moved = fcntl(*fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (moved < 0)
        return false;
    (void)close(*fd);
    *fd = moved;
    return true;
}

bool spawn_pipe(int ends[2])
{
    if (pipe2(ends, O_CLOEXEC) != 0) {
        ends[0] = ends[1] = -1;
        return false;
    }
    return move_up(&ends[0]) && move_up(&ends[1]);
}

char **spawn_environment(struct slice name, const char *value, char **variable)
{
    const size_t value_bytes = strlen(value) + 1;
    size_t count = 0, used = 0;
    char **out;

    *variable = mem_alloc(name.len + value_bytes);
    memcpy(*variable, name.ptr, name.len);
    memcpy(*variable + name.len, value, value_bytes);
    while (environ && environ[count])
        count++;
    out = mem_alloc_array(count + 2, sizeof *out);
    for (size_t i = 0; i < count; i++) {
        if (!slice_starts(slice_str(environ[i]), name))
            out[used++] = environ[i];
    }
    out[used] = *variable;
    return out;
}

int spawn_pid_fd(pid_t pid)
{
#ifdef SYS_pidfd_open
    return (int)syscall(SYS_pidfd_open, pid, 0u);
#else
    (void)pid;
    return -1;
#endif
}
