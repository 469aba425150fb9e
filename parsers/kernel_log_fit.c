#include "parsers/kernel_log_fit.h"

bool klog_same_path(const struct klog_path *path, struct slice text)
{
    return text.len &&
           slice_eq(klog_path_text(path), slice_first(text, LIMIT_OOM_PATH_BYTES));
}

static bool same_name(const struct klog_name *name, struct slice text)
{
    return text.len &&
           slice_eq(klog_name_text(name), slice_first(text, LIMIT_OOM_NAME_BYTES));
}

static bool holds_task(const struct klog_report *r, int64_t pid)
{
    for (size_t i = 0; i < r->task_count; i++) {
        if (r->tasks[i].pid == pid)
            return true;
    }
    return false;
}

/* Would one of its figures be news to the report? */
static bool is_news(const struct klog_report *r, const struct klog_parsed *p)
{
    return p->pair_count == 0 || p->pairs[0].rank > r->ranks[p->pairs[0].fact];
}

static enum klog_fit fits_kill(const struct klog_report *r, const struct klog_parsed *p)
{
    if (r->is_killed)
        return r->is_group && !p->is_global ? KLOG_FIT_MAY : KLOG_FIT_NONE;
    if ((p->is_global && r->is_memcg) || (p->is_memcg && r->is_global))
        return KLOG_FIT_NONE;
    if (r->victim_pid >= 0 && r->victim_pid == p->pid)
        return KLOG_FIT_NAMED;
    /* The second line of an old kernel names a child as often as not. */
    if (r->has_summary && r->victim_pid >= 0)
        return KLOG_FIT_NONE;
    return holds_task(r, p->pid) || r->has_sacrifice ? KLOG_FIT_CONTENT : KLOG_FIT_MAY;
}

static enum klog_fit fits_summary(const struct klog_report *r,
                                  const struct klog_parsed *p)
{
    if (r->has_summary || (p->is_global && r->is_memcg))
        return KLOG_FIT_NONE;
    if (klog_same_path(&r->limit_path, p->limit_path))
        return KLOG_FIT_NAMED;
    /* It had another cgroup's statistics. */
    if (r->has_cgroup_stats && r->limit_path.len && p->limit_path.len)
        return KLOG_FIT_NONE;
    return holds_task(r, p->pid) ? KLOG_FIT_CONTENT : KLOG_FIT_MAY;
}

static enum klog_fit fits_stats(const struct klog_report *r, const struct klog_parsed *p)
{
    if (r->has_cgroup_stats || r->has_table || r->is_global)
        return KLOG_FIT_NONE;
    return klog_same_path(&r->limit_path, p->limit_path) ? KLOG_FIT_NAMED : KLOG_FIT_MAY;
}

static enum klog_fit fits_open(const struct klog_report *r, const struct klog_parsed *p)
{
    switch (p->kind) {
    case KLOG_CPU:
        return r->trigger_pid < 0 && same_name(&r->trigger, p->comm) ? KLOG_FIT_CONTENT
                                                                     : KLOG_FIT_NONE;
    case KLOG_CGROUPS:
        return r->path.len || r->has_table || r->is_global ? KLOG_FIT_NONE : KLOG_FIT_MAY;
    case KLOG_MEMORY:
    case KLOG_MEMORY_2:
        return r->has_table || r->is_global || !is_news(r, p) ? KLOG_FIT_NONE
                                                              : KLOG_FIT_MAY;
    case KLOG_STATS:
        return fits_stats(r, p);
    case KLOG_STAT:
        return r->has_cgroup_stats && !r->has_table && is_news(r, p) ? KLOG_FIT_MAY
                                                                     : KLOG_FIT_NONE;
    case KLOG_HOST:
        return r->is_memcg || r->has_table || !is_news(r, p) ? KLOG_FIT_NONE
                                                             : KLOG_FIT_MAY;
    case KLOG_TABLE:
        return r->has_table || r->has_summary ? KLOG_FIT_NONE : KLOG_FIT_MAY;
    case KLOG_TASK:
        return r->has_table && !r->has_summary && !holds_task(r, p->pid) ? KLOG_FIT_MAY
                                                                         : KLOG_FIT_NONE;
    case KLOG_SUMMARY:
        return fits_summary(r, p);
    case KLOG_SACRIFICE:
        if (r->has_sacrifice || (p->is_global && r->is_memcg))
            return KLOG_FIT_NONE;
        return holds_task(r, p->pid) ? KLOG_FIT_CONTENT : KLOG_FIT_MAY;
    case KLOG_KILL:
        return fits_kill(r, p);
    default:
        return KLOG_FIT_NONE;
    }
}

enum klog_fit klog_fit(const struct klog_report *r, const struct klog_place *at,
                       const struct klog_parsed *p)
{
    if (!r->is_open && !(r->is_killed && r->is_group && p->kind == KLOG_KILL))
        return KLOG_FIT_NONE;
    /* A different CPU or thread wrote it. */
    if (r->caller && at->line.caller && r->caller != at->line.caller)
        return KLOG_FIT_NONE;
    return r->is_open ? fits_open(r, p) : fits_kill(r, p);
}
