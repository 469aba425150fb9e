/*
 * Rules out of a file: sections of keys as inih reads them, each a rule of
 * model/detect/rule.h. Reference: heapreel-rules(5).
 *
 *   defaults = no            in front of all: without the rules that come along
 *   [name]
 *   when = heap.alloc > 1GiB
 *       for 5m               an indented line goes on with the one before
 *   enabled = no             drops the default rule of that name
 *
 * A rule of a default rule's name replaces that.
 *
 * Errors. All that is wrong is told at once, each as "heapreel: FILE:LINE: reason" with
 * the line and a caret under it; nothing of the file reaches the terminal unescaped.
 */
#ifndef CLI_RULES_FILE_H
#define CLI_RULES_FILE_H

#include <stdbool.h>

#include "model/base/compiler.h"
#include "model/base/slice.h"

struct rule_set;
struct text;

/* The default rules and, where path is not NULL, those of that file. NULL, after messages
 * on standard error, when there is something wrong with it. */
struct rule_set *rules_file_load(const char *path);

/*
 * Adds the rules in `file` to the set; what is there already are defaults that it can
 * replace. Appends what is wrong to *messages and then returns false; the set then holds
 * what was right. `name` is the file's, for messages.
 */
MUST_USE bool rules_file_read(struct rule_set *set, const char *name, struct slice file,
                              struct text *messages);

/* The text of rules/default.ini. */
void rules_file_put_default(struct text *t);

#endif
