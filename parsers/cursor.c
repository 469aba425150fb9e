#include "parsers/cursor.h"

#include "model/base/num.h"

struct cursor cursor_init(struct slice text, struct err *err)
{
    return (struct cursor){.rest = text, .start = text.ptr, .err = err};
}

void cursor_fail(struct cursor *c, const char *reason)
{
    if (c->failed)
        return;
    c->failed = true;
    err_set(c->err, (uint64_t)(c->rest.ptr - c->start), 0, "%s", reason);
}

uint64_t cursor_u64(struct cursor *c, uint64_t max)
{
    size_t digits = 0;
    uint64_t value;

    if (c->failed)
        return 0;
    while (digits < c->rest.len && c->rest.ptr[digits] >= '0' &&
           c->rest.ptr[digits] <= '9')
        digits++;
    if (digits == 0) {
        cursor_fail(c, "expected a number");
        return 0;
    }
    if (!num_parse_u64(slice_first(c->rest, digits), &value) || value > max) {
        cursor_fail(c, "number too large");
        return 0;
    }
    c->rest = slice_after(c->rest, digits);
    return value;
}

bool cursor_accept(struct cursor *c, struct slice literal)
{
    if (c->failed || !slice_starts(c->rest, literal))
        return false;
    c->rest = slice_after(c->rest, literal.len);
    return true;
}

void cursor_expect(struct cursor *c, struct slice literal)
{
    if (c->failed || cursor_accept(c, literal))
        return;
    c->failed = true;
    err_set(c->err, (uint64_t)(c->rest.ptr - c->start), 0, "expected \"%.*s\"",
            (int)literal.len, literal.ptr);
}
