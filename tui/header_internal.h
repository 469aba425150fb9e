/*
 * What the two lines of the header share.
 */
#ifndef TUI_HEADER_INTERNAL_H
#define TUI_HEADER_INTERNAL_H

#include "model/units.h"
#include "tui/app_internal.h"

/* Parts of a line, joined by dots; a part that finds no room is left out (false). */
struct header_line {
    struct canvas *c;
    int row, col, end;
    bool is_first;
};

bool header_put(struct header_line *line, enum role role, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* Which of several processes is shown; true where it need not be said again. */
bool header_put_process(const struct app *app, struct header_line *line);

/* Of the process at the playhead, at that moment. */
bool header_value(const struct app *app, uint32_t metric, int64_t time_ns, double *value);

/* How fine times are shown: as fine as the window lets one see. */
int header_decimals(const struct app *app);

/* What a source is called where its folder, or how it is asked, does not matter. */
struct slice header_source_name(const char *path);

/* header_live.c: of a live session. */
/* What stands where a recording has its speed; NULL: that. */
const char *header_live_state(const struct app *app, bool ascii);
/* At the end of a line, where one is made. Returns the column where the rest ends. */
int header_put_recording(const struct app *app, struct canvas *c, int row);
/* Sources in trouble, silence, an offer; and the cells that the first two of these need.
 */
void header_put_live(const struct app *app, struct header_line *line);
int header_live_cells(const struct app *app, bool ascii);
/* "12 s", "1m12s": the time since a moment of a live session. */
const char *header_passed(const struct app *app, int64_t since_ns, char out[UNIT_TEXT]);
/* ", 12 s": how long a source has given nothing; "" where it is in no trouble. */
const char *header_since(const struct app *app, const struct source *source,
                         char out[UNIT_TEXT + 2]);

/* header_facts.c: the second line. */
void header_draw_facts(struct app *app, struct canvas *c, int row, bool is_process_told);

/* header_verdict.c: its beginning, which leaves `reserve` cells for the rest where that
 * does not make it unreadable. */
void header_put_verdict(struct app *app, struct header_line *line, int reserve);

/* header_end.c: of a process that is over, as live sources tell. */
/* Is it what the line begins with that this source says as well? */
bool header_tells_end(const struct app *app, const struct source *source);
/* "■ ENDED  signal 9, 12 s ago"; false where it goes on. */
bool header_put_end(const struct app *app, struct header_line *line);

/* Whose charts are at the playhead; NULL: nobody's. */
const struct process *header_process(const struct app *app);
void header_put_word(struct header_line *line, enum severity severity, const char *word);

#endif
