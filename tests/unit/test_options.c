#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/options.h"
#include "cli/suggest.h"
#include "model/units.h"
#include "parsers/parser.h"
#include "tests/unit/support.h"

TestSuite(options, .fini = test_abort_on_leak);

#define WORDS_MAX 16

struct parsed {
    bool ok;
    struct options options;
    char message[1024]; /* what went to standard error */
};

/* Splits at blanks; "_" stands for a blank inside a word. */
static int split(char *line, char **argv)
{
    static char name[] = "heapreel";
    int argc = 0;

    argv[argc++] = name;
    for (char *word = strtok(line, " "); word && argc < WORDS_MAX;
         word = strtok(NULL, " "))
        argv[argc++] = word;
    for (int i = 1; i < argc; i++) {
        for (char *c = argv[i]; *c; c++)
            *c = *c == '_' ? ' ' : *c;
    }
    return argc;
}

/* `line` is cut up and must outlive the options, which point into it. */
static struct parsed parse(char *line)
{
    struct parsed p = {0};
    char *argv[WORDS_MAX];
    int argc = split(line, argv), saved = dup(STDERR_FILENO);
    FILE *caught = tmpfile();
    size_t len;

    cr_assert(caught && saved >= 0);
    (void)fflush(stderr);
    (void)dup2(fileno(caught), STDERR_FILENO);
    p.ok = options_parse(&p.options, argc, argv);
    (void)fflush(stderr);
    (void)dup2(saved, STDERR_FILENO);
    (void)close(saved);
    rewind(caught);
    len = fread(p.message, 1, sizeof p.message - 1, caught);
    p.message[len] = '\0';
    (void)fclose(caught);
    return p;
}

static const struct {
    const char *line;
    const char *message;
} refused[] = {
    {"", "no SOURCE given; name a file, a folder or - for standard input, or see "
         "'heapreel --help'"},
    {"report", "no SOURCE given; name a file, a folder or - for standard input, or see "
               "'heapreel --help'"},
    {"repotr", "'repotr' is neither a command nor a file; did you mean 'report'?"},
    {"exprot x.log", "'exprot' is neither a command nor a file; did you mean 'export'?"},
    {"fleet http://x", "'fleet' is not part of this version; 'heapreel help' lists the "
                       "commands there are"},
    {"record -o - http://x", "--output wants the name of a file, not '-'"},
    {"run --output=- sh", "--output wants the name of a file, not '-'"},
    {"record -o x.reel localhost:6060",
     "localhost:6060: no such file; did you mean http://localhost:6060?"},
    {"10.0.0.7:80/debug/vars",
     "10.0.0.7:80/debug/vars: no such file; did you mean http://10.0.0.7:80/debug/vars?"},
    {"[::1]:6060", "[::1]:6060: no such file; did you mean http://[::1]:6060?"},
    {"record -o x.reel ftp://x/", "ftp://x/: no such file, and addresses begin with "
                                  "http://, https:// or unix:"},
    {"report --html=x.html x.log", "--html is not part of this version"},
    {"report --html x.html x.log", "--html is not part of this version"},
    {"--rules=none.ini x.log", "none.ini: No such file or directory"},
    {"report --jsn x.log", "unknown option --jsn; did you mean --json?"},
    {"report --limti=2G x.log", "unknown option --limti; did you mean --limit?"},
    {"report --frobnicate x.log",
     "unknown option --frobnicate; 'heapreel help report' lists those there are"},
    {"-x x.log", "unknown option -x; 'heapreel help open' lists those there are"},
    {"-qz x.log", "unknown option -qz; 'heapreel help open' lists those there are"},
    {"--json x.log",
     "--json does not go with open; 'heapreel help open' lists what does"},
    {"report --size=80x24 x.log",
     "--size does not go with report; 'heapreel help report' lists what does"},
    {"report --json=yes x.log", "--json takes no value"},
    {"report x.log --limit", "--limit wants a size such as 512MiB, 2G or 1073741824"},
    {"report --limit=0 x.log",
     "--limit wants a size such as 512MiB, 2G or 1073741824, not '0'"},
    {"report --limit=lots x.log",
     "--limit wants a size such as 512MiB, 2G or 1073741824, not 'lots'"},
    {"report --limit=\x1b[2J x.log",
     "--limit wants a size such as 512MiB, 2G or 1073741824, not '\\x1b[2J'"},
    {"report --from=noon x.log", "--from wants a time such as +90s, 1h30m, -5m (from the "
                                 "end), 50% or RFC 3339, not 'noon'"},
    {"report --start=+5s x.log",
     "--start wants a date and time such as 2026-11-21T01:37:31Z, not '+5s'"},
    {"report --color=green x.log", "--color wants auto, never or always, not 'green'"},
    {"export x.log",
     "export wants --format=csv, --format=ndjson or --format=openmetrics"},
    {"export --format=csb x.log", "--format wants csv, ndjson or openmetrics (or, to "
                                  "name the input's format, one that "
                                  "'heapreel formats' lists), not 'csb'"},
    {"report --format=ndjson x.log",
     "--format wants a name that 'heapreel formats' lists, not 'ndjson'"},
    {"snapshot --size=0x5 x.log", "--size wants columns and rows such as 120x40, 2000 of "
                                  "each at most, not '0x5'"},
    {"snapshot --size=80 x.log", "--size wants columns and rows such as 120x40, 2000 of "
                                 "each at most, not '80'"},
    {"snapshot --size=80x99999 x.log",
     "--size wants columns and rows such as 120x40, 2000 "
     "of each at most, not '80x99999'"},
    {"--speed=3 x.log",
     "--speed wants a power of two from 1/8 to 4096, such as 4 or 1/2, not '3'"},
    {"formats x.log", "formats takes no SOURCE"},
    {"check https://host/debug/vars",
     "https://host/debug/vars: a live source; 'heapreel record -o FILE "
     "https://host/debug/vars' records it"},
    {"report pid:12",
     "pid:12: a live source; 'heapreel record -o FILE pid:12' records it"},
    {"record -o x.reel prom+http://x",
     "prom+http://x: Prometheus servers are not part of this version"},
    {"record x.log", "record wants -o FILE: where to write"},
    {"record -o", "--output wants the name of a file"},
    {"record -o x.reel --every=1ms x.log",
     "--every wants a duration of 10ms or more, such as 1s, not '1ms'"},
    {"report a.log vs b.log", "comparing with 'vs' is not part of this version"},
};

Test(options, refuses_with_one_line_that_helps)
{
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        char line[256], want[1024];
        struct parsed p;

        (void)snprintf(line, sizeof line, "%s", refused[i].line);
        (void)snprintf(want, sizeof want, "heapreel: %s\n", refused[i].message);
        p = parse(line);
        cr_expect_not(p.ok, "%s", refused[i].line);
        cr_expect_str_eq(p.message, want, "%s: %s", refused[i].line, p.message);
        options_finish(&p.options);
    }
}

static const struct {
    const char *line;
    enum command command;
    const char *first_source;
    size_t source_count;
} accepted[] = {
    {"x.log", COMMAND_OPEN, "x.log", 1},
    {"open x.log y.log", COMMAND_OPEN, "x.log", 2},
    {"-", COMMAND_OPEN, "-", 1},
    {"-- report", COMMAND_OPEN, "report", 1},
    {"-- -x", COMMAND_OPEN, "-x", 1},
    {"./report", COMMAND_OPEN, "./report", 1},
    {"report x.log --json", COMMAND_REPORT, "x.log", 1},
    {"--limit=2G report x.log", COMMAND_REPORT, "x.log", 1},
    {"--limit 2G report x.log", COMMAND_REPORT, "x.log", 1},
    {"-qv report report", COMMAND_REPORT, "report", 1},
    {"x.log report", COMMAND_OPEN, "x.log", 2},
    {"export --format=csv -", COMMAND_EXPORT, "-", 1},
    {"export --format ndjson x.log", COMMAND_EXPORT, "x.log", 1},
    {"export --format=gctrace --format=csv x.log", COMMAND_EXPORT, "x.log", 1},
    {"snapshot --size=80x24 x.log", COMMAND_SNAPSHOT, "x.log", 1},
    {"formats", COMMAND_FORMATS, NULL, 0},
    {"help", COMMAND_HELP, NULL, 0},
    {"help report", COMMAND_HELP, "report", 1},
    {"--help", COMMAND_HELP, NULL, 0},
    {"report --help", COMMAND_HELP, "report", 1},
    {"report --frobnicate -h", COMMAND_HELP, "report", 1},
    {"--version", COMMAND_VERSION, NULL, 0},
    {"version", COMMAND_VERSION, NULL, 0},
};

Test(options, accepts)
{
    for (size_t i = 0; i < COUNT_OF(accepted); i++) {
        char line[256];
        struct parsed p;

        (void)snprintf(line, sizeof line, "%s", accepted[i].line);
        p = parse(line);
        cr_expect(p.ok, "%s: %s", accepted[i].line, p.message);
        cr_expect_str_eq(p.message, "", "%s", accepted[i].line);
        cr_expect_eq(p.options.command, accepted[i].command, "%s", accepted[i].line);
        cr_expect_eq(p.options.source_count, accepted[i].source_count, "%s",
                     accepted[i].line);
        if (p.ok && accepted[i].first_source)
            cr_expect_str_eq(p.options.sources[0], accepted[i].first_source, "%s",
                             accepted[i].line);
        cr_expect_null(p.options.sources[p.options.source_count], "%s", accepted[i].line);
        options_finish(&p.options);
    }
}

Test(options, fills_in_values)
{
    char line[] = "snapshot --size=120x40 --at=-5m --keys=+_<Left> --view=overview "
                  "--limit=512MiB --from=+90s --to=75% --start=2026-11-21_01:37:31Z "
                  "--color=always --format=gctrace x.log";
    struct parsed p = parse(line);
    const struct options *o = &p.options;

    cr_assert(p.ok, "%s", p.message);
    cr_expect(o->has_size && o->size_cols == 120 && o->size_rows == 40);
    cr_expect_eq(o->at.kind, TIME_BEFORE_END);
    cr_expect_eq(o->at.ns, 300 * NS_PER_S);
    cr_expect_str_eq(o->keys, "+ <Left>");
    cr_expect_str_eq(o->view, "overview");
    cr_expect(o->limit_bytes == 536870912.0);
    cr_expect(o->from.kind == TIME_AFTER_START && o->from.ns == 90 * NS_PER_S);
    cr_expect(o->to.kind == TIME_PERMILLION && o->to.ns == 750000);
    cr_expect(o->has_start && o->start_ns == INT64_C(1795225051) * NS_PER_S);
    cr_expect_eq(o->color, COLOR_ALWAYS);
    cr_expect(o->format && strcmp(o->format->name, "gctrace") == 0);
    options_finish(&p.options);
}

Test(options, leaves_out_what_was_not_given)
{
    char line[] = "x.log";
    struct parsed p = parse(line);

    cr_assert(p.ok);
    cr_expect(isnan(p.options.limit_bytes));
    cr_expect_eq(p.options.from.kind, TIME_UNSET);
    cr_expect(!p.options.has_start && !p.options.has_size && !p.options.has_speed);
    cr_expect_null(p.options.format);
    options_finish(&p.options);
}

static const struct {
    const char *typed;
    int log2;
} speeds[] = {{"1", 0}, {"x4", 2}, {"×64", 6}, {"1/8", -3}, {"x1/2", -1}, {"4096", 12}};

Test(options, speeds)
{
    for (size_t i = 0; i < COUNT_OF(speeds); i++) {
        char line[64];
        struct parsed p;

        (void)snprintf(line, sizeof line, "--speed=%s x.log", speeds[i].typed);
        p = parse(line);
        cr_expect(p.ok && p.options.has_speed, "%s: %s", speeds[i].typed, p.message);
        cr_expect_eq(p.options.speed_log2, speeds[i].log2, "%s", speeds[i].typed);
        options_finish(&p.options);
    }
}

static const struct {
    const char *a, *b;
    unsigned distance;
} distances[] = {
    {"", "", 0},
    {"report", "report", 0},
    {"repotr", "report", 1},
    {"report", "rport", 1},
    {"open", "opne", 1},
    {"json", "jsn", 1},
    {"kitten", "sitting", 3},
    {"", "abc", 3},
    {"a-word-that-is-much-too-long-for-us", "a", SUGGEST_WORD_MAX},
};

Test(options, distances)
{
    for (size_t i = 0; i < COUNT_OF(distances); i++) {
        struct slice a = slice_str(distances[i].a), b = slice_str(distances[i].b);

        cr_expect_eq(suggest_distance(a, b), distances[i].distance, "%s", distances[i].a);
        cr_expect_eq(suggest_distance(b, a), distances[i].distance, "%s", distances[i].a);
    }
}
