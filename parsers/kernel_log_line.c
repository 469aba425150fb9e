#include "parsers/kernel_log_line.h"

#include <math.h>

#include "model/base/compiler.h"
#include "model/base/num.h"
#include "parsers/kernel_log_facts.h"
#include "parsers/text_line.h"

/* The value that stands in `text` behind `key` and before `end`. */
static struct slice between(struct slice text, struct slice key, struct slice end)
{
    size_t at = text_find(text, key);
    struct slice s;

    if (at == text.len)
        return (struct slice){0};
    s = slice_after(text, at + key.len);
    at = text_find(s, end);
    return slice_first(s, at == s.len ? 0 : at);
}

/* Where `literal` stands last in s, or s.len. */
static size_t find_last(struct slice s, struct slice literal)
{
    size_t found = s.len, at = 0;

    for (;;) {
        struct slice rest = slice_after(s, at);
        size_t step = text_find(rest, literal);

        if (step == rest.len)
            return found;
        found = at + step;
        at = found + 1;
    }
}

static bool take_pid(struct slice *s, int64_t *pid)
{
    uint64_t value;

    if (!text_take_u64(s, &value) || value > INT32_MAX)
        return false;
    *pid = (int64_t)value;
    return true;
}

/* COMM may hold blanks, colons, brackets. */
static bool parse_trigger(struct slice text, struct klog_parsed *p)
{
    static const struct slice word = SLICE_INIT(" invoked oom-killer:");
    size_t at = text_find(text, word);

    if (at == text.len || at == 0)
        return false;
    p->kind = KLOG_TRIGGER;
    p->comm = slice_first(text, at);
    return true;
}

/* "CPU: 1 UID: 0 PID: 116 Comm: stress-ng-vm Not tainted 6.11.0", and of 2.6 "Pid: 116,
 * comm: java Not tainted". */
static bool parse_cpu(struct slice text, struct klog_parsed *p)
{
    static const struct slice ends[] = {SLICE_INIT(" Not tainted"),
                                        SLICE_INIT(" Tainted:")};
    static const struct slice keys[][2] = {{SLICE_INIT(" PID: "), SLICE_INIT(" Comm: ")},
                                           {SLICE_INIT("Pid: "), SLICE_INIT(", comm: ")}};
    struct slice s = {0};
    size_t form = !slice_starts(text, SLICE("CPU: ")), at;

    if (form == 1 && !slice_starts(text, SLICE("Pid: ")))
        return false;
    at = text_find(text, keys[form][0]);
    if (at == text.len)
        return false;
    s = slice_after(text, at + keys[form][0].len);
    if (!take_pid(&s, &p->pid) || !text_take(&s, keys[form][1]))
        return false;
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        at = text_find(s, ends[i]);
        if (at < s.len)
            break;
    }
    p->comm = slice_first(s, at);
    p->kind = KLOG_CPU;
    return true;
}

/* Up to 4.18: "Task in /a killed as a result of limit of /b" */
static bool parse_cgroups(struct slice text, struct klog_parsed *p)
{
    static const struct slice word = SLICE_INIT(" killed as a result of limit of ");
    struct slice s = text;
    size_t at;

    if (!text_take(&s, SLICE("Task in ")))
        return false;
    at = text_find(s, word);
    if (at == s.len)
        return false;
    p->kind = KLOG_CGROUPS;
    p->path = slice_first(s, at);
    p->limit_path = text_trim(slice_after(s, at + word.len));
    return true;
}

static bool parse_group(struct slice text, struct klog_parsed *p)
{
    struct slice s = text;
    size_t at;

    if (!text_take(&s, SLICE("Tasks in ")))
        return false;
    at = text_find(s, SLICE(" are going to be killed due to memory.oom.group"));
    if (at == s.len)
        return false;
    p->kind = KLOG_GROUP;
    p->path = slice_first(s, at);
    return true;
}

/* "Memory cgroup stats for PATH:", with the figures behind it up to 4.x. */
static bool parse_stats(struct slice text, struct klog_parsed *p)
{
    struct slice s = text;
    size_t at;

    if (!text_take(&s, SLICE("Memory cgroup stats for ")) &&
        !text_take(&s, SLICE("Memory cgroup stats")))
        return false;
    at = text_find(s, SLICE(": "));
    if (at == s.len)
        at = text_find_last(s, ':');
    if (at == s.len)
        return false;
    p->kind = KLOG_STATS;
    p->limit_path = slice_first(s, at);
    klog_put_old_stats(slice_after(s, at + 1), p);
    return true;
}

/* The end of the constraint may be the line's: what was cut off is missing. */
static bool parse_summary(struct slice text, struct klog_parsed *p)
{
    struct slice s = text, rest, tail;
    size_t at, pid_at, uid_at;
    uint64_t uid;

    if (!text_take(&s, SLICE("oom-kill:constraint=")))
        return false;
    p->kind = KLOG_SUMMARY;
    at = text_find(s, SLICE(",nodemask="));
    p->constraint = slice_first(s, at);
    p->is_global = text_find(s, SLICE(",global_oom,")) < s.len;
    p->limit_path = between(s, SLICE(",oom_memcg="), SLICE(",task_memcg="));
    p->path = between(s, SLICE(",task_memcg="), SLICE(",task="));
    p->is_memcg = slice_eq(p->constraint, SLICE("CONSTRAINT_MEMCG"));
    at = text_find(s, SLICE(",task="));
    if (at == s.len)
        return true;
    /* A program may be called ",pid=1": the last ones are the kernel's. */
    rest = slice_after(s, at + 6);
    pid_at = find_last(rest, SLICE(",pid="));
    uid_at = find_last(rest, SLICE(",uid="));
    if (pid_at >= uid_at || uid_at == rest.len)
        return true;
    tail = slice_after(slice_first(rest, uid_at), pid_at + 5);
    if (!take_pid(&tail, &p->pid) || tail.len) {
        p->pid = -1;
        return true;
    }
    p->comm = slice_first(rest, pid_at);
    tail = slice_after(rest, uid_at + 5);
    if (text_take_u64(&tail, &uid))
        klog_put_pair(p, KLOG_UID, 1, (double)uid);
    return true;
}

/* "N (COMM)" and "N, UID U, (COMM)"; *s ends up behind the bracket. COMM may hold
 * brackets itself ("((sd-pam))"), so what follows it tells where it ends. */
static bool take_victim(struct slice *s, struct klog_parsed *p)
{
    static const struct slice ends[] = {SLICE_INIT(") total-vm:"), SLICE_INIT(") vsz:"),
                                        SLICE_INIT("), UID "),     SLICE_INIT(") score "),
                                        SLICE_INIT("), now "),     SLICE_INIT(")")};
    struct slice rest = *s;
    size_t at;

    if (!take_pid(&rest, &p->pid))
        return false;
    if (text_take(&rest, SLICE(", UID "))) {
        uint64_t uid;

        if (!text_take_u64(&rest, &uid) || !text_take(&rest, SLICE(",")))
            return false;
        klog_put_pair(p, KLOG_UID, 1, (double)uid);
    }
    if (!text_take(&rest, SLICE(" (")))
        return false;
    at = rest.len;
    for (size_t i = 0; i < COUNT_OF(ends) && at == rest.len; i++)
        at = text_find(rest, ends[i]);
    if (at == rest.len)
        return false;
    /* Nothing but the bracket to go by: the last one. */
    if (text_find(rest, SLICE(":")) == rest.len && text_find(rest, ends[3]) == rest.len)
        at = text_find_last(rest, ')');
    p->comm = slice_first(rest, at);
    *s = slice_after(rest, at + 1);
    return true;
}

static void note_cause(struct slice before, struct klog_parsed *p)
{
    p->is_memcg = text_find(before, SLICE("cgroup out of memory")) < before.len;
    p->is_global = !p->is_memcg && text_find(before, SLICE("Out of memory")) < before.len;
}

static bool torn(struct klog_parsed *p)
{
    p->kind = KLOG_TORN;
    p->reason = "malformed line of a kill";
    return true;
}

/* The kernel wrote it when the cause stands in front or figures behind. 2.6 wrote the
 * second of two lines without either. */
static bool parse_kill(struct slice text, struct klog_parsed *p)
{
    static const struct slice word = SLICE_INIT("Killed process ");
    size_t at = text_find(text, word);
    struct slice before = slice_first(text, at), s;

    if (at == text.len)
        return false;
    s = slice_after(text, at + word.len);
    note_cause(before, p);
    p->is_bare = !p->is_memcg && !p->is_global &&
                 (before.len || text_find(s, SLICE("anon-rss:")) == s.len);
    if (!take_victim(&s, p))
        return p->is_memcg || p->is_global ? torn(p) : false;
    if (p->is_bare && (before.len || s.len))
        return false;
    p->kind = KLOG_KILL;
    klog_put_kill(s, p);
    return true;
}

/* "… Kill process N (COMM) score S or sacrifice child"; 2.6: "kill process … or a child".
 */
static bool parse_sacrifice(struct slice text, struct klog_parsed *p)
{
    static const struct slice word = SLICE_INIT("ill process ");
    size_t at = text_find(text, word);
    struct slice s;
    uint64_t score;

    if (at == text.len)
        return false;
    note_cause(slice_first(text, at), p);
    if (!p->is_memcg && !p->is_global)
        return false;
    s = slice_after(text, at + word.len);
    if (!take_victim(&s, p))
        return torn(p);
    p->kind = KLOG_SACRIFICE;
    if (text_take(&s, SLICE(" score ")) && text_take_u64(&s, &score))
        klog_put_pair(p, KLOG_OOM_SCORE, 1, (double)score);
    return true;
}

/* "reaped process N (COMM), now anon-rss:…" */
static bool parse_reaped(struct slice text, struct klog_parsed *p)
{
    struct slice s = text;

    if (!text_take(&s, SLICE("oom_reaper: reaped process ")) || !take_victim(&s, p))
        return false;
    p->kind = KLOG_REAPED;
    return true;
}

/* The kubelet's event: "System OOM encountered, victim process: java, pid: 123" */
static bool parse_system(struct slice text, struct klog_parsed *p)
{
    static const struct slice word =
        SLICE_INIT("System OOM encountered, victim process: ");
    size_t at = text_find(text, word);
    struct slice s, rest;

    if (at == text.len)
        return false;
    s = slice_after(text, at + word.len);
    at = text_find(s, SLICE(", pid: "));
    if (at == s.len)
        return false;
    rest = slice_after(s, at + 7);
    if (!take_pid(&rest, &p->pid))
        return false;
    p->kind = KLOG_SYSTEM;
    p->comm = slice_first(s, at);
    return true;
}

static enum klog_column column_of(struct slice word)
{
    if (slice_eq(word, SLICE("tgid")))
        return KLOG_COL_TGID;
    if (slice_eq(word, SLICE("total_vm")))
        return KLOG_COL_TOTAL_VM;
    return slice_eq(word, SLICE("rss")) ? KLOG_COL_RSS : KLOG_COL_OTHER;
}

static struct slice take_word(struct slice *s)
{
    struct slice word;

    text_skip_blanks(s);
    word = slice_first(*s, 0);
    while (word.len < s->len && s->ptr[word.len] != ' ')
        word.len++;
    *s = slice_after(*s, word.len);
    return word;
}

/* "[  pid  ]   uid  tgid total_vm      rss … name" */
static bool parse_table(struct slice text, struct klog_parsed *p)
{
    struct slice s = text;

    if (!text_take(&s, SLICE("[")))
        return false;
    text_skip_blanks(&s);
    if (!text_take(&s, SLICE("pid")) || text_find(s, SLICE(" total_vm ")) == s.len)
        return false;
    text_skip_blanks(&s);
    if (!text_take(&s, SLICE("]")))
        return false;
    p->kind = KLOG_TABLE;
    for (;;) {
        struct slice word = take_word(&s);

        if (word.len == 0 || slice_eq(word, SLICE("name")) ||
            p->columns.count == KLOG_COLUMNS)
            return true;
        p->columns.kind[p->columns.count++] = (unsigned char)column_of(word);
    }
}

static bool parse_row(struct slice text, struct klog_parsed *p)
{
    struct slice s = text;

    if (!text_take(&s, SLICE("[")))
        return false;
    text_skip_blanks(&s);
    if (!take_pid(&s, &p->pid) || !text_take(&s, SLICE("]")))
        return false;
    p->kind = KLOG_TASK;
    return true;
}

bool klog_parse_task(struct slice text, const struct klog_columns *columns,
                     struct klog_task *out)
{
    static const struct klog_columns usual = {
        {KLOG_COL_OTHER, KLOG_COL_TGID, KLOG_COL_TOTAL_VM, KLOG_COL_RSS}, 4};
    const struct klog_columns *c = columns->count ? columns : &usual;
    struct slice s = text;

    *out = (struct klog_task){.total_vm_pages = NAN, .rss_pages = NAN};
    if (!text_take(&s, SLICE("[")))
        return false;
    text_skip_blanks(&s);
    if (!take_pid(&s, &out->pid) || !text_take(&s, SLICE("]")))
        return false;
    for (unsigned i = 0; i < c->count; i++) {
        int64_t value;

        text_skip_blanks(&s);
        if (!text_take_i64(&s, &value) || (s.len && s.ptr[0] != ' '))
            return false;
        if (c->kind[i] == KLOG_COL_TGID)
            out->pid = value >= 0 && value <= INT32_MAX ? value : out->pid;
        else if (c->kind[i] == KLOG_COL_TOTAL_VM)
            out->total_vm_pages = (double)value;
        else if (c->kind[i] == KLOG_COL_RSS)
            out->rss_pages = (double)value;
    }
    out->name = text_trim(s);
    if (!columns->count) {
        size_t blank = text_find_last(out->name, ' ');

        if (blank < out->name.len)
            out->name = slice_after(out->name, blank + 1);
    }
    return out->rss_pages >= 0 && out->name.len > 0;
}

void klog_parse(struct slice text, struct klog_parsed *out)
{
    static bool (*const forms[])(struct slice, struct klog_parsed *) = {
        parse_row,    parse_kill,   parse_trigger,    parse_summary,   parse_table,
        parse_cpu,    parse_stats,  parse_cgroups,    parse_group,     parse_sacrifice,
        parse_reaped, parse_system, klog_parse_usage, klog_parse_host,
    };

    *out = (struct klog_parsed){.pid = -1};
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        if (forms[i](text, out))
            return;
        *out = (struct klog_parsed){.pid = -1};
    }
}
