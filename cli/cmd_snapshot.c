#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/common.h"
#include "cli/screen.h"
#include "model/base/text.h"
#include "replay/transcript.h"
#include "tui/app.h"
#include "tui/keys.h"

/* The size of a terminal that nobody has resized. */
#define DEFAULT_COLS 80
#define DEFAULT_ROWS 24

static bool press_keys(struct app *app, const char *keys)
{
    struct slice script = slice_str(keys), bad;
    uint32_t key;

    while (key_script_next(&script, &key, &bad))
        app_key(app, key);
    if (bad.len == 0)
        return true;
    common_complain(
        "--keys: no key is called <%.*s>; names are <Left> <Right> <Home> "
        "<End> <PageUp> <PageDown> <Tab> <Space> <Enter> <Esc> <F1> <lt> <gt>",
        (int)(bad.len < 40 ? bad.len : 40), bad.ptr);
    return false;
}

static void print_canvas(const struct options *o, const struct canvas *c)
{
    struct theme theme = theme_of_environment(0);
    struct text out = {0};
    bool has_colour =
        o->color == COLOR_ALWAYS || (o->color == COLOR_AUTO && isatty(STDOUT_FILENO));

    canvas_to_text(c, has_colour && theme.depth != DEPTH_MONO ? &theme : NULL, &out);
    (void)fwrite(text_str(&out), 1, out.len, stdout);
    text_finish(&out);
}

static int draw(const struct options *o, struct session *s, const struct transcript *log)
{
    const struct app_live live = {.transcript = log};
    struct app *app = app_create(s);
    struct canvas c = {.charset = charset_of_environment(common_is_utf8())};
    int status = EXIT_USAGE;

    app_set_live(app, &live);
    canvas_resize(&c, o->has_size ? o->size_cols : DEFAULT_COLS,
                  o->has_size ? o->size_rows : DEFAULT_ROWS);
    if (screen_start(o, s, app) && (!o->keys || press_keys(app, o->keys))) {
        app_draw(app, &c);
        print_canvas(o, &c);
        status = common_status(s);
    }
    canvas_finish(&c);
    app_destroy(app);
    return status;
}

int cmd_snapshot(const struct options *o)
{
    struct transcript *log;
    struct session *s;
    int64_t from_ns, to_ns;
    int status;

    if (!screen_view_exists(o))
        return EXIT_USAGE;
    log = transcript_create();
    s = common_load_log(o, log);
    common_report_damage(o, s);
    if (session_span(s, &from_ns, &to_ns)) {
        status = draw(o, s, log);
    } else {
        status = common_status(s);
        if (status == EXIT_OK)
            common_complain("nothing to draw: no records in these sources");
    }
    session_destroy(s);
    transcript_destroy(log);
    return status;
}
