/*
 * Runs a parser over a whole input, in pieces of the test's choice, and keeps what it
 * hands on. Each piece sits in a block of exactly its size that is gone before the next
 * one comes, so that a parser which holds on to its input is caught.
 */
#ifndef TESTS_UNIT_COLLECT_H
#define TESTS_UNIT_COLLECT_H

#include "model/base/diag.h"
#include "model/base/text.h"
#include "parsers/parser.h"

struct pieces {
    size_t first, rest; /* bytes of the first piece and, at most, of each after it */
    uint64_t seed;      /* not 0: the later ones are 1 … rest bytes, at random */
};

#define PIECES_WHOLE ((struct pieces){SIZE_MAX, SIZE_MAX, 0})

struct collected {
    struct gc_cycle *cycles;
    size_t cycle_count, cycle_capacity;
    struct text snapshots; /* each as collect_put_snapshot writes it */
    size_t snapshot_count;
    struct text others; /* samples, notices and profiles as collect_put_… write them */
    size_t other_count;
    struct diag diag;
    bool ok; /* every feed and the finish */
};

/* Zero-initialised by the caller's declaration; give it back to collected_finish. */
void collect(struct collected *c, const struct parser_ops *ops, struct slice in,
             struct pieces pieces);

/* … of a file of that name, for formats that need it. */
void collect_named(struct collected *c, const struct parser_ops *ops,
                   struct slice file_name, struct slice in, struct pieces pieces);
/* … in one piece. */
struct collected collect_whole(const struct parser_ops *ops, struct slice in);
void collected_finish(struct collected *c);

/* All that a record says, one "name=value" a word, in a fixed order. */
void collect_put_cycle(struct text *t, const struct gc_cycle *c);
void collect_put_snapshot(struct text *t, const struct mem_snapshot *s);
void collect_put_sample(struct text *t, const struct sample *s);
void collect_put_notice(struct text *t, const struct notice *n);
/* A line of what it is and one for each sample. */
void collect_put_profile(struct text *t, const struct profile_record *p);

/* Are both runs the same, records, faults and verdict? Where not, `why` shows the first
 * place where they part. */
#define COLLECT_WHY 512
bool collected_same(const struct collected *a, const struct collected *b,
                    char why[COLLECT_WHY]);

#endif
