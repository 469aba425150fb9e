/*
 * What scan.c and scan_avx2.c share: every mark holds a pair of bytes that is rare in
 * logs, and the search is for those pairs. Where one is found the whole mark is looked
 * for around it.
 *
 * Pairs: "gc" "GC" "SC" "v " "vg" " @" "kf", and "r:" "c:" "e:" "n:", which are not
 * that rare but stand in the few marks that have no better one.
 */
#ifndef PARSERS_SCAN_PAIRS_H
#define PARSERS_SCAN_PAIRS_H

#include <stdbool.h>

#include "parsers/scan.h"

/* The place of the pair in [p, stop), which may look on up to `end`; NULL when there is
 * none with its mark in [lower, end). *newlines as for scan_mark. */
const char *scan_pairs_slowly(const char *lower, const char *p, const char *stop,
                              const char *end, uint64_t *newlines, enum scan_mark *mark);

/* The mark around the pair at `p`: where it begins, or NULL. */
const char *scan_mark_around(const char *lower, const char *p, const char *end,
                             enum scan_mark *mark);

/* scan_mark for any processor. */
const char *scan_mark_plain(const char *p, const char *end, uint64_t *newlines,
                            enum scan_mark *mark);

/* … and for those with AVX2: three times as fast. */
bool scan_has_avx2(void);
const char *scan_mark_avx2(const char *p, const char *end, uint64_t *newlines,
                           enum scan_mark *mark);

#endif
