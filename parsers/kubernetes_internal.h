/* What the modules of the Kubernetes parser share. */
#ifndef PARSERS_KUBERNETES_INTERNAL_H
#define PARSERS_KUBERNETES_INTERNAL_H

#include "parsers/kubernetes.h"
#include "parsers/limits.h"
#include "parsers/text_parser.h"

/* A short text of the input's, cut where it is longer. */
#define KUBE_NAME_MAX 254 /* a DNS subdomain has at most 253 */
#define KUBE_TEXT_MAX 512
struct kube_name {
    char bytes[KUBE_NAME_MAX];
    size_t len;
};

struct kube_text {
    char bytes[KUBE_TEXT_MAX];
    size_t len;
};

void kube_name_set(struct kube_name *n, struct slice text);
void kube_text_set(struct kube_text *t, struct slice text);
static inline struct slice kube_name_slice(const struct kube_name *n)
{
    return slice_of(n->bytes, n->len);
}

struct kube_time {
    bool is_known;
    int64_t ns;
};

/* One end of a container. */
struct kube_end {
    bool is_there, has_exit_code, is_oom_killed;
    struct kube_name reason;
    int64_t exit_code;
    struct kube_time started, finished;
};

struct kube_container {
    struct kube_name name;
    bool has_status;
    double limit_bytes; /* NaN */
    double restarts;    /* NaN */
    int64_t pid;        /* -1; Docker's */
    struct kube_end now, last;
};

struct kube_pod {
    struct kube_name ns, name, node, reason;
    struct kube_text message;
    struct kube_container containers[LIMIT_KUBERNETES_CONTAINERS];
    size_t count;
    bool is_full; /* more containers than that */
    struct kube_time newest;
};

struct kube_event {
    struct kube_name reason, ns, object;
    struct kube_text message;
    struct kube_time time;
};

void kube_pod_clear(struct kube_pod *p);

/* The container of that name, made where there is none; NULL when full. */
struct kube_container *kube_pod_container(struct kube_pod *p, struct slice name);

void kube_time_note(struct kube_pod *p, const struct kube_time *t);
bool kube_time_parse(struct kube_time *t, struct slice text);

/* "320Mi", "1G", "1500M", "128974848", "129e6" as bytes. */
bool kube_quantity(struct slice text, double *bytes);

/* The ends that were told of. A watch tells of a pod again with each change of it, and
 * of one kill there may be two events. Zero-initialise. */
struct kube_seen {
    uint64_t hashes[LIMIT_KUBERNETES_ENDS];
    unsigned next;
};

/* Hands on what a pod or an event tells; NULL, or why not all of it was taken. */
const char *kube_pod_give(const struct kube_pod *p, struct kube_seen *seen,
                          const struct sink *sink);
const char *kube_event_give(const struct kube_event *e, struct kube_seen *seen,
                            const struct sink *sink);

/* Is it one that tells of an OOM kill or an eviction for memory? */
bool kube_event_matters(struct slice reason, struct slice message);

/* One JSON object into a pod or an event. */
struct kube_object {
    struct kube_name kind;
    struct kube_pod pod;
    struct kube_event event;
    bool has_oom_flag, is_running; /* Docker's */
};

/* NULL, or what is wrong with the JSON at *at_bytes; what stands before it is read. */
const char *kube_object_read(struct kube_object *o, struct slice json, size_t *at_bytes);

/*
 * Cuts a stream of JSON into objects: those on top, the elements of an array on top, and
 * those of the "items" of a List. Braces that a broken string hides are found again where
 * a brace stands in the column that the objects before began in.
 */
struct kube_frame {
    struct slice bytes;
    uint64_t offset_bytes, line;
    const char *reason; /* NULL, or why it is not whole */
};

typedef void kube_frame_taker(void *user, const struct kube_frame *frame);

/* Zero-initialise but for column, which is -1. */
struct kube_frames {
    char *buffer; /* the object so far */
    size_t len, capacity;
    uint64_t frame_offset_bytes, frame_line;
    uint64_t offset_bytes, line; /* of the next byte */
    unsigned depth;              /* brackets that are open */
    unsigned base;               /* the depth that objects begin at: 0 … 2 */
    bool in_frame, in_string, is_escaped, is_over, has_garbage;
    int indent;  /* blanks in front of the line's first byte; -1 behind it */
    int column;  /* the indent of the objects; -1 unknown */
    char key[6]; /* the last string of the outermost object */
    size_t key_len;
    bool is_after_colon;
};

void kube_frames_feed(struct kube_frames *f, struct slice bytes, kube_frame_taker *take,
                      void *user);
void kube_frames_finish(struct kube_frames *f, kube_frame_taker *take, void *user);
void kube_frames_close(struct kube_frames *f);

/* The text of kubectl, a line at a time. */
struct kube_describe {
    struct kube_pod pod;
    struct kube_container *container; /* of pod; NULL outside */
    struct kube_end *end;             /* of container */
    bool in_containers, in_limits, has_pod;
    uint64_t offset_bytes, line; /* of the pod */
};

struct kubernetes {
    struct text_parser text;
    bool is_decided, is_text;
    struct kube_frames frames;
    struct kube_object object;
    struct kube_describe describe;
    struct kube_seen seen;
};

/* As a text_line_taker: `state` is the struct kubernetes. */
void kube_text_line(void *state, const struct text_line *line);
void kube_text_finish(struct kubernetes *k);

#endif
