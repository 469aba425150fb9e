#include "tests/unit/profile_sums.h"

#include <criterion/criterion.h>
#include <inttypes.h>

#include "model/base/mem.h"
#include "tests/unit/support.h"

#define TYPES_MAX 8

static const char *take_profile(void *user, const struct profile_record *p)
{
    struct text *out = user;
    int64_t sums[TYPES_MAX] = {0};

    cr_assert_leq(p->type_count, TYPES_MAX);
    for (size_t i = 0; i < p->sample_count; i++) {
        for (size_t k = 0; k < p->type_count; k++)
            sums[k] += p->values[i * p->type_count + k];
    }
    text_printf(out, "%zu", p->sample_count);
    for (size_t k = 0; k < p->type_count; k++)
        text_printf(out, " %.*s/%.*s=%" PRId64, (int)p->types[k].type.len,
                    p->types[k].type.ptr, (int)p->types[k].unit.len, p->types[k].unit.ptr,
                    sums[k]);
    if (p->has_time)
        text_printf(out, " at %" PRId64, p->time_ns);
    text_put_char(out, '\n');
    return NULL;
}

static const char *ignore_snapshot(void *user, const struct mem_snapshot *snapshot)
{
    (void)user;
    (void)snapshot;
    return NULL;
}

static const char *ignore_sample(void *user, const struct sample *sample)
{
    (void)user;
    (void)sample;
    return NULL;
}

void profile_sums(struct text *out, const struct parser_ops *ops, struct slice in,
                  struct diag *diag, int64_t mtime_ns)
{
    struct sink sink = {.user = out,
                        .mem_snapshot = ignore_snapshot,
                        .sample = ignore_sample,
                        .profile = take_profile,
                        .has_mtime = mtime_ns != 0,
                        .mtime_ns = mtime_ns};
    void *state = mem_alloc(ops->state_bytes);
    struct slice copy = test_exact_copy(in.ptr, in.len);
    struct err err = {0};

    cr_assert(ops->open(state, &sink, diag));
    cr_assert(ops->feed(state, copy, &err), "%s", err.reason);
    cr_assert(ops->finish(state, &err), "%s", err.reason);
    ops->close(state);
    free(state);
    test_free(copy);
}
