/*
 * The verdict on a process in plain words, with the figures that it rests on: what grows,
 * since when, how sure; where that leads and when; what it is not; whom to look at.
 *
 *   live heap grows 11.8 MiB/s since +0:20.1, steady, R² 0.99; next peak reaches the
 *   320 MiB limit in 14 s ± 3 s; GC share unchanged at 1.2 %: not pressure but retention;
 *   see `main.lateLeak` (97 % of the growth)
 *
 * Everything is as known at the moment asked for: events told by then, the forecast of
 * then, profiles taken by then.
 *
 * Evidence of events that is looked for: numbers slope_bytes_per_s, r2, limit_bytes,
 * eta_s, eta_low_s, eta_high_s, gc_cpu_fraction_before, gc_cpu_fraction_now,
 * gc_cpu_fraction, cycles_per_s, cycles_per_s_before, assist_share, assist_share_before;
 * texts limit_source, end. What is missing is left out of the sentence.
 *
 * Text. No line feeds, no full stop. Names out of inputs are sanitised; with `ascii`
 * nothing is beyond ASCII.
 */
#ifndef MODEL_DETECT_STORY_H
#define MODEL_DETECT_STORY_H

#include <stdbool.h>
#include <stdint.h>

#include "model/detect/story_blame.h"
#include "model/session.h"

struct text;

/* One sentence; at_ns is session time, INT64_MAX: the end. */
void story_put_verdict(const struct session *s, const struct process *p, int64_t at_ns,
                       bool ascii, struct text *t);

/*
 * The same as short clauses with dots between them, the most important first, as many as
 * fit into that many cells; the word of the verdict is not among them. Who is to blame
 * takes a look at profiles: with a memo that look is taken only when profiles or the
 * finding change, so that a frame can call this. Without (NULL) it is taken each time.
 */
void story_put_brief(const struct session *s, const struct process *p, int64_t at_ns,
                     int width_cols, bool ascii, struct blame_memo *memo, struct text *t);

/* "live heap", "goroutines": what people call the series; its sanitised name where there
 * is no better word. */
void story_put_subject(const struct session *s, uint32_t metric, bool ascii,
                       struct text *t);

/* A rate of change of a series in that unit, per second, minute or hour, whichever reads
 * best: "11.8 MiB/s", "3.20/min". No sign. */
#define STORY_RATE_TEXT 40
const char *story_rate(char out[STORY_RATE_TEXT], double per_s, enum unit unit,
                       bool ascii);

#endif
