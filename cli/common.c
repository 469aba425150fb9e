#include "cli/common.h"

#include <langinfo.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "model/base/num.h"
#include "model/base/text.h"
#include "model/detect/watch.h"
#include "replay/loader.h"

#define MESSAGE_BYTES 4096

/* How long loading may take before it says how far it is, and how often then. */
#define PROGRESS_AFTER_NS NS_PER_S
#define STEP_NS (200 * NS_PER_MS)

bool common_is_utf8(void)
{
    return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

void common_put_safe(struct text *t, const char *untrusted)
{
    if (common_is_utf8())
        text_put_safe(t, slice_str(untrusted));
    else
        text_put_safe_ascii(t, slice_str(untrusted));
}

void common_complain(const char *format, ...)
{
    struct text line = {0};
    char message[MESSAGE_BYTES];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(message, sizeof message, format, args);
    va_end(args);
    text_put_str(&line, "heapreel: ");
    common_put_safe(&line, message);
    text_put_char(&line, '\n');
    (void)fputs(text_str(&line), stderr);
    text_finish(&line);
}

/* Our own texts use few characters beyond ASCII; each has a stand-in. */
static const char *ascii_for(uint32_t code_point)
{
    switch (code_point) {
    case 0x2026: /* … */
        return "...";
    case 0x2013: /* – */
        return "-";
    case 0x00B7: /* · */
        return "-";
    case 0x00D7: /* × */
        return "x";
    case 0x00B5: /* µ */
        return "u";
    default:
        return "?";
    }
}

void common_print(const struct text *t)
{
    struct slice rest = slice_of(text_str(t), t->len);

    if (common_is_utf8()) {
        (void)fwrite(rest.ptr, 1, rest.len, stdout);
        return;
    }
    while (rest.len > 0) {
        uint32_t code_point = 0;
        size_t len = text_decode(rest, &code_point);

        if (len == 1)
            (void)fputc(rest.ptr[0], stdout);
        else
            (void)fputs(ascii_for(code_point), stdout);
        rest = slice_after(rest, len ? len : 1);
    }
}

struct session *common_session(const struct options *o)
{
    struct session *s = session_create();

    if (!isnan(o->limit_bytes)) {
        s->limit_bytes = o->limit_bytes;
        s->limit_source = "--limit";
        s->is_limit_given = true;
    }
    s->has_start = o->has_start;
    s->start_ns = o->start_ns;
    return s;
}

static int64_t now_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

static void show_progress(const struct loader *l)
{
    struct loader_progress p = loader_progress(l);
    char done[UNIT_TEXT];

    unit_format(done, (double)p.bytes_done, UNIT_BYTES, true);
    if (p.bytes_total > 0)
        (void)fprintf(stderr, "\rreading: %s, %3.0f %%  ", done,
                      100.0 * (double)p.bytes_done / (double)p.bytes_total);
    else
        (void)fprintf(stderr, "\rreading: %s  ", done);
}

static void say_skipped(const struct loader *l)
{
    char time[UNIT_RFC3339_TEXT];
    int64_t before_ns;

    if (loader_has_skipped(l, &before_ns))
        common_complain("not read, nor known to what is found: what came before %s, an "
                        "hour before --from",
                        unit_format_rfc3339(time, before_ns));
}

struct session *common_load(const struct options *o)
{
    return common_load_log(o, NULL);
}

struct session *common_load_log(const struct options *o, struct transcript *log)
{
    struct session *s = common_session(o);
    struct watch *watch = watch_create(s, o->rules);
    const struct loader_options loading = {.format = o->format,
                                           .pattern = o->pattern,
                                           .watch = watch,
                                           .transcript = log,
                                           .from = o->from,
                                           .to = o->to};
    struct loader *l = loader_create(s, &loading);
    int64_t start_ns = now_ns();
    bool may_show = isatty(STDERR_FILENO) && !o->is_quiet, has_shown = false;

    for (size_t i = 0; i < o->source_count; i++)
        loader_add(l, o->sources[i]);
    while (loader_step(l, may_show ? STEP_NS : INT64_MAX)) {
        if (may_show && now_ns() - start_ns > PROGRESS_AFTER_NS) {
            show_progress(l);
            has_shown = true;
        }
    }
    if (has_shown)
        (void)fprintf(stderr, "\r%40s\r", "");
    if (!o->is_quiet)
        say_skipped(l);
    loader_destroy(l);
    watch_catch_up(watch);
    watch_destroy(watch);
    return s;
}

static uint64_t kept_of_reason(const struct diag *d, const char *reason)
{
    uint64_t count = 0;

    for (unsigned i = 0; i < d->kept_count; i++)
        count += strcmp(d->kept[i].reason, reason) == 0;
    return count;
}

static void report_entry(const struct options *o, const char *path,
                         const struct diag_entry *e)
{
    bool has_excerpt = o->is_verbose && e->excerpt[0];
    char separator = e->line ? ':' : '@';
    unsigned long long place = e->line ? e->line : e->offset_bytes;

    common_complain("%s%c%llu: %s%s%s%s", path, separator, place, e->reason,
                    has_excerpt ? ": \"" : "", has_excerpt ? e->excerpt : "",
                    has_excerpt ? "\"" : "");
}

void common_report_diag(const struct options *o, const char *path, const struct diag *d)
{
    if (o->is_quiet)
        return;
    for (unsigned i = 0; i < d->kept_count; i++)
        report_entry(o, path, &d->kept[i]);
    for (unsigned i = 0; i < d->reason_count; i++) {
        uint64_t kept = kept_of_reason(d, d->reasons[i].reason);

        if (d->reasons[i].count > kept)
            common_complain(
                "%s: %s and %llu more of: %s", path, common_is_utf8() ? "…" : "...",
                (unsigned long long)(d->reasons[i].count - kept), d->reasons[i].reason);
    }
}

void common_report_damage(const struct options *o, const struct session *s)
{
    for (size_t i = 0; i < s->source_count; i++) {
        const struct source *source = s->sources[i];

        common_report_diag(o, source->path, &source->diag);
        if (source_has_failed(source) || (source->unreadable && o->is_verbose))
            common_complain("%s: %s", source->path, source->unreadable);
    }
}

bool common_is_counter(uint32_t metric)
{
    return metric == METRIC_ALLOC_TOTAL || metric == METRIC_ALLOC_MALLOCS ||
           metric == METRIC_ALLOC_FREES || metric == METRIC_GC_CYCLES ||
           metric == METRIC_GC_FORCED;
}

int common_status(const struct session *s)
{
    for (size_t i = 0; i < s->source_count; i++) {
        if (source_has_failed(s->sources[i]))
            return EXIT_UNREADABLE;
    }
    return EXIT_OK;
}

static bool resolve(const struct time_arg *arg, const char *name, const struct session *s,
                    int64_t from_ns, int64_t to_ns, int64_t *out_ns)
{
    if (arg->kind == TIME_UNSET ||
        time_arg_resolve(arg, from_ns, to_ns, s->has_wall, out_ns))
        return true;
    common_complain("%s names a time of day, but no source knows the wall clock; give "
                    "--start, or an offset such as +90s",
                    name);
    return false;
}

bool common_window(const struct options *o, const struct session *s, int64_t *from_ns,
                   int64_t *to_ns)
{
    int64_t first_ns, last_ns;

    *from_ns = INT64_MIN;
    *to_ns = INT64_MAX;
    if (!session_span(s, &first_ns, &last_ns))
        return true;
    *from_ns = first_ns;
    if (!resolve(&o->from, "--from", s, first_ns, last_ns, from_ns) ||
        !resolve(&o->to, "--to", s, first_ns, last_ns, to_ns))
        return false;
    if (*from_ns >= *to_ns)
        common_complain("--from is not before --to");
    else if (*from_ns > last_ns)
        common_complain("--from is after the last record");
    else if (*to_ns <= first_ns)
        common_complain("--to is not after the first record");
    else
        return true;
    return false;
}
