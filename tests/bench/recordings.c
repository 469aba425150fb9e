#include "tests/bench/recordings.h"

#include <glob.h>
#include <stdlib.h>

#include "model/base/mem.h"
#include "replay/input.h"

#define PIECE_BYTES ((size_t)1 << 16)

static void read_file(struct text *out, const char *path)
{
    char *piece = mem_alloc(PIECE_BYTES);
    struct input in;
    struct err err = {0};
    size_t got;

    if (input_open(&in, path, &err)) {
        while (input_read(&in, piece, PIECE_BYTES, &got, &err) == INPUT_BYTES)
            text_put(out, slice_of(piece, got));
        input_close(&in);
        text_put_char(out, '\n');
    }
    free(piece);
}

static void split(struct recordings *r, recordings_filter keep)
{
    struct slice rest = {r->text.ptr, r->text.len};
    const char *end;

    while (rest.len && (end = memchr(rest.ptr, '\n', rest.len))) {
        struct slice line = slice_first(rest, (size_t)(end - rest.ptr));

        rest = slice_after(rest, line.len + 1);
        if (!keep(line))
            continue;
        r->lines = mem_grow(r->lines, &r->capacity, r->count + 1, sizeof *r->lines);
        r->lines[r->count++] = line;
    }
}

void recordings_read(struct recordings *r, const char *folder, const char *pattern,
                     recordings_filter keep)
{
    struct text path = {0};
    glob_t found = {0};

    text_printf(&path, "%s/%s", folder, pattern);
    if (glob(text_str(&path), 0, NULL, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc; i++)
            read_file(&r->text, found.gl_pathv[i]);
    }
    globfree(&found);
    text_finish(&path);
    split(r, keep);
}

void recordings_finish(struct recordings *r)
{
    free(r->lines);
    text_finish(&r->text);
    *r = (struct recordings){0};
}
