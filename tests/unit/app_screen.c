#include "tests/unit/app_screen.h"

#include <criterion/criterion.h>

#include "tui/keys.h"

void app_press(struct app *app, const char *keys)
{
    struct slice script = slice_str(keys), bad;
    uint32_t key;

    while (key_script_next(&script, &key, &bad))
        app_key(app, key);
    cr_assert_eq(bad.len, 0, "%s", keys);
}

const char *app_screen(struct app *app, int cols, int rows, enum charset charset,
                       struct text *out)
{
    struct canvas c = {.charset = charset};

    canvas_resize(&c, cols, rows);
    app_draw(app, &c);
    text_clear(out);
    canvas_to_text(&c, NULL, out);
    canvas_finish(&c);
    return text_str(out);
}
