#include "tests/unit/session_of.h"

#include <stdio.h>
#include <stdlib.h>

#include "model/base/mem.h"
#include "model/base/num_format.h"
#include "model/base/text.h"
#include "model/ingest.h"
#include "tests/unit/support.h"
#include "tests/unit/trace_file.h"

struct source *session_add_text(struct session *s, const char *name,
                                const struct parser_ops *ops, struct slice text)
{
    struct source *source = session_add_source(s, name);
    struct ingest *in = ingest_create(s, source);
    void *state = mem_alloc(ops->state_bytes);
    struct err err;

    source->format = ops->name;
    if (!ops->open(state, ingest_sink(in), &source->diag) ||
        !ops->feed(state, text, &err) || !ops->finish(state, &err))
        abort();
    ops->close(state);
    free(state);
    ingest_destroy(in);
    return source;
}

struct source *session_add_trace(struct session *s, const char *name)
{
    struct slice text = trace_plain(name);
    bool need_more;
    const struct parser_ops *ops = parser_probe(text, true, &need_more);
    struct source *source;

    if (!ops)
        abort();
    source = session_add_text(s, name, ops, text);
    test_free(text);
    return source;
}

static bool find_column(const struct session *s, const struct process *p,
                        const char *name, const struct table **table, unsigned *column)
{
    for (size_t i = 0; i < p->track_count; i++) {
        *table = p->tracks[i]->table;
        for (*column = 0; *column < table_column_count(*table); ++*column) {
            uint32_t metric = table_column_metric(*table, *column);

            if (strcmp(metric_name(&s->metrics, metric), name) == 0)
                return true;
        }
    }
    return false;
}

const char *process_values(char out[SERIES_TEXT], const struct session *s,
                           const struct process *p, const char *series, size_t limit)
{
    const struct table *table;
    struct text t = {0};
    unsigned column;

    if (!find_column(s, p, series, &table, &column))
        text_put_str(&t, "no such series");
    else
        for (size_t i = 0; i < table_row_count(table) && i < limit; i++) {
            char digits[NUM_TEXT] = "-";
            double value;

            if (table_cell(table, column, i, &value))
                (void)num_format_double(digits, value);
            text_printf(&t, "%s%s", i ? " " : "", digits);
        }
    (void)snprintf(out, SERIES_TEXT, "%s", text_str(&t));
    text_finish(&t);
    return out;
}
