/* The formats, and which of them some bytes are. */
#include "model/base/compiler.h"
#include "parsers/gctrace.h"
#include "parsers/memstats.h"
#include "parsers/parser.h"

const struct parser_ops *const parser_table[] = {
    &memstats_parser,
    &gctrace_parser,
    NULL,
};

const struct parser_ops *parser_find(struct slice name)
{
    for (size_t i = 0; parser_table[i]; i++) {
        if (slice_eq(slice_str(parser_table[i]->name), name))
            return parser_table[i];
    }
    return NULL;
}

const struct parser_ops *parser_probe(struct slice head, bool is_whole, bool *need_more)
{
    const struct parser_ops *best = NULL;
    enum probe surest = PROBE_NEED_MORE;

    *need_more = false;
    for (size_t i = 0; parser_table[i]; i++) {
        enum probe answer = parser_table[i]->probe(head, is_whole);

        if (answer == PROBE_NEED_MORE)
            *need_more = !is_whole;
        if (answer > surest) {
            surest = answer;
            best = parser_table[i];
        }
    }
    if (surest == PROBE_CERTAIN)
        *need_more = false;
    return *need_more ? NULL : best;
}

const char *parser_name_foreign(struct slice head)
{
    static const struct {
        struct slice magic;
        const char *name;
    } known[] = {
        {{"\x7f"
          "ELF",
          4},
         "an ELF binary or core dump"},
        {{"!<arch>", 7}, "an ar archive"},
        {{"PK\x03\x04", 4}, "a zip archive"},
        {{"\xd4\xc3\xb2\xa1", 4}, "a packet capture"},
        {{"BZh", 3}, "bzip2, which is not read"},
    };

    for (size_t i = 0; i < COUNT_OF(known); i++) {
        if (slice_starts(head, known[i].magic))
            return known[i].name;
    }
    return NULL;
}
