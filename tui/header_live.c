/* What the header says of a live session: whether it moves, where it is recorded, and
 * which sources are in trouble. */
#include <stdio.h>

#include "model/base/num.h"
#include "tui/header_internal.h"

/* Of a source in trouble: its name, and why; less than the least is not worth a line. */
#define NAME_COLS 24
#define WHY_COLS 40
#define WHY_LEAST_COLS 12
#define OFFER_COLS 90
#define SILENCE_COLS 24 /* "nothing came for 1h02m" */

/* The second line is the verdict's: the recording gets a part of it, and less than all
 * of its words before it takes more. */
#define VERDICT_LEAST_COLS 48
#define VERDICT_WORD_COLS 12 /* … of which a source in trouble leaves so much */
#define RECORDING_NAME_COLS 40

/* What is shown has ended, and nobody gives anything of any other process. */
static bool is_all_over(const struct app *app)
{
    const struct session *s = app->session;

    if (!app->lane.count || !app->lane.entries[app->lane.count - 1].process->has_end)
        return false;
    for (size_t i = 0; i < s->process_count; i++) {
        const struct process *p = s->processes[i];

        for (size_t k = 0; k < p->track_count; k++)
            if (!p->tracks[k]->source->trouble)
                return false;
    }
    return true;
}

const char *header_live_state(const struct app *app, bool ascii)
{
    if (app->live_time.is_frozen)
        return ascii ? "|| frozen" : "‖ frozen";
    if (app->live.is_live && app->clock.is_following)
        return is_all_over(app) ? "■ ended" : "● live";
    return NULL;
}

int header_put_recording(const struct app *app, struct canvas *c, int row)
{
    bool ascii = c->charset == CHARSET_ASCII;
    char line[3][256], size[UNIT_TEXT];
    int end = c->cols - 1, cells = 0;
    int others = VERDICT_WORD_COLS + header_live_cells(app, ascii);
    struct text name = {0};

    if (others < VERDICT_LEAST_COLS)
        others = VERDICT_LEAST_COLS;

    if (!app->live.recording)
        return end;
    (void)unit_format(size, (double)app->live.recorded_bytes, UNIT_BYTES, ascii);
    text_put_safe_cells(&name, slice_base_name(slice_str(app->live.recording)),
                        RECORDING_NAME_COLS, ascii);
    (void)snprintf(line[0], sizeof line[0], "● rec %s %s", text_str(&name), size);
    (void)snprintf(line[1], sizeof line[1], "● rec %s", size);
    (void)snprintf(line[2], sizeof line[2], "● rec");
    text_finish(&name);
    for (int i = 0; i < 3; i++) {
        cells = text_cells(line[i]);
        if (end - cells - 2 < others && i < 2)
            continue;
        (void)canvas_put(c, end - cells, row, ROLE_CRITICAL, 0, line[i]);
        break;
    }
    return end - cells - 2;
}

const char *header_passed(const struct app *app, int64_t since_ns, char out[UNIT_TEXT])
{
    int64_t ns = num_sat_sub_i64(app->live_time.now_ns, since_ns);

    if (ns < 0)
        ns = 0;
    /* Whole seconds: a figure that changes faster says no more. */
    if (ns < 60 * NS_PER_S)
        (void)snprintf(out, UNIT_TEXT, "%d s", (int)(ns / NS_PER_S));
    else
        (void)unit_format_duration(out, ns);
    return out;
}

const char *header_since(const struct app *app, const struct source *source,
                         char out[UNIT_TEXT + 2])
{
    char text[UNIT_TEXT];

    out[0] = '\0';
    if (source->trouble)
        (void)snprintf(out, UNIT_TEXT + 2, ", %s",
                       header_passed(app, source->trouble_ns, text));
    return out;
}

static const struct source *first_trouble(const struct app *app, size_t *count)
{
    const struct source *first = NULL;

    *count = 0;
    for (size_t i = 0; app->live.is_live && i < app->session->source_count; i++) {
        const struct source *source = app->session->sources[i];

        if (!source->trouble || header_tells_end(app, source))
            continue;
        if (!first)
            first = source;
        ++*count;
    }
    return first;
}

/* "app.log: is gone, 12 s (and 2 more)", or no more than what is wrong; empty where all
 * is well. */
static void trouble_text(const struct app *app, bool ascii, bool is_brief, int why_cols,
                         struct text *out)
{
    char since[UNIT_TEXT + 2];
    size_t count;
    const struct source *source = first_trouble(app, &count);

    if (!source)
        return;
    text_put_safe_cells(out, header_source_name(source->path), NAME_COLS, ascii);
    text_put_str(out, ": ");
    text_put_safe_cells(out, slice_str(source->trouble), why_cols, ascii);
    if (!is_brief)
        text_put_str(out, header_since(app, source, since));
    if (count > 1)
        text_printf(out, is_brief ? " +%zu" : " (and %zu more)", count - 1);
}

static int trouble_cells(const struct app *app, bool ascii, bool is_brief, int why_cols)
{
    struct text trouble = {0};
    int cells;

    trouble_text(app, ascii, is_brief, why_cols, &trouble);
    cells = trouble.len ? text_cells(text_str(&trouble)) : 0;
    text_finish(&trouble);
    return cells;
}

int header_live_cells(const struct app *app, bool ascii)
{
    int cells = trouble_cells(app, ascii, false, WHY_COLS);

    if (!cells && app_silence_ns(app) > 0)
        cells = SILENCE_COLS;
    return cells ? cells + 3 : 0;
}

/* Whole or not at all: half an address says nothing. */
static void put_offer(const struct app *app, struct header_line *line)
{
    struct text offer = {0};

    text_put_safe_cells(&offer, slice_str(app->live.offer), OFFER_COLS,
                        line->c->charset == CHARSET_ASCII);
    if (!header_put(line, ROLE_KEY, "%s (o adds it)", text_str(&offer)))
        (void)header_put(line, ROLE_KEY, "o adds a source");
    text_finish(&offer);
}

/* As much of the reason as there is room for; false where that is next to nothing. */
static bool put_reason(const struct app *app, struct header_line *line, bool is_brief)
{
    bool ascii = line->c->charset == CHARSET_ASCII, is_told;
    int room = line->end - line->col - (line->is_first ? 0 : 3), why_cols = WHY_COLS;
    struct text trouble = {0};

    while (why_cols > WHY_LEAST_COLS &&
           trouble_cells(app, ascii, is_brief, why_cols) > room)
        why_cols--;
    trouble_text(app, ascii, is_brief, why_cols, &trouble);
    is_told = header_put(line, ROLE_WARNING, "%s", text_str(&trouble));
    text_finish(&trouble);
    return is_told;
}

/* In as many words as there is room for. False where all is well. */
static bool put_trouble(const struct app *app, struct header_line *line)
{
    size_t count;

    if (!first_trouble(app, &count))
        return false;
    if (!put_reason(app, line, false) && !put_reason(app, line, true))
        (void)header_put(line, ROLE_WARNING, "%zu in trouble", count);
    return true;
}

void header_put_live(const struct app *app, struct header_line *line)
{
    int64_t silence_ns = app_silence_ns(app);
    char duration[UNIT_TEXT];

    if (!put_trouble(app, line) && silence_ns > 0)
        (void)header_put(line, ROLE_WARNING, "nothing came for %s",
                         unit_format_duration(duration, silence_ns));
    if (app->live.offer)
        put_offer(app, line);
}
