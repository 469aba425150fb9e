/*
 * Growable text for output, and the one gate that input passes on its way to a
 * person: whatever came from a file, a server or a file system goes through
 * text_put_safe before it reaches a terminal, a message or a report.
 */
#ifndef MODEL_BASE_TEXT_H
#define MODEL_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/base/compiler.h"
#include "model/base/slice.h"

/* Zero-initialise; the bytes are NUL-terminated once anything was put. */
struct text {
    char *ptr;
    size_t len;
    size_t capacity;
};

void text_finish(struct text *t);
void text_clear(struct text *t);
void text_put(struct text *t, struct slice s);
void text_put_str(struct text *t, const char *s);
void text_put_char(struct text *t, char c);
void text_repeat(struct text *t, const char *s, size_t times);
void text_printf(struct text *t, const char *format, ...) PRINTF_LIKE(2, 3);

/* The text so far as a C string, "" when nothing was put. Valid until the next put. */
const char *text_str(const struct text *t);

/*
 * Appends untrusted bytes so that no terminal obeys them and no reader is misled:
 * C0 and C1 controls, DEL, bidirectional controls, zero-width and unassigned code
 * points and bytes that are not UTF-8 become \xNN or \u{NNNN}; a tab becomes a
 * blank. Everything else is kept as it is.
 */
void text_put_safe(struct text *t, struct slice untrusted);

/* As text_put_safe, for an output that is not UTF-8: what is beyond ASCII is escaped
 * too, since its bytes could be C1 controls there. */
void text_put_safe_ascii(struct text *t, struct slice untrusted);

/* As text_put_safe, at most `cells` terminal cells wide, "…" (or "..." when ascii)
 * at the end of what was cut. */
void text_put_safe_cells(struct text *t, struct slice untrusted, int cells, bool ascii);

/*
 * Decodes one code point at the front of s into *code_point; returns the bytes it
 * takes, or 0 when they are not valid UTF-8 (or s is empty).
 */
size_t text_decode(struct slice s, uint32_t *code_point);

/* Terminal cells that a code point takes: 0, 1 or 2. */
int text_cells_of(uint32_t code_point);

/* Terminal cells of a valid UTF-8 string. */
int text_cells(const char *s);

#endif
