/*
 * The tables of one profile while its messages come in: everything that a profile_record
 * needs, by index, but for names, which the string table gives at the end.
 *
 * Source: profile.proto of github.com/google/pprof. Messages come in any order: Go writes
 * samples before their locations and the string table last.
 *
 * Memory grows with the messages that were seen, at most about six times their bytes, and
 * with LIMIT_PPROF_BYTES that is bounded. Each pprof_take_… gets one whole message, whose
 * offset in the profile is given, and returns NULL or why nothing was taken of it (static
 * text); *at is then the place within the message.
 */
#ifndef PARSERS_PPROF_TABLES_H
#define PARSERS_PPROF_TABLES_H

#include "model/profile_record.h"
#include "parsers/pprof_ids.h"
#include "parsers/proto.h"

struct pprof_type {
    uint32_t type, unit; /* indexes of strings; UINT32_MAX: beyond all */
};

struct pprof_function {
    uint32_t name, file; /* of strings */
    uint32_t offset;     /* of its message, or of the first that refers to it */
    bool is_defined;
};

struct pprof_mapping {
    uint32_t file; /* of strings */
    uint32_t offset;
    bool is_defined;
};

/* A numeric label. Which of them is the size of an object, strings tell; the numbers of
 * the key that came first, which is it as a rule, are in the samples already. */
struct pprof_label {
    uint32_t sample, key;
    int64_t number;
};

/* How far the tables were at some place. */
struct pprof_mark {
    size_t types, functions, locations, mappings, lines, samples, stacks, values, labels,
        strings;
    uint64_t offset;
};

/* Zero-initialise. */
struct pprof_tables {
    struct pprof_type *types;
    struct pprof_function *functions;
    struct pprof_mapping *mappings;
    /* An address that is referred to but not defined: line_count is UINT32_MAX, address
     * the offset of the first message that refers to it. */
    struct profile_location *locations;
    struct profile_line *lines;
    struct profile_sample *samples;
    uint32_t *stacks;
    int64_t *values;
    struct pprof_label *labels;
    char *text; /* all strings, one behind the other */
    uint32_t *string_ends;

    size_t type_count, function_count, mapping_count, location_count, line_count,
        sample_count, stack_count, value_count, label_count, text_len, string_count;
    size_t type_capacity, function_capacity, mapping_capacity, location_capacity,
        line_capacity, sample_capacity, stack_capacity, value_capacity, label_capacity,
        text_capacity, string_capacity;

    struct pprof_ids function_ids, location_ids, mapping_ids;
    uint32_t first_key;   /* of strings; 0 = none yet */
    int64_t object_bytes; /* of the sample that is being taken, if that key is it */
    size_t width;         /* values a sample; settled by the first sample */
    bool has_samples;
    int64_t time_ns, duration_ns, period;
    uint32_t default_type; /* of strings; 0 = unset */
    uint32_t offset;       /* of the message that is being taken */
};

/* A location that is only referred to. */
#define PPROF_UNDEFINED UINT32_MAX

void pprof_tables_finish(struct pprof_tables *t);

const char *pprof_take_type(struct pprof_tables *t, struct slice message,
                            const unsigned char **at);
const char *pprof_take_sample(struct pprof_tables *t, struct slice message,
                              const unsigned char **at);
const char *pprof_take_mapping(struct pprof_tables *t, struct slice message,
                               const unsigned char **at);
const char *pprof_take_location(struct pprof_tables *t, struct slice message,
                                const unsigned char **at);
const char *pprof_take_function(struct pprof_tables *t, struct slice message,
                                const unsigned char **at);
const char *pprof_take_string(struct pprof_tables *t, struct slice string);

/* Why a location or function was not taken: its id is known already. */
extern const char pprof_twice[];

struct pprof_mark pprof_tables_mark(const struct pprof_tables *t, uint64_t offset);
/* Everything that came after the mark is gone. */
void pprof_tables_return(struct pprof_tables *t, const struct pprof_mark *mark);

/*
 * The finished tables as a record, and one call of `complain` for each kind of fault that
 * shows only now (an index that leads nowhere): where it first was, and how often. The
 * record borrows from the tables and from *out, which is finished after use. False when
 * there is nothing to hand on: complain has said why.
 */
struct pprof_output {
    struct profile_type *types;
    struct profile_function *functions;
    struct slice *mappings;
};

typedef void pprof_complaint(void *user, uint64_t offset, uint64_t count,
                             const char *reason);

bool pprof_tables_record(struct pprof_tables *t, struct pprof_output *out,
                         struct profile_record *record, pprof_complaint *complain,
                         void *user);
void pprof_output_finish(struct pprof_output *out);

#endif
