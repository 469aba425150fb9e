/*
 * Which function's memory grew, out of heap profiles: the last one before a growth began
 * against the last one that is known, stack by stack.
 *
 * A stack's growth is laid to the function nearest to the allocation that is not Go's
 * runtime or standard library: that io.ReadAll holds the memory says less than who
 * calls it and keeps what it returns. Of goroutines the same with goroutine profiles.
 */
#ifndef MODEL_DETECT_STORY_BLAME_H
#define MODEL_DETECT_STORY_BLAME_H

#include <stdbool.h>
#include <stdint.h>

#include "model/session.h"

struct blame {
    bool has;        /* else nothing below means anything */
    bool is_growth;  /* share is of the growth; else of all that the one profile holds */
    uint32_t symbol; /* for profile_symbol_name */
    double share;    /* 0..1 */
    double amount;   /* bytes; of a goroutine profile goroutines */
    int64_t from_ns, to_ns; /* when the two profiles were taken; equal for one */
};

/*
 * The function that grew most between onset_ns and at_ns as far as the profiles taken by
 * at_ns tell. Where the only one was taken after the onset, the one that holds most then.
 * .has is false where they tell nothing. Costs a pass over both profiles.
 */
struct blame blame_find(const struct session *s, const struct process *p,
                        enum profile_kind kind, int64_t onset_ns, int64_t at_ns);

/* The last answer, and for which question; zero-initialise; holds nothing to free. */
struct blame_memo {
    bool is_filled;
    const struct session *session;
    const struct process *process;
    enum profile_kind kind;
    uint64_t revision;
    int64_t onset_ns;
    int64_t from_ns, until_ns; /* good for a moment in [from, until) */
    struct blame blame;
};

/* As blame_find, out of the memo where it has the answer. memo may be NULL. */
struct blame blame_recall(struct blame_memo *memo, const struct session *s,
                          const struct process *p, enum profile_kind kind,
                          int64_t onset_ns, int64_t at_ns);

#endif
