/* Which process's figures a service's answers are. */
#include "model/base/num.h"
#include "model/units.h"
#include "replay/http_internal.h"

/* A restart is seen soon after; where nobody is known to listen, nothing changes so soon.
 */
#define OWNER_NS NS_PER_S
#define OWNER_UNKNOWN_NS (10 * NS_PER_S)

static void set_pid(struct http *h, int64_t pid)
{
    h->pid = pid;
    for (enum http_place p = 0; p < PLACES; p++) {
        struct text name = {0};
        struct entry e = {
            .kind = ENTRY_SOURCE,
            .source = h->ends[p].source,
            .time_ns = live_now_ns(&h->context) + h->context.unix_offset_ns,
            .pid = pid,
        };

        if (e.source == 0)
            continue;
        http_put_url(h, &name, true, p);
        e.bytes = slice_of(name.ptr, name.len);
        h->context.take(h->context.user, &e);
        text_finish(&name);
    }
}

/* After a restart it is another one; a proxy's port is not the service's. */
void http_find_owner(struct http *h, const struct fetch_answer *answer)
{
    const int64_t now_ns = live_now_ns(&h->context);
    const unsigned port = http_address_port(&h->address);
    int64_t pid;

    if (!h->options.owner || answer->status == 0 || now_ns < h->owner_ns ||
        (!h->address.unix_socket && (!answer->is_local || answer->port != port)))
        return;
    pid = h->options.owner(h->options.owner_user, h->pid, port, h->address.unix_socket);
    h->owner_ns =
        num_sat_add_i64(now_ns, pid < 0 && h->pid < 0 ? OWNER_UNKNOWN_NS : OWNER_NS);
    if (pid >= 0 && pid != h->pid)
        set_pid(h, pid);
}

bool http_is_of(const struct http *h, int64_t pid, unsigned port)
{
    return http_address_port(&h->address) == port &&
           (h->pid == pid || http_address_is_loopback(&h->address));
}
