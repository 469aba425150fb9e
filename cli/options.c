#include "cli/options.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/alarm.h"
#include "cli/common.h"
#include "cli/options_internal.h"
#include "cli/rules_file.h"
#include "cli/suggest.h"
#include "model/base/mem.h"
#include "model/detect/rule.h"
#include "model/retention.h"
#include "model/units.h"
#include "parsers/unwrap_pattern.h"
#include "replay/live.h"

/* Parts of the public contract that a later version brings. Naming one is answered
 * with that, not with "no such file". */
static const char *const later_commands[] = {"profile", "fleet"};
static const char *const later_options[] = {"html", "config"};

/* One word of the command line, taken apart. */
enum word_kind { WORD_SOURCE, WORD_OPTION, WORD_UNKNOWN, WORD_END };

struct word {
    enum word_kind kind;
    const char *text; /* as typed */
    const struct option_row *row;
    const char *value; /* NULL = none given */
};

struct words {
    char **argv;
    int argc, next;
    const char *cluster;  /* the rest of -qv; NULL or "" = none */
    bool is_sources_only; /* after -- */
    bool has_command;     /* the first word that is no option was there */
    enum command command; /* rows of other commands are second choice */
};

/* The row that goes with the command, else any row of that name. */
static const struct option_row *find_row(const struct words *w, struct slice name,
                                         char letter)
{
    const struct option_row *other = NULL;

    for (const struct option_row *row = option_rows; row->name; row++) {
        bool is_it =
            letter ? row->letter == letter : slice_eq(name, slice_str(row->name));

        if (is_it && row->commands & ON(w->command))
            return row;
        if (is_it && !other)
            other = row;
    }
    return other;
}

static void take_separate_value(struct words *w, struct word *word)
{
    if (word->row->argument && !word->value && w->next < w->argc)
        word->value = w->argv[w->next++];
}

/* The value of -oFILE or -o FILE. */
static void take_letter_value(struct words *w, struct word *word)
{
    if (!word->row->argument)
        return;
    if (*w->cluster)
        word->value = w->cluster;
    w->cluster = NULL;
    take_separate_value(w, word);
}

static struct word next_letter(struct words *w)
{
    struct word word = {.kind = WORD_UNKNOWN, .text = w->argv[w->next - 1]};

    word.row = find_row(w, (struct slice){NULL, 0}, *w->cluster++);
    if (!word.row) {
        w->cluster = NULL;
        return word;
    }
    word.kind = WORD_OPTION;
    take_letter_value(w, &word);
    return word;
}

static struct word next_word(struct words *w)
{
    struct word word = {.kind = WORD_END};
    struct slice name;
    const char *equals;

    if (w->cluster && *w->cluster)
        return next_letter(w);
    if (w->next >= w->argc)
        return word;
    word.text = w->argv[w->next++];
    word.kind = WORD_SOURCE;
    if (w->is_sources_only || word.text[0] != '-' || word.text[1] == '\0') {
        /* What stands behind a program's name is the program's. */
        w->is_sources_only |= w->command == COMMAND_RUN && w->has_command;
        w->has_command = true;
        return word;
    }
    if (strcmp(word.text, "--") == 0) {
        w->is_sources_only = true;
        return next_word(w);
    }
    if (word.text[1] != '-') {
        w->cluster = word.text + 1;
        return next_letter(w);
    }
    equals = strchr(word.text, '=');
    name = equals ? slice_of(word.text + 2, (size_t)(equals - word.text - 2))
                  : slice_str(word.text + 2);
    word.row = find_row(w, name, 0);
    word.value = equals ? equals + 1 : NULL;
    word.kind = word.row ? WORD_OPTION : WORD_UNKNOWN;
    if (word.row)
        take_separate_value(w, &word);
    return word;
}

/* A name without its "=value". */
static struct slice name_of(const char *typed)
{
    struct slice name = slice_str(typed);
    const char *equals = strchr(typed, '=');

    while (slice_starts(name, SLICE("-")))
        name = slice_after(name, 1);
    return equals ? slice_of(name.ptr, (size_t)(equals - name.ptr)) : name;
}

static bool refuse_unknown(const struct words *w, const char *typed)
{
    struct slice name = name_of(typed);
    const char *nearest = NULL;
    unsigned best = SUGGEST_WORD_MAX;

    for (size_t i = 0; i < COUNT_OF(later_options); i++) {
        if (slice_eq(name, slice_str(later_options[i]))) {
            common_complain("--%s is not part of this version", later_options[i]);
            return false;
        }
    }
    for (const struct option_row *row = option_rows; row->name; row++) {
        unsigned distance;

        if (row->commands & ON(w->command) &&
            suggest_is_near(name, slice_str(row->name), &distance) && distance < best) {
            best = distance;
            nearest = row->name;
        }
    }
    if (nearest && typed[1] == '-')
        common_complain("unknown option %.*s; did you mean --%s?", (int)(name.len + 2),
                        typed, nearest);
    else
        common_complain("unknown option %s; 'heapreel help %s' lists those there are",
                        typed, command_rows[w->command].name);
    return false;
}

static bool take_option(struct options *o, const struct words *w, const struct word *word)
{
    const struct option_row *row = word->row;
    const char *command = command_rows[w->command].name;

    if (!(row->commands & ON(w->command))) {
        common_complain("--%s does not go with %s; 'heapreel help %s' lists what does",
                        row->name, command, command);
        return false;
    }
    if (!row->argument && word->value) {
        common_complain("--%s takes no value", row->name);
        return false;
    }
    if (row->argument && !word->value) {
        common_complain("--%s wants %s", row->name, row->wants);
        return false;
    }
    if (!row->take(o, word->value)) {
        common_complain("--%s wants %s, not '%s'", row->name, row->wants, word->value);
        return false;
    }
    return true;
}

static bool is_one_of(const char *text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(text, words[i]) == 0)
            return true;
    }
    return false;
}

/* A first word that is no command and no file, but nearly a command. */
static bool refuse_mistyped_command(const char *typed)
{
    const char *nearest = NULL;
    unsigned best = SUGGEST_WORD_MAX;

    if (strchr(typed, '/') || access(typed, F_OK) == 0)
        return true;
    for (size_t i = 0; i < COMMAND_KINDS; i++) {
        const char *name = command_rows[i].name;
        unsigned distance;

        if (suggest_is_near(slice_str(typed), slice_str(name), &distance) &&
            distance < best) {
            best = distance;
            nearest = name;
        }
    }
    if (!nearest)
        return true;
    common_complain("'%s' is neither a command nor a file; did you mean '%s'?", typed,
                    nearest);
    return false;
}

/* Which command is asked for: the first word that is no option, --help or --version
 * anywhere. Errors wait for the pass that knows the command. */
static bool find_command(struct options *o, int argc, char **argv, int *command_at)
{
    struct words w = {.argv = argv, .argc = argc, .next = 1, .command = COMMAND_OPEN};
    bool is_help = false, is_version = false, is_first = true;
    struct word word;

    *command_at = 0;
    while ((word = next_word(&w)).kind != WORD_END) {
        is_help |= word.row && word.row->letter == 'h';
        is_version |= word.row && strcmp(word.row->name, "version") == 0;
        if (word.kind != WORD_SOURCE || !is_first || w.is_sources_only)
            continue;
        is_first = false;
        o->command = options_find_command(slice_str(word.text));
        if (o->command != COMMAND_KINDS) {
            *command_at = w.next - 1;
            w.command = o->command;
            continue;
        }
        o->command = COMMAND_OPEN;
        if (is_one_of(word.text, later_commands, COUNT_OF(later_commands))) {
            common_complain("'%s' is not part of this version; 'heapreel help' lists the "
                            "commands there are",
                            word.text);
            return false;
        }
        if (!refuse_mistyped_command(word.text))
            return false;
    }
    if (is_help && o->command != COMMAND_HELP) {
        if (*command_at)
            o->sources[o->source_count++] = command_rows[o->command].name;
        o->command = COMMAND_HELP;
    } else if (is_version) {
        o->command = COMMAND_VERSION;
    }
    return true;
}

/* An address that is none to us would be a file that is waited for. */
static bool refuse_address(const char *typed)
{
    const struct slice s = slice_str(typed);

    if (live_is_source(typed) || access(typed, F_OK) == 0)
        return true;
    if (suggest_has_scheme(s)) {
        common_complain("%s: no such file, and addresses begin with http://, https:// or "
                        "unix:",
                        typed);
        return false;
    }
    if (!suggest_is_address(s))
        return true;
    common_complain("%s: no such file; did you mean http://%s?", typed, typed);
    return false;
}

static bool take_source(struct options *o, const char *typed)
{
    bool takes_sources = o->command != COMMAND_HELP && o->command != COMMAND_RUN;

    if (takes_sources && slice_starts(slice_str(typed), SLICE("prom+")) &&
        access(typed, F_OK) != 0) {
        common_complain("%s: Prometheus servers are not part of this version", typed);
        return false;
    }
    if (takes_sources && o->command != COMMAND_OPEN && o->command != COMMAND_RECORD &&
        live_is_source(typed) && access(typed, F_OK) != 0) {
        common_complain("%s: a live source; 'heapreel record -o FILE %s' records it",
                        typed, typed);
        return false;
    }
    if ((o->command == COMMAND_OPEN || o->command == COMMAND_RECORD) &&
        !refuse_address(typed))
        return false;
    if (o->command != COMMAND_RUN && strcmp(typed, "vs") == 0 &&
        access(typed, F_OK) != 0) {
        common_complain("comparing with 'vs' is not part of this version");
        return false;
    }
    o->sources[o->source_count++] = typed;
    return true;
}

/* What is wrong with a pattern is told here and not by its row: where it is wrong is
 * what its author needs. */
static bool make_pattern(struct options *o)
{
    struct err err = {0};
    size_t at;

    if (!o->prefix)
        return true;
    if (!unwrap_pattern_is_built_in()) {
        common_complain("--prefix needs PCRE2, which this build does without");
        return false;
    }
    o->pattern = unwrap_pattern_create(o->prefix, &err);
    if (o->pattern)
        return true;
    at = (size_t)err.offset_bytes;
    common_complain("--prefix wants a pattern, not '%s': %s at %s%s%s (byte %zu)",
                    o->prefix, err.reason, o->prefix[at] ? "'" : "its end",
                    o->prefix + at, o->prefix[at] ? "'" : "", at + 1);
    return false;
}

static bool load_rules(struct options *o)
{
    bool looks =
        o->command == COMMAND_RUN || (o->command == COMMAND_RECORD && o->is_watched);

    if (!(ON_DATA & ON(o->command)) && !looks)
        return true;
    o->rules = rules_file_load(o->rules_path);
    return o->rules != NULL;
}

static bool check(const struct options *o)
{
    const struct command_row *row = &command_rows[o->command];

    if (o->command == COMMAND_DETECT && o->source_count != 1) {
        common_complain("detect wants one FILE: a CSV, one number a line, or - for "
                        "standard input");
        return false;
    }
    if (row->wants_source && o->source_count == 0) {
        common_complain("no SOURCE given; name a file, a folder or - for standard input, "
                        "or see 'heapreel --help'");
        return false;
    }
    if (o->command == COMMAND_EXPORT && o->export_format == EXPORT_UNSET) {
        common_complain("export wants --format=csv, --format=ndjson or "
                        "--format=openmetrics");
        return false;
    }
    if (o->command == COMMAND_RECORD && !o->output) {
        common_complain("record wants -o FILE: where to write");
        return false;
    }
    if (o->command == COMMAND_RECORD && !o->is_watched &&
        (o->rules_path || !isnan(o->limit_bytes))) {
        common_complain("record looks for nothing without --watch; --limit and --rules "
                        "go with it");
        return false;
    }
    if (o->command == COMMAND_FORMATS && o->source_count > 0) {
        common_complain("formats takes no SOURCE");
        return false;
    }
    return true;
}

bool options_parse(struct options *o, int argc, char **argv)
{
    struct words w = {.argv = argv, .argc = argc, .next = 1};
    struct word word;
    int command_at;

    *o = (struct options){.limit_bytes = NAN,
                          .fail_on = SEVERITY_WARNING,
                          .every_ns = NS_PER_S,
                          .detail_ns = RETENTION_FULL_NS};
    o->sources = mem_alloc_array((size_t)argc + 2, sizeof *o->sources);
    if (!find_command(o, argc, argv, &command_at))
        return false;
    if (o->command == COMMAND_VERSION || (o->command == COMMAND_HELP && o->source_count))
        return true;
    w.command = o->command;
    while ((word = next_word(&w)).kind != WORD_END) {
        if (word.kind == WORD_UNKNOWN)
            return refuse_unknown(&w, word.text);
        if (word.kind == WORD_OPTION && !take_option(o, &w, &word))
            return false;
        if (word.kind == WORD_SOURCE && w.next - 1 != command_at &&
            !take_source(o, word.text))
            return false;
    }
    return check(o) && alarm_read_kinds(o) && make_pattern(o) && load_rules(o);
}

void options_finish(struct options *o)
{
    free(o->sources);
    unwrap_pattern_destroy(o->pattern);
    rule_set_destroy(o->rules);
    o->rules = NULL;
    o->pattern = NULL;
    o->sources = NULL;
    o->source_count = 0;
}
