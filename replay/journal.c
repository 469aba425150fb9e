#include "replay/journal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "model/base/mem.h"
#include "model/base/text.h"
#include "replay/child_death.h"

#define PREFIX "journal:"

/* One turn of the loop reads so much: as much as a pipe usually holds. */
#define READ_BYTES_MAX ((size_t)64 << 10)
/* Of a complaint: a line, as a rule. */
#define COMPLAINT_BYTES_MAX 200

struct journal {
    const struct live_context *context;
    struct child_spawned journalctl;
    struct loop_fd *watches[CHILD_STREAM_COUNT];
    uint32_t source;
    char buffer[READ_BYTES_MAX];
};

static void close_stream(struct journal *j, size_t index)
{
    loop_remove_fd(j->context->loop, j->watches[index]);
    j->watches[index] = NULL;
    if (j->journalctl.fds[index] >= 0)
        (void)close(j->journalctl.fds[index]);
    j->journalctl.fds[index] = -1;
}

/* It only reads, so that nothing is lost with it. */
static void end_journalctl(struct journal *j)
{
    for (size_t i = 0; i < CHILD_STREAM_COUNT; i++)
        close_stream(j, i);
    if (j->journalctl.pid_fd >= 0)
        (void)close(j->journalctl.pid_fd);
    j->journalctl.pid_fd = -1;
    if (j->journalctl.pid <= 0)
        return;
    (void)kill(j->journalctl.pid, SIGKILL);
    while (waitpid(j->journalctl.pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    j->journalctl.pid = 0;
}

/* False where there is nothing now; *bytes is empty where it has ended. */
static bool read_some(struct journal *j, size_t index, struct slice *bytes)
{
    ssize_t got;

    do
        got = read(j->journalctl.fds[index], j->buffer, sizeof j->buffer);
    while (got < 0 && errno == EINTR);
    if (got < 0 && errno == EAGAIN)
        return false;
    *bytes = slice_of(j->buffer, got > 0 ? (size_t)got : 0);
    return true;
}

static void err_ready(void *user, short events)
{
    struct journal *j = user;
    struct slice bytes;
    size_t len = 0;

    (void)events;
    if (!read_some(j, CHILD_ERR, &bytes))
        return;
    if (bytes.len == 0) {
        close_stream(j, CHILD_ERR);
        return;
    }
    bytes = slice_first(bytes, COMPLAINT_BYTES_MAX);
    while (len < bytes.len && bytes.ptr[len] != '\n')
        len++;
    live_give(j->context, j->source, ENTRY_TROUBLE, 0, slice_first(bytes, len));
}

static void out_ready(void *user, short events)
{
    struct journal *j = user;
    struct slice bytes;

    (void)events;
    if (!read_some(j, CHILD_OUT, &bytes))
        return;
    if (bytes.len) {
        live_give(j->context, j->source, ENTRY_DATA, 0, bytes);
        return;
    }
    if (j->watches[CHILD_ERR])
        err_ready(j, POLLIN); /* why it ended, as a rule */
    end_journalctl(j);
    live_give(j->context, j->source, ENTRY_END, 0, SLICE("journalctl has ended"));
}

/* The unit is a part of an option, so that it is none itself. */
static bool spawn(struct journal *j, const char *unit, struct err *err)
{
    char program[] = "journalctl", follow[] = "--follow", lines[] = "--lines=0",
         output[] = "--output=export", quiet[] = "--quiet";
    struct text option = {0};
    char *chosen, *const none = NULL;
    bool ok;

    text_put_str(&option, "--unit=");
    text_put_str(&option, unit);
    chosen = mem_dup_text(text_str(&option));
    ok = child_spawn((char *const[]){program, follow, lines, output, quiet, chosen, none},
                     false, &j->journalctl, err);
    free(chosen);
    text_finish(&option);
    return ok;
}

struct journal *journal_start(const struct live_context *context, const char *spelling,
                              struct err *err)
{
    const char *unit = spelling + strlen(PREFIX);
    struct journal *j;

    if (!slice_starts(slice_str(spelling), SLICE(PREFIX)) || !*unit) {
        err_set(err, 0, 0, "expected journal:UNIT");
        return NULL;
    }
    j = mem_alloc(sizeof *j);
    j->context = context;
    if (!spawn(j, unit, err)) {
        free(j);
        return NULL;
    }
    j->source = context->add_source(context->user, spelling, ENTRY_IS_STREAM, -1);
    j->watches[CHILD_OUT] =
        loop_add_fd(context->loop, j->journalctl.fds[CHILD_OUT], POLLIN, out_ready, j);
    j->watches[CHILD_ERR] =
        loop_add_fd(context->loop, j->journalctl.fds[CHILD_ERR], POLLIN, err_ready, j);
    return j;
}

void journal_stop(struct journal *j)
{
    if (!j)
        return;
    end_journalctl(j);
    free(j);
}
