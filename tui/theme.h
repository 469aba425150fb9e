/*
 * What things on the screen mean, and how a terminal of some ability shows it.
 *
 * Shapes. A role says what a cell is (a series, a frame, a warning); a palette gives
 * each role a colour in 24 bits, of the 256, of the 16, and the attributes that stand
 * in for it where there is no colour. Backgrounds are the terminal's own.
 */
#ifndef TUI_THEME_H
#define TUI_THEME_H

#include <stdbool.h>
#include <stdint.h>

enum role {
    ROLE_TEXT,
    ROLE_DIM,    /* frames, axis labels, what is there for orientation only */
    ROLE_TITLE,  /* names of charts */
    ROLE_STRONG, /* figures, the program's name */
    ROLE_IN_USE,
    ROLE_LIVE,
    ROLE_GOAL,
    ROLE_PAUSE,
    ROLE_ASSIST,
    ROLE_SHARE,
    ROLE_ALLOC,
    ROLE_OTHER,
    ROLE_LIMIT,
    ROLE_FORECAST,
    ROLE_SEGMENT, /* what a series does, by and large */
    ROLE_CURSOR,
    ROLE_KEY,
    ROLE_BAR,
    ROLE_WARNING,
    ROLE_CRITICAL,
    ROLE_COUNT,
};

/* Bits of a cell's attributes. */
#define ATTR_BOLD 1u
#define ATTR_DIM 2u
#define ATTR_REVERSE 4u
#define ATTR_UNDERLINE 8u

enum depth { DEPTH_MONO, DEPTH_8, DEPTH_16, DEPTH_256, DEPTH_RGB };

struct palette;

struct theme {
    enum depth depth;
    const struct palette *palette; /* static */
};

#define STYLE_DEFAULT (-1)
struct style {
    int32_t colour; /* STYLE_DEFAULT, an index, or 0xRRGGBB at DEPTH_RGB */
    unsigned attrs;
};

/* "dark", "light", "colour-blind"; NULL where there is none of that name. */
const struct palette *palette_find(const char *name);

/*
 * The palette and depth that the environment asks for: HEAPREEL_THEME, COLORFGBG (a
 * light background), NO_COLOR, COLORTERM. `colours` is what the terminal says it has
 * (0 = unknown: 256 are assumed).
 */
struct theme theme_of_environment(int colours);

struct style theme_style(const struct theme *theme, enum role role);

#endif
