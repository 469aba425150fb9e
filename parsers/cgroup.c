#include "parsers/cgroup.h"

#include <math.h>

#include "model/base/compiler.h"
#include "model/base/num.h"
#include "parsers/json.h"
#include "parsers/limits.h"
#include "parsers/moment_text.h"
#include "parsers/proc_files_internal.h"

#define PATH_MAX_BYTES LIMIT_FIGURE_NAME_BYTES

/* A sample whose time is damaged has no place on the timeline: it is left out. */
static const char malformed_time[] = "malformed time";

/* The keys that lead to a value, with dots between. */
struct path {
    char bytes[PATH_MAX_BYTES];
    size_t len;
    size_t at_depth[LIMIT_JSON_DEPTH + 1]; /* the length without the innermost key */
    bool is_too_long;
};

static bool is_time_key(struct slice key)
{
    static const struct slice keys[] = {
        SLICE_INIT("time"),       SLICE_INIT("timestamp"), SLICE_INIT("ts"),
        SLICE_INIT("@timestamp"), SLICE_INIT("t"),         SLICE_INIT("date"),
    };

    return slice_is_any(key, keys, COUNT_OF(keys));
}

static bool is_name_key(struct slice key)
{
    static const struct slice keys[] = {
        SLICE_INIT("cgroup"), SLICE_INIT("path"), SLICE_INIT("container"),
        SLICE_INIT("pod"),    SLICE_INIT("name"),
    };

    return slice_is_any(key, keys, COUNT_OF(keys));
}

static void set_key(struct path *path, unsigned depth, struct slice key)
{
    size_t len = path->at_depth[depth];
    bool has_dot = len > 0;

    path->is_too_long = key.len + has_dot > PATH_MAX_BYTES - len;
    path->len = len;
    if (path->is_too_long)
        return;
    if (has_dot)
        path->bytes[path->len++] = '.';
    if (key.len)
        memcpy(path->bytes + path->len, key.ptr, key.len);
    path->len += key.len;
}

/* "some.avg10" */
static const char *put_pressure(struct proc_snapshot *s, const struct proc_file *file,
                                struct slice key, struct slice text)
{
    const char *dot = key.len ? memchr(key.ptr, '.', key.len) : NULL;
    size_t len = dot ? (size_t)(dot - key.ptr) : 0;

    if (!dot)
        return "malformed pressure";
    return proc_snapshot_put_pressure(s, file, slice_first(key, len),
                                      slice_after(key, len + 1), text);
}

/* Numbers, also in quotes; what is none of a file's is kept under its own name. */
static const char *take_number(struct proc_snapshot *s, struct slice name,
                               struct slice text, bool is_quoted)
{
    struct slice key = {0};
    const struct proc_file *file = proc_file_of_keys(name, &key);
    double value;

    if (file && file->kind == PROC_PRESSURE)
        return put_pressure(s, file, key, text);
    if (!proc_number(text, &value) &&
        (!num_parse_double(text, &value) || !isfinite(value)))
        return is_quoted && !file ? NULL : "malformed number";
    if (file) {
        s->has_content = true;
        (void)proc_snapshot_put(s, file, key, value);
    } else if (!is_quoted) {
        figures_put(&s->figures, SLICE(""), name, UNIT_NONE, value);
    }
    return NULL;
}

static bool take_time(struct proc_snapshot *s, struct slice text)
{
    s->has_time = moment_parse(text, &s->time_ns);
    return s->has_time;
}

static void take_name(struct proc_snapshot *s, struct slice text)
{
    if (s->dir_len)
        return;
    s->dir_len = text.len < PROC_DIR_MAX ? text.len : PROC_DIR_MAX;
    memcpy(s->dir, text.ptr, s->dir_len);
}

static const char *take_value(struct proc_snapshot *s, const struct path *path,
                              bool is_outer, enum json_kind kind, struct slice text)
{
    struct slice name = slice_of(path->bytes, path->len);

    if (path->is_too_long)
        return "key too long";
    if (is_outer && is_time_key(name))
        return take_time(s, text) ? NULL : malformed_time;
    if (is_outer && kind == JSON_STRING && text.len && is_name_key(name)) {
        take_name(s, text);
        return NULL;
    }
    return take_number(s, name, text, kind == JSON_STRING);
}

static const char *take_object(struct json *j, struct proc_snapshot *s)
{
    struct path path = {.len = 0};
    const char *reason = NULL, *fault;
    enum json_kind kind = json_next(j);

    if (kind != JSON_OBJECT)
        return "expected a JSON object";
    while ((kind = json_next(j)) != JSON_END && kind != JSON_ERROR) {
        if (kind == JSON_KEY) {
            set_key(&path, j->depth, j->text);
        } else if (kind == JSON_OBJECT) {
            path.at_depth[j->depth] = path.len;
        } else if (kind == JSON_ARRAY) {
            json_skip(j, kind);
        } else if (kind == JSON_NUMBER || kind == JSON_STRING) {
            fault = take_value(s, &path, j->depth == 1, kind, j->text);
            reason = reason && fault != malformed_time ? reason : fault;
        }
    }
    if (j->reason)
        return j->reason;
    return s->has_content || reason ? reason : "no cgroup figures in this object";
}

void cgroup_take_json(struct proc_files *p, struct slice line,
                      const struct proc_place *at)
{
    struct json j = json_init(line);
    struct proc_snapshot *s = &p->snapshot;
    const char *reason;

    proc_files_flush(p);
    proc_snapshot_begin(s, at);
    s->file = &proc_files_table[PROC_FILE_CGROUP_STAT];
    s->seen = ~UINT64_C(0); /* its shape is "cgroup", whatever keys it has */
    s->has_time = p->has_time;
    s->time_ns = p->time_ns;
    reason = take_object(&j, s);
    if (j.reason || reason == malformed_time)
        s->has_content = false;
    proc_files_flush(p);
    if (reason)
        diag_skip(p->text.diag, at->offset_bytes + (uint64_t)(j.p - line.ptr), at->line,
                  slice_of(j.p, (size_t)(line.ptr + line.len - j.p)), reason);
}

bool cgroup_has_json_key(struct slice text)
{
    const char *p = text.ptr, *end = p + text.len;

    while (p < end && (p = memchr(p, '"', (size_t)(end - p)))) {
        struct slice rest = slice_of(p + 1, (size_t)(end - p) - 1), key;
        const char *close = rest.len ? memchr(rest.ptr, '"', rest.len) : NULL;
        struct slice name = slice_first(rest, close ? (size_t)(close - rest.ptr) : 0);

        if (slice_starts(name, SLICE("memory.")) && name.len < rest.len) {
            struct slice behind = slice_after(rest, name.len + 1);

            /* "memory.stat" alone stands for an object. */
            while (behind.len && behind.ptr[0] == ' ')
                behind = slice_after(behind, 1);
            if (slice_starts(behind, SLICE(":")) &&
                (proc_file_of_keys(name, &key) || proc_file_of_path(name)))
                return true;
        }
        p++;
    }
    return false;
}

static enum probe cgroup_probe(struct slice head, bool is_whole)
{
    return proc_files_probe(head, is_whole, PROC_ROW_CGROUP);
}

const struct parser_ops cgroup_parser = {
    .name = "cgroup",
    .about = "a memory cgroup's use and limit: its files, or samples of them as JSON",
    .sign = "JSON with keys such as memory.current; lines of memory.stat, memory.events; "
            "a lone number in a file of such a name",
    .example =
        "{\"time\":\"2026-11-21T01:36:24.463Z\",\"memory.usage_in_bytes\":61730816,"
        "\"memory.limit_in_bytes\":536870912,\"memory.failcnt\":0}",
    .state_bytes = sizeof(struct proc_files),
    .probe = cgroup_probe,
    .open = proc_files_open,
    .feed = text_parser_feed,
    .finish = proc_files_finish,
    .close = proc_files_close,
};
