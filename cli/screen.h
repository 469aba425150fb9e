/*
 * What `open` and `snapshot` share: where the dashboard starts.
 */
#ifndef CLI_SCREEN_H
#define CLI_SCREEN_H

#include <stdbool.h>

#include "cli/options.h"
#include "model/base/compiler.h"
#include "model/session.h"
#include "tui/app.h"

/* False, after a message, when --view names a view that does not exist. */
MUST_USE bool screen_view_exists(const struct options *o);

/* --from, --to, --at and --speed, applied to a session that is loaded. False, after a
 * message, when they make no sense for it. */
MUST_USE bool screen_start(const struct options *o, const struct session *s,
                           struct app *app);

/* Whether screen_start would succeed, without a message. */
bool screen_can_start(const struct options *o, const struct session *s);

#endif
