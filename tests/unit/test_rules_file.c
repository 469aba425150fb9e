#include <criterion/criterion.h>
#include <locale.h>
#include <string.h>

#include "cli/rules_file.h"
#include "model/base/text.h"
#include "model/detect/rule.h"
#include "tests/unit/support.h"

static void use_utf8(void)
{
    (void)setlocale(LC_ALL, "C.UTF-8");
}

TestSuite(rules_file, .init = use_utf8, .fini = test_abort_on_leak);

/* Reads the text into a set with the rules "one" and "two"; names of what it has then. */
static bool read_rules(const char *text, struct text *names, struct text *messages)
{
    struct rule_set *set = rule_set_create();
    struct slice file = test_exact_copy(text, strlen(text));
    struct rule_error err;
    bool is_good;

    for (int i = 0; i < 2; i++) {
        const struct rule_text rule = {
            .keys = {[RULE_NAME] = slice_str(i ? "two" : "one"),
                     [RULE_WHEN] = SLICE("heap.alloc > 5MiB")}};

        cr_assert(rule_set_add(set, &rule, &err));
    }
    is_good = rules_file_read(set, "my.ini", file, messages);
    for (size_t i = 0; i < rule_set_count(set); i++)
        text_printf(names, "%s%s", i ? " " : "", rule_set_name(set, i));
    rule_set_destroy(set);
    test_free(file);
    return is_good;
}

static const struct {
    const char *text;
    const char *names;
} good[] = {
    {"", "one two"},
    {"\n# a comment\n; another\n\n", "one two"},
    {"[a]\nwhen = gc.pause > 5ms\n", "one two a"},
    {"[a]\nwhen = gc.pause > 5ms", "one two a"},
    {"[a]\r\nwhen = gc.pause > 5ms\r\n", "one two a"},
    {"\xEF\xBB\xBF[a]\nwhen: gc.pause > 5ms\n", "one two a"},
    {"  [ a ]  \n", NULL},
    {"[a]\nwhen = gc.pause > 5ms ; a remark\n", "one two a"},
    {"[a]\nwhen = gc.pause >\n    5ms and\n\n# in between\n\theap.live > 3\n",
     "one two a"},
    {"[one]\nwhen = gc.pause > 5ms\n", "two one"},
    {"[one]\nenabled = no\n", "two"},
    {"[one]\nenabled = yes\nwhen = gc.pause > 5ms\n", "two one"},
    {"defaults = no\n[a]\nwhen = gc.pause > 5ms\n", "a"},
    {"defaults = yes\n", "one two"},
    {"[a]\nwhen=x.n{a=\"b\"}==1\nmessage=a = b: c\nadvice=[x]\n", "one two a"},
};

Test(rules_file, reads)
{
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        struct text names = {0}, messages = {0};

        if (!good[i].names)
            continue;
        cr_expect(read_rules(good[i].text, &names, &messages), "%s: %s", good[i].text,
                  text_str(&messages));
        cr_expect_str_eq(text_str(&names), good[i].names, "%s: %s", good[i].text,
                         text_str(&names));
        text_finish(&names);
        text_finish(&messages);
    }
}

static const struct {
    const char *text;
    const char *messages;
} bad[] = {
    {"[a]\nwhen = heap.aloc > 5MiB\n",
     "heapreel: my.ini:2: no such series; did you mean heap.alloc?\n"
     "    when = heap.aloc > 5MiB\n"
     "           ^~~~~~~~~\n"},
    /* the third line of a condition, its own column */
    {"[a]\nwhen = heap.alloc > 5MiB\n  # why\n\tand gc.pause > 5\n",
     "heapreel: my.ini:4: comparison of a time and a number; a time is written 100ms, "
     "5s, 1h30m\n"
     "     and gc.pause > 5\n"
     "         ^~~~~~~~~~~~\n"},
    {"[a]\nwhen = heap.alloc >\n", "heapreel: my.ini:2: the condition ends too early\n"
                                   "    when = heap.alloc >\n"
                                   "                       ^\n"},
    {"[a]\n", "heapreel: my.ini:1: the rule has no condition: when = …\n"
              "    [a]\n"
              "     ^\n"},
    {"[a]\nwhen = heap.alloc > 5\nkind = leek\n",
     "heapreel: my.ini:3: no such kind of event; heapreel-rules(5) lists them\n"
     "    kind = leek\n"
     "           ^~~~\n"},
    {"[a]\nwhen = heap.alloc > 5\nwen = leek\n",
     "heapreel: my.ini:3: no such key; there are when, clear, kind, severity, series, "
     "message, advice and enabled\n"
     "    wen = leek\n"
     "    ^~~\n"},
    {"[a]\nwhen = heap.alloc > 5\nwhen = heap.alloc > 6\n",
     "heapreel: my.ini:3: the rule has this key already\n"
     "    when = heap.alloc > 6\n"
     "    ^~~~\n"},
    {"[a]\nwhen = heap.alloc > 5\n[a]\nwhen = heap.alloc > 6\n",
     "heapreel: my.ini:3: there is a rule of that name already\n"
     "    [a]\n"
     "     ^\n"},
    {"[a]\nwhen\n", "heapreel: my.ini:2: expected KEY = VALUE or [NAME]\n"
                    "    when\n"
                    "    ^~~~\n"},
    {"when = heap.alloc > 5\n",
     "heapreel: my.ini:1: expected [NAME] of a rule in front of its keys\n"
     "    when = heap.alloc > 5\n"
     "    ^~~~~~~~~~~~~~~~~~~~~\n"},
    {"defaults = none\n", "heapreel: my.ini:1: expected yes or no\n"
                          "    defaults = none\n"
                          "               ^~~~\n"},
    {"[a\nwhen = heap.alloc > 5\n",
     "heapreel: my.ini:1: the rule's name has no ']' behind it\n"
     "    [a\n"
     "    ^~\n"},
    /* nothing of the file reaches a terminal as it is; the caret counts what is shown */
    {"[a]\nwhen = \x1b[2J > 5\n", "heapreel: my.ini:2: this has no meaning here\n"
                                  "    when = \\x1b[2J > 5\n"
                                  "           ^~~~\n"},
    {"[\xE2\x80\xAE"
     "a]\nwhen = heap.alloc > 5\n",
     "heapreel: my.ini:1: a rule's name is of letters, digits, '-', '_' and '.'\n"
     "    [\\u{202e}a]\n"
     "     ^~~~~~~~~\n"},
};

Test(rules_file, tells_what_is_wrong)
{
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct text names = {0}, messages = {0};

        cr_expect_not(read_rules(bad[i].text, &names, &messages), "%s", bad[i].text);
        cr_expect_str_eq(text_str(&messages), bad[i].messages, "%s\n%s", bad[i].text,
                         text_str(&messages));
        text_finish(&names);
        text_finish(&messages);
    }
}

static size_t lines_of(const struct text *t)
{
    size_t count = 0;

    for (size_t i = 0; i < t->len; i++)
        count += t->ptr[i] == '\n';
    return count;
}

Test(rules_file, all_that_is_wrong_up_to_ten)
{
    struct text file = {0}, names = {0}, messages = {0};

    for (int i = 0; i < 15; i++)
        text_printf(&file, "[a%d]\nwhen = heap.aloc > 5\n", i);
    cr_expect_not(read_rules(text_str(&file), &names, &messages));
    cr_expect_eq(lines_of(&messages), 31u, "%s", text_str(&messages));
    cr_expect_not_null(strstr(text_str(&messages), "heapreel: and 5 more\n"));
    text_finish(&file);
    text_finish(&names);
    text_finish(&messages);
}

Test(rules_file, bounds)
{
    struct text file = {0}, names = {0}, messages = {0};

    text_put_str(&file, "[a]\nwhen = ");
    text_repeat(&file, "heap.alloc > 5 or ", 20);
    cr_expect_not(read_rules(text_str(&file), &names, &messages));
    cr_expect_not_null(strstr(text_str(&messages), "my.ini:2: the line is too long"),
                       "%s", text_str(&messages));
    text_clear(&file);
    text_clear(&messages);
    text_put_str(&file, "[a]\nwhen = heap.alloc > 5");
    text_repeat(&file, "\n or heap.alloc > 5", 40);
    cr_expect_not(read_rules(text_str(&file), &names, &messages));
    cr_expect_not_null(strstr(text_str(&messages), "goes on for too many lines"), "%s",
                       text_str(&messages));
    text_clear(&file);
    text_clear(&messages);
    text_put(&file, slice_of("[a]\nwhen = \0", 12));
    {
        struct rule_set *set = rule_set_create();

        cr_expect_not(
            rules_file_read(set, "my.ini", slice_of(file.ptr, file.len), &messages));
        cr_expect_str_eq(text_str(&messages),
                         "heapreel: my.ini: no text, it has a zero byte in it\n");
        rule_set_destroy(set);
    }
    text_finish(&file);
    text_finish(&names);
    text_finish(&messages);
}

/* The longest line that inih takes, whatever its build says that is. */
Test(rules_file, lines_of_any_length)
{
    for (size_t len = 100; len < 300; len++) {
        struct text file = {0}, names = {0}, messages = {0};
        bool is_good;

        text_put_str(&file, "[a]\nwhen = heap.alloc > 5\nadvice = ");
        text_repeat(&file, "x", len);
        text_put_str(&file, "\n");
        is_good = read_rules(text_str(&file), &names, &messages);
        cr_expect(is_good || strstr(text_str(&messages), "the line is too long"), "%zu",
                  len);
        cr_expect(is_good || len > 150, "%zu", len);
        text_finish(&file);
        text_finish(&names);
        text_finish(&messages);
    }
}

Test(rules_file, damaged_anywhere)
{
    struct text defaults = {0};
    uint64_t seed = 3;

    rules_file_put_default(&defaults);
    for (size_t round = 0; round < 300; round++) {
        struct rule_set *set = rule_set_create();
        struct text messages = {0};
        struct slice copy = test_exact_copy(defaults.ptr, defaults.len);
        char *bytes = (char *)(uintptr_t)copy.ptr;
        size_t len = test_random_below(&seed, defaults.len);

        for (int i = 0; i < 5; i++)
            bytes[test_random_below(&seed, defaults.len)] =
                (char)test_random_below(&seed, 256);
        (void)!rules_file_read(set, "my.ini", slice_first(copy, len), &messages);
        for (size_t i = 0; i < messages.len; i++)
            cr_expect(messages.ptr[i] == '\n' || (unsigned char)messages.ptr[i] >= ' ');
        rule_set_destroy(set);
        text_finish(&messages);
        test_free(copy);
    }
    text_finish(&defaults);
}

Test(rules_file, defaults_are_good)
{
    struct rule_set *set = rules_file_load(NULL);

    cr_assert_not_null(set);
    cr_expect_geq(rule_set_count(set), 20u);
    rule_set_destroy(set);
}
