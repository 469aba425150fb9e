/* The second line's answer: is the process well, and if not, what is it about. */
#include <stdio.h>

#include "model/base/num.h"
#include "model/base/text.h"
#include "model/detect/story.h"
#include "model/detect/verdict.h"
#include "tui/header_internal.h"
#include "tui/severity.h"

/* The story needs this much to be one; what else there is to say has to make room. */
#define STORY_LEAST_COLS 36

const struct process *header_process(const struct app *app)
{
    const struct lane_entry *now = lane_at(&app->lane, app->clock.position_ns);

    return now ? now->process : NULL;
}

/* The worst that befell a process that is not the one at the playhead. */
static const struct event *worst_elsewhere(const struct app *app)
{
    const struct process *here = header_process(app);
    size_t known = told_known(&app->told, app_known_ns(app));
    const struct event *worst = NULL;

    for (size_t i = 0; i < known; i++) {
        const struct event *e = app->told.items[i].event;

        if (e->process && e->process != here && e->severity >= SEVERITY_WARNING &&
            (!worst || e->severity > worst->severity))
            worst = e;
    }
    return worst;
}

void header_put_word(struct header_line *line, enum severity severity, const char *word)
{
    enum role role = severity_role(severity);

    (void)header_put(line, role, "%s %s", severity_sign(severity), word);
    line->is_first = true; /* two blanks, no dot: the story explains the word */
    line->col += 2;
}

/* That Go's runtime ended it is no verdict on its memory, but the end of it all. */
static bool put_death(const struct app *app, struct header_line *line,
                      const struct process *p)
{
    char offset[UNIT_TEXT];

    if (!p->has_end || p->end != END_FATAL || p->end_ns > app_known_ns(app))
        return false;
    (void)unit_format_offset(offset, num_sat_sub_i64(p->end_ns, app->zero_ns),
                             header_decimals(app));
    header_put_word(line, SEVERITY_CRITICAL, "DIED");
    (void)header_put(line, ROLE_TEXT, "of a fatal error at %s", offset);
    return true;
}

/* "process 2: leak". Returns the cells it takes. */
static int elsewhere_text(const struct app *app, char out[64], enum role *role)
{
    const struct event *e = worst_elsewhere(app);

    out[0] = '\0';
    if (!e)
        return 0;
    *role = severity_role(e->severity);
    (void)snprintf(out, 64, "process %u: %s", (unsigned)e->process->id,
                   event_kind_name(e->kind));
    return text_cells(out) + 3;
}

static void put_story(struct app *app, struct header_line *line, int reserve,
                      const struct process *p)
{
    struct text story = {0};
    int room = line->end - line->col;

    if (room - reserve >= STORY_LEAST_COLS)
        room -= reserve;
    story_put_brief(app->session, p, app_known_ns(app), room,
                    line->c->charset == CHARSET_ASCII, &app->blame, &story);
    if (story.len == 0)
        return;
    line->col = canvas_put(line->c, line->col, line->row, ROLE_TEXT, 0, text_str(&story));
    line->is_first = false;
    text_finish(&story);
}

void header_put_verdict(struct app *app, struct header_line *line, int reserve)
{
    const struct process *p = header_process(app);
    const struct event *because = NULL;
    enum verdict verdict;
    enum role role = ROLE_TEXT;
    char elsewhere[64];
    int cells = elsewhere_text(app, elsewhere, &role);
    bool is_over;

    if (!p)
        return;
    verdict = verdict_of_process(app->session, p, app_known_ns(app), &because);
    is_over = header_put_end(app, line);
    if (verdict != VERDICT_HEALTHY) {
        header_put_word(line, because->severity, verdict_word(verdict));
        put_story(app, line, reserve + cells, p);
    } else if ((is_over || !put_death(app, line, p)) && !app->is_loading &&
               !app->is_watching) {
        (void)header_put(line, ROLE_TEXT, "%s%s", verdict_word(verdict),
                         is_over ? " until then" : "");
    }
    if (cells)
        (void)header_put(line, role, "%s", elsewhere);
}
