#include "replay/recording.h"

#include <stdlib.h>
#include <string.h>

#include "model/base/mem.h"
#include "model/base/num.h"
#include "model/base/text.h"
#include "replay/reel.h"

/* What an entry takes beside its bytes, and a finished file beside its entries, at most:
 * estimates may err to this side only. */
#define ENTRY_EXTRA_BYTES 64
#define FILE_EXTRA_BYTES 4096

/* One that has not ended, as its SOURCE entry told. */
struct living {
    uint32_t number;
    unsigned flags;
    int64_t pid;
    char *name;
    size_t name_len;
};

struct recording {
    struct reel_writer *reel; /* NULL: nothing is recorded */
    char *path;
    struct keep keep;
    struct kept kept;
    int64_t created_ns;     /* the same in all files: of one recording */
    int64_t file_ns;        /* when this one begins */
    bool has_content;       /* more than the sources is in it */
    uint64_t flushed_bytes; /* in this file … */
    uint64_t pending_bytes; /* … and given since, before they are packed */
    uint64_t finished_bytes;
    struct text trouble;
    struct living *living; /* in the order in which they came */
    size_t living_count, living_capacity;
};

struct recording *recording_create(void)
{
    return mem_alloc(sizeof(struct recording));
}

void recording_destroy(struct recording *r)
{
    if (!r)
        return;
    reel_abandon(r->reel);
    for (size_t i = 0; i < r->living_count; i++)
        free(r->living[i].name);
    free(r->living);
    free(r->path);
    text_finish(&r->trouble);
    free(r);
}

/* ------------------------------------------------------------------- sources -- */

static void forget(struct recording *r, uint32_t number)
{
    for (size_t i = r->living_count; i > 0; i--) {
        struct living *s = &r->living[i - 1];

        if (s->number != number)
            continue;
        free(s->name);
        memmove(s, s + 1, (r->living_count - i) * sizeof *s);
        r->living_count--;
    }
}

static void remember(struct recording *r, const struct entry *e)
{
    size_t i = 0;

    /* One that tells of itself again, since more is known of it, keeps its place. */
    while (i < r->living_count && r->living[i].number != e->source)
        i++;
    if (i < r->living_count)
        free(r->living[i].name);
    else
        r->living = mem_grow(r->living, &r->living_capacity, ++r->living_count,
                             sizeof *r->living);
    r->living[i] = (struct living){
        .number = e->source,
        .flags = e->flags,
        .pid = e->pid,
        .name = mem_dup_slice(e->bytes),
        .name_len = e->bytes.len,
    };
}

/* A file that begins later than they did has to know them. */
static bool write_sources(struct recording *r, int64_t now_ns, struct err *err)
{
    for (size_t i = 0; i < r->living_count; i++) {
        const struct living *s = &r->living[i];
        const struct entry e = {
            .kind = ENTRY_SOURCE,
            .flags = s->flags,
            .source = s->number,
            .time_ns = now_ns,
            .pid = s->pid,
            .bytes = {s->name, s->name_len},
        };

        if (!reel_write(r->reel, &e, err))
            return false;
        r->pending_bytes += s->name_len + ENTRY_EXTRA_BYTES;
    }
    return true;
}

/* --------------------------------------------------------------------- files -- */

static bool close_file(struct recording *r, struct err *err)
{
    uint64_t bytes = 0;
    bool ok = reel_close(r->reel, &bytes, err);

    r->reel = NULL;
    r->finished_bytes += bytes;
    return ok;
}

static bool begin_file(struct recording *r, int64_t now_ns, struct err *err)
{
    bool ok;

    r->reel = reel_create(r->path, r->created_ns, err);
    if (!r->reel)
        return false;
    r->file_ns = now_ns;
    r->has_content = false;
    /* What is cut off replaces nothing, and is a recording to others at once. */
    ok = !r->finished_bytes || reel_flush(r->reel, err);
    r->flushed_bytes = reel_bytes_written(r->reel);
    r->pending_bytes = 0;
    if (ok && write_sources(r, now_ns, err))
        return true;
    reel_abandon(r->reel);
    r->reel = NULL;
    return false;
}

static void stop(struct recording *r, const struct err *why)
{
    struct err ignored = {0};

    text_clear(&r->trouble);
    text_put_str(&r->trouble, why->reason);
    (void)close_file(r, &ignored);
}

/* Once it is finished, at most so large. */
static uint64_t file_bytes(const struct recording *r)
{
    return r->flushed_bytes + r->pending_bytes + FILE_EXTRA_BYTES;
}

static bool is_limited(const struct recording *r)
{
    return r->keep.bytes || r->keep.ns;
}

static void drop_old(struct recording *r, int64_t now_ns)
{
    bool is_large = r->keep.bytes && r->kept.bytes > 0 &&
                    r->kept.bytes + file_bytes(r) > r->keep.bytes;
    bool is_old = r->keep.ns && r->kept.oldest_ns < num_sat_sub_i64(now_ns, r->keep.ns);

    if (is_large || is_old)
        keep_drop(r->path, &r->keep, file_bytes(r), now_ns, &r->kept);
}

static bool next_file(struct recording *r, int64_t now_ns, struct err *err)
{
    int64_t begins_ns = r->file_ns;

    if (!close_file(r, err) || !keep_put_aside(r->path, begins_ns, err) ||
        !begin_file(r, now_ns, err))
        return false;
    keep_drop(r->path, &r->keep, file_bytes(r), now_ns, &r->kept);
    return true;
}

static bool flush(struct recording *r, struct err *err)
{
    if (!reel_flush(r->reel, err))
        return false;
    r->flushed_bytes = reel_bytes_written(r->reel);
    r->pending_bytes = 0;
    return true;
}

static bool is_full(const struct recording *r)
{
    return r->keep.bytes && file_bytes(r) > r->keep.bytes / KEEP_PIECES;
}

/* Begins the next file where this one has its share. */
static bool cut_in_time(struct recording *r, int64_t now_ns, struct err *err)
{
    if (!r->has_content)
        return true;
    if (r->keep.ns && num_sat_sub_i64(now_ns, r->file_ns) >= r->keep.ns / KEEP_PIECES)
        return next_file(r, now_ns, err);
    if (!is_full(r))
        return true;
    /* How well what is pending packs, only packing it tells. */
    if (!flush(r, err))
        return false;
    return !is_full(r) || next_file(r, now_ns, err);
}

/* --------------------------------------------------------------- the session -- */

bool recording_begin(struct recording *r, const char *path, const struct keep *keep,
                     int64_t now_unix_ns, struct err *err)
{
    char *own = mem_dup_text(path);

    text_clear(&r->trouble);
    free(r->path);
    r->path = own;
    r->keep = *keep;
    r->kept = (struct kept){.oldest_ns = INT64_MAX};
    r->created_ns = now_unix_ns;
    r->finished_bytes = 0;
    if (is_limited(r) && !keep_put_left_aside(path, err))
        return false;
    if (!begin_file(r, now_unix_ns, err))
        return false;
    if (is_limited(r))
        keep_drop(path, &r->keep, file_bytes(r), now_unix_ns, &r->kept);
    return true;
}

bool recording_end(struct recording *r, struct err *err)
{
    return !r->reel || close_file(r, err);
}

static bool take(struct recording *r, const struct entry *e, struct err *err)
{
    if (is_limited(r)) {
        if (!cut_in_time(r, e->time_ns, err))
            return false;
        /* Room for the worst, before it is needed. */
        r->pending_bytes += e->bytes.len + ENTRY_EXTRA_BYTES;
        drop_old(r, e->time_ns);
    }
    r->has_content = true;
    return reel_write(r->reel, e, err);
}

void recording_take(struct recording *r, const struct entry *e)
{
    struct err err = {0};

    if (r->reel && !take(r, e, &err))
        stop(r, &err);
    /* Behind the writing: a file that began with this entry would tell of it twice. */
    /* Told again, it has another pid. */
    if (e->kind == ENTRY_SOURCE || e->kind == ENTRY_END)
        forget(r, e->source);
    if (e->kind == ENTRY_SOURCE)
        remember(r, e);
}

void recording_flush(struct recording *r, int64_t now_unix_ns)
{
    struct err err = {0};

    if (!r->reel)
        return;
    if (!flush(r, &err) || (is_limited(r) && !cut_in_time(r, now_unix_ns, &err)))
        stop(r, &err);
    else if (is_limited(r))
        drop_old(r, now_unix_ns);
}

const char *recording_path(const struct recording *r)
{
    return r->reel ? r->path : NULL;
}

uint64_t recording_bytes(const struct recording *r)
{
    return r->finished_bytes + (r->reel ? reel_bytes_written(r->reel) : 0);
}

const char *recording_trouble(const struct recording *r)
{
    return r->trouble.len ? text_str(&r->trouble) : NULL;
}
