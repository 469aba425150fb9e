#include "cli/screen.h"

#include <string.h>

#include "cli/common.h"
#include "model/base/text.h"

bool screen_view_exists(const struct options *o)
{
    struct text names = {0};

    for (size_t i = 0; app_views[i]; i++) {
        if (!o->view || strcmp(o->view, app_views[i]) == 0) {
            text_finish(&names);
            return true;
        }
        text_put_str(&names, i ? ", " : "");
        text_put_str(&names, app_views[i]);
    }
    common_complain("there is no view \"%.40s\"; there is: %s", o->view,
                    text_str(&names));
    text_finish(&names);
    return false;
}

static bool is_resolvable(const struct time_arg *arg, const struct session *s)
{
    int64_t from_ns, to_ns, ns;

    return arg->kind == TIME_UNSET ||
           (session_span(s, &from_ns, &to_ns) &&
            time_arg_resolve(arg, from_ns, to_ns, s->has_wall, &ns));
}

bool screen_can_start(const struct options *o, const struct session *s)
{
    int64_t first_ns, last_ns, from_ns, to_ns;

    if (!is_resolvable(&o->at, s) || !is_resolvable(&o->from, s) ||
        !is_resolvable(&o->to, s) || !session_span(s, &first_ns, &last_ns))
        return false;
    from_ns = first_ns;
    to_ns = INT64_MAX;
    if (o->from.kind != TIME_UNSET &&
        !time_arg_resolve(&o->from, first_ns, last_ns, s->has_wall, &from_ns))
        return false;
    if (o->to.kind != TIME_UNSET &&
        !time_arg_resolve(&o->to, first_ns, last_ns, s->has_wall, &to_ns))
        return false;
    return from_ns < to_ns && from_ns <= last_ns && to_ns > first_ns;
}

bool screen_start(const struct options *o, const struct session *s, struct app *app)
{
    int64_t from_ns, to_ns;

    if (!common_window(o, s, &from_ns, &to_ns))
        return false;
    if (o->from.kind != TIME_UNSET || o->to.kind != TIME_UNSET)
        app_set_window(app, from_ns, to_ns);
    if (o->view && !app_set_view(app, o->view))
        return false; /* screen_view_exists has said so */
    if (o->has_speed)
        app_set_speed(app, o->speed_log2);
    if (o->at.kind == TIME_UNSET || app_go_to(app, &o->at))
        return true;
    common_complain("--at names a time of day, but no source knows the wall clock; give "
                    "--start, or an offset such as +90s");
    return false;
}
