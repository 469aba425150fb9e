/*
 * What a unit of systemd writes into the journal from now on, as journalctl tells it:
 * "journal:api.service" is one stream in the journal's export format, which names the
 * process of every line (parsers/unwrap.h).
 *
 * journalctl is started for it and ended with it. What it complains of is a TROUBLE; when
 * it ends by itself there is an END.
 */
#ifndef REPLAY_JOURNAL_H
#define REPLAY_JOURNAL_H

#include "model/base/err.h"
#include "replay/live_source.h"

struct journal;

/* "journal:UNIT", as `journalctl --unit` takes it. NULL with the reason: malformed, or
 * there is no journalctl. The context outlives it. */
struct journal *journal_start(const struct live_context *context, const char *spelling,
                              struct err *err);
/* Not from within the context's take. */
void journal_stop(struct journal *j);

#endif
