#include <stdlib.h>
#include <string.h>

#include "model/base/mem.h"
#include "parsers/kubernetes_internal.h"

static void end_frame(struct kube_frames *f, const char *reason, kube_frame_taker *take,
                      void *user)
{
    struct kube_frame frame = {
        .bytes = slice_of(f->buffer, f->len),
        .offset_bytes = f->frame_offset_bytes,
        .line = f->frame_line,
        .reason = f->is_over ? "object over 8 MiB" : reason,
    };

    take(user, &frame);
    f->in_frame = f->is_over = f->in_string = f->is_escaped = false;
    f->len = 0;
}

static void keep(struct kube_frames *f, char c)
{
    if (f->len == LIMIT_KUBERNETES_OBJECT_BYTES) {
        f->is_over = true;
        return;
    }
    if (f->len == f->capacity)
        f->buffer = mem_grow(f->buffer, &f->capacity, f->len + 1, 1);
    f->buffer[f->len++] = c;
}

static void begin_frame(struct kube_frames *f)
{
    f->in_frame = true;
    f->has_garbage = false;
    f->frame_offset_bytes = f->offset_bytes;
    f->frame_line = f->line + 1;
    f->key_len = 0;
    f->is_after_colon = false;
    if (f->column < 0)
        f->column = f->indent;
}

/* The outer object is a List: what it holds are the objects. */
static void enter_list(struct kube_frames *f)
{
    f->in_frame = false;
    f->len = 0;
    f->base = f->depth;
    f->column = -1;
}

/* A brace where an object must begin, though the last has no end. */
static bool is_resync(const struct kube_frames *f, char c)
{
    return c == '{' && f->in_frame && f->len > 1 && f->indent >= 0 &&
           f->indent == f->column;
}

static void take_open(struct kube_frames *f, char c)
{
    bool is_items = f->in_frame && f->base == 0 && f->depth == 1 && f->is_after_colon &&
                    slice_eq(slice_of(f->key, f->key_len), SLICE("items"));

    if (!f->in_frame && c == '{' && f->depth == f->base)
        begin_frame(f);
    f->depth++;
    if (f->in_frame)
        keep(f, c);
    if (c == '[' && (is_items || (!f->in_frame && f->depth == 1)))
        enter_list(f);
}

static void take_close(struct kube_frames *f, char c, kube_frame_taker *take, void *user)
{
    if (f->depth)
        f->depth--;
    if (f->in_frame) {
        keep(f, c);
        if (f->depth == f->base)
            end_frame(f, NULL, take, user);
    } else if (f->depth < f->base) {
        /* Behind the list, or what damage made look so: objects that follow are looked
         * at all the same. */
        f->base = f->depth;
        f->column = -1;
    }
}

static void take_in_string(struct kube_frames *f, char c)
{
    if (f->is_escaped) {
        f->is_escaped = false;
    } else if (c == '\\') {
        f->is_escaped = true;
    } else if (c == '"' || c == '\n') { /* a string ends with its line at the latest */
        f->in_string = false;
        return;
    }
    if (f->depth == 1 && f->key_len < sizeof f->key)
        f->key[f->key_len++] = c;
}

/* Once for each stretch of it. */
static void note_garbage(struct kube_frames *f, kube_frame_taker *take, void *user)
{
    struct kube_frame frame = {
        .offset_bytes = f->offset_bytes,
        .line = f->line + 1,
        .reason = "text between JSON objects",
    };

    if (!f->has_garbage)
        take(user, &frame);
    f->has_garbage = true;
}

static void take_byte(struct kube_frames *f, char c, kube_frame_taker *take, void *user)
{
    if (f->in_string) {
        take_in_string(f, c);
        if (f->in_frame)
            keep(f, c);
        return;
    }
    if (is_resync(f, c)) {
        end_frame(f, "cut off in the middle", take, user);
        f->depth = f->base;
    }
    if (c == '{' || c == '[') {
        take_open(f, c);
        return;
    }
    if (c == '}' || c == ']') {
        take_close(f, c, take, user);
        return;
    }
    if (c == '"') {
        f->in_string = true;
        f->key_len = f->depth == 1 ? 0 : f->key_len;
        f->is_after_colon = false;
    } else if (c == ':' || c == ',') {
        f->is_after_colon = c == ':';
    }
    if (f->in_frame)
        keep(f, c);
    else if (f->depth == 0 && c != ',' && (unsigned char)c > ' ')
        note_garbage(f, take, user);
}

void kube_frames_feed(struct kube_frames *f, struct slice bytes, kube_frame_taker *take,
                      void *user)
{
    for (size_t i = 0; i < bytes.len; i++) {
        char c = bytes.ptr[i];

        take_byte(f, c, take, user);
        f->offset_bytes++;
        if (c == '\n') {
            f->line++;
            f->indent = 0;
        } else if (f->indent >= 0) {
            f->indent = c == ' ' && f->indent < 1024 ? f->indent + 1 : -1;
        }
    }
}

void kube_frames_finish(struct kube_frames *f, kube_frame_taker *take, void *user)
{
    struct kube_frame rest = {
        .offset_bytes = f->offset_bytes,
        .line = f->line + 1,
        .reason = "cut off in the middle",
    };

    if (f->in_frame)
        end_frame(f, rest.reason, take, user);
    else if (f->depth)
        take(user, &rest);
}

void kube_frames_close(struct kube_frames *f)
{
    free(f->buffer);
    *f = (struct kube_frames){0};
}
