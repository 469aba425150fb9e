#include "tui/view.h"

#include <assert.h>

#include "model/base/num.h"

int64_t view_span(const struct view *v)
{
    return num_sat_sub_i64(v->to_ns, v->from_ns);
}

void view_reset(struct view *v)
{
    v->from_ns = v->first_ns;
    v->to_ns = v->end_ns;
    v->is_zoomed = false;
}

/* Puts a window of the given span at from_ns, pushed inside the bounds. */
static void place(struct view *v, int64_t from_ns, int64_t span_ns)
{
    int64_t whole_ns = num_sat_sub_i64(v->end_ns, v->first_ns);

    if (span_ns < VIEW_LEAST_NS)
        span_ns = VIEW_LEAST_NS;
    if (span_ns >= whole_ns) {
        view_reset(v);
        return;
    }
    if (from_ns > v->end_ns - span_ns)
        from_ns = v->end_ns - span_ns;
    if (from_ns < v->first_ns)
        from_ns = v->first_ns;
    v->from_ns = from_ns;
    v->to_ns = from_ns + span_ns;
    v->is_zoomed = true;
}

void view_set_bounds(struct view *v, int64_t first_ns, int64_t last_ns)
{
    int64_t least_ns = num_sat_add_i64(first_ns, VIEW_LEAST_NS);
    int64_t shift_ns = num_sat_sub_i64(first_ns, v->first_ns);

    v->first_ns = first_ns;
    v->end_ns = num_sat_add_i64(last_ns, 1);
    if (v->end_ns < least_ns)
        v->end_ns = least_ns;
    if (!v->is_zoomed)
        view_reset(v);
    else if (v->from_ns < v->first_ns || v->to_ns > v->end_ns)
        /* The recording has moved (a wall clock came to be known): so does the window. */
        place(v, num_sat_add_i64(v->from_ns, shift_ns), view_span(v));
}

void view_set_window(struct view *v, int64_t from_ns, int64_t to_ns)
{
    place(v, from_ns, num_sat_sub_i64(to_ns, from_ns));
}

void view_zoom(struct view *v, bool in, int64_t anchor_ns)
{
    int64_t span_ns = view_span(v), wanted_ns, before_ns;

    wanted_ns = in ? span_ns / 2 : num_sat_add_i64(span_ns, span_ns);
    if (wanted_ns < VIEW_LEAST_NS)
        wanted_ns = VIEW_LEAST_NS;
    if (anchor_ns < v->from_ns || anchor_ns >= v->to_ns)
        anchor_ns = v->from_ns + span_ns / 2;
    before_ns = num_i64_of_double((double)num_sat_sub_i64(anchor_ns, v->from_ns) /
                                  (double)span_ns * (double)wanted_ns);
    /* The last moment of the window, too, is still inside of it. */
    if (before_ns >= wanted_ns)
        before_ns = wanted_ns - 1;
    place(v, num_sat_sub_i64(anchor_ns, before_ns), wanted_ns);
}

void view_pan(struct view *v, bool later)
{
    int64_t half_ns = view_span(v) / 2;

    if (v->is_zoomed)
        place(v,
              later ? num_sat_add_i64(v->from_ns, half_ns)
                    : num_sat_sub_i64(v->from_ns, half_ns),
              view_span(v));
}

void view_reveal(struct view *v, int64_t time_ns)
{
    int64_t span_ns = view_span(v), margin_ns = span_ns / 4;

    if (!v->is_zoomed || (time_ns >= v->from_ns && time_ns < v->to_ns))
        return;
    if (time_ns < v->from_ns)
        place(v, num_sat_sub_i64(time_ns, span_ns - margin_ns), span_ns);
    else
        place(v, num_sat_sub_i64(time_ns, margin_ns), span_ns);
}

int64_t view_time_at(const struct view *v, int k, int n)
{
    int64_t span_ns = view_span(v);

    assert(n > 0 && k >= 0 && k <= n);
    /* In two parts, so that span * k cannot overflow. */
    return v->from_ns + span_ns / n * k + span_ns % n * k / n;
}

int view_column_of(const struct view *v, int64_t time_ns, int n)
{
    int low = 0, high = n;

    if (time_ns < v->from_ns)
        return -1;
    if (time_ns >= v->to_ns)
        return n;
    /* By search, so that it is the exact inverse of view_time_at. */
    while (high - low > 1) {
        int middle = low + (high - low) / 2;

        if (view_time_at(v, middle, n) <= time_ns)
            low = middle;
        else
            high = middle;
    }
    return low;
}
