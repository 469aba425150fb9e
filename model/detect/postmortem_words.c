#include <assert.h>
#include <math.h>

#include "model/base/num.h"
#include "model/base/text.h"
#include "model/detect/postmortem_internal.h"
#include "model/detect/story.h"
#include "model/detect/story_internal.h"

const char *postmortem_part_name(enum postmortem_part part)
{
    static const char *const names[] = {
        [PART_LIVE] = "live-heap",        [PART_GARBAGE] = "garbage",
        [PART_SINCE] = "allocated-since", [PART_FREE] = "free-heap",
        [PART_STACKS] = "stacks",         [PART_RUNTIME] = "runtime",
        [PART_OFFHEAP] = "off-heap",      [PART_UNSEEN] = "unrecorded",
        [PART_PAGE_CACHE] = "page-cache", [PART_KERNEL] = "kernel",
        [PART_NEIGHBOURS] = "neighbours",
    };

    static_assert(COUNT_OF(names) == PART_KINDS, "a name for each");
    return names[part];
}

const char *postmortem_cause_name(enum postmortem_cause cause)
{
    static const char *const names[] = {
        [CAUSE_UNKNOWN] = "unknown",  [CAUSE_LIVE_HEAP] = "live-heap",
        [CAUSE_GARBAGE] = "garbage",  [CAUSE_STACKS] = "stacks",
        [CAUSE_OFFHEAP] = "off-heap", [CAUSE_PAGE_CACHE] = "page-cache",
        [CAUSE_KERNEL] = "kernel",    [CAUSE_NEIGHBOUR] = "neighbour",
    };

    static_assert(COUNT_OF(names) == CAUSE_KINDS, "a name for each");
    return names[cause];
}

const char *postmortem_advice(enum postmortem_cause cause)
{
    static const char *const texts[] = {
        [CAUSE_UNKNOWN] =
            "record more next time: GODEBUG=gctrace=1 beside the cgroup's use and heap "
            "profiles tell heap from everything else",
        [CAUSE_LIVE_HEAP] =
            "find what keeps it: compare two heap profiles (go tool pprof -diff_base); "
            "GOMEMLIMIT would have turned the kill into a collector that runs back to "
            "back, and a higher limit into a later kill",
        [CAUSE_GARBAGE] =
            "GOMEMLIMIT at some 90 % of the limit makes the collector run before the "
            "kernel does, or a lower GOGC at the price of CPU; the heap that lives would "
            "have fit",
        [CAUSE_STACKS] = "a goroutine profile tells where so many wait, or what recurses "
                         "so deep; no setting of the collector reaches stacks",
        [CAUSE_OFFHEAP] =
            "look at cgo, mmap and memory of threads (/proc/PID/smaps); GOGC and "
            "GOMEMLIMIT do not reach it",
        [CAUSE_PAGE_CACHE] =
            "files that are read and written count against the limit, those in tmpfs "
            "until they are deleted: look there, not in the heap",
        [CAUSE_KERNEL] = "sockets, open files and page tables of the cgroup: look at "
                         "memory.stat (slab, sock), not in the heap",
        [CAUSE_NEIGHBOUR] =
            "give the neighbour a cgroup with a limit of its own, or both "
            "more room; this process only was the one to go",
    };

    static_assert(COUNT_OF(texts) == CAUSE_KINDS, "a text for each");
    return texts[cause];
}

struct words {
    const struct session *session;
    const struct postmortem *m;
    bool ascii;
    struct text *out;
};

static void put_bytes(const struct words *w, double bytes)
{
    char value[UNIT_TEXT];

    text_put_str(w->out, unit_format(value, bytes, UNIT_BYTES, w->ascii));
}

static double part(const struct words *w, enum postmortem_part part)
{
    return isnan(w->m->parts[part]) ? 0 : w->m->parts[part];
}

/* "of the 320 MiB limit", or of what there was. */
static void put_whole(const struct words *w)
{
    text_put_str(w->out, "of the ");
    if (!isnan(w->m->limit_bytes)) {
        put_bytes(w, w->m->limit_bytes);
        text_put_str(w->out, " limit");
    } else {
        put_bytes(w, w->m->total_bytes);
        text_put_str(w->out, w->m->is_host_wide ? " of the host" : " in use");
    }
    text_put_char(w->out, ' ');
}

static void put_growth(const struct words *w, uint32_t metric)
{
    const struct postmortem_trend *trend = postmortem_trend_of(w->m, metric);
    double window_s =
        (double)num_sat_sub_i64(w->m->end_ns, w->m->from_ns) / (double)NS_PER_S;
    enum unit unit = metric_unit(&w->session->metrics, metric);
    char rate[STORY_RATE_TEXT], length[UNIT_TEXT];

    if (!trend || !(trend->slope_per_s > 0))
        return;
    text_printf(w->out, ", growing %s in the last %s",
                story_rate(rate, trend->slope_per_s, unit, w->ascii),
                story_seconds(length, window_s));
}

static void put_live(const struct words *w)
{
    text_put_str(w->out, "Go's heap: ");
    put_whole(w);
    put_bytes(w, part(w, PART_LIVE));
    text_put_str(w->out, w->m->is_live_estimated ? " lived at least"
                                                 : " lived at the last collection");
    put_growth(w, METRIC_HEAP_LIVE);
    if (part(w, PART_GARBAGE) > 0) {
        text_put_str(w->out, ", and ");
        put_bytes(w, part(w, PART_GARBAGE));
        text_put_str(w->out, " was garbage not yet collected");
    }
    if (part(w, PART_SINCE) > 0) {
        text_put_str(w->out, ", and about ");
        put_bytes(w, part(w, PART_SINCE));
        text_put_str(w->out, " was allocated since then");
    }
}

static void put_garbage(const struct words *w)
{
    text_put_str(w->out, "Go's heap, but not what lives: ");
    put_whole(w);
    text_put_str(w->out, "only ");
    put_bytes(w, part(w, PART_LIVE));
    text_put_str(w->out, " lived, and ");
    put_bytes(w, part(w, PART_GARBAGE) + part(w, PART_SINCE) + part(w, PART_FREE));
    text_put_str(w->out, " was garbage and free heap, as GOGC lets it pile up");
}

static void put_stacks(const struct words *w)
{
    const struct postmortem_trend *goroutines =
        postmortem_trend_of(w->m, METRIC_SCHED_GOROUTINES);
    char count[UNIT_TEXT];

    text_put_str(w->out, "goroutines' stacks: ");
    put_whole(w);
    put_bytes(w, part(w, PART_STACKS));
    if (goroutines)
        text_printf(w->out, ", of %s goroutines",
                    unit_format(count, goroutines->last, UNIT_COUNT, w->ascii));
}

static void put_offheap(const struct words *w)
{
    text_put_str(w->out, "memory off Go's heap: ");
    put_whole(w);
    put_bytes(w, part(w, PART_OFFHEAP));
    text_put_str(w->out, " is nothing that Go knows of (cgo, mmap, threads)");
    put_growth(w, METRIC_MEM_OFFHEAP);
    text_put_str(w->out, "; its heap had ");
    put_bytes(w, part(w, PART_LIVE) + part(w, PART_GARBAGE) + part(w, PART_SINCE));
}

static void put_own(const struct words *w)
{
    if (isnan(w->m->rss_bytes))
        return;
    text_put_str(w->out, "; this process had ");
    put_bytes(w, w->m->rss_bytes);
}

static void put_other(const struct words *w, enum postmortem_part which, const char *what)
{
    text_put_str(w->out, what);
    put_whole(w);
    put_bytes(w, part(w, which));
    put_own(w);
}

static void put_neighbour(const struct words *w)
{
    const struct event_task *task = w->m->neighbour;

    text_put_str(w->out, w->m->is_host_wide ? "others on the host: "
                                            : "a neighbour in the "
                                              "cgroup: ");
    put_whole(w);
    put_bytes(w, part(w, PART_NEIGHBOURS));
    if (task) {
        text_put_str(w->out, ", most of it of ");
        story_put_name(w->out, slice_str(task->name), w->ascii);
        text_printf(w->out, " (pid %lld, ", (long long)task->pid);
        put_bytes(w, task->rss_bytes);
        text_put_char(w->out, ')');
    }
    put_own(w);
}

static void put_unknown(const struct words *w)
{
    text_put_str(w->out, "these sources do not tell what the memory went to");
    put_own(w);
}

static void put_blame(const struct words *w)
{
    const struct blame *blame = &w->m->blame;
    char share[UNIT_TEXT];

    if (!blame->has)
        return;
    text_put_str(w->out, "; `");
    story_put_name(w->out, profile_symbol_name(w->session->profiles, blame->symbol),
                   w->ascii);
    text_printf(w->out, "` %s %s of %s", blame->is_growth ? "has" : "holds",
                unit_format(share, blame->share, UNIT_RATIO, w->ascii),
                blame->is_growth ? "the growth" : "the heap");
}

void postmortem_put_conclusion(const struct session *s, const struct postmortem *m,
                               bool ascii, struct text *t)
{
    const struct words w = {s, m, ascii, t};

    switch (m->cause) {
    case CAUSE_LIVE_HEAP:
        put_live(&w);
        put_blame(&w);
        break;
    case CAUSE_GARBAGE:
        put_garbage(&w);
        break;
    case CAUSE_STACKS:
        put_stacks(&w);
        break;
    case CAUSE_OFFHEAP:
        put_offheap(&w);
        break;
    case CAUSE_PAGE_CACHE:
        put_other(&w, PART_PAGE_CACHE, "the page cache: ");
        break;
    case CAUSE_KERNEL:
        put_other(&w, PART_KERNEL, "the kernel's own memory for the cgroup: ");
        break;
    case CAUSE_NEIGHBOUR:
        put_neighbour(&w);
        break;
    case CAUSE_UNKNOWN:
    case CAUSE_KINDS:
        put_unknown(&w);
        break;
    }
}
