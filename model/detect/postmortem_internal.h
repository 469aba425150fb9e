/* What the files of the post-mortem share. */
#ifndef MODEL_DETECT_POSTMORTEM_INTERNAL_H
#define MODEL_DETECT_POSTMORTEM_INTERNAL_H

#include "model/detect/postmortem.h"

/* The last value before the end; NaN where there is none. */
double postmortem_last(const struct session *s, const struct postmortem *m,
                       uint32_t metric);

/* NULL where the series is not among the trends. */
const struct postmortem_trend *postmortem_trend_of(const struct postmortem *m,
                                                   uint32_t metric);

/* Fills parts, total and neighbour from what the death's event and the trends tell. */
void postmortem_take_apart(const struct session *s, struct postmortem *m);
enum postmortem_cause postmortem_judge(const struct session *s,
                                       const struct postmortem *m);

#endif
