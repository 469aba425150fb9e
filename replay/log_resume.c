#include "replay/log_resume.h"

#include <string.h>

/* So many bytes of lines that tell the time come once; fewer are no proof. */
#define TAIL_BYTES ((size_t)4 << 10)
#define TAIL_BYTES_MIN 32
/* More than that, so that where it is cut can be seen. */
#define KEPT_BYTES (TAIL_BYTES + 1)

/* Logs are rotated before they are larger, mostly; one that is not is read again. */
#define HELD_BYTES_MAX ((size_t)128 << 20)

void log_resume_finish(struct log_resume *r)
{
    text_finish(&r->tail);
    text_finish(&r->held);
}

static void keep_last(struct text *t, size_t bytes)
{
    if (t->len <= bytes)
        return;
    memmove(t->ptr, t->ptr + t->len - bytes, bytes + 1); /* and the NUL */
    t->len = bytes;
}

void log_resume_passed(struct log_resume *r, struct slice bytes)
{
    if (bytes.len > KEPT_BYTES)
        bytes = slice_after(bytes, bytes.len - KEPT_BYTES);
    text_put(&r->tail, bytes);
    /* Now and then: the log comes in small pieces. */
    if (r->tail.len > 4 * KEPT_BYTES)
        keep_last(&r->tail, KEPT_BYTES);
}

void log_resume_forget(struct log_resume *r)
{
    text_clear(&r->tail);
}

/* From the front of a line, where there is one. */
static struct slice last_lines(const struct log_resume *r)
{
    struct slice s = slice_of(text_str(&r->tail), r->tail.len);
    const char *end;

    if (s.len <= TAIL_BYTES)
        return s;
    s = slice_after(s, s.len - TAIL_BYTES);
    end = memchr(s.ptr, '\n', s.len - TAIL_BYTES_MIN);
    return end ? slice_after(s, (size_t)(end - s.ptr) + 1) : s;
}

bool log_resume_wait(struct log_resume *r)
{
    r->is_waiting = r->tail.len >= TAIL_BYTES_MIN;
    text_clear(&r->held);
    return r->is_waiting;
}

bool log_resume_hold(struct log_resume *r, struct slice bytes)
{
    if (bytes.len > HELD_BYTES_MAX - r->held.len)
        return false;
    text_put(&r->held, bytes);
    return true;
}

bool log_resume_find(const struct log_resume *r, struct slice *rest)
{
    struct slice lines = last_lines(r), held = slice_of(text_str(&r->held), r->held.len);

    while (held.len >= lines.len) {
        const char *end;

        if (slice_starts(held, lines)) {
            *rest = slice_after(held, lines.len);
            return true;
        }
        end = memchr(held.ptr, '\n', held.len);
        if (!end)
            return false;
        held = slice_after(held, (size_t)(end - held.ptr) + 1);
    }
    return false;
}
