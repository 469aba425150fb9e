#include "parsers/memleak_line.h"

#include "model/units.h"
#include "parsers/text_line.h"
#include "parsers/text_stack.h"

static bool take_below(struct slice *s, uint64_t limit, int64_t *out)
{
    uint64_t value;

    if (!text_take_u64(s, &value) || value >= limit)
        return false;
    *out = (int64_t)value;
    return true;
}

bool memleak_parse_interval(struct slice line, int64_t *ns_of_day)
{
    int64_t hour, minute, second;
    uint64_t top;

    text_skip_blanks(&line);
    if (!text_take(&line, SLICE("[")) || !take_below(&line, 24, &hour) ||
        !text_take(&line, SLICE(":")) || !take_below(&line, 60, &minute) ||
        !text_take(&line, SLICE(":")) || !take_below(&line, 61, &second) ||
        !text_take(&line, SLICE("] Top ")) || !text_take_u64(&line, &top) ||
        !text_take(&line, SLICE(" stacks with outstanding allocations")))
        return false;
    *ns_of_day = ((hour * 60 + minute) * 60 + second) * NS_PER_S;
    return true;
}

bool memleak_parse_attach(struct slice line, int64_t *pid)
{
    *pid = -1;
    if (!text_take(&line, SLICE("Attaching to ")))
        return false;
    return slice_starts(line, SLICE("kernel allocators")) ||
           (text_take(&line, SLICE("pid ")) && text_take_i64(&line, pid) && *pid >= 0);
}

bool memleak_parse_block(struct slice line, int64_t *objects, int64_t *bytes)
{
    text_skip_blanks(&line);
    return text_take_i64(&line, bytes) && text_take(&line, SLICE(" bytes in ")) &&
           text_take_i64(&line, objects) &&
           text_take(&line, SLICE(" allocations from stack"));
}

/* "0x0000559b4789639f\t" or "3 [<0000559b4789639f>] " */
static void take_address(struct slice *text, struct profile_frame *frame)
{
    struct slice rest = *text;
    uint64_t index;

    if (text_take(&rest, SLICE("0x")) && text_take_hex(&rest, &frame->address) &&
        (rest.len == 0 || rest.ptr[0] == ' ' || rest.ptr[0] == '\t')) {
        *text = text_trim(rest);
        return;
    }
    rest = *text;
    if (text_take_u64(&rest, &index) && text_take(&rest, SLICE(" [<")) &&
        text_take_hex(&rest, &frame->address) && text_take(&rest, SLICE(">]")))
        *text = text_trim(rest);
    else
        frame->address = 0;
}

/* "[allocs]" at the end, or "[main.c:33]". */
static void take_bracket(struct slice *text, struct profile_frame *frame)
{
    size_t open = text_find_last(*text, '[');
    struct slice inside;

    if (!slice_ends(*text, SLICE("]")) || open == 0 || open == text->len ||
        text->ptr[open - 1] != ' ')
        return;
    inside = slice_of(text->ptr + open + 1, text->len - open - 2);
    text_stack_file_line(inside, frame);
    *text = text_trim(slice_first(*text, open));
}

/* "zmalloc.c:33" as the last word. */
static void take_last_place(struct slice *text, struct profile_frame *frame)
{
    size_t blank = text_find_last(*text, ' ');
    struct profile_frame place = {0};

    if (frame->file.len || blank == text->len)
        return;
    text_stack_file_line(slice_after(*text, blank + 1), &place);
    if (place.line == 0)
        return;
    frame->file = place.file;
    frame->line = place.line;
    *text = text_trim(slice_first(*text, blank));
}

void memleak_parse_frame(struct slice text, struct profile_frame *frame)
{
    *frame = (struct profile_frame){0};
    text = text_trim(text);
    take_address(&text, frame);
    take_bracket(&text, frame);
    take_last_place(&text, frame);
    frame->name = text_stack_name(text);
}
