/* What the modules of the unwrapper share: one layer's view of one line. */
#ifndef PARSERS_UNWRAP_INTERNAL_H
#define PARSERS_UNWRAP_INTERNAL_H

#include "model/base/text.h"
#include "parsers/unwrap.h"

/* In the order in which equal claims are settled. */
enum wrapping {
    WRAPPING_DOCKER,
    WRAPPING_JOURNALD_JSON,
    WRAPPING_CRI,
    WRAPPING_KUBECTL,
    WRAPPING_LOGCLI,
    WRAPPING_COMPOSE,
    WRAPPING_JOURNALD,
    WRAPPING_SYSLOG,
    WRAPPING_JSON,     /* of a shipper */
    WRAPPING_APP_JSON, /* of the application itself */
    WRAPPING_KLOG,
    WRAPPING_EXPORT,
    WRAPPING_PREFIX,
    WRAPPINGS,
};

/* What a layer makes of one line. Slices point into the line or into the context. */
struct peeled {
    enum wrapping wrapping;
    struct slice text;
    struct slice source; /* empty = unknown */
    struct slice scope;  /* the machine, or what else tells equal sources apart */
    int64_t pid;         /* -1 = unknown */
    struct slice stamp;  /* text for parsers/stamp.h; empty: see has_time */
    bool has_time;
    int64_t unix_ns;
    unsigned digits; /* of its fraction: 0 to 9 */
    char stream;     /* parts are joined per source and stream */
    bool is_part;    /* its line goes on in the next one of this stream */
    bool is_app;     /* the application's own format: `text` is only its message */
};

struct peel_context {
    int64_t reference_ns;
    const struct unwrap_pattern *pattern;
    bool has_newlines;
    bool has_given_up; /* the pattern, on this line */
    struct text text, source;
    /* The year that month and day of the last short stamp were in. */
    int short_month, short_day;
    int64_t short_day_ns;
};

void peel_finish(struct peel_context *c);

/* Each answers whether the line is of its kind and fills *out. */
bool peel_json(struct peel_context *c, struct slice line, struct peeled *out);
bool peel_cri(struct peel_context *c, struct slice line, struct peeled *out);
bool peel_kubectl(struct peel_context *c, struct slice line, struct peeled *out);
bool peel_logcli(struct peel_context *c, struct slice line, struct peeled *out);
bool peel_compose(struct peel_context *c, struct slice line, struct peeled *out);
bool peel_syslog(struct peel_context *c, struct slice line, struct peeled *out);
bool peel_klog(struct peel_context *c, struct slice line, struct peeled *out);
bool peel_pattern(struct peel_context *c, struct slice line, struct peeled *out);

/* Of a line whose end is not there yet, by the keys that it begins with: Docker's or the
 * journal's; WRAPPINGS: neither, as far as can be seen. */
enum wrapping peel_json_front(struct slice front);

/* Wrappings that no other line can be taken for: logs that were put one behind the other
 * may change to them in the middle. peel_stray takes such a line apart. */
static inline bool peel_is_unmistakable(enum wrapping w)
{
    return w == WRAPPING_DOCKER || w == WRAPPING_JOURNALD_JSON || w == WRAPPING_CRI;
}
bool peel_stray(struct peel_context *c, struct slice line, struct peeled *out);

/* Is a message worth more without what stands around it: a record of the runtime or of
 * the kernel? */
bool peel_is_record(struct slice text);

/* Appends the text that a JSON string stands for; broken escapes stay as they are. */
void unescape_put(struct text *t, struct slice raw);

/* "Nov 21 02:03:57.123456" at the front of *s, and *s moved past it. */
bool short_stamp(struct peel_context *c, struct slice *s, struct peeled *out);

/* What klog has: "1121 02:03:57.123456". */
bool klog_stamp(struct peel_context *c, struct slice *s, struct peeled *out);

/* All of the text is a time, in any of the shapes that loggers give it. */
bool any_stamp(struct peel_context *c, struct slice text, struct peeled *out);

/* The journal's export format: entries of binary-safe fields. */
struct journal_export;
struct journal_entry {
    struct slice message, source, scope;
    int64_t pid;
    bool has_time;
    int64_t unix_ns;
    uint64_t offset_bytes;
};
typedef void journal_taker(void *user, const struct journal_entry *entry);

enum probe journal_export_probe(struct slice head, bool is_whole);
struct journal_export *journal_export_create(struct diag *diag, journal_taker *take,
                                             void *user);
void journal_export_feed(struct journal_export *j, struct slice bytes);
void journal_export_finish(struct journal_export *j);
void journal_export_destroy(struct journal_export *j);

/* Who an entry of the journal is from: the most telling of its fields so far. */
struct journal_who {
    struct slice name, host;
    unsigned rank;     /* of the name; 0 = none yet */
    int64_t pid;       /* -1 = unknown */
    bool is_container; /* … and the pid is its daemon's */
};
void journal_who_take(struct journal_who *w, struct slice key, struct slice value);

#endif
