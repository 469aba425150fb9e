/*
 * Writes a large log, made of the real lines in traces/, always the same one:
 *
 *   bench_make KIND MIB TRACES FILE
 *
 *   gctrace   nothing but gctrace lines of one long-lived process
 *   mixed     one gctrace line in a hundred, lines of a service's own log between them
 *   memstats  a MemStats object a line: whole recordings, one behind the other
 *   prometheus  samples with time stamps: recordings, one behind the other
 *   scrapes   what a Go server answers to /metrics, again and again: no stamps
 *
 * Runs of lines are taken from the recordings at random places. Of a gctrace line only
 * the cycle's number and time are rewritten (they go on counting, by the intervals that
 * were recorded), since a log in which they jumped back would be one of many processes.
 * Of a service's line it is the time stamp, which would otherwise repeat itself and pack
 * far better than that of a real log.
 *
 * Prints a line of JSON: how many lines and records there are, and bytes.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "model/base/compiler.h"
#include "model/base/num.h"
#include "model/units.h"
#include "parsers/cursor.h"
#include "parsers/stamp.h"
#include "tests/bench/recordings.h"

#define FLUSH_BYTES ((size_t)1 << 20)
#define RUN_LINES 500 /* taken in one piece: keeps the rhythm of the recording */
#define MIXED_LINES 100
#define DEFAULT_INTERVAL_MS 100 /* where one recording ends and the next begins */
#define MS_MAX 999
#define SCRAPE_MS 250
#define SCRAPES_FROM_MS INT64_C(1795224984732)
#define LINE_NS INT64_C(5123) /* between two lines of the service */
#define NS_PER_DAY (INT64_C(86400) * NS_PER_S)

/* 2026-11-21T02:03:56.902437188, and how each kind of service line carries it. */
#define STAMP_LEN ((size_t)29)
#define FRACTION_AT ((size_t)20)
#define PLAIN_FRACTION ((size_t)6)
#define JSON_FRACTION ((size_t)9)
#define JSON_STAMP_FROM_END (STAMP_LEN + sizeof("Z\"}") - 1)

/* A gctrace line without what is rewritten. */
struct cycle_line {
    int64_t start_ms;
    struct slice rest; /* from the "s" behind the seconds */
};

struct maker {
    struct recordings records, others;
    uint64_t random;
    size_t record_at, record_run, other_at, other_run;
    uint64_t number; /* of the last cycle */
    int64_t time_ms, start_ms;
    int64_t line_ns; /* time stamp of the last service line, since its first day began */
    uint64_t lines, record_lines;
    unsigned record_turn; /* which of a hundred lines is the record */
    struct text out;
};

struct kind {
    const char *name;
    const char *record_files;
    recordings_filter is_record;
    const char *other_files;
    void (*put_line)(struct maker *m);
};

/* xorshift64*, by Vigna: enough to pick lines, and the same everywhere. */
static uint64_t next_random(struct maker *m)
{
    m->random ^= m->random >> 12;
    m->random ^= m->random << 25;
    m->random ^= m->random >> 27;
    return m->random * UINT64_C(2685821657736338717);
}

/* The next line of a run, or the first one of a run at a random place. */
static struct slice next_line(struct maker *m, const struct recordings *r, size_t *at,
                              size_t *run)
{
    if (*run == 0 || *at == r->count) {
        *run = RUN_LINES;
        *at = (size_t)(next_random(m) % r->count);
    }
    --*run;
    return r->lines[(*at)++];
}

static bool parse_cycle(struct slice line, struct cycle_line *out)
{
    struct err err = {0};
    struct cursor c = cursor_init(line, &err);
    uint64_t seconds, ms;

    cursor_expect(&c, SLICE("gc "));
    (void)cursor_u64(&c, UINT32_MAX);
    cursor_expect(&c, SLICE(" @"));
    seconds = cursor_u64(&c, UINT32_MAX);
    cursor_expect(&c, SLICE("."));
    ms = cursor_u64(&c, MS_MAX);
    *out = (struct cycle_line){(int64_t)(seconds * 1000 + ms), c.rest};
    return !c.failed && slice_ends(line, SLICE(" P"));
}

static bool is_cycle(struct slice line)
{
    struct cycle_line cycle;

    return parse_cycle(line, &cycle);
}

/* Where the stamp of a JSON line is; Go drops zeros at its end, and those lines with
 * them are left out. */
static bool is_json_line(struct slice line)
{
    return slice_starts(line, SLICE("{\"")) && slice_ends(line, SLICE("Z\"}")) &&
           line.len > JSON_STAMP_FROM_END &&
           stamp_is_here(slice_after(line, line.len - JSON_STAMP_FROM_END));
}

/* A whole line of the service itself; in those files some are torn by gctrace's. */
static bool is_service_line(struct slice line)
{
    bool is_plain = stamp_is_here(line) && slice_ends(line, SLICE("us"));

    return is_plain || is_json_line(line);
}

static bool is_snapshot(struct slice line)
{
    return slice_starts(line, SLICE("{")) && slice_ends(line, SLICE("}"));
}

static void put_line(struct maker *m, struct slice line)
{
    text_put(&m->out, line);
    text_put_char(&m->out, '\n');
    m->lines++;
}

/* At least `width` digits. By hand: printf would take longer than everything else. */
static void put_number(struct text *out, uint64_t value, size_t width)
{
    char digits[24];
    size_t at = sizeof digits;

    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value || sizeof digits - at < width);
    text_put(out, slice_of(digits + at, sizeof digits - at));
}

static void put_cycle(struct maker *m)
{
    struct cycle_line cycle;
    struct slice line = next_line(m, &m->records, &m->record_at, &m->record_run);
    int64_t interval_ms;

    if (!parse_cycle(line, &cycle)) /* the filter let it pass, so it is one */
        abort();
    interval_ms = cycle.start_ms - m->start_ms;
    if (interval_ms < 0 || m->record_run == RUN_LINES - 1)
        interval_ms = DEFAULT_INTERVAL_MS;
    m->start_ms = cycle.start_ms;
    m->time_ms += interval_ms;
    text_put_str(&m->out, "gc ");
    put_number(&m->out, ++m->number, 1);
    text_put_str(&m->out, " @");
    put_number(&m->out, (uint64_t)m->time_ms / 1000, 1);
    text_put_char(&m->out, '.');
    put_number(&m->out, (uint64_t)m->time_ms % 1000, 3);
    put_line(m, cycle.rest);
    m->record_lines++;
}

static void overwrite(char *at, int64_t value, size_t width)
{
    while (width-- > 0) {
        at[width] = (char)('0' + value % 10);
        value /= 10;
    }
}

/* Digits only: whether "/", "-", " " or "T" stand between them is the line's own. The
 * date starts anew after ten days, longer than any log made here. */
static void overwrite_stamp(char *at, int64_t ns, size_t fraction)
{
    int64_t second = ns % NS_PER_DAY / NS_PER_S, below = ns % NS_PER_S;

    overwrite(at + 8, 20 + ns / NS_PER_DAY % 10, 2);
    overwrite(at + 11, second / 3600, 2);
    overwrite(at + 14, second / 60 % 60, 2);
    overwrite(at + 17, second % 60, 2);
    overwrite(at + FRACTION_AT, fraction < JSON_FRACTION ? below / NS_PER_US : below,
              fraction);
}

static void put_service_line(struct maker *m)
{
    struct slice line = next_line(m, &m->others, &m->other_at, &m->other_run);
    int64_t cycle_ns = m->time_ms * NS_PER_MS;
    char *end;

    m->line_ns = m->line_ns < cycle_ns ? cycle_ns : m->line_ns + LINE_NS;
    put_line(m, line);
    end = m->out.ptr + m->out.len - 1;
    if (is_json_line(line))
        overwrite_stamp(end - JSON_STAMP_FROM_END, m->line_ns, JSON_FRACTION);
    else
        overwrite_stamp(end - line.len, m->line_ns, PLAIN_FRACTION);
}

static void put_mixed(struct maker *m)
{
    if (m->lines % MIXED_LINES == 0)
        m->record_turn = (unsigned)(next_random(m) % MIXED_LINES);
    if (m->lines % MIXED_LINES == m->record_turn)
        put_cycle(m);
    else
        put_service_line(m);
}

static void put_snapshot(struct maker *m)
{
    if (m->record_at == m->records.count)
        m->record_at = 0;
    put_line(m, m->records.lines[m->record_at++]);
    m->record_lines++;
}

static bool is_sample(struct slice line)
{
    const char *blank = line.len ? memchr(line.ptr, ' ', line.len) : NULL;

    return blank && line.ptr[0] != '#' &&
           memchr(blank + 1, ' ', (size_t)(line.ptr + line.len - blank) - 1);
}

/* A scrape begins with the first of its names; the recorder took one each 250 ms. */
static void put_sample(struct maker *m)
{
    struct slice line;
    size_t len;

    if (m->record_at == m->records.count)
        m->record_at = 0;
    line = m->records.lines[m->record_at++];
    if (slice_starts(line, SLICE("go_memstats_alloc_bytes "))) {
        m->time_ms += SCRAPE_MS;
        m->record_lines++;
    }
    len = line.len;
    while (line.ptr[len - 1] != ' ')
        len--;
    text_put(&m->out, slice_first(line, len));
    put_number(&m->out, (uint64_t)(SCRAPES_FROM_MS + m->time_ms), 1);
    put_line(m, (struct slice){0});
}

static bool is_any(struct slice line)
{
    return !slice_eq(line, SLICE("# EOF"));
}

static const struct kind kinds[] = {
    {"gctrace", "*/gctrace.log*", is_cycle, NULL, put_cycle},
    {"mixed", "*/gctrace.log*", is_cycle, "gctrace/*-interleaved-stderr.log", put_mixed},
    {"memstats", "*/memstats.ndjson*", is_snapshot, NULL, put_snapshot},
    {"prometheus", "*/*metrics.prom*", is_sample, NULL, put_sample},
    {"scrapes", "prometheus/*alltypes.237mfs.prom*", is_any, NULL, put_snapshot},
};

static const struct kind *find_kind(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (slice_eq(slice_str(kinds[i].name), slice_str(name)))
            return &kinds[i];
    return NULL;
}

/* Whole lines until there are `wanted` bytes; false when they cannot be written. */
static bool write_log(struct maker *m, const struct kind *kind, uint64_t wanted,
                      FILE *file, uint64_t *written)
{
    while (*written < wanted) {
        while (m->out.len < FLUSH_BYTES && *written + m->out.len < wanted)
            kind->put_line(m);
        if (fwrite(m->out.ptr, 1, m->out.len, file) != m->out.len)
            return false;
        *written += m->out.len;
        text_clear(&m->out);
    }
    return true;
}

static int make(const struct kind *kind, uint64_t mib, const char *traces,
                const char *path)
{
    struct maker m = {.random = 1};
    FILE *file = fopen(path, "wb");
    uint64_t written = 0;
    bool ok = file != NULL;

    recordings_read(&m.records, traces, kind->record_files, kind->is_record);
    if (kind->other_files)
        recordings_read(&m.others, traces, kind->other_files, is_service_line);
    ok = ok && m.records.count && (!kind->other_files || m.others.count) &&
         write_log(&m, kind, mib << 20, file, &written);
    if (file && fclose(file) != 0)
        ok = false;
    if (ok)
        (void)printf("{\"lines\": %" PRIu64 ", \"records\": %" PRIu64
                     ", \"bytes\": %" PRIu64 "}\n",
                     m.lines, m.record_lines, written);
    else
        (void)fprintf(stderr, "bench_make: %s: cannot be written\n", path);
    recordings_finish(&m.records);
    recordings_finish(&m.others);
    text_finish(&m.out);
    return ok ? 0 : 1;
}

int main(int argc, char **argv)
{
    const struct kind *kind = argc == 5 ? find_kind(argv[1]) : NULL;
    uint64_t mib;

    if (!kind || !num_parse_u64(slice_str(argv[2]), &mib) || mib > UINT32_MAX) {
        (void)fprintf(stderr, "usage: bench_make KIND MIB TRACES FILE\n");
        return 2;
    }
    return make(kind, mib, argv[3], argv[4]);
}
