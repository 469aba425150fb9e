/*
 * An inflection in plain words: "live heap steps from 52 MiB to 112 MiB".
 */
#ifndef MODEL_DETECT_ONLINE_WORDS_H
#define MODEL_DETECT_ONLINE_WORDS_H

#include "model/base/text.h"
#include "model/detect/online.h"
#include "model/units.h"

/* `what` names the series ("live heap"); it is put as it is. */
void online_words(struct text *out, const char *what, enum unit unit,
                  const struct inflection *found);

#endif
