/* Wrappings that are a front of the line: CRI, kubectl, logcli, compose, klog. */
#include "parsers/stamp.h"
#include "parsers/text_line.h"
#include "parsers/unwrap_internal.h"

static bool is_word_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '-' || c == '_' || c == '.';
}

/* Colours that a terminal was meant to see. */
static void skip_colours(struct slice *s)
{
    while (s->len >= 3 && s->ptr[0] == '\033' && s->ptr[1] == '[') {
        size_t at = 2;

        while (at < s->len &&
               ((s->ptr[at] >= '0' && s->ptr[at] <= '9') || s->ptr[at] == ';'))
            at++;
        if (at == s->len || s->ptr[at] != 'm')
            return;
        *s = slice_after(*s, at + 1);
    }
}

/* A stamp at the front, one blank behind it. */
static bool take_stamp(struct slice *s, struct slice *stamp)
{
    struct stamp parsed;

    if (!s->len || s->ptr[0] < '0' || s->ptr[0] > '9' || !stamp_parse(*s, &parsed))
        return false;
    *stamp = slice_first(*s, parsed.len);
    *s = slice_after(*s, parsed.len);
    if (s->len)
        (void)text_take(s, SLICE(" "));
    return true;
}

/* "F", "P", or tags to come, of which the first is the one: "P:…". */
static bool take_tag(struct slice *s, bool *is_part)
{
    size_t len = 1;

    if (!s->len || (s->ptr[0] != 'F' && s->ptr[0] != 'P'))
        return false;
    *is_part = s->ptr[0] == 'P';
    if (s->len > 1 && s->ptr[1] == ':') {
        while (len < s->len && s->ptr[len] != ' ')
            len++;
    }
    *s = slice_after(*s, len);
    return s->len == 0 || text_take(s, SLICE(" "));
}

bool peel_cri(struct peel_context *c, struct slice line, struct peeled *out)
{
    struct slice rest = line;

    (void)c;
    if (line.len < 20 || line.ptr[4] != '-' || !take_stamp(&rest, &out->stamp))
        return false;
    if (text_take(&rest, SLICE("stderr ")))
        out->stream = 'e';
    else if (text_take(&rest, SLICE("stdout ")))
        out->stream = 'o';
    else
        return false;
    if (!take_tag(&rest, &out->is_part))
        return false;
    out->wrapping = WRAPPING_CRI;
    out->text = rest;
    return true;
}

bool peel_kubectl(struct peel_context *c, struct slice line, struct peeled *out)
{
    struct slice rest = line;
    size_t at = 0, slashes = 0;

    (void)c;
    skip_colours(&rest);
    if (!text_take(&rest, SLICE("[pod/")))
        return false;
    while (at < rest.len && (is_word_char(rest.ptr[at]) || rest.ptr[at] == '/'))
        slashes += rest.ptr[at++] == '/';
    if (at == 0 || slashes != 1 || at == rest.len || rest.ptr[at] != ']')
        return false;
    out->source = slice_first(rest, at);
    rest = slice_after(rest, at + 1);
    skip_colours(&rest);
    (void)text_take(&rest, SLICE(" "));
    (void)take_stamp(&rest, &out->stamp);
    out->wrapping = WRAPPING_KUBECTL;
    out->text = rest;
    return true;
}

/* The value of a label; empty: there is none of that name. */
static struct slice label_of(struct slice labels, struct slice name)
{
    while (labels.len) {
        size_t at = text_find(labels, name);
        struct slice value = slice_after(labels, at);
        bool is_start = at == 0 || labels.ptr[at - 1] == ' ' || labels.ptr[at - 1] == ',';

        if (!text_take(&value, name))
            break;
        if (is_start)
            return slice_first(value, text_find(value, SLICE("\"")));
        labels = value;
    }
    return (struct slice){0};
}

/* Pod and container, which name a process; else all labels, which tell it apart. */
static struct slice source_of_labels(struct peel_context *c, struct slice labels)
{
    struct slice pod = label_of(labels, SLICE("pod=\""));
    struct slice container = label_of(labels, SLICE("container=\""));

    if (!pod.len || !container.len)
        return pod.len ? pod : container.len ? container : labels;
    text_clear(&c->source);
    text_put(&c->source, pod);
    text_put_char(&c->source, '/');
    text_put(&c->source, container);
    return slice_of(c->source.ptr, c->source.len);
}

/* 2026-11-21T02:03:57Z {pod="x", container="y"} TEXT; all of the labels are the source.
 */
bool peel_logcli(struct peel_context *c, struct slice line, struct peeled *out)
{
    struct slice rest = line;
    size_t at = 1;
    bool is_quoted = false;

    skip_colours(&rest);
    if (!take_stamp(&rest, &out->stamp))
        return false;
    text_skip_blanks(&rest);
    skip_colours(&rest);
    if (rest.len < 2 || rest.ptr[0] != '{')
        return false;
    for (; at < rest.len && (is_quoted || rest.ptr[at] != '}'); at++) {
        if (rest.ptr[at] == '\\' && is_quoted)
            at++;
        else if (rest.ptr[at] == '"')
            is_quoted = !is_quoted;
        /* What is no label is JSON, or prose. */
        else if (!is_quoted && !is_word_char(rest.ptr[at]) && rest.ptr[at] != '=' &&
                 rest.ptr[at] != ',' && rest.ptr[at] != ' ')
            return false;
    }
    if (at >= rest.len)
        return false;
    out->source = source_of_labels(c, slice_after(slice_first(rest, at), 1));
    rest = slice_after(rest, at + 1);
    skip_colours(&rest);
    text_skip_blanks(&rest);
    out->wrapping = WRAPPING_LOGCLI;
    out->text = rest;
    return true;
}

bool peel_compose(struct peel_context *c, struct slice line, struct peeled *out)
{
    struct slice rest = line;
    size_t at = 0;

    (void)c;
    skip_colours(&rest);
    while (at < rest.len && is_word_char(rest.ptr[at]))
        at++;
    if (at == 0)
        return false;
    out->source = slice_first(rest, at);
    rest = slice_after(rest, at);
    text_skip_blanks(&rest);
    if (!text_take(&rest, SLICE("|")))
        return false;
    skip_colours(&rest);
    if (rest.len && !text_take(&rest, SLICE(" ")))
        return false;
    skip_colours(&rest);
    (void)take_stamp(&rest, &out->stamp);
    out->wrapping = WRAPPING_COMPOSE;
    out->text = rest;
    return true;
}

/* "   1234 file.go:12] " */
static bool skip_klog_place(struct slice *s)
{
    struct slice rest = *s;
    uint64_t thread;
    size_t at = 0;

    text_skip_blanks(&rest);
    if (!text_take_u64(&rest, &thread) || !text_take(&rest, SLICE(" ")))
        return false;
    while (at < rest.len && (is_word_char(rest.ptr[at]) || rest.ptr[at] == '/'))
        at++;
    if (at == 0 || at == rest.len || rest.ptr[at] != ':')
        return false;
    rest = slice_after(rest, at + 1);
    if (!text_take_u64(&rest, &thread) || !text_take(&rest, SLICE("]")))
        return false;
    (void)text_take(&rest, SLICE(" "));
    *s = rest;
    return true;
}

bool peel_klog(struct peel_context *c, struct slice line, struct peeled *out)
{
    struct slice rest = line;

    if (line.len < 14 || !strchr("IWEF", line.ptr[0]) || !line.ptr[0])
        return false;
    rest = slice_after(rest, 1);
    if (!klog_stamp(c, &rest, out) || !skip_klog_place(&rest)) {
        out->has_time = false;
        return false;
    }
    out->wrapping = WRAPPING_KLOG;
    out->text = rest;
    out->is_app = true;
    return true;
}
