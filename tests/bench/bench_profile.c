/*
 * Profiles that are in memory already, through the parser and into a store:
 *
 *   bench_profile parse FILE      best of five, CPU time: the parser alone, then with the
 *                                 store
 *   bench_profile keep COUNT FILE…  so many profiles, the files in turn, each with its
 *                                 values changed a little: what they take
 *
 * FILE is unpacked. Prints a line of JSON.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "model/base/mem.h"
#include "model/profile.h"
#include "model/session.h"
#include "parsers/pprof.h"

#define ROUNDS 5
#define PIECE_BYTES ((size_t)256 << 10) /* as the loader reads */

/* Of this process on a processor: the machine may have others to serve. */
static double cpu_s(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

struct run {
    struct profile_store *store; /* NULL: the parser alone */
    const struct track *track;
    uint64_t seed; /* 0 = leave the values alone */
    size_t samples, rows;
};

/* A live service between two profiles: allocated figures go up, others up or down. */
static int64_t *change_values(struct run *run, const struct profile_record *r)
{
    size_t count = r->sample_count * r->type_count;
    int64_t *values = mem_alloc_array(count, sizeof *values);

    for (size_t i = 0; i < count; i++) {
        run->seed = run->seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
        values[i] = r->values[i];
        if (run->seed >> 61 == 0) /* one in eight */
            values[i] += (int64_t)(run->seed >> 33 & 0xff) * (values[i] / 256 + 1);
    }
    return values;
}

static const char *take_profile(void *user, const struct profile_record *record)
{
    struct run *run = user;
    struct profile_record changed = *record;
    int64_t *values = NULL;
    const char *reason = NULL;

    run->samples += record->sample_count;
    if (!run->store)
        return NULL;
    if (run->seed) {
        values = change_values(run, record);
        changed.values = values;
    }
    reason = profile_store_add(run->store, &changed, run->track, 0);
    run->rows +=
        profile_store_at(run->store, profile_store_count(run->store) - 1)->row_count;
    free(values);
    return reason;
}

static bool parse(struct run *run, struct slice in)
{
    struct sink sink = {.user = run, .profile = take_profile};
    struct diag *diag = mem_alloc(sizeof *diag);
    void *state = mem_alloc(pprof_parser.state_bytes);
    struct err err;
    bool ok = pprof_parser.open(state, &sink, diag);

    while (ok && in.len) {
        struct slice piece = slice_first(in, PIECE_BYTES);

        ok = pprof_parser.feed(state, piece, &err);
        in = slice_after(in, piece.len);
    }
    ok =
        ok && pprof_parser.finish(state, &err) && diag->errors == 0 && diag->skipped == 0;
    pprof_parser.close(state);
    free(state);
    free(diag);
    return ok;
}

static bool read_file(const char *path, struct slice *out)
{
    FILE *file = fopen(path, "rb");
    char *bytes = NULL;
    size_t len = 0, capacity = 0, got = 1;

    while (file && got > 0) {
        bytes = mem_grow(bytes, &capacity, len + (1u << 20), 1);
        got = fread(bytes + len, 1, 1u << 20, file);
        len += got;
    }
    *out = slice_of(bytes, len);
    return file && fclose(file) == 0;
}

static bool time_once(struct slice in, bool with_store, double *best_s)
{
    struct run run = {.store = with_store ? profile_store_create() : NULL};
    double start_s = cpu_s();
    bool ok = parse(&run, in);
    double s = cpu_s() - start_s;

    *best_s = *best_s == 0 || s < *best_s ? s : *best_s;
    profile_store_destroy(run.store);
    return ok;
}

static int bench_parse(const char *path)
{
    double parse_s = 0, store_s = 0;
    struct slice in;
    bool ok = read_file(path, &in);

    for (int i = 0; i < ROUNDS && ok; i++)
        ok = time_once(in, false, &parse_s) && time_once(in, true, &store_s);
    (void)printf("{\"bytes\": %zu, \"parse_s\": %.6f, \"store_s\": %.6f}\n", in.len,
                 parse_s, store_s);
    free((void *)(uintptr_t)in.ptr);
    return ok ? 0 : 1;
}

static int bench_keep(size_t count, char **paths, size_t path_count)
{
    struct run run = {.store = profile_store_create()};
    struct slice *files = mem_alloc_array(path_count, sizeof *files);
    size_t values_bytes = 0;
    bool ok = true;

    for (size_t i = 0; i < path_count; i++)
        ok = read_file(paths[i], &files[i]) && ok;
    for (size_t i = 0; i < count && ok; i++) {
        run.seed = i < path_count ? 0 : i;
        ok = parse(&run, files[i % path_count]);
    }
    for (size_t i = 0; i < profile_store_count(run.store); i++)
        values_bytes += profile_bytes(profile_store_at(run.store, i));
    (void)printf("{\"profiles\": %zu, \"samples\": %zu, \"rows\": %zu, \"nodes\": %zu, "
                 "\"store_bytes\": %zu, \"values_bytes\": %zu}\n",
                 profile_store_count(run.store), run.samples, run.rows,
                 profile_node_count(run.store), profile_store_bytes(run.store),
                 values_bytes);
    for (size_t i = 0; i < path_count; i++)
        free((void *)(uintptr_t)files[i].ptr);
    free(files);
    profile_store_destroy(run.store);
    return ok ? 0 : 1;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "parse") == 0)
        return bench_parse(argv[2]);
    if (argc > 3 && strcmp(argv[1], "keep") == 0)
        return bench_keep((size_t)strtoul(argv[2], NULL, 10), argv + 3, (size_t)argc - 3);
    return 2;
}
