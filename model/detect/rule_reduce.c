#include "model/detect/rule_reduce.h"

#include <stdarg.h>
#include <stdio.h>

#include "model/base/mem.h"

void rule_fail(struct rule_parser *p, size_t at, size_t length, const char *format, ...)
{
    char reason[sizeof p->err->reason];
    va_list args;

    if (p->has_failed)
        return;
    va_start(args, format);
    (void)vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    rule_error_set(p->err, at, length, "%s", reason);
    p->has_failed = true;
}

void rule_fail_here(struct rule_parser *p, const char *reason)
{
    rule_fail(p, p->token.at, p->token.length, "%s", reason);
}

/* Nodes and operands. */

struct rule_node *rule_add_node(struct rule_parser *p, enum rule_op op)
{
    struct rule_program *program = p->program;
    struct rule_node *node;

    if (program->count == RULE_NODES_MAX) {
        rule_fail(p, p->token.at, p->token.length, "the condition has more than %d parts",
                  RULE_NODES_MAX);
        return NULL;
    }
    if (!program->nodes)
        program->nodes = mem_alloc_array(RULE_NODES_MAX, sizeof *program->nodes);
    node = &program->nodes[program->count++];
    *node = (struct rule_node){.op = op};
    return node;
}

struct rule_operand *rule_push_operand(struct rule_parser *p, struct rule_operand operand)
{
    if (p->operand_count == COUNT_OF(p->operands)) {
        rule_fail(p, operand.at, operand.end - operand.at, "nested too deeply");
        return NULL;
    }
    p->operands[p->operand_count] = operand;
    return &p->operands[p->operand_count++];
}

bool rule_wants_condition(struct rule_parser *p, const struct rule_operand *o,
                          const char *whose)
{
    if (!o->is_condition)
        rule_fail(p, o->at, o->end - o->at,
                  "%s takes a condition, such as heap.alloc > 1GiB", whose);
    return o->is_condition;
}

bool rule_wants_figure(struct rule_parser *p, const struct rule_operand *o,
                       const char *whose)
{
    if (o->is_condition)
        rule_fail(p, o->at, o->end - o->at, "%s takes a figure, not a condition", whose);
    return !o->is_condition;
}

static const char *sign_of(enum rule_op op)
{
    switch (op) {
    case RULE_OP_NEGATE:
    case RULE_OP_SUBTRACT:
        return "'-'";
    case RULE_OP_ADD:
        return "'+'";
    case RULE_OP_MULTIPLY:
        return "'*'";
    case RULE_OP_DIVIDE:
        return "'/'";
    case RULE_OP_NOT:
        return "'not'";
    case RULE_OP_AND:
        return "'and'";
    case RULE_OP_OR:
        return "'or'";
    default:
        return "a comparison";
    }
}

static void reduce_prefix(struct rule_parser *p, const struct rule_waiting *w)
{
    struct rule_operand *o = &p->operands[p->operand_count - 1];
    bool fits = w->op == RULE_OP_NOT ? rule_wants_condition(p, o, sign_of(w->op))
                                     : rule_wants_figure(p, o, sign_of(w->op));
    struct rule_node *node = fits ? rule_add_node(p, w->op) : NULL;

    if (!node)
        return;
    node->mask = o->mask;
    node->dim = o->dim;
    o->at = w->at;
}

static void reduce_compare(struct rule_parser *p, struct rule_node *node,
                           const struct rule_operand *a, const struct rule_operand *b)
{
    node->is_headline = !p->has_headline;
    if (p->has_headline)
        return;
    p->has_headline = true;
    /* A bare number is of what it is compared with. */
    p->program->headline_value = a->dim.is_plain ? b->dim : a->dim;
    p->program->headline_bound = b->dim.is_plain ? a->dim : b->dim;
}

static void dims_differ(struct rule_parser *p, const struct rule_waiting *w,
                        const struct rule_operand *a, const struct rule_operand *b)
{
    rule_fail(p, a->at, b->end - a->at, "%s of %s and %s%s",
              w->binding == RULE_BINDS_COMPARE ? "comparison"
              : w->op == RULE_OP_ADD           ? "sum"
                                               : "difference",
              rule_dim_name(a->dim), rule_dim_name(b->dim),
              a->dim.is_plain || b->dim.is_plain ? "; a time is written 100ms, 5s, 1h30m"
                                                 : "");
}

static void reduce_binary(struct rule_parser *p, const struct rule_waiting *w)
{
    struct rule_operand *a = &p->operands[p->operand_count - 2], *b = a + 1;
    bool joins = w->binding == RULE_BINDS_AND || w->binding == RULE_BINDS_OR;
    const char *sign = sign_of(w->op);
    struct rule_node *node;

    p->operand_count--;
    if (joins ? !rule_wants_condition(p, a, sign) || !rule_wants_condition(p, b, sign)
              : !rule_wants_figure(p, a, sign) || !rule_wants_figure(p, b, sign))
        return;
    if (!joins && w->binding != RULE_BINDS_PRODUCT && !rule_dims_agree(a->dim, b->dim)) {
        dims_differ(p, w, a, b);
        return;
    }
    node = rule_add_node(p, w->op);
    if (!node)
        return;
    if (w->binding == RULE_BINDS_COMPARE)
        reduce_compare(p, node, a, b);
    a->is_condition = joins || w->binding == RULE_BINDS_COMPARE;
    a->dim = w->binding == RULE_BINDS_PRODUCT
                 ? rule_dim_product(a->dim, b->dim, w->op == RULE_OP_DIVIDE ? -1 : 1)
                 : rule_dim_sum(a->dim, b->dim);
    a->mask |= b->mask;
    a->end = b->end;
    node->mask = a->mask;
    node->dim = a->dim;
}

void rule_reduce(struct rule_parser *p, enum rule_binding binding)
{
    while (!p->has_failed && p->waiting_count > 0) {
        struct rule_waiting w = p->waiting[p->waiting_count - 1];

        if (w.binding < binding || w.binding == RULE_BINDS_OPEN)
            return;
        p->waiting_count--;
        if (w.binding == RULE_BINDS_NOT || w.binding == RULE_BINDS_SIGN)
            reduce_prefix(p, &w);
        else
            reduce_binary(p, &w);
    }
}

struct rule_waiting *rule_push_waiting(struct rule_parser *p, enum rule_op op,
                                       enum rule_binding binding)
{
    struct rule_waiting *w;

    if (p->waiting_count == RULE_DEPTH_MAX) {
        rule_fail(p, p->token.at, p->token.length, "nested too deeply");
        return NULL;
    }
    w = &p->waiting[p->waiting_count++];
    *w = (struct rule_waiting){
        .op = op, .binding = binding, .at = p->token.at, .length = p->token.length};
    return w;
}
