#include "parsers/kernel_log_report.h"

#include <math.h>
#include <string.h>

#include "model/base/compiler.h"
#include "model/base/num.h"
#include "model/units.h"
#include "parsers/kernel_log_fit.h"
#include "parsers/kernel_log_hash.h"

struct slice klog_name_text(const struct klog_name *name)
{
    return slice_of(name->bytes, name->len);
}

struct slice klog_path_text(const struct klog_path *path)
{
    return slice_of(path->bytes, path->len);
}

static size_t keep(char *to, size_t capacity, struct slice from)
{
    size_t len = from.len < capacity ? from.len : capacity;

    if (len)
        memcpy(to, from.ptr, len);
    return len;
}

static void set_name(struct klog_name *name, struct slice text)
{
    name->len = keep(name->bytes, sizeof name->bytes, text);
}

static void set_path(struct klog_path *path, struct slice text)
{
    if (text.len)
        path->len = keep(path->bytes, sizeof path->bytes, text);
}

bool klog_reports_open(const struct klog_reports *r)
{
    for (size_t i = 0; i < COUNT_OF(r->slots); i++) {
        if (r->slots[i].is_open)
            return true;
    }
    return false;
}

/* Of two that a line fits equally well. */
static bool goes_before(const struct klog_reports *all, const struct klog_report *a,
                        const struct klog_report *b)
{
    if (a->is_killed != b->is_killed)
        return !a->is_killed;
    return all->alternates ? a->served < b->served : a->served > b->served;
}

static struct klog_report *choose(struct klog_reports *all, const struct klog_place *at,
                                  const struct klog_parsed *p)
{
    struct klog_report *best = NULL;
    enum klog_fit best_fit = KLOG_FIT_NONE;
    unsigned equals = 0, others = 0;

    for (size_t i = 0; i < COUNT_OF(all->slots); i++) {
        struct klog_report *r = &all->slots[i];
        enum klog_fit fit = klog_fit(r, at, p);

        others += r->is_open;
        if (fit == KLOG_FIT_NONE || fit < best_fit)
            continue;
        equals = fit == best_fit ? equals + 1 : 1;
        if (fit > best_fit || goes_before(all, r, best))
            best = r;
        best_fit = fit;
    }
    /* A line that can be told apart shows how the reports are mixed. */
    if (best && equals == 1 && others > 1)
        all->alternates = best != all->last;
    return best;
}

static void note_time(struct klog_report *r, const struct klog_place *at)
{
    if (at->line.time_kind != MOMENT_UNKNOWN) {
        r->time_kind = at->line.time_kind;
        r->time_ns = at->line.time_ns;
    }
    if (!r->caller)
        r->caller = at->line.caller;
}

static void serve(struct klog_reports *all, struct klog_report *r,
                  const struct klog_place *at)
{
    r->served = ++all->served;
    r->served_count++;
    r->last_line = at->number;
    all->last = r;
    note_time(r, at);
}

static void drop(struct klog_report *r, klog_report_lost *lost, void *user)
{
    if (r->is_open)
        lost(user, r);
    *r = (struct klog_report){0};
}

/* A free slot, or the one that was served longest ago. */
static struct klog_report *begin(struct klog_reports *all, const struct klog_place *at,
                                 klog_report_lost *lost, void *user)
{
    struct klog_report *r = &all->slots[0];

    for (size_t i = 1; i < COUNT_OF(all->slots); i++) {
        struct klog_report *other = &all->slots[i];
        bool is_better =
            other->is_open == r->is_open ? other->served < r->served : !other->is_open;

        if (is_better)
            r = other;
    }
    drop(r, lost, user);
    r->is_open = true;
    r->trigger_pid = r->victim_pid = -1;
    r->offset_bytes = at->offset_bytes;
    r->number = at->number;
    for (size_t i = 0; i < KLOG_FACTS; i++)
        r->facts[i] = NAN;
    return r;
}

/* The kernel is not that slow in writing one, not even to a serial console. */
#define SILENCE_NS (10 * NS_PER_S)

static bool is_stale(const struct klog_report *r, const struct klog_place *at)
{
    if (at->number - r->last_line > LIMIT_OOM_FOREIGN_LINES)
        return true;
    return r->time_kind != MOMENT_UNKNOWN && r->time_kind == at->line.time_kind &&
           num_sat_sub_i64(at->line.time_ns, r->time_ns) > SILENCE_NS;
}

static void expire(struct klog_reports *all, const struct klog_place *at,
                   klog_report_lost *lost, void *user)
{
    for (size_t i = 0; i < COUNT_OF(all->slots); i++) {
        struct klog_report *r = &all->slots[i];

        if ((r->is_open || r->is_killed) && is_stale(r, at))
            drop(r, lost, user);
    }
}

static void add_pairs(struct klog_report *r, const struct klog_parsed *p)
{
    for (size_t i = 0; i < p->pair_count; i++) {
        const struct klog_pair *pair = &p->pairs[i];

        if (pair->rank <= r->ranks[pair->fact])
            continue;
        r->ranks[pair->fact] = pair->rank;
        r->facts[pair->fact] = pair->value;
    }
}

/* Keeps the greatest, in order; equals in the order in which they came. */
static void add_task(struct klog_report *r, const struct klog_task *task)
{
    size_t at = r->task_count;

    r->tasks_seen++;
    while (at > 0 && r->tasks[at - 1].rss_pages < task->rss_pages)
        at--;
    if (at == LIMIT_OOM_TASKS)
        return;
    if (r->task_count < LIMIT_OOM_TASKS)
        r->task_count++;
    memmove(&r->tasks[at + 1], &r->tasks[at],
            (r->task_count - at - 1) * sizeof r->tasks[0]);
    r->tasks[at] = (struct klog_kept_task){
        .pid = task->pid,
        .total_vm_pages = task->total_vm_pages,
        .rss_pages = task->rss_pages,
    };
    set_name(&r->tasks[at].name, task->name);
}

static void apply_summary(struct klog_report *r, const struct klog_parsed *p)
{
    r->has_summary = true;
    r->is_memcg |= p->is_memcg;
    r->is_global |= p->is_global;
    r->constraint_len = keep(r->constraint, sizeof r->constraint, p->constraint);
    if (p->pid < 0)
        return;
    r->victim_pid = p->pid;
    set_name(&r->victim, p->comm);
}

static void apply(struct klog_report *r, const struct klog_place *at,
                  const struct klog_parsed *p)
{
    struct klog_task task;

    add_pairs(r, p);
    set_path(&r->path, p->path);
    set_path(&r->limit_path, p->limit_path);
    switch (p->kind) {
    case KLOG_CPU:
        r->trigger_pid = p->pid;
        break;
    case KLOG_MEMORY:
    case KLOG_CGROUPS:
        r->is_memcg = true;
        break;
    case KLOG_STATS:
        r->has_cgroup_stats = r->is_memcg = true;
        break;
    case KLOG_TABLE:
        r->has_table = true;
        r->columns = p->columns;
        break;
    case KLOG_TASK:
        if (klog_parse_task(at->line.text, &r->columns, &task))
            add_task(r, &task);
        break;
    case KLOG_SUMMARY:
        apply_summary(r, p);
        break;
    case KLOG_SACRIFICE:
        r->has_sacrifice = true;
        r->is_memcg |= p->is_memcg;
        r->is_global |= p->is_global;
        if (r->has_summary)
            break;
        r->victim_pid = p->pid;
        set_name(&r->victim, p->comm);
        break;
    default:
        break;
    }
}

/* The same line by a second logger: one that has said nothing else yet, or that the
 * kernel's own clock proves to be the same. */
static bool is_copy(const struct klog_reports *all, const struct klog_place *at,
                    uint64_t hash)
{
    for (size_t i = 0; i < COUNT_OF(all->slots); i++) {
        const struct klog_report *r = &all->slots[i];

        if (!r->is_open || r->trigger_hash != hash)
            continue;
        if (r->has_boot && at->line.has_boot)
            return r->trigger_boot_ns == at->line.boot_ns;
        if (r->served_count == 1 && r->time_kind == at->line.time_kind &&
            r->trigger_time_ns == at->line.time_ns)
            return true;
    }
    return false;
}

static void take_trigger(struct klog_reports *all, const struct klog_place *at,
                         const struct klog_parsed *p, klog_report_lost *lost, void *user)
{
    uint64_t hash = klog_hash_bytes(1, at->line.text);
    struct klog_report *r;

    if (is_copy(all, at, hash))
        return;
    r = begin(all, at, lost, user);
    r->has_trigger = true;
    r->trigger_hash = hash;
    r->has_boot = at->line.has_boot;
    r->trigger_boot_ns = at->line.boot_ns;
    r->trigger_time_ns = at->line.time_ns;
    set_name(&r->trigger, p->comm);
    if (all->last && all->last->is_open && all->last != r)
        all->alternates = true;
    serve(all, r, at);
}

/* The one that has just killed, and names the group whose other tasks are to follow. */
static void take_group(struct klog_reports *all, const struct klog_place *at,
                       const struct klog_parsed *p)
{
    struct klog_report *last = NULL;

    for (size_t i = 0; i < COUNT_OF(all->slots); i++) {
        struct klog_report *r = &all->slots[i];

        if (r->is_killed && (!last || r->served > last->served))
            last = r;
    }
    if (!last)
        return;
    last->is_group = true;
    set_path(&last->path, p->path);
    serve(all, last, at);
}

/* Lines that say enough to begin with, where the ring buffer has lost the front. */
static bool can_begin(enum klog_kind kind)
{
    return kind == KLOG_MEMORY || kind == KLOG_STATS || kind == KLOG_TABLE ||
           kind == KLOG_SUMMARY || kind == KLOG_SACRIFICE || kind == KLOG_CGROUPS;
}

/* Every report that could have taken it already has the same: a second logger's copy. */
static bool is_known(const struct klog_reports *all, const struct klog_parsed *p)
{
    for (size_t i = 0; i < COUNT_OF(all->slots); i++) {
        const struct klog_report *r = &all->slots[i];
        const struct klog_pair *first = &p->pairs[0];

        if (!r->is_open)
            continue;
        if (p->pair_count && r->facts[first->fact] == first->value)
            return true;
        if (p->limit_path.len && klog_same_path(&r->limit_path, p->limit_path))
            return true;
        if (p->pair_count == 0 && p->limit_path.len == 0)
            return true;
    }
    return false;
}

void klog_reports_take(struct klog_reports *all, const struct klog_place *at,
                       const struct klog_parsed *p, klog_report_lost *lost, void *user)
{
    struct klog_report *r;

    expire(all, at, lost, user);
    if (p->kind == KLOG_TRIGGER) {
        take_trigger(all, at, p, lost, user);
        return;
    }
    if (p->kind == KLOG_GROUP) {
        take_group(all, at, p);
        return;
    }
    r = choose(all, at, p);
    if (!r && can_begin(p->kind) && !is_known(all, p))
        r = begin(all, at, lost, user);
    if (!r)
        return;
    apply(r, at, p);
    serve(all, r, at);
}

void klog_reports_pass(struct klog_reports *all)
{
    struct klog_report *next = NULL;
    unsigned open = 0;

    for (size_t i = 0; i < COUNT_OF(all->slots); i++) {
        struct klog_report *r = &all->slots[i];

        open += r->is_open;
        if (r->is_open && (!next || r->served < next->served))
            next = r;
    }
    if (open < 2 || !all->alternates)
        return;
    next->served = ++all->served;
    all->last = next;
}

struct klog_report *klog_reports_of_kill(struct klog_reports *all,
                                         const struct klog_place *at,
                                         const struct klog_parsed *p,
                                         klog_report_lost *lost, void *user)
{
    struct klog_report *r;

    expire(all, at, lost, user);
    r = choose(all, at, p);
    if (r)
        serve(all, r, at);
    return r;
}

void klog_reports_copied(struct klog_reports *all, const struct klog_place *at,
                         const struct klog_parsed *p)
{
    for (size_t i = 0; i < COUNT_OF(all->slots); i++) {
        struct klog_report *r = &all->slots[i];

        if (r->is_open && klog_fit(r, at, p) >= KLOG_FIT_CONTENT)
            klog_report_close(r);
    }
}

void klog_report_close(struct klog_report *report)
{
    report->is_open = false;
    report->is_killed = true;
}

void klog_reports_finish(struct klog_reports *all, klog_report_lost *lost, void *user)
{
    for (;;) {
        struct klog_report *first = NULL;

        for (size_t i = 0; i < COUNT_OF(all->slots); i++) {
            struct klog_report *r = &all->slots[i];

            if (r->is_open && (!first || r->number < first->number))
                first = r;
        }
        if (!first)
            return;
        drop(first, lost, user);
    }
}
