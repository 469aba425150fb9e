#define _GNU_SOURCE /* CLOCK_BOOTTIME, which goes on while the machine sleeps */
#include "cli/live_setup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/common.h"
#include "model/base/compiler.h"
#include "model/base/mem.h"
#include "model/base/num.h"
#include "model/units.h"

/* Of one request, and of an answer. A service under pressure is slow, but a poll that
 * takes half a minute is a gap. */
#define CONNECT_NS (5 * NS_PER_S)
#define ANSWER_NS (10 * NS_PER_S)

static int64_t clock_ns(clockid_t id)
{
    struct timespec now;

    (void)clock_gettime(id, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

int64_t live_setup_now_ns(void *unused)
{
    (void)unused;
    return clock_ns(CLOCK_BOOTTIME);
}

struct live_options live_setup(const struct options *o)
{
    return (struct live_options){
        .unix_ns = clock_ns(CLOCK_REALTIME),
        .now_ns = live_setup_now_ns,
        .period_ns = o->every_ns,
        .keep = {(uint64_t)num_i64_of_double(o->keep_bytes), o->keep_ns},
        .http = {.fetch = {.header_file = o->header_file,
                           .ca_file = o->ca_file,
                           .cert_file = o->cert_file,
                           .key_file = o->key_file,
                           .connect_timeout_ns = CONNECT_NS,
                           .bytes_max = ENTRY_BYTES_MAX},
                 .period_ns = o->every_ns,
                 .profile_ns = o->profiles_ns,
                 .timeout_ns = ANSWER_NS,
                 .dice = (uint64_t)clock_ns(CLOCK_REALTIME) ^ (uint64_t)getpid()},
    };
}

bool live_setup_check(const struct options *o)
{
    const struct {
        const char *option, *path;
    } files[] = {
        {"header-file", o->header_file},
        {"cacert", o->ca_file},
        {"cert", o->cert_file},
        {"key", o->key_file},
    };

    for (size_t i = 0; i < COUNT_OF(files); i++) {
        if (!files[i].path || access(files[i].path, R_OK) == 0)
            continue;
        common_complain("--%s: %s: %s", files[i].option, files[i].path, strerror(errno));
        return false;
    }
    return true;
}

struct child *live_setup_start(struct live *live, const struct options *o,
                               bool passes_through)
{
    const struct child_options options = {.passes_through = passes_through};
    char **argv = mem_alloc_array(o->source_count + 1, sizeof *argv);
    struct err err = {0};
    struct child *child;

    for (size_t i = 0; i < o->source_count; i++)
        argv[i] = mem_dup_text(o->sources[i]);
    child = live_add_child(live, argv, &options, &err);
    if (!child)
        common_complain("%s", err.reason);
    for (size_t i = 0; i < o->source_count; i++)
        free(argv[i]);
    free(argv);
    return child;
}
