/*
 * The real lines of traces/, of which the benchmarks' inputs are made.
 *
 * Lifetime. The recordings own their bytes; lines are views of them.
 */
#ifndef TESTS_BENCH_RECORDINGS_H
#define TESTS_BENCH_RECORDINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "model/base/slice.h"
#include "model/base/text.h"

/* Zero-initialise. */
struct recordings {
    struct text text;
    struct slice *lines; /* without their newline */
    size_t count, capacity;
};

typedef bool (*recordings_filter)(struct slice line);

/*
 * Adds the lines that `keep` wants of every file whose path under `folder` matches the
 * shell pattern, in the order of the names, unpacked. A file that this build cannot
 * unpack gives what came before. Called once.
 */
void recordings_read(struct recordings *r, const char *folder, const char *pattern,
                     recordings_filter keep);
void recordings_finish(struct recordings *r);

#endif
