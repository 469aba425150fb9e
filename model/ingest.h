/*
 * Records become rows: which process a record belongs to, when it happened, and the
 * figures that follow from one record and the one before it.
 *
 * Processes. A log can hold several: "gc 1" opens one, a cycle number or a clock that
 * runs backwards opens one, and records go to the open process that they continue
 * (the next number, a clock that does not run backwards, the same GOMAXPROCS).
 *
 * Derived (source: the formulas of runtime/mgcpacer.go and the units of gctrace):
 *   gc.interval      this cycle's start less the last one's
 *   gc.pause         sweep termination + mark termination (all phases before 1.5)
 *   gc.cpu.stw       both pauses' CPU time
 *   gc.cpu.fraction  (assist + dedicated + stw) / ((end - last end) × procs);
 *                    idle marking takes what nobody else wanted and is left out;
 *                    at most 1, which clocks truncated to a millisecond can exceed
 *   gc.assist.share  assist / (assist + dedicated + idle)
 *   alloc.rate       gctrace: (start - last live) / time since the last cycle's end,
 *                    where that is a millisecond or more;
 *                    MemStats: TotalAlloc's growth over the time between snapshots
 *   mem.offheap      RSS - (Sys - HeapReleased), of one snapshot or sample
 * Each is missing where one of its parts is.
 */
#ifndef MODEL_INGEST_H
#define MODEL_INGEST_H

#include "model/record.h"
#include "model/session.h"

struct ingest;

/* Records of one source. The session must outlive it. */
struct ingest *ingest_create(struct session *session, struct source *source);
void ingest_destroy(struct ingest *in);

/*
 * What the processes of this ingest are called where nothing better is known of them
 * (their pod, container or unit), and their pid (-1: unknown). Also of those that are
 * there already.
 */
void ingest_set_name(struct ingest *in, struct slice name, int64_t pid);

/*
 * The pid of the process that the source tells of at present. Where that one has another
 * pid, it has ended, and the next record begins a process. What begins later by itself
 * (its counters fell, a second program writes into the log) has a pid that nobody told.
 */
void ingest_set_pid(struct ingest *in, int64_t pid);

/*
 * One service, of which several sources tell a part each: /debug/vars, /metrics, its
 * profiles. They tell of one process, and where one of them sees that it began anew, the
 * next record of each other is of the new one too. Zero-initialise; outlives its ingests.
 * Only documents that tell of one process have a part in it.
 */
struct ingest_service {
    struct track *track; /* one of its present process; NULL: none yet */
    uint32_t runs;       /* how many processes it has been */
    bool is_one;         /* whatever its sources call it, they tell of nobody else */
};

/* Before the first record. */
void ingest_set_service(struct ingest *in, struct ingest_service *service);

/*
 * When the records that come now were given to us, for those that carry no time
 * themselves: what was fetched from a live process is of that moment.
 */
void ingest_set_moment(struct ingest *in, int64_t unix_ns);

/* The sink to give to a parser; valid as long as the ingest. */
const struct sink *ingest_sink(struct ingest *in);

#endif
