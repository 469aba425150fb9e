#include "replay/fetch.h"

#include <stdlib.h>

struct fetcher *fetcher_create(struct loop *loop, int64_t (*now_ns)(void *user),
                               void *user, const struct fetch_options *options,
                               struct err *err)
{
    (void)loop;
    (void)now_ns;
    (void)user;
    (void)options;
    err_set(err, 0, 0, "this build has no HTTP");
    return NULL;
}

void fetcher_destroy(struct fetcher *f)
{
    (void)f;
}

/* Without a fetcher nobody can come here. */
struct fetch *fetch_get(struct fetcher *f, const char *url, int64_t timeout_ns,
                        fetch_done *done, void *user)
{
    (void)f;
    (void)url;
    (void)timeout_ns;
    (void)done;
    (void)user;
    abort();
}

void fetch_cancel(struct fetch *get)
{
    (void)get;
    abort();
}
