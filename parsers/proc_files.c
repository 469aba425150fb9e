#include "parsers/proc_files.h"

#include "model/base/num.h"
#include "model/base/num_format.h"
#include "parsers/moment_text.h"
#include "parsers/proc_files_internal.h"
#include "parsers/stamp.h"
#include "parsers/text_line.h"

static void skip(struct proc_files *p, const struct proc_place *at, struct slice line,
                 const char *reason)
{
    diag_skip(p->text.diag, at->offset_bytes, at->line, line, reason);
}

/* A file's own name, or that of the folder that several are from. */
static struct slice shape_of(const struct proc_snapshot *s)
{
    bool is_one = (s->seen & (s->seen - 1)) == 0;

    if (is_one)
        return s->file->name;
    switch (s->file->subject) {
    case SUBJECT_CGROUP:
        return SLICE("cgroup");
    case SUBJECT_PROCESS:
        return SLICE("proc");
    case SUBJECT_HOST:
    case SUBJECT_NEIGHBOUR:
        break;
    }
    return SLICE("host");
}

void proc_files_flush(struct proc_files *p)
{
    struct proc_snapshot *s = &p->snapshot;
    struct proc_place at = {s->offset_bytes, s->line};
    struct sample sample = sample_empty();
    char pid[NUM_TEXT];
    const char *reason;

    if (!s->has_content)
        return;
    proc_snapshot_derive(s);
    /* "max" and nothing else: that there is no limit is what this file says. */
    if (s->figures.count == 0 && s->file->kind == PROC_NUMBER)
        figures_put(&s->figures, s->file->name, SLICE(".unlimited"), UNIT_NONE, 1);
    sample.shape = shape_of(s);
    sample.subject = s->file->subject;
    sample.time_kind = s->has_time ? MOMENT_WALL : MOMENT_UNKNOWN;
    sample.time_ns = s->has_time ? s->time_ns : 0;
    sample.pid = s->pid;
    if (sample.subject == SUBJECT_CGROUP)
        sample.instance = slice_of(s->dir, s->dir_len);
    else if (sample.subject == SUBJECT_PROCESS && s->pid >= 0)
        sample.instance = slice_of(pid, num_format_i64(pid, s->pid));
    sample.program = slice_of(s->program, s->program_len);
    sample.values = s->figures.values;
    sample.count = s->figures.count;
    s->has_content = false;
    if (sample.count == 0)
        return;
    p->given++;
    reason = p->text.sink->sample(p->text.sink->user, &sample);
    if (!reason && s->figures.is_full)
        reason = "too many different names: some values left out";
    if (reason)
        skip(p, &at, (struct slice){0}, reason);
}

void proc_snapshot_begin(struct proc_snapshot *s, const struct proc_place *at)
{
    figures_clear(&s->figures);
    s->has_content = s->has_time = false;
    s->seen = 0;
    s->file = NULL;
    s->from = 0;
    s->offset_bytes = at->offset_bytes;
    s->line = at->line;
    s->dir_len = s->program_len = s->mapping_len = 0;
    s->mapping_start = 0;
    s->pid = -1;
}

/* "/proc/26231/status": the number in the path. */
static int64_t pid_of_dir(struct slice dir)
{
    size_t len = 0;
    uint64_t pid = 0;

    while (len < dir.len && dir.ptr[dir.len - 1 - len] != '/')
        len++;
    if (len == 0 || !num_parse_u64(slice_after(dir, dir.len - len), &pid) ||
        pid > INT32_MAX)
        return -1;
    return (int64_t)pid;
}

static void begin(struct proc_files *p, const struct proc_file *file,
                  const struct proc_place *at)
{
    struct proc_snapshot *s = &p->snapshot;

    proc_snapshot_begin(s, at);
    s->has_time = p->has_time;
    s->time_ns = p->time_ns;
    if (p->dir_len)
        memcpy(s->dir, p->dir, s->dir_len = p->dir_len);
    if (file->subject == SUBJECT_PROCESS)
        s->pid = pid_of_dir(slice_of(s->dir, s->dir_len));
}

static void take_in_file(struct proc_files *p, const struct proc_file *file,
                         struct slice line, const struct proc_place *at)
{
    struct proc_snapshot *s = &p->snapshot;
    const char *reason = proc_begins_next;

    if (!slice_eq(slice_of(s->dir, s->dir_len), slice_of(p->dir, p->dir_len)))
        proc_files_flush(p);
    if (s->has_content)
        reason = proc_snapshot_take(s, file, line);
    if (reason == proc_begins_next) {
        proc_files_flush(p);
        begin(p, file, at);
        reason = proc_snapshot_take(s, file, line);
    }
    if (reason)
        skip(p, at, line, reason);
}

static const struct proc_file *file_of_line(struct proc_files *p, struct slice line,
                                            enum proc_shape shape)
{
    const struct proc_snapshot *s = &p->snapshot;

    if (p->header)
        return proc_file_accepts(p->header, shape) ? p->header : NULL;
    if (p->named && proc_file_accepts(p->named, shape))
        return p->named;
    if (p->is_of_cgroup && shape == SHAPE_PRESSURE)
        return &proc_files_table[PROC_FILE_CGROUP_PRESSURE];
    return proc_file_of_line(line, shape, s->has_content ? s->file : p->named);
}

static void take_content(struct proc_files *p, struct slice line,
                         const struct proc_place *at)
{
    enum proc_shape shape = proc_shape_of(line);
    const struct proc_file *file = file_of_line(p, line, shape);

    if (file) {
        take_in_file(p, file, line, at);
    } else if (shape == SHAPE_NUMBER && !p->header) {
        p->orphan_numbers++;
        skip(p, at, line, "a number, and no file name that says of what");
    } else {
        skip(p, at, line,
             p->header ? "line does not fit its file" : "line of no known file");
    }
}

static void set_dir(struct proc_files *p, struct slice path)
{
    size_t len = path.len;

    while (len && path.ptr[len - 1] != '/')
        len--;
    while (len && path.ptr[len - 1] == '/')
        len--;
    p->dir_len = len < PROC_DIR_MAX ? len : PROC_DIR_MAX;
    if (p->dir_len)
        memcpy(p->dir, path.ptr, p->dir_len);
}

static bool is_one_of(char c, const char *set)
{
    return c && strchr(set, c);
}

/* "==> /proc/1/status <==" of head and tail, "$ cat /proc/1/status" of a terminal,
 * "--- memory.stat ---" or the bare name of a loop in a script. */
static struct slice header_path(struct slice line, bool *is_marked)
{
    struct slice s = line;

    *is_marked = slice_starts(line, SLICE("==> ")) && slice_ends(line, SLICE(" <=="));
    while (s.len && is_one_of(s.ptr[0], "=<>#$*+- "))
        s = slice_after(s, 1);
    while (s.len && is_one_of(s.ptr[s.len - 1], "=<>#*-: "))
        s.len--;
    if (slice_starts(s, SLICE("cat ")))
        s = slice_after(s, 4);
    return s;
}

static bool take_header(struct proc_files *p, struct slice line,
                        const struct proc_place *at)
{
    bool is_marked;
    struct slice path = header_path(line, &is_marked);
    const struct proc_file *file;

    if (path.len == 0 || (!is_marked && memchr(path.ptr, ' ', path.len)))
        return false;
    file = proc_file_of_path(path);
    if (!file && !is_marked)
        return false;
    p->header = file;
    p->is_unread = !file;
    if (file)
        set_dir(p, slice_first(path, path.len - file->name.len));
    else
        skip(p, at, line, "a file that is not read");
    return true;
}

/* "memory.stat:anon 5" as grep prints it; the line's own text moves to *line. */
static bool take_grep_prefix(struct proc_files *p, struct slice *line)
{
    const char *colon = line->len ? memchr(line->ptr, ':', line->len) : NULL;
    size_t len = colon ? (size_t)(colon - line->ptr) : 0;
    struct slice path = slice_first(*line, len);
    const struct proc_file *file = len ? proc_file_of_path(path) : NULL;

    if (!file || len + 1 == line->len || memchr(path.ptr, ' ', len))
        return false;
    p->header = file;
    p->is_unread = false;
    set_dir(p, slice_first(path, len - file->name.len));
    *line = slice_after(*line, len + 1);
    return true;
}

/* Is a whole number on a line of its own the time that a script printed? Not where
 * numbers are what the file holds. */
static bool is_moment(const struct proc_files *p, struct slice line, int64_t *ns)
{
    const struct proc_file *file = p->header ? p->header : p->named;

    if (file && file->kind == PROC_NUMBER && proc_shape_of(line) == SHAPE_NUMBER)
        return false;
    return moment_line(line, ns);
}

/* A time in front of the line's own text. */
static void take_stamp(struct proc_files *p, struct slice *line)
{
    struct slice rest = *line, word;
    struct stamp stamp;
    int64_t ns;

    if (stamp_parse(*line, &stamp)) {
        p->has_time = true;
        p->time_ns = stamp.unix_ns;
        *line = slice_after(*line, stamp_skip(*line));
        return;
    }
    word = proc_take_word(&rest);
    if (!moment_unix(word, &ns) || proc_shape_of(*line) != SHAPE_NONE)
        return;
    while (rest.len && (rest.ptr[0] == ' ' || rest.ptr[0] == '\t'))
        rest = slice_after(rest, 1);
    if (proc_shape_of(rest) == SHAPE_NONE && memchr(rest.ptr, ':', rest.len) == NULL)
        return;
    p->has_time = true;
    p->time_ns = ns;
    *line = rest;
}

static void take_line(void *user, const struct text_line *whole)
{
    struct proc_files *p = user;
    const struct proc_place place = {whole->offset_bytes, whole->number}, *at = &place;
    struct slice line = text_trim_end(whole->text);
    int64_t ns;

    if (line.len == 0)
        return;
    if (is_moment(p, line, &ns)) {
        if (proc_shape_of(line) == SHAPE_NUMBER)
            p->orphan_numbers++;
        proc_files_flush(p);
        p->has_time = true;
        p->time_ns = ns;
        return;
    }
    take_stamp(p, &line);
    if (line.len && line.ptr[0] == '{') {
        cgroup_take_json(p, line, at);
        return;
    }
    if (take_header(p, line, at))
        return;
    if (take_grep_prefix(p, &line) || !p->is_unread)
        take_content(p, line, at);
}

bool proc_files_open(void *state, const struct sink *sink, struct diag *diag)
{
    struct proc_files *p = state;

    text_parser_open(&p->text, sink, diag, take_line);
    p->named = proc_file_in_name(sink->file_name);
    p->is_of_cgroup = text_find(sink->file_name, SLICE("cgroup")) < sink->file_name.len;
    return true;
}

bool proc_files_finish(void *state, struct err *err)
{
    struct proc_files *p = state;

    text_parser_finish(&p->text);
    proc_files_flush(p);
    if (p->given || !p->orphan_numbers)
        return true;
    err_set(err, 0, 1, "a number, and no file name that says of what");
    return false;
}

void proc_files_close(void *state)
{
    struct proc_files *p = state;

    text_parser_close(&p->text);
}

static enum probe proc_probe(struct slice head, bool is_whole)
{
    return proc_files_probe(head, is_whole, PROC_ROW_PROC);
}

const struct parser_ops proc_parser = {
    .name = "proc",
    .about = "/proc: status, smaps_rollup, smaps, statm, stat, meminfo, vmstat",
    .sign = "lines of one of these files, maybe with the time in front",
    .example = "VmRSS:\t    6716 kB",
    .state_bytes = sizeof(struct proc_files),
    .probe = proc_probe,
    .open = proc_files_open,
    .feed = text_parser_feed,
    .finish = proc_files_finish,
    .close = proc_files_close,
};
