#include "model/detect/evidence.h"

#include <math.h>
#include <string.h>

static const struct evidence *find(const struct event *e, const char *name, bool is_text)
{
    for (size_t i = 0; i < e->evidence_count; i++) {
        if ((e->evidence[i].text != NULL) == is_text &&
            strcmp(e->evidence[i].name, name) == 0)
            return &e->evidence[i];
    }
    return NULL;
}

bool evidence_number(const struct event *e, const char *name, double *value)
{
    const struct evidence *found = find(e, name, false);

    if (!found || !isfinite(found->number))
        return false;
    *value = found->number;
    return true;
}

const char *evidence_text(const struct event *e, const char *name)
{
    const struct evidence *found = find(e, name, true);

    return found ? found->text : NULL;
}
