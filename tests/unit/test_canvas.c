#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/support.h"
#include "tui/canvas.h"
#include "tui/raster.h"

TestSuite(canvas, .fini = test_abort_on_leak);

static void expect_text(const struct canvas *c, const char *want, const char *what)
{
    struct text got = {0};

    canvas_to_text(c, NULL, &got);
    cr_expect_str_eq(text_str(&got), want, "%s: %s", what, text_str(&got));
    text_finish(&got);
}

static const struct {
    enum charset charset;
    int col, row;
    const char *text;
    const char *want; /* of a canvas of 6 by 2 */
} puts_table[] = {
    {CHARSET_BRAILLE, 0, 0, "abc", "abc\n\n"},
    {CHARSET_BRAILLE, 4, 1, "abc", "\n    ab\n"},
    {CHARSET_BRAILLE, -1, 0, "abc", "bc\n\n"},
    {CHARSET_BRAILLE, 0, 2, "abc", "\n\n"},
    {CHARSET_BRAILLE, 0, -1, "abc", "\n\n"},
    {CHARSET_BRAILLE, 0, 0, "e\xcc\x81x", "e\xcc\x81x\n\n"},
    {CHARSET_BRAILLE, 0, 0, "\xe4\xb8\xad!", "\xe4\xb8\xad!\n\n"},
    /* Half of a wide one is a blank. */
    {CHARSET_BRAILLE, 5, 0, "\xe4\xb8\xad", "\n\n"},
    {CHARSET_ASCII, 0, 0, "\xe2\x95\xad\xe2\x94\x80 \xc3\xa9", "+- ?\n\n"},
    {CHARSET_ASCII, 0, 0, "e\xcc\x81x", "ex\n\n"},
    /* Not UTF-8: never reaches here from a file, and still does no harm. */
    {CHARSET_BRAILLE, 0, 0,
     "a\xff"
     "b",
     "a?b\n\n"},
};

Test(canvas, puts_text)
{
    for (size_t i = 0; i < COUNT_OF(puts_table); i++) {
        struct canvas c = {.charset = puts_table[i].charset};

        canvas_resize(&c, 6, 2);
        (void)canvas_put(&c, puts_table[i].col, puts_table[i].row, ROLE_TEXT, 0,
                         puts_table[i].text);
        expect_text(&c, puts_table[i].want, puts_table[i].text);
        canvas_finish(&c);
    }
}

Test(canvas, writing_over_half_of_a_wide_cell_frees_the_other)
{
    struct canvas c = {.charset = CHARSET_BRAILLE};

    canvas_resize(&c, 4, 1);
    (void)canvas_put(&c, 0, 0, ROLE_TEXT, 0, "\xe4\xb8\xad\xe4\xb8\xad");
    (void)canvas_put(&c, 1, 0, ROLE_TEXT, 0, "xy");
    expect_text(&c, " xy\n", "both halves");
    canvas_finish(&c);
}

Test(canvas, clips)
{
    struct canvas c = {.charset = CHARSET_BRAILLE};

    canvas_resize(&c, 5, 2);
    c.clip = (struct rect){1, 0, 2, 1};
    canvas_fill(&c, (struct rect){-3, -3, 20, 20}, ROLE_TEXT, 0, '#');
    expect_text(&c, " ##\n\n", "clip");
    canvas_finish(&c);
}

Test(canvas, draws_boxes_of_any_size)
{
    for (int cols = -1; cols < 5; cols++) {
        for (int rows = -1; rows < 5; rows++) {
            struct canvas c = {.charset = CHARSET_ASCII};

            canvas_resize(&c, 4, 3);
            canvas_box(&c, (struct rect){0, 0, cols, rows}, ROLE_DIM, 0);
            if (cols == 4 && rows == 3)
                expect_text(&c, "+--+\n|  |\n+--+\n", "box");
            canvas_finish(&c);
        }
    }
}

Test(canvas, sizes_are_held)
{
    struct canvas c = {0};

    canvas_resize(&c, 0, -5);
    cr_expect(c.cols == 1 && c.rows == 1);
    canvas_resize(&c, 1000000, 3);
    cr_expect(c.cols == CANVAS_MAX_COLS && c.rows == 3);
    canvas_finish(&c);
}

Test(canvas, colours_by_depth)
{
    static const struct {
        enum depth depth;
        const char *want;
    } rows[] = {
        {DEPTH_RGB, "\033[0;1;38;2;255;95;95mX\033[0m\n"},
        {DEPTH_256, "\033[0;1;38;5;203mX\033[0m\n"},
        {DEPTH_16, "\033[0;1;91mX\033[0m\n"},
        {DEPTH_8, "\033[0;1;31mX\033[0m\n"},
        {DEPTH_MONO, "\033[0;1;7mX\033[0m\n"},
    };

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct theme theme = {rows[i].depth, palette_find("dark")};
        struct canvas c = {0};
        struct text got = {0};

        canvas_resize(&c, 3, 1);
        (void)canvas_put(&c, 0, 0, ROLE_CRITICAL, 0, "X");
        canvas_to_text(&c, &theme, &got);
        cr_expect_str_eq(text_str(&got), rows[i].want, "depth %d", (int)rows[i].depth);
        text_finish(&got);
        canvas_finish(&c);
    }
}

Test(canvas, every_palette_has_every_role)
{
    static const char *const names[] = {"dark", "light", "colour-blind"};

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct theme theme = {DEPTH_256, palette_find(names[i])};

        cr_assert_not_null(theme.palette, "%s", names[i]);
        /* A role that a palette forgot would be black. */
        for (int role = 0; role < ROLE_COUNT; role++)
            cr_expect_neq(theme_style(&theme, (enum role)role).colour, 0, "%s: %d",
                          names[i], role);
    }
    cr_expect_null(palette_find("plaid"));
}

Test(canvas, no_color_is_honoured)
{
    struct theme theme;

    (void)setenv("NO_COLOR", "1", 1);
    theme = theme_of_environment(256);
    cr_expect_eq(theme.depth, DEPTH_MONO);
    (void)setenv("NO_COLOR", "", 1); /* empty is as good as absent: no-color.org */
    theme = theme_of_environment(256);
    cr_expect_eq(theme.depth, DEPTH_256);
    cr_expect_eq(theme_of_environment(8).depth, DEPTH_8);
    cr_expect_eq(theme_of_environment(1).depth, DEPTH_MONO);
}

/* Each dot of a raster sets its own place in the character. */
Test(raster, dots_become_characters)
{
    static const struct {
        enum charset charset;
        bool is_bars;
        int x, y;
        const char *want; /* of one cell */
    } rows[] = {
        {CHARSET_BRAILLE, false, 0, 0, "\u2840\n"},
        {CHARSET_BRAILLE, false, 1, 0, "\u2880\n"},
        {CHARSET_BRAILLE, false, 0, 3, "\u2801\n"},
        {CHARSET_BRAILLE, false, 1, 3, "\u2808\n"},
        {CHARSET_BLOCK, false, 0, 0, "\u2584\n"},
        {CHARSET_BLOCK, false, 0, 1, "\u2580\n"},
        {CHARSET_BLOCK, true, 0, 0, "\u2581\n"},
        {CHARSET_BLOCK, true, 0, 7, "\u2588\n"},
        {CHARSET_ASCII, false, 0, 0, "_\n"},
        {CHARSET_ASCII, false, 0, 2, "\"\n"},
        {CHARSET_BRAILLE, false, 2, 0, "\n"},
        {CHARSET_BRAILLE, false, 0, -1, "\n"},
    };

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct raster r = {0};
        struct canvas c = {.charset = rows[i].charset};

        canvas_resize(&c, 1, 1);
        raster_begin(&r, rows[i].charset, rows[i].is_bars, 1, 1);
        raster_dot(&r, rows[i].x, rows[i].y, ROLE_IN_USE);
        raster_paint(&r, &c, 0, 0, 1);
        expect_text(&c, rows[i].want, "dot");
        raster_finish(&r);
        canvas_finish(&c);
    }
}
