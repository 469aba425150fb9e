#include "replay/fetch_headers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/base/mem.h"

/* Servers refuse longer headers (8 KiB a line is common); a file beyond this is no file
 * of headers. */
#define LINE_BYTES_MAX 8192
#define FILE_BYTES_MAX ((size_t)64 << 10)

static bool is_token(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("!#$%&'*+-.^_`|~", c));
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static struct slice trimmed(struct slice s)
{
    while (s.len > 0 && is_blank(s.ptr[0]))
        s = slice_after(s, 1);
    while (s.len > 0 && is_blank(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

/* What is wrong with a line, or NULL. A control character would begin a header of its own
 * or end them all. */
static const char *fault_of(struct slice line)
{
    size_t name = 0;

    if (line.len > LINE_BYTES_MAX)
        return "header longer than 8 KiB";
    for (size_t i = 0; i < line.len; i++) {
        const unsigned char c = (unsigned char)line.ptr[i];

        if ((c < ' ' && c != '\t') || c == 0x7f)
            return "control character in a header";
    }
    while (name < line.len && is_token(line.ptr[name]))
        name++;
    if (name == 0 || name == line.len || line.ptr[name] != ':')
        return "expected \"Name: value\"";
    if (trimmed(slice_after(line, name + 1)).len == 0)
        return "header without a value";
    return NULL;
}

static void add_line(struct fetch_headers *h, struct slice line)
{
    h->lines = mem_grow(h->lines, &h->capacity, h->count + 1, sizeof *h->lines);
    h->lines[h->count++] = mem_dup_slice(line);
}

bool fetch_headers_add(struct fetch_headers *h, struct slice text, struct err *err)
{
    size_t at = 0;

    for (uint64_t number = 1; at < text.len; number++) {
        const struct slice rest = slice_after(text, at);
        const char *end = memchr(rest.ptr, '\n', rest.len);
        struct slice line = slice_first(rest, end ? (size_t)(end - rest.ptr) : rest.len);
        const char *fault;

        if (line.len > 0 && line.ptr[line.len - 1] == '\r')
            line.len--;
        line = trimmed(line);
        fault = line.len == 0 || line.ptr[0] == '#' ? NULL : fault_of(line);
        if (fault) {
            err_set(err, at, number, "%s", fault);
            return false;
        }
        if (line.len > 0 && line.ptr[0] != '#')
            add_line(h, line);
        at += end ? (size_t)(end - rest.ptr) + 1 : rest.len;
    }
    return true;
}

/* The compiler may not leave it out as a store that nobody reads. */
static void wipe(char *bytes, size_t len)
{
    volatile char *p = bytes;

    for (size_t i = 0; i < len; i++)
        p[i] = 0;
}

bool fetch_headers_add_file(struct fetch_headers *h, const char *path, struct err *err)
{
    FILE *file = fopen(path, "re");
    char *bytes;
    size_t len;
    bool ok;

    if (!file) {
        err_set(err, 0, 0, "header file: %s", strerror(errno));
        return false;
    }
    bytes = mem_alloc(FILE_BYTES_MAX + 1);
    /* Unbuffered, so that no second copy of a secret stays behind in freed memory. */
    (void)setvbuf(file, NULL, _IONBF, 0);
    len = fread(bytes, 1, FILE_BYTES_MAX + 1, file);
    ok = !ferror(file) && len <= FILE_BYTES_MAX;
    if (!ok)
        err_set(err, 0, 0, "header file: %s",
                len > FILE_BYTES_MAX ? "longer than 64 KiB" : strerror(errno));
    else
        ok = fetch_headers_add(h, slice_of(bytes, len), err);
    (void)fclose(file);
    wipe(bytes, len);
    free(bytes);
    return ok;
}

void fetch_headers_finish(struct fetch_headers *h)
{
    for (size_t i = 0; i < h->count; i++) {
        wipe(h->lines[i], strlen(h->lines[i]));
        free(h->lines[i]);
    }
    free(h->lines);
    *h = (struct fetch_headers){0};
}
