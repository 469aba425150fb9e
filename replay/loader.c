#include "replay/loader.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "model/align.h"
#include "model/base/mem.h"
#include "model/base/num.h"
#include "model/units.h"
#include "replay/folder_list.h"
#include "replay/load.h"
#include "replay/rotation.h"

/* Aligning looks at every process; doing it after each block would show in the time. */
#define ALIGN_EVERY_NS (50 * NS_PER_MS)

/* How long to sit in poll when nothing limits the budget: only a wake-up to look. */
#define POLL_NS (100 * NS_PER_MS)

struct folder {
    struct source *source; /* NULL while nothing is wrong with it */
    size_t first, end;     /* its files among the session's sources */
    char *path;
};

struct loader {
    struct session *session;
    struct loader_options options;
    struct load **loads;
    size_t count, capacity;
    size_t current; /* everything before is done */
    size_t chained; /* the first that was not yet put in order with other recordings */
    size_t chain_count, reel_count;
    bool has_skipped;
    int64_t skipped_ns; /* what is before was */
    size_t taken;       /* … and before this it was seen who is to be followed */
    struct folder *folders;
    size_t folder_count, folder_capacity;
    int64_t aligned_ns;
    bool is_done;
};

static int64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

struct loader *loader_create(struct session *session,
                             const struct loader_options *options)
{
    struct loader *l = mem_alloc(sizeof *l);

    l->session = session;
    l->options = *options;
    return l;
}

void loader_destroy(struct loader *l)
{
    if (!l)
        return;
    for (size_t i = 0; i < l->count; i++)
        load_destroy(l->loads[i]);
    for (size_t i = 0; i < l->folder_count; i++)
        free(l->folders[i].path);
    free(l->folders);
    free(l->loads);
    free(l);
}

static void add_file(struct loader *l, const char *path, bool is_member)
{
    const struct load_options options = {l->options.format, l->options.pattern,
                                         l->options.watch, l->options.transcript,
                                         l->options.is_followed};
    struct source *source = session_add_source(l->session, path);

    source->is_member = is_member;
    l->loads = mem_grow(l->loads, &l->capacity, l->count + 1, sizeof *l->loads);
    l->loads[l->count] = load_create(l->session, source, &options);
    /* "app.log*" names the rotations too. */
    for (size_t i = 0; i < l->count; i++) {
        load_leave_out(l->loads[i], l->loads[l->count]);
        load_leave_out(l->loads[l->count], l->loads[i]);
    }
    l->count++;
    l->is_done = false;
}

static void add_folder(struct loader *l, const struct folder_list *list, const char *path)
{
    struct folder *f;

    l->folders = mem_grow(l->folders, &l->folder_capacity, l->folder_count + 1,
                          sizeof *l->folders);
    f = &l->folders[l->folder_count++];
    *f = (struct folder){.first = l->session->source_count, .path = mem_dup_text(path)};
    for (size_t i = 0; i < list->count; i++)
        add_file(l, list->paths[i], true);
    f->end = l->session->source_count;
}

void loader_add(struct loader *l, const char *path)
{
    struct folder_list list;

    l->is_done = false;
    l->session->is_loading = true;
    if (strcmp(path, "-") != 0 && folder_list_read(&list, path)) {
        add_folder(l, &list, path);
        folder_list_finish(&list);
    } else {
        add_file(l, path, false);
    }
}

static void check_folder(struct loader *l, struct folder *f)
{
    for (size_t i = f->first; i < f->end; i++) {
        if (!l->session->sources[i]->unreadable)
            return;
    }
    f->source = session_add_source(l->session, f->path);
    f->source->unreadable =
        mem_dup_text(f->first == f->end ? "is a folder without files"
                                        : "is a folder with nothing that heapreel knows");
}

/* "app.log.1" beside "app.log": the next rotation puts another file there, all of which
 * was read when it was the log. */
static void let_go_of_rotations(struct loader *l)
{
    for (size_t i = 0; i < l->count; i++) {
        const char *path = l->loads[i]->source->path;

        for (size_t k = 0; l->loads[i]->goes_on && k < l->count; k++) {
            if (l->loads[k]->goes_on &&
                rotation_is_piece(path, l->loads[k]->source->path))
                load_let_go(l->loads[i]);
        }
    }
}

static bool finish(struct loader *l)
{
    if (!l->is_done) {
        let_go_of_rotations(l);
        for (size_t i = 0; i < l->folder_count; i++) {
            if (!l->folders[i].source)
                check_folder(l, &l->folders[i]);
        }
        l->session->is_loading = false;
        align_session(l->session);
        l->is_done = true;
    }
    return false;
}

static void align_sometimes(struct loader *l, int64_t now)
{
    if (now - l->aligned_ns < ALIGN_EVERY_NS || l->session->process_count > 64)
        return;
    /* A recording of a live session tells itself when (replay/intake.h). */
    if (l->session->is_streamed)
        return;
    align_session(l->session);
    l->aligned_ns = now;
}

static void wait_for_input(const struct loader *l, int64_t left_ns)
{
    struct pollfd fd = {.fd = loader_poll_fd(l), .events = POLLIN};
    int64_t wait = left_ns < POLL_NS ? left_ns : POLL_NS;

    /* Nothing left is not "for ever", which is what poll takes a negative time for. */
    if (fd.fd >= 0 && wait > 0)
        (void)poll(&fd, 1, (int)(wait / NS_PER_MS));
}

static int compare_reels(const void *a, const void *b)
{
    const struct load *const *x = a, *const *y = b;

    return reel_load_compare((*x)->reel, (*y)->reel);
}

/* One that counts from the session's start needs the start. */
static bool is_free_of_start(const struct time_arg *arg)
{
    return arg->kind != TIME_AFTER_START && arg->kind != TIME_PERMILLION;
}

/* Instead of reading gigabytes that are not looked at. */
static void skip_front(struct loader *l, struct reel_load *const reels[], size_t count)
{
    const struct loader_options *o = &l->options;
    uint64_t above = o->seek_above_bytes ? o->seek_above_bytes : LOADER_SEEK_ABOVE_BYTES;
    struct reel_load_span span = reel_load_span(reels, count);
    int64_t from_ns;

    if (span.bytes <= above || !is_free_of_start(&o->from) || !is_free_of_start(&o->to) ||
        !time_arg_resolve(&o->from, span.from_ns, span.to_ns, true, &from_ns))
        return;
    from_ns = num_sat_sub_i64(from_ns, LOADER_SEEK_AHEAD_NS);
    if (from_ns <= span.from_ns)
        return;
    reel_load_skip(reels, count, from_ns);
    l->has_skipped = true;
    l->skipped_ns = from_ns;
}

/* The recordings that were added meanwhile are read in the order of time, in the places
 * that they have among the other files. */
static void chain_reels(struct loader *l)
{
    struct load **loads = mem_alloc_array(l->count, sizeof(struct load *));
    struct reel_load **reels = mem_alloc_array(l->count, sizeof(struct reel_load *));
    size_t count = 0;

    for (size_t i = l->chained; i < l->count; i++) {
        if (l->loads[i]->reel)
            loads[count++] = l->loads[i];
    }
    if (count)
        qsort(loads, count, sizeof loads[0], compare_reels);
    for (size_t i = 0; i < count; i++)
        reels[i] = loads[i]->reel;
    l->chain_count += reel_load_chain(reels, count);
    l->reel_count += count;
    if (l->chain_count == 1 && count == l->count)
        skip_front(l, reels, count);
    for (size_t i = l->chained, next = 0; i < l->count; i++) {
        if (l->loads[i]->reel)
            l->loads[i] = loads[next++];
    }
    l->chained = l->count;
    free(reels);
    free(loads);
}

bool loader_step(struct loader *l, int64_t budget_ns)
{
    int64_t start = now_ns(), now = start;

    if (l->chained < l->count)
        chain_reels(l);
    /* With other files beside it a recording is one of them, and all may be settled
     * anew at the end. */
    l->session->is_streamed = l->chain_count == 1 && l->reel_count == l->count;

    while (l->current < l->count) {
        struct load *load = l->loads[l->current];
        int64_t left = budget_ns - (now - start);
        enum load_result result;

        if (left <= 0)
            break;
        result = load_step(load, left);
        now = now_ns();
        if (result == LOAD_DONE) {
            load_close(l->loads[l->current++]);
        } else if (result == LOAD_WAITING) {
            wait_for_input(l, budget_ns - (now - start));
            now = now_ns();
            /* A quiet pipe must not keep the sources behind it waiting for ever; they
             * come first from now on. */
            if (l->current + 1 < l->count && !load->prefetch) {
                l->loads[l->current] = l->loads[l->current + 1];
                l->loads[l->current + 1] = load;
            }
        }
        align_sometimes(l, now);
    }
    return l->current < l->count ? true : finish(l);
}

struct loader_progress loader_progress(const struct loader *l)
{
    struct loader_progress p = {.done = l->is_done};
    bool is_known = true;

    for (size_t i = 0; i < l->count; i++) {
        const struct load *load = l->loads[i];

        p.bytes_done += load_bytes_done(load);
        p.bytes_total += load_bytes_total(load);
        is_known = is_known && (load->input.is_regular || load->is_done);
    }
    if (!is_known)
        p.bytes_total = 0;
    return p;
}

int loader_poll_fd(const struct loader *l)
{
    const struct load *load = l->current < l->count ? l->loads[l->current] : NULL;

    return load && !load->is_done && !load->input.is_regular ? load->input.fd : -1;
}

bool loader_take_followed(struct loader *l, struct loader_followed *out)
{
    while (l->is_done && l->taken < l->count) {
        struct load *load = l->loads[l->taken++];
        struct source *source = load->source;

        if (!load->goes_on)
            continue;
        if (source->records == 0)
            source_set_trouble(source, SLICE("nothing in it yet that heapreel knows"),
                               source->mtime_ns);
        *out = (struct loader_followed){
            .source = source,
            .stream = load->stream,
            .offset_bytes =
                atomic_load_explicit(&load->input.consumed_bytes, memory_order_relaxed),
            .dev = load->dev,
            .ino = load->ino,
        };
        load->stream = NULL;
        return true;
    }
    return false;
}

bool loader_has_skipped(const struct loader *l, int64_t *before_unix_ns)
{
    *before_unix_ns = l->skipped_ns;
    return l->has_skipped;
}

size_t loader_unreadable_count(const struct loader *l)
{
    size_t count = 0;

    for (size_t i = 0; i < l->session->source_count; i++)
        count += source_has_failed(l->session->sources[i]);
    return count;
}
