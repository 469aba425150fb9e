#include "cli/rules_file.h"

#include <assert.h>
#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/common.h"
#include "cli/rules_default.h"
#include "cli/suggest.h"
#include "model/base/mem.h"
#include "model/base/text.h"
#include "model/detect/rule.h"
#include "model/metric.h"
#include "parsers/limits.h"

/* Where a piece of a key's text stands. */
struct piece {
    size_t at; /* in the text */
    unsigned line;
    struct slice raw; /* the whole line */
    size_t column;    /* bytes in front of the piece in it */
};

/* A key of the rule that is being read; its text may go over several lines. */
struct key_text {
    struct text text;
    struct piece pieces[LIMIT_RULE_KEY_LINES];
    unsigned piece_count;
};

struct reading {
    struct rule_set *set;
    size_t inherited; /* how many rules at the set's front the file may replace */
    const char *name;
    struct slice rest; /* what inih was not given yet */
    struct slice raw;  /* the line that it works on … */
    unsigned line;     /* … and its number */
    bool is_rule;      /* a [section] is open */
    bool is_refused;   /* … and something in it is wrong: one message is enough */
    bool is_disabled;
    bool has_key; /* an indented line goes on with: */
    enum rule_key key;
    struct key_text keys[RULE_KEYS];
    struct text *messages;
    unsigned faults;
};

/* Messages. */

static void put_safe(struct text *t, struct slice untrusted)
{
    if (common_is_utf8())
        text_put_safe(t, untrusted);
    else
        text_put_safe_ascii(t, untrusted);
}

/* The line, and carets under the bytes [at, at + length) of it, one at least. */
static void put_line(struct text *t, struct slice line, size_t at, size_t length)
{
    struct text before = {0}, fault = {0};
    int cells;

    at = at < line.len ? at : line.len;
    length = length < line.len - at ? length : line.len - at;
    put_safe(&before, slice_first(line, at));
    put_safe(&fault, slice_of(line.ptr + at, length));
    cells = text_cells(text_str(&fault));
    text_put_str(t, "    ");
    put_safe(t, line);
    text_put_str(t, "\n    ");
    text_repeat(t, " ", (size_t)text_cells(text_str(&before)));
    text_put_char(t, '^');
    text_repeat(t, "~", cells > 1 ? (size_t)cells - 1 : 0);
    text_put_char(t, '\n');
    text_finish(&before);
    text_finish(&fault);
}

static void fault(struct reading *r, const struct piece *where, size_t length,
                  const char *reason)
{
    if (++r->faults > LIMIT_RULES_FAULTS)
        return;
    text_put_str(r->messages, "heapreel: ");
    put_safe(r->messages, slice_str(r->name));
    text_printf(r->messages, ":%u: ", where->line);
    put_safe(r->messages, slice_str(reason));
    text_put_char(r->messages, '\n');
    put_line(r->messages, where->raw, where->column, length);
}

/* The first byte of a line that is no blank. */
static size_t indent_of(struct slice line)
{
    size_t at = 0;

    while (at < line.len && (line.ptr[at] == ' ' || line.ptr[at] == '\t'))
        at++;
    return at;
}

static size_t trimmed_len(struct slice s)
{
    size_t len = s.len;

    while (len > 0 && strchr(" \t\r\n", s.ptr[len - 1]))
        len--;
    return len;
}

/* Says what is wrong with the line that is being read, from its byte `at` on. */
static void fault_here(struct reading *r, size_t at, size_t length, const char *reason)
{
    const struct piece here = {.line = r->line, .raw = r->raw, .column = at};

    r->is_refused = true;
    fault(r, &here, length, reason);
}

static void fault_line(struct reading *r, const char *reason)
{
    size_t at = indent_of(r->raw);

    fault_here(r, at, trimmed_len(r->raw) - at, reason);
}

/* A whole rule. */

/* The series that the word nearly names; NULL: none. */
static const char *series_near(struct slice word)
{
    const char *nearest = NULL;
    unsigned best = SUGGEST_WORD_MAX, distance;

    for (uint32_t i = 0; i < METRIC_COUNT; i++) {
        const char *name = metric_info(i)->name;

        if (suggest_is_near(word, slice_str(name), &distance) && distance < best) {
            best = distance;
            nearest = name;
        }
    }
    return nearest;
}

static void suggest_series(const struct key_text *key, struct rule_error *err)
{
    const char *known =
        series_near(slice_of(text_str(&key->text) + err->at, err->length));
    size_t len = strlen(err->reason);

    if (known)
        (void)snprintf(err->reason + len, sizeof err->reason - len, "; did you mean %s?",
                       known);
}

static void fault_rule(struct reading *r, struct rule_error *err)
{
    const struct key_text *key = &r->keys[err->key];
    unsigned i = 0;
    struct piece where;

    if (strcmp(err->reason, "no such series") == 0)
        suggest_series(key, err);
    if (key->piece_count == 0) /* it is something that is missing */
        key = &r->keys[RULE_NAME];
    while (i + 1 < key->piece_count && key->pieces[i + 1].at <= err->at)
        i++;
    where = key->pieces[i];
    where.column += err->at - where.at;
    fault(r, &where, err->length, err->reason);
}

static bool is_inherited(const struct reading *r, struct slice name)
{
    for (size_t i = 0; i < r->inherited; i++) {
        if (slice_eq(name, slice_str(rule_set_name(r->set, i))))
            return true;
    }
    return false;
}

static void start_rule(struct reading *r)
{
    for (size_t i = 0; i < RULE_KEYS; i++) {
        text_clear(&r->keys[i].text);
        r->keys[i].piece_count = 0;
    }
    r->is_refused = r->is_disabled = r->has_key = false;
}

/* The section is over: its rule goes into the set. */
static void end_rule(struct reading *r)
{
    struct rule_text text;
    struct rule_error err;

    if (!r->is_rule || r->is_refused)
        return;
    for (size_t i = 0; i < RULE_KEYS; i++)
        text.keys[i] = slice_of(text_str(&r->keys[i].text), r->keys[i].text.len);
    if (is_inherited(r, text.keys[RULE_NAME])) {
        (void)rule_set_remove(r->set, text.keys[RULE_NAME]);
        r->inherited--;
    }
    if (!r->is_disabled && !rule_set_add(r->set, &text, &err))
        fault_rule(r, &err);
}

static void add_piece(struct reading *r, enum rule_key key, size_t column,
                      struct slice value)
{
    struct key_text *k = &r->keys[key];

    if (k->piece_count == LIMIT_RULE_KEY_LINES) {
        fault_line(r, "the key goes on for too many lines");
        return;
    }
    if (k->piece_count > 0)
        text_put_char(&k->text, ' ');
    k->pieces[k->piece_count++] = (struct piece){k->text.len, r->line, r->raw, column};
    text_put(&k->text, value);
}

/* Lines, as inih sees them. */

static bool is_comment(struct slice line)
{
    size_t at = indent_of(line);

    return at < line.len && (line.ptr[at] == ';' || line.ptr[at] == '#');
}

static bool goes_on(const struct reading *r)
{
    size_t at = indent_of(r->raw);

    return r->has_key && at > 0 && at < trimmed_len(r->raw);
}

/* inih tells of a section with its first key, in 50 bytes of its name: too late for a
 * section without keys, and too few to find a name that is too long. */
static void see_section(struct reading *r)
{
    size_t at = indent_of(r->raw) + 1, end = at;

    if (is_comment(r->raw) || goes_on(r) || at > r->raw.len || r->raw.ptr[at - 1] != '[')
        return;
    end_rule(r);
    start_rule(r);
    r->is_rule = true;
    while (end < r->raw.len && r->raw.ptr[end] != ']')
        end++;
    if (end == r->raw.len)
        fault_line(r, "the rule's name has no ']' behind it");
    else
        add_piece(r, RULE_NAME, at, slice_of(r->raw.ptr + at, end - at));
}

/* inih counts a line that is neither section nor key, but tells nobody. */
static void see_nothing(struct reading *r)
{
    size_t at = indent_of(r->raw);

    if (at == r->raw.len || is_comment(r->raw) || goes_on(r) || r->raw.ptr[at] == '[')
        return;
    for (; at < r->raw.len; at++) {
        if (r->raw.ptr[at] == '=' || r->raw.ptr[at] == ':')
            return;
        if (at + 1 < r->raw.len && r->raw.ptr[at + 1] == ';' &&
            (r->raw.ptr[at] == ' ' || r->raw.ptr[at] == '\t'))
            break;
    }
    fault_line(r, "expected KEY = VALUE or [NAME]");
}

/* fgets for inih, out of memory: the next line with its newline, NULL at the end. */
static char *read_line(char *out, int size, void *user)
{
    struct reading *r = user;
    const char *newline;
    size_t len;

    if (r->rest.len == 0)
        return NULL;
    newline = memchr(r->rest.ptr, '\n', r->rest.len);
    len = newline ? (size_t)(newline - r->rest.ptr) + 1 : r->rest.len;
    r->raw = slice_first(r->rest, len);
    r->raw.len = trimmed_len(r->raw);
    r->rest = slice_after(r->rest, len);
    r->line++;
    if (r->raw.len + 2 > (size_t)size) {
        fault_here(r, (size_t)size - 2, r->raw.len,
                   "the line is too long from here on; "
                   "an indented line goes on with it");
        *out = '\0';
        return out;
    }
    see_section(r);
    see_nothing(r);
    memcpy(out, r->raw.ptr, r->raw.len);
    out[r->raw.len] = '\n';
    out[r->raw.len + 1] = '\0';
    return out;
}

static bool take_yes_no(struct reading *r, const char *value, size_t column, bool *out)
{
    *out = strcmp(value, "yes") == 0;
    if (*out || strcmp(value, "no") == 0)
        return true;
    fault_here(r, column, strlen(value), "expected yes or no");
    return false;
}

/* In front of the first rule. */
static void take_setting(struct reading *r, const char *name, const char *value,
                         size_t column)
{
    bool wants_defaults;

    if (strcmp(name, "defaults") != 0) {
        fault_line(r, "expected [NAME] of a rule in front of its keys");
        return;
    }
    if (!take_yes_no(r, value, column, &wants_defaults) || wants_defaults)
        return;
    while (r->inherited > 0) {
        const char *first = rule_set_name(r->set, 0);

        (void)rule_set_remove(r->set, slice_str(first));
        r->inherited--;
    }
}

static void take_key(struct reading *r, const char *name, const char *value,
                     size_t column)
{
    enum rule_key key = rule_key_of(slice_str(name));
    bool is_enabled;

    r->has_key = true;
    r->key = key;
    if (strcmp(name, "enabled") == 0) {
        if (take_yes_no(r, value, column, &is_enabled))
            r->is_disabled = !is_enabled;
        return;
    }
    if (key == RULE_KEYS) {
        fault_here(r, indent_of(r->raw), strlen(name),
                   "no such key; there are when, clear, kind, severity, series, message, "
                   "advice and enabled");
        return;
    }
    if (r->keys[key].piece_count > 0) {
        fault_here(r, indent_of(r->raw), strlen(name), "the rule has this key already");
        return;
    }
    add_piece(r, key, column, slice_str(value));
}

static int take(void *user, const char *section, const char *name, const char *value)
{
    struct reading *r = user;
    size_t at = 0;

    (void)section;
    if (goes_on(r)) {
        if (r->key != RULE_KEYS)
            add_piece(r, r->key, indent_of(r->raw), slice_str(value));
        return 1;
    }
    while (at < r->raw.len && r->raw.ptr[at] != '=' && r->raw.ptr[at] != ':')
        at++;
    at += at < r->raw.len;
    at += indent_of(slice_after(r->raw, at));
    if (r->is_rule)
        take_key(r, name, value, at);
    else
        take_setting(r, name, value, at);
    return 1;
}

bool rules_file_read(struct rule_set *set, const char *name, struct slice file,
                     struct text *messages)
{
    struct reading *r;
    bool is_good;

    if (file.len > 0 && memchr(file.ptr, '\0', file.len)) {
        text_put_str(messages, "heapreel: ");
        put_safe(messages, slice_str(name));
        text_put_str(messages, ": no text, it has a zero byte in it\n");
        return false;
    }
    if (slice_starts(file, SLICE("\xEF\xBB\xBF"))) /* Windows editors sign UTF-8 */
        file = slice_after(file, 3);
    r = mem_alloc(sizeof *r);
    *r = (struct reading){.set = set,
                          .inherited = rule_set_count(set),
                          .name = name,
                          .rest = file,
                          .messages = messages};
    (void)ini_parse_stream(read_line, r, take, r);
    end_rule(r);
    is_good = r->faults == 0;
    if (r->faults > LIMIT_RULES_FAULTS)
        text_printf(messages, "heapreel: and %u more\n", r->faults - LIMIT_RULES_FAULTS);
    for (size_t i = 0; i < RULE_KEYS; i++)
        text_finish(&r->keys[i].text);
    free(r);
    return is_good;
}

void rules_file_put_default(struct text *t)
{
    for (size_t i = 0; i < COUNT_OF(rules_default_lines); i++) {
        text_put_str(t, rules_default_lines[i]);
        text_put_char(t, '\n');
    }
}

/* A file of rules is small: it is read whole, up to a byte more than it may have. */
static bool read_file(const char *path, struct text *out)
{
    FILE *file = fopen(path, "rb");
    char block[4096];
    size_t got;
    bool is_good;

    if (!file) {
        common_complain("%s: %s", path, strerror(errno));
        return false;
    }
    while (out->len <= LIMIT_RULES_BYTES &&
           (got = fread(block, 1, sizeof block, file)) > 0)
        text_put(out, slice_of(block, got));
    is_good = !ferror(file);
    if (!is_good)
        common_complain("%s: %s", path, strerror(errno));
    (void)fclose(file);
    if (is_good && out->len > LIMIT_RULES_BYTES) {
        common_complain("%s: larger than %u KiB, which no file of rules is", path,
                        LIMIT_RULES_BYTES >> 10);
        is_good = false;
    }
    return is_good;
}

static bool read_named(struct rule_set *set, const char *path)
{
    struct text file = {0}, messages = {0};
    bool is_good = read_file(path, &file);

    if (is_good &&
        !rules_file_read(set, path, slice_of(text_str(&file), file.len), &messages)) {
        (void)fputs(text_str(&messages), stderr);
        is_good = false;
    }
    text_finish(&file);
    text_finish(&messages);
    return is_good;
}

struct rule_set *rules_file_load(const char *path)
{
    struct rule_set *set = rule_set_create();
    struct text defaults = {0}, messages = {0};
    bool is_good;

    rules_file_put_default(&defaults);
    is_good = rules_file_read(set, "rules/default.ini",
                              slice_of(text_str(&defaults), defaults.len), &messages);
    /* They are ours: what is wrong with them is our own fault. */
    if (!is_good)
        (void)fputs(text_str(&messages), stderr);
    assert(is_good);
    text_finish(&defaults);
    text_finish(&messages);
    if (path && !read_named(set, path)) {
        rule_set_destroy(set);
        return NULL;
    }
    return set;
}
