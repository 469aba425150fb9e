/* What the header says of a live session: whether it moves, where it is recorded, and
 * which sources are in trouble. */
#include <stdio.h>

#include "model/base/num.h"
#include "tui/header_internal.h"

/* Of a source in trouble: its name, and why. */
#define NAME_COLS 24
#define WHY_COLS 40
#define OFFER_COLS 90

/* The second line is the verdict's: the recording gets a part of it, and less than all
 * of its words before it takes more. */
#define VERDICT_LEAST_COLS 48
#define RECORDING_NAME_COLS 40

const char *header_live_state(const struct app *app, bool ascii)
{
    if (app->live_time.is_frozen)
        return ascii ? "|| frozen" : "‖ frozen";
    if (app->live.is_live && app->clock.is_following)
        return "● live";
    return NULL;
}

int header_put_recording(const struct app *app, struct canvas *c, int row)
{
    bool ascii = c->charset == CHARSET_ASCII;
    char line[3][256], size[UNIT_TEXT];
    int end = c->cols - 1, cells = 0;
    struct text name = {0};

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
        if (end - cells - 2 < VERDICT_LEAST_COLS && i < 2)
            continue;
        (void)canvas_put(c, end - cells, row, ROLE_CRITICAL, 0, line[i]);
        break;
    }
    return end - cells - 2;
}

const char *header_since(const struct app *app, const struct source *source,
                         char out[UNIT_TEXT + 2])
{
    int64_t ns = num_sat_sub_i64(app->live_time.now_ns, source->trouble_ns);
    char text[UNIT_TEXT];

    out[0] = '\0';
    if (!source->trouble)
        return out;
    if (ns < 0)
        ns = 0;
    /* Whole seconds: a figure that changes faster says no more. */
    if (ns < 60 * NS_PER_S)
        (void)snprintf(text, sizeof text, "%d s", (int)(ns / NS_PER_S));
    else
        (void)unit_format_duration(text, ns);
    (void)snprintf(out, UNIT_TEXT + 2, ", %s", text);
    return out;
}

static const struct source *first_trouble(const struct app *app, size_t *count)
{
    const struct source *first = NULL;

    *count = 0;
    for (size_t i = 0; app->live.is_live && i < app->session->source_count; i++) {
        const struct source *source = app->session->sources[i];

        if (!source->trouble)
            continue;
        if (!first)
            first = source;
        ++*count;
    }
    return first;
}

/* "app.log: is gone, 12 s (and 2 more)", or no more than what is wrong; empty where all
 * is well. */
static void trouble_text(const struct app *app, bool ascii, bool is_brief,
                         struct text *out)
{
    char since[UNIT_TEXT + 2];
    size_t count;
    const struct source *source = first_trouble(app, &count);

    if (!source)
        return;
    text_put_safe_cells(out, header_source_name(source->path), NAME_COLS, ascii);
    text_put_str(out, ": ");
    text_put_safe_cells(out, slice_str(source->trouble), WHY_COLS, ascii);
    if (!is_brief)
        text_put_str(out, header_since(app, source, since));
    if (count > 1)
        text_printf(out, is_brief ? " +%zu" : " (and %zu more)", count - 1);
}

int header_live_cells(const struct app *app, bool ascii)
{
    struct text trouble = {0};
    int cells;

    trouble_text(app, ascii, false, &trouble);
    cells = trouble.len ? text_cells(text_str(&trouble)) + 3 : 0;
    text_finish(&trouble);
    return cells;
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

/* In as many words as there is room for. False where all is well. */
static bool put_trouble(const struct app *app, struct header_line *line)
{
    bool ascii = line->c->charset == CHARSET_ASCII, is_told = false;
    size_t count;

    if (!first_trouble(app, &count))
        return false;
    for (int brief = 0; brief < 2 && !is_told; brief++) {
        struct text trouble = {0};

        trouble_text(app, ascii, brief, &trouble);
        is_told = header_put(line, ROLE_WARNING, "%s", text_str(&trouble));
        text_finish(&trouble);
    }
    if (!is_told)
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
