#include "model/base/diag.h"

#include <string.h>

#include "model/base/text.h"

static void copy_bounded(char *to, size_t room, const char *from)
{
    size_t len = strlen(from);

    if (len >= room)
        len = room - 1;
    memcpy(to, from, len);
    to[len] = '\0';
}

static void count_reason(struct diag *d, const char *reason, uint64_t count)
{
    struct diag_reason *slot;

    for (unsigned i = 0; i < d->reason_count; i++) {
        if (strncmp(d->reasons[i].reason, reason, sizeof d->reasons[i].reason - 1) == 0) {
            d->reasons[i].count += count;
            return;
        }
    }
    if (d->reason_count == DIAG_REASONS) {
        d->reasons[DIAG_REASONS - 1].count += count;
        return;
    }
    slot = &d->reasons[d->reason_count++];
    slot->count = count;
    copy_bounded(slot->reason, sizeof slot->reason,
                 d->reason_count == DIAG_REASONS ? "other reasons" : reason);
}

static struct slice excerpt_head(struct slice excerpt)
{
    struct slice head = slice_first(excerpt, DIAG_EXCERPT);

    /* Not in the middle of a character: its halves would look like damage. */
    if (excerpt.len > head.len) {
        while (head.len > DIAG_EXCERPT - 4 &&
               ((unsigned char)excerpt.ptr[head.len] & 0xC0) == 0x80)
            head.len--;
    }
    return head;
}

static void keep(struct diag *d, uint64_t offset_bytes, uint64_t line,
                 struct slice excerpt, const char *reason)
{
    struct slice head = excerpt_head(excerpt);
    struct diag_entry *entry;
    struct text safe = {0};

    if (d->kept_count == DIAG_KEPT)
        return;
    entry = &d->kept[d->kept_count++];
    entry->offset_bytes = offset_bytes;
    entry->line = line;
    copy_bounded(entry->reason, sizeof entry->reason, reason);
    text_put_safe(&safe, head);
    if (head.len < excerpt.len)
        text_put_str(&safe, "...");
    copy_bounded(entry->excerpt, sizeof entry->excerpt, text_str(&safe));
    text_finish(&safe);
}

void diag_skip(struct diag *d, uint64_t offset_bytes, uint64_t line, struct slice excerpt,
               const char *reason)
{
    d->skipped++;
    count_reason(d, reason, 1);
    keep(d, offset_bytes, line, excerpt, reason);
}

void diag_error(struct diag *d, const struct err *err)
{
    d->errors++;
    count_reason(d, err->reason, 1);
    keep(d, err->offset_bytes, err->line, (struct slice){NULL, 0}, err->reason);
}

void diag_merge(struct diag *to, const struct diag *from)
{
    to->skipped += from->skipped;
    to->errors += from->errors;
    for (unsigned i = 0; i < from->reason_count; i++)
        count_reason(to, from->reasons[i].reason, from->reasons[i].count);
    for (unsigned i = 0; i < from->kept_count && to->kept_count < DIAG_KEPT; i++)
        to->kept[to->kept_count++] = from->kept[i];
}
