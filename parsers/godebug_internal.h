/* What the modules of godebug.h share. */
#ifndef PARSERS_GODEBUG_INTERNAL_H
#define PARSERS_GODEBUG_INTERNAL_H

#include "model/base/compiler.h"
#include "parsers/cursor.h"
#include "parsers/godebug.h"

#define GODEBUG_KIB 1024.0
#define GODEBUG_MIB 1048576.0
#define GODEBUG_COUNT_MAX (UINT64_C(1) << 62)

/* Puts the value, or replaces that of this name; NaN and infinities are left out. */
void godebug_put(struct godebug_figures *f, const char *name, enum unit unit,
                 double value);
void godebug_put_metric(struct godebug_figures *f, enum metric metric, double value);

/* A whole number, for which a double is exact enough. */
double godebug_count(struct cursor *c);

/* As the runtime prints a float: "+1.884413e+000", "0.2125", "1e-05", "NaN", "+Inf". */
double godebug_float(struct cursor *c);

/* Moves past up to eight bytes of whatever became of a delta sign, to `literal`. */
void godebug_delta(struct cursor *c, struct slice literal);

struct godebug_place godebug_place_of(const struct godebug *g,
                                      const struct godebug_line *line, const char *at);

/* Counts the line, where the cursor failed. Returns what is left of it. */
struct slice godebug_fault(struct godebug *g, const struct godebug_line *line,
                           struct slice at, const struct err *err);

/* Hands on figures of the cycle that was handed on last. */
void godebug_emit(struct godebug *g, const char *shape, const struct godebug_figures *f,
                  const struct godebug_place *place);

/* … of that many ns since the process began. */
void godebug_emit_at(struct godebug *g, const char *shape,
                     const struct godebug_figures *f, const struct godebug_place *place,
                     int64_t time_ns);

/* The next cycle is one of the two-minute timer. */
void godebug_periodic(struct godebug *g, const struct godebug_line *line, const char *at);

/* At the mark; each as godebug_take. */
struct slice godebug_pacer(struct godebug *g, const struct godebug_line *line,
                           struct slice at);
struct slice godebug_scav(struct godebug *g, const struct godebug_line *line,
                          struct slice at);
struct slice godebug_scvg(struct godebug *g, const struct godebug_line *line,
                          struct slice at);
struct slice godebug_sched(struct godebug *g, const struct godebug_line *line,
                           struct slice at);

/* The pacer's held sample, now that its cycle is known or will not come. */
void godebug_pacer_settle(struct godebug *g);

/* A line while a table is open, or a torn header waits for its rest. */
void godebug_sched_line(struct godebug *g, const struct godebug_line *line);
void godebug_sched_settle(struct godebug *g);
void godebug_sched_finish(struct godebug *g);

#endif
