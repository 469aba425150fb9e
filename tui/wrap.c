#include "tui/wrap.h"

#include "model/base/text.h"

size_t wrap_len(struct slice text, int cells)
{
    size_t at = 0, blank = 0;
    int used = 0;

    while (at < text.len) {
        uint32_t point = 0;
        size_t len = text_decode(slice_after(text, at), &point);
        int wide = len ? text_cells_of(point) : 1;

        if (used + wide > cells)
            return blank ? blank : at;
        if (point == ' ')
            blank = at;
        used += wide;
        at += len ? len : 1;
    }
    return at;
}

struct slice wrap_next(struct slice *rest, int cells)
{
    size_t len = wrap_len(*rest, cells);
    struct slice line;

    /* Two cells in a line that has one. */
    if (len == 0 && rest->len > 0) {
        uint32_t point;

        len = text_decode(*rest, &point);
        len = len ? len : 1;
    }
    line = slice_first(*rest, len);
    *rest = slice_after(*rest, len);
    while (rest->len > 0 && rest->ptr[0] == ' ')
        *rest = slice_after(*rest, 1);
    return line;
}
