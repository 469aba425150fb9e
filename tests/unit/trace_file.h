/* The recordings in traces/, unpacked. */
#ifndef TESTS_UNIT_TRACE_FILE_H
#define TESTS_UNIT_TRACE_FILE_H

#include "model/base/slice.h"

#define TRACE_PATH 4096

/* The path of a file below traces/; returns out. */
const char *trace_path(char out[TRACE_PATH], const char *name);

/*
 * A file of traces/ ("gctrace/tebeka-map.gctrace") as it is, or unpacked; ends the test
 * when it is not there. Give it back to test_free.
 */
struct slice trace_raw(const char *name);
struct slice trace_plain(const char *name);

/* Calls `visit` for each regular file under traces/ with its name below it, in order. */
typedef void trace_visitor(const char *name, void *user);
void trace_each(trace_visitor *visit, void *user);

#endif
