/* The pyramid against a plain array of blocks. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "model/base/compiler.h"
#include "model/pyramid.h"
#include "tests/unit/support.h"

TestSuite(pyramid, .fini = test_abort_on_leak);

static struct extent plain_merge(const struct extent *blocks, size_t from, size_t to)
{
    struct extent all = extent_empty();

    for (; from < to; from++) {
        all.min = blocks[from].min < all.min ? blocks[from].min : all.min;
        all.max = blocks[from].max > all.max ? blocks[from].max : all.max;
    }
    return all;
}

/* `gap`: one block in so many is there; `first`: none before it. */
static void expect_merges(size_t count, size_t first, size_t gap, uint64_t seed)
{
    struct extent *blocks = malloc(count * sizeof *blocks);
    struct pyramid p = {0};

    cr_assert(blocks);
    for (size_t i = 0; i < count; i++) {
        double low = (double)test_random_below(&seed, 1000000);

        blocks[i] = extent_empty();
        if (i >= first && test_random_below(&seed, gap) == 0) {
            blocks[i] = (struct extent){low, low + (double)test_random_below(&seed, 100)};
            pyramid_add(&p, i, blocks[i]);
        }
        for (unsigned k = 0; k < 2; k++) {
            size_t a = test_random_below(&seed, i + 2),
                   b = test_random_below(&seed, i + 2);
            size_t from = a < b ? a : b, to = a < b ? b : a;
            struct extent want = plain_merge(blocks, from, to), got = extent_empty();

            if (i % 97 && count > 1000)
                break;
            pyramid_merge(&p, from, to, &got);
            cr_assert(got.min == want.min && got.max == want.max,
                      "%zu blocks from %zu, one in %zu: [%zu, %zu) of %zu", count, first,
                      gap, from, to, i + 1);
        }
    }
    pyramid_finish(&p);
    free(blocks);
}

Test(pyramid, merges_any_range_at_any_size)
{
    static const size_t gaps[] = {1, 2, 17, 300};
    static const size_t firsts[] = {0, 1, 15, 16, 17, 255, 256, 4000};

    for (size_t g = 0; g < COUNT_OF(gaps); g++) {
        for (size_t f = 0; f < COUNT_OF(firsts); f++) {
            expect_merges(600, firsts[f], gaps[g], g * 10 + f);
            expect_merges(20000, firsts[f], gaps[g], g * 10 + f);
        }
    }
}

Test(pyramid, empty_extents)
{
    struct extent e = extent_empty();
    struct pyramid p = {0};

    cr_expect(e.min > e.max);
    extent_merge(&e, (struct extent){2, 3});
    cr_expect(e.min == 2 && e.max == 3);
    extent_merge(&e, extent_empty());
    cr_expect(e.min == 2 && e.max == 3);
    e = extent_empty();
    pyramid_merge(&p, 0, 1000000, &e);
    cr_expect(e.min > e.max, "nothing was added");
    pyramid_finish(&p);
}

Test(pyramid, costs_little)
{
    struct pyramid p = {0};
    size_t blocks = 100000;

    for (size_t i = 0; i < blocks; i++)
        pyramid_add(&p, i, (struct extent){0, 1});
    /* Two doubles in 64 rows and a fifteenth above that; arrays grow by half or double.
     */
    cr_expect_lt(pyramid_memory_bytes(&p), blocks * sizeof(struct extent) * 9 / 4);
    pyramid_finish(&p);
}
