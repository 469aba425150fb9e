/* What text profiles are gathered in: each thing once, within bounds. */
#include <criterion/criterion.h>

#include "model/base/compiler.h"
#include "parsers/limits.h"
#include "parsers/profile_builder.h"
#include "tests/unit/support.h"

TestSuite(profile_builder, .fini = test_abort_on_leak);

Test(profile_builder, interned_keys)
{
    struct intern t = {.max_bytes = 100000, .max_count = 5000};
    uint64_t seed = 7;

    for (uint32_t i = 0; i < 5000; i++)
        cr_assert_eq(intern_put(&t, &i, sizeof i), i);
    for (int k = 0; k < 2000; k++) {
        uint32_t i = (uint32_t)test_random_below(&seed, 5000);

        cr_assert_eq(intern_put(&t, &i, sizeof i), i);
        cr_assert_eq(intern_find(&t, &i, sizeof i), i);
        cr_assert(slice_eq(intern_get(&t, i), slice_of((const char *)&i, sizeof i)));
    }
    cr_expect_eq(intern_put(&t, "abcde", 5), INTERN_NONE, "full");
    cr_expect_eq(intern_find(&t, "abcde", 5), INTERN_NONE);
    intern_clear(&t);
    cr_expect_eq(intern_find(&t, "", 0), INTERN_NONE);
    cr_expect_eq(intern_put(&t, "", 0), 0);
    cr_expect_eq(intern_put(&t, "a", 1), 1);
    cr_expect_eq(intern_put(&t, "", 0), 0);
    cr_expect_eq(intern_get(&t, 0).len, 0);
    intern_finish(&t);
}

Test(profile_builder, bytes_are_bounded)
{
    struct intern t = {.max_bytes = 10, .max_count = 100};

    cr_expect_eq(intern_put(&t, "12345678", 8), 0);
    cr_expect_eq(intern_put(&t, "123", 3), INTERN_NONE);
    cr_expect_eq(intern_put(&t, "12", 2), 1);
    cr_expect_eq(intern_put(&t, "12345678", 8), 0);
    intern_finish(&t);
}

static const struct profile_frame f = {
    .address = 1, .name = SLICE_INIT("f"), .file = SLICE_INIT("x.go"), .line = 5};
static const struct profile_frame g = {.name = SLICE_INIT("g")};

static void add(struct profile_builder *b, int64_t value)
{
    const char *lost;

    profile_builder_frame(b, &f);
    profile_builder_frame(b, &g);
    profile_builder_frame(b, &f);
    lost = profile_builder_sample(b, &value, 0);
    cr_expect_null(lost, "%s", lost);
}

Test(profile_builder, equal_things_are_one)
{
    struct profile_builder b = {0};
    struct profile_record r = {0};

    for (int merges = 0; merges < 2; merges++) {
        profile_builder_begin(&b, 1, merges);
        add(&b, 3);
        add(&b, 4);
        profile_builder_frame(&b, &f);
        profile_builder_drop(&b);
        profile_builder_fill(&b, &r);
        cr_expect_eq(r.function_count, 2);
        cr_expect_eq(r.location_count, 2);
        cr_expect_eq(r.line_count, 2);
        cr_expect_eq(r.mapping_count, 0);
        cr_expect_eq(r.locations[0].mapping, UINT32_MAX);
        cr_expect_eq(r.sample_count, merges ? 1 : 2);
        cr_expect_eq(r.stack_count, merges ? 3 : 6);
        cr_expect_eq(r.values[0], merges ? 7 : 3);
    }
    profile_builder_finish(&b);
}

/* Ranges in any order, one inside another, addresses at their ends. */
Test(profile_builder, addresses_find_their_file)
{
    static const struct {
        uint64_t address;
        const char *want;
    } rows[] = {{0, NULL}, {9, NULL}, {10, "a"},  {19, "a"},
                {20, "b"}, {29, "b"}, {30, NULL}, {UINT64_MAX, NULL}};
    struct profile_builder b = {0};
    struct profile_record r = {0};
    int64_t one = 1;

    profile_builder_begin(&b, 1, false);
    profile_builder_range(&b, 20, 30, SLICE("b"));
    profile_builder_range(&b, 10, 20, SLICE("a"));
    profile_builder_range(&b, 50, 40, SLICE("backwards"));
    profile_builder_range(&b, 60, 70, SLICE(""));
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        profile_builder_address(&b, rows[i].address);
    cr_expect_null(profile_builder_sample(&b, &one, 0));
    profile_builder_fill(&b, &r);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint32_t mapping = r.locations[r.stacks[i]].mapping;

        cr_expect_eq(r.locations[r.stacks[i]].address, rows[i].address);
        if (!rows[i].want)
            cr_expect_eq(mapping, UINT32_MAX, "row %zu", i);
        else
            cr_expect(mapping != UINT32_MAX &&
                          slice_eq(r.mappings[mapping], slice_str(rows[i].want)),
                      "row %zu", i);
    }
    profile_builder_finish(&b);
}

Test(profile_builder, too_deep_and_too_many)
{
    struct profile_builder b = {0};
    struct profile_record r = {0};
    int64_t one = 1;

    profile_builder_begin(&b, 1, false);
    for (uint32_t i = 0; i < LIMIT_TEXT_PROFILE_FRAMES + 5; i++)
        profile_builder_address(&b, i);
    cr_expect_str_eq(profile_builder_sample(&b, &one, 0),
                     "stack too deep: its root left out");
    cr_expect_null(profile_builder_sample(&b, &one, 0), "the next one is whole");
    for (uint32_t i = 2; i < LIMIT_TEXT_PROFILE_SAMPLES; i++)
        cr_assert_null(profile_builder_sample(&b, &one, 0));
    cr_expect_str_eq(profile_builder_sample(&b, &one, 0),
                     "profile too large: samples left out");
    profile_builder_fill(&b, &r);
    cr_expect_eq(r.sample_count, LIMIT_TEXT_PROFILE_SAMPLES);
    cr_expect_eq(r.samples[0].location_count, LIMIT_TEXT_PROFILE_FRAMES);
    profile_builder_finish(&b);
}

static const struct {
    int64_t rate, count, bytes, want_count, want_bytes;
} estimates[] = {
    {524288, 0, 0, 0, 0},
    {524288, 5, 0, 0, 0},
    {524288, 0, 5, 0, 0},
    {1, 7, 70, 7, 70},
    {0, 7, 70, 7, 70},
    {-5, 7, 70, 7, 70},
    /* Values that `go tool pprof -raw` prints for records of real profiles. */
    {524288, 1, 80, 6554, 524328},
    {524288, 1, 9216, 57, 528909},
    {524288, 1, 524288, 1, 829411},
    {524288, 3, 1572864, 4, 2488234},
    {524288, 1, 262144, 2, 666237},
    /* So large that nothing was missed; so small that there is no estimate. */
    {524288, 1, INT64_MAX, 1, INT64_MAX},
    {INT64_MAX, INT64_MAX, 1, INT64_MAX, 1},
    /* The estimate leaves the range. */
    {INT64_C(1) << 50, INT64_C(1) << 62, INT64_C(1) << 62, INT64_MAX, INT64_MAX},
};

Test(profile_builder, sampling_is_undone)
{
    for (size_t i = 0; i < COUNT_OF(estimates); i++) {
        int64_t count = estimates[i].count, bytes = estimates[i].bytes;

        profile_unsample(estimates[i].rate, &count, &bytes);
        cr_expect_eq(count, estimates[i].want_count, "row %zu: %lld", i,
                     (long long)count);
        cr_expect_eq(bytes, estimates[i].want_bytes, "row %zu: %lld", i,
                     (long long)bytes);
    }
}
