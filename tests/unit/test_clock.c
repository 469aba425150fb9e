#include <criterion/criterion.h>
#include <string.h>

#include "model/units.h"
#include "replay/clock.h"
#include "tests/unit/support.h"

TestSuite(clock, .fini = test_abort_on_leak);

#define S(n) ((int64_t)(n)*NS_PER_S)
#define REAL S(1000)

static struct clock playing(int speed_log2, int64_t span_ns)
{
    struct clock c;

    clock_init(&c);
    clock_set_span(&c, 0, span_ns);
    c.speed_log2 = speed_log2;
    clock_toggle_play(&c, REAL);
    return c;
}

/* However the real time is cut into ticks, the playhead ends at the same nanosecond. */
Test(clock, does_not_drift)
{
    for (int log2 = CLOCK_SPEED_LOG2_MIN; log2 <= CLOCK_SPEED_LOG2_MAX; log2++) {
        struct clock c = playing(log2, S(1000000));
        int64_t real_ns = REAL, want_ns;
        uint64_t seed = 5;

        while (real_ns < REAL + S(10)) {
            real_ns += (int64_t)test_random_below(&seed, 3000017);
            clock_tick(&c, real_ns);
        }
        want_ns = log2 >= 0 ? (real_ns - REAL) << log2 : (real_ns - REAL) >> -log2;
        cr_expect_eq(c.position_ns, want_ns, "2^%d: %lld, want %lld", log2,
                     (long long)c.position_ns, (long long)want_ns);
    }
}

Test(clock, keeps_fractions_over_changes_of_speed)
{
    struct clock c = playing(-3, S(10));

    for (int i = 1; i <= 7; i++)
        clock_tick(&c, REAL + i);
    cr_expect_eq(c.position_ns, 0);
    clock_faster(&c);
    clock_faster(&c);
    clock_tick(&c, REAL + 8);
    cr_expect_eq(c.position_ns, 1);
}

Test(clock, stops_at_the_end_and_starts_over)
{
    struct clock c = playing(0, S(10));

    clock_tick(&c, REAL + S(11));
    cr_expect_eq(c.position_ns, S(10));
    cr_expect_not(c.is_playing);
    clock_tick(&c, REAL + S(12));
    cr_expect_eq(c.position_ns, S(10));
    clock_toggle_play(&c, REAL + S(20));
    cr_expect(c.is_playing);
    cr_expect_eq(c.position_ns, 0);
    clock_tick(&c, REAL + S(21));
    cr_expect_eq(c.position_ns, S(1));
}

Test(clock, pauses)
{
    struct clock c = playing(0, S(100));

    clock_tick(&c, REAL + S(1));
    clock_toggle_play(&c, REAL + S(1));
    clock_tick(&c, REAL + S(50));
    cr_expect_eq(c.position_ns, S(1));
    clock_toggle_play(&c, REAL + S(60));
    clock_tick(&c, REAL + S(61));
    cr_expect_eq(c.position_ns, S(2));
}

Test(clock, suspension_does_not_count)
{
    struct clock c = playing(0, S(100));

    clock_tick(&c, REAL + S(1));
    clock_rebase(&c, REAL + S(90));
    clock_tick(&c, REAL + S(91));
    cr_expect_eq(c.position_ns, S(2));
}

Test(clock, real_time_never_runs_backwards)
{
    struct clock c = playing(0, S(100));

    clock_tick(&c, REAL + S(2));
    clock_tick(&c, REAL + S(1));
    cr_expect_eq(c.position_ns, S(2));
    clock_tick(&c, INT64_MIN);
    clock_tick(&c, INT64_MAX);
    cr_expect_eq(c.position_ns, S(100));
}

Test(clock, far_away_spans_do_not_overflow)
{
    struct clock c;

    clock_init(&c);
    clock_set_span(&c, INT64_MIN, INT64_MAX);
    c.speed_log2 = CLOCK_SPEED_LOG2_MAX;
    clock_seek(&c, INT64_MAX - 1);
    clock_toggle_play(&c, INT64_MIN);
    clock_tick(&c, INT64_MAX);
    cr_expect_eq(c.position_ns, INT64_MAX);
    clock_seek(&c, INT64_MIN);
    cr_expect_eq(c.position_ns, INT64_MIN);
}

Test(clock, follows)
{
    struct clock c;

    clock_init(&c);
    clock_set_span(&c, 0, S(10));
    clock_set_following(&c, true);
    cr_expect_eq(c.position_ns, S(10));
    clock_set_span(&c, 0, S(20));
    cr_expect_eq(c.position_ns, S(20));
    clock_seek(&c, S(5));
    cr_expect_not(c.is_following);
    clock_set_span(&c, 0, S(30));
    cr_expect_eq(c.position_ns, S(5));
    clock_set_following(&c, true);
    clock_toggle_play(&c, REAL);
    cr_expect(c.is_playing && !c.is_following);
    cr_expect_eq(c.position_ns, 0);
}

/* The second source knows the wall clock: the session moves to Unix time. */
Test(clock, keeps_its_place_when_the_span_moves)
{
    struct clock c;
    int64_t unix_ns = S(1795255230);

    clock_init(&c);
    clock_set_span(&c, 0, S(10));
    clock_seek(&c, S(4));
    clock_set_span(&c, unix_ns, unix_ns + S(12));
    cr_expect_eq(c.position_ns, unix_ns + S(4));
    clock_set_span(&c, unix_ns - S(3), unix_ns + S(12));
    cr_expect_eq(c.position_ns, unix_ns + S(4));
}

Test(clock, seeks_inside_the_span)
{
    struct clock c;

    clock_init(&c);
    clock_set_span(&c, S(1), S(10));
    clock_seek(&c, 0);
    cr_expect_eq(c.position_ns, S(1));
    clock_seek(&c, S(11));
    cr_expect_eq(c.position_ns, S(10));
}

Test(clock, speeds)
{
    struct clock c;

    clock_init(&c);
    cr_expect_str_eq(clock_speed_name(&c, false), "×1");
    for (int i = 0; i < 50; i++)
        clock_faster(&c);
    cr_expect_str_eq(clock_speed_name(&c, true), "x4096");
    cr_expect(clock_speed(&c) == 4096);
    for (int i = 0; i < 50; i++)
        clock_slower(&c);
    cr_expect_str_eq(clock_speed_name(&c, false), "×1/8");
    cr_expect(clock_speed(&c) == 0.125);
}
