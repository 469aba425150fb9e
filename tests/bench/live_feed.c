#include "tests/bench/live_feed.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "model/base/mem.h"
#include "model/base/slice.h"
#include "model/units.h"

#define MIB 1048576.0
#define DAY_S 86400
#define FORM_BYTES_MAX ((size_t)1 << 20)

enum field {
    ALLOC,
    TOTAL,
    SYSTEM,
    MALLOCS,
    FREES,
    INUSE,
    IDLE,
    OBJECTS,
    NEXT_GC,
    LAST_GC,
    PAUSE_TOTAL,
    CYCLES,
    PAUSES,
    ENDS,
};

static const struct {
    const char *key;
    enum field field;
} keys[] = {
    {"\"Alloc\":", ALLOC},
    {"\"HeapAlloc\":", ALLOC},
    {"\"TotalAlloc\":", TOTAL},
    {"\"Sys\":", SYSTEM},
    {"\"HeapSys\":", SYSTEM},
    {"\"Mallocs\":", MALLOCS},
    {"\"Frees\":", FREES},
    {"\"HeapInuse\":", INUSE},
    {"\"HeapIdle\":", IDLE},
    {"\"HeapObjects\":", OBJECTS},
    {"\"NextGC\":", NEXT_GC},
    {"\"LastGC\":", LAST_GC},
    {"\"PauseTotalNs\":", PAUSE_TOTAL},
    {"\"NumGC\":", CYCLES},
    {"\"PauseNs\":[", PAUSES},
    {"\"PauseEnd\":[", ENDS},
};

static bool read_form(struct text *out, const char *path)
{
    FILE *file = fopen(path, "rb");
    char piece[4096];
    size_t got;

    if (!file)
        return false;
    while (out->len < FORM_BYTES_MAX && (got = fread(piece, 1, sizeof piece, file)) > 0)
        text_put(out, slice_of(piece, got));
    (void)fclose(file);
    return out->len > 0;
}

/* In the order of the document. */
static void find_holes(struct live_feed *f)
{
    const char *form = text_str(&f->form);

    for (const char *at = form; (at = strchr(at, '"')); at++) {
        for (size_t i = 0; i < COUNT_OF(keys); i++) {
            const size_t len = strlen(keys[i].key);
            size_t from;

            if (strncmp(at, keys[i].key, len) != 0 || f->hole_count == COUNT_OF(f->holes))
                continue;
            from = (size_t)(at - form) + len;
            f->holes[f->hole_count++] = (struct live_feed_hole){
                from, from + strspn(form + from, "0123456789,"), keys[i].field};
            /* A comma behind a single number is the document's. */
            if (keys[i].field != PAUSES && keys[i].field != ENDS)
                f->holes[f->hole_count - 1].to = from + strspn(form + from, "0123456789");
        }
    }
}

bool live_feed_init(struct live_feed *f, const char *form_path, int64_t unix_ns)
{
    *f = (struct live_feed){.dice = 1, .unix_ns = unix_ns, .pid = 1000};
    if (!read_form(&f->form, form_path))
        return false;
    find_holes(f);
    live_feed_restart(f);
    return f->hole_count >= COUNT_OF(keys);
}

void live_feed_finish(struct live_feed *f)
{
    text_finish(&f->form);
}

void live_feed_restart(struct live_feed *f)
{
    f->pid++;
    f->uptime_s = 0;
    f->cycle = 0;
    f->live = 20 * MIB;
    f->heap = 24 * MIB;
    f->total = f->mallocs = f->pause_ns = 0;
    f->has_collected = false;
    f->collected_ns = f->collected_s_ns = 0;
    for (size_t i = 0; i < LIVE_FEED_PAUSES; i++)
        f->pauses[i][0] = f->ends[i][0] = '\0';
}

static double roll(struct live_feed *f)
{
    f->dice = f->dice * 6364136223846793005U + 1442695040888963407U;
    return (double)(f->dice >> 40) / (double)(1 << 24);
}

/* Somewhere in the second that ends now; its three parts take 1.1 ms in all. */
static void collect(struct live_feed *f)
{
    const double pause_ns = 50000 + 100000 * roll(f);
    const size_t slot = (size_t)(f->cycle % LIVE_FEED_PAUSES);
    const int64_t ago_ns = NS_PER_MS * (int64_t)(100 + 800 * roll(f));

    f->cycle++;
    f->collected_ns = f->unix_ns - ago_ns + 1100000;
    f->collected_s_ns = f->uptime_s * NS_PER_S - ago_ns;
    f->pause_ns += pause_ns;
    (void)snprintf(f->pauses[slot], sizeof f->pauses[slot], "%.0f", pause_ns);
    (void)snprintf(f->ends[slot], sizeof f->ends[slot], "%" PRId64, f->collected_ns);
}

void live_feed_second(struct live_feed *f)
{
    /* Up for half a day and down for the other, as visitors come and go. */
    const int64_t in_day = f->unix_ns / NS_PER_S % DAY_S;
    const double wave =
        (double)(in_day < DAY_S / 2 ? in_day : DAY_S - in_day) / (DAY_S / 2.0);
    const double rate = (10 + 40 * wave + 5 * roll(f)) * MIB;

    f->unix_ns += NS_PER_S;
    f->uptime_s++;
    f->live = (30 + 40 * wave + 4 * roll(f)) * MIB;
    f->heap = f->live * (1 + roll(f));
    f->total += rate;
    f->mallocs += rate / 120;
    f->has_collected = roll(f) < 0.66;
    if (f->has_collected)
        collect(f);
}

static void put_ring(struct text *out, const char (*ring)[24])
{
    for (size_t i = 0; i < LIVE_FEED_PAUSES; i++) {
        if (i)
            text_put_char(out, ',');
        text_put_str(out, ring[i][0] ? ring[i] : "0");
    }
}

static double number_of(const struct live_feed *f, unsigned field)
{
    switch ((enum field)field) {
    case ALLOC:
        return f->heap;
    case TOTAL:
        return f->total;
    case SYSTEM:
        return 180 * MIB;
    case MALLOCS:
        return f->mallocs;
    case FREES:
        return f->mallocs - f->heap / 120;
    case INUSE:
        return f->heap * 1.04;
    case IDLE:
        return 170 * MIB - f->heap * 1.04;
    case OBJECTS:
        return f->heap / 120;
    case NEXT_GC:
        return f->live * 2;
    case PAUSE_TOTAL:
        return f->pause_ns;
    case CYCLES:
        return (double)f->cycle;
    case LAST_GC:
    case PAUSES:
    case ENDS:
        break;
    }
    return 0;
}

void live_feed_vars(const struct live_feed *f, struct text *out)
{
    size_t at = 0;

    text_clear(out);
    for (size_t i = 0; i < f->hole_count; i++) {
        const struct live_feed_hole *hole = &f->holes[i];

        text_put(out, slice_of(f->form.ptr + at, hole->from - at));
        at = hole->to;
        if (hole->field == PAUSES)
            put_ring(out, f->pauses);
        else if (hole->field == ENDS)
            put_ring(out, f->ends);
        else if (hole->field == LAST_GC)
            text_printf(out, "%" PRId64, f->collected_ns);
        else
            text_printf(out, "%.0f", number_of(f, hole->field));
    }
    text_put(out, slice_of(f->form.ptr + at, f->form.len - at));
}

void live_feed_process(const struct live_feed *f, struct text *out)
{
    const double rss_kb = (f->heap + 30 * MIB) / 1024;

    text_clear(out);
    text_printf(out,
                "==> /proc/%" PRId64 "/status <==\nName:\tserver\nState:\tS (sleeping)\n"
                "Pid:\t%" PRId64 "\nVmPeak:\t 1292912 kB\nVmSize:\t 1292912 kB\n"
                "VmHWM:\t %.0f kB\nVmRSS:\t %.0f kB\nRssAnon:\t %.0f kB\n"
                "RssFile:\t 8000 kB\nRssShmem:\t 0 kB\nVmSwap:\t 0 kB\nThreads:\t%d\n",
                f->pid, f->pid, 180 * 1024.0, rss_kb, rss_kb - 8000,
                12 + (int)(f->cycle % 5));
    text_printf(out,
                "==> /proc/%" PRId64 "/smaps_rollup <==\n00400000-7ffe000 ---p 00000000 "
                "00:00 0 [rollup]\nRss: %.0f kB\nPss: %.0f kB\nPrivate_Dirty: %.0f kB\n"
                "Swap: 0 kB\nSwapPss: 0 kB\n",
                f->pid, rss_kb, rss_kb - 500, rss_kb - 8000);
    text_printf(out, "==> /proc/%" PRId64 "/oom_score <==\n%d\n", f->pid,
                660 + (int)(rss_kb / 20000));
}

void live_feed_cgroup(const struct live_feed *f, struct text *out)
{
    static const char folder[] = "/sys/fs/cgroup/system.slice/server.service";
    const double current = f->heap + 40 * MIB;

    text_clear(out);
    text_printf(out,
                "==> %s/memory.current <==\n%.0f\n==> %s/memory.max <==\n536870912\n"
                "==> %s/memory.stat <==\nanon %.0f\nfile %.0f\nkernel 4096000\n"
                "inactive_file 3166208\nactive_file 4952064\npgfault %.0f\n",
                folder, current, folder, folder, current - 10 * MIB, 6 * MIB,
                f->mallocs / 100);
    text_printf(out,
                "==> %s/memory.events <==\nlow 0\nhigh 0\nmax 0\noom 0\noom_kill 0\n"
                "==> %s/memory.pressure <==\nsome avg10=0.%02d avg60=0.01 avg300=0.00 "
                "total=%" PRIu64 "\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=%" PRIu64
                "\n",
                folder, folder, (int)(f->cycle % 7), f->cycle * 113, f->cycle * 7);
}

void live_feed_trace(const struct live_feed *f, struct text *out)
{
    text_clear(out);
    if (!f->has_collected)
        return;
    text_printf(out,
                "gc %" PRIu64 " @%" PRId64 ".%03ds 1%%: 0.05+1.0+0.05 ms clock, "
                "0.1+0.3/1.%d/0.2+0.1 ms cpu, %.0f->%.0f->%.0f MB, %.0f MB goal, "
                "0 MB stacks, 0 MB globals, 2 P\n",
                f->cycle, f->collected_s_ns / NS_PER_S,
                (int)(f->collected_s_ns % NS_PER_S / NS_PER_MS), (int)(f->cycle % 9),
                f->live * 1.9 / MIB, f->live * 1.95 / MIB, f->live / MIB,
                f->live * 2 / MIB);
}
