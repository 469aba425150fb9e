/* Real profiles against the figures of `go tool pprof`, and the ways to write one. */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>

#include "model/base/compiler.h"
#include "parsers/pprof.h"
#include "tests/unit/collect.h"
#include "tests/unit/profile_sums.h"
#include "tests/unit/proto_text.h"
#include "tests/unit/support.h"
#include "tests/unit/trace_file.h"

TestSuite(pprof, .fini = test_abort_on_leak);

/* "NAME SAMPLES TYPE/UNIT=SUM…", as tests/pprof_reference.sh made it with Go. */
static void expect_sums(struct slice line)
{
    const char *blank = memchr(line.ptr, ' ', line.len);
    char name[256];
    struct slice want = slice_after(line, (size_t)(blank + 1 - line.ptr)), in;
    struct diag *diag = calloc(1, sizeof *diag);
    struct text got = {0};
    const struct parser_ops *ops;
    const char *end;
    bool more;

    (void)snprintf(name, sizeof name, "%.*s", (int)(blank - line.ptr), line.ptr);
    in = trace_plain(name);
    ops = parser_probe(slice_first(in, 64 << 10), in.len <= 64 << 10, &more);
    cr_assert_not_null(ops, "%s is not recognised", name);
    if (strstr(name, ".pb.gz") || strstr(name, ".pprof"))
        cr_expect_eq(ops, &pprof_parser, "%s is %s", name, ops->name);
    profile_sums(&got, ops, in, diag, 0);
    /* Behind the sums: the profile's own time, which pprof prints elsewhere. */
    end = strstr(text_str(&got), " at ");
    got.len = end ? (size_t)(end - got.ptr) : got.len - 1;
    cr_expect(slice_eq(want, slice_of(got.ptr, got.len)), "%s: \"%.*s\", not \"%.*s\"",
              name, (int)got.len, got.ptr, (int)want.len, want.ptr);
    cr_expect(ops != &pprof_parser || diag->skipped + diag->errors == 0, "%s: %s", name,
              diag->kept[0].reason);
    text_finish(&got);
    test_free(in);
    free(diag);
}

Test(pprof, sums_are_those_of_go)
{
    struct slice sums = trace_raw("pprof/sums.txt"), rest = sums;
    size_t lines = 0;

    while (rest.len) {
        const char *end = memchr(rest.ptr, '\n', rest.len);
        struct slice line = slice_first(rest, (size_t)(end - rest.ptr));

        rest = slice_after(rest, line.len + 1);
        if (line.ptr[0] != '#') {
            expect_sums(line);
            lines++;
        }
    }
    cr_expect_geq(lines, 55);
    test_free(sums);
}

/* A message in our shorthand (proto_text.h), and what collect_put_profile says of it. */
#define TYPES "1{1:1 2:2} 1{1:3 2:4} "
#define STRINGS                                                                          \
    "6\"\" 6\"objects\" 6\"count\" 6\"space\" 6\"bytes\" 6\"main.f\" 6\"f.go\" "         \
    "6\"main.g\" 6\"/bin/app\" "
#define HEAD "profile heap duration_ns=0 period=0 objects/count *space/bytes"

static const struct {
    const char *name, *in, *want;
} accepted[] = {
    {"pprof's order",
     TYPES "2{1:[1 2] 2:[3 48] 3{1:4 3:16}} 3{1:1 2:4096 3:8192 5:8} "
           "4{1:1 2:1 3:4200 4{1:1 2:12}} 4{1:2 2:1 3:4300 4{1:2 2:7}} "
           "5{1:1 2:5 4:6} 5{1:2 2:7} " STRINGS "9:1795224952000000000 12:524288",
     "profile heap time_ns=1795224952000000000 duration_ns=0 period=524288 "
     "objects/count *space/bytes map=/bin/app\n"
     " 3 48 of 16 @ 1068|main.f f.go:12 10cc|main.g :7\n"},
    {"strings first, locations before samples, nothing packed",
     STRINGS "5{1:1 2:5} 4{1:1 3:9 4{1:1}} " TYPES "2{1:1 1:1 2:1 2:2}",
     HEAD "\n 1 2 @ 9|main.f :0 9|main.f :0\n"},
    {"samples before types", "2{1:[1] 2:[5 6]} 4{1:1 3:9} " TYPES STRINGS,
     HEAD "\n 5 6 @ 9\n"},
    {"negative values, a difference",
     TYPES "2{1:[1] 2:[-5 -6]} 4{1:1 3:9} 10:30 " STRINGS,
     "profile heap duration_ns=30 period=0 objects/count *space/bytes\n -5 -6 @ 9\n"},
    {"ids as large as they get",
     TYPES "2{1:[18446744073709551615 140737488355328] 2:[1 2]} "
           "4{1:18446744073709551615 3:1} 4{1:140737488355328 3:2} " STRINGS,
     HEAD "\n 1 2 @ 1 2\n"},
    {"inlined calls, innermost first",
     TYPES
     "2{1:[1] 2:[1 2]} 4{1:1 3:9 4{1:1 2:3} 4{1:2 2:4}} 5{1:1 2:5} 5{1:2 2:7} " STRINGS,
     HEAD "\n 1 2 @ 9|main.f :3|main.g :4\n"},
    {"no samples", TYPES STRINGS, HEAD "\n"},
    {"no stack", TYPES "2{2:[1 2]} " STRINGS, HEAD "\n 1 2 @\n"},
    {"default type", TYPES "14:1 " STRINGS,
     "profile heap duration_ns=0 period=0 *objects/count space/bytes\n"},
    {"fields of later versions", TYPES "2{2:[1 2] 9:1 10\"x\"} 17:3 " STRINGS,
     HEAD "\n 1 2 @\n"},
    {"packed and not, in turn",
     TYPES "2{1:[1] 1:1 1:[1 1] 2:1 2:[2]} 4{1:1 3:9} " STRINGS,
     HEAD "\n 1 2 @ 9 9 9 9\n"},
    {"goroutines", "1{1:1 2:2} 2{2:[7]} 6\"\" 6\"goroutine\" 6\"count\"",
     "profile goroutine duration_ns=0 period=0 *goroutine/count\n 7 @\n"},
    {"CPU",
     "1{1:1 2:2} 1{1:3 2:4} 6\"\" 6\"samples\" 6\"count\" 6\"cpu\" 6\"nanoseconds\"",
     "profile cpu duration_ns=0 period=0 samples/count *cpu/nanoseconds\n"},
    {"mutexes", "1{1:1 2:2} 6\"\" 6\"contentions\" 6\"count\"",
     "profile other duration_ns=0 period=0 *contentions/count\n"},
};

Test(pprof, ways_to_write_one)
{
    for (size_t i = 0; i < COUNT_OF(accepted); i++) {
        struct slice in = proto_of_text(accepted[i].in);
        struct collected c;

        collect(&c, &pprof_parser, in, PIECES_WHOLE);
        cr_expect(c.ok && c.diag.errors == 0 && c.diag.skipped == 0, "%s: %s",
                  accepted[i].name, c.diag.kept[0].reason);
        cr_expect_str_eq(text_str(&c.others), accepted[i].want, "%s", accepted[i].name);
        collected_finish(&c);
        test_free(in);
    }
}

/* Recognised by content, from the whole and from any head that says enough. */
static void visit_probe(const char *name, void *user)
{
    bool is_profile = strstr(name, ".pb.gz") || strstr(name, ".pprof");
    struct slice in = trace_plain(name);
    size_t *count = user;
    enum probe whole = pprof_parser.probe(slice_first(in, 64 << 10), in.len <= 64 << 10);

    *count += is_profile;
    if (is_profile)
        cr_expect_eq(whole, PROBE_CERTAIN, "%s: %d", name, whole);
    else
        cr_expect_eq(whole, PROBE_NO, "%s: %d", name, whole);
    for (size_t len = 1; len < 600 && len < in.len; len++) {
        struct slice head = test_exact_copy(in.ptr, len);
        enum probe part = pprof_parser.probe(head, false);

        if (is_profile)
            cr_expect(part != PROBE_NO, "%s: first %zu bytes", name, len);
        else
            cr_expect(part <= PROBE_NEED_MORE, "%s: first %zu bytes", name, len);
        test_free(head);
    }
    test_free(in);
}

Test(pprof, recognised_by_content)
{
    size_t count = 0;

    trace_each(visit_probe, &count);
    cr_expect_geq(count, 34);
}

static const char *const foreign[] = {
    "\n",
    "\n\n\n\n\n\n",
    "\nstarting\n",
    "\n\t2022/01/01 hello\n",
    "2 goroutines\n2 more\n",
    "\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"",
    "",
};

Test(pprof, text_is_not_one)
{
    for (size_t i = 0; i < COUNT_OF(foreign); i++) {
        struct slice in = test_exact_copy(foreign[i], strlen(foreign[i]));

        cr_expect_eq(pprof_parser.probe(in, true), PROBE_NO, "%zu", i);
        test_free(in);
    }
}
