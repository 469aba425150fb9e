/*
 * The two stacks under the reading of a condition: operands that are complete, and
 * operators that wait for their right side. Whoever binds more strongly is worked off
 * first; no recursion, so an input does not decide how deep we go.
 *
 * An operand is known by what it is of; its nodes lie in the program already.
 *
 * Errors. The first is kept, and has_failed says that there is one.
 */
#ifndef MODEL_DETECT_RULE_REDUCE_H
#define MODEL_DETECT_RULE_REDUCE_H

#include "model/detect/rule_internal.h"
#include "model/detect/rule_lex.h"

struct rule_operand {
    bool is_condition;
    struct rule_dim dim;
    uint32_t mask;
    size_t at, end; /* bytes of the text */
};

/* Operators that wait for their right side; how they bind, weakest first. */
enum rule_binding {
    RULE_BINDS_OPEN, /* a parenthesis: nothing passes it */
    RULE_BINDS_OR,
    RULE_BINDS_AND,
    RULE_BINDS_NOT,
    RULE_BINDS_COMPARE,
    RULE_BINDS_SUM,
    RULE_BINDS_PRODUCT,
    RULE_BINDS_SIGN,
};

struct rule_waiting {
    enum rule_op op; /* of a parenthesis: the function's, NUMBER where there is none */
    enum rule_binding binding;
    size_t at, length;
    double share; /* of quantile */
};

struct rule_parser {
    struct slice text;
    struct rule_program *program;
    struct rule_series *series;
    struct rule_error *err;
    struct rule_token token; /* the next word */
    struct rule_operand operands[RULE_DEPTH_MAX + 1];
    unsigned operand_count;
    struct rule_waiting waiting[RULE_DEPTH_MAX];
    unsigned waiting_count;
    bool has_headline;
    bool has_failed;
};

void rule_fail(struct rule_parser *p, size_t at, size_t length, const char *format, ...)
    PRINTF_LIKE(4, 5);

/* At the next word. */
void rule_fail_here(struct rule_parser *p, const char *reason);

/* NULL, after a failure, where the program has no room. */
struct rule_node *rule_add_node(struct rule_parser *p, enum rule_op op);

/* NULL, after a failure, where it is nested too deeply. */
struct rule_operand *rule_push_operand(struct rule_parser *p,
                                       struct rule_operand operand);
struct rule_waiting *rule_push_waiting(struct rule_parser *p, enum rule_op op,
                                       enum rule_binding binding);

/* False after a failure; `whose` operand it is starts the reason. */
bool rule_wants_condition(struct rule_parser *p, const struct rule_operand *o,
                          const char *whose);
bool rule_wants_figure(struct rule_parser *p, const struct rule_operand *o,
                       const char *whose);

/* Works off what binds at least as strongly. */
void rule_reduce(struct rule_parser *p, enum rule_binding binding);

#endif
