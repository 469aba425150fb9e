#include <math.h>
#include <stdlib.h>

#include "model/detect/rule_internal.h"
#include "model/detect/rule_lex.h"
#include "model/detect/rule_reduce.h"

struct function {
    struct slice name;
    enum rule_op op;
    bool needs_span;
};

static const struct function functions[] = {
    {SLICE_INIT("rate"), RULE_OP_RATE, false},
    {SLICE_INIT("delta"), RULE_OP_DELTA, false},
    {SLICE_INIT("mean"), RULE_OP_MEAN, true},
    {SLICE_INIT("min"), RULE_OP_MIN, true},
    {SLICE_INIT("max"), RULE_OP_MAX, true},
    {SLICE_INIT("quantile"), RULE_OP_QUANTILE, true},
};

static const struct function *function_of_op(enum rule_op op)
{
    for (size_t i = 0; i < COUNT_OF(functions); i++) {
        if (functions[i].op == op)
            return &functions[i];
    }
    return NULL;
}

static const struct function *function_of_name(struct slice name)
{
    for (size_t i = 0; i < COUNT_OF(functions); i++) {
        if (slice_eq(functions[i].name, name))
            return &functions[i];
    }
    return NULL;
}

static void next(struct rule_parser *p)
{
    if (!p->has_failed &&
        !rule_lex(p->text, p->token.at + p->token.length, &p->token, p->err))
        p->has_failed = true;
}

/* Where an operand is due. */

static void take_series(struct rule_parser *p)
{
    struct rule_token token = p->token;
    unsigned index;
    enum unit unit;
    struct rule_node *node;

    if (!rule_series_is_known(token.text, &unit)) {
        rule_fail(p, token.at, token.length, "no such series");
        return;
    }
    index = rule_series_add(p->series, token.text);
    if (index == RULE_SERIES_MAX) {
        rule_fail(p, token.at, token.length, "the rule has more than %d series",
                  RULE_SERIES_MAX);
        return;
    }
    node = rule_add_node(p, RULE_OP_SERIES);
    if (!node)
        return;
    node->series = index;
    node->mask = UINT32_C(1) << index;
    node->dim = rule_dim_of_unit(unit);
    (void)rule_push_operand(p, (struct rule_operand){.dim = node->dim,
                                                     .mask = node->mask,
                                                     .at = token.at,
                                                     .end = token.at + token.length});
    next(p);
}

static void take_constant(struct rule_parser *p, enum rule_op op)
{
    struct rule_token token = p->token;
    struct rule_node *node = rule_add_node(p, op);

    if (!node)
        return;
    node->number = token.number;
    node->dim = op == RULE_OP_LIMIT ? rule_dim_of_unit(UNIT_BYTES) : token.dim;
    (void)rule_push_operand(p, (struct rule_operand){.dim = node->dim,
                                                     .at = token.at,
                                                     .end = token.at + token.length});
    next(p);
}

/* The share in quantile(0.9, …. */
static void take_share(struct rule_parser *p, struct rule_waiting *w)
{
    if (p->token.kind != RULE_TOKEN_NUMBER || p->token.dim.bytes || p->token.dim.time ||
        p->token.number < 0 || p->token.number > 1) {
        rule_fail_here(p,
                       "quantile wants a share first: quantile(0.9, gc.pause over 5m)");
        return;
    }
    w->share = p->token.number;
    next(p);
    if (!p->has_failed && p->token.kind != RULE_TOKEN_COMMA)
        rule_fail_here(p, "expected ',' behind the quantile's share");
    next(p);
}

static void take_name(struct rule_parser *p)
{
    const struct function *function = function_of_name(p->token.text);
    struct rule_token name = p->token, after;
    struct rule_waiting *w;

    if (!rule_lex(p->text, name.at + name.length, &after, p->err)) {
        p->has_failed = true;
        return;
    }
    if (after.kind != RULE_TOKEN_OPEN) {
        if (function)
            rule_fail(p, name.at, name.length, "%.*s wants its figure in parentheses",
                      (int)function->name.len, function->name.ptr);
        else
            take_series(p);
        return;
    }
    if (!function) {
        rule_fail(p, name.at, name.length,
                  "no such function; there are rate, delta, mean, min, max, quantile");
        return;
    }
    w = rule_push_waiting(p, function->op, RULE_BINDS_OPEN);
    next(p); /* the parenthesis … */
    next(p); /* … and what follows it */
    if (w && function->op == RULE_OP_QUANTILE && !p->has_failed)
        take_share(p, w);
}

static void take_prefix(struct rule_parser *p, enum rule_op op, enum rule_binding binding)
{
    /* "a > not b": what binds more strongly waits for a figure. */
    if (op == RULE_OP_NOT && p->waiting_count > 0 &&
        p->waiting[p->waiting_count - 1].binding > RULE_BINDS_NOT) {
        rule_fail_here(p, "expected a figure, not 'not'");
        return;
    }
    (void)rule_push_waiting(p, op, binding);
    next(p);
}

static void take_operand(struct rule_parser *p, bool *wants_operand)
{
    switch (p->token.kind) {
    case RULE_TOKEN_NUMBER:
    case RULE_TOKEN_LIMIT:
        take_constant(p,
                      p->token.kind == RULE_TOKEN_LIMIT ? RULE_OP_LIMIT : RULE_OP_NUMBER);
        *wants_operand = false;
        break;
    case RULE_TOKEN_NAME: {
        unsigned operands = p->operand_count;

        take_name(p);
        *wants_operand = p->operand_count == operands;
        break;
    }
    case RULE_TOKEN_QUOTED:
        take_series(p);
        *wants_operand = false;
        break;
    case RULE_TOKEN_OPEN:
        (void)rule_push_waiting(p, RULE_OP_NUMBER, RULE_BINDS_OPEN);
        next(p);
        break;
    case RULE_TOKEN_MINUS:
        take_prefix(p, RULE_OP_NEGATE, RULE_BINDS_SIGN);
        break;
    case RULE_TOKEN_NOT:
        take_prefix(p, RULE_OP_NOT, RULE_BINDS_NOT);
        break;
    case RULE_TOKEN_END:
        rule_fail(p, p->token.at, 0, "the condition ends too early");
        break;
    default:
        rule_fail_here(p, "expected a series, a number or '('");
    }
}

/* Where an operator is due. */

/* "10s", "5 samples", at p->token. */
static bool take_span(struct rule_parser *p, struct rule_span *span)
{
    struct rule_token number = p->token;
    double samples = number.number;

    if (number.kind != RULE_TOKEN_NUMBER || number.dim.bytes) {
        rule_fail_here(p, "expected a length of time or of samples: 5m, 10 samples");
        return false;
    }
    next(p);
    if (!p->has_failed && p->token.kind == RULE_TOKEN_SAMPLES) {
        if (!number.dim.is_plain || samples < 1 || samples > RULE_SPAN_SAMPLES_MAX ||
            samples != floor(samples))
            rule_fail(p, number.at, number.length, "expected 1 to %d samples",
                      RULE_SPAN_SAMPLES_MAX);
        else
            *span = (struct rule_span){.is_samples = true, .count = (int64_t)samples};
        next(p);
        return !p->has_failed;
    }
    if (!p->has_failed && number.dim.time != 1) {
        rule_fail(p, number.at, number.length,
                  "a number of what? Write 5m, or 5 samples");
    } else if (!p->has_failed &&
               (samples <= 0 || samples * (double)NS_PER_S > (double)RULE_SPAN_NS_MAX)) {
        rule_fail(p, number.at, number.length, "expected a time above 0 and up to 30d");
    }
    if (!p->has_failed)
        *span = (struct rule_span){.count = (int64_t)(samples * (double)NS_PER_S)};
    return !p->has_failed;
}

/* The parenthesis or function that is open; NULL: none. */
static struct rule_waiting *open_of(struct rule_parser *p)
{
    return p->waiting_count ? &p->waiting[p->waiting_count - 1] : NULL;
}

static void close_function(struct rule_parser *p, const struct rule_waiting *w,
                           struct rule_span span)
{
    const struct function *function = function_of_op(w->op);
    struct rule_operand *o = &p->operands[p->operand_count - 1];
    struct rule_node *node;

    if (!rule_wants_figure(p, o, "a function"))
        return;
    if (function->needs_span && span.count == 0) {
        rule_fail(p, w->at, w->length, "%.*s wants to know over what: over 5m",
                  (int)function->name.len, function->name.ptr);
        return;
    }
    node = rule_add_node(p, w->op);
    if (!node)
        return;
    if (w->op == RULE_OP_RATE)
        o->dim = rule_dim_per_second(o->dim);
    o->dim.is_plain = false;
    o->at = w->at;
    o->end = p->token.at + p->token.length;
    node->number = w->share;
    /* Without a window it is the step from one sample to the next. */
    node->span = span.count ? span : (struct rule_span){.is_samples = true, .count = 1};
    node->mask = o->mask;
    node->dim = o->dim;
    node->state = p->program->states++;
}

static void take_close(struct rule_parser *p, struct rule_span span)
{
    struct rule_waiting *w;

    rule_reduce(p, RULE_BINDS_OPEN);
    w = open_of(p);
    if (p->has_failed)
        return;
    if (!w) {
        rule_fail_here(p, "this ')' closes nothing");
        return;
    }
    if (w->op != RULE_OP_NUMBER) {
        close_function(p, w, span);
    } else {
        p->operands[p->operand_count - 1].at = w->at;
        p->operands[p->operand_count - 1].end = p->token.at + p->token.length;
    }
    p->waiting_count--;
    next(p);
}

static void take_over(struct rule_parser *p)
{
    struct rule_span span = {0};
    struct rule_waiting *w;

    rule_reduce(p, RULE_BINDS_OPEN);
    w = open_of(p);
    if (!w || w->op == RULE_OP_NUMBER) {
        rule_fail_here(p, "'over' belongs into a function: mean(heap.alloc over 5m)");
        return;
    }
    next(p);
    if (!take_span(p, &span))
        return;
    if (p->token.kind != RULE_TOKEN_CLOSE)
        rule_fail_here(p, "expected ')'");
    else
        take_close(p, span);
}

static void take_for(struct rule_parser *p)
{
    struct rule_token word = p->token;
    struct rule_span span = {0};
    struct rule_node *node;
    struct rule_operand *o;
    struct rule_waiting *w;

    rule_reduce(p, RULE_BINDS_OPEN);
    w = open_of(p);
    o = &p->operands[p->operand_count - 1];
    if (p->has_failed || !rule_wants_condition(p, o, "'for'"))
        return;
    next(p);
    if (!take_span(p, &span))
        return;
    if (p->token.kind != RULE_TOKEN_END && p->token.kind != RULE_TOKEN_CLOSE) {
        rule_fail(
            p, word.at, word.length,
            "'for' ends a condition; to go on behind it, put (… for …) in parentheses");
        return;
    }
    if (!w && p->token.kind == RULE_TOKEN_END) {
        p->program->hold = span;
        return;
    }
    node = rule_add_node(p, RULE_OP_FOR);
    if (!node)
        return;
    node->span = span;
    node->mask = o->mask;
    node->state = p->program->states++;
}

static const struct infix {
    enum rule_token_kind token;
    enum rule_op op;
    enum rule_binding binding;
} infixes[] = {
    {RULE_TOKEN_PLUS, RULE_OP_ADD, RULE_BINDS_SUM},
    {RULE_TOKEN_MINUS, RULE_OP_SUBTRACT, RULE_BINDS_SUM},
    {RULE_TOKEN_TIMES, RULE_OP_MULTIPLY, RULE_BINDS_PRODUCT},
    {RULE_TOKEN_BY, RULE_OP_DIVIDE, RULE_BINDS_PRODUCT},
    {RULE_TOKEN_LESS, RULE_OP_LESS, RULE_BINDS_COMPARE},
    {RULE_TOKEN_LESS_EQUAL, RULE_OP_LESS_EQUAL, RULE_BINDS_COMPARE},
    {RULE_TOKEN_MORE, RULE_OP_MORE, RULE_BINDS_COMPARE},
    {RULE_TOKEN_MORE_EQUAL, RULE_OP_MORE_EQUAL, RULE_BINDS_COMPARE},
    {RULE_TOKEN_EQUAL, RULE_OP_EQUAL, RULE_BINDS_COMPARE},
    {RULE_TOKEN_UNEQUAL, RULE_OP_UNEQUAL, RULE_BINDS_COMPARE},
    {RULE_TOKEN_AND, RULE_OP_AND, RULE_BINDS_AND},
    {RULE_TOKEN_OR, RULE_OP_OR, RULE_BINDS_OR},
};

static const struct infix *infix_of(enum rule_token_kind token)
{
    for (size_t i = 0; i < COUNT_OF(infixes); i++) {
        if (infixes[i].token == token)
            return &infixes[i];
    }
    return NULL;
}

static void take_infix(struct rule_parser *p, const struct infix *infix)
{
    rule_reduce(p, infix->binding);
    if (p->has_failed)
        return;
    (void)rule_push_waiting(p, infix->op, infix->binding);
    next(p);
}

/* What stands where an operator should: often a unit behind a blank. */
static void fail_behind_operand(struct rule_parser *p)
{
    int64_t ns;
    uint64_t bytes;
    char sample[16] = "1";
    struct slice word = p->token.text;

    if (p->token.kind == RULE_TOKEN_NAME && word.len > 0 && word.len < 8) {
        memcpy(sample + 1, word.ptr, word.len);
        if (unit_parse_duration(slice_of(sample, word.len + 1), &ns) ||
            unit_parse_size(slice_of(sample, word.len + 1), &bytes)) {
            rule_fail_here(p, "a unit follows its number without a blank: 20MiB, 100ms");
            return;
        }
    }
    rule_fail_here(p, "expected an operator such as '>' or 'and'");
}

static void take_operator(struct rule_parser *p, bool *wants_operand)
{
    const struct infix *infix = infix_of(p->token.kind);

    if (infix) {
        take_infix(p, infix);
        *wants_operand = true;
        return;
    }
    switch (p->token.kind) {
    case RULE_TOKEN_CLOSE:
        take_close(p, (struct rule_span){0});
        break;
    case RULE_TOKEN_OVER:
        take_over(p);
        break;
    case RULE_TOKEN_FOR:
        take_for(p);
        break;
    default:
        fail_behind_operand(p);
    }
}

static void finish(struct rule_parser *p)
{
    const struct rule_waiting *w;

    rule_reduce(p, RULE_BINDS_OPEN);
    if (p->has_failed)
        return;
    w = open_of(p);
    if (w)
        rule_fail(p, w->at, w->length, "this is not closed by a ')'");
    else
        (void)rule_wants_condition(p, &p->operands[0], "a rule");
}

bool rule_parse(struct slice text, struct rule_program *program,
                struct rule_series *series, struct rule_error *err)
{
    struct rule_parser p = {
        .text = text, .program = program, .series = series, .err = err};
    bool wants_operand = true;

    *program = (struct rule_program){0};
    if (text.len > RULE_TEXT_MAX)
        rule_fail(&p, RULE_TEXT_MAX, 0, "longer than %d bytes", RULE_TEXT_MAX);
    next(&p);
    while (!p.has_failed && (wants_operand || p.token.kind != RULE_TOKEN_END)) {
        if (wants_operand)
            take_operand(&p, &wants_operand);
        else
            take_operator(&p, &wants_operand);
    }
    if (!p.has_failed)
        finish(&p);
    if (p.has_failed)
        rule_program_finish(program);
    return !p.has_failed;
}

void rule_program_finish(struct rule_program *program)
{
    free(program->nodes);
    *program = (struct rule_program){0};
}
