/*
 * The real logs: for each figure how often it is there and the sum, which another program
 * took from the text of the files.
 */
#include <criterion/criterion.h>
#include <math.h>

#include "model/base/compiler.h"
#include "model/base/num.h"
#include "parsers/gctrace.h"
#include "tests/unit/collect.h"
#include "tests/unit/support.h"
#include "tests/unit/trace_file.h"

TestSuite(godebug_files, .fini = test_abort_on_leak);

static const struct {
    const char *file, *figure;
    size_t count;
    double sum;
} rows[] = {
    {"gctrace/gen-go1.15-gctrace-scav-pacer.log", "x.pacer.assist_ratio", 20, 3.68117105},
    {"gctrace/gen-go1.15-gctrace-scav-pacer.log", "x.pacer.trigger(bytes)", 18,
     274153002.0},
    {"gctrace/gen-go1.15-gctrace-scav-pacer.log", "x.pacer.goal_delta(bytes)", 18,
     3450985.0},
    {"gctrace/gen-go1.15-gctrace-scav-pacer.log", "x.pacer.cpu_percent", 18,
     697.1454699999999},
    {"gctrace/gen-go1.15-gctrace-scav-pacer.log", "x.pacer.scan.total(bytes)", 18,
     23843056.0},
    {"gctrace/gen-go1.15-gctrace-scav-pacer.log", "x.pacer.sweep.pages(count)", 20,
     45587.0},
    {"gctrace/gen-go1.15-gctrace-scav-pacer.log", "x.scav.work(bytes)", 22, 33767424.0},
    {"gctrace/gen-go1.15-gctrace-scav-pacer.log", "x.scav.returned(bytes)", 22,
     1009664000.0},
    {"gctrace/gen-go1.15-gctrace-scav-pacer.log", "x.scav.util(ratio)", 22, 11.95},
    {"gctrace/gen-go1.15-gctrace-sched.log", "sched.threads", 9, 36.0},
    {"gctrace/gen-go1.15-gctrace-sched.log", "x.sched.idleprocs(count)", 9, 8.0},
    {"gctrace/gen-go1.15-gctrace-sched.log", "x.sched.runqueue(count)", 9, 2.0},
    {"gctrace/gen-go1.15-gctrace-sched.log", "x.sched.runqueue.local(count)", 9, 0.0},
    {"gctrace/gen-go1.19-gctrace-scav-pacer.log", "x.pacer.assist_ratio", 23,
     15.705938499999997},
    {"gctrace/gen-go1.19-gctrace-scav-pacer.log", "x.pacer.trigger(bytes)", 21,
     283007647.0},
    {"gctrace/gen-go1.19-gctrace-scav-pacer.log", "x.pacer.goal_delta(bytes)", 21,
     3038904.0},
    {"gctrace/gen-go1.19-gctrace-scav-pacer.log", "x.pacer.cpu_percent", 21, 981.0},
    {"gctrace/gen-go1.19-gctrace-scav-pacer.log", "x.pacer.cons_mark", 21,
     51.96174849999999},
    {"gctrace/gen-go1.19-gctrace-scav-pacer.log", "x.pacer.scan.total(bytes)", 21,
     30296128.0},
    {"gctrace/gen-go1.19-gctrace-scav-pacer.log", "x.scav.work(bytes)", 24, 43515904.0},
    {"gctrace/gen-go1.19-gctrace-scav-pacer.log", "x.scav.returned(bytes)", 24,
     137527296.0},
    {"gctrace/gen-go1.19-gctrace-scav-pacer.log", "x.scav.util(ratio)", 24, 14.25},
    {"gctrace/gen-go1.19-gctrace-sched.log", "sched.threads", 10, 40.0},
    {"gctrace/gen-go1.19-gctrace-sched.log", "x.sched.idleprocs(count)", 10, 7.0},
    {"gctrace/gen-go1.19-gctrace-sched.log", "x.sched.runqueue(count)", 10, 4.0},
    {"gctrace/gen-go1.19-gctrace-sched.log", "x.sched.runqueue.local(count)", 10, 0.0},
    {"gctrace/gen-go1.21-gctrace-scav-pacer.log", "x.pacer.assist_ratio", 23,
     13.521631499999998},
    {"gctrace/gen-go1.21-gctrace-scav-pacer.log", "x.pacer.trigger(bytes)", 21,
     283989144.0},
    {"gctrace/gen-go1.21-gctrace-scav-pacer.log", "x.pacer.goal_delta(bytes)", 21,
     2737608.0},
    {"gctrace/gen-go1.21-gctrace-scav-pacer.log", "x.pacer.cpu_percent", 21, 1019.0},
    {"gctrace/gen-go1.21-gctrace-scav-pacer.log", "x.pacer.cons_mark", 21, 112.1928983},
    {"gctrace/gen-go1.21-gctrace-scav-pacer.log", "x.pacer.scan.total(bytes)", 21,
     29715624.0},
    {"gctrace/gen-go1.21-gctrace-scav-pacer.log", "x.scav.work(bytes)", 24, 34570240.0},
    {"gctrace/gen-go1.21-gctrace-scav-pacer.log", "x.scav.returned(bytes)", 24,
     118431744.0},
    {"gctrace/gen-go1.21-gctrace-scav-pacer.log", "x.scav.util(ratio)", 24,
     13.770000000000001},
    {"gctrace/gen-go1.22-gctrace-scav-pacer.log", "x.pacer.assist_ratio", 21,
     15.316077899999998},
    {"gctrace/gen-go1.22-gctrace-scav-pacer.log", "x.pacer.trigger(bytes)", 19,
     274640552.0},
    {"gctrace/gen-go1.22-gctrace-scav-pacer.log", "x.pacer.goal_delta(bytes)", 19,
     6597192.0},
    {"gctrace/gen-go1.22-gctrace-scav-pacer.log", "x.pacer.cpu_percent", 19, 960.0},
    {"gctrace/gen-go1.22-gctrace-scav-pacer.log", "x.pacer.cons_mark", 19,
     86.95589810000001},
    {"gctrace/gen-go1.22-gctrace-scav-pacer.log", "x.pacer.scan.total(bytes)", 19,
     31600632.0},
    {"gctrace/gen-go1.22-gctrace-scav-pacer.log", "x.scav.work(bytes)", 22, 37937152.0},
    {"gctrace/gen-go1.22-gctrace-scav-pacer.log", "x.scav.returned(bytes)", 22,
     104726528.0},
    {"gctrace/gen-go1.22-gctrace-scav-pacer.log", "x.scav.util(ratio)", 22, 12.32},
    {"gctrace/gen-go1.23-gctrace-scav-pacer.log", "x.pacer.assist_ratio", 18,
     9.324789299999997},
    {"gctrace/gen-go1.23-gctrace-scav-pacer.log", "x.pacer.trigger(bytes)", 17,
     269139840.0},
    {"gctrace/gen-go1.23-gctrace-scav-pacer.log", "x.pacer.goal_delta(bytes)", 17,
     6100752.0},
    {"gctrace/gen-go1.23-gctrace-scav-pacer.log", "x.pacer.cpu_percent", 17, 851.0},
    {"gctrace/gen-go1.23-gctrace-scav-pacer.log", "x.pacer.cons_mark", 17,
     198.69242330000003},
    {"gctrace/gen-go1.23-gctrace-scav-pacer.log", "x.pacer.scan.total(bytes)", 17,
     22310048.0},
    {"gctrace/gen-go1.23-gctrace-scav-pacer.log", "x.scav.work(bytes)", 19, 46530560.0},
    {"gctrace/gen-go1.23-gctrace-scav-pacer.log", "x.scav.returned(bytes)", 19,
     132898816.0},
    {"gctrace/gen-go1.23-gctrace-scav-pacer.log", "x.scav.util(ratio)", 19,
     10.540000000000001},
    {"gctrace/gen-go1.24-gctrace-scav-pacer.log", "x.pacer.assist_ratio", 22,
     11.760601899999997},
    {"gctrace/gen-go1.24-gctrace-scav-pacer.log", "x.pacer.trigger(bytes)", 20,
     281653000.0},
    {"gctrace/gen-go1.24-gctrace-scav-pacer.log", "x.pacer.goal_delta(bytes)", 20,
     5269868.0},
    {"gctrace/gen-go1.24-gctrace-scav-pacer.log", "x.pacer.cpu_percent", 20, 1018.0},
    {"gctrace/gen-go1.24-gctrace-scav-pacer.log", "x.pacer.cons_mark", 20, 131.31694},
    {"gctrace/gen-go1.24-gctrace-scav-pacer.log", "x.pacer.scan.total(bytes)", 20,
     28352968.0},
    {"gctrace/gen-go1.24-gctrace-scav-pacer.log", "x.scav.work(bytes)", 23, 31719424.0},
    {"gctrace/gen-go1.24-gctrace-scav-pacer.log", "x.scav.returned(bytes)", 23,
     96296960.0},
    {"gctrace/gen-go1.24-gctrace-scav-pacer.log", "x.scav.util(ratio)", 23, 13.67},
    {"gctrace/gen-go1.24-gctrace-sched.log", "sched.threads", 11, 44.0},
    {"gctrace/gen-go1.24-gctrace-sched.log", "x.sched.idleprocs(count)", 11, 9.0},
    {"gctrace/gen-go1.24-gctrace-sched.log", "x.sched.runqueue(count)", 11, 5.0},
    {"gctrace/gen-go1.24-gctrace-sched.log", "x.sched.runqueue.local(count)", 11, 1.0},
    {"gctrace/gen-go1.24-gctrace-sched.log", "x.sched.needspinning(count)", 11, 4.0},
    {"gctrace/gen-go1.25-gctrace-scav-pacer.log", "x.pacer.assist_ratio", 24,
     14.285074100000001},
    {"gctrace/gen-go1.25-gctrace-scav-pacer.log", "x.pacer.trigger(bytes)", 21,
     248774344.0},
    {"gctrace/gen-go1.25-gctrace-scav-pacer.log", "x.pacer.goal_delta(bytes)", 21,
     19058732.0},
    {"gctrace/gen-go1.25-gctrace-scav-pacer.log", "x.pacer.cpu_percent", 21, 1088.0},
    {"gctrace/gen-go1.25-gctrace-scav-pacer.log", "x.pacer.cons_mark", 21, 118.501388},
    {"gctrace/gen-go1.25-gctrace-scav-pacer.log", "x.pacer.scan.total(bytes)", 21,
     24863602.0},
    {"gctrace/gen-go1.25-gctrace-scav-pacer.log", "x.pacer.sweep.pages(count)", 24,
     45378.0},
    {"gctrace/gen-go1.25-gctrace-scav-pacer.log", "x.scav.work(bytes)", 25, 57122816.0},
    {"gctrace/gen-go1.25-gctrace-scav-pacer.log", "x.scav.returned(bytes)", 25,
     141230080.0},
    {"gctrace/gen-go1.25-gctrace-scav-pacer.log", "x.scav.util(ratio)", 25, 15.28},
    {"gctrace/gen-go1.25-gctrace-sched.log", "sched.threads", 11, 44.0},
    {"gctrace/gen-go1.25-gctrace-sched.log", "x.sched.idleprocs(count)", 11, 9.0},
    {"gctrace/gen-go1.25-gctrace-sched.log", "x.sched.runqueue(count)", 11, 1.0},
    {"gctrace/gen-go1.25-gctrace-sched.log", "x.sched.runqueue.local(count)", 11, 0.0},
    {"gctrace/gen-go1.25-gctrace-sched.log", "x.sched.needspinning(count)", 11, 5.0},
    {"gctrace/gen-go1.26-gctrace-scav-pacer.log", "x.pacer.assist_ratio", 21,
     10.801054995331365},
    {"gctrace/gen-go1.26-gctrace-scav-pacer.log", "x.pacer.trigger(bytes)", 19,
     286455920.0},
    {"gctrace/gen-go1.26-gctrace-scav-pacer.log", "x.pacer.goal_delta(bytes)", 19,
     2650316.0},
    {"gctrace/gen-go1.26-gctrace-scav-pacer.log", "x.pacer.cpu_percent", 19, 801.0},
    {"gctrace/gen-go1.26-gctrace-scav-pacer.log", "x.pacer.cons_mark", 19,
     129.11746957733084},
    {"gctrace/gen-go1.26-gctrace-scav-pacer.log", "x.pacer.scan.total(bytes)", 19,
     29376046.0},
    {"gctrace/gen-go1.26-gctrace-scav-pacer.log", "x.pacer.sweep.pages(count)", 21,
     46439.0},
    {"gctrace/gen-go1.26-gctrace-scav-pacer.log", "x.scav.work(bytes)", 22, 38207488.0},
    {"gctrace/gen-go1.26-gctrace-scav-pacer.log", "x.scav.returned(bytes)", 22,
     105095168.0},
    {"gctrace/gen-go1.26-gctrace-scav-pacer.log", "x.scav.util(ratio)", 22,
     13.539999999999997},
    {"gctrace/gen-go1.26-memlimit.log", "x.pacer.assist_ratio", 54, 9554253.008104805},
    {"gctrace/gen-go1.26-memlimit.log", "x.pacer.trigger(bytes)", 50, 744821064.0},
    {"gctrace/gen-go1.26-memlimit.log", "x.pacer.goal_delta(bytes)", 50, 45923024.0},
    {"gctrace/gen-go1.26-memlimit.log", "x.pacer.cpu_percent", 50, 3157.0},
    {"gctrace/gen-go1.26-memlimit.log", "x.pacer.cons_mark", 50, 142.43272787718863},
    {"gctrace/gen-go1.26-memlimit.log", "x.pacer.scan.total(bytes)", 50, 127529340.0},
    {"gctrace/gen-go1.26-memlimit.log", "x.pacer.sweep.pages(count)", 54, 111297.0},
    {"gctrace/gen-go1.26-memlimit.log", "x.scav.work(bytes)", 55, 59473920.0},
    {"gctrace/gen-go1.26-memlimit.log", "x.scav.returned(bytes)", 55, 253493248.0},
    {"gctrace/gen-go1.26-memlimit.log", "x.scav.util(ratio)", 55, 44.919999999999966},
    {"gctrace/gen-go1.27-gctrace-scav-pacer.log", "x.pacer.assist_ratio", 21,
     11.198728587504466},
    {"gctrace/gen-go1.27-gctrace-scav-pacer.log", "x.pacer.trigger(bytes)", 19,
     281813000.0},
    {"gctrace/gen-go1.27-gctrace-scav-pacer.log", "x.pacer.goal_delta(bytes)", 19,
     5407348.0},
    {"gctrace/gen-go1.27-gctrace-scav-pacer.log", "x.pacer.cpu_percent", 19, 926.0},
    {"gctrace/gen-go1.27-gctrace-scav-pacer.log", "x.pacer.cons_mark", 19,
     118.57900571735382},
    {"gctrace/gen-go1.27-gctrace-scav-pacer.log", "x.pacer.scan.total(bytes)", 19,
     28284614.0},
    {"gctrace/gen-go1.27-gctrace-scav-pacer.log", "x.pacer.sweep.pages(count)", 21,
     46236.0},
    {"gctrace/gen-go1.27-gctrace-scav-pacer.log", "x.scav.work(bytes)", 22, 40148992.0},
    {"gctrace/gen-go1.27-gctrace-scav-pacer.log", "x.scav.returned(bytes)", 22,
     118464512.0},
    {"gctrace/gen-go1.27-gctrace-scav-pacer.log", "x.scav.util(ratio)", 22, 12.92},
    {"gctrace/gen-go1.27-gctrace-sched.log", "sched.threads", 10, 40.0},
    {"gctrace/gen-go1.27-gctrace-sched.log", "x.sched.idleprocs(count)", 10, 11.0},
    {"gctrace/gen-go1.27-gctrace-sched.log", "x.sched.runqueue(count)", 10, 4.0},
    {"gctrace/gen-go1.27-gctrace-sched.log", "x.sched.runqueue.local(count)", 10, 0.0},
    {"gctrace/gen-go1.27-gctrace-sched.log", "x.sched.needspinning(count)", 10, 2.0},
    {"gctrace/gen-go1.27-scheddetail.log", "sched.threads", 7, 27.0},
    {"gctrace/gen-go1.27-scheddetail.log", "x.sched.idleprocs(count)", 7, 4.0},
    {"gctrace/gen-go1.27-scheddetail.log", "x.sched.runqueue(count)", 7, 0.0},
    {"gctrace/gen-go1.27-scheddetail.log", "x.sched.runqueue.local(count)", 7, 0.0},
    {"gctrace/gen-go1.27-scheddetail.log", "x.sched.needspinning(count)", 7, 4.0},
    {"gctrace/public-windows-pacer.log", "x.pacer.assist_ratio", 2, 6.233765999999999},
    {"gctrace/public-windows-pacer.log", "x.pacer.trigger(bytes)", 2, 7950152.0},
    {"gctrace/public-windows-pacer.log", "x.pacer.goal_delta(bytes)", 2, -135352.0},
    {"gctrace/public-windows-pacer.log", "x.pacer.cpu_percent", 2, 50.0},
    {"gctrace/public-windows-pacer.log", "x.pacer.cons_mark", 2, 0.09995701},
    {"gctrace/public-windows-pacer.log", "x.pacer.scan.total(bytes)", 2, 1923212.0},
    {"gctrace/issue-go12228-go15-pacer.log", "x.pacer.assist_ratio", 2, 56.3017},
    {"gctrace/issue-go12228-go15-pacer.log", "x.pacer.trigger(bytes)", 2, 110691640.0},
    {"gctrace/issue-go12228-go15-pacer.log", "x.pacer.goal_delta(bytes)", 2, -3256992.0},
    {"gctrace/issue-go12228-go15-pacer.log", "x.pacer.cpu_percent", 2, 82.24439000000001},
    {"gctrace/issue-go12228-go15-pacer.log", "x.pacer.scan.total(bytes)", 2, 43284208.0},
    {"gctrace/issue-go40225-go114-pacer.log", "x.pacer.assist_ratio", 1, 5.289955},
    {"gctrace/issue-go40225-go114-pacer.log", "x.pacer.trigger(bytes)", 1, 814772743.0},
    {"gctrace/issue-go40225-go114-pacer.log", "x.pacer.goal_delta(bytes)", 1,
     -17992072.0},
    {"gctrace/issue-go40225-go114-pacer.log", "x.pacer.cpu_percent", 1, 65.98878},
    {"gctrace/issue-go40225-go114-pacer.log", "x.pacer.scan.total(bytes)", 1, 32201064.0},
    {"gctrace/issue-go40225-go114-pacer.log", "x.pacer.sweep.pages(count)", 2, 200010.0},
};

/* Of all " FIGURE=value" in the text. */
static size_t sum_up(const char *text, const char *figure, double *sum)
{
    size_t count = 0, len = strlen(figure);

    *sum = 0;
    for (; (text = strstr(text, figure)); text += len) {
        size_t digits = text[len] == '=' ? strcspn(text + len + 1, " \n") : 0;
        double value;

        if (text[-1] != ' ' || digits == 0)
            continue;
        cr_assert(num_parse_double(slice_of(text + len + 1, digits), &value), "%s",
                  figure);
        *sum += value;
        count++;
    }
    return count;
}

Test(godebug_files, sums)
{
    struct collected c = {0};

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        double sum;
        size_t count;

        if (i == 0 || strcmp(rows[i].file, rows[i - 1].file) != 0) {
            struct slice in = trace_plain(rows[i].file);

            collected_finish(&c);
            collect(&c, &gctrace_parser, in, PIECES_WHOLE);
            cr_expect_eq(c.diag.skipped, 0, "%s: %s", rows[i].file,
                         c.diag.kept[0].reason);
            test_free(in);
        }
        count = sum_up(text_str(&c.others), rows[i].figure, &sum);
        cr_expect_eq(count, rows[i].count, "%s %s: %zu", rows[i].file, rows[i].figure,
                     count);
        cr_expect(fabs(sum - rows[i].sum) <= 1e-9 * fabs(rows[i].sum), "%s %s: %.17g",
                  rows[i].file, rows[i].figure, sum);
    }
    collected_finish(&c);
}
