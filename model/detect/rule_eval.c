#include "model/detect/rule_eval.h"

#include <assert.h>
#include <math.h>

#include "model/base/num.h"

bool rule_is_stale(int64_t heard_ns, int64_t pace_ns, int64_t now_ns)
{
    int64_t age_ns = num_sat_sub_i64(now_ns, heard_ns);

    return age_ns > RULE_STALE_NS && age_ns / 3 > pace_ns;
}

bool rule_has_held(struct rule_span span, int64_t since_ns, int64_t samples,
                   int64_t now_ns)
{
    if (span.is_samples)
        return samples >= span.count;
    return num_sat_sub_i64(now_ns, since_ns) >= span.count;
}

/* Conditions as numbers: 1, 0, NaN. Missing is neither: not missing is missing, but
 * false and missing is false. */

static double truth_and(double a, double b)
{
    if (a == 0 || b == 0)
        return 0;
    return a * b;
}

static double truth_or(double a, double b)
{
    return a == 1 || b == 1 ? 1 : a + b;
}

static double compare(enum rule_op op, double a, double b)
{
    if (isnan(a) || isnan(b))
        return NAN;
    switch (op) {
    case RULE_OP_LESS:
        return a < b;
    case RULE_OP_LESS_EQUAL:
        return a <= b;
    case RULE_OP_MORE:
        return a > b;
    case RULE_OP_MORE_EQUAL:
        return a >= b;
    case RULE_OP_EQUAL:
        return a == b;
    default:
        return a != b;
    }
}

static double finite_or_missing(double x)
{
    return isfinite(x) ? x : NAN;
}

static double binary(enum rule_op op, double a, double b)
{
    switch (op) {
    case RULE_OP_ADD:
        return finite_or_missing(a + b);
    case RULE_OP_SUBTRACT:
        return finite_or_missing(a - b);
    case RULE_OP_MULTIPLY:
        return finite_or_missing(a * b);
    case RULE_OP_DIVIDE:
        return finite_or_missing(a / b);
    case RULE_OP_AND:
        return truth_and(a, b);
    case RULE_OP_OR:
        return truth_or(a, b);
    default:
        return compare(op, a, b);
    }
}

static double hold(const struct rule_node *node, struct rule_state *state,
                   int64_t time_ns, double truth)
{
    if (truth != 1) {
        state->is_held = false;
        return truth;
    }
    if (!state->is_held) {
        state->is_held = true;
        state->held_ns = time_ns;
        state->held_samples = 0;
    }
    state->held_samples++;
    return rule_has_held(node->span, state->held_ns, state->held_samples, time_ns);
}

/* Only a moment that brings one of its own figures is a sample; between those it is what
 * it was, as long as that is news of now. */
static double remember(const struct rule_node *node, struct rule_state *state,
                       const struct rule_moment *m, double operand)
{
    if (!(node->mask & m->fresh)) {
        if (!state->has_heard ||
            rule_is_stale(state->heard_ns, state->pace_ns, m->time_ns))
            return NAN;
        return state->result;
    }
    if (state->has_heard && rule_is_stale(state->heard_ns, state->pace_ns, m->time_ns))
        state->is_held = false;
    if (state->has_heard)
        state->pace_ns = num_sat_sub_i64(m->time_ns, state->heard_ns);
    state->has_heard = true;
    state->heard_ns = m->time_ns;
    if (node->op == RULE_OP_FOR)
        state->result = hold(node, state, m->time_ns, operand);
    else if (isnan(operand))
        state->result = NAN;
    else
        state->result = finite_or_missing(rule_window_add(
            &state->window, node->op, node->number, node->span, m->time_ns, operand));
    return state->result;
}

static double unary(const struct rule_node *node, struct rule_state *states,
                    const struct rule_moment *m, double operand)
{
    if (node->op == RULE_OP_NEGATE)
        return -operand;
    if (node->op == RULE_OP_NOT)
        return 1 - operand;
    return remember(node, &states[node->state], m, operand);
}

double rule_eval(const struct rule_program *program, struct rule_state *states,
                 const struct rule_moment *m, struct rule_sides *sides)
{
    double stack[RULE_NODES_MAX];
    unsigned depth = 0;

    for (unsigned i = 0; i < program->count; i++) {
        const struct rule_node *node = &program->nodes[i];

        switch (node->op) {
        case RULE_OP_NUMBER:
            stack[depth++] = node->number;
            break;
        case RULE_OP_SERIES:
            stack[depth++] = m->values[node->series];
            break;
        case RULE_OP_LIMIT:
            stack[depth++] = m->limit;
            break;
        case RULE_OP_NEGATE:
        case RULE_OP_NOT:
        case RULE_OP_FOR:
        case RULE_OP_RATE:
        case RULE_OP_DELTA:
        case RULE_OP_MEAN:
        case RULE_OP_MIN:
        case RULE_OP_MAX:
        case RULE_OP_QUANTILE:
            assert(depth >= 1);
            stack[depth - 1] = unary(node, states, m, stack[depth - 1]);
            break;
        default:
            assert(depth >= 2);
            depth--;
            if (node->is_headline)
                *sides = (struct rule_sides){stack[depth - 1], stack[depth]};
            stack[depth - 1] = binary(node->op, stack[depth - 1], stack[depth]);
        }
    }
    assert(depth == 1);
    return stack[0];
}

void rule_states_finish(struct rule_state *states, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        rule_window_finish(&states[i].window);
}
