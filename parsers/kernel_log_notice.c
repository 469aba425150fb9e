#include "parsers/kernel_log_notice.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>

#include "model/base/compiler.h"

#define USUAL_PAGE_BYTES 4096.0
#define KIB_BYTES 1024.0

/* The kernel's "no limit" is the last page that a long can count: 9007199254740988 kB. */
#define NO_LIMIT_BYTES 0x1p62

#define FACTS_MAX (KLOG_FACTS + 16)

struct facts {
    struct fact list[FACTS_MAX];
    size_t count;
};

static void put_number(struct facts *f, const char *name, double number)
{
    if (isfinite(number) && f->count < FACTS_MAX)
        f->list[f->count++] = (struct fact){.name = name, .number = number};
}

static void put_text(struct facts *f, const char *name, struct slice text)
{
    if (text.len && f->count < FACTS_MAX)
        f->list[f->count++] = (struct fact){.name = name, .is_text = true, .text = text};
}

/* What is put together from the kill line and the report. */
struct picture {
    double facts[KLOG_FACTS]; /* in bytes */
    double page_bytes;
    bool is_page_told;
    bool is_memcg, is_global;
    int64_t pid;
    struct slice comm;
    double limit_bytes, rss_bytes;
    const struct klog_kept_task *task; /* the victim's row; NULL */
};

static const struct klog_kept_task *find_task(const struct klog_report *r, int64_t pid)
{
    for (size_t i = 0; r && i < r->task_count; i++) {
        if (r->tasks[i].pid == pid)
            return &r->tasks[i];
    }
    return NULL;
}

static void take_facts(struct picture *p, const struct klog_kill *kill)
{
    const struct klog_report *r = kill->report;

    for (size_t i = 0; i < KLOG_FACTS; i++)
        p->facts[i] = r ? r->facts[i] : NAN;
    if (!kill->line)
        return;
    for (size_t i = 0; i < kill->line->pair_count; i++)
        p->facts[kill->line->pairs[i].fact] = kill->line->pairs[i].value;
}

/* 4, 16 or 64 KiB: a power of two, exactly, or the two lines speak of different moments.
 */
static void find_page_size(struct picture *p)
{
    double ratio;

    p->page_bytes = USUAL_PAGE_BYTES;
    if (!p->task || isnan(p->facts[KLOG_TOTAL_VM]) || !(p->task->total_vm_pages > 0))
        return;
    ratio = p->facts[KLOG_TOTAL_VM] / p->task->total_vm_pages;
    for (unsigned kib = 4; kib <= 64; kib *= 2) {
        if (ratio == kib * KIB_BYTES) {
            p->page_bytes = ratio;
            p->is_page_told = true;
        }
    }
}

/* 5.4 wrote bytes there and called them kB: page tables come in whole pages, and so large
 * a share of what they map they never are. */
static void mend_pgtables(struct picture *p)
{
    double kib = p->facts[KLOG_PGTABLES] / KIB_BYTES;

    if (kib > 0 && fmod(kib, USUAL_PAGE_BYTES) == 0 && kib * KIB_BYTES * 8 > p->rss_bytes)
        p->facts[KLOG_PGTABLES] = kib;
}

static double sum_of(const double *values, size_t count)
{
    double total = NAN;

    for (size_t i = 0; i < count; i++) {
        if (!isnan(values[i]))
            total = (isnan(total) ? 0 : total) + values[i];
    }
    return total;
}

static void take_victim(struct picture *p, const struct klog_kill *kill)
{
    const struct klog_report *r = kill->report;
    const struct klog_parsed *line = kill->line;

    assert(r || line);
    p->pid = line ? line->pid : r->victim_pid;
    p->comm = line ? line->comm : klog_name_text(&r->victim);
    p->is_memcg = (r && r->is_memcg) || (line && line->is_memcg);
    p->is_global = !p->is_memcg && ((r && r->is_global) || (line && line->is_global));
    p->task = find_task(r, p->pid);
}

static struct picture picture_of(const struct klog_kill *kill)
{
    struct picture p = {.limit_bytes = NAN};

    take_victim(&p, kill);
    take_facts(&p, kill);
    find_page_size(&p);
    for (size_t i = 0; i < KLOG_FACTS; i++) {
        if (klog_fact_in_pages((enum klog_fact)i))
            p.facts[i] *= p.page_bytes;
    }
    /* Without the one that is malformed it would be a sum of what is left. */
    p.rss_bytes =
        kill->line && kill->line->reason ? NAN : sum_of(&p.facts[KLOG_ANON_RSS], 3);
    if (isnan(p.rss_bytes) && p.task)
        p.rss_bytes = p.task->rss_pages * p.page_bytes;
    if (p.is_memcg && p.facts[KLOG_LIMIT] < NO_LIMIT_BYTES)
        p.limit_bytes = p.facts[KLOG_LIMIT];
    mend_pgtables(&p);
    return p;
}

struct slice klog_notice_path(const struct klog_report *r)
{
    if (!r)
        return (struct slice){0};
    return r->path.len ? klog_path_text(&r->path) : klog_path_text(&r->limit_path);
}

static void say_bytes(struct text *t, double bytes)
{
    char digits[UNIT_TEXT];

    text_put_str(t, unit_format(digits, bytes, UNIT_BYTES, true));
}

/* ": its cgroup /lab-11722 was at its limit of 512 MiB" */
static void say_cause(struct text *t, const struct klog_report *r,
                      const struct picture *p)
{
    if (p->is_memcg) {
        bool is_above =
            r && r->path.len && r->limit_path.len &&
            !slice_eq(klog_path_text(&r->path), klog_path_text(&r->limit_path));
        struct slice path =
            is_above ? klog_path_text(&r->limit_path) : klog_notice_path(r);

        text_put_str(t, is_above ? ": a cgroup above its own," : ": its cgroup");
        if (path.len) {
            text_put_char(t, ' ');
            text_put(t, path);
        }
        text_put_str(t, is_above ? "," : "");
        if (isnan(p->limit_bytes)) {
            text_put_str(t, " was out of memory");
        } else {
            text_put_str(t, " was at its limit of ");
            say_bytes(t, p->limit_bytes);
        }
    } else if (r && slice_starts(slice_of(r->constraint, r->constraint_len),
                                 SLICE("CONSTRAINT_CPUSET"))) {
        text_put_str(t, ": the memory nodes of its cpuset were full");
    } else if (r && slice_starts(slice_of(r->constraint, r->constraint_len),
                                 SLICE("CONSTRAINT_MEMORY_POLICY"))) {
        text_put_str(t, ": the memory nodes that its policy allows were full");
    } else if (p->is_global) {
        text_put_str(t, ": the machine ran out of memory");
    } else {
        text_put_str(t, " for want of memory");
    }
}

static void say(struct text *t, const struct klog_kill *kill, const struct picture *p)
{
    const struct klog_report *r = kill->report;

    text_clear(t);
    text_put_str(t, kill->line ? "the kernel killed " : "the kernel chose to kill ");
    text_put(t, p->comm);
    text_printf(t, " (pid %" PRId64 ")", p->pid);
    say_cause(t, r, p);
    if (!isnan(p->rss_bytes)) {
        text_put_str(t, "; resident ");
        say_bytes(t, p->rss_bytes);
        if (!isnan(p->facts[KLOG_ANON_RSS])) {
            text_put_str(t, ", ");
            say_bytes(t, p->facts[KLOG_ANON_RSS]);
            text_put_str(t, " of it anonymous");
        }
    }
    if (r && r->trigger.len && !slice_eq(klog_name_text(&r->trigger), p->comm)) {
        text_put_str(t, "; it was ");
        text_put(t, klog_name_text(&r->trigger));
        text_put_str(t, " that asked for more");
    }
    if (!kill->line)
        text_put_str(t, "; the line of the kill itself is missing");
}

static void put_report_texts(struct facts *f, const struct klog_report *r,
                             const struct picture *p)
{
    put_text(f, "constraint",
             r->constraint_len ? slice_of(r->constraint, r->constraint_len)
             : p->is_memcg     ? SLICE("CONSTRAINT_MEMCG")
                               : (struct slice){0});
    put_text(f, "trigger", klog_name_text(&r->trigger));
    if (r->trigger_pid >= 0)
        put_number(f, "trigger_pid", (double)r->trigger_pid);
    if (p->is_memcg)
        put_text(f, "cgroup",
                 klog_path_text(r->limit_path.len ? &r->limit_path : &r->path));
}

static void put_facts(struct facts *f, const struct klog_report *r,
                      const struct picture *p)
{
    if (r)
        put_report_texts(f, r, p);
    else if (p->is_memcg)
        put_text(f, "constraint", SLICE("CONSTRAINT_MEMCG"));
    for (size_t i = 0; i < KLOG_FACTS; i++) {
        bool is_no_limit =
            (i == KLOG_LIMIT || i == KLOG_SWAP_LIMIT || i == KLOG_MEMSW_LIMIT) &&
            p->facts[i] >= NO_LIMIT_BYTES;

        /* The limit itself is a member of the notice. */
        if (i != KLOG_LIMIT && !is_no_limit)
            put_number(f, klog_fact_name((enum klog_fact)i), p->facts[i]);
    }
    if (p->is_page_told)
        put_number(f, "page_bytes", p->page_bytes);
    if (r && r->tasks_seen)
        put_number(f, "tasks", (double)r->tasks_seen);
}

static size_t put_tasks(struct notice_task *tasks, const struct klog_report *r,
                        const struct picture *p)
{
    for (size_t i = 0; r && i < r->task_count; i++)
        tasks[i] =
            (struct notice_task){.pid = r->tasks[i].pid,
                                 .name = klog_name_text(&r->tasks[i].name),
                                 .rss_bytes = r->tasks[i].rss_pages * p->page_bytes};
    return r ? r->task_count : 0;
}

const char *klog_notice_kill(const struct sink *sink, const struct klog_kill *kill,
                             struct text *message)
{
    struct picture p = picture_of(kill);
    struct notice n = notice_empty(EVENT_OOM_KILLED);
    struct notice_task tasks[LIMIT_OOM_TASKS];
    struct facts facts = {.count = 0};

    say(message, kill, &p);
    put_facts(&facts, kill->report, &p);
    n.time_kind = kill->time_kind;
    n.time_ns = kill->time_ns;
    n.pid = p.pid;
    n.program = p.comm;
    n.instance = klog_notice_path(kill->report);
    n.limit_bytes = p.limit_bytes;
    n.rss_bytes = p.rss_bytes;
    n.message = slice_of(message->ptr, message->len);
    n.facts = facts.list;
    n.fact_count = facts.count;
    n.tasks = tasks;
    n.task_count = put_tasks(tasks, kill->report, &p);
    return sink->notice(sink->user, &n);
}

const char *klog_notice_cgroup(const struct sink *sink, const struct klog_report *report,
                               bool *is_used)
{
    struct sample_value values[2];
    struct sample s = sample_empty();

    s.values = values;
    if (!isnan(report->facts[KLOG_USAGE]))
        values[s.count++] = (struct sample_value){.metric = METRIC_MEM_CGROUP,
                                                  .value = report->facts[KLOG_USAGE]};
    if (report->facts[KLOG_LIMIT] < NO_LIMIT_BYTES)
        values[s.count++] = (struct sample_value){.metric = METRIC_MEM_LIMIT,
                                                  .value = report->facts[KLOG_LIMIT]};
    *is_used = s.count > 0;
    if (!*is_used)
        return NULL;
    s.shape = SLICE("kernel-log");
    s.subject = SUBJECT_CGROUP;
    s.instance = klog_notice_path(report);
    s.time_kind = report->time_kind;
    s.time_ns = report->time_ns;
    return sink->sample(sink->user, &s);
}

static void say_pressure(struct text *t, const struct systemd_oom *o)
{
    text_put_str(t, ": the memory pressure");
    if (o->watched.len && !slice_eq(o->watched, o->unit)) {
        text_put_str(t, " of ");
        text_put(t, o->watched);
    }
    if (isnan(o->pressure_percent)) {
        text_put_str(t, " was too high");
        return;
    }
    text_printf(t, " was %.2f %%", o->pressure_percent);
    if (!isnan(o->pressure_limit_percent))
        text_printf(t, ", over %.2f %%", o->pressure_limit_percent);
    if (o->duration.len) {
        text_put_str(t, " for more than ");
        text_put(t, o->duration);
    }
}

static void say_swap(struct text *t, const struct systemd_oom *o)
{
    text_put_str(t, ": memory and swap were used up");
    if (!isnan(o->memory_used_bytes) && !isnan(o->memory_total_bytes)) {
        text_put_str(t, ", memory ");
        say_bytes(t, o->memory_used_bytes);
        text_put_str(t, " of ");
        say_bytes(t, o->memory_total_bytes);
    }
    if (!isnan(o->swap_used_bytes) && !isnan(o->swap_total_bytes)) {
        text_put_str(t, ", swap ");
        say_bytes(t, o->swap_used_bytes);
        text_put_str(t, " of ");
        say_bytes(t, o->swap_total_bytes);
    }
}

static void say_systemd(struct text *t, const struct systemd_oom *o)
{
    text_clear(t);
    text_put_str(t, o->kind == SYSTEMD_OOM_BY_KERNEL ? "the kernel killed a process of "
                                                     : "systemd-oomd killed ");
    if (!isnan(o->processes))
        text_printf(t, "%.0f process(es) of ", o->processes);
    text_put(t, o->unit);
    if (o->kind == SYSTEMD_OOM_PRESSURE)
        say_pressure(t, o);
    else if (o->kind == SYSTEMD_OOM_SWAP)
        say_swap(t, o);
    else if (o->kind == SYSTEMD_OOM_BY_KERNEL)
        text_put_str(t, " for want of memory, systemd says");
}

const char *klog_notice_systemd(const struct sink *sink, const struct klog_line *line,
                                const struct systemd_oom *o, double candidate_bytes,
                                struct text *message)
{
    struct notice n = notice_empty(EVENT_OOM_KILLED);
    struct facts facts = {.count = 0};

    say_systemd(message, o);
    put_text(&facts, "constraint",
             o->kind == SYSTEMD_OOM_BY_KERNEL ? SLICE("") : SLICE("systemd-oomd"));
    put_text(&facts, "pressure_cgroup", o->watched);
    put_number(&facts, "pressure_percent", o->pressure_percent);
    put_number(&facts, "pressure_limit_percent", o->pressure_limit_percent);
    put_number(&facts, "memory_used_bytes", o->memory_used_bytes);
    put_number(&facts, "memory_total_bytes", o->memory_total_bytes);
    put_number(&facts, "swap_used_bytes", o->swap_used_bytes);
    put_number(&facts, "swap_total_bytes", o->swap_total_bytes);
    put_number(&facts, "swap_limit_percent", o->swap_limit_percent);
    put_number(&facts, "killed_processes", o->processes);
    put_number(&facts, "usage_bytes", candidate_bytes);
    n.time_kind = line->time_kind;
    n.time_ns = line->time_ns;
    n.instance = o->unit;
    n.message = slice_of(message->ptr, message->len);
    n.facts = facts.list;
    n.fact_count = facts.count;
    return sink->notice(sink->user, &n);
}
