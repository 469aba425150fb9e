#include <stdbool.h>

#include "model/base/mem.h"
#include "model/base/text.h"
#include "replay/child.h"

/* The runtime cuts at commas and trims nothing (runtime/runtime1.go, parsegodebug), so
 * neither is done here: it does not know " gctrace=1" or "xgctrace=1" as gctrace. */
static bool has_gctrace(struct slice settings)
{
    const struct slice key = SLICE("gctrace=");

    while (settings.len > 0) {
        const char *comma = memchr(settings.ptr, ',', settings.len);

        if (slice_starts(settings, key))
            return true;
        if (!comma)
            break;
        settings = slice_after(settings, (size_t)(comma - settings.ptr) + 1);
    }
    return false;
}

char *child_godebug(const char *given)
{
    const struct slice settings = slice_str(given);
    struct text extended = {0};

    text_put(&extended, settings);
    if (!has_gctrace(settings)) {
        if (settings.len > 0 && !slice_ends(settings, SLICE(",")))
            text_put_char(&extended, ',');
        text_put_str(&extended, "gctrace=1");
    }
    return extended.ptr;
}
