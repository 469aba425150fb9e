#include "tests/unit/damage.h"

#include "tests/unit/support.h"

struct damage damage_cut(const struct parser_ops *ops, struct slice in, size_t first,
                         size_t end)
{
    return (struct damage){.ops = ops, .in = in, .next = first, .end = end, .step = 1};
}

struct damage damage_flip(const struct parser_ops *ops, struct slice in, size_t front,
                          size_t rounds, uint64_t *seed)
{
    return (struct damage){
        .ops = ops, .in = in, .front = front, .end = rounds, .step = 1, .seed = seed};
}

size_t damage_flip_bit(struct slice copy, size_t front, uint64_t *seed)
{
    size_t at = front + test_random_below(seed, copy.len - front);
    unsigned bit = 1u << test_random_below(seed, 8);
    char *byte = (char *)(uintptr_t)copy.ptr + at; /* the copy is the test's own */

    *byte = (char)((unsigned char)*byte ^ bit);
    return at;
}

static void drop_form(struct damage *d)
{
    if (!d->has_form)
        return;
    collected_finish(&d->c);
    test_free(d->bad);
    d->has_form = false;
}

bool damage_next(struct damage *d)
{
    if (d->has_form)
        d->next += d->step;
    drop_form(d);
    if (d->next >= d->end)
        return false;
    if (d->seed) {
        d->bad = test_exact_copy(d->in.ptr, d->in.len);
        d->at = damage_flip_bit(d->bad, d->front, d->seed);
    } else {
        d->bad = test_exact_copy(d->in.ptr, d->next);
        d->at = d->next;
    }
    collect(&d->c, d->ops, d->bad, PIECES_WHOLE);
    d->has_form = true;
    return true;
}
