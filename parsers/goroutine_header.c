#include "parsers/goroutine_header.h"

#include "parsers/text_line.h"

static bool take_id(struct slice *line, uint64_t *id)
{
    return text_take(line, SLICE("goroutine ")) && text_take_u64(line, id) &&
           text_take(line, SLICE(" "));
}

bool goroutine_header_is(struct slice line)
{
    uint64_t id;

    return take_id(&line, &id) && line.len &&
           (line.ptr[0] == '[' || slice_starts(line, SLICE("gp=")));
}

/* Words that the runtime puts behind a state. */
static void take_suffixes(struct goroutine_header *h)
{
    static const struct slice suffixes[] = {SLICE_INIT(" (scan)"),
                                            SLICE_INIT(" (durable)")};
    static const struct slice leaked = SLICE_INIT(" (leaked)");
    size_t had;

    do {
        had = h->state.len;
        for (size_t i = 0; i < COUNT_OF(suffixes); i++) {
            if (slice_ends(h->state, suffixes[i]))
                h->state.len -= suffixes[i].len;
        }
        if (slice_ends(h->state, leaked)) {
            h->state.len -= leaked.len;
            h->is_leaked = true;
        }
    } while (h->state.len < had);
}

static struct slice up_to(struct slice s, struct slice stop)
{
    return slice_first(s, text_find(s, stop));
}

/* "3 minutes" among what follows the state. */
static int64_t wait_of(struct slice line)
{
    while (text_take(&line, SLICE(", "))) {
        struct slice part = line;
        int64_t minutes;

        if (text_take_i64(&part, &minutes) && text_take(&part, SLICE(" minutes")))
            return minutes;
        line = slice_after(line, text_find(line, SLICE(", ")));
    }
    return 0;
}

bool goroutine_header_parse(struct slice line, struct goroutine_header *header)
{
    size_t bracket;

    *header = (struct goroutine_header){0};
    line = text_trim(line);
    if (!take_id(&line, &header->id) || !slice_ends(line, SLICE(":")))
        return false;
    bracket = text_find(line, SLICE("["));
    if (bracket == line.len || (bracket > 0 && !slice_starts(line, SLICE("gp="))))
        return false;
    line = slice_after(line, bracket + 1);
    if (text_find(line, SLICE("]")) == line.len)
        return false;
    header->state = up_to(up_to(line, SLICE("]")), SLICE(","));
    header->state = up_to(header->state, SLICE(" labels:{"));
    header->wait_minutes = wait_of(slice_after(line, header->state.len));
    take_suffixes(header);
    return header->state.len > 0;
}
