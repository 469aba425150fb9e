/*
 * The Go runtime's fatal errors, and panics that nobody recovered, as they stand in a
 * log: the error's line, sometimes one in front of it that says more, and behind it a
 * dump of goroutines, the one at fault first.
 *
 *   runtime: out of memory: cannot allocate 4194304-byte block (536870912 in use)
 *   fatal error: out of memory
 *
 *   goroutine 1 gp=0xc000004380 m=2 mp=0xc000046808 [running]:
 *   runtime.throw({0x4b731c?, 0x800?})
 *           runtime/panic.go:1101 +0x48 fp=0xc0000749e8 sp=0xc0000749b8 pc=0x467a88
 *   main.main()
 *           ./d.go:42 +0x22a
 *
 * Sources: runtime/panic.go (throw, fatal, printpanics), malloc.go, stack.go,
 * mem_windows.go, traceback.go; read at 1.15, 1.19 and 1.24 to 1.27.
 *
 * Shape: one notice of EVENT_FATAL each, handed on as soon as the first frame that is
 * not the runtime's is known, or will not come. Facts: error, goroutine,
 * goroutine_state, function, file, requested_bytes, in_use_bytes, limit_bytes (of the
 * stack), limit_threads. Memory is fixed.
 *
 * A "fatal error: " that the runtime does not print counts only when its dump follows, a
 * panic likewise; anything else is the application's text.
 */
#ifndef PARSERS_GOFATAL_H
#define PARSERS_GOFATAL_H

#include <stdbool.h>
#include <stdint.h>

#include "model/base/diag.h"
#include "model/record.h"
#include "parsers/limits.h"

enum gofatal_stage {
    GOFATAL_NONE,
    GOFATAL_PREFACE, /* "runtime: …": the error's own line is to come */
    GOFATAL_ERROR,   /* … was read */
    GOFATAL_FRAMES,  /* in the stack of the goroutine at fault */
    GOFATAL_FILE,    /* its function is known; the next line says where */
};

struct gofatal_text {
    char bytes[LIMIT_FATAL_TEXT_BYTES];
    size_t len;
};

struct gofatal {
    const struct sink *sink;
    struct diag *diag;
    enum gofatal_stage stage;
    bool is_panic;
    bool is_sure;        /* this is the runtime's, whatever follows */
    bool is_after_blank; /* the line before was empty */
    bool has_goroutine, has_stamp;
    unsigned waited_lines;
    uint64_t offset_bytes, line;
    int64_t stamp_ns;
    uint64_t goroutine;
    double requested, in_use, limit, limit_threads; /* NaN: unknown */
    struct gofatal_text preface, error, state, function, file;
};

/*
 * A line's text behind its prefix, from "runtime: ", "fatal error: " or "panic: " on.
 * `line` is all of it, for its time stamp.
 */
void gofatal_runtime(struct gofatal *f, struct slice line, struct slice text,
                     uint64_t offset_bytes, uint64_t number);
void gofatal_error(struct gofatal *f, struct slice line, struct slice text,
                   uint64_t offset_bytes, uint64_t number);
void gofatal_panic(struct gofatal *f, struct slice line, struct slice text,
                   uint64_t offset_bytes, uint64_t number);

/* Each line that follows, without its prefix, until the stage is GOFATAL_NONE. */
void gofatal_line(struct gofatal *f, struct slice text);

/* Nothing more will come. */
void gofatal_flush(struct gofatal *f);

#endif
