/*
 * Lines of a name and a number are many formats' (memory.stat, /proc/vmstat), so bare
 * ones alone are no sign: it takes labels, a stamp, the ending of a unit or a front that
 * we know.
 */
#include "parsers/prometheus_probe.h"

#include "parsers/limits.h"
#include "parsers/prometheus_line.h"
#include "parsers/scan.h"

/* Signs until we are sure, and other lines until we give up. */
#define SIGNS_ENOUGH 3u
#define OTHERS_MAX 8u

/* Lines looked at: a long log is refused early. */
#define LINES_MAX 200u

struct tally {
    unsigned signs; /* lines that are nothing else */
    unsigned plain; /* name and number */
    unsigned others;
    bool has_meta; /* # HELP, # TYPE, # EOF */
};

static bool is_typical(struct slice name)
{
    static const struct slice fronts[] = {
        SLICE_INIT("go_"),        SLICE_INIT("process_"), SLICE_INIT("node_"),
        SLICE_INIT("container_"), SLICE_INIT("kube_"),    SLICE_INIT("http_"),
        SLICE_INIT("redis_"),
    };
    static const struct slice ends[] = {
        SLICE_INIT("_total"), SLICE_INIT("_bytes"), SLICE_INIT("_seconds"),
        SLICE_INIT("_sum"),   SLICE_INIT("_count"), SLICE_INIT("_info"),
    };

    if (slice_starts_any(name, fronts, COUNT_OF(fronts)))
        return true;
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        if (slice_ends(name, ends[i]))
            return true;
    }
    return false;
}

static bool is_meta(struct slice line)
{
    static const struct slice words[] = {
        SLICE_INIT("# HELP "),
        SLICE_INIT("# TYPE "),
        SLICE_INIT("# UNIT "),
        SLICE_INIT("# EOF"),
    };

    for (size_t i = 0; i < COUNT_OF(words); i++) {
        struct slice name = line;

        if (!slice_starts(line, words[i]))
            continue;
        name = slice_after(name, words[i].len);
        if (i == COUNT_OF(words) - 1)
            return name.len == 0;
        for (size_t k = 0; k < name.len; k++) {
            if (name.ptr[k] == ' ')
                name.len = k;
        }
        return prometheus_is_name(name) || (name.len && name.ptr[0] == '"');
    }
    return false;
}

static void look_at(struct tally *t, struct slice line, struct prometheus_labels *labels)
{
    struct prometheus_line sample;
    const char *at;
    double value;
    enum moment_kind kind;
    int64_t time_ns;

    if (line.len && line.ptr[line.len - 1] == '\r')
        line.len--;
    if (line.len == 0)
        return;
    if (line.ptr[0] == '#') {
        t->has_meta |= is_meta(line);
        return;
    }
    if (prometheus_line_parse(line, &sample, labels, &at) ||
        !prometheus_value(sample.value, &value) ||
        (sample.stamp.len && !prometheus_stamp(sample.stamp, &kind, &time_ns)))
        t->others++;
    else if (labels->count || sample.has_exemplar || is_typical(sample.name) ||
             (sample.stamp.len && kind == MOMENT_WALL))
        t->signs++;
    else
        t->plain++;
}

static enum probe verdict(const struct tally *t, bool has_more)
{
    unsigned good = t->signs + t->plain;

    if (t->others > good && t->others >= OTHERS_MAX)
        return PROBE_NO;
    if (t->others == 0 && ((t->has_meta && (good || !has_more)) ||
                           (t->signs >= SIGNS_ENOUGH && t->signs >= t->plain)))
        return PROBE_CERTAIN;
    if ((t->has_meta && good) || (t->signs >= SIGNS_ENOUGH && t->signs > 4 * t->others) ||
        (!has_more && t->signs && t->others == 0))
        return t->has_meta || t->signs >= t->plain ? PROBE_LIKELY : PROBE_NO;
    return has_more && (t->others == 0 || t->has_meta) ? PROBE_NEED_MORE : PROBE_NO;
}

enum probe prometheus_probe(struct slice head, bool is_whole)
{
    struct prometheus_labels labels;
    struct tally t = {0};
    bool has_more = !is_whole && head.len < LIMIT_PROBE_BYTES;
    bool ends_in_line = true;

    if (slice_starts(head, SLICE("\xef\xbb\xbf")))
        head = slice_after(head, 3);
    while (head.len && head.ptr[0] == '\0')
        head = slice_after(head, 1);
    for (unsigned lines = 0; head.len && lines < LINES_MAX; lines++) {
        const char *end = head.ptr + head.len, *stop = scan_line_end(head.ptr, end);

        ends_in_line = stop == end;
        if (ends_in_line && !is_whole)
            break;
        look_at(&t, slice_of(head.ptr, (size_t)(stop - head.ptr)), &labels);
        if (t.others >= OTHERS_MAX && t.signs == 0 && !t.has_meta)
            return PROBE_NO;
        head = slice_after(head, (size_t)(stop - head.ptr) + !ends_in_line);
    }
    if (head.len == 0 && t.signs + t.plain + t.others == 0 && !t.has_meta)
        return has_more ? PROBE_NEED_MORE : PROBE_NO;
    /* What cannot even begin a line of this format needs no second look. */
    if (ends_in_line && head.len && !t.signs && !t.has_meta && head.ptr[0] != '#' &&
        head.ptr[0] != '{' && !prometheus_is_name(slice_first(head, 1)))
        return PROBE_NO;
    return verdict(&t, has_more);
}
