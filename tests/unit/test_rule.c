#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "model/base/text.h"
#include "model/detect/rule.h"
#include "tests/unit/support.h"

TestSuite(rule, .fini = test_abort_on_leak);

/* A set with one rule of that condition; its error in *err. */
static bool add(const char *when, struct rule_error *err)
{
    struct rule_set *set = rule_set_create();
    struct slice text = test_exact_copy(when, strlen(when));
    struct rule_text rule = {.keys = {[RULE_NAME] = SLICE("r"), [RULE_WHEN] = text}};
    bool is_good = rule_set_add(set, &rule, err);

    cr_expect_eq(rule_set_count(set), is_good ? 1u : 0u, "%s", when);
    rule_set_destroy(set);
    test_free(text);
    return is_good;
}

static const char *const accepted[] = {
    "heap.alloc > 1GiB",
    "heap.alloc>1GiB",
    "1GiB < heap.alloc",
    "heap.alloc > 1073741824", /* a bare number is of what it is compared with */
    "heap.alloc > 95% * limit and heap.inuse >= 0.85 * limit",
    "heap.alloc / limit > 95%",
    "gc.pause > 100ms for 5 samples",
    "gc.pause > 1.5s or gc.pause > 1m30s for 1 sample",
    "not (heap.alloc < 5KiB or heap.live == 0)",
    "not not heap.alloc < 5KiB",
    "-heap.alloc < -5KiB",
    "2 * -(heap.alloc - heap.live) < 1MiB + 1MiB",
    "rate(alloc.total) > 20MiB/s",
    "rate(alloc.total over 10s) > alloc.rate",
    "rate(gc.cycles over 1m) > 5",
    "rate(gc.cycles over 1m) > 5/s",
    "rate(gc.stw.markterm) < 100ms/s",
    "delta(heap.objects over 20 samples) > 1e6",
    "delta(min(heap.live over 1m) over 10m) > 5MiB for 1h",
    "mean(heap.goal / heap.alloc over 1m) < 1.1",
    "quantile(0.9, gc.pause over 100 samples) > 4 * quantile(50%, gc.pause over 1d)",
    "(gc.pause > 5ms for 3 samples) and heap.live > 1MiB",
    "((((heap.alloc > 1))))",
    "x.anything > 5MiB and x.anything < 5ms", /* its unit nobody told */
    "x.node_load1 > 3",
    "x.up{job=\"a, } b\",instance=\"c\\\"\"} == 0",
    "'x.meminfo.Active(anon)' > \"x.other one\"",
    "x.gctrace.stacks > 1MiB",
    "heap.alloc\t>\n 1GiB",
    "gc.cpu.assist > 100\xC2\xB5s",
};

Test(rule, accepts)
{
    for (size_t i = 0; i < COUNT_OF(accepted); i++) {
        struct rule_error err = {0};

        cr_expect(add(accepted[i], &err), "%s: %s at %zu", accepted[i], err.reason,
                  err.at);
    }
}

/* What stands in front of the fault, the fault, and what follows it. */
static const struct {
    const char *before, *fault, *after;
    const char *reason;
} refused[] = {
    {"", "", "", "the rule has no condition: when = …"},
    {" ", "", "", "the condition ends too early"},
    {"heap.alloc >", "", "", "the condition ends too early"},
    {"", "heap.aloc", " > 5", "no such series"},
    {"", "alloc", " > 5", "no such series"},
    {"", "x.", " > 5", "no such series"},
    {"", "heap.alloc", "", "a rule takes a condition, such as heap.alloc > 1GiB"},
    {"", "5 > 4", "", "a condition of no series"},
    {"", "limit > 4", "", "a condition of no series"},
    {"", "heap.alloc > 100ms", "", "comparison of bytes and a time"},
    {"", "gc.pause > 100", "",
     "comparison of a time and a number; a time is written 100ms, 5s, 1h30m"},
    {"", "heap.alloc > 85%", "", "comparison of bytes and a number"},
    {"", "heap.alloc > heap.objects", "", "comparison of bytes and a number"},
    {"", "rate(alloc.total) > 20MiB", "", "comparison of bytes a second and bytes"},
    {"", "heap.alloc + gc.pause", " > 5", "sum of bytes and a time"},
    {"", "heap.alloc - 5s", " > 5", "difference of bytes and a time"},
    {"", "heap.alloc * heap.live > 5MiB", "", "comparison of a product and bytes"},
    {"heap.alloc > 20 ", "MiB", "",
     "a unit follows its number without a blank: 20MiB, 100ms"},
    {"gc.pause > 20 ", "ms", "",
     "a unit follows its number without a blank: 20MiB, 100ms"},
    {"heap.alloc > ", "20Mib5", "",
     "no number and no unit that is known; write 20MiB, 100ms or 85%"},
    {"heap.alloc > ", "1e999", "", "number too large"},
    {"heap.alloc > ", "99999999999EiB", "",
     "no number and no unit that is known; write 20MiB, 100ms or 85%"},
    {"heap.alloc > 5MiB ", "heap.live", " < 3",
     "expected an operator such as '>' or 'and'"},
    {"heap.alloc > 5MiB ", "3", "", "expected an operator such as '>' or 'and'"},
    {"heap.alloc ", "=", " 5MiB", "write '=='"},
    {"heap.alloc > 5MiB ", "&&", " heap.live > 1", "write 'and'"},
    {"heap.alloc > 5MiB ", "$", "", "this has no meaning here"},
    {"heap.alloc > ", "and", "", "expected a series, a number or '('"},
    {"", ")", "", "expected a series, a number or '('"},
    {"heap.alloc > 5", ")", "", "this ')' closes nothing"},
    {"", "(", "heap.alloc > 5", "this is not closed by a ')'"},
    {"", "heap.alloc", " and gc.pause > 1s",
     "'and' takes a condition, such as heap.alloc > 1GiB"},
    {"gc.pause > 1s or ", "heap.alloc", "",
     "'or' takes a condition, such as heap.alloc > 1GiB"},
    {"not ", "heap.alloc", "", "'not' takes a condition, such as heap.alloc > 1GiB"},
    {"", "(heap.alloc > 1)", " + 1 > 5", "'+' takes a figure, not a condition"},
    {"-", "(heap.alloc > 1)", " > 5", "'-' takes a figure, not a condition"},
    {"", "heap.alloc > 1", " > 0", "a comparison takes a figure, not a condition"},
    {"heap.alloc > ", "not", " 5", "expected a figure, not 'not'"},
    {"", "mean", "(heap.alloc) > 5", "mean wants to know over what: over 5m"},
    {"", "mean", " > 5", "mean wants its figure in parentheses"},
    {"", "median", "(heap.alloc over 5m) > 5",
     "no such function; there are rate, delta, mean, min, max, quantile"},
    {"mean(", "heap.alloc > 5", " over 5m)",
     "a function takes a figure, not a condition"},
    {"quantile(", "heap.alloc", " over 5m) > 5",
     "quantile wants a share first: quantile(0.9, gc.pause over 5m)"},
    {"quantile(", "2", ", heap.alloc over 5m) > 5",
     "quantile wants a share first: quantile(0.9, gc.pause over 5m)"},
    {"quantile(0.9 ", "heap.alloc", " over 5m) > 5",
     "expected ',' behind the quantile's share"},
    {"mean(heap.alloc over ", "heap.live", ") > 5",
     "expected a length of time or of samples: 5m, 10 samples"},
    {"mean(heap.alloc over ", "5", ") > 5", "a number of what? Write 5m, or 5 samples"},
    {"mean(heap.alloc over ", "1.5", " samples) > 5", "expected 1 to 1000000 samples"},
    {"mean(heap.alloc over ", "5m", " samples) > 5", "expected 1 to 1000000 samples"},
    {"mean(heap.alloc over ", "31d", ") > 5", "expected a time above 0 and up to 30d"},
    {"mean(heap.alloc over ", "0s", ") > 5", "expected a time above 0 and up to 30d"},
    {"mean(heap.alloc over 5m ", "and", ") > 5", "expected ')'"},
    {"heap.alloc ", "over", " 5m > 5",
     "'over' belongs into a function: mean(heap.alloc over 5m)"},
    {"heap.alloc > 5 ", "for", " 3 samples and heap.live > 1",
     "'for' ends a condition; to go on behind it, put (… for …) in parentheses"},
    {"", "heap.alloc", " for 3 samples",
     "'for' takes a condition, such as heap.alloc > 1GiB"},
    {"heap.alloc > 5 for", "", "",
     "expected a length of time or of samples: 5m, 10 samples"},
    {"", "'", "x.a > 5", "the quotation mark has no second one"},
    {"heap.alloc > 5MiB ", "||", " heap.live > 1", "write 'or'"},
    {"heap.alloc > ", ">", " 5MiB", "expected a series, a number or '('"},
    {"", "x.a{", "b=\"}\" > 5", "the labels have no '}' at their end"},
    {"", "mean", "(heap.alloc > 5", "this is not closed by a ')'"},
    {"mean(heap.alloc over ", "0", " samples) > 5", "expected 1 to 1000000 samples"},
};

Test(rule, refuses)
{
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        struct rule_error err = {0};
        char when[256];

        (void)snprintf(when, sizeof when, "%s%s%s", refused[i].before, refused[i].fault,
                       refused[i].after);
        cr_expect_not(add(when, &err), "%s", when);
        cr_expect_str_eq(err.reason, refused[i].reason, "%s: %s", when, err.reason);
        if (err.key != RULE_WHEN)
            continue;
        cr_expect_eq(err.at, strlen(refused[i].before), "%s: at %zu", when, err.at);
        cr_expect_eq(err.length, strlen(refused[i].fault), "%s: length %zu", when,
                     err.length);
    }
}

/* Whatever is cut off: an error within the text or no error, never a crash. */
Test(rule, cut_anywhere)
{
    for (size_t i = 0; i < COUNT_OF(accepted); i++) {
        for (size_t len = 0; len < strlen(accepted[i]); len++) {
            char when[256];
            struct rule_error err = {0};

            (void)snprintf(when, sizeof when, "%.*s", (int)len, accepted[i]);
            if (!add(when, &err))
                cr_expect(err.reason[0] && err.at + err.length <= len + 1, "%s", when);
        }
    }
}

Test(rule, flipped_bits)
{
    uint64_t seed = 4;

    for (size_t round = 0; round < 20000; round++) {
        const char *from = accepted[test_random_below(&seed, COUNT_OF(accepted))];
        char when[256];
        struct rule_error err = {0};
        size_t at = test_random_below(&seed, strlen(from));

        (void)snprintf(when, sizeof when, "%s", from);
        when[at] = (char)(when[at] ^ (1 << test_random_below(&seed, 8)));
        if (strlen(when) == strlen(from) && !add(when, &err))
            cr_expect(err.reason[0] && err.at + err.length <= strlen(when),
                      "round %zu: %s", round, when);
    }
}

static void repeat(struct text *t, const char *what, size_t times)
{
    text_clear(t);
    text_repeat(t, what, times);
}

Test(rule, bounds)
{
    struct text t = {0};
    struct rule_error err = {0};

    repeat(&t, "(", 40);
    cr_expect_not(add(text_str(&t), &err));
    cr_expect_str_eq(err.reason, "nested too deeply");
    cr_expect_eq(err.at, 32u);
    repeat(&t, "not ", 40);
    cr_expect_not(add(text_str(&t), &err));
    cr_expect_str_eq(err.reason, "nested too deeply");
    repeat(&t, "heap.live + ", 40);
    text_put_str(&t, "heap.live > 5MiB");
    cr_expect_not(add(text_str(&t), &err));
    cr_expect_str_eq(err.reason, "the condition has more than 64 parts");
    repeat(&t, "heap.live > 1 or ", 100);
    text_put_str(&t, "heap.live > 5MiB");
    cr_expect_not(add(text_str(&t), &err));
    cr_expect_str_eq(err.reason, "longer than 1024 bytes");
    text_clear(&t);
    for (int i = 0; i < 17; i++)
        text_printf(&t, "x.m%d + ", i);
    text_put_str(&t, "1 > 0");
    cr_expect_not(add(text_str(&t), &err));
    cr_expect_str_eq(err.reason, "the rule has more than 16 series");
    text_finish(&t);
}

static const struct {
    enum rule_key key;
    const char *value;
    const char *reason; /* NULL: it is good */
} keys[] = {
    {RULE_KIND, "leak", NULL},
    {RULE_KIND, "leek", "no such kind of event; heapreel-rules(5) lists them"},
    {RULE_KIND, "oom-killed", "only an input can tell this, no rule"},
    {RULE_SEVERITY, "critical", NULL},
    {RULE_SEVERITY, "loud", "a severity is info, notice, warning or critical"},
    {RULE_SERIES, "gc.pause", NULL},
    {RULE_SERIES, "gc.paws", "no such series"},
    {RULE_CLEAR, "heap.alloc < 1MiB", NULL},
    {RULE_CLEAR, "heap.alloc < 1ms", "comparison of bytes and a time"},
    {RULE_MESSAGE, "is {heap.alloc} of {limit}, {value} {bound} { }} {x.a{b=\"}\"}}",
     "braces hold a series, {limit}, {value} or {bound}"},
    {RULE_MESSAGE, "is {heap.alloc} of {limit}, {value} {bound} {x.a{b=\"c\"}} {", NULL},
    {RULE_MESSAGE, "{heap.aloc}", "braces hold a series, {limit}, {value} or {bound}"},
    {RULE_NAME, "", "a rule's name is of letters, digits, '-', '_' and '.'"},
    {RULE_NAME, "a b", "a rule's name is of letters, digits, '-', '_' and '.'"},
    {RULE_NAME, "\x1b[2J", "a rule's name is of letters, digits, '-', '_' and '.'"},
};

Test(rule, keys)
{
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        struct rule_set *set = rule_set_create();
        struct rule_error err = {0};
        struct rule_text rule = {
            .keys = {[RULE_NAME] = SLICE("r"), [RULE_WHEN] = SLICE("heap.alloc > 5MiB")}};
        bool is_good;

        rule.keys[keys[i].key] = slice_str(keys[i].value);
        is_good = rule_set_add(set, &rule, &err);
        cr_expect_eq(is_good, keys[i].reason == NULL, "%s: %s", keys[i].value,
                     err.reason);
        if (!is_good) {
            cr_expect_str_eq(err.reason, keys[i].reason, "%s: %s", keys[i].value,
                             err.reason);
            cr_expect_eq(err.key, keys[i].key, "%s", keys[i].value);
        }
        rule_set_destroy(set);
    }
}

Test(rule, set)
{
    struct rule_set *set = rule_set_create();
    struct rule_error err;
    char name[16];

    for (int i = 0; i < RULES_MAX; i++) {
        struct rule_text rule = {.keys = {[RULE_WHEN] = SLICE("heap.alloc > 5MiB")}};

        (void)snprintf(name, sizeof name, "r%d", i);
        rule.keys[RULE_NAME] = slice_str(name);
        cr_assert(rule_set_add(set, &rule, &err));
        if (i < RULES_MAX - 1) {
            cr_expect_not(rule_set_add(set, &rule, &err));
            cr_expect_str_eq(err.reason, "there is a rule of that name already");
        }
    }
    {
        struct rule_text more = {
            .keys = {[RULE_NAME] = SLICE("x"), [RULE_WHEN] = SLICE("heap.alloc > 5MiB")}};

        cr_expect_not(rule_set_add(set, &more, &err));
        cr_expect_str_eq(err.reason, "more than 256 rules");
        cr_expect(rule_set_remove(set, SLICE("r7")));
        cr_expect_not(rule_set_remove(set, SLICE("r7")));
        cr_expect(rule_set_add(set, &more, &err));
    }
    cr_expect_eq(rule_set_count(set), (size_t)RULES_MAX);
    cr_expect_str_eq(rule_set_name(set, 7), "r8");
    rule_set_destroy(set);
}
