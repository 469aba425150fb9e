#include "parsers/kernel_log_prefix.h"

#include "model/base/compiler.h"
#include "model/base/num.h"
#include "model/units.h"
#include "parsers/kernel_log_time.h"
#include "parsers/stamp.h"
#include "parsers/text_line.h"

#define PREFIXES_MAX 8 /* no logger stacks more */
#define BRACKET_MAX 64 /* "[Thu Dec  7 00:05:14 2017]" and its like */
#define WORD_MAX 256   /* a host name has at most 253 bytes */
#define YEAR_2000_NS (INT64_C(946684800) * NS_PER_S)

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static void set_boot(struct klog_line *l, int64_t ns)
{
    l->has_boot = true;
    l->boot_ns = ns;
    if (l->time_kind == MOMENT_WALL)
        return;
    l->time_kind = MOMENT_BOOT;
    l->time_ns = ns;
}

static void set_wall(struct klog_line *l, int64_t ns)
{
    /* Of several, the outermost: the collector's clock was more likely looked after. */
    if (l->time_kind == MOMENT_WALL)
        return;
    l->time_kind = MOMENT_WALL;
    l->time_ns = ns;
}

static struct slice take_word(struct slice *s)
{
    struct slice word = {s->ptr, 0};

    while (word.len < s->len && s->ptr[word.len] != ' ')
        word.len++;
    *s = slice_after(*s, word.len);
    text_skip_blanks(s);
    return word;
}

static bool take_day(struct slice *s, int *day)
{
    struct slice word = take_word(s);
    uint64_t value;

    if (!num_parse_u64(word, &value) || value < 1 || value > 31)
        return false;
    *day = (int)value;
    return true;
}

/* Inside of "[Thu Dec  7 00:05:14 2017]". */
static bool parse_ctime(struct slice s, int64_t *unix_ns, bool *is_known)
{
    int64_t clock;
    uint64_t year;
    int month, day;

    (void)take_word(&s);
    month = klog_month_of(take_word(&s));
    if (!take_day(&s, &day) || !klog_take_clock(&s, &clock))
        return false;
    text_skip_blanks(&s);
    if (!num_parse_u64(text_trim(s), &year) || year < 1970 || year > 2261)
        return false;
    *is_known = month > 0;
    if (month > 0)
        *unix_ns = unit_unix_ns((int)year, month, day, clock);
    return true;
}

/* "  T116" or "    C0": thread or CPU, so that the two cannot be mixed up. */
static bool parse_caller(struct slice s, uint32_t *caller)
{
    struct slice word = text_trim(s);
    uint64_t number;

    if (word.len < 2 || (word.ptr[0] != 'T' && word.ptr[0] != 'C') ||
        !num_parse_u64(slice_after(word, 1), &number) || number > (1u << 30))
        return false;
    *caller = (uint32_t)number * 2 + 1 + (word.ptr[0] == 'T');
    return true;
}

/* "   30.745678", or with what dmesg -d adds: "30.745678 <    0.000002>". */
static bool parse_boot(struct slice s, int64_t *ns)
{
    struct slice delta;

    text_skip_blanks(&s);
    if (!klog_take_seconds(&s, ns))
        return false;
    s = text_trim(s);
    if (s.len == 0)
        return true;
    delta = s;
    return text_take(&delta, SLICE("<")) && slice_ends(delta, SLICE(">"));
}

/* What dmesg -H and -e print: "[  +0.000009]", "[Nov21 06:45]". The first line of each
 * minute alone says when that was, and not in which year: no time is taken from it. */
static bool is_relative(struct slice s)
{
    struct slice rest = s;
    int64_t ns;
    uint64_t number;

    text_skip_blanks(&rest);
    if (text_take(&rest, SLICE("+")))
        return klog_take_seconds(&rest, &ns) && rest.len == 0;
    return s.len >= 10 && klog_month_of(s) > 0 &&
           (is_digit(s.ptr[3]) || s.ptr[3] == ' ') && s.ptr[s.len - 3] == ':' &&
           num_parse_u64(slice_after(s, s.len - 2), &number);
}

static bool peel_bracket(struct klog_line *l)
{
    struct slice s = l->text, inside;
    bool is_known = false;
    int64_t ns = 0;
    size_t close;

    if (!text_take(&s, SLICE("[")))
        return false;
    close = text_find(slice_first(s, BRACKET_MAX), SLICE("]"));
    if (close >= s.len || close == BRACKET_MAX)
        return false;
    inside = slice_first(s, close);
    if (parse_boot(inside, &ns)) {
        set_boot(l, ns);
        l->is_record = true;
    } else if (parse_ctime(inside, &ns, &is_known)) {
        if (is_known)
            set_wall(l, ns);
        l->is_record = true;
    } else if (!parse_caller(inside, &l->caller) && !is_relative(inside)) {
        return false;
    }
    l->text = slice_after(s, close + 1);
    return true;
}

/* "<6>" and "<30>". */
static bool peel_priority(struct klog_line *l)
{
    struct slice s = l->text;
    uint64_t number;

    if (!text_take(&s, SLICE("<")) || !text_take_u64(&s, &number) || number > 191 ||
        !text_take(&s, SLICE(">")))
        return false;
    l->text = s;
    return true;
}

/* "6,1234,5678901234,-,caller=T116;text" */
static bool peel_kmsg(struct klog_line *l)
{
    struct slice s = l->text;
    uint64_t priority, sequence, us;
    size_t caller, end;

    if (!text_take_u64(&s, &priority) || !text_take(&s, SLICE(",")) ||
        !text_take_u64(&s, &sequence) || !text_take(&s, SLICE(",")) ||
        !text_take_u64(&s, &us) || !text_take(&s, SLICE(",")) ||
        us > (uint64_t)(INT64_MAX / NS_PER_US))
        return false;
    end = text_find(slice_first(s, BRACKET_MAX), SLICE(";"));
    if (end >= s.len || end == BRACKET_MAX)
        return false;
    caller = text_find(slice_first(s, end), SLICE("caller="));
    if (caller < end)
        (void)parse_caller(slice_after(slice_first(s, end), caller + 7), &l->caller);
    set_boot(l, (int64_t)us * NS_PER_US);
    l->is_record = true;
    l->tag = SLICE("kernel");
    l->text = slice_after(s, end + 1);
    return true;
}

/* "kern  :warn  : " of dmesg -x. */
static bool peel_decoded(struct klog_line *l)
{
    struct slice s = l->text;

    if (!text_take(&s, SLICE("kern ")) && !text_take(&s, SLICE("daemon")) &&
        !text_take(&s, SLICE("user ")))
        return false;
    text_skip_blanks(&s);
    if (!text_take(&s, SLICE(":")))
        return false;
    (void)take_word(&s);
    if (!text_take(&s, SLICE(": ")) && !text_take(&s, SLICE(":")))
        return false;
    l->text = s;
    return true;
}

/* "Dec  7 00:05:14 " */
static bool peel_syslog(struct klog_line *l, const struct klog_calendar *calendar)
{
    struct slice s = l->text;
    int64_t clock;
    int month, day;

    if (s.len < 15 || !is_upper(s.ptr[0]) || (month = klog_month_of(s)) == 0)
        return false;
    if (take_word(&s).len > 4 || !take_day(&s, &day) || !klog_take_clock(&s, &clock) ||
        !text_take(&s, SLICE(" ")))
        return false;
    if (calendar->has_latest && calendar->latest_ns >= 0)
        set_wall(l, klog_latest_date(calendar->latest_ns, month, day, clock));
    l->text = s;
    return true;
}

/* RFC 3339 and ISO 8601, and "Thu 2026-11-21 06:45:27 UTC" of journalctl -o short-full.
 */
static bool peel_stamp(struct klog_line *l)
{
    struct slice s = l->text;
    bool has_weekday = s.len > 4 && is_upper(s.ptr[0]) && s.ptr[3] == ' ';
    struct stamp stamp;

    if (has_weekday)
        s = slice_after(s, 4);
    if (!stamp_parse(s, &stamp))
        return false;
    set_wall(l, stamp.unix_ns);
    l->text = slice_after(s, stamp_skip(s));
    if (has_weekday)
        (void)take_word(&l->text); /* the zone's name */
    return true;
}

/* "1795224952.123456 " of journalctl -o short-unix. */
static bool peel_unix(struct klog_line *l)
{
    struct slice s = l->text;
    int64_t ns;

    if (!klog_take_seconds(&s, &ns) || ns < YEAR_2000_NS || !text_take(&s, SLICE(" ")))
        return false;
    set_wall(l, ns);
    l->text = s;
    return true;
}

/* "kernel: ", "systemd-oomd[659]: ": a word that loggers are known to put there, or any
 * with a number in brackets. */
static bool take_tag(struct slice *text, struct slice *tag)
{
    static const struct slice known[] = {SLICE_INIT("kernel"), SLICE_INIT("systemd"),
                                         SLICE_INIT("systemd-oomd")};
    struct slice s = *text;
    bool is_known = false;
    size_t len = 0;
    uint64_t pid;

    while (len < s.len && len < WORD_MAX && s.ptr[len] != ' ' && s.ptr[len] != ':' &&
           s.ptr[len] != '[')
        len++;
    *tag = slice_first(s, len);
    for (size_t i = 0; i < COUNT_OF(known); i++)
        is_known |= slice_eq(*tag, known[i]);
    s = slice_after(s, len);
    if (text_take(&s, SLICE("["))) {
        if (len == 0 || !text_take_u64(&s, &pid) || !text_take(&s, SLICE("]")))
            return false;
        is_known = true;
    }
    if (!is_known || !text_take(&s, SLICE(":")))
        return false;
    *text = s.len && s.ptr[0] == ' ' ? slice_after(s, 1) : s;
    return true;
}

/* A host name may stand before the tag, and nothing else. */
static bool peel_tag(struct klog_line *l)
{
    struct slice s = l->text, tag;

    if (l->tag.len)
        return false;
    if (!take_tag(&s, &tag)) {
        struct slice host = take_word(&s);

        if (host.len == 0 || host.len > WORD_MAX || !take_tag(&s, &tag))
            return false;
    }
    l->tag = tag;
    l->text = s;
    return true;
}

static void skip_one_blank(struct klog_line *l)
{
    if (l->text.len && l->text.ptr[0] == ' ')
        l->text = slice_after(l->text, 1);
}

/* ESC, '[', digits and semicolons, 'm'. */
struct slice klog_without_colours(struct slice line, struct klog_plain *plain)
{
    size_t len = 0;

    if (!line.len || !memchr(line.ptr, '\x1b', line.len))
        return line;
    for (size_t i = 0; i < line.len && len < sizeof plain->bytes; i++) {
        size_t end = i + 2;

        if (line.ptr[i] != '\x1b' || end > line.len || line.ptr[i + 1] != '[') {
            plain->bytes[len++] = line.ptr[i];
            continue;
        }
        while (end < line.len && line.ptr[end] != 'm' && line.ptr[end] < '@')
            end++;
        i = end;
    }
    return slice_of(plain->bytes, len);
}

void klog_peel(struct slice line, const struct klog_calendar *calendar,
               struct klog_line *out)
{
    *out = (struct klog_line){.text = line, .time_kind = MOMENT_UNKNOWN};
    if (peel_kmsg(out))
        return;
    for (int i = 0; i < PREFIXES_MAX && out->text.len; i++) {
        if (peel_bracket(out)) {
            skip_one_blank(out);
        } else if (!peel_priority(out) && !peel_stamp(out) && !peel_decoded(out) &&
                   !peel_syslog(out, calendar) && !peel_unix(out) && !peel_tag(out)) {
            return;
        }
    }
}
