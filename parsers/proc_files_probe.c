/* Recognises the kernel's files by their first lines. */
#include "parsers/moment_text.h"
#include "parsers/proc_files_internal.h"
#include "parsers/stamp.h"

#define LOOKED_AT 24u /* lines that say something */
#define LONE_BYTES 24u

struct look {
    unsigned lines, hits;
    const struct proc_file *first, *current;
    bool is_json;
};

static enum proc_row row_of(const struct look *l)
{
    if (l->is_json)
        return PROC_ROW_CGROUP;
    if (l->first->kind == PROC_PRESSURE)
        return PROC_ROW_PSI;
    return l->first->subject == SUBJECT_CGROUP ? PROC_ROW_CGROUP : PROC_ROW_PROC;
}

/* Behind a time in front of the line. */
static struct slice skip_time(struct slice line)
{
    struct slice rest = line, word;
    int64_t ns;

    if (stamp_skip(line))
        return slice_after(line, stamp_skip(line));
    word = proc_take_word(&rest);
    if (!moment_unix(word, &ns) || proc_shape_of(line) != SHAPE_NONE)
        return line;
    while (rest.len && rest.ptr[0] == ' ')
        rest = slice_after(rest, 1);
    return rest;
}

/* "==> /proc/1/status <==", or "memory.current:5". */
static const struct proc_file *named_by(struct slice line)
{
    const char *colon;
    size_t len;

    if (slice_starts(line, SLICE("==> ")) && slice_ends(line, SLICE(" <==")) &&
        line.len > 8)
        return proc_file_of_path(slice_of(line.ptr + 4, line.len - 8));
    colon = line.len ? memchr(line.ptr, ':', line.len) : NULL;
    len = colon ? (size_t)(colon - line.ptr) : 0;
    /* The names without a point are words of any log. */
    if (!len || memchr(line.ptr, ' ', len) || !memchr(line.ptr, '.', len))
        return NULL;
    return proc_file_of_path(slice_first(line, len));
}

static void look_at(struct look *l, struct slice line)
{
    const struct proc_file *file;
    bool is_named;

    line = skip_time(line);
    if (line.len && line.ptr[0] == '{') {
        l->lines++;
        if (cgroup_has_json_key(line)) {
            l->hits += 2;
            l->is_json = l->is_json || !l->first;
        }
        return;
    }
    file = named_by(line);
    is_named = file != NULL;
    if (!file)
        file = proc_file_of_line(line, proc_shape_of(line), l->current);
    if (!file && slice_starts(line, SLICE("==> ")))
        return;
    l->lines++;
    if (!file)
        return;
    l->hits += is_named ? 2 : 1;
    l->current = file;
    if (!l->first && !l->is_json)
        l->first = file;
}

static void look_over(struct look *l, struct slice head, bool is_whole)
{
    while (head.len && l->lines < LOOKED_AT) {
        struct slice rest, line = text_line_first(head, &rest);
        int64_t ns;

        if (rest.len == 0 && !is_whole && head.ptr[head.len - 1] != '\n') {
            /* An object may be longer than what is here. */
            if (line.len && line.ptr[0] == '{' && cgroup_has_json_key(line))
                look_at(l, line);
            return;
        }
        head = rest;
        line = text_trim_end(line);
        if (line.len && !moment_line(line, &ns))
            look_at(l, line);
        if (l->lines > 3 && !l->hits)
            return;
    }
}

/* "268435456\n", or "max": of what, only the input's name can say. */
static bool is_lone_number(struct slice head, bool is_whole)
{
    struct slice line = text_trim_end(text_probe_start(head));

    if (!is_whole || head.len > LONE_BYTES)
        return false;
    while (line.len && (line.ptr[line.len - 1] == '\n' || line.ptr[line.len - 1] == '\r'))
        line.len--;
    return line.len && !memchr(line.ptr, '\n', line.len) &&
           proc_shape_of(line) == SHAPE_NUMBER;
}

enum probe proc_files_probe(struct slice head, bool is_whole, enum proc_row row)
{
    struct look l = {0};
    bool may_grow = !is_whole && head.len < LIMIT_PROBE_BYTES;

    if (is_lone_number(head, is_whole))
        return row == PROC_ROW_CGROUP ? PROBE_LIKELY : PROBE_NO;
    look_over(&l, head, is_whole);
    if (l.hits == 0) {
        /* None of these lines is long, but for an object. */
        may_grow = may_grow && (head.len < 4096 || head.ptr[0] == '{');
        return may_grow && l.lines < 3 ? PROBE_NEED_MORE : PROBE_NO;
    }
    if (row_of(&l) != row)
        return PROBE_NO;
    /* The first may be cut off, and a dump may have a line of something else. */
    if (l.hits >= 2 && l.hits + 2 >= l.lines && l.hits * 2 > l.lines)
        return PROBE_CERTAIN;
    if (l.hits * 2 < l.lines)
        return PROBE_NO;
    return PROBE_LIKELY;
}
