#include "replay/rotation.h"

#include <dirent.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "model/base/mem.h"
#include "parsers/cursor.h"

/* A folder may hold anything; beyond so many names that fit it is no log's folder. */
#define CANDIDATES_MAX 65536

/* "app.log.1": more pieces than this nobody keeps, and a longer number is a date. */
#define NUMBER_MAX 99999

struct piece {
    char *name;
    bool is_dated;
    bool is_packed;
    uint64_t order; /* dated: the date's digits; else the number */
};

static bool take_packing(struct slice *name)
{
    static const struct slice endings[] = {
        SLICE_INIT(".gz"),
        SLICE_INIT(".zst"),
        SLICE_INIT(".xz"),
        SLICE_INIT(".lz4"),
    };

    for (size_t i = 0; i < COUNT_OF(endings); i++) {
        if (slice_ends(*name, endings[i])) {
            *name = slice_first(*name, name->len - endings[i].len);
            return true;
        }
    }
    return false;
}

/* Exactly so many digits, at most `max`, behind what *order has. */
static void take_digits(struct cursor *c, size_t width, unsigned max, uint64_t *order)
{
    unsigned value = 0;

    for (size_t i = 0; i < width; i++) {
        if (c->rest.len <= i || c->rest.ptr[i] < '0' || c->rest.ptr[i] > '9') {
            cursor_fail(c, "expected a digit");
            return;
        }
        value = value * 10 + (unsigned)(c->rest.ptr[i] - '0');
        *order = *order * 10 + (unsigned)(c->rest.ptr[i] - '0');
    }
    c->rest = slice_after(c->rest, width);
    if (value > max)
        cursor_fail(c, "number too large");
}

/* 20261121 or 2026-11-21, and a time behind it in the manner of each; missing parts are
 * zeros, so that all compare as numbers. */
static bool take_date(struct slice text, uint64_t *order)
{
    struct err err;
    struct cursor c = cursor_init(text, &err);
    bool is_dashed, has_time;

    *order = 0;
    take_digits(&c, 4, 9999, order);
    is_dashed = cursor_accept(&c, SLICE("-"));
    take_digits(&c, 2, 12, order);
    if (is_dashed)
        cursor_expect(&c, SLICE("-"));
    take_digits(&c, 2, 31, order);
    has_time = cursor_accept(&c, is_dashed ? SLICE("T") : SLICE("-"));
    if (!has_time) {
        *order *= UINT64_C(1000000000);
        return !c.failed && c.rest.len == 0;
    }
    take_digits(&c, 2, 24, order);
    if (is_dashed)
        cursor_expect(&c, SLICE("-"));
    take_digits(&c, 2, 59, order);
    if (is_dashed)
        cursor_expect(&c, SLICE("-"));
    take_digits(&c, 2, 60, order);
    if (cursor_accept(&c, SLICE(".")))
        take_digits(&c, 3, 999, order);
    else
        *order *= 1000;
    return !c.failed && c.rest.len == 0;
}

static bool take_number(struct slice text, uint64_t *order)
{
    struct err err;
    struct cursor c = cursor_init(text, &err);

    *order = cursor_u64(&c, NUMBER_MAX);
    return !c.failed && c.rest.len == 0;
}

/* "app.log.1", "app.log-20261121". */
static bool is_behind(struct slice name, struct slice base, struct piece *out)
{
    struct slice rest;

    if (name.len < base.len + 2 || !slice_starts(name, base))
        return false;
    rest = slice_after(name, base.len);
    if (rest.ptr[0] != '.' && rest.ptr[0] != '-')
        return false;
    out->is_dated = take_date(slice_after(rest, 1), &out->order);
    return out->is_dated ||
           (rest.ptr[0] == '.' && take_number(slice_after(rest, 1), &out->order));
}

/* "app-2026-11-21T01-36-24.500.log". */
static bool is_within(struct slice name, struct slice base, struct piece *out)
{
    size_t dot = base.len;
    struct slice stem, ending;

    while (dot > 0 && base.ptr[dot - 1] != '.')
        dot--;
    if (dot < 2)
        return false;
    stem = slice_first(base, dot - 1);
    ending = slice_after(base, dot - 1);
    if (name.len < stem.len + 1 + ending.len || !slice_starts(name, stem) ||
        !slice_ends(name, ending) || name.ptr[stem.len] != '-')
        return false;
    name = slice_first(slice_after(name, stem.len + 1),
                       name.len - stem.len - 1 - ending.len);
    out->is_dated = true;
    return take_date(name, &out->order);
}

static bool take_piece(struct slice name, struct slice base, struct piece *out)
{
    *out = (struct piece){.is_packed = take_packing(&name)};
    return is_behind(name, base, out) || is_within(name, base, out);
}

bool rotation_is_piece(const char *path, const char *log)
{
    struct slice name = slice_base_name(slice_str(path));
    struct slice base = slice_base_name(slice_str(log));
    size_t folder_len = strlen(log) - base.len;
    struct piece piece;

    return base.len && strlen(path) - name.len == folder_len &&
           memcmp(path, log, folder_len) == 0 && take_piece(name, base, &piece);
}

/* Oldest first; of a piece that is just being packed the whole one first. */
static int compare(const void *left, const void *right)
{
    const struct piece *a = left, *b = right;

    if (a->is_dated != b->is_dated)
        return a->is_dated ? 1 : -1;
    if (a->order != b->order)
        return (a->order < b->order) == a->is_dated ? -1 : 1;
    if (a->is_packed != b->is_packed)
        return a->is_packed ? 1 : -1;
    return strcmp(a->name, b->name);
}

static bool is_same_piece(const struct piece *a, const struct piece *b)
{
    struct slice left = slice_str(a->name), right = slice_str(b->name);

    (void)take_packing(&left);
    (void)take_packing(&right);
    return slice_eq(left, right);
}

static bool is_file(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static char *join(struct slice folder, const char *name)
{
    size_t len = strlen(name);
    char *path = mem_alloc(folder.len + len + 1);

    if (folder.len)
        memcpy(path, folder.ptr, folder.len);
    memcpy(path + folder.len, name, len);
    return path;
}

/* From the youngest on, so that the oldest are left out when there are too many. */
static void keep_youngest(struct rotations *r, struct slice folder, struct piece *pieces,
                          size_t count)
{
    r->paths = mem_alloc_array(ROTATIONS_MAX, sizeof *r->paths);
    for (size_t i = count; i-- > 0 && r->count < ROTATIONS_MAX;) {
        char *path;

        if (i > 0 && is_same_piece(&pieces[i - 1], &pieces[i]))
            continue;
        path = join(folder, pieces[i].name);
        if (is_file(path))
            r->paths[r->count++] = path;
        else
            free(path);
    }
    for (size_t i = 0; i < r->count / 2; i++) {
        char *swapped = r->paths[i];

        r->paths[i] = r->paths[r->count - 1 - i];
        r->paths[r->count - 1 - i] = swapped;
    }
}

static size_t list(DIR *d, struct slice base, struct piece **pieces)
{
    const struct dirent *entry;
    size_t count = 0, capacity = 0;

    while (count < CANDIDATES_MAX && (entry = readdir(d))) {
        struct piece piece;

        if (!take_piece(slice_str(entry->d_name), base, &piece))
            continue;
        piece.name = mem_dup_text(entry->d_name);
        *pieces = mem_grow(*pieces, &capacity, count + 1, sizeof **pieces);
        (*pieces)[count++] = piece;
    }
    return count;
}

struct rotations rotations_find(const char *path)
{
    struct rotations r = {0};
    struct slice whole = slice_str(path);
    struct slice base = slice_base_name(whole);
    struct slice folder = slice_first(whole, whole.len - base.len);
    char *opened = folder.len ? mem_dup_slice(folder) : mem_dup_text(".");
    struct piece *pieces = NULL;
    size_t count;
    DIR *d = base.len ? opendir(opened) : NULL;

    free(opened);
    if (!d)
        return r;
    count = list(d, base, &pieces);
    (void)closedir(d);
    if (count) {
        qsort(pieces, count, sizeof *pieces, compare);
        keep_youngest(&r, folder, pieces, count);
    }
    for (size_t i = 0; i < count; i++)
        free(pieces[i].name);
    free(pieces);
    return r;
}

void rotations_finish(struct rotations *r)
{
    for (size_t i = 0; i < r->count; i++)
        free(r->paths[i]);
    free(r->paths);
    *r = (struct rotations){0};
}
