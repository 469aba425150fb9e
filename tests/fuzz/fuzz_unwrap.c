/*
 * Fuzzes the unwrapper: as the wrapping that the input is recognised as, and as the one
 * that its first byte chooses. Cut anywhere, the input must give the same lines at the
 * same places, and the same faults.
 */
#include <stdlib.h>

#include "model/base/mem.h"
#include "parsers/unwrap.h"
#include "tests/fuzz/fuzz_cuts.h"

struct digest {
    uint64_t hash;
    size_t bytes;
};

static void put_u64(struct digest *d, uint64_t value)
{
    d->hash = (d->hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
    d->hash ^= d->hash >> 29;
}

static void put_bytes(struct digest *d, struct slice s)
{
    put_u64(d, s.len);
    for (size_t i = 0; i < s.len; i++)
        put_u64(d, (unsigned char)s.ptr[i]);
}

static void take(void *user, const struct unwrap_line *line)
{
    struct digest *d = user;

    d->bytes += line->text.len;
    put_bytes(d, line->source);
    put_bytes(d, line->scope);
    put_bytes(d, line->stamp);
    put_bytes(d, line->text);
    put_u64(d, (uint64_t)line->pid);
    put_u64(d, line->is_foreign);
    put_u64(d, line->line);
    put_u64(d, line->offset_bytes);
}

static struct digest unwrap(const struct unwrap_plan *plan, struct slice in,
                            struct fuzz_cuts *cuts)
{
    static const struct unwrap_options options = {NULL, INT64_C(1795262400000000000)};
    struct digest d = {0};
    struct diag *diag = mem_alloc(sizeof *diag);
    struct unwrap *u = unwrap_create(plan, &options, take, &d, diag);

    while (in.len > 0) {
        struct slice part = slice_first(in, cuts ? fuzz_cuts_next(cuts) : in.len);
        char *piece = mem_alloc(part.len);

        memcpy(piece, part.ptr, part.len);
        unwrap_feed(u, slice_of(piece, part.len));
        free(piece);
        in = slice_after(in, part.len);
    }
    unwrap_finish(u);
    unwrap_destroy(u);
    put_u64(&d, diag->skipped);
    for (unsigned i = 0; i < diag->kept_count; i++) {
        put_u64(&d, diag->kept[i].offset_bytes);
        put_u64(&d, diag->kept[i].line);
        put_bytes(&d, slice_str(diag->kept[i].reason));
    }
    free(diag);
    return d;
}

static void compare(const struct unwrap_plan *plan, const uint8_t *data, size_t size)
{
    struct slice in = slice_of((const char *)data, size);
    struct fuzz_cuts cuts = fuzz_cuts_of(data, size);
    struct digest whole = unwrap(plan, in, NULL), cut = unwrap(plan, in, &cuts);

    if (whole.hash != cut.hash)
        abort();
    /* Text comes out of text: a wrapping holds nothing that it does not show. */
    if (whole.bytes > 4 * size + 64)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct unwrap_options options = {NULL, INT64_C(1795262400000000000)};
    struct slice in = slice_of((const char *)data, size);
    struct unwrap_plan plan;

    if (unwrap_probe(in, true, &options, &plan) == PROBE_CERTAIN)
        compare(&plan, data, size);
    (void)unwrap_probe(slice_first(in, size / 2), false, &options, &plan);
    plan = unwrap_plan_of(size ? data[0] : 0);
    compare(&plan, data, size);
    return 0;
}
