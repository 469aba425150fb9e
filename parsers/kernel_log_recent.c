#include "parsers/kernel_log_recent.h"

#include <string.h>

#include "model/base/compiler.h"
#include "model/base/num.h"
#include "model/units.h"
#include "parsers/kernel_log_hash.h"
#include "parsers/text_line.h"

/* Two loggers stamp a line when they get it; pids come round again much later. */
#define SAME_KILL_NS (60 * NS_PER_S)

/* systemd learns of a kill at once; a machine out of memory is slow all the same. */
#define SAME_UNIT_NS (10 * NS_PER_S)
#define SAME_UNIT_LINES 200 /* where the log tells no time */

static bool is_near(int64_t a, int64_t b, int64_t within)
{
    return a > b ? num_sat_sub_i64(a, b) <= within : num_sat_sub_i64(b, a) <= within;
}

static bool same_time(const struct klog_recent_kill *k, const struct klog_place *at)
{
    if (k->has_boot && at->line.has_boot)
        return is_near(k->boot_ns, at->line.boot_ns, NS_PER_US);
    if (k->time_kind != at->line.time_kind || k->time_kind == MOMENT_UNKNOWN)
        return true;
    return is_near(k->time_ns, at->line.time_ns, SAME_KILL_NS);
}

static uint64_t hash_of(const struct klog_parsed *kill)
{
    uint64_t hash = klog_hash_bytes((uint64_t)kill->pid + 1, kill->comm);

    for (size_t i = 0; i < kill->pair_count; i++) {
        uint64_t bits;

        memcpy(&bits, &kill->pairs[i].value, sizeof bits);
        hash = klog_hash_u64(klog_hash_u64(hash, kill->pairs[i].fact), bits);
    }
    return hash ? hash : 1;
}

bool klog_recent_has(const struct klog_recent *r, const struct klog_place *at,
                     const struct klog_parsed *kill)
{
    uint64_t hash = hash_of(kill);

    for (size_t i = 0; i < COUNT_OF(r->kills); i++) {
        if (r->kills[i].hash == hash && same_time(&r->kills[i], at))
            return true;
    }
    return false;
}

bool klog_recent_has_pid(const struct klog_recent *r, const struct klog_place *at,
                         int64_t pid)
{
    for (size_t i = 0; i < COUNT_OF(r->kills); i++) {
        const struct klog_recent_kill *k = &r->kills[i];

        if (k->hash == 0 || k->pid != pid)
            continue;
        if (k->time_kind != at->line.time_kind || k->time_kind == MOMENT_UNKNOWN ||
            is_near(k->time_ns, at->line.time_ns, SAME_KILL_NS))
            return true;
    }
    return false;
}

void klog_recent_add(struct klog_recent *r, const struct klog_place *at,
                     const struct klog_parsed *kill)
{
    r->kills[r->kill_count++ % COUNT_OF(r->kills)] = (struct klog_recent_kill){
        .hash = hash_of(kill),
        .pid = kill->pid,
        .time_kind = at->line.time_kind,
        .time_ns = at->line.time_ns,
        .has_boot = at->line.has_boot,
        .boot_ns = at->line.boot_ns,
    };
}

/* "/system.slice/a.service/x" lies in "a.service" and in "/system.slice". */
static bool lies_in(struct slice path, struct slice unit)
{
    size_t at = 0;

    while (unit.len && at < path.len) {
        struct slice rest = slice_after(path, at);
        size_t step = text_find(rest, unit);
        size_t end = step + unit.len;

        if (step == rest.len)
            return false;
        at += step + 1;
        if ((unit.ptr[0] == '/' ? at == 1 : at == 1 || path.ptr[at - 2] == '/') &&
            (end == rest.len || rest.ptr[end] == '/'))
            return true;
    }
    return false;
}

static bool was_moments_ago(const struct klog_recent_unit *u, const struct klog_place *at)
{
    if (u->time_kind == at->line.time_kind && u->time_kind != MOMENT_UNKNOWN)
        return is_near(u->time_ns, at->line.time_ns, SAME_UNIT_NS);
    return at->number - u->line <= SAME_UNIT_LINES;
}

bool klog_recent_has_unit(const struct klog_recent *r, const struct klog_place *at,
                          struct slice unit, bool by_kernel)
{
    for (size_t i = 0; i < COUNT_OF(r->units); i++) {
        const struct klog_recent_unit *u = &r->units[i];

        if (!u->is_used || (u->by_kernel && !by_kernel) || !was_moments_ago(u, at))
            continue;
        if (u->path.len == 0 ? u->by_kernel
                             : lies_in(klog_path_text(&u->path), unit) ||
                                   lies_in(unit, klog_path_text(&u->path)))
            return true;
    }
    return false;
}

void klog_recent_add_unit(struct klog_recent *r, const struct klog_place *at,
                          struct slice path, bool by_kernel)
{
    struct klog_recent_unit *u = &r->units[r->unit_count++ % COUNT_OF(r->units)];

    *u = (struct klog_recent_unit){
        .is_used = true,
        .by_kernel = by_kernel,
        .time_kind = at->line.time_kind,
        .time_ns = at->line.time_ns,
        .line = at->number,
    };
    path = slice_first(path, sizeof u->path.bytes);
    u->path.len = path.len;
    if (path.len)
        memcpy(u->path.bytes, path.ptr, path.len);
}
