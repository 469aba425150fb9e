/* What a JSON string's raw bytes stand for. Source: RFC 8259, section 7. */
#include "parsers/unwrap_internal.h"

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* "\u2206" at p: its 16 bits; -1 where there is none. */
static int32_t code_unit(const char *p, const char *end)
{
    int32_t value = 0;

    if (end - p < 6 || p[0] != '\\' || p[1] != 'u')
        return -1;
    for (int i = 2; i < 6; i++) {
        int digit = hex(p[i]);

        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

static void put_utf8(struct text *t, uint32_t c)
{
    char bytes[4];
    size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char fronts[] = {0, 0, 0xC0, 0xE0, 0xF0};

    for (size_t i = len; i-- > 1; c >>= 6)
        bytes[i] = (char)(0x80 | (c & 0x3F));
    bytes[0] = (char)(fronts[len] | c);
    text_put(t, slice_of(bytes, len));
}

/* Half a pair stands for nothing: it stays as it was written. */
static size_t put_unicode(struct text *t, const char *p, const char *end)
{
    int32_t high = code_unit(p, end), low;

    if (high < 0)
        return 0;
    if (high < 0xD800 || high > 0xDFFF) {
        put_utf8(t, (uint32_t)high);
        return 6;
    }
    low = code_unit(p + 6, end);
    if (high > 0xDBFF || low < 0xDC00 || low > 0xDFFF)
        return 0;
    put_utf8(t, 0x10000 + (((uint32_t)high & 0x3FF) << 10) + ((uint32_t)low & 0x3FF));
    return 12;
}

static size_t put_escape(struct text *t, const char *p, const char *end)
{
    static const char names[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    const char *at;

    if (end - p < 2)
        return 0;
    if (p[1] == 'u')
        return put_unicode(t, p, end);
    at = p[1] ? strchr(names, p[1]) : NULL;
    if (!at)
        return 0;
    text_put_char(t, meant[at - names]);
    return 2;
}

void unescape_put(struct text *t, struct slice raw)
{
    const char *p = raw.ptr, *end = p + raw.len;

    while (p < end) {
        const char *escape = memchr(p, '\\', (size_t)(end - p));
        size_t took;

        if (!escape) {
            text_put(t, slice_of(p, (size_t)(end - p)));
            return;
        }
        text_put(t, slice_of(p, (size_t)(escape - p)));
        took = put_escape(t, escape, end);
        if (!took)
            text_put_char(t, '\\');
        p = escape + (took ? took : 1);
    }
}
