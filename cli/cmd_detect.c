#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/common.h"
#include "cli/detect.h"
#include "model/base/mem.h"
#include "replay/input.h"

struct reading {
    struct number_table table;
    struct diag diag;
    bool is_unreadable;
};

/* All of it: a pipe is waited for. Damage ends the reading; what came before counts. */
static bool read_all(struct reading *r, struct input *in, struct err *err)
{
    char *piece = mem_alloc(DECODE_PIECE_BYTES);
    struct pollfd ready = {.fd = in->fd, .events = POLLIN};
    bool ok = true, has_more = true;

    while (ok && has_more) {
        size_t got = 0;
        enum input_result result = input_read(in, piece, DECODE_PIECE_BYTES, &got, err);

        if (result == INPUT_BYTES)
            ok = number_table_feed(&r->table, slice_of(piece, got), err);
        else if (result == INPUT_WAIT)
            (void)poll(&ready, 1, -1);
        has_more = result == INPUT_BYTES || result == INPUT_WAIT;
        ok = ok && result != INPUT_ERROR;
    }
    free(piece);
    return ok;
}

static bool has_number(const struct number_table *t)
{
    for (size_t c = 0; c < t->column_count; c++) {
        for (size_t i = 0; i < t->row_count; i++) {
            if (!isnan(t->columns[c].values[i]))
                return true;
        }
    }
    return false;
}

static void read_table(struct reading *r, const char *path)
{
    struct input in;
    struct err err = {0};

    r->table.diag = &r->diag;
    if (!input_open(&in, path, &err)) {
        common_complain("%s: %s", path, err.reason);
        r->is_unreadable = true;
    } else {
        bool ok = read_all(r, &in, &err);
        struct err last;

        if (!ok)
            diag_error(&r->diag, &err);
        if (!number_table_finish(&r->table, &last) && ok)
            diag_error(&r->diag, &last);
        r->is_unreadable = !ok && r->table.row_count == 0;
        if (r->diag.skipped > 0 && !has_number(&r->table)) {
            common_complain("%s: there is no number in it", path);
            r->is_unreadable = true;
        }
    }
    input_close(&in);
}

/* Column by column in one block, as the search wants it. Each column is let go as soon as
 * it is copied. A single column is taken as it is. */
static double *take_values(struct number_table *t)
{
    size_t n = t->row_count;
    double *values;

    if (t->column_count == 1) {
        values = t->columns[0].values;
        t->columns[0].values = NULL;
        return values;
    }
    values = mem_alloc_array(n * t->column_count, sizeof *values);
    for (size_t i = 0; i < t->column_count && n > 0; i++) {
        memcpy(values + i * n, t->columns[i].values, n * sizeof *values);
        free(t->columns[i].values);
        t->columns[i].values = NULL;
    }
    return values;
}

int cmd_detect(const struct options *o)
{
    struct reading reading = {0};
    struct cp_input input = {0};
    struct cp_result result = {0};
    struct text t = {0};
    double *values;
    int status;

    read_table(&reading, o->sources[0]);
    common_report_diag(o, o->sources[0], &reading.diag);
    status = reading.is_unreadable ? EXIT_UNREADABLE : EXIT_OK;
    input.n = reading.table.row_count;
    input.dims = reading.table.column_count;
    input.values = values = take_values(&reading.table);
    changepoint_find(&input, &result);
    const struct detect_report report = {o->sources[0], &reading.table, &input, &result,
                                         reading.diag.skipped};

    if (o->is_json)
        detect_put_json(&report, &t);
    else if (!reading.is_unreadable)
        detect_put_text(&report, &t, !common_is_utf8());
    common_print(&t);
    text_finish(&t);
    changepoint_finish(&result);
    number_table_close(&reading.table);
    free(values);
    return status;
}
