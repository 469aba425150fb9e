#include "cli/options_internal.h"

#include <assert.h>

#include "model/base/num.h"
#include "model/units.h"
#include "parsers/parser.h"
#include "replay/clock.h"

static bool take_limit(struct options *o, const char *value)
{
    uint64_t bytes;

    if (!unit_parse_size(slice_str(value), &bytes) || bytes == 0)
        return false;
    o->limit_bytes = (double)bytes;
    return true;
}

static bool take_from(struct options *o, const char *value)
{
    return time_arg_parse(slice_str(value), &o->from);
}

static bool take_to(struct options *o, const char *value)
{
    return time_arg_parse(slice_str(value), &o->to);
}

static bool take_at(struct options *o, const char *value)
{
    return time_arg_parse(slice_str(value), &o->at);
}

static bool take_start(struct options *o, const char *value)
{
    struct time_arg arg;

    if (!time_arg_parse(slice_str(value), &arg) || arg.kind != TIME_ABSOLUTE)
        return false;
    o->start_ns = arg.ns;
    o->has_start = true;
    return true;
}

static bool take_export_format(struct options *o, const char *value)
{
    static const struct {
        const char *name;
        enum export_format format;
    } formats[] = {
        {"csv", EXPORT_CSV},
        {"ndjson", EXPORT_NDJSON},
        {"openmetrics", EXPORT_OPENMETRICS},
    };

    for (size_t i = 0; i < COUNT_OF(formats); i++) {
        if (strcmp(value, formats[i].name) == 0) {
            o->export_format = formats[i].format;
            return true;
        }
    }
    return false;
}

static bool take_input_format(struct options *o, const char *value)
{
    const struct parser_ops *found = parser_find(slice_str(value));

    if (!found)
        return false;
    o->format = found;
    return true;
}

/* For export the contract gives the name to the output; the names do not clash, so
 * the input's format can be given there too. */
static bool take_format_of_export(struct options *o, const char *value)
{
    return take_export_format(o, value) || take_input_format(o, value);
}

static bool take_color(struct options *o, const char *value)
{
    static const char *const names[] = {"auto", "never", "always"};

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (strcmp(value, names[i]) == 0) {
            o->color = (enum color_when)i;
            return true;
        }
    }
    return false;
}

static bool take_quiet(struct options *o, const char *value)
{
    (void)value;
    o->is_quiet = true;
    return true;
}

static bool take_verbose(struct options *o, const char *value)
{
    (void)value;
    o->is_verbose = true;
    return true;
}

static bool take_json(struct options *o, const char *value)
{
    (void)value;
    o->is_json = true;
    return true;
}

static bool take_fail_on(struct options *o, const char *value)
{
    static const enum severity severities[] = {SEVERITY_NOTICE, SEVERITY_WARNING,
                                               SEVERITY_CRITICAL};

    for (size_t i = 0; i < COUNT_OF(severities); i++) {
        if (strcmp(value, severity_name(severities[i])) == 0) {
            o->fail_on = severities[i];
            return true;
        }
    }
    return false;
}

static bool take_play(struct options *o, const char *value)
{
    (void)value;
    o->is_play = true;
    return true;
}

static bool take_view(struct options *o, const char *value)
{
    o->view = value;
    return *value != '\0';
}

static bool take_keys(struct options *o, const char *value)
{
    o->keys = value;
    return true;
}

static bool parse_cells(struct slice s, int *out)
{
    uint64_t cells;

    if (!num_parse_u64(s, &cells) || cells < 1 || cells > OPTIONS_SIZE_MAX)
        return false;
    *out = (int)cells;
    return true;
}

static bool take_size(struct options *o, const char *value)
{
    const char *x = strchr(value, 'x');

    if (!x || !parse_cells(slice_of(value, (size_t)(x - value)), &o->size_cols) ||
        !parse_cells(slice_str(x + 1), &o->size_rows))
        return false;
    o->has_size = true;
    return true;
}

/* "4", "x4", "×4", "1/8": one of the speeds that the dashboard steps through. */
static bool take_speed(struct options *o, const char *value)
{
    struct clock clock = {0};
    struct slice typed = slice_str(value);

    if (slice_starts(typed, SLICE("×")))
        typed = slice_after(typed, strlen("×"));
    else if (slice_starts(typed, SLICE("x")))
        typed = slice_after(typed, 1);
    for (int log2 = CLOCK_SPEED_LOG2_MIN; log2 <= CLOCK_SPEED_LOG2_MAX; log2++) {
        clock.speed_log2 = log2;
        if (slice_eq(typed, slice_after(slice_str(clock_speed_name(&clock, true)), 1))) {
            o->speed_log2 = log2;
            o->has_speed = true;
            return true;
        }
    }
    return false;
}

static bool take_prefix(struct options *o, const char *value)
{
    o->prefix = value;
    return *value != '\0';
}

static bool take_rules(struct options *o, const char *value)
{
    o->rules_path = value;
    return *value != '\0';
}

static bool take_output(struct options *o, const char *value)
{
    if (strcmp(value, "-") == 0)
        return false; /* a recording is read back while it is written, and locked */
    o->output = value;
    return *value != '\0';
}

static bool take_duration(const char *value, int64_t *ns)
{
    return unit_parse_duration(slice_str(value), ns) && *ns > 0;
}

static bool take_for(struct options *o, const char *value)
{
    return take_duration(value, &o->for_ns);
}

/* Oftener than this a poll costs the service more than it tells. */
#define EVERY_LEAST_NS (10 * NS_PER_MS)

static bool take_every(struct options *o, const char *value)
{
    return take_duration(value, &o->every_ns) && o->every_ns >= EVERY_LEAST_NS;
}

static bool take_profiles(struct options *o, const char *value)
{
    return take_duration(value, &o->profiles_ns) && o->profiles_ns >= NS_PER_S;
}

static bool take_header_file(struct options *o, const char *value)
{
    o->header_file = value;
    return *value != '\0';
}

static bool take_ca(struct options *o, const char *value)
{
    o->ca_file = value;
    return *value != '\0';
}

static bool take_cert(struct options *o, const char *value)
{
    o->cert_file = value;
    return *value != '\0';
}

static bool take_key(struct options *o, const char *value)
{
    o->key_file = value;
    return *value != '\0';
}

static bool take_detail(struct options *o, const char *value)
{
    return take_duration(value, &o->detail_ns) && o->detail_ns >= NS_PER_S;
}

/* Less makes a file of every few records. */
#define KEEP_BYTES_MIN ((uint64_t)64 << 10)
#define KEEP_NS_MIN (8 * NS_PER_S)

/* A size or an age, whichever it is. */
static bool take_keep(struct options *o, const char *value)
{
    uint64_t bytes;

    o->keep_ns = 0;
    o->keep_bytes = 0;
    if (take_duration(value, &o->keep_ns))
        return o->keep_ns >= KEEP_NS_MIN;
    if (!unit_parse_size(slice_str(value), &bytes) || bytes < KEEP_BYTES_MIN)
        return false;
    o->keep_bytes = (double)bytes;
    return true;
}

static bool take_watch(struct options *o, const char *value)
{
    (void)value;
    o->is_watched = true;
    return true;
}

static bool take_on(struct options *o, const char *value)
{
    o->on = value;
    o->is_watched = true;
    return *value != '\0';
}

static bool take_exec(struct options *o, const char *value)
{
    o->hook = value;
    o->is_watched = true;
    return *value != '\0';
}

static bool take_help(struct options *o, const char *value)
{
    (void)o;
    (void)value;
    return true;
}

#define WANTS_TIME "a time such as +90s, 1h30m, -5m (from the end), 50% or RFC 3339"

#define ON_SCREEN (ON(COMMAND_OPEN) | ON(COMMAND_SNAPSHOT))
#define ON_POLLED (ON(COMMAND_OPEN) | ON(COMMAND_RECORD))
#define ON_INPUT (ON_DATA & ~ON(COMMAND_EXPORT))

const struct option_row option_rows[] = {
    {"json", 0, NULL, ON(COMMAND_REPORT) | ON(COMMAND_CHECK) | ON(COMMAND_DETECT),
     take_json, NULL, "print one JSON object"},
    {"fail-on", 0, "SEVERITY", ON(COMMAND_CHECK), take_fail_on,
     "notice, warning or critical", "what to fail on: notice, warning or critical"},
    {"format", 0, "NAME", ON(COMMAND_EXPORT), take_format_of_export,
     "csv, ndjson or openmetrics (or, to name the input's format, one that "
     "'heapreel formats' lists)",
     "what to print: csv, ndjson or openmetrics"},
    {"size", 0, "COLSxROWS", ON(COMMAND_SNAPSHOT), take_size,
     "columns and rows such as 120x40, 2000 of each at most",
     "size of the screen (80x24)"},
    {"at", 0, "TIME", ON_SCREEN, take_at, WANTS_TIME, "put the playhead there"},
    {"view", 0, "NAME", ON_SCREEN, take_view, "the name of a view, such as overview",
     "the view to show first"},
    {"keys", 0, "KEYS", ON(COMMAND_SNAPSHOT), take_keys, "keys such as '+<Left>'",
     "press these keys first; <Left>, <Tab> and so on"},
    {"play", 0, NULL, ON(COMMAND_OPEN), take_play, NULL, "start to replay at once"},
    {"speed", 0, "N", ON_SCREEN, take_speed,
     "a power of two from 1/8 to 4096, such as 4 or 1/2", "speed of the replay"},
    {"output", 'o', "FILE", ON_LIVE | ON(COMMAND_OPEN), take_output, "the name of a file",
     "write the recording there"},
    {"for", 0, "DURATION", ON(COMMAND_RECORD), take_for,
     "a duration such as 90s or 1h30m", "stop after that time"},
    {"every", 0, "DURATION", ON_POLLED, take_every,
     "a duration of 10ms or more, such as 1s", "how often to look (1s)"},
    {"profiles", 0, "DURATION", ON_POLLED, take_profiles,
     "a duration of 1s or more, such as 1m", "how often to fetch profiles (never)"},
    {"header-file", 0, "FILE", ON_POLLED, take_header_file, "the name of a file",
     "headers for HTTP requests, one 'Name: value' a line"},
    {"cacert", 0, "FILE", ON_POLLED, take_ca, "the name of a file",
     "trust these certificates (PEM)"},
    {"cert", 0, "FILE", ON_POLLED, take_cert, "the name of a file",
     "our own certificate (PEM)"},
    {"key", 0, "FILE", ON_POLLED, take_key, "the name of a file", "… and its key"},
    {"detail", 0, "DURATION", ON(COMMAND_OPEN) | ON_LIVE, take_detail,
     "a duration of 1s or more, such as 6h",
     "of what is live, how much is kept in full (1h)"},
    {"keep", 0, "SIZE|DURATION", ON(COMMAND_RECORD), take_keep,
     "a size such as 2GiB (64KiB or more) or a duration such as 72h (8s or more)",
     "cut it into files, and drop the oldest"},
    {"watch", 0, NULL, ON(COMMAND_RECORD), take_watch, NULL,
     "have the detectors look; profiles where they fire"},
    {"on", 0, "KIND,…", ON(COMMAND_RECORD), take_on,
     "kinds of events such as leak,pre-oom",
     "… at these events (leak,pre-oom,gc-pressure)"},
    {"exec", 0, "CMD", ON(COMMAND_RECORD), take_exec, "a command for the shell",
     "… and run CMD, the event as JSON on its input"},
    {"limit", 0, "SIZE", ON_DATA | ON_LIVE, take_limit,
     "a size such as 512MiB, 2G or 1073741824", "the memory limit to measure against"},
    {"from", 0, "TIME", ON_DATA, take_from, WANTS_TIME, "leave out what came before"},
    {"to", 0, "TIME", ON_DATA, take_to, WANTS_TIME, "leave out what came after"},
    {"start", 0, "TIME", ON_DATA, take_start,
     "a date and time such as 2026-11-21T01:37:31Z",
     "wall-clock time that a log without time stamps starts at"},
    {"format", 0, "NAME", ON_INPUT, take_input_format,
     "a name that 'heapreel formats' lists", "do not guess the format of the sources"},
    {"prefix", 0, "REGEX", ON_DATA, take_prefix,
     "a pattern such as '(?<time>\\S+) (?<source>\\w+): '",
     "what stands in front of each line of a log"},
    {"rules", 0, "FILE", ON_DATA | ON_LIVE, take_rules,
     "a file as heapreel-rules(5) describes it", "more conditions to watch for"},
    {"color", 0, "WHEN", ON_ALL, take_color, "auto, never or always",
     "when to use colour: auto, never or always"},
    {"quiet", 'q', NULL, ON_ALL, take_quiet, NULL, "say nothing about skipped records"},
    {"verbose", 'v', NULL, ON_ALL, take_verbose, NULL, "say more"},
    {"help", 'h', NULL, ON_ALL, take_help, NULL, "print help and exit"},
    {"version", 0, NULL, ON_ALL, take_help, NULL, "print the version and exit"},
    {NULL, 0, NULL, 0, NULL, NULL, NULL},
};

const struct command_row command_rows[] = {
    [COMMAND_OPEN] =
        {"open", true, "[open] [OPTION…] SOURCE…",
         "the interactive dashboard: replay and live view",
         "Shows recordings, and services that are alive, on a dashboard of charts with "
         "a\nplayhead that can be moved and played. ? in the dashboard lists the "
         "keys.\n\n" SOURCE_TEXT
         "What is alive is a SOURCE as well: a log that grows, a pipe,\n"
         "http://HOST:PORT, https://… or unix:SOCKET:/path (what the service serves "
         "is\nfound out), pid:N, name:PATTERN or journal:UNIT.\n"},
    [COMMAND_REPORT] = {"report", true, "report [OPTION…] SOURCE…",
                        "one-shot summary on standard output",
                        "Prints the verdict and what it rests on, the forecast, what was "
                        "found, a\npost-mortem of what died, a table of every series, "
                        "damage.\n\n" SOURCE_TEXT},
    [COMMAND_CHECK] = {"check", true, "check [OPTION…] SOURCE…",
                       "the same analysis for scripts: the exit status tells",
                       "Prints one line a finding, SEVERITY KIND OFFSET SERIES message, "
                       "for those at\nor above --fail-on (warning); with -v for all. The "
                       "exit status is 1 where there\nis any.\n\n" SOURCE_TEXT},
    [COMMAND_SNAPSHOT] = {"snapshot", true, "snapshot [OPTION…] SOURCE…",
                          "one screen of the dashboard on standard output",
                          "Draws exactly what the dashboard would.\n\n" SOURCE_TEXT},
    [COMMAND_EXPORT] = {"export", true,
                        "export --format=csv|ndjson|openmetrics [OPTION…] SOURCE…",
                        "the series, for other tools",
                        "csv and ndjson have one value a line: t, offset_s, process, "
                        "series, value.\nt is null (empty in csv) where no wall clock is "
                        "known; offset_s counts from the\nfirst record.\n\n" SOURCE_TEXT},
    [COMMAND_DETECT] = {"detect", true, "detect [--json] [OPTION…] FILE",
                        "change points of any series of numbers",
                        "FILE is a CSV, or one number a line; - is standard input. A "
                        "first column that\nis named t or time is the time axis, every "
                        "other one a dimension. Compression\nis found out. An empty "
                        "field, NaN and null are missing values.\n"},
    [COMMAND_RECORD] = {"record", true, "record -o FILE [OPTION…] SOURCE…",
                        "capture live sources without a screen",
                        "Writes what each source gives, and when, until it is stopped "
                        "(Ctrl-C, SIGTERM,\nSIGHUP) or --for is over. 'heapreel FILE' "
                        "replays it.\n\nA SOURCE is a file that grows, - for standard "
                        "input, http://HOST:PORT,\nhttps://… or unix:SOCKET:/path "
                        "(what the service serves is found out),\npid:N, "
                        "name:PATTERN or journal:UNIT.\n"},
    [COMMAND_RUN] = {"run", true, "run [-o FILE] [--] CMD [ARG…]",
                     "start a Go program, watch and record it",
                     "On a terminal and without -o the dashboard shows it, its "
                     "output in a pane. Else\noutput and signals pass through. "
                     "GODEBUG is extended by gctrace=1. The exit\nstatus is the "
                     "program's (128 and more: its signal).\n"},
    [COMMAND_FORMATS] = {"formats", false, "formats",
                         "every input format and how it is recognised", ""},
    [COMMAND_HELP] = {"help", false, "help [COMMAND]", "help on a command", ""},
    [COMMAND_VERSION] = {"version", false, "version", NULL, ""},
};
static_assert(COUNT_OF(command_rows) == COMMAND_KINDS, "a row for each command");

enum command options_find_command(struct slice name)
{
    for (size_t i = 0; i < COUNT_OF(command_rows); i++) {
        if (slice_eq(name, slice_str(command_rows[i].name)))
            return (enum command)i;
    }
    return COMMAND_KINDS;
}
