/* The words that stories, advice and post-mortems share. */
#include <math.h>
#include <stdio.h>

#include "model/base/num.h"
#include "model/base/text.h"
#include "model/detect/story.h"
#include "model/detect/story_internal.h"

static const struct noun {
    uint32_t metric;
    const char *words, *brief; /* NULL: as short as they are */
    bool is_plural;
} nouns[] = {
    {METRIC_HEAP_LIVE, "live heap", NULL, false},
    {METRIC_HEAP_ALLOC, "heap floor", NULL, false},
    {METRIC_HEAP_INUSE, "heap in use", NULL, false},
    {METRIC_HEAP_GOAL, "heap goal", NULL, false},
    {METRIC_HEAP_OBJECTS, "objects on the heap", "objects", true},
    {METRIC_HEAP_END, "peak heap", NULL, false},
    {METRIC_STACK_INUSE, "goroutine stacks", "stacks", true},
    {METRIC_MEM_RSS, "resident memory", "RSS", false},
    {METRIC_MEM_SYS, "memory that Go has mapped", "mapped", false},
    {METRIC_MEM_CGROUP, "memory of the cgroup", "cgroup", false},
    {METRIC_MEM_OFFHEAP, "memory off Go's heap", "off-heap", false},
    {METRIC_SCHED_GOROUTINES, "goroutines", NULL, true},
    {METRIC_SCHED_THREADS, "threads", NULL, true},
    {METRIC_ALLOC_RATE, "allocation rate", NULL, false},
    {METRIC_GC_CPU_FRACTION, "GC's share of the CPU", NULL, false},
};

static const struct noun *find_noun(uint32_t metric)
{
    for (size_t i = 0; i < COUNT_OF(nouns); i++) {
        if (nouns[i].metric == metric)
            return &nouns[i];
    }
    return NULL;
}

const char *story_brief_subject(uint32_t metric)
{
    const struct noun *noun = find_noun(metric);

    return noun ? noun->brief : NULL;
}

bool story_is_plural(uint32_t metric)
{
    const struct noun *noun = find_noun(metric);

    return noun && noun->is_plural;
}

void story_put_name(struct text *t, struct slice untrusted, bool ascii)
{
    if (ascii)
        text_put_safe_ascii(t, untrusted);
    else
        text_put_safe(t, untrusted);
}

void story_put_subject(const struct session *s, uint32_t metric, bool ascii,
                       struct text *t)
{
    const struct noun *noun = find_noun(metric);

    if (noun)
        text_put_str(t, noun->words);
    else
        story_put_name(t, slice_str(metric_name(&s->metrics, metric)), ascii);
}

#define S_PER_MIN 60.0
#define S_PER_HOUR 3600.0
/* Below so much a second, bytes are told by the hour, counts by the minute or hour. */
#define BYTES_PER_S_MIN 1024.0
#define COUNT_PER_S_MIN 0.1

const char *story_rate(char out[STORY_RATE_TEXT], double per_s, enum unit unit,
                       bool ascii)
{
    char value[UNIT_TEXT];
    double least = unit == UNIT_BYTES ? BYTES_PER_S_MIN : COUNT_PER_S_MIN;
    double size = fabs(per_s);
    const char *per = "s";

    if (size < least && size * S_PER_MIN < least) {
        size *= S_PER_HOUR;
        per = "h";
    } else if (size < least) {
        size *= S_PER_MIN;
        per = "min";
    }
    (void)unit_format(value, size, unit, ascii);
    (void)snprintf(out, STORY_RATE_TEXT, "%s/%s", value, per);
    return out;
}

/* Whole seconds where they are many enough: an estimate needs no more digits. */
#define WHOLE_SECONDS 9.95
#define SECONDS_MAX 59.5

const char *story_seconds(char out[UNIT_TEXT], double seconds)
{
    if (!isfinite(seconds))
        (void)snprintf(out, UNIT_TEXT, "ever");
    else if (seconds < WHOLE_SECONDS)
        (void)snprintf(out, UNIT_TEXT, "%.1f s", seconds > 0 ? seconds : 0);
    else if (seconds < SECONDS_MAX)
        (void)snprintf(out, UNIT_TEXT, "%.0f s", seconds);
    else
        (void)unit_format_duration(out, num_i64_of_double(seconds * (double)NS_PER_S));
    return out;
}

#define LONG_SESSION_NS (INT64_C(600) * NS_PER_S)
#define SHORT_SESSION_NS (INT64_C(10) * NS_PER_S)

const char *story_offset(char out[UNIT_TEXT], const struct session *s, int64_t time_ns)
{
    int64_t from_ns = time_ns, to_ns = time_ns, span_ns;

    (void)session_span(s, &from_ns, &to_ns);
    span_ns = num_sat_sub_i64(to_ns, from_ns);
    return unit_format_offset(out, num_sat_sub_i64(time_ns, from_ns),
                              span_ns < SHORT_SESSION_NS  ? 3
                              : span_ns < LONG_SESSION_NS ? 1
                                                          : 0);
}
