#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "model/base/num.h"
#include "replay/procwatch_internal.h"

/* The kernel makes most of these files at the first read and hands out what fits. */
#define PIECE_BYTES 16384

/* PF_KTHREAD */
#define KERNEL_THREAD UINT64_C(0x00200000)

enum stat_number { /* of the fields, from 1; the second is the name */
                   STAT_STATE = 3,
                   STAT_FLAGS = 9,
                   STAT_START = 22,
                   STAT_WAIT_STATUS = 52, /* since Linux 3.5 */
};

static int read_all(int fd, struct text *out)
{
    char piece[PIECE_BYTES];
    size_t taken = 0;

    while (taken < PROCWATCH_FILE_BYTES_MAX) {
        size_t rest = PROCWATCH_FILE_BYTES_MAX - taken;
        ssize_t got = read(fd, piece, rest < sizeof piece ? rest : sizeof piece);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return errno;
        if (got == 0)
            return 0;
        text_put(out, slice_of(piece, (size_t)got));
        taken += (size_t)got;
    }
    return 0;
}

int procwatch_read(const char *root, struct slice folder, const char *name,
                   struct text *out)
{
    char path[PATH_MAX];
    size_t before = out->len;
    int len, fd, why;

    if (folder.len >= sizeof path)
        return ENAMETOOLONG;
    len =
        snprintf(path, sizeof path, "%s%.*s/%s", root, (int)folder.len, folder.ptr, name);
    if (len < 0 || (size_t)len >= sizeof path)
        return ENAMETOOLONG;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return errno;
    why = read_all(fd, out);
    (void)close(fd);
    if (why)
        out->len = before;
    return why;
}

int procwatch_read_piece(const char *root, struct slice folder, const char *name,
                         struct text *out)
{
    size_t before = out->len, behind_header;
    int why;

    text_put_str(out, "==> ");
    text_put(out, folder);
    text_printf(out, "/%s <==\n", name);
    behind_header = out->len;
    why = procwatch_read(root, folder, name, out);
    if (why || out->len == behind_header)
        out->len = before;
    else if (out->ptr[out->len - 1] != '\n')
        text_put_char(out, '\n');
    return why;
}

struct slice procwatch_folder(char out[PROCWATCH_FOLDER_MAX], int64_t pid)
{
    int len = snprintf(out, PROCWATCH_FOLDER_MAX, "/proc/%lld", (long long)pid);

    return slice_of(out, (size_t)len);
}

static struct slice take_word(struct slice *rest)
{
    struct slice word;
    size_t len = 0;

    while (rest->len && (rest->ptr[0] == ' ' || rest->ptr[0] == '\n'))
        *rest = slice_after(*rest, 1);
    while (len < rest->len && rest->ptr[len] != ' ' && rest->ptr[len] != '\n')
        len++;
    word = slice_first(*rest, len);
    *rest = slice_after(*rest, len);
    return word;
}

static bool take_fields(struct slice rest, struct procwatch_identity *who)
{
    for (unsigned number = STAT_STATE; number <= STAT_WAIT_STATUS; number++) {
        struct slice word = take_word(&rest);
        uint64_t value = 0;

        if (word.len == 0)
            return number > STAT_START;
        if (number == STAT_STATE) {
            who->state = word.ptr[0];
            continue;
        }
        if (number != STAT_FLAGS && number != STAT_START && number != STAT_WAIT_STATUS)
            continue;
        if (!num_parse_u64(word, &value))
            return false;
        if (number == STAT_FLAGS)
            who->is_kernel_thread = (value & KERNEL_THREAD) != 0;
        else if (number == STAT_START)
            who->start_ticks = value;
        else
            who->wait_status = value;
    }
    return true;
}

/* A name may hold blanks and parentheses: it ends at the last one. */
bool procwatch_identify(struct slice text, struct procwatch_identity *who)
{
    const char *open_at = text.len ? memchr(text.ptr, '(', text.len) : NULL;
    size_t close_at = text.len, from;

    *who = (struct procwatch_identity){.state = '?'};
    while (close_at > 0 && text.ptr[close_at - 1] != ')')
        close_at--;
    if (!open_at || close_at == 0)
        return false;
    from = (size_t)(open_at - text.ptr) + 1;
    if (from > close_at - 1)
        return false;
    who->comm_len = close_at - 1 - from;
    if (who->comm_len > sizeof who->comm)
        who->comm_len = sizeof who->comm;
    memcpy(who->comm, text.ptr + from, who->comm_len);
    return take_fields(slice_after(text, close_at), who);
}

int procwatch_identity_of(const char *root, int64_t pid, struct text *scratch,
                          struct procwatch_identity *who)
{
    char folder[PROCWATCH_FOLDER_MAX];
    int why;

    text_clear(scratch);
    why = procwatch_read(root, procwatch_folder(folder, pid), "stat", scratch);
    if (why)
        return why;
    return procwatch_identify(slice_of(scratch->ptr, scratch->len), who) ? 0 : EILSEQ;
}
