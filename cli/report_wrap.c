#include "cli/report_wrap.h"

#include "model/base/text.h"

/* Where the next line ends: at the last blank that fits, or in the midst of a word that
 * is longer than a line. */
static size_t line_bytes(struct slice rest, int cells)
{
    size_t at = 0, blank = 0;
    int used = 0;

    while (at < rest.len) {
        uint32_t code_point = 0;
        size_t len = text_decode(slice_after(rest, at), &code_point);

        used += len ? text_cells_of(code_point) : 1;
        if (rest.ptr[at] == ' ')
            blank = at;
        if (used > cells)
            break;
        at += len ? len : 1;
    }
    if (at == rest.len)
        return at;
    return blank > 0 ? blank : at > 0 ? at : 1;
}

void report_put_wrapped(struct text *t, const char *safe, int first_cells, int indent,
                        int width_cols)
{
    struct slice rest = slice_str(safe);
    int cells = width_cols - first_cells;

    do {
        size_t len = line_bytes(rest, cells < WRAP_CELLS_MIN ? WRAP_CELLS_MIN : cells);

        text_put(t, slice_first(rest, len));
        text_put_char(t, '\n');
        rest = slice_after(rest, len);
        while (rest.len > 0 && rest.ptr[0] == ' ')
            rest = slice_after(rest, 1);
        if (rest.len > 0)
            text_repeat(t, " ", (size_t)indent);
        cells = width_cols - indent;
    } while (rest.len > 0);
}
