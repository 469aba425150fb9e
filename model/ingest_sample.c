/*
 * Samples of any format: which process and which table they belong to, restarts,
 * derived figures.
 */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/base/mem.h"
#include "model/base/num.h"
#include "model/ingest_internal.h"

void ingest_samples_finish(struct sample_streams *s)
{
    for (unsigned i = 0; i < s->count; i++) {
        free(s->streams[i].shape);
        free(s->streams[i].metrics);
        free(s->streams[i].columns);
    }
    for (unsigned i = 0; i < s->instance_count; i++) {
        free(s->instances[i].name);
        free(s->instances[i].lives);
    }
    free(s->streams);
    free(s->instances);
    *s = (struct sample_streams){0};
}

static bool is_named(const char *name, struct slice text)
{
    return slice_eq(slice_str(name), text);
}

static unsigned find_instance(struct sample_streams *s, const struct sample *sample)
{
    unsigned i = s->current_instance;

    /* From the last one on: they come one after another, again and again. */
    for (unsigned turn = 0; turn < s->instance_count; turn++, i++) {
        i = i < s->instance_count ? i : 0;
        if (s->instances[i].subject == sample->subject &&
            is_named(s->instances[i].name, sample->instance)) {
            s->current_instance = i;
            return i;
        }
    }
    s->instances = mem_grow(s->instances, &s->instance_capacity, s->instance_count + 1,
                            sizeof *s->instances);
    s->instances[s->instance_count] = (struct sample_instance){
        .name = mem_dup_slice(sample->instance),
        .subject = sample->subject,
    };
    s->current_instance = s->instance_count++;
    return s->current_instance;
}

/* Does the input tell of nobody else? */
static bool is_alone(const struct ingest *in, const struct sample_instance *instance)
{
    return in->samples.instance_count == 1 &&
           (!*instance->name || (in->service && in->service->is_one));
}

static bool add_life(struct ingest *in, struct sample_instance *instance,
                     struct process *process, int64_t from_ns)
{
    struct track *unused = NULL;

    if (!process) {
        unused = is_alone(in, instance) ? ingest_add_run(in) : ingest_add_process(in);
        if (!unused)
            return false;
        process = unused->process;
    }
    instance->lives = mem_grow(instance->lives, &instance->capacity, instance->count + 1,
                               sizeof *instance->lives);
    instance->lives[instance->count++] = (struct sample_life){process, unused, from_ns};
    return true;
}

/* The run of the instance that goes on at `time_ns`: the last that began before. */
static unsigned life_at(const struct sample_instance *instance, int64_t time_ns)
{
    unsigned i = instance->count - 1;

    while (i > 0 && instance->lives[i].from_ns > time_ns)
        i--;
    return i;
}

static bool is_beside(const struct sample *s)
{
    return s->time_kind == MOMENT_CYCLE || s->time_kind == MOMENT_PROCESS;
}

static bool fits(const struct sample_stream *stream, const struct sample *sample,
                 unsigned instance, unsigned life, const struct track *beside)
{
    return stream->instance == instance && stream->life == life &&
           stream->beside == beside && stream->time_kind == sample->time_kind &&
           is_named(stream->shape, sample->shape);
}

static enum clock_kind clock_of(const struct ingest *in, const struct sample *sample)
{
    switch (sample->time_kind) {
    case MOMENT_WALL:
        return CLOCK_WALL;
    case MOMENT_PROCESS:
    case MOMENT_CYCLE:
        return CLOCK_PROCESS;
    case MOMENT_UNKNOWN:
    case MOMENT_BOOT:
        break;
    }
    return in->source->has_mtime ? CLOCK_FILE : CLOCK_NONE;
}

static struct sample_stream *add_stream(struct ingest *in, const struct sample *sample,
                                        unsigned instance, unsigned life,
                                        const struct track *beside)
{
    struct sample_streams *s = &in->samples;
    struct sample_life *run = &s->instances[instance].lives[life];
    struct sample_stream *stream;

    if (s->count == INGEST_STREAMS_MAX)
        return NULL;
    s->streams = mem_grow(s->streams, &s->capacity, s->count + 1, sizeof *s->streams);
    stream = &s->streams[s->count++];
    *stream = (struct sample_stream){
        .shape = mem_dup_slice(sample->shape),
        .track = run->unused ? run->unused
                             : session_add_track(in->session, run->process, in->source),
        .instance = instance,
        .life = life,
        .time_kind = sample->time_kind,
        .beside = beside,
        .last_total_alloc = NAN,
        .last_mallocs = NAN,
        .last_cycles = NAN,
    };
    run->unused = NULL;
    stream->track->clock = clock_of(in, sample);
    stream->track->subject = sample->subject;
    stream->track->beside = beside;
    if (beside)
        stream->track->base_ns = beside->base_ns;
    return stream;
}

/* The stream that a sample continues, made where there is none; NULL when full. */
static struct sample_stream *find_stream(struct ingest *in, const struct sample *sample,
                                         unsigned instance, unsigned life,
                                         const struct track *beside)
{
    struct sample_streams *s = &in->samples;

    if (s->current < s->count &&
        fits(&s->streams[s->current], sample, instance, life, beside))
        return &s->streams[s->current];
    for (s->current = 0; s->current < s->count; s->current++) {
        if (fits(&s->streams[s->current], sample, instance, life, beside))
            return &s->streams[s->current];
    }
    return add_stream(in, sample, instance, life, beside);
}

static double value_of(const struct sample *sample, uint32_t metric)
{
    for (size_t i = 0; i < sample->count; i++) {
        if (sample->values[i].metric == metric)
            return sample->values[i].value;
    }
    return NAN;
}

static bool has_fallen(const struct sample_stream *stream, const struct sample *sample)
{
    return sample->subject == SUBJECT_PROCESS &&
           (value_of(sample, METRIC_ALLOC_TOTAL) < stream->last_total_alloc ||
            value_of(sample, METRIC_ALLOC_MALLOCS) < stream->last_mallocs ||
            value_of(sample, METRIC_GC_CYCLES) < stream->last_cycles);
}

static bool is_restart(const struct ingest *in, const struct sample_stream *stream,
                       const struct sample *sample)
{
    return has_fallen(stream, sample) ||
           (ingest_is_behind(in) &&
            is_alone(in, &in->samples.instances[stream->instance]));
}

static bool metric_of(struct ingest *in, const struct sample_value *v, uint32_t *metric)
{
    *metric = v->metric;
    return v->metric < METRIC_COUNT ||
           metric_register(&in->session->metrics, v->name, v->unit, metric);
}

static bool is_same_name(const struct ingest *in, uint32_t metric,
                         const struct sample_value *v)
{
    if (v->metric < METRIC_COUNT || metric < METRIC_COUNT)
        return v->metric == metric;
    return slice_eq(slice_str(metric_name(&in->session->metrics, metric) + 2), v->name);
}

/* The column of the i-th value: where it was last time, as a rule. */
static bool find_column(struct ingest *in, struct sample_stream *stream, size_t i,
                        const struct sample_value *v, unsigned *column)
{
    uint32_t metric;

    if (i < stream->known && is_same_name(in, stream->metrics[i], v)) {
        *column = stream->columns[i];
        return true;
    }
    if (!metric_of(in, v, &metric))
        return false;
    *column = table_column(stream->track->table, metric, 0);
    if (i <= stream->known) {
        stream->metrics = mem_grow(stream->metrics, &stream->metric_capacity, i + 1,
                                   sizeof *stream->metrics);
        stream->columns = mem_grow(stream->columns, &stream->column_capacity, i + 1,
                                   sizeof *stream->columns);
        stream->metrics[i] = metric;
        stream->columns[i] = *column;
        stream->known = i < stream->known ? stream->known : i + 1;
    }
    return true;
}

static double alloc_rate(const struct sample_stream *stream, double total_alloc,
                         int64_t time_ns)
{
    double ns = (double)(time_ns - stream->last_ns);

    if (!stream->has_last || ns <= 0)
        return NAN;
    return (total_alloc - stream->last_total_alloc) / ns * (double)NS_PER_S;
}

/* What NaN leaves as it was: a counter that one sample lacks has not fallen. */
static void keep(double *last, double now)
{
    if (!isnan(now))
        *last = now;
}

/* What follows from a sample's figures and the sample before: a column of its own where
 * its parts are there at all. */
struct derived {
    unsigned count, columns[2];
    double values[2];
};

static void add_derived(struct derived *d, struct table *table, uint32_t metric,
                        double value)
{
    d->columns[d->count] = table_column(table, metric, 0);
    d->values[d->count++] = value;
}

static struct derived derive(const struct sample_stream *stream,
                             const struct sample *sample, int64_t time_ns)
{
    struct table *table = stream->track->table;
    double total = value_of(sample, METRIC_ALLOC_TOTAL);
    double offheap =
        ingest_offheap(value_of(sample, METRIC_MEM_RSS), value_of(sample, METRIC_MEM_SYS),
                       value_of(sample, METRIC_HEAP_RELEASED));
    struct derived d = {0};

    if (!isnan(total) && sample->time_kind != MOMENT_UNKNOWN)
        add_derived(&d, table, METRIC_ALLOC_RATE, alloc_rate(stream, total, time_ns));
    if (!isnan(offheap))
        add_derived(&d, table, METRIC_MEM_OFFHEAP, offheap);
    return d;
}

static void note_counters(struct sample_stream *stream, const struct sample *sample,
                          int64_t time_ns)
{
    keep(&stream->last_total_alloc, value_of(sample, METRIC_ALLOC_TOTAL));
    keep(&stream->last_mallocs, value_of(sample, METRIC_ALLOC_MALLOCS));
    keep(&stream->last_cycles, value_of(sample, METRIC_GC_CYCLES));
    stream->has_last = true;
    stream->last_ns = time_ns;
}

static bool append_row(struct ingest *in, struct sample_stream *stream,
                       const struct sample *sample, int64_t time_ns)
{
    struct table *table = stream->track->table;
    struct derived d = derive(stream, sample, time_ns);
    bool all = true;

    ingest_clear_row(in, table);
    for (unsigned i = 0; i < d.count; i++)
        in->row[d.columns[i]] = d.values[i];
    for (size_t i = 0; i < sample->count; i++) {
        unsigned had = table_column_count(table), column;

        if (!find_column(in, stream, i, &sample->values[i], &column)) {
            all = false;
            continue;
        }
        if (table_column_count(table) > had) {
            in->row = mem_grow(in->row, &in->row_capacity, had + 2, sizeof *in->row);
            in->row[column] = NAN;
        }
        in->row[column] = sample->values[i].value;
    }
    table_append(table, time_ns, in->row);
    note_counters(stream, sample, time_ns);
    return all;
}

/* Beside gc records: their process; before the first of them, one that waits for it. */
static bool settle_beside(struct ingest *in, const struct sample *sample,
                          struct sample_instance *instance, const struct track **beside,
                          int64_t *cycle_ns)
{
    struct track *last = ingest_last_cycle(in, cycle_ns);

    *beside = last;
    if (last && (instance->count == 0 ||
                 instance->lives[instance->count - 1].process != last->process))
        return in->early || add_life(in, instance, last->process, 0);
    if (instance->count)
        return true;
    if (!add_life(in, instance, NULL, 0))
        return false;
    in->early = instance->lives[0].process;
    (void)sample;
    return true;
}

static void note_about(struct process *p, const struct sample *sample)
{
    bool is_process = sample->subject == SUBJECT_PROCESS;

    if (is_process && sample->pid >= 0 && p->pid < 0)
        p->pid = sample->pid;
    process_name(p, sample->program.len ? sample->program : sample->instance);
    if (is_process)
        process_version(p, sample->go_version);
}

static int64_t time_of(const struct sample *sample, const struct sample_stream *stream,
                       int64_t cycle_ns)
{
    switch (sample->time_kind) {
    case MOMENT_WALL:
    case MOMENT_PROCESS:
    case MOMENT_BOOT:
        return sample->time_ns;
    case MOMENT_CYCLE:
        return cycle_ns;
    case MOMENT_UNKNOWN:
        break;
    }
    return (int64_t)table_row_count(stream->track->table) * NS_PER_S;
}

/* The stream of the run that began when the counters fell. */
static struct sample_stream *start_over(struct ingest *in, const struct sample *sample,
                                        const struct sample_stream *stream,
                                        int64_t time_ns)
{
    struct sample_instance *instance = &in->samples.instances[stream->instance];
    const struct track *before = stream->track;
    unsigned index = stream->instance, life = life_at(instance, time_ns);
    int64_t last_ns = stream->last_ns;
    struct sample_stream *next;

    if (instance->lives[life].from_ns > last_ns && life > 0)
        return find_stream(in, sample, index, life, NULL);
    if (!add_life(in, instance, NULL, time_ns))
        return NULL;
    next = find_stream(in, sample, index, instance->count - 1, NULL);
    if (next)
        ingest_note_restart(
            in, next->track, time_of(sample, next, 0),
            ingest_silence(before, last_ns, next->track, time_of(sample, next, 0)));
    return next;
}

/* Whose profile stands in the same input, or a process of its own (NULL). */
static struct process *first_process(const struct ingest *in, const struct sample *sample)
{
    bool is_alone = sample->subject == SUBJECT_PROCESS && sample->instance.len == 0 &&
                    in->samples.instance_count == 1;

    return is_alone ? ingest_process_beside(in) : NULL;
}

static const char *take(struct ingest *in, const struct sample *sample)
{
    struct sample_streams *s = &in->samples;
    unsigned index = find_instance(s, sample);
    const struct track *beside = NULL;
    struct sample_stream *stream;
    int64_t time_ns, cycle_ns = 0;

    if (is_beside(sample)) {
        if (!settle_beside(in, sample, &s->instances[index], &beside, &cycle_ns))
            return INGEST_TOO_MANY;
    } else if (s->instances[index].count == 0 &&
               !add_life(in, &s->instances[index], first_process(in, sample),
                         INT64_MIN)) {
        return INGEST_TOO_MANY;
    }
    stream = find_stream(in, sample, index,
                         life_at(&s->instances[index], sample->time_kind == MOMENT_WALL
                                                           ? sample->time_ns
                                                           : INT64_MAX),
                         beside);
    if (!stream)
        return "more different tables than one input may have";
    time_ns = time_of(sample, stream, cycle_ns);
    if (!beside && is_restart(in, stream, sample)) {
        stream = start_over(in, sample, stream, time_ns);
        if (!stream)
            return INGEST_TOO_MANY;
        time_ns = time_of(sample, stream, cycle_ns);
    }
    note_about(stream->track->process, sample);
    in->source->records++;
    in->session->revision++;
    return append_row(in, stream, sample, time_ns) ? NULL : INGEST_TOO_MANY_NAMES;
}

const char *ingest_sample(void *user, const struct sample *sample)
{
    struct ingest *in = user;
    struct sample timed;

    if (sample->time_kind != MOMENT_UNKNOWN || !in->has_moment)
        return take(in, sample);
    timed = *sample;
    timed.time_kind = MOMENT_WALL;
    timed.time_ns = in->moment_ns;
    return take(in, &timed);
}
