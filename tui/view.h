/*
 * The window of time that the charts show: [from_ns, to_ns) within the recording's
 * bounds. Arithmetic holds at the ends of the range instead of overflowing.
 */
#ifndef TUI_VIEW_H
#define TUI_VIEW_H

#include <stdbool.h>
#include <stdint.h>

/* Narrower than this a pixel column would be less than a nanosecond. */
#define VIEW_LEAST_NS INT64_C(100000)

/* Zero-initialise, then view_set_bounds. */
struct view {
    int64_t from_ns, to_ns;   /* the window */
    int64_t first_ns, end_ns; /* the recording: [first, end) */
    bool is_zoomed;           /* false: the window is all of it, and grows with it */
};

/* The recording's first and last moment, both inclusive. A zoomed window stays where
 * it is as long as it lies inside. */
void view_set_bounds(struct view *v, int64_t first_ns, int64_t last_ns);

void view_reset(struct view *v);

/* A window chosen by hand, pushed inside the bounds. */
void view_set_window(struct view *v, int64_t from_ns, int64_t to_ns);
int64_t view_span(const struct view *v);

/* Halves (in) or doubles the window; what is under `anchor_ns` stays there. */
void view_zoom(struct view *v, bool in, int64_t anchor_ns);

/* Moves by half a window, towards the end or the beginning. */
void view_pan(struct view *v, bool later);

/* Moves just far enough that a moment is inside, with some room to go on. */
void view_reveal(struct view *v, int64_t time_ns);

/* The first moment of pixel column k of n: 0 <= k <= n. */
int64_t view_time_at(const struct view *v, int k, int n);

/* The pixel column of n that shows a moment; below 0 or n where it is outside. */
int view_column_of(const struct view *v, int64_t time_ns, int n);

#endif
