#include "replay/procwatch.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "model/base/compiler.h"
#include "model/base/mem.h"
#include "model/base/num.h"
#include "model/base/text.h"
#include "replay/cgroup_path.h"
#include "replay/procwatch_internal.h"

/* smaps_rollup walks the page tables of the whole process and holds its memory map for so
 * long: a large process is asked so seldom that this takes at most one part in so many.
 */
#define ROLLUP_SHARE 50

/* Of a process; more is a proxy of others. */
#define PORTS_MAX 64

struct procwatch {
    const struct live_context *context;
    char *root;
    char *pattern; /* NULL: that one process */
    int64_t pid;   /* -1: waits for one of that name */
    uint64_t start_ticks;
    int64_t period_ns, next_ns;
    int64_t rollup_at_ns; /* not before */
    struct loop_timer *timer;
    uint32_t source, cgroup_source; /* 0: not given yet */
    uint32_t waiting; /* stands for the name until there is a process; 0: none */
    struct cgroup_path cgroup;
    struct text membership; /* what /proc/N/cgroup held when the cgroup was found */
    bool is_troubled, is_cgroup_troubled;
    struct text document, scratch; /* of one look */
};

static struct slice view(const struct text *t)
{
    return slice_of(t->ptr, t->len);
}

static void trouble(const struct procwatch *p, uint32_t source, bool *is_told,
                    const char *what, int why)
{
    struct text words = {0};

    if (*is_told)
        return;
    *is_told = true;
    text_printf(&words, "%s: %s", what, strerror(why));
    live_give(p->context, source, ENTRY_TROUBLE, 0, view(&words));
    text_finish(&words);
}

static void forget_cgroup(struct procwatch *p)
{
    free(p->cgroup.folder);
    p->cgroup = (struct cgroup_path){0};
    text_clear(&p->membership);
}

static void begin(struct procwatch *p, int64_t pid, uint64_t start_ticks)
{
    struct text name = {0};

    if (p->waiting)
        live_give(p->context, p->waiting, ENTRY_END, 0, SLICE(""));
    p->waiting = 0;
    p->pid = pid;
    p->start_ticks = start_ticks;
    p->rollup_at_ns = INT64_MIN;
    p->is_troubled = p->is_cgroup_troubled = false;
    p->cgroup_source = 0;
    text_printf(&name, "pid:%lld", (long long)pid);
    p->source = p->context->add_source(p->context->user, text_str(&name), 0, pid);
    text_finish(&name);
}

/* The process that the pattern means now; false: there is none. */
static bool begin_named(struct procwatch *p)
{
    struct procwatch_identity who;
    int64_t pid = procwatch_find(p->root, p->pattern);

    if (pid < 0 || procwatch_identity_of(p->root, pid, &p->scratch, &who) != 0)
        return false;
    begin(p, pid, who.start_ticks);
    return true;
}

/* Whoever records a service that is started later wants to know that it waits. */
static void wait_for_it(struct procwatch *p, const char *spelling)
{
    p->waiting = p->context->add_source(p->context->user, spelling, 0, -1);
    live_give(p->context, p->waiting, ENTRY_TROUBLE, 0,
              SLICE("no process of that name yet"));
}

static void end(struct procwatch *p, struct slice how)
{
    struct text words = {0};
    uint32_t source = p->source, cgroup_source = p->cgroup_source;

    /* Said before the end, behind which nothing comes of a source. */
    if (p->pattern && procwatch_find(p->root, p->pattern) < 0) {
        text_printf(&words, "no process named %s", p->pattern);
        live_give(p->context, source, ENTRY_TROUBLE, 0, view(&words));
        text_finish(&words);
    }
    live_give(p->context, source, ENTRY_END, 0, how);
    if (cgroup_source)
        live_give(p->context, cgroup_source, ENTRY_END, 0, how);
    forget_cgroup(p);
    p->pid = -1;
    p->source = p->cgroup_source = 0;
}

static void end_as(struct procwatch *p, const char *what)
{
    struct text words = {0};

    text_printf(&words, "pid %lld %s", (long long)p->pid, what);
    end(p, view(&words));
    text_finish(&words);
}

/* It has exited, and its parent has not asked how. The kernel says how only to those who
 * may trace it; to others it says 0, which therefore says nothing. */
static void end_exited(struct procwatch *p, uint64_t wait_status)
{
    struct text words = {0};
    int status = wait_status <= 0xffff ? (int)wait_status : 0;

    text_printf(&words, "pid %lld has exited", (long long)p->pid);
    if (status && WIFSIGNALED(status))
        text_printf(&words, ": signal %d", WTERMSIG(status));
    else if (status && WIFEXITED(status))
        text_printf(&words, ": exit %d", WEXITSTATUS(status));
    end(p, view(&words));
    text_finish(&words);
}

static void put_rollup(struct procwatch *p, struct slice folder)
{
    int64_t before = live_now_ns(p->context), took;

    if (before < p->rollup_at_ns)
        return;
    (void)procwatch_read_piece(p->root, folder, "smaps_rollup", &p->document);
    took = live_now_ns(p->context) - before;
    if (took > 0 && took < INT64_MAX / ROLLUP_SHARE)
        p->rollup_at_ns = num_sat_add_i64(before, took * ROLLUP_SHARE);
}

static void look_at_process(struct procwatch *p, struct slice folder)
{
    int why;

    text_clear(&p->document);
    why = procwatch_read_piece(p->root, folder, "status", &p->document);
    /* That it went away in between is seen by the next look. */
    if (why == ENOENT || why == ESRCH)
        return;
    if (why) {
        trouble(p, p->source, &p->is_troubled, "status", why);
        return;
    }
    put_rollup(p, folder);
    text_put_str(&p->document, "==> ");
    text_put(&p->document, folder);
    text_put_str(&p->document, "/stat <==\n");
    text_put(&p->document, view(&p->scratch)); /* read to see who it is */
    (void)procwatch_read_piece(p->root, folder, "oom_score", &p->document);
    p->is_troubled = false;
    live_give(p->context, p->source, ENTRY_DATA, 0, view(&p->document));
}

/* A process may be moved to another cgroup. */
static void find_cgroup(struct procwatch *p, struct slice folder)
{
    text_clear(&p->scratch);
    if (procwatch_read(p->root, folder, "cgroup", &p->scratch) != 0)
        return;
    if (p->cgroup.folder && slice_eq(view(&p->scratch), view(&p->membership)))
        return;
    forget_cgroup(p);
    text_put(&p->membership, view(&p->scratch));
    text_clear(&p->scratch);
    (void)procwatch_read(p->root, SLICE("/proc/self"), "mountinfo", &p->scratch);
    p->cgroup = cgroup_path_find(p->root, view(&p->membership), view(&p->scratch));
}

static void add_cgroup_source(struct procwatch *p)
{
    struct text name = {0};

    text_printf(&name, "pid:%lld cgroup", (long long)p->pid);
    p->cgroup_source =
        p->context->add_source(p->context->user, text_str(&name), 0, p->pid);
    text_finish(&name);
}

static void look_at_cgroup(struct procwatch *p)
{
    /* The first says that the document is a cgroup's. */
    static const char *const v1[] = {
        "memory.usage_in_bytes", "memory.limit_in_bytes", "memory.stat",
        "memory.oom_control",    "memory.failcnt",
    };
    static const char *const v2[] = {
        "memory.current", "memory.max",      "memory.high",         "memory.stat",
        "memory.events",  "memory.pressure", "memory.swap.current",
    };
    const char *const *names = p->cgroup.is_v1 ? v1 : v2;
    size_t count = p->cgroup.is_v1 ? COUNT_OF(v1) : COUNT_OF(v2);
    int why;

    if (!p->cgroup.folder)
        return;
    text_clear(&p->document);
    why = procwatch_read_piece(p->root, slice_str(p->cgroup.folder), names[0],
                               &p->document);
    if (why) {
        if (p->cgroup_source)
            trouble(p, p->cgroup_source, &p->is_cgroup_troubled, names[0], why);
        forget_cgroup(p);
        return;
    }
    for (size_t i = 1; i < count; i++)
        (void)procwatch_read_piece(p->root, slice_str(p->cgroup.folder), names[i],
                                   &p->document);
    if (!p->cgroup_source)
        add_cgroup_source(p);
    p->is_cgroup_troubled = false;
    live_give(p->context, p->cgroup_source, ENTRY_DATA, 0, view(&p->document));
}

/* False where it cannot be read now, which has been said then. When it has ended there is
 * no pid any more. Its stat is in `scratch`. */
static bool is_readable(struct procwatch *p)
{
    struct procwatch_identity who;
    int why = procwatch_identity_of(p->root, p->pid, &p->scratch, &who);

    if (why == ENOENT || why == ESRCH) {
        end_as(p, "is gone");
        return true;
    }
    if (why) {
        trouble(p, p->source, &p->is_troubled, "stat", why);
        return false;
    }
    if (who.start_ticks != p->start_ticks)
        end_as(p, "is another process now");
    else if (procwatch_has_exited(&who))
        end_exited(p, who.wait_status);
    return true;
}

static void look(struct procwatch *p)
{
    char name[PROCWATCH_FOLDER_MAX];
    struct slice folder;

    if (p->pid >= 0 && !is_readable(p))
        return;
    if (p->pid < 0 && !(p->pattern && begin_named(p)))
        return;
    folder = procwatch_folder(name, p->pid);
    look_at_process(p, folder);
    find_cgroup(p, folder);
    look_at_cgroup(p);
}

static void due(void *user, int64_t now_ns)
{
    struct procwatch *p = user;

    look(p);
    if (p->pid < 0 && !p->pattern)
        return;
    /* Multiples of the period, however late this came. */
    if (now_ns >= p->next_ns)
        p->next_ns = num_sat_add_i64(
            p->next_ns, ((now_ns - p->next_ns) / p->period_ns + 1) * p->period_ns);
    loop_arm(p->timer, p->next_ns);
}

/* Of "pid:7" the number. */
static bool begin_pid(struct procwatch *p, const char *digits, struct err *err)
{
    struct procwatch_identity who;
    uint64_t pid;
    int why;

    if (!num_parse_u64(slice_str(digits), &pid) || pid == 0 || pid > INT32_MAX) {
        err_set(err, 0, 0, "expected pid:NUMBER");
        return false;
    }
    why = procwatch_identity_of(p->root, (int64_t)pid, &p->scratch, &who);
    if (why == ENOENT || why == ESRCH)
        err_set(err, 0, 0, "no process %llu", (unsigned long long)pid);
    else if (why)
        err_set(err, 0, 0, "process %llu: %s", (unsigned long long)pid, strerror(why));
    else if (who.is_kernel_thread)
        err_set(err, 0, 0, "process %llu is a thread of the kernel",
                (unsigned long long)pid);
    else if (procwatch_has_exited(&who))
        err_set(err, 0, 0, "process %llu has exited", (unsigned long long)pid);
    else {
        begin(p, (int64_t)pid, who.start_ticks);
        return true;
    }
    return false;
}

static bool begin_spelled(struct procwatch *p, const char *spelling, struct err *err)
{
    if (slice_starts(slice_str(spelling), SLICE("pid:")))
        return begin_pid(p, spelling + 4, err);
    if (!slice_starts(slice_str(spelling), SLICE("name:")) || !spelling[5]) {
        err_set(err, 0, 0, "expected pid:NUMBER or name:PATTERN");
        return false;
    }
    p->pattern = mem_dup_text(spelling + 5);
    if (!begin_named(p))
        wait_for_it(p, spelling);
    return true;
}

struct procwatch *procwatch_start(const struct live_context *context,
                                  const char *spelling, int64_t period_ns,
                                  const char *root, struct err *err)
{
    struct procwatch *p = mem_alloc(sizeof *p);

    assert(period_ns > 0);
    p->context = context;
    p->root = mem_dup_text(root);
    p->pid = -1;
    p->period_ns = period_ns;
    if (!begin_spelled(p, spelling, err)) {
        procwatch_stop(p);
        return NULL;
    }
    p->next_ns = live_now_ns(context);
    p->timer = loop_add_timer(context->loop, due, p);
    loop_arm(p->timer, p->next_ns);
    return p;
}

void procwatch_stop(struct procwatch *p)
{
    if (!p)
        return;
    loop_remove_timer(p->context->loop, p->timer);
    forget_cgroup(p);
    text_finish(&p->membership);
    text_finish(&p->document);
    text_finish(&p->scratch);
    free(p->pattern);
    free(p->root);
    free(p);
}

int64_t procwatch_pid(const struct procwatch *p)
{
    return p->pid;
}

bool procwatch_listens(const struct procwatch *p, unsigned port, const char *unix_socket)
{
    struct procwatch_port ports[PORTS_MAX];
    size_t count = unix_socket ? 0 : procwatch_ports(p, ports, PORTS_MAX);

    if (unix_socket)
        return p->pid >= 0 && procwatch_has_socket(p->root, p->pid, unix_socket);
    for (size_t i = 0; i < count; i++) {
        if (ports[i].port == port)
            return true;
    }
    return false;
}

size_t procwatch_ports(const struct procwatch *p, struct procwatch_port *ports,
                       size_t max)
{
    return p->pid < 0 ? 0 : procwatch_ports_of(p->root, p->pid, ports, max);
}

char *procwatch_unit(const struct procwatch *p)
{
    return p->pid < 0 ? NULL : procwatch_unit_of(p->root, p->pid);
}

char *procwatch_log(const struct procwatch *p)
{
    return p->pid < 0 ? NULL : procwatch_log_of(p->root, p->pid);
}
