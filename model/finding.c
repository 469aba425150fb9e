#include "model/finding.h"

#include <assert.h>
#include <math.h>

struct finding finding_of(enum event_kind kind, enum severity severity,
                          struct process *process, int64_t began_ns, int64_t detected_ns)
{
    return (struct finding){
        .kind = kind,
        .severity = severity,
        .process = process,
        .began_ns = began_ns < detected_ns ? began_ns : detected_ns,
        .detected_ns = detected_ns,
        .before = NAN,
        .after = NAN,
        .slope_per_s = NAN,
        .confidence = 1,
    };
}

static struct fact *next_fact(struct finding *f, const char *name)
{
    assert(f->fact_count < FINDING_FACTS);
    f->facts[f->fact_count].name = name;
    return &f->facts[f->fact_count++];
}

void finding_number(struct finding *f, const char *name, double value)
{
    next_fact(f, name)->number = value;
}

void finding_text(struct finding *f, const char *name, struct slice text)
{
    struct fact *fact = next_fact(f, name);

    fact->is_text = true;
    fact->text = text;
}
