#include <stdio.h>

#include "cli/commands.h"
#include "cli/common.h"
#include "model/base/text.h"
#include "parsers/decode.h"
#include "parsers/parser.h"
#include "parsers/unwrap.h"

/* The magic numbers, for people. Source: the specifications named in decode.h. */
static const char *sign_of(const char *decoder)
{
    static const struct {
        const char *name;
        const char *sign;
    } signs[] = {
        {"gzip", "begins with 1f 8b"},
        {"zstd", "begins with 28 b5 2f fd, or a skippable frame"},
        {"lz4", "begins with 04 22 4d 18, or a skippable frame"},
        {"xz", "begins with fd 37 7a 58 5a 00"},
        {"utf-16", "begins with a byte order mark"},
    };

    for (size_t i = 0; i < COUNT_OF(signs); i++) {
        if (strcmp(signs[i].name, decoder) == 0)
            return signs[i].sign;
    }
    return "found by its first bytes";
}

static void put_wrappings(struct text *t)
{
    struct unwrap_about about;

    text_put_str(t,
                 "\nWrapping (found out by itself but for --prefix; sources come apart "
                 "again):\n");
    for (size_t i = 0; unwrap_about(i, &about); i++)
        text_printf(t, "\n  %-15s %s\n      %s\n", about.name, about.about,
                    about.example);
}

int cmd_formats(const struct options *o)
{
    struct text t = {0};

    (void)o;
    text_put_str(&t, "Input formats (the names are values of --format):\n");
    for (const struct parser_ops *const *p = parser_table; *p; p++) {
        text_printf(&t, "\n  %s\n      %s\n", (*p)->name, (*p)->about);
        text_printf(&t, "      recognised by: %s\n", (*p)->sign);
        text_printf(&t, "      example:       %s\n", (*p)->example);
    }
    text_put_str(&t,
                 "\nCompression (found out by itself, whatever the file is called):\n\n");
    for (const struct decoder_ops *const *d = decoder_table; *d; d++)
        text_printf(&t, "  %-8s %s\n", (*d)->name, sign_of((*d)->name));
    put_wrappings(&t);
    common_print(&t);
    text_finish(&t);
    return EXIT_OK;
}
