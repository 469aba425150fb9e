/*
 * What a source gave, and when: the one currency of live sessions. Sources make entries,
 * the recorder writes them to a .reel, the intake makes a session of them; reading a reel
 * back gives the same entries to the same intake, so that a replay cannot differ from
 * what was seen.
 *
 * Time. Unix ns of a clock that never runs backwards within a session
 * (replay/live_clock.h): entries are in the order of their times.
 *
 * Kinds and their bytes:
 *   SOURCE   a new source; its name as a user would type it ("app.log", "pid:7"). Again,
 *            with another pid or without IS_SHARED: it tells of that process from here on
 *   DATA     of a stream: the next bytes, cut anywhere; else: one whole document
 *   CUT      of a stream: what follows begins anew (the log was replaced); no bytes
 *   TROUBLE  the source could not be read now, and why; until its next DATA
 *   END      the source has ended; how, in words ("exit 2"); may be empty
 *   BEAT     of no source: detectors looked at all that came so far; no bytes
 *   NOTE     of no source: a word of the recorder's own ("3.2 s were not recorded: …")
 *
 * Lifetime. Bytes are borrowed for the call.
 */
#ifndef REPLAY_ENTRY_H
#define REPLAY_ENTRY_H

#include <stdint.h>

#include "model/base/slice.h"

enum entry_kind {
    ENTRY_SOURCE = 1,
    ENTRY_DATA,
    ENTRY_CUT,
    ENTRY_TROUBLE,
    ENTRY_END,
    ENTRY_BEAT,
    ENTRY_NOTE,
};

/* Flags of SOURCE. */
#define ENTRY_IS_STREAM 1u /* its data is one stream; else documents */
#define ENTRY_IS_SHARED                                                                  \
    16u /* what it tells of is not the process, but what that started */
/* Flags of DATA. */
#define ENTRY_IS_HISTORY 2u /* was there before anybody looked: arrival says nothing */

#define ENTRY_IS_CAPTURE 8u /* a document that somebody asked for just then */

/* Flags of END. */
#define ENTRY_IS_OOM_KILL 4u /* the kernel killed it for memory */

/* Sources are numbered from 1 in the order in which they came; 0: of no source. */
struct entry {
    enum entry_kind kind;
    unsigned flags;
    uint32_t source;
    int64_t time_ns;
    int64_t pid; /* SOURCE: whose memory it tells of; -1 = unknown */
    struct slice bytes;
};

/* More of a document than this is refused where it is fetched, and a torn reel cannot
 * make its reader allocate more. */
#define ENTRY_BYTES_MAX ((size_t)64 << 20)

/* Where entries go. */
typedef void entry_taker(void *user, const struct entry *entry);

#endif
