/*
 * A large recording: opened by its seek table and without it, and sought in.
 *
 *   bench_reel          HEAPREEL_BENCH_REEL_MIB sizes it, 256 unless it is set
 *   bench_reel FILE     the same, there, and leaves it behind
 *
 * The documents are /debug/vars, one a second, with 48 KB in each that hardly pack, so
 * that the file has as many parts as real ones of its size have at most. Prints a line of
 * JSON.
 */
#define _XOPEN_SOURCE 700 /* mkdtemp, truncate */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "model/base/mem.h"
#include "model/base/num.h"
#include "model/base/text.h"
#include "replay/reel.h"
#include "tests/bench/timing.h"

#define SECOND INT64_C(1000000000)
#define START (INT64_C(1780000000) * SECOND)
#define FILLER_BYTES ((size_t)48 << 10)
#define SEEKS 1000
#define MIB 1048576.0

static uint64_t roll(uint64_t *dice)
{
    *dice = *dice * 6364136223846793005U + 1442695040888963407U;
    return *dice >> 33;
}

static void put_document(struct text *t, unsigned second, uint64_t *dice)
{
    uint64_t heap = ((uint64_t)64 << 20) + roll(dice) % ((uint64_t)32 << 20);

    text_clear(t);
    text_put_str(t, "{\"cmdline\":[\"");
    for (size_t i = 0; i < FILLER_BYTES; i++) {
        char c = (char)('0' + roll(dice) % 64);

        text_put_char(t, c == '\\' ? 'z' : c);
    }
    text_printf(t,
                "\"],\"memstats\":{\"Alloc\":%" PRIu64 ",\"TotalAlloc\":%" PRIu64
                ",\"Sys\":150000000,\"Mallocs\":%u,\"Frees\":%u,\"HeapAlloc\":%" PRIu64
                ",\"HeapSys\":140000000,\"HeapIdle\":20000000,\"HeapInuse\":120000000,"
                "\"HeapReleased\":1000000,\"HeapObjects\":%u,\"NextGC\":110000000,"
                "\"LastGC\":%" PRId64 ",\"PauseTotalNs\":%u,\"NumGC\":%u,"
                "\"GCCPUFraction\":0.01}}",
                heap, (uint64_t)second * 50000000, second * 1000, second * 1000 - second,
                heap, second + 1000, START + second * SECOND, second * 100000, second);
}

static void die(const char *what, const struct err *err)
{
    (void)fprintf(stderr, "bench_reel: %s: %s\n", what, err->reason);
    exit(1);
}

/* Returns how many documents, that is seconds, there are. */
static unsigned make(const char *path, uint64_t bytes)
{
    struct err err = {0};
    struct reel_writer *w = reel_create(path, START, &err);
    struct entry e = {.kind = ENTRY_SOURCE, .source = 1, .time_ns = START, .pid = -1};
    struct text document = {0};
    uint64_t dice = 1;
    unsigned second = 0;
    bool ok;

    if (!w)
        die(path, &err);
    e.bytes = SLICE("http://127.0.0.1:6060/debug/vars");
    ok = reel_write(w, &e, &err);
    while (ok && reel_bytes_written(w) < bytes) {
        put_document(&document, second, &dice);
        e.kind = ENTRY_DATA;
        e.time_ns = START + second++ * SECOND;
        e.bytes = slice_of(document.ptr, document.len);
        ok = reel_write(w, &e, &err) && reel_flush(w, &err);
    }
    text_finish(&document);
    if (!reel_close(w, NULL, &err) || !ok || second == 0)
        die(path, &err);
    return second;
}

static void forget_pages(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return;
    (void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    (void)close(fd);
}

static double open_ms(const char *path, struct reel_reader **r)
{
    struct err err = {0};
    int64_t start_ns = timing_now_ns();

    *r = reel_open(path, &err);
    if (!*r)
        die(path, &err);
    return (double)(timing_now_ns() - start_ns) / 1e6;
}

static int compare(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}

/* To places anywhere, until the first entry of data is there; in the order of time. */
static void seek_ms(struct reel_reader *r, unsigned seconds, double took[SEEKS])
{
    uint64_t dice = 7;

    for (size_t i = 0; i < SEEKS; i++) {
        int64_t to_ns = START + (int64_t)(roll(&dice) % seconds) * SECOND;
        int64_t start_ns = timing_now_ns();
        struct entry e = {.kind = ENTRY_BEAT};
        struct err err = {0};

        reel_seek(r, to_ns);
        while (e.kind != ENTRY_DATA && reel_next(r, &e, &err) == REEL_ENTRY)
            continue;
        if (e.kind != ENTRY_DATA || e.time_ns > to_ns)
            die("seek", &err);
        took[i] = (double)(timing_now_ns() - start_ns) / 1e6;
    }
    qsort(took, SEEKS, sizeof took[0], compare);
}

static void measure(const char *name, const char *path, unsigned seconds)
{
    double cold, warm, took[SEEKS];
    struct reel_reader *r;
    struct reel_span span;

    forget_pages(path);
    cold = open_ms(path, &r);
    reel_reader_close(r);
    warm = open_ms(path, &r);
    span = reel_reader_span(r);
    forget_pages(path);
    seek_ms(r, seconds, took);
    reel_reader_close(r);
    (void)printf(
        "\"%s\": {\"mib\": %.0f, \"parts\": %zu, \"torn\": %s, \"open_cold_ms\": "
        "%.2f, \"open_ms\": %.2f, \"seek_median_ms\": %.2f, \"seek_p99_ms\": %.2f}",
        name, (double)span.size_bytes / MIB, span.part_count,
        span.is_torn ? "true" : "false", cold, warm, took[SEEKS / 2],
        took[SEEKS * 99 / 100]);
}

/* As one that was killed at its very end leaves it, for a while. */
static void measure_torn(const char *path, unsigned seconds)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    off_t end;
    char last;

    if (fd < 0)
        return;
    end = lseek(fd, 0, SEEK_END) - 1;
    if (end > 0 && pread(fd, &last, 1, end) == 1 && ftruncate(fd, end) == 0) {
        measure("torn", path, seconds);
        if (pwrite(fd, &last, 1, end) != 1)
            (void)fprintf(stderr, "bench_reel: %s remains torn\n", path);
    }
    (void)close(fd);
}

int main(int argc, char **argv)
{
    char folder[] = "/tmp/heapreel-bench-XXXXXX";
    const char *asked = getenv("HEAPREEL_BENCH_REEL_MIB");
    struct text path = {0};
    uint64_t mib = 256;
    unsigned seconds;
    int64_t start_ns = timing_now_ns();

    if (asked && (!num_parse_u64(slice_str(asked), &mib) || mib == 0 || mib > 1 << 20))
        mib = 256;
    if (argc > 1)
        text_put_str(&path, argv[1]);
    else if (mkdtemp(folder))
        text_printf(&path, "%s/a.reel", folder);
    seconds = make(text_str(&path), mib << 20);
    (void)printf("{\"written_s\": %.1f, \"seconds\": %u, ",
                 (double)(timing_now_ns() - start_ns) / 1e9, seconds);
    measure("whole", text_str(&path), seconds);
    (void)printf(", ");
    measure_torn(text_str(&path), seconds);
    (void)printf("}\n");
    if (argc == 1) {
        (void)unlink(text_str(&path));
        (void)rmdir(folder);
    }
    text_finish(&path);
    return 0;
}
