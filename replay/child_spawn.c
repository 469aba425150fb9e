/* Starting the program: its pipes, signals and environment. */
#define _GNU_SOURCE /* F_SETPIPE_SZ */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "replay/child.h"
#include "replay/child_death.h"
#include "replay/spawning.h"

/* What a pipe holds at most unless root allows more (/proc/sys/fs/pipe-max-size): the
 * child must not wait for us while a disk keeps us. It takes memory only when it is full.
 */
#define PIPE_BYTES (1 << 20)

struct stream_pipe {
    int read_fd, write_fd;
};

/* Only our end does not block: the program gets pipes as a shell would make them. */
static bool open_pipe(struct stream_pipe *p)
{
    int ends[2];
    const bool ok = spawn_pipe(ends);

    *p = (struct stream_pipe){ends[0], ends[1]};
    if (!ok)
        return false;
    (void)fcntl(p->write_fd, F_SETPIPE_SZ, PIPE_BYTES); /* refused: it does as it is */
    return fcntl(p->read_fd, F_SETFL, O_NONBLOCK) == 0;
}

/* Ours with GODEBUG extended; to free, as is *godebug. */
static char **make_environment(char **godebug)
{
    char *value = child_godebug(getenv("GODEBUG"));
    char **environment = spawn_environment(SLICE("GODEBUG="), value, godebug);

    free(value);
    return environment;
}

/*
 * Handlers end with exec by themselves; what we ignore would stay ignored, and what we
 * block blocked. HUP is not here: where it is ignored, nohup did so for the program's
 * sake.
 */
static void reset_signals(posix_spawnattr_t *attributes)
{
    static const int reset[] = {SIGINT, SIGTERM, SIGPIPE, SIGCHLD};
    sigset_t set;

    (void)sigemptyset(&set);
    (void)posix_spawnattr_setsigmask(attributes, &set);
    for (size_t i = 0; i < COUNT_OF(reset); i++)
        (void)sigaddset(&set, reset[i]);
    (void)posix_spawnattr_setsigdefault(attributes, &set);
    (void)posix_spawnattr_setflags(attributes,
                                   POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

/* An errno, 0 when it runs. */
static int spawn(char *const *argv, bool has_input, const struct stream_pipe *pipes,
                 pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    char *godebug;
    char **environment;
    int failure = posix_spawn_file_actions_init(&actions);

    if (failure != 0)
        return failure;
    failure = posix_spawnattr_init(&attributes);
    if (failure != 0) {
        (void)posix_spawn_file_actions_destroy(&actions);
        return failure;
    }
    reset_signals(&attributes);
    failure = posix_spawn_file_actions_adddup2(&actions, pipes[CHILD_OUT].write_fd,
                                               STDOUT_FILENO);
    if (failure == 0)
        failure = posix_spawn_file_actions_adddup2(&actions, pipes[CHILD_ERR].write_fd,
                                                   STDERR_FILENO);
    if (failure == 0 && !has_input)
        failure = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null",
                                                   O_RDONLY, 0);
    if (failure == 0) {
        environment = make_environment(&godebug);
        failure = posix_spawnp(pid, argv[0], &actions, &attributes, argv, environment);
        free(environment);
        free(godebug);
    }
    (void)posix_spawnattr_destroy(&attributes);
    (void)posix_spawn_file_actions_destroy(&actions);
    return failure;
}

bool child_spawn(char *const *argv, bool has_input, struct child_spawned *spawned,
                 struct err *err)
{
    struct stream_pipe pipes[CHILD_STREAM_COUNT] = {{-1, -1}, {-1, -1}};
    int failure = 0;

    if (!open_pipe(&pipes[CHILD_ERR]) || !open_pipe(&pipes[CHILD_OUT]))
        failure = errno;
    if (failure == 0)
        failure = spawn(argv, has_input, pipes, &spawned->pid);
    if (failure == 0)
        spawned->pid_fd = spawn_pid_fd(spawned->pid);
    for (size_t i = 0; i < CHILD_STREAM_COUNT; i++) {
        if (failure != 0)
            spawn_close(&pipes[i].read_fd);
        spawn_close(&pipes[i].write_fd);
        spawned->fds[i] = pipes[i].read_fd;
    }
    if (failure != 0)
        /* Of a long name so much that the reason has room. */
        err_set(err, 0, 0, "%.70s: %s", argv[0], strerror(failure));
    return failure == 0;
}
