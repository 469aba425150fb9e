/* The dashboard as a user has it: keys in, text out. */
#ifndef TESTS_UNIT_APP_SCREEN_H
#define TESTS_UNIT_APP_SCREEN_H

#include "model/base/text.h"
#include "tui/app.h"
#include "tui/canvas.h"

/* A script as --keys takes it. */
void app_press(struct app *app, const char *keys);

/* What a frame of that size shows, put in *out in place of what was there; its text. */
const char *app_screen(struct app *app, int cols, int rows, enum charset charset,
                       struct text *out);

#endif
