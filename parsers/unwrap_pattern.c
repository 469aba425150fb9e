#include "parsers/unwrap_pattern.h"

#include "model/base/compiler.h"
#include "parsers/unwrap_internal.h"

#ifdef HAVE_PCRE2

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>

#include "model/base/mem.h"

struct unwrap_pattern {
    pcre2_code *code;
    pcre2_match_context *context;
    pcre2_match_data *data; /* of the last match: one thread at a time */
    int time_group, source_group;
};

bool unwrap_pattern_is_built_in(void)
{
    return true;
}

static pcre2_code *compile(const char *pattern, struct err *err)
{
    /* Lines may hold bytes that are no UTF-8: those then match nothing but ".". */
    uint32_t options =
        PCRE2_ANCHORED | PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C;
    PCRE2_SIZE at = 0;
    PCRE2_UCHAR text[sizeof err->reason];
    int code;
    pcre2_code *made = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, options,
                                     &code, &at, NULL);

    if (made)
        return made;
    (void)pcre2_get_error_message(code, text, sizeof text);
    err_set(err, at, 0, "%s", (const char *)text);
    return NULL;
}

struct unwrap_pattern *unwrap_pattern_create(const char *pattern, struct err *err)
{
    struct unwrap_pattern *p;
    pcre2_code *code = compile(pattern, err);

    if (!code)
        return NULL;
    p = mem_alloc(sizeof *p);
    p->code = code;
    /* Where the machine allows no JIT the interpreter does the same, more slowly. */
    (void)pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
    p->context = pcre2_match_context_create(NULL);
    p->data = pcre2_match_data_create_from_pattern(code, NULL);
    if (!p->context || !p->data)
        mem_exhausted();
    (void)pcre2_set_match_limit(p->context, LIMIT_PATTERN_MATCH);
    (void)pcre2_set_heap_limit(p->context, LIMIT_PATTERN_HEAP_KIB);
    p->time_group = pcre2_substring_number_from_name(code, (PCRE2_SPTR) "time");
    p->source_group = pcre2_substring_number_from_name(code, (PCRE2_SPTR) "source");
    return p;
}

void unwrap_pattern_destroy(struct unwrap_pattern *p)
{
    if (!p)
        return;
    pcre2_match_data_free(p->data);
    pcre2_match_context_free(p->context);
    pcre2_code_free(p->code);
    free(p);
}

static struct slice group(const struct unwrap_pattern *p, struct slice line, int number,
                          int groups)
{
    const PCRE2_SIZE *at = pcre2_get_ovector_pointer(p->data);

    if (number < 0 || number >= groups)
        return (struct slice){0};
    at += 2 * (size_t)number;
    /* \K inside of a group can put its end before its start. */
    if (at[0] == PCRE2_UNSET || at[1] <= at[0] || at[1] > line.len)
        return (struct slice){0};
    return slice_after(slice_first(line, at[1]), at[0]);
}

enum pattern_result unwrap_pattern_match(const struct unwrap_pattern *p,
                                         struct slice line, size_t *len,
                                         struct slice *time, struct slice *source)
{
    int groups;

    if (line.len == 0)
        line.ptr = "";
    groups =
        pcre2_match(p->code, (PCRE2_SPTR)line.ptr, line.len, 0, 0, p->data, p->context);
    if (groups == PCRE2_ERROR_NOMATCH)
        return PATTERN_NO;
    if (groups <= 0)
        return PATTERN_GAVE_UP;
    *len = pcre2_get_ovector_pointer(p->data)[1];
    if (*len > line.len)
        return PATTERN_NO;
    *time = group(p, line, p->time_group, groups);
    *source = group(p, line, p->source_group, groups);
    return PATTERN_MATCH;
}

#else

bool unwrap_pattern_is_built_in(void)
{
    return false;
}

struct unwrap_pattern *unwrap_pattern_create(const char *pattern, struct err *err)
{
    (void)pattern;
    err_set(err, 0, 0, "patterns need PCRE2, which this build does without");
    return NULL;
}

void unwrap_pattern_destroy(struct unwrap_pattern *p)
{
    (void)p;
}

enum pattern_result unwrap_pattern_match(const struct unwrap_pattern *p,
                                         struct slice line, size_t *len,
                                         struct slice *time, struct slice *source)
{
    (void)p;
    (void)line;
    (void)len;
    (void)time;
    (void)source;
    return PATTERN_NO;
}

#endif

bool peel_pattern(struct peel_context *c, struct slice line, struct peeled *out)
{
    struct slice time = {0}, source = {0};
    size_t len = 0;

    c->has_given_up = false;
    if (!c->pattern)
        return false;
    switch (unwrap_pattern_match(c->pattern, line, &len, &time, &source)) {
    case PATTERN_NO:
        return false;
    case PATTERN_GAVE_UP:
        c->has_given_up = true;
        return false;
    case PATTERN_MATCH:
        break;
    }
    if (time.len)
        (void)any_stamp(c, time, out);
    out->source = source;
    out->text = slice_after(line, len);
    out->wrapping = WRAPPING_PREFIX;
    return true;
}
