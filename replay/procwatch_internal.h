/*
 * What the process watcher's files share: reading the kernel's text files, and who a
 * process is.
 *
 * Source: Documentation/filesystems/proc.rst of Linux 3.10 to 6.18; PF_KTHREAD of
 * include/linux/sched.h.
 */
#ifndef REPLAY_PROCWATCH_INTERNAL_H
#define REPLAY_PROCWATCH_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "model/base/slice.h"
#include "model/base/text.h"
#include "replay/procwatch.h"

/* None of these files is as large in earnest but net/tcp, whose listeners come first. */
#define PROCWATCH_FILE_BYTES_MAX ((size_t)1 << 20)

/* One reading of root + folder + "/" + name, appended. 0, or why not as errno says it. */
int procwatch_read(const char *root, struct slice folder, const char *name,
                   struct text *out);

/* The same under a header "==> folder/name <==" as parsers/proc_files.h reads it; nothing
 * is appended where the file cannot be read or is empty. */
int procwatch_read_piece(const char *root, struct slice folder, const char *name,
                         struct text *out);

/* "/proc/7" */
#define PROCWATCH_FOLDER_MAX 32
struct slice procwatch_folder(char out[PROCWATCH_FOLDER_MAX], int64_t pid);

/* Who has a number now. Two processes of one number differ in start_ticks. */
struct procwatch_identity {
    char comm[64];
    size_t comm_len;
    char state; /* 'R', 'S', … 'Z': has exited */
    bool is_kernel_thread;
    uint64_t start_ticks; /* since the machine started */
    uint64_t wait_status; /* of 'Z', as of waitpid; 0 also where it may not be seen */
};

/* `text` is what /proc/N/stat holds; false where it is something else. */
bool procwatch_identify(struct slice text, struct procwatch_identity *who);
/* 0, or why not as errno says it. */
int procwatch_identity_of(const char *root, int64_t pid, struct text *scratch,
                          struct procwatch_identity *who);

static inline bool procwatch_has_exited(const struct procwatch_identity *who)
{
    return who->state == 'Z' || who->state == 'X' || who->state == 'x';
}

/* The youngest process whose comm, or base name of argv[0], is `pattern` or is matched by
 * it as a shell pattern; -1: none. Never a kernel thread, nor one
 * that has exited, nor ourselves. */
int64_t procwatch_find(const char *root, const char *pattern);

/* procwatch_ports.c */
size_t procwatch_ports_of(const char *root, int64_t pid, struct procwatch_port *ports,
                          size_t max);
/* Does it listen on that unix socket? */
bool procwatch_has_socket(const char *root, int64_t pid, const char *path);
char *procwatch_unit_of(const char *root, int64_t pid);
char *procwatch_log_of(const char *root, int64_t pid);

#endif
