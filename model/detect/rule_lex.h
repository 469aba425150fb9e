/*
 * The words of a rule's condition.
 */
#ifndef MODEL_DETECT_RULE_LEX_H
#define MODEL_DETECT_RULE_LEX_H

#include "model/base/compiler.h"
#include "model/base/slice.h"
#include "model/detect/rule.h"
#include "model/detect/rule_dim.h"

enum rule_token_kind {
    RULE_TOKEN_END,
    RULE_TOKEN_NUMBER,
    RULE_TOKEN_NAME,   /* a series' */
    RULE_TOKEN_QUOTED, /* … in quotes, which its text is without */
    RULE_TOKEN_OPEN,
    RULE_TOKEN_CLOSE,
    RULE_TOKEN_COMMA,
    RULE_TOKEN_PLUS,
    RULE_TOKEN_MINUS,
    RULE_TOKEN_TIMES,
    RULE_TOKEN_BY,
    RULE_TOKEN_LESS,
    RULE_TOKEN_LESS_EQUAL,
    RULE_TOKEN_MORE,
    RULE_TOKEN_MORE_EQUAL,
    RULE_TOKEN_EQUAL,
    RULE_TOKEN_UNEQUAL,
    RULE_TOKEN_AND,
    RULE_TOKEN_OR,
    RULE_TOKEN_NOT,
    RULE_TOKEN_FOR,
    RULE_TOKEN_OVER,
    RULE_TOKEN_SAMPLES,
    RULE_TOKEN_LIMIT,
};

struct rule_token {
    enum rule_token_kind kind;
    size_t at, length;
    struct slice text;
    double number; /* in bytes and seconds */
    struct rule_dim dim;
};

/* The word at or behind byte `at`. False, with *err filled, for what is no word. */
MUST_USE bool rule_lex(struct slice text, size_t at, struct rule_token *token,
                       struct rule_error *err);

/* Fills all but the key. */
void rule_error_set(struct rule_error *err, size_t at, size_t length, const char *format,
                    ...) PRINTF_LIKE(4, 5);

#endif
