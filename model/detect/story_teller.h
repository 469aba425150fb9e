/* A story while it is told: what story.c and the files of its kinds share. */
#ifndef MODEL_DETECT_STORY_TELLER_H
#define MODEL_DETECT_STORY_TELLER_H

#include "model/base/text.h"
#include "model/detect/story_blame.h"
#include "model/session.h"

#define CLAUSES_MAX 8

/* A clause, and how soon it may be left out where there is no room: 0 last. */
struct clause {
    struct text text;
    int rank;
};

struct teller {
    const struct session *session;
    const struct process *process;
    int64_t at_ns;  /* what is known by then */
    int64_t now_ns; /* the same, or the process's end where that came before */
    bool ascii, is_brief;
    struct blame_memo *memo;
    struct clause clauses[CLAUSES_MAX];
    size_t count;
};

/* A new clause, to be filled. */
struct text *teller_clause(struct teller *t, int rank);

void teller_put_bytes(const struct teller *t, struct text *out, double bytes);
void teller_put_offset(const struct teller *t, struct text *out, int64_t time_ns);
double teller_seconds(int64_t from_ns, int64_t to_ns);

/* The last value known by that moment. */
bool teller_last(const struct teller *t, uint32_t metric, int64_t at_ns, double *value);

/* The middle one of the last few values by then: a single odd one, such as that of a
 * process as it ends, says nothing. */
#define TELLER_RECENT 5
bool teller_recent(const struct teller *t, uint32_t metric, int64_t at_ns, double *value);

/*
 * The middle value of up to TELLER_LOOKS rows, evenly spread over [from, to]; false where
 * fewer than TELLER_LOOKS_MIN have one. Not the mean: a collector at work in the first
 * milliseconds of a process takes half of the CPU.
 */
#define TELLER_LOOKS 255
#define TELLER_LOOKS_MIN 3
bool teller_middle(const struct teller *t, uint32_t metric, int64_t from_ns,
                   int64_t to_ns, double *value);

/* How much more each second, by least squares over such rows. */
bool teller_slope(const struct teller *t, uint32_t metric, int64_t from_ns, int64_t to_ns,
                  double *per_s);

/* What grows and where that leads; is_past: it came to its end. */
void teller_growth(struct teller *t, const struct event *e, bool is_past);

/* What came of growth that was told again and again, and was over each time. */
void teller_waves(struct teller *t);

/* How hard the collector works. */
void teller_pressure(struct teller *t, const struct event *e);

#endif
