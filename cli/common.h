/*
 * What the commands share: sources into a session, and what to say about them.
 */
#ifndef CLI_COMMON_H
#define CLI_COMMON_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/options.h"
#include "model/base/compiler.h"
#include "model/session.h"

struct text;
struct transcript;

/* One line on standard error, "heapreel: " in front. All of it passes the gate for
 * untrusted text, so arguments may come from anywhere. */
void common_complain(const char *format, ...) PRINTF_LIKE(1, 2);

/* The terminal's character set is UTF-8. */
bool common_is_utf8(void);

/* Text of ours to standard output; dashes, dots and the like become ASCII where the
 * terminal has no UTF-8. */
void common_print(const struct text *t);

/* text_put_safe or text_put_safe_ascii, as the terminal can show. */
void common_put_safe(struct text *t, const char *untrusted);

/* A session with --limit and --start in it, no sources yet. */
struct session *common_session(const struct options *o);

/* Loads every source to its end, and has it watched as if it were happening. */
struct session *common_load(const struct options *o);

/* The same; what recordings have of streams is put into the transcript as well. */
struct session *common_load_log(const struct options *o, struct transcript *log);

/*
 * What could not be read or used, one line each on standard error: "heapreel:
 * FILE:LINE: reason". Unless -q, which leaves only unreadable sources.
 */
void common_report_damage(const struct options *o, const struct session *s);

/* The same of one input that is no source of a session. */
void common_report_diag(const struct options *o, const char *path, const struct diag *d);

/* A count since the process began: only its growth says something. */
bool common_is_counter(uint32_t metric);

/* EXIT_UNREADABLE when a source could not be read at all, else EXIT_OK. */
int common_status(const struct session *s);

/*
 * --from and --to as session times: [*from_ns, *to_ns). The whole span where they are
 * not given. False, after a message, when they make no sense for this session.
 */
MUST_USE bool common_window(const struct options *o, const struct session *s,
                            int64_t *from_ns, int64_t *to_ns);

#endif
