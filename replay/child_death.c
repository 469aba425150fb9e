/* How a child ended, and whether the kernel killed it for memory. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "model/base/num.h"
#include "replay/child_death.h"

/* A page of the kernel's: the files that are read here are shorter, and the lines that
 * are looked for stand near their front. */
#define FILE_BYTES_MAX 4096

bool child_death_is_oom(const struct child_death *d)
{
    return d->is_known && WIFSIGNALED(d->status) && WTERMSIG(d->status) == SIGKILL &&
           d->has_kills && d->kills_after > d->kills_before;
}

int child_death_status(const struct child_death *d)
{
    if (!d->is_known)
        return 1;
    return WIFSIGNALED(d->status) ? 128 + WTERMSIG(d->status) : WEXITSTATUS(d->status);
}

const char *child_signal_word(int number)
{
    static const struct {
        int number;
        const char *word;
    } words[] = {
        {SIGHUP, "Hangup"},
        {SIGINT, "Interrupt"},
        {SIGQUIT, "Quit"},
        {SIGILL, "Illegal instruction"},
        {SIGTRAP, "Trace/breakpoint trap"},
        {SIGABRT, "Aborted"},
        {SIGBUS, "Bus error"},
        {SIGFPE, "Floating point exception"},
        {SIGKILL, "Killed"},
        {SIGUSR1, "User defined signal 1"},
        {SIGSEGV, "Segmentation fault"},
        {SIGUSR2, "User defined signal 2"},
        {SIGPIPE, "Broken pipe"},
        {SIGALRM, "Alarm clock"},
        {SIGTERM, "Terminated"},
        {SIGXCPU, "CPU time limit exceeded"},
        {SIGXFSZ, "File size limit exceeded"},
        {SIGSYS, "Bad system call"},
    };

    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (words[i].number == number)
            return words[i].word;
    }
    return NULL;
}

void child_put_death(struct text *out, const struct child_death *d)
{
    if (!d->is_known) {
        text_put_str(out, "ended; its exit status is not known");
        return;
    }
    if (!WIFSIGNALED(d->status)) {
        text_printf(out, "exit %d", WEXITSTATUS(d->status));
        return;
    }
    text_printf(out, "killed by signal %d", WTERMSIG(d->status));
    if (child_signal_word(WTERMSIG(d->status)))
        text_printf(out, " (%s)", child_signal_word(WTERMSIG(d->status)));
    if (child_death_is_oom(d))
        text_printf(out,
                    " for memory: the cgroup's oom_kill count rose from %" PRIu64
                    " to %" PRIu64,
                    d->kills_before, d->kills_after);
}

static struct slice read_front(const char *path, char *buffer)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    size_t len = 0;

    if (fd < 0)
        return slice_of(buffer, 0);
    while (len < FILE_BYTES_MAX) {
        const ssize_t got = read(fd, buffer + len, FILE_BYTES_MAX - len);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        len += (size_t)got;
    }
    (void)close(fd);
    return slice_of(buffer, len);
}

/* What stands before `end` in *s, and *s moved behind it. */
static struct slice take_until(struct slice *s, char end)
{
    const char *at = s->len > 0 ? memchr(s->ptr, end, s->len) : NULL;
    const struct slice front = at ? slice_of(s->ptr, (size_t)(at - s->ptr)) : *s;

    *s = slice_after(*s, front.len + (at ? 1 : 0));
    return front;
}

static bool read_kills(const char *path, uint64_t *kills)
{
    char buffer[FILE_BYTES_MAX];
    struct slice rest = read_front(path, buffer);

    while (rest.len > 0) {
        struct slice line = take_until(&rest, '\n');

        if (slice_eq(take_until(&line, ' '), SLICE("oom_kill")))
            return num_parse_u64(line, kills);
    }
    return false;
}

static bool has_memory(struct slice controllers)
{
    while (controllers.len > 0) {
        if (slice_eq(take_until(&controllers, ','), SLICE("memory")))
            return true;
    }
    return false;
}

/* Lines are "4:memory:/app" of version 1 and "0::/app" of version 2. Where both are
 * mounted, memory is counted by the one that version 1 names. */
static struct slice find_cgroup(struct slice membership, bool *is_v1)
{
    struct slice found = {0};

    *is_v1 = false;
    while (membership.len > 0) {
        struct slice line = take_until(&membership, '\n');
        const struct slice number = take_until(&line, ':');
        const struct slice controllers = take_until(&line, ':');

        if (has_memory(controllers)) {
            *is_v1 = true;
            return line;
        }
        if (slice_eq(number, SLICE("0")) && controllers.len == 0)
            found = line;
    }
    return found;
}

bool child_oom_kills(const char *membership, const char *root, uint64_t *kills)
{
    char buffer[FILE_BYTES_MAX];
    bool is_v1, is_read;
    const struct slice cgroup = find_cgroup(read_front(membership, buffer), &is_v1);
    const char *const mount = is_v1 ? "/memory" : "";
    const char *const file = is_v1 ? "/memory.oom_control" : "/memory.events";
    struct text path = {0};

    if (cgroup.len == 0)
        return false;
    text_put_str(&path, root);
    text_put_str(&path, mount);
    text_put(&path, cgroup);
    text_put_str(&path, file);
    is_read = read_kills(text_str(&path), kills);
    if (!is_read) {
        /* A container may see its cgroup's name of the host and its files as the root. */
        text_clear(&path);
        text_printf(&path, "%s%s%s", root, mount, file);
        is_read = read_kills(text_str(&path), kills);
    }
    text_finish(&path);
    return is_read;
}
