#include <criterion/criterion.h>
#include <math.h>

#include "model/session.h"
#include "tests/unit/support.h"
#include "tui/told.h"

TestSuite(told, .fini = test_abort_on_leak);

/* A session of two processes with a row each, which run side by side. */
static struct session *two_processes(void)
{
    struct session *s = session_create();

    for (int i = 0; i < 2; i++) {
        struct track *t = session_add_process(s, session_add_source(s, "app.log"));

        (void)table_column(t->table, METRIC_HEAP_ALLOC, 0);
        table_append(t->table, 0, &(double){1});
        table_append(t->table, 100, &(double){2});
    }
    return s;
}

static void find(struct session *s, size_t process, enum event_kind kind,
                 enum severity severity, int64_t began_ns, int64_t told_ns)
{
    struct finding f =
        finding_of(kind, severity, s->processes[process], began_ns, told_ns);

    f.message = SLICE("m");
    cr_assert(session_add_finding(s, &f));
}

static struct told_list list_of(struct session *s)
{
    struct told_list list = {0};
    struct lane lane = {0};

    lane_build(&lane, s, s->processes[0]);
    told_build(&list, s, &lane, 0, 100);
    return list;
}

Test(told, is_in_the_order_of_telling)
{
    struct session *s = two_processes();
    struct told_list list;

    find(s, 0, EVENT_LEAK, SEVERITY_WARNING, 10, 30);
    find(s, 0, EVENT_LEVEL_SHIFT, SEVERITY_NOTICE, 20, 25);
    find(s, 0, EVENT_PRE_OOM, SEVERITY_CRITICAL, 10, 30);
    list = list_of(s);
    cr_assert_eq(list.count, 3);
    cr_expect_eq(list.items[0].event->kind, EVENT_LEVEL_SHIFT);
    cr_expect_eq(list.items[1].event->kind, EVENT_LEAK);
    cr_expect_eq(list.items[2].event->kind, EVENT_PRE_OOM, "the worst is last");
    cr_expect_eq(told_known(&list, 24), 0);
    cr_expect_eq(told_known(&list, 25), 1);
    cr_expect_eq(told_known(&list, 29), 1);
    cr_expect_eq(told_known(&list, 30), 3);
    told_finish(&list);
    session_destroy(s);
}

Test(told, the_end_knows_what_came_after_it)
{
    struct session *s = two_processes();
    struct told_list list;

    find(s, 0, EVENT_LEAK, SEVERITY_WARNING, 90, 500);
    find(s, 0, EVENT_SPIKE, SEVERITY_NOTICE, -50, -40);
    list = list_of(s);
    cr_expect_eq(told_known(&list, 99), 1);
    cr_expect_eq(told_known(&list, 100), 2);
    cr_expect_eq(list.items[0].known_ns, 0);
    told_finish(&list);
    session_destroy(s);
}

/* From where, how severe at least; and when the event was told: -1 where there is none.
 */
static const struct {
    int64_t from;
    enum severity least;
    int64_t next, previous;
} steps[] = {
    {0, SEVERITY_INFO, 25, -1},     {25, SEVERITY_INFO, 30, -1},
    {26, SEVERITY_INFO, 30, 25},    {30, SEVERITY_INFO, 60, 25},
    {100, SEVERITY_INFO, -1, 60},   {0, SEVERITY_WARNING, 30, -1},
    {30, SEVERITY_WARNING, -1, -1}, {100, SEVERITY_WARNING, -1, 30},
};

Test(told, steps_from_one_to_the_next)
{
    struct session *s = two_processes();
    struct told_list list;

    find(s, 0, EVENT_LEAK, SEVERITY_WARNING, 10, 30);
    find(s, 0, EVENT_LEVEL_SHIFT, SEVERITY_NOTICE, 20, 25);
    find(s, 0, EVENT_PRE_OOM, SEVERITY_CRITICAL, 10, 30);
    find(s, 0, EVENT_SPIKE, SEVERITY_INFO, 60, 60);
    find(s, 1, EVENT_LEAK, SEVERITY_CRITICAL, 40, 45);
    list = list_of(s);
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        const struct told *next = told_next(&list, steps[i].from, steps[i].least);
        const struct told *previous = told_previous(&list, steps[i].from, steps[i].least);

        cr_expect_eq(next ? next->known_ns : -1, steps[i].next, "row %zu", i);
        cr_expect_eq(previous ? previous->known_ns : -1, steps[i].previous, "row %zu", i);
    }
    cr_expect_eq(told_next(&list, 25, SEVERITY_INFO)->event->kind, EVENT_PRE_OOM,
                 "of one moment the worst");
    cr_expect_eq(told_previous(&list, 31, SEVERITY_INFO)->event->kind, EVENT_PRE_OOM);
    told_finish(&list);
    session_destroy(s);
}

Test(told, echoes_are_left_out_and_strangers_marked)
{
    struct session *s = two_processes();
    struct told_list list;
    size_t shown = 0;

    find(s, 0, EVENT_LEAK, SEVERITY_WARNING, 10, 30);
    find(s, 0, EVENT_LEAK, SEVERITY_WARNING, 10, 30);
    find(s, 1, EVENT_LEAK, SEVERITY_WARNING, 10, 30);
    s->findings[1]->echo_of = s->findings[0];
    list = list_of(s);
    cr_assert_eq(list.count, 2);
    for (size_t i = 0; i < list.count; i++)
        shown += list.items[i].is_shown;
    cr_expect_eq(shown, 1);
    told_finish(&list);
    session_destroy(s);
}

Test(told, an_undated_one_stands_in_front)
{
    struct session *s = two_processes();
    struct told_list list;

    find(s, 0, EVENT_LEAK, SEVERITY_WARNING, 0, 0);
    find(s, 0, EVENT_FATAL, SEVERITY_CRITICAL, 50, 50);
    s->findings[1]->has_time = false;
    list = list_of(s);
    cr_assert_eq(list.count, 2);
    cr_expect_eq(list.items[0].event->kind, EVENT_FATAL);
    cr_expect_eq(told_known(&list, 0), 2);
    cr_expect_null(told_next(&list, 0, SEVERITY_INFO), "nowhere to go to");
    told_finish(&list);
    session_destroy(s);
}
