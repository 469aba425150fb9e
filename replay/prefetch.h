/*
 * A thread that reads and unpacks ahead of the parser.
 *
 * The measured reason for a second thread: unpacking a zstd gctrace log and parsing it
 * take about the same time, so one after the other costs twice what `zstd -dc` does,
 * side by side just over once (tests/bench/README.md). Only compressed regular files
 * get one; nothing else is slow enough to be worth it.
 *
 * The input belongs to the thread from prefetch_start to prefetch_stop.
 */
#ifndef REPLAY_PREFETCH_H
#define REPLAY_PREFETCH_H

#include "replay/input.h"

struct prefetch;

/* NULL when there is no thread to be had: read the input directly then. */
struct prefetch *prefetch_start(struct input *in);
void prefetch_stop(struct prefetch *p);

/*
 * The next piece, valid until the next call. Waits at most `wait_ns` for it, then
 * returns INPUT_WAIT. Errors come in their place behind the bytes before them.
 */
enum input_result prefetch_next(struct prefetch *p, int64_t wait_ns, struct slice *piece,
                                struct err *err);

#endif
