#include "model/detect/rule_lex.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "model/base/num.h"

void rule_error_set(struct rule_error *err, size_t at, size_t length, const char *format,
                    ...)
{
    va_list args;

    err->at = at;
    err->length = length;
    va_start(args, format);
    (void)vsnprintf(err->reason, sizeof err->reason, format, args);
    va_end(args);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_of_name(char c)
{
    return is_letter(c) || is_digit(c) || c == '.' || c == ':';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static char at_or_nul(struct slice s, size_t at)
{
    return at < s.len ? s.ptr[at] : '\0';
}

/* Numbers: 20MiB 1h30m 85% 1e6, and what is behind them up to a blank or operator. */

static size_t number_len(struct slice s)
{
    size_t len = 0;
    bool is_plain = true;

    while (len < s.len) {
        char c = s.ptr[len];
        bool is_exponent = is_plain && (c == 'e' || c == 'E') &&
                           (at_or_nul(s, len + 1) == '-' || at_or_nul(s, len + 1) == '+');

        if (is_exponent)
            len++;
        else if (!is_digit(c) && !is_letter(c) && c != '.' && c != '%' &&
                 (unsigned char)c < 0x80) /* the micro sign is beyond ASCII */
            break;
        is_plain &= is_digit(c) || c == '.';
        len++;
    }
    return len;
}

static bool take_number(struct slice word, struct rule_token *token)
{
    struct slice share = slice_first(word, word.len - 1);
    int64_t ns;
    uint64_t bytes;

    if (num_parse_double(word, &token->number)) {
        token->dim = (struct rule_dim){.is_plain = true};
        return true;
    }
    if (word.ptr[word.len - 1] == '%' && num_parse_double(share, &token->number)) {
        token->number /= 100;
        token->dim = (struct rule_dim){.is_share = true};
        return true;
    }
    if (unit_parse_duration(word, &ns)) {
        token->number = (double)ns / (double)NS_PER_S;
        token->dim = rule_dim_of_unit(UNIT_NS);
        return true;
    }
    if (unit_parse_size(word, &bytes)) {
        token->number = (double)bytes;
        token->dim = rule_dim_of_unit(UNIT_BYTES);
        return true;
    }
    return false;
}

static bool is_per_second(struct slice rest)
{
    char after = at_or_nul(rest, 2);

    return slice_starts(rest, SLICE("/s")) && !is_letter(after) && !is_digit(after) &&
           after != '.';
}

static bool lex_number(struct slice rest, struct rule_token *token,
                       struct rule_error *err)
{
    struct slice word = slice_first(rest, number_len(rest));

    token->kind = RULE_TOKEN_NUMBER;
    token->length = word.len;
    if (!take_number(word, token)) {
        rule_error_set(err, token->at, word.len,
                       "no number and no unit that is known; write 20MiB, 100ms or 85%%");
        return false;
    }
    if (!isfinite(token->number)) {
        rule_error_set(err, token->at, word.len, "number too large");
        return false;
    }
    if (is_per_second(slice_after(rest, word.len))) {
        token->length += 2;
        token->dim = rule_dim_per_second(token->dim);
        token->dim.is_plain = false;
    }
    return true;
}

/* Names: heap.alloc, x.any_name{label="value"}. */

static size_t labels_len(struct slice s)
{
    bool is_quoted = false;

    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '"')
            is_quoted = !is_quoted;
        else if (is_quoted && s.ptr[i] == '\\')
            i++;
        else if (!is_quoted && s.ptr[i] == '}')
            return i + 1;
    }
    return 0;
}

static bool lex_name(struct slice rest, struct rule_token *token, struct rule_error *err)
{
    static const struct {
        struct slice word;
        enum rule_token_kind kind;
    } keywords[] = {
        {SLICE_INIT("and"), RULE_TOKEN_AND},
        {SLICE_INIT("or"), RULE_TOKEN_OR},
        {SLICE_INIT("not"), RULE_TOKEN_NOT},
        {SLICE_INIT("for"), RULE_TOKEN_FOR},
        {SLICE_INIT("over"), RULE_TOKEN_OVER},
        {SLICE_INIT("limit"), RULE_TOKEN_LIMIT},
        {SLICE_INIT("samples"), RULE_TOKEN_SAMPLES},
        {SLICE_INIT("sample"), RULE_TOKEN_SAMPLES},
    };
    size_t len = 0;

    while (is_of_name(at_or_nul(rest, len)))
        len++;
    token->kind = RULE_TOKEN_NAME;
    token->length = len;
    for (size_t i = 0; i < COUNT_OF(keywords); i++) {
        if (slice_eq(slice_first(rest, len), keywords[i].word))
            token->kind = keywords[i].kind;
    }
    if (slice_starts(rest, SLICE("x.")) && at_or_nul(rest, len) == '{') {
        size_t labels = labels_len(slice_after(rest, len));

        if (labels == 0) {
            rule_error_set(err, token->at, len + 1,
                           "the labels have no '}' at their end");
            return false;
        }
        token->length += labels;
    }
    token->text = slice_first(rest, token->length);
    return true;
}

static bool lex_quoted(struct slice rest, struct rule_token *token,
                       struct rule_error *err)
{
    size_t len = 1;

    while (len < rest.len && rest.ptr[len] != rest.ptr[0])
        len++;
    if (len == rest.len) {
        rule_error_set(err, token->at, 1, "the quotation mark has no second one");
        return false;
    }
    token->kind = RULE_TOKEN_QUOTED;
    token->length = len + 1;
    token->text = slice_of(rest.ptr + 1, len - 1);
    return true;
}

static bool lex_sign(struct slice rest, struct rule_token *token, struct rule_error *err)
{
    static const struct {
        struct slice sign;
        enum rule_token_kind kind;
    } signs[] = {
        {SLICE_INIT("<="), RULE_TOKEN_LESS_EQUAL},
        {SLICE_INIT(">="), RULE_TOKEN_MORE_EQUAL},
        {SLICE_INIT("=="), RULE_TOKEN_EQUAL},
        {SLICE_INIT("!="), RULE_TOKEN_UNEQUAL},
        {SLICE_INIT("<"), RULE_TOKEN_LESS},
        {SLICE_INIT(">"), RULE_TOKEN_MORE},
        {SLICE_INIT("("), RULE_TOKEN_OPEN},
        {SLICE_INIT(")"), RULE_TOKEN_CLOSE},
        {SLICE_INIT(","), RULE_TOKEN_COMMA},
        {SLICE_INIT("+"), RULE_TOKEN_PLUS},
        {SLICE_INIT("-"), RULE_TOKEN_MINUS},
        {SLICE_INIT("*"), RULE_TOKEN_TIMES},
        {SLICE_INIT("/"), RULE_TOKEN_BY},
    };
    static const struct {
        struct slice sign;
        const char *instead;
    } habits[] = {
        {SLICE_INIT("="), "=="},  {SLICE_INIT("&&"), "and"}, {SLICE_INIT("&"), "and"},
        {SLICE_INIT("||"), "or"}, {SLICE_INIT("|"), "or"},   {SLICE_INIT("!"), "not"},
    };

    for (size_t i = 0; i < COUNT_OF(signs); i++) {
        if (slice_starts(rest, signs[i].sign)) {
            token->kind = signs[i].kind;
            token->length = signs[i].sign.len;
            return true;
        }
    }
    for (size_t i = 0; i < COUNT_OF(habits); i++) {
        if (slice_starts(rest, habits[i].sign)) {
            rule_error_set(err, token->at, habits[i].sign.len, "write '%s'",
                           habits[i].instead);
            return false;
        }
    }
    rule_error_set(err, token->at, 1, "this has no meaning here");
    return false;
}

bool rule_lex(struct slice text, size_t at, struct rule_token *token,
              struct rule_error *err)
{
    struct slice rest;
    char c;

    while (at < text.len && is_blank(text.ptr[at]))
        at++;
    *token = (struct rule_token){.kind = RULE_TOKEN_END, .at = at};
    if (at == text.len)
        return true;
    rest = slice_after(text, at);
    c = rest.ptr[0];
    if (is_digit(c))
        return lex_number(rest, token, err);
    if (is_letter(c))
        return lex_name(rest, token, err);
    if (c == '\'' || c == '"')
        return lex_quoted(rest, token, err);
    return lex_sign(rest, token, err);
}
