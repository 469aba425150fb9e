#include "parsers/prometheus.h"

#include "model/base/num.h"
#include "parsers/limits.h"
#include "parsers/lines.h"
#include "parsers/prometheus_probe.h"
#include "parsers/prometheus_scrape.h"
#include "parsers/scan.h"

/* "1795224984732", "1726839814.123456789". */
#define STAMP_BYTES 32

struct prometheus {
    struct lines lines;
    struct prometheus_scrape scrape;
    struct prometheus_labels labels; /* scratch */
    /* The last time stamp as it was written: all of a scrape have the same. */
    char stamp[STAMP_BYTES];
    size_t stamp_len;
    enum moment_kind stamp_kind;
    int64_t stamp_ns;
    /* The name of the last # TYPE. */
    char typed[LIMIT_PROMETHEUS_NAME_BYTES];
    size_t typed_len;
    bool is_open_metrics, has_eof;
};

static bool parse_stamp(struct prometheus *m, struct slice token)
{
    if (m->stamp_len && slice_eq(token, slice_of(m->stamp, m->stamp_len)))
        return true;
    m->stamp_len = 0;
    if (!prometheus_stamp(token, &m->stamp_kind, &m->stamp_ns))
        return false;
    if (token.len <= sizeof m->stamp) {
        memcpy(m->stamp, token.ptr, token.len);
        m->stamp_len = token.len;
    }
    return true;
}

static struct slice take_word(struct slice *s)
{
    size_t len = 0;

    while (len < s->len && s->ptr[len] != ' ' && s->ptr[len] != '\t')
        len++;
    struct slice word = slice_first(*s, len);
    *s = slice_after(*s, len);
    while (s->len && (s->ptr[0] == ' ' || s->ptr[0] == '\t'))
        *s = slice_after(*s, 1);
    return word;
}

static bool is_open_metrics_type(struct slice type)
{
    return slice_eq(type, SLICE("unknown")) || slice_eq(type, SLICE("info")) ||
           slice_eq(type, SLICE("stateset")) || slice_eq(type, SLICE("gaugehistogram"));
}

static void take_comment(struct prometheus *m, struct slice line)
{
    struct slice word;

    (void)take_word(&line); /* "#" */
    word = take_word(&line);
    if (slice_eq(word, SLICE("EOF")) && line.len == 0) {
        prometheus_scrape_end(&m->scrape);
        m->has_eof = true;
    } else if (slice_eq(word, SLICE("UNIT"))) {
        m->is_open_metrics = true;
    } else if (slice_eq(word, SLICE("TYPE"))) {
        struct slice name = take_word(&line);

        m->typed_len = name.len <= sizeof m->typed ? name.len : 0;
        memcpy(m->typed, name.ptr, m->typed_len);
        m->is_open_metrics |= is_open_metrics_type(take_word(&line));
    }
}

/* The series of a line: that of the same bytes, or a new one. */
static uint32_t find_series(struct prometheus *m, const struct prometheus_line *line)
{
    uint32_t series = prometheus_scrape_find(&m->scrape, line->key);
    struct slice typed = {m->typed, m->typed_len};

    if (series != PROMETHEUS_NO_SERIES)
        return series;
    return prometheus_scrape_add(&m->scrape, line, &m->labels,
                                 slice_eq(line->name, typed));
}

/* NULL, or why the line is no sample; *at is where. `is_cut`: it lacks its newline. */
static const char *take_sample(struct prometheus *m, struct slice text, bool is_cut,
                               const char **at)
{
    struct prometheus_line line;
    enum moment_kind kind = MOMENT_UNKNOWN;
    const char *reason = prometheus_line_parse(text, &line, &m->labels, at);
    uint32_t series;
    double value;

    if (reason)
        return reason;
    *at = line.value.ptr;
    if (!prometheus_value(line.value, &value))
        return "malformed number";
    if (is_cut && (m->stamp_len == 0 || line.stamp.len != m->stamp_len))
        return "last line without its end";
    *at = line.stamp.ptr;
    if (line.stamp.len) {
        if (!parse_stamp(m, line.stamp))
            return "malformed time stamp";
        kind = m->stamp_kind;
    }
    m->is_open_metrics |= line.has_exemplar;
    series = find_series(m, &line);
    if (series != PROMETHEUS_NO_SERIES)
        prometheus_scrape_put(&m->scrape, series, value, kind,
                              kind == MOMENT_UNKNOWN ? 0 : m->stamp_ns);
    m->has_eof = false;
    return NULL;
}

static struct slice trim(struct slice line, bool is_first)
{
    if (is_first && slice_starts(line, SLICE("\xef\xbb\xbf")))
        line = slice_after(line, 3);
    /* A file truncated in place has a hole in front of what was written next. */
    while (line.len && (line.ptr[0] == '\0' || line.ptr[0] == ' ' || line.ptr[0] == '\t'))
        line = slice_after(line, 1);
    while (line.len && (line.ptr[line.len - 1] == '\r' || line.ptr[line.len - 1] == ' '))
        line.len--;
    return line;
}

/* Any line. */
static void take_line(struct prometheus *m, struct slice line, bool is_cut)
{
    struct prometheus_place *place = &m->scrape.place;
    const char *at, *start = line.ptr, *end, *reason;

    line = trim(line, place->offset_bytes == 0);
    if (line.len == 0)
        return;
    place->offset_bytes += (uint64_t)(line.ptr - start);
    place->text = line;
    end = line.ptr + line.len;
    if (line.ptr[0] == '#') {
        take_comment(m, line);
        return;
    }
    reason = take_sample(m, line, is_cut, &at);
    if (reason)
        diag_skip(m->scrape.diag, place->offset_bytes + (uint64_t)(at - line.ptr),
                  place->line, slice_of(at, (size_t)(end - at)), reason);
}

/*
 * The line that most lines are: of the series that followed the last one before, a plain
 * number, no stamp or the last one. Behind its newline; NULL when it is any other line.
 */
static const char *take_known(struct prometheus *m, const char *p, const char *end)
{
    struct prometheus_scrape *s = &m->scrape;
    size_t len = prometheus_scrape_guess(s, p, end);
    enum moment_kind kind = MOMENT_UNKNOWN;
    struct slice rest;
    double value;

    if (len == 0)
        return NULL;
    rest = slice_of(p + len + 1, (size_t)(end - p) - len - 1);
    if (!num_take_double(&rest, &value) || rest.len == 0)
        return NULL;
    if (rest.ptr[0] == ' ' && m->stamp_len && rest.len > m->stamp_len + 1 &&
        memcmp(rest.ptr + 1, m->stamp, m->stamp_len) == 0) {
        rest = slice_after(rest, m->stamp_len + 1);
        kind = m->stamp_kind;
    }
    if (rest.ptr[0] != '\n')
        return NULL;
    s->place.text = slice_of(p, (size_t)(rest.ptr - p));
    m->has_eof = false;
    prometheus_scrape_put(s, s->guess, value, kind,
                          kind == MOMENT_UNKNOWN ? 0 : m->stamp_ns);
    return rest.ptr + 1;
}

static void skip_long(struct prometheus *m, const struct lines_run *run)
{
    /* "# HELP" of a megabyte loses nothing. */
    diag_skip(m->scrape.diag, run->offset_bytes, run->first_line, run->bytes,
              "line over 1 MiB");
}

static uint64_t take_run(void *user, const struct lines_run *run)
{
    struct prometheus *m = user;
    const char *p = run->bytes.ptr, *end = p + run->bytes.len;
    uint64_t newlines = 0;

    if (run->is_head)
        return 0;
    if (run->cut_bytes) {
        skip_long(m, run);
        return end > p && end[-1] == '\n';
    }
    while (p < end) {
        const char *next;

        m->scrape.place.offset_bytes = run->offset_bytes + (uint64_t)(p - run->bytes.ptr);
        m->scrape.place.line = run->first_line + newlines;
        next = take_known(m, p, end);
        if (!next) {
            const char *stop = scan_line_end(p, end);

            take_line(m, slice_of(p, (size_t)(stop - p)), stop == end);
            if (stop == end)
                break;
            next = stop + 1;
        }
        newlines++;
        p = next;
    }
    return newlines;
}

static bool prometheus_open(void *state, const struct sink *sink, struct diag *diag)
{
    struct prometheus *m = state;

    prometheus_scrape_open(&m->scrape, sink, diag);
    return true;
}

static bool prometheus_feed(void *state, struct slice bytes, struct err *err)
{
    struct prometheus *m = state;

    (void)err; /* a bad line does not spoil the next */
    lines_feed(&m->lines, bytes, take_run, m);
    return true;
}

static bool prometheus_finish(void *state, struct err *err)
{
    struct prometheus *m = state;

    lines_finish(&m->lines, take_run, m);
    m->scrape.place.text = (struct slice){0};
    prometheus_scrape_end(&m->scrape);
    if (!m->is_open_metrics || m->has_eof)
        return true;
    err_set(err, m->lines.offset_bytes, m->lines.line + 1,
            "OpenMetrics ends without # EOF: cut off");
    return false;
}

static void prometheus_close(void *state)
{
    struct prometheus *m = state;

    lines_close(&m->lines);
    prometheus_scrape_close(&m->scrape);
}

const struct parser_ops prometheus_parser = {
    .name = "prometheus",
    .about =
        "Prometheus text and OpenMetrics: one scrape or many, with or without stamps",
    .sign = "# HELP or # TYPE lines, or lines of a metric's name, labels and a number",
    .example = "go_memstats_heap_alloc_bytes{pod=\"api-7d\"} 1.7518624e+07 1795224984732",
    .state_bytes = sizeof(struct prometheus),
    .probe = prometheus_probe,
    .open = prometheus_open,
    .feed = prometheus_feed,
    .finish = prometheus_finish,
    .close = prometheus_close,
};
