/* What journalctl and syslog put in front: a time, the host, "program[pid]: ". */
#include "model/base/compiler.h"
#include "model/units.h"
#include "parsers/moment_text.h"
#include "parsers/stamp.h"
#include "parsers/text_line.h"
#include "parsers/unwrap_internal.h"

/* Up to the next blank, and *s behind that. */
static bool take_word(struct slice *s, struct slice *word)
{
    size_t at = 0;

    while (at < s->len && s->ptr[at] != ' ')
        at++;
    if (at == 0)
        return false;
    *word = slice_first(*s, at);
    *s = slice_after(*s, at);
    (void)text_take(s, SLICE(" "));
    return true;
}

static bool skip_priority(struct slice *s)
{
    struct slice rest = *s;
    uint64_t priority;

    if (!text_take(&rest, SLICE("<")) || !text_take_u64(&rest, &priority) ||
        priority > 191 || !text_take(&rest, SLICE(">")))
        return false;
    *s = rest;
    return true;
}

/* "Sat " of short-full. */
static void skip_weekday(struct slice *s)
{
    static const char names[] = "MonTueWedThuFriSatSun";

    for (size_t i = 0; s->len > 4 && s->ptr[3] == ' ' && i < 7; i++) {
        if (memcmp(s->ptr, names + i * 3, 3) == 0) {
            *s = slice_after(*s, 4);
            return;
        }
    }
}

/* journalctl -o short-unix: "1795224984.123456". */
static bool take_unix(struct slice *s, struct peeled *out)
{
    struct slice rest = *s, word;

    if (!take_word(&rest, &word) || word.len != 17 || word.ptr[10] != '.' ||
        !moment_unix(word, &out->unix_ns))
        return false;
    out->has_time = true;
    out->digits = 6;
    *s = rest;
    return true;
}

/* Everything that only journalctl writes: all but "Nov 21 02:03:57". */
static bool take_long_time(struct slice *s, struct peeled *out)
{
    struct stamp stamp;

    skip_weekday(s);
    if (!s->len || s->ptr[0] < '0' || s->ptr[0] > '9')
        return false;
    if (stamp_parse(*s, &stamp)) {
        out->stamp = slice_first(*s, stamp.len);
        *s = slice_after(*s, stamp.len);
        return text_take(s, SLICE(" "));
    }
    return take_unix(s, out);
}

static bool is_level(struct slice word)
{
    static const char *const levels[] = {"INFO",  "WARN",  "WARNING", "ERROR", "DEBUG",
                                         "TRACE", "FATAL", "NOTICE",  "info",  "warn",
                                         "error", "debug", "warning", "fatal"};

    for (size_t i = 0; i < COUNT_OF(levels); i++) {
        if (slice_eq(word, slice_str(levels[i])))
            return true;
    }
    return false;
}

/* "program[pid]: " or "program: ". */
static bool take_program(struct slice *s, struct peeled *out)
{
    struct slice rest = *s, name;
    uint64_t pid;
    size_t at = 0;

    while (at < rest.len && rest.ptr[at] != ' ' && rest.ptr[at] != '[' &&
           rest.ptr[at] != ':')
        at++;
    if (at == 0 || at == rest.len)
        return false;
    name = slice_first(rest, at);
    rest = slice_after(rest, at);
    if (text_take(&rest, SLICE("["))) {
        if (!text_take_u64(&rest, &pid) || pid > INT32_MAX ||
            !text_take(&rest, SLICE("]")))
            return false;
        out->pid = (int64_t)pid;
    }
    if (!text_take(&rest, SLICE(":")))
        return false;
    (void)text_take(&rest, SLICE(" "));
    out->source = name;
    out->text = rest;
    return true;
}

/* Structured data: "-" or "[id a=\"b\"][id2]". */
static bool skip_structured(struct slice *s)
{
    bool is_quoted = false;
    size_t at = 0;

    if (s->len == 0 || text_take(s, SLICE("-")))
        return true;
    if (s->ptr[0] != '[')
        return false;
    for (; at < s->len && (is_quoted || s->ptr[at] != ' ' || s->ptr[at - 1] != ']');
         at++) {
        if (s->ptr[at] == '\\' && is_quoted)
            at++;
        else if (s->ptr[at] == '"')
            is_quoted = !is_quoted;
    }
    at = at < s->len ? at : s->len;
    *s = slice_after(*s, at);
    return true;
}

/* RFC 5424, behind "<34>": "1 2026-11-21T02:03:57Z host app pid msgid - TEXT". */
static bool take_5424(struct slice rest, struct peeled *out)
{
    struct slice stamp, host, app, pid, id;
    struct stamp parsed;
    uint64_t number;

    if (!text_take(&rest, SLICE("1 ")) || !take_word(&rest, &stamp) ||
        !take_word(&rest, &host) || !take_word(&rest, &app) || !take_word(&rest, &pid) ||
        !take_word(&rest, &id) || !skip_structured(&rest))
        return false;
    if (stamp_parse(stamp, &parsed) && parsed.len == stamp.len)
        out->stamp = stamp;
    else if (!slice_eq(stamp, SLICE("-")))
        return false;
    (void)text_take(&rest, SLICE(" "));
    (void)text_take(&rest, SLICE("\xef\xbb\xbf"));
    if (!slice_eq(app, SLICE("-")))
        out->source = app;
    out->scope = host;
    if (text_take_u64(&pid, &number) && pid.len == 0 && number <= INT32_MAX)
        out->pid = (int64_t)number;
    out->text = rest;
    out->wrapping = WRAPPING_SYSLOG;
    return true;
}

/* Frames of RFC 6587 have their length in front: "123 <34>1 …". */
static struct slice skip_frame_length(struct slice line)
{
    struct slice rest = line;
    uint64_t length;

    return text_take_u64(&rest, &length) && slice_starts(rest, SLICE(" <"))
               ? slice_after(rest, 1)
               : line;
}

bool peel_syslog(struct peel_context *c, struct slice line, struct peeled *out)
{
    struct slice rest = skip_frame_length(line), host;
    bool has_priority = skip_priority(&rest), is_long = false;

    if (has_priority && take_5424(rest, out))
        return true;
    if (short_stamp(c, &rest, out)) {
        if (!text_take(&rest, SLICE(" ")))
            return false;
    } else {
        is_long = true;
        if (!take_long_time(&rest, out))
            return false;
    }
    if (!take_word(&rest, &host) || !take_program(&rest, out))
        return false;
    out->scope = host;
    /* "2026-11-21T02:03:57Z INFO server: …" is a line of the application itself. */
    if (is_level(host) || (is_long && out->pid < 0 && !has_priority &&
                           !slice_eq(out->source, SLICE("kernel")) &&
                           !slice_starts(out->source, SLICE("systemd"))))
        return false;
    out->wrapping = is_long && !has_priority ? WRAPPING_JOURNALD
                    : out->digits            ? WRAPPING_JOURNALD
                                             : WRAPPING_SYSLOG;
    return true;
}
