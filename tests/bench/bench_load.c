/*
 * Loads a file as the commands of heapreel do, and says what was kept of it:
 *
 *   bench_load FILE
 *
 * Prints a line of JSON. `numbers` is every time and every value that is there;
 * `table_bytes` is what the tables take for them, pyramids included.
 */
#include <inttypes.h>
#include <stdio.h>

#include "replay/loader.h"
#include "tests/bench/timing.h"

struct kept {
    size_t rows, numbers, table_bytes;
};

static void add_process(struct kept *kept, const struct process *p)
{
    for (size_t i = 0; i < p->track_count; i++) {
        const struct table *table = p->tracks[i]->table;

        kept->rows += table_row_count(table);
        kept->numbers += table_stored_numbers(table);
        kept->table_bytes += table_memory_bytes(table);
    }
}

int main(int argc, char **argv)
{
    const struct loader_options options = {0};
    struct session *session = session_create();
    struct loader *loader = loader_create(session, &options);
    struct kept kept = {0};
    int64_t start_ns, end_ns;
    int status = 2;

    if (argc == 2) {
        start_ns = timing_now_ns();
        loader_add(loader, argv[1]);
        while (loader_step(loader, INT64_MAX))
            continue;
        end_ns = timing_now_ns();
        for (size_t i = 0; i < session->process_count; i++)
            add_process(&kept, session->processes[i]);
        (void)printf(
            "{\"load_s\": %.6f, \"rows\": %zu, \"numbers\": %zu, "
            "\"table_bytes\": %zu, \"processes\": %zu, \"skipped\": %" PRIu64 "}\n",
            (double)(end_ns - start_ns) / 1e9, kept.rows, kept.numbers, kept.table_bytes,
            session->process_count, session->sources[0]->diag.skipped);
        status = loader_unreadable_count(loader) ? 1 : 0;
    }
    loader_destroy(loader);
    session_destroy(session);
    return status;
}
