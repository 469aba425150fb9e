/* What a session knows of a recording that is damaged. */
#define _XOPEN_SOURCE 700 /* mkdtemp */

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "model/base/compiler.h"
#include "model/base/text.h"
#include "model/session.h"
#include "model/units.h"
#include "replay/loader.h"
#include "replay/recording.h"
#include "tests/unit/support.h"

TestSuite(reel_load, .fini = test_abort_on_leak);

#define T0 (INT64_C(1795276800) * NS_PER_S)

/* A part lasts a minute. */
#define MINUTES 4
#define PARTS_MAX 16

struct scratch {
    char folder[64], reel[96];
};

static void give(struct recording *r, enum entry_kind kind, uint32_t source,
                 int64_t time_ns, const char *text)
{
    const struct entry e = {.kind = kind,
                            .source = source,
                            .time_ns = time_ns,
                            .pid = 7,
                            .bytes = slice_str(text)};

    recording_take(r, &e);
}

/* What /proc says of a process once a second, for some minutes. */
static void scratch_init(struct scratch *s)
{
    const struct keep all = {0};
    struct recording *r = recording_create();
    struct err err = {0};

    (void)snprintf(s->folder, sizeof s->folder, "/tmp/heapreel-damage-XXXXXX");
    cr_assert(mkdtemp(s->folder));
    (void)snprintf(s->reel, sizeof s->reel, "%s/made.reel", s->folder);
    cr_assert(recording_begin(r, s->reel, &all, T0, &err), "%s", err.reason);
    give(r, ENTRY_SOURCE, 1, T0, "pid:7");
    for (int64_t i = 0; i < INT64_C(60) * MINUTES; i++) {
        char text[200];

        (void)snprintf(text, sizeof text,
                       "==> /proc/7/status <==\nName:\tapi\nPid:\t7\nVmRSS:\t %lld kB\n",
                       15000 + (long long)i * 37);
        give(r, ENTRY_DATA, 1, T0 + i * NS_PER_S, text);
        give(r, ENTRY_BEAT, 0, T0 + i * NS_PER_S, "");
    }
    cr_assert(recording_end(r, &err), "%s", err.reason);
    recording_destroy(r);
}

static void scratch_finish(struct scratch *s)
{
    cr_assert_eq(unlink(s->reel), 0);
    cr_assert_eq(rmdir(s->folder), 0);
}

/* Turns a byte over near the beginning of so many of its frames, from the last back;
 * how many frames there are. */
static size_t damage(const struct scratch *s, size_t count)
{
    static const char magic[] = "\x28\xb5\x2f\xfd";
    enum { BEHIND_BYTES = 6 };
    long at[PARTS_MAX];
    size_t found = 0, matched = 0;
    FILE *f = fopen(s->reel, "r+b");
    int c;

    cr_assert(f);
    while ((c = fgetc(f)) != EOF) {
        matched =
            c == (unsigned char)magic[matched] ? matched + 1 : (size_t)(c == magic[0]);
        if (matched < sizeof magic - 1)
            continue;
        cr_assert_lt(found, (size_t)PARTS_MAX);
        at[found++] = ftell(f) + BEHIND_BYTES;
        matched = 0;
    }
    for (size_t i = 0; i < count && i < found; i++) {
        long place = at[found - 1 - i];

        cr_assert_eq(fseek(f, place, SEEK_SET), 0);
        c = fgetc(f);
        cr_assert_eq(fseek(f, place, SEEK_SET), 0);
        cr_assert_neq(fputc(c ^ 0xff, f), EOF);
    }
    cr_assert_eq(fclose(f), 0);
    return found;
}

static struct session *load(const struct scratch *s)
{
    const struct loader_options options = {0};
    struct session *session = session_create();
    struct loader *l = loader_create(session, &options);

    loader_add(l, s->reel);
    while (loader_step(l, INT64_MAX))
        continue;
    loader_destroy(l);
    return session;
}

Test(reel_load, a_whole_one)
{
    struct scratch s;
    struct session *session;

    scratch_init(&s);
    session = load(&s);
    cr_expect_not(source_has_failed(session->sources[0]));
    cr_expect_eq(session->sources[0]->lost_parts, 0);
    cr_expect_eq(session->sources[0]->part_count, damage(&s, 0));
    session_destroy(session);
    scratch_finish(&s);
}

Test(reel_load, one_part_is_damaged)
{
    struct scratch s;
    struct session *session;
    size_t parts;

    scratch_init(&s);
    parts = damage(&s, 1);
    cr_assert_geq(parts, (size_t)MINUTES);
    session = load(&s);
    cr_expect_not(source_has_failed(session->sources[0]));
    cr_expect_eq(session->sources[0]->lost_parts, 1);
    cr_expect_eq(session->sources[0]->part_count, parts);
    cr_assert_eq(session->process_count, 1);
    cr_expect_geq(process_rows(session->processes[0]), (size_t)(60 * (MINUTES - 1)));
    session_destroy(session);
    scratch_finish(&s);
}

Test(reel_load, nothing_can_be_read)
{
    struct scratch s;
    struct session *session;
    size_t parts;

    scratch_init(&s);
    parts = damage(&s, PARTS_MAX);
    session = load(&s);
    cr_expect(source_has_failed(session->sources[0]));
    cr_expect_eq(session->sources[0]->lost_parts, parts);
    cr_expect_eq(session->process_count, 0);
    session_destroy(session);
    scratch_finish(&s);
}

/* No part can even be found. */
Test(reel_load, only_its_head_is_left)
{
    struct scratch s;
    struct session *session;
    FILE *f;

    scratch_init(&s);
    f = fopen(s.reel, "r+b");
    cr_assert(f);
    cr_assert_eq(fseek(f, 64, SEEK_SET), 0);
    for (int i = 0; i < 1 << 16; i++)
        cr_assert_neq(fputc('x', f), EOF);
    cr_assert_eq(fclose(f), 0);
    session = load(&s);
    cr_expect(source_has_failed(session->sources[0]));
    session_destroy(session);
    scratch_finish(&s);
}
