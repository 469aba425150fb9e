/* What entries of live sources make of a session. */
#include <criterion/criterion.h>

#include "model/align.h"
#include "model/base/text.h"
#include "model/session.h"
#include "model/units.h"
#include "replay/intake.h"
#include "replay/stream.h"
#include "replay/transcript.h"
#include "tests/unit/pack.h"
#include "tests/unit/session_of.h"
#include "tests/unit/support.h"

TestSuite(intake, .fini = test_abort_on_leak);

#define START_NS (INT64_C(1700000000) * 1000000000)

static const char line_1[] =
    "gc 1 @0.050s 1%: 0.1+0.5+0.1 ms clock, 0.2+0.1/0.2/0.3+0.2 ms "
    "cpu, 4->4->2 MB, 5 MB goal, 0 MB stacks, 0 MB globals, 2 P\n";
static const char line_2[] =
    "gc 2 @0.150s 1%: 0.1+0.5+0.1 ms clock, 0.2+0.1/0.2/0.3+0.2 ms "
    "cpu, 5->5->3 MB, 6 MB goal, 0 MB stacks, 0 MB globals, 2 P\n";
static const char line_3[] =
    "gc 3 @0.250s 1%: 0.1+0.5+0.1 ms clock, 0.2+0.1/0.2/0.3+0.2 ms "
    "cpu, 6->6->4 MB, 7 MB goal, 0 MB stacks, 0 MB globals, 2 P\n";

struct fixture {
    struct session *session;
    struct transcript *transcript;
    struct intake *intake;
};

static struct fixture begin(void)
{
    struct fixture f = {.session = session_create(), .transcript = transcript_create()};
    const struct intake_options options = {.transcript = f.transcript};

    f.session->is_streamed = true;
    f.intake = intake_create(f.session, NULL, &options);
    return f;
}

static void finish(struct fixture *f)
{
    intake_destroy(f->intake);
    transcript_destroy(f->transcript);
    session_destroy(f->session);
}

static void give(struct fixture *f, enum entry_kind kind, unsigned flags,
                 struct slice bytes)
{
    const struct entry e = {.kind = kind,
                            .flags = flags,
                            .source = kind == ENTRY_BEAT ? 0 : 1,
                            .time_ns = START_NS,
                            .pid = -1,
                            .bytes = bytes};

    intake_take(f->intake, &e);
}

static void expect_live(const struct fixture *f, const char *want)
{
    char text[SERIES_TEXT];

    cr_assert_eq(f->session->process_count, 1, "%zu processes",
                 f->session->process_count);
    cr_expect_str_eq(
        process_values(text, f->session, f->session->processes[0], "heap.live", 9), want);
}

Test(intake, goes_on_with_a_log_that_was_loaded)
{
    struct fixture f = begin();
    const struct stream_options options = {.pid = -1};
    struct source *source = session_add_source(f.session, "app.log");
    struct stream *stream = stream_create(f.session, source, &options);
    struct slice half = slice_first(slice_str(line_2), 30);

    /* Loaded up to the middle of a line, which its writer has not finished. */
    stream_feed(stream, slice_str(line_1));
    stream_feed(stream, half);
    intake_adopt(f.intake, source, stream);
    give(&f, ENTRY_SOURCE, ENTRY_IS_STREAM, SLICE("app.log"));
    give(&f, ENTRY_DATA, 0, slice_after(slice_str(line_2), half.len));
    give(&f, ENTRY_DATA, 0, slice_str(line_3));
    give(&f, ENTRY_BEAT, 0, SLICE(""));
    cr_expect_eq(f.session->source_count, 1);
    cr_expect_eq(source->diag.skipped, 0);
    expect_live(&f, "2097152 3145728 4194304");
    finish(&f);
}

Test(intake, what_nobody_follows_is_given_back)
{
    struct fixture f = begin();
    const struct stream_options options = {.pid = -1};
    struct source *source = session_add_source(f.session, "app.log");

    intake_adopt(f.intake, source, stream_create(f.session, source, &options));
    give(&f, ENTRY_SOURCE, ENTRY_IS_STREAM, SLICE("other.log"));
    give(&f, ENTRY_DATA, 0, slice_str(line_1));
    cr_expect_eq(f.session->source_count, 2);
    finish(&f);
}

static void give_packed(const struct pack_ops *pack, size_t piece_bytes)
{
    struct fixture f = begin();
    struct text plain = {0};
    struct slice packed, rest;

    text_put_str(&plain, line_1);
    text_put_str(&plain, line_2);
    text_put_str(&plain, line_3);
    packed = pack->pack(slice_of(plain.ptr, plain.len));
    give(&f, ENTRY_SOURCE, ENTRY_IS_STREAM, SLICE("-"));
    for (rest = packed; rest.len;) {
        struct slice piece = slice_first(rest, piece_bytes);

        give(&f, ENTRY_DATA, 0, piece);
        rest = slice_after(rest, piece.len);
    }
    give(&f, ENTRY_END, 0, SLICE(""));
    give(&f, ENTRY_BEAT, 0, SLICE(""));
    expect_live(&f, "2097152 3145728 4194304");
    cr_expect_str_eq(f.session->sources[0]->compression, pack->name);
    cr_expect_eq(transcript_end(f.transcript), 3);
    test_free(packed);
    text_finish(&plain);
    finish(&f);
}

Test(intake, a_compressed_pipe_cut_anywhere)
{
    for (const struct pack_ops *pack = pack_table; pack->name; pack++) {
        for (size_t piece_bytes = 1; piece_bytes < 40; piece_bytes++)
            give_packed(pack, piece_bytes);
    }
}

Test(intake, a_torn_compressed_pipe_keeps_what_came)
{
    struct fixture f = begin();
    const struct pack_ops *gzip = pack_find("gzip");
    struct text plain = {0};
    struct slice packed;

    for (int i = 0; i < 2000; i++)
        text_printf(&plain, "%d %s", i, "not of interest, but much of it\n");
    text_put_str(&plain, line_1);
    packed = gzip->pack(slice_of(plain.ptr, plain.len));
    give(&f, ENTRY_SOURCE, ENTRY_IS_STREAM, SLICE("-"));
    give(&f, ENTRY_DATA, 0, slice_first(packed, packed.len - 9));
    give(&f, ENTRY_END, 0, SLICE(""));
    cr_expect_eq(f.session->sources[0]->diag.errors, 1);
    cr_expect_gt(transcript_end(f.transcript), 1000);
    test_free(packed);
    text_finish(&plain);
    finish(&f);
}

Test(intake, fewer_bytes_than_a_magic_number_are_not_lost)
{
    struct fixture f = begin();

    give(&f, ENTRY_SOURCE, ENTRY_IS_STREAM, SLICE("-"));
    give(&f, ENTRY_DATA, 0, SLICE("hi\n"));
    cr_expect_eq(transcript_end(f.transcript), 0);
    give(&f, ENTRY_END, 0, SLICE(""));
    cr_expect_eq(transcript_end(f.transcript), 1);
    finish(&f);
}

/* logrotate under a service that goes on: one process. */
Test(intake, a_log_that_is_replaced_goes_on)
{
    struct fixture f = begin();
    struct slice half = slice_first(slice_str(line_2), 30);

    give(&f, ENTRY_SOURCE, ENTRY_IS_STREAM, SLICE("app.log"));
    give(&f, ENTRY_DATA, 0, slice_str(line_1));
    give(&f, ENTRY_DATA, 0, half);
    give(&f, ENTRY_CUT, 0, SLICE(""));
    give(&f, ENTRY_DATA, 0, slice_of("\0\0\0", 3));
    give(&f, ENTRY_DATA, 0, slice_of("\0\0", 2));
    give(&f, ENTRY_DATA, 0, slice_str(line_3));
    give(&f, ENTRY_BEAT, 0, SLICE(""));
    expect_live(&f, "2097152 - 4194304");
    finish(&f);
}

Test(intake, another_process_in_a_log_that_is_replaced_is_another)
{
    struct fixture f = begin();

    give(&f, ENTRY_SOURCE, ENTRY_IS_STREAM, SLICE("app.log"));
    give(&f, ENTRY_DATA, 0, slice_str(line_2));
    give(&f, ENTRY_DATA, 0, slice_str(line_3));
    give(&f, ENTRY_CUT, 0, SLICE(""));
    give(&f, ENTRY_DATA, 0, slice_str(line_1));
    give(&f, ENTRY_BEAT, 0, SLICE(""));
    cr_expect_eq(f.session->process_count, 2);
    finish(&f);
}

/* A log without time stamps was loaded; its next process has but one cycle yet. */
Test(intake, a_restart_in_a_followed_log_is_now)
{
    struct fixture f = begin();
    const struct stream_options options = {.pid = -1};
    struct source *source = session_add_source(f.session, "app.log");
    struct stream *stream = stream_create(f.session, source, &options);
    int64_t from_ns, to_ns;

    f.session->is_streamed = false;
    stream_feed(stream, slice_str(line_1));
    stream_feed(stream, slice_str(line_2));
    align_session(f.session);
    intake_adopt(f.intake, source, stream);
    f.session->is_streamed = true;
    give(&f, ENTRY_SOURCE, ENTRY_IS_STREAM, SLICE("app.log"));
    give(&f, ENTRY_DATA, 0, slice_str(line_3));
    give(&f, ENTRY_BEAT, 0, SLICE(""));
    cr_assert(session_span(f.session, &from_ns, &to_ns));
    cr_expect_lt(to_ns - from_ns, NS_PER_S);
    give(&f, ENTRY_DATA, 0, slice_str(line_1));
    cr_expect_eq(f.session->process_count, 2);
    cr_assert(session_span(f.session, &from_ns, &to_ns));
    cr_expect_lt(to_ns - from_ns, NS_PER_S, "%lld", (long long)(to_ns - from_ns));
    finish(&f);
}

/* A log without time stamps had grown for long before somebody came to watch. */
Test(intake, what_a_log_held_is_not_in_the_future)
{
    struct fixture f = begin();
    struct text old = {0};
    int64_t from_ns, to_ns;
    const struct entry other = {.kind = ENTRY_SOURCE,
                                .source = 2,
                                .time_ns = START_NS,
                                .pid = 7,
                                .bytes = SLICE("pid:7")};
    struct entry document = {.kind = ENTRY_DATA,
                             .source = 2,
                             .time_ns = START_NS,
                             .bytes = SLICE("VmRSS:\t    1000 kB\nThreads:\t4\n")};

    text_printf(&old, "%s", line_1);
    text_put_str(&old, "gc 2 @900.150s 1%: 0.1+0.5+0.1 ms clock, 0.2+0.1/0.2/0.3+0.2 ms "
                       "cpu, 5->5->3 MB, 6 MB goal, 0 MB stacks, 0 MB globals, 2 P\n");
    intake_take(f.intake, &other);
    intake_take(f.intake, &document);
    give(&f, ENTRY_SOURCE, ENTRY_IS_STREAM, SLICE("app.log"));
    give(&f, ENTRY_DATA, ENTRY_IS_HISTORY, slice_of(old.ptr, old.len));
    give(&f, ENTRY_BEAT, 0, SLICE(""));
    cr_assert(session_span(f.session, &from_ns, &to_ns));
    cr_expect_eq(to_ns, START_NS, "%lld", (long long)(to_ns - START_NS));
    text_finish(&old);
    finish(&f);
}

static void put_zeros(struct text *out, int count)
{
    for (int i = 0; i < count; i++)
        text_put_str(out, ",0");
}

/* A service that has run for long remembers pauses of before anybody watched. */
Test(intake, a_service_that_is_polled_begins_then)
{
    struct fixture f = begin();
    struct text body = {0};
    int64_t from_ns, to_ns;
    const struct entry source = {.kind = ENTRY_SOURCE,
                                 .source = 2,
                                 .time_ns = START_NS,
                                 .pid = -1,
                                 .bytes = SLICE("http://h/debug/vars")};
    struct entry document = {.kind = ENTRY_DATA, .source = 2, .time_ns = START_NS};

    text_printf(
        &body,
        "{\"cmdline\":[\"/api\"],\"memstats\":{\"Alloc\":1000,\"TotalAlloc\":2000,"
        "\"Sys\":9000,\"Mallocs\":5,\"Frees\":2,\"HeapAlloc\":1000,"
        "\"HeapSys\":4000,\"HeapIdle\":10,\"HeapInuse\":1200,"
        "\"HeapReleased\":0,\"HeapObjects\":3,\"NextGC\":4000000,"
        "\"LastGC\":%lld,\"NumGC\":2,\"PauseTotalNs\":300,\"PauseNs\":[100,200",
        (long long)(START_NS - NS_PER_S));
    put_zeros(&body, 254);
    text_printf(&body, "],\"PauseEnd\":[%lld,%lld",
                (long long)(START_NS - 3600 * NS_PER_S),
                (long long)(START_NS - NS_PER_S));
    put_zeros(&body, 254);
    text_put_str(&body, "]}}");
    document.bytes = slice_of(body.ptr, body.len);
    intake_take(f.intake, &source);
    intake_take(f.intake, &document);
    give(&f, ENTRY_BEAT, 0, SLICE(""));
    cr_assert(session_span(f.session, &from_ns, &to_ns));
    cr_expect_eq(to_ns, START_NS);
    cr_expect_eq(from_ns, START_NS - NS_PER_S, "%lld", (long long)(START_NS - from_ns));
    text_finish(&body);
    finish(&f);
}
