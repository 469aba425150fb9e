/*
 * A file of rules, hostile or damaged, and series against what it made of it. Whatever is
 * wrong must be told in lines that a terminal may show.
 */
#include <stdlib.h>

#include "cli/rules_file.h"
#include "model/base/text.h"
#include "model/detect/rule.h"
#include "model/session.h"
#include "tests/fuzz/fuzz_cuts.h"

/* Every series of the catalogue, at times and values that the input chooses. */
static void watch(const struct rule_set *set, struct slice in)
{
    struct session *s = session_create();
    struct process *p = session_add_process(s, session_add_source(s, "a"))->process;
    struct rule_watch *w = rule_watch_create(set, s, p);
    struct feed_row row = {.time_ns = 0};

    for (size_t i = 0; i + 1 < in.len && i < 512; i++) {
        unsigned char byte = (unsigned char)in.ptr[i];
        struct feed_value v = {(byte + (uint32_t)i) % METRIC_COUNT,
                               (double)(unsigned char)in.ptr[i + 1] *
                                   (byte & 1 ? 1e6 : 1)};

        row.time_ns += (int64_t)byte * (byte & 2 ? 10000000 : NS_PER_S);
        row.values = &v;
        row.count = 1;
        rule_watch_row(w, &row);
    }
    rule_watch_destroy(w);
    session_destroy(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = slice_of((const char *)data, size);
    struct rule_set *set = rule_set_create();
    struct text messages = {0};

    if (rules_file_read(set, "rules.ini", in, &messages) != (messages.len == 0))
        abort();
    for (size_t i = 0; i < messages.len; i++) {
        if ((unsigned char)messages.ptr[i] < ' ' && messages.ptr[i] != '\n')
            abort();
    }
    watch(set, in);
    text_finish(&messages);
    rule_set_destroy(set);
    return 0;
}
