#include "parsers/text_stack.h"

#include "model/base/num.h"
#include "parsers/text_line.h"

/* "  12:" */
static bool take_figure(struct slice *s, int64_t *out)
{
    text_skip_blanks(s);
    return text_take_i64(s, out);
}

static bool take_pair(struct slice *s, int64_t *objects, int64_t *bytes)
{
    return take_figure(s, objects) && text_take(s, SLICE(":")) && take_figure(s, bytes);
}

bool heap_counts_take(struct slice *s, struct heap_counts *counts)
{
    if (!take_pair(s, &counts->inuse_objects, &counts->inuse_bytes))
        return false;
    text_skip_blanks(s);
    if (!text_take(s, SLICE("[")) ||
        !take_pair(s, &counts->alloc_objects, &counts->alloc_bytes))
        return false;
    text_skip_blanks(s);
    if (!text_take(s, SLICE("]")))
        return false;
    text_skip_blanks(s);
    return true;
}

void heap_counts_add(struct heap_counts *sum, const struct heap_counts *counts)
{
    sum->inuse_objects = num_sat_add_i64(sum->inuse_objects, counts->inuse_objects);
    sum->inuse_bytes = num_sat_add_i64(sum->inuse_bytes, counts->inuse_bytes);
    sum->alloc_objects = num_sat_add_i64(sum->alloc_objects, counts->alloc_objects);
    sum->alloc_bytes = num_sat_add_i64(sum->alloc_bytes, counts->alloc_bytes);
}

bool text_stack_addresses(struct slice *s, uint64_t back, struct profile_builder *b)
{
    for (;;) {
        struct slice rest;
        uint64_t address;

        text_skip_blanks(s);
        if (s->len == 0)
            return true;
        rest = *s;
        if (!text_take(&rest, SLICE("0x")) || !text_take_hex(&rest, &address) ||
            (rest.len && rest.ptr[0] != ' ' && rest.ptr[0] != '\t'))
            return false;
        *s = rest;
        profile_builder_address(b, address - back);
    }
}

void text_stack_file_line(struct slice text, struct profile_frame *frame)
{
    size_t colon = text_find_last(text, ':');
    uint64_t line;

    frame->file = text;
    frame->line = 0;
    if (colon == text.len || !num_parse_u64(slice_after(text, colon + 1), &line) ||
        line > UINT32_MAX)
        return;
    frame->file = slice_first(text, colon);
    frame->line = (uint32_t)line;
}

struct slice text_stack_name(struct slice name)
{
    size_t plus = text_find_last(name, '+');
    struct slice offset;
    uint64_t ignored;

    if (plus == name.len)
        return name;
    offset = slice_after(name, plus);
    if (!text_take(&offset, SLICE("+0x")) || !text_take_hex(&offset, &ignored) ||
        offset.len)
        return name;
    return slice_first(name, plus);
}

bool text_stack_comment(struct slice line, struct profile_frame *frame)
{
    size_t tab;

    *frame = (struct profile_frame){0};
    if (!text_take(&line, SLICE("#")))
        return false;
    text_skip_blanks(&line);
    if (!text_take(&line, SLICE("0x")) || !text_take_hex(&line, &frame->address))
        return false;
    line = text_trim(line);
    tab = text_find(line, SLICE("\t"));
    frame->name = text_stack_name(text_trim(slice_first(line, tab)));
    text_stack_file_line(text_trim(slice_after(line, tab)), frame);
    return true;
}

bool text_stack_symbol(struct slice line, struct profile_builder *b)
{
    struct profile_frame frame = {0};
    uint64_t address;

    if (!text_take(&line, SLICE("0x")) || !text_take_hex(&line, &address))
        return false;
    line = text_trim(line);
    frame.name = slice_first(line, text_find(line, SLICE("--")));
    /* Some writers have the place of the call, some where it returns to. */
    profile_builder_symbol(b, address, &frame);
    profile_builder_symbol(b, address - 1, &frame);
    return true;
}

bool text_stack_is_maps(struct slice line)
{
    /* glog may have put its prefix in front. */
    return text_find(line, SLICE("MAPPED_LIBRARIES:")) < line.len ||
           text_find(line, SLICE("--- Memory map: ---")) < line.len;
}

/* "55d0-55d8" */
static bool take_range(struct slice *s, uint64_t *start, uint64_t *end)
{
    struct slice rest = *s;

    (void)text_take(&rest, SLICE("0x"));
    if (!text_take_hex(&rest, start) || !text_take(&rest, SLICE("-")))
        return false;
    (void)text_take(&rest, SLICE("0x"));
    if (!text_take_hex(&rest, end))
        return false;
    *s = rest;
    return true;
}

/* Takes a word, which may be empty, and the blanks behind it. */
static struct slice take_word(struct slice *s)
{
    size_t len = 0;
    struct slice word;

    while (len < s->len && s->ptr[len] != ' ' && s->ptr[len] != '\t')
        len++;
    word = slice_first(*s, len);
    *s = slice_after(*s, len);
    text_skip_blanks(s);
    return word;
}

bool text_stack_mapping(struct slice line, struct profile_builder *b)
{
    uint64_t start, end;

    text_skip_blanks(&line);
    if (!take_range(&line, &start, &end)) {
        /* "I0102 03:04:05.6 123 file.cc:45] 55d0-55d8 …" */
        size_t log = text_find(line, SLICE("] "));

        line = slice_after(line, log < line.len ? log + 2 : log);
        text_skip_blanks(&line);
        if (!take_range(&line, &start, &end))
            return false;
    }
    if (!text_take(&line, SLICE(":"))) {
        text_skip_blanks(&line);
        /* Permissions, offset, device, inode. */
        for (int i = 0; i < 4; i++)
            (void)take_word(&line);
    }
    profile_builder_range(b, start, end, text_trim(line));
    return true;
}
