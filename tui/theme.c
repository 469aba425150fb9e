#include "tui/theme.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "model/base/compiler.h"

struct hue {
    int32_t rgb;
    int16_t of_256;
    int16_t of_16;
    uint8_t attrs;      /* in colour */
    uint8_t attrs_mono; /* instead of colour */
};

struct palette {
    const char *name;
    struct hue hues[ROLE_COUNT];
};

#define PLAIN                                                                            \
    {                                                                                    \
        STYLE_DEFAULT, STYLE_DEFAULT, STYLE_DEFAULT, 0, 0                                \
    }
#define BOLD                                                                             \
    {                                                                                    \
        STYLE_DEFAULT, STYLE_DEFAULT, STYLE_DEFAULT, ATTR_BOLD, ATTR_BOLD                \
    }

/*
 * The hues of one chart differ in luminance as well, so that they stay apart for eyes
 * (and prints) that do not tell them by colour. Red and yellow are kept for severity.
 */
static const struct palette palettes[] = {
    {"dark",
     {
         [ROLE_TEXT] = PLAIN,
         [ROLE_DIM] = {0x7c8087, 244, 8, 0, ATTR_DIM},
         [ROLE_TITLE] = BOLD,
         [ROLE_STRONG] = BOLD,
         [ROLE_IN_USE] = {0x5fafff, 75, 12, 0, 0},
         [ROLE_LIVE] = {0xafff87, 156, 10, 0, ATTR_BOLD},
         [ROLE_GOAL] = {0xaf87d7, 140, 5, 0, ATTR_DIM},
         [ROLE_PAUSE] = {0xd7afff, 183, 13, 0, 0},
         [ROLE_ASSIST] = {0xffaf87, 216, 11, 0, 0},
         [ROLE_SHARE] = {0x87d7d7, 116, 14, 0, 0},
         [ROLE_ALLOC] = {0x87afff, 111, 12, 0, 0},
         [ROLE_OTHER] = {0xafafd7, 146, 7, 0, 0},
         [ROLE_LIMIT] = {0xff875f, 209, 9, 0, ATTR_BOLD},
         [ROLE_FORECAST] = {0xffaf5f, 215, 11, 0, 0},
         [ROLE_SEGMENT] = {0xffffff, 231, 15, ATTR_BOLD, ATTR_BOLD},
         [ROLE_CURSOR] = {0xffffff, 231, 15, ATTR_BOLD, ATTR_BOLD},
         [ROLE_KEY] = BOLD,
         [ROLE_BAR] = {0x5fafff, 75, 12, 0, 0},
         [ROLE_WARNING] = {0xffd75f, 221, 11, ATTR_BOLD, ATTR_BOLD},
         [ROLE_CRITICAL] = {0xff5f5f, 203, 9, ATTR_BOLD, ATTR_BOLD | ATTR_REVERSE},
     }},
    {"light",
     {
         [ROLE_TEXT] = PLAIN,
         [ROLE_DIM] = {0x767676, 243, 8, 0, ATTR_DIM},
         [ROLE_TITLE] = BOLD,
         [ROLE_STRONG] = BOLD,
         [ROLE_IN_USE] = {0x005faf, 25, 4, 0, 0},
         [ROLE_LIVE] = {0x008700, 28, 2, 0, ATTR_BOLD},
         [ROLE_GOAL] = {0x875faf, 97, 5, 0, ATTR_DIM},
         [ROLE_PAUSE] = {0x870087, 90, 5, 0, 0},
         [ROLE_ASSIST] = {0xaf5f00, 130, 3, 0, 0},
         [ROLE_SHARE] = {0x008787, 30, 6, 0, 0},
         [ROLE_ALLOC] = {0x0000af, 19, 4, 0, 0},
         [ROLE_OTHER] = {0x5f5f87, 60, 8, 0, 0},
         [ROLE_LIMIT] = {0xd75f00, 166, 1, 0, ATTR_BOLD},
         [ROLE_FORECAST] = {0xaf5f00, 130, 1, 0, 0},
         [ROLE_SEGMENT] = {0x000000, 16, 0, ATTR_BOLD, ATTR_BOLD},
         [ROLE_CURSOR] = {0x000000, 16, 0, ATTR_BOLD, ATTR_BOLD},
         [ROLE_KEY] = BOLD,
         [ROLE_BAR] = {0x005faf, 25, 4, 0, 0},
         [ROLE_WARNING] = {0x875f00, 94, 3, ATTR_BOLD, ATTR_BOLD},
         [ROLE_CRITICAL] = {0xaf0000, 124, 1, ATTR_BOLD, ATTR_BOLD | ATTR_REVERSE},
     }},
    /* Hues after Okabe and Ito, "Color Universal Design" (2008). */
    {"colour-blind",
     {
         [ROLE_TEXT] = PLAIN,
         [ROLE_DIM] = {0x7c8087, 244, 8, 0, ATTR_DIM},
         [ROLE_TITLE] = BOLD,
         [ROLE_STRONG] = BOLD,
         [ROLE_IN_USE] = {0x56b4e9, 74, 14, 0, 0},
         [ROLE_LIVE] = {0xf0e442, 227, 11, 0, ATTR_BOLD},
         [ROLE_GOAL] = {0xcc79a7, 175, 13, 0, ATTR_DIM},
         [ROLE_PAUSE] = {0xcc79a7, 175, 13, 0, 0},
         [ROLE_ASSIST] = {0xe69f00, 172, 3, 0, 0},
         [ROLE_SHARE] = {0x56b4e9, 74, 14, 0, 0},
         [ROLE_ALLOC] = {0x009e73, 36, 6, 0, 0},
         [ROLE_OTHER] = {0xbbbbbb, 250, 7, 0, 0},
         [ROLE_LIMIT] = {0xd55e00, 166, 9, 0, ATTR_BOLD},
         [ROLE_FORECAST] = {0xe69f00, 172, 11, 0, 0},
         [ROLE_SEGMENT] = {0xffffff, 231, 15, ATTR_BOLD, ATTR_BOLD},
         [ROLE_CURSOR] = {0xffffff, 231, 15, ATTR_BOLD, ATTR_BOLD},
         [ROLE_KEY] = BOLD,
         [ROLE_BAR] = {0x56b4e9, 74, 14, 0, 0},
         [ROLE_WARNING] = {0xf0e442, 227, 11, ATTR_BOLD, ATTR_BOLD},
         [ROLE_CRITICAL] = {0xd55e00, 166, 9, ATTR_BOLD, ATTR_BOLD | ATTR_REVERSE},
     }},
};

const struct palette *palette_find(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(palettes); i++)
        if (strcmp(palettes[i].name, name) == 0)
            return &palettes[i];
    return NULL;
}

static bool is_set(const char *variable)
{
    const char *value = getenv(variable);

    return value && value[0] != '\0';
}

/* rxvt and its heirs say "foreground;background" in indices of the 16 colours; 7 and
 * 15 are the light ones. */
static bool background_is_light(void)
{
    const char *value = getenv("COLORFGBG");
    const char *last = value ? strrchr(value, ';') : NULL;

    return last && (strcmp(last, ";7") == 0 || strcmp(last, ";15") == 0);
}

static const struct palette *palette_of_environment(void)
{
    const char *name = getenv("HEAPREEL_THEME");
    const struct palette *found = name ? palette_find(name) : NULL;

    if (found)
        return found;
    return palette_find(background_is_light() ? "light" : "dark");
}

static enum depth depth_of_colours(int colours)
{
    if (colours >= 1 << 24)
        return DEPTH_RGB;
    if (colours >= 256)
        return DEPTH_256;
    if (colours >= 16)
        return DEPTH_16;
    return colours >= 8 ? DEPTH_8 : DEPTH_MONO;
}

struct theme theme_of_environment(int colours)
{
    struct theme theme = {DEPTH_256, palette_of_environment()};
    const char *depth = getenv("COLORTERM");

    if (is_set("NO_COLOR"))
        theme.depth = DEPTH_MONO;
    else if (colours != 0)
        theme.depth = depth_of_colours(colours);
    else if (depth && (strcmp(depth, "truecolor") == 0 || strcmp(depth, "24bit") == 0))
        theme.depth = DEPTH_RGB;
    return theme;
}

struct style theme_style(const struct theme *theme, enum role role)
{
    const struct hue *hue = &theme->palette->hues[role];
    struct style style = {STYLE_DEFAULT, hue->attrs};

    assert(role < ROLE_COUNT);
    switch (theme->depth) {
    case DEPTH_RGB:
        style.colour = hue->rgb;
        break;
    case DEPTH_256:
        style.colour = hue->of_256;
        break;
    case DEPTH_16:
        style.colour = hue->of_16;
        break;
    case DEPTH_8:
        /* The bright half of the 16 is bold on terminals of eight colours; bright
         * black would be invisible there and stays the default, dimmed. */
        if (hue->of_16 == 8) {
            style.attrs |= ATTR_DIM;
        } else if (hue->of_16 > 8) {
            style.colour = hue->of_16 - 8;
            style.attrs |= ATTR_BOLD;
        } else {
            style.colour = hue->of_16;
        }
        break;
    case DEPTH_MONO:
        style.attrs = hue->attrs_mono;
        break;
    }
    return style;
}
