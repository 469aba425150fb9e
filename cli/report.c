/* What reports begin with, and what their two shapes ask of the session. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/common.h"
#include "cli/report_internal.h"
#include "model/base/num.h"
#include "model/base/text.h"

/* Wider than this, the eye loses the row; narrower, the table loses its point. */
#define WIDTH_MIN 80
#define WIDTH_MAX 120
#define WIDTH_OF_A_PIPE 100

/* Of a source that tells of events alone. */
static enum clock_kind clock_of_events(const struct session *s,
                                       const struct source *source)
{
    for (size_t i = 0; i < s->event_count; i++) {
        const struct event *e = s->events[i];

        if (e->source == source && e->has_time)
            return e->stated_kind == MOMENT_WALL   ? CLOCK_WALL
                   : !s->has_wall                  ? CLOCK_NONE
                   : e->stated_kind == MOMENT_BOOT ? CLOCK_FITTED
                                                   : CLOCK_FILE;
    }
    return CLOCK_NONE;
}

enum clock_kind report_source_clock(const struct session *s, const struct source *source)
{
    enum clock_kind worst = CLOCK_WALL;
    bool has_track = false;

    for (size_t i = 0; i < s->process_count; i++) {
        const struct process *p = s->processes[i];

        for (size_t j = 0; j < p->track_count; j++) {
            if (p->tracks[j]->source != source ||
                table_row_count(p->tracks[j]->table) == 0)
                continue;
            has_track = true;
            if (p->tracks[j]->clock < worst)
                worst = p->tracks[j]->clock;
        }
    }
    return has_track ? worst : clock_of_events(s, source);
}

enum clock_kind report_process_clock(const struct process *p)
{
    enum clock_kind best = CLOCK_NONE;

    for (size_t i = 0; i < p->track_count; i++) {
        if (p->tracks[i]->clock > best)
            best = p->tracks[i]->clock;
    }
    return best;
}

int report_offset_decimals(const struct report *r)
{
    int64_t span_ns = num_sat_sub_i64(r->to_ns, r->origin_ns);

    return span_ns < NS_PER_S ? 4 : span_ns < 10 * NS_PER_S ? 3 : 2;
}

static int output_width(void)
{
    const char *columns = getenv("COLUMNS");
    struct winsize size;
    uint64_t cols = WIDTH_OF_A_PIPE;

    if (!columns || !num_parse_u64(slice_str(columns), &cols)) {
        if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
            cols = size.ws_col;
    }
    return cols < WIDTH_MIN ? WIDTH_MIN : cols > WIDTH_MAX ? WIDTH_MAX : (int)cols;
}

static bool output_is_colored(const struct options *o)
{
    const char *no_color = getenv("NO_COLOR");

    if (o->color != COLOR_AUTO)
        return o->color == COLOR_ALWAYS;
    return isatty(STDOUT_FILENO) && !(no_color && *no_color);
}

/* Puts the window inside the records, so that a share of it is a share of them. */
static bool set_window(struct report *r)
{
    int64_t first_ns, last_ns;

    if (!common_window(r->options, r->session, &r->from_ns, &r->to_ns))
        return false;
    r->at_ns =
        r->options->to.kind == TIME_UNSET ? INT64_MAX : num_sat_sub_i64(r->to_ns, 1);
    r->has_records = session_span(r->session, &first_ns, &last_ns);
    if (!r->has_records) {
        r->from_ns = r->to_ns = 0;
        return true;
    }
    r->origin_ns = first_ns;
    if (r->from_ns < first_ns)
        r->from_ns = first_ns;
    if (r->to_ns > last_ns)
        r->to_ns = num_sat_add_i64(last_ns, 1);
    return true;
}

bool report_begin(struct report *r, const struct options *o, const struct session *s)
{
    *r = (struct report){
        .options = o,
        .session = s,
        .width_cols = output_width(),
        .is_utf8 = common_is_utf8(),
        .is_colored = output_is_colored(o),
    };
    return set_window(r);
}

void report_print(const struct report *r)
{
    struct text t = {0};

    /* JSON is UTF-8 whatever the locale. */
    if (r->options->is_json)
        report_put_json(r, &t);
    else
        report_put_text(r, &t);
    (void)fwrite(text_str(&t), 1, t.len, stdout);
    text_finish(&t);
}
