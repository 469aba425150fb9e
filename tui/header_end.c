/* What the second line says first of a process that is over, as its sources told. */
#include <stdio.h>
#include <string.h>

#include "model/base/num.h"
#include "tui/header_internal.h"

#define HOW_COLS 40

/* The process at the playhead, where it had ended by then. What the kernel killed for
 * memory is a verdict of its own. */
static const struct process *ended_process(const struct app *app)
{
    const struct process *p = header_process(app);

    if (!p || !p->has_end || p->end_ns > app_known_ns(app))
        return NULL;
    return p->end == END_EXIT || (p->end == END_FATAL && app->live.is_live) ? p : NULL;
}

static bool is_end_of(const struct source *source, const struct process *p)
{
    return source->trouble && source->trouble_ns == p->end_ns;
}

bool header_tells_end(const struct app *app, const struct source *source)
{
    const struct process *p = ended_process(app);

    return p && is_end_of(source, p);
}

/* "pid 7 has exited: signal 9" is "signal 9" where it is clear of whom that is. */
static struct slice how_of(const struct session *s, const struct process *p)
{
    const struct slice pid = SLICE("pid "), exited = SLICE("has exited");
    struct slice how = {0};

    for (size_t i = 0; i < s->source_count && how.len == 0; i++)
        if (is_end_of(s->sources[i], p))
            how = slice_str(s->sources[i]->trouble);
    if (slice_starts(how, pid)) {
        how = slice_after(how, pid.len);
        while (how.len > 0 && how.ptr[0] != ' ')
            how = slice_after(how, 1);
        how = slice_after(how, how.len > 0);
    }
    if (slice_starts(how, exited)) {
        how = slice_after(how, exited.len);
        while (how.len > 0 && (how.ptr[0] == ':' || how.ptr[0] == ' '))
            how = slice_after(how, 1);
    }
    return how;
}

static enum severity severity_of(const struct process *p, struct slice how)
{
    if (p->end == END_FATAL)
        return SEVERITY_CRITICAL;
    if (how.len == 0) /* nobody knows how */
        return SEVERITY_WARNING;
    return slice_eq(how, SLICE("exit 0")) ? SEVERITY_INFO : SEVERITY_CRITICAL;
}

/* ", 12 s ago"; of what is only replayed " at +0:31". */
static void when_text(const struct app *app, const struct process *p, bool is_first,
                      char out[UNIT_TEXT + 8])
{
    char text[UNIT_TEXT];

    if (app->live.is_live) {
        (void)snprintf(out, UNIT_TEXT + 8, "%s%s ago", is_first ? "" : ", ",
                       header_passed(app, p->end_ns, text));
        return;
    }
    (void)unit_format_offset(text, num_sat_sub_i64(p->end_ns, app->zero_ns),
                             header_decimals(app));
    (void)snprintf(out, UNIT_TEXT + 8, "%sat %s", is_first ? "" : " ", text);
}

bool header_put_end(const struct app *app, struct header_line *line)
{
    const struct process *p = ended_process(app);
    struct text how = {0};
    char when[UNIT_TEXT + 8];
    struct slice words;

    if (!p)
        return false;
    words = how_of(app->session, p);
    text_put_safe_cells(&how, words, HOW_COLS, line->c->charset == CHARSET_ASCII);
    when_text(app, p, how.len == 0, when);
    header_put_word(line, severity_of(p, words), "ENDED");
    (void)header_put(line, ROLE_TEXT, "%s%s", text_str(&how), when);
    line->is_first = false;
    text_finish(&how);
    return true;
}
