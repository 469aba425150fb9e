#include "parsers/json_frames.h"

#include <stdlib.h>
#include <string.h>

#include "model/base/compiler.h"
#include "model/base/mem.h"
#include "parsers/json_scan.h"

_Static_assert(LIMIT_JSON_DEPTH <= 64, "a level is a bit of a 64-bit word");

enum state {
    BETWEEN, /* objects: blanks, commas and the brackets of arrays */
    TEXT,    /* a line that begins with something else */
    OBJECT,
    SKIP,   /* what follows in such a line */
    RESYNC, /* behind the first byte of a broken object */
};

/* The bytes that are being looked at. */
struct piece {
    const char *start, *p, *end;
    const char *item; /* where what belongs to the open object or text begins */
    json_frames_taker *take;
    void *user;
    bool is_left; /* what lies in `spare` comes first */
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\0';
}

static uint64_t offset_of(const struct json_frames *f, const struct piece *piece)
{
    return f->offset_bytes + (uint64_t)(piece->p - piece->start);
}

static void carry_add(struct json_frames *f, const char *from, const char *to)
{
    size_t bytes = (size_t)(to - from);

    f->carry = mem_grow(f->carry, &f->carry_capacity, f->carry_len + bytes + 1, 1);
    if (bytes)
        memcpy(f->carry + f->carry_len, from, bytes);
    f->carry_len += bytes;
}

/* All of the open object or text up to here, in one place. */
static struct slice item_bytes(struct json_frames *f, const struct piece *piece)
{
    if (f->carry_len == 0)
        return (struct slice){piece->item, (size_t)(piece->p - piece->item)};
    carry_add(f, piece->item, piece->p);
    return (struct slice){f->carry, f->carry_len};
}

static struct slice trim(struct slice s)
{
    while (s.len && is_blank(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

static void hand_on(struct json_frames *f, const struct piece *piece, struct slice item,
                    const char *reason)
{
    struct json_frame frame = {
        .bytes = slice_after(item, f->before_bytes),
        .before = slice_first(item, f->before_bytes),
        .offset_bytes = f->item_offset_bytes + f->before_bytes,
        .line = f->item_line,
        .reason = reason,
        .is_rescued = f->is_rescued,
    };

    if (reason)
        frame.bytes = trim(frame.bytes);
    piece->take(piece->user, &frame);
}

/* Neighbours of an object begin as it does. */
static void learn_key(struct json_frames *f, struct slice object)
{
    size_t from = 1, len = 0;

    if (f->has_key || f->is_rescued)
        return;
    while (from < object.len && is_blank(object.ptr[from]))
        from++;
    if (from == object.len || object.ptr[from] != '"')
        return;
    object = slice_after(object, from + 1);
    while (len < object.len && len < sizeof f->key && object.ptr[len] != '"')
        len++;
    if (len == object.len || len == sizeof f->key)
        return;
    memcpy(f->key, object.ptr, len);
    f->key_len = len;
    f->has_key = true;
}

static void begin_item(struct json_frames *f, struct piece *piece, enum state state)
{
    piece->item = piece->p;
    f->carry_len = 0;
    f->item_offset_bytes = offset_of(f, piece);
    f->item_line = f->line + 1;
    f->before_bytes = 0;
    f->is_junk = f->is_tentative = f->is_rescued = false;
    f->state = (int)state;
}

static void open_object(struct json_frames *f, struct piece *piece)
{
    f->state = OBJECT;
    f->is_object = 1;
    f->depth = 1;
    f->is_string = f->is_escaped = false;
    f->is_line_start = false;
    f->last = '{';
    piece->p++;
}

static void end_object(struct json_frames *f, struct piece *piece)
{
    struct slice item = item_bytes(f, piece);

    learn_key(f, slice_after(item, f->before_bytes));
    hand_on(f, piece, item, NULL);
    f->carry_len = 0;
    f->state = f->is_rescued ? RESYNC : BETWEEN;
    f->is_line_start = false;
    f->last = '}';
    f->rescue_at = 0;
}

/* Goes back to behind the object's first byte. What other pieces held of it is put aside
 * to be looked at again. */
static void break_object(struct json_frames *f, struct piece *piece, const char *reason)
{
    struct slice item = item_bytes(f, piece);

    learn_key(f, slice_after(item, f->before_bytes));
    hand_on(f, piece, item, reason);
    f->state = RESYNC;
    f->is_lined = f->before_bytes > 0;
    f->is_line_start = false;
    f->last = '\0';
    f->rescue_at = 0;
    if (f->carry_len) {
        piece->is_left = true;
    } else {
        piece->p = piece->item + f->before_bytes + 1;
        f->line = f->item_line - 1;
    }
}

/* The last byte in front of p that is no blank. */
static char last_before(const struct json_frames *f, const char *from, const char *p)
{
    while (p > from && is_blank(p[-1]))
        p--;
    return p > from ? p[-1] : f->last;
}

static const char *open_level(struct json_frames *f, const char *from, const char *p)
{
    char last = last_before(f, from, p);
    bool is_line_start = p > from ? p[-1] == '\n' : f->is_line_start;

    if (f->is_object & 1 ? last != ':' : last != ',' && last != '[')
        return is_line_start ? "cut off in the middle" : "bracket out of place";
    if (f->depth == LIMIT_JSON_DEPTH)
        return "JSON nested too deep";
    f->depth++;
    f->is_object = f->is_object << 1 | (*p == '{');
    return NULL;
}

/* NULL, or why it cannot stand here; `from` is where this piece's part of the object
 * begins. */
static const char *take_bracket(struct json_frames *f, const char *from, const char *p)
{
    if (*p == '{' || *p == '[')
        return open_level(f, from, p);
    if ((f->is_object & 1) != (*p == '}'))
        return "bracket without its partner";
    f->depth--;
    f->is_object >>= 1;
    return NULL;
}

static const char *take_byte(struct json_frames *f, const char *from, const char *p)
{
    if (f->is_string) {
        if (*p == '\n')
            return "string without an end";
        if (f->is_escaped)
            f->is_escaped = false;
        else if (*p == '\\')
            f->is_escaped = true;
        else if (*p == '"')
            f->is_string = false;
        return NULL;
    }
    if (*p == '"')
        f->is_string = true;
    else if (*p == '\n')
        f->line++;
    else if (*p == '{' || *p == '}' || *p == '[' || *p == ']')
        return take_bracket(f, from, p);
    return NULL;
}

/* Up to `stop`, or to where the object ends or breaks. */
static const char *take_bytes(struct json_frames *f, struct piece *piece,
                              const char *stop)
{
    while (piece->p < stop) {
        const char *reason = take_byte(f, piece->item, piece->p);

        if (reason)
            return reason;
        piece->p++;
        if (f->depth == 0)
            break;
    }
    return NULL;
}

/* The same for JSON_SCAN_BYTES at once, which hold no escape. */
static const char *take_block(struct json_frames *f, struct piece *piece,
                              const struct json_masks *m)
{
    const char *block = piece->p;
    uint64_t inside = json_scan_strings(m->quotes, f->is_string);
    uint64_t marks = (m->brackets & ~inside) | m->newlines;

    for (; marks; marks &= marks - 1) {
        unsigned at = (unsigned)__builtin_ctzll(marks);
        const char *reason = NULL;

        piece->p = block + at;
        if (inside >> at & 1)
            reason = "string without an end";
        else if (*piece->p == '\n')
            f->line++;
        else
            reason = take_bracket(f, piece->item, piece->p);
        if (reason)
            return reason;
        if (f->depth == 0) {
            piece->p++;
            f->is_string = false;
            return NULL;
        }
    }
    f->is_string = inside >> 63;
    piece->p = block + JSON_SCAN_BYTES;
    return NULL;
}

/* An object in the midst of a broken one is taken when it begins with the key that the
 * others begin with. */
static void check_key(struct json_frames *f, struct piece *piece)
{
    for (; piece->p < piece->end; piece->p++) {
        char c = *piece->p;
        char want =
            f->key_at > 0 && f->key_at <= f->key_len ? f->key[f->key_at - 1] : '"';

        if (f->key_at == 0 && is_blank(c)) {
            f->line += c == '\n';
            continue;
        }
        if (c != want) {
            f->carry_len = 0;
            f->state = RESYNC;
            f->is_line_start = false;
            f->last = '\0';
            f->rescue_at = 0;
            return;
        }
        if (f->key_at++ == f->key_len + 1) {
            piece->p++;
            f->is_tentative = false;
            f->last = '"';
            return;
        }
    }
}

static const char *take_some(struct json_frames *f, struct piece *piece, const char *stop)
{
    while (stop - piece->p >= JSON_SCAN_BYTES && f->depth) {
        struct json_masks m = json_scan(piece->p);
        const char *reason;

        if (m.backslashes || f->is_escaped)
            reason = take_bytes(f, piece, piece->p + JSON_SCAN_BYTES);
        else
            reason = take_block(f, piece, &m);
        if (reason)
            return reason;
    }
    return f->depth ? take_bytes(f, piece, stop) : NULL;
}

/* What the next piece has to know of this one. */
static void note_end(struct json_frames *f, const struct piece *piece)
{
    f->last = last_before(f, piece->item, piece->p);
    if (piece->p > piece->item)
        f->is_line_start = piece->p[-1] == '\n';
}

static void scan_object(struct json_frames *f, struct piece *piece)
{
    uint64_t had = offset_of(f, piece) - f->item_offset_bytes;
    size_t left = LIMIT_JSON_OBJECT_BYTES - (size_t)had;
    const char *stop = piece->end, *reason;

    if (left < (size_t)(stop - piece->p))
        stop = piece->p + left;
    reason = left ? take_some(f, piece, stop) : "JSON object over 8 MiB";
    if (reason)
        break_object(f, piece, reason);
    else if (f->depth == 0)
        end_object(f, piece);
    else
        note_end(f, piece);
}

static void scan_between(struct json_frames *f, struct piece *piece)
{
    for (; piece->p < piece->end; piece->p++) {
        char c = *piece->p;

        if (c == '{') {
            begin_item(f, piece, OBJECT);
            open_object(f, piece);
            return;
        }
        if (c == '[' || c == ']') {
            f->is_array = c == '[';
        } else if (c == '\n') {
            f->line++;
        } else if (c != ',' && !is_blank(c)) {
            f->is_array = false;
            begin_item(f, piece, TEXT);
            return;
        }
    }
}

static void end_text(struct json_frames *f, struct piece *piece, enum state next)
{
    hand_on(f, piece, item_bytes(f, piece), "expected a JSON object");
    f->carry_len = 0;
    f->state = (int)next;
}

/* A logger's text in front of an object holds neither quotes nor closing braces, as the
 * rest of a torn object does. */
static void scan_text(struct json_frames *f, struct piece *piece)
{
    for (; piece->p < piece->end; piece->p++) {
        size_t len = (size_t)(offset_of(f, piece) - f->item_offset_bytes);

        if (*piece->p == '\n' || len == LIMIT_JSON_BEFORE_BYTES) {
            end_text(f, piece, *piece->p == '\n' ? BETWEEN : SKIP);
            return;
        }
        if (*piece->p == '{' && !f->is_junk) {
            f->before_bytes = len;
            open_object(f, piece);
            return;
        }
        f->is_junk |= *piece->p == '"' || *piece->p == '}';
    }
}

static void skip_line(struct json_frames *f, struct piece *piece)
{
    const char *newline = memchr(piece->p, '\n', (size_t)(piece->end - piece->p));

    piece->p = newline ? newline : piece->end;
    if (newline)
        f->state = BETWEEN;
}

/* How much of `"name":` stands in front of the next byte. */
static void match_rescue(struct json_frames *f, char c)
{
    size_t len = f->rescue.len, at = f->rescue_at;
    char want = at == 0 || at == len + 1 ? '"' : ':';

    if (len == 0)
        return;
    if (at >= len + 2 && is_blank(c))
        return;
    if (at > 0 && at <= len)
        want = f->rescue.ptr[at - 1];
    f->rescue_at = at < len + 3 && c == want ? at + 1 : c == '"';
}

static bool resync_here(struct json_frames *f, struct piece *piece)
{
    bool is_rescued = f->rescue.len && f->rescue_at == f->rescue.len + 3;

    if (!f->is_line_start && !is_rescued && !(f->has_key && f->last == '}'))
        return false;
    begin_item(f, piece, OBJECT);
    f->is_rescued = is_rescued && !f->is_line_start;
    f->is_tentative = !f->is_line_start && !is_rescued;
    f->key_at = 0;
    open_object(f, piece);
    return true;
}

static void scan_resync(struct json_frames *f, struct piece *piece)
{
    for (; piece->p < piece->end; piece->p++) {
        char c = *piece->p;

        if (c == '\n' && f->is_lined) {
            f->state = BETWEEN;
            return;
        }
        if (c == '{' && resync_here(f, piece))
            return;
        match_rescue(f, c);
        f->line += c == '\n';
        if (c == '\n')
            f->is_line_start = true;
        else if (c != '\0')
            f->is_line_start = false;
        if (c != ',' && !is_blank(c))
            f->last = c;
    }
}

static bool is_open(const struct json_frames *f)
{
    return f->state == OBJECT || f->state == TEXT;
}

/* Returns how much of it was looked at: not all, when `spare` comes first. */
static size_t scan(struct json_frames *f, struct piece *piece)
{
    while (piece->p < piece->end && !piece->is_left) {
        switch ((enum state)f->state) {
        case BETWEEN:
            scan_between(f, piece);
            break;
        case TEXT:
            scan_text(f, piece);
            break;
        case OBJECT:
            if (f->is_tentative)
                check_key(f, piece);
            else
                scan_object(f, piece);
            break;
        case SKIP:
            skip_line(f, piece);
            break;
        case RESYNC:
            scan_resync(f, piece);
            break;
        }
    }
    if (is_open(f))
        carry_add(f, piece->item, piece->p);
    f->offset_bytes += (uint64_t)(piece->p - piece->start);
    return (size_t)(piece->p - piece->start);
}

static struct piece piece_of(struct slice s, json_frames_taker *take, void *user)
{
    return (struct piece){
        .start = s.ptr,
        .p = s.ptr,
        .end = s.ptr + s.len,
        .item = s.ptr,
        .take = take,
        .user = user,
    };
}

/* The carried bytes of a broken object, behind its first. No object is open when they
 * are looked at, so this leaves nothing to look at again. */
static void look_again(struct json_frames *f, json_frames_taker *take, void *user)
{
    size_t from = f->before_bytes + 1, capacity = f->spare_capacity;
    char *carry = f->carry;
    struct slice again = {carry, f->carry_len};
    struct piece piece;

    f->carry = f->spare;
    f->spare = carry;
    f->spare_capacity = f->carry_capacity;
    f->carry_capacity = capacity;
    f->carry_len = 0;
    f->offset_bytes = f->item_offset_bytes + from;
    f->line = f->item_line - 1;
    piece = piece_of(slice_after(again, from), take, user);
    (void)scan(f, &piece);
}

void json_frame_skip(const struct json_frame *frame, struct diag *diag)
{
    bool is_object = frame->bytes.len && frame->bytes.ptr[0] == '{';

    diag_skip(diag, frame->offset_bytes + (is_object ? frame->bytes.len : 0), frame->line,
              frame->bytes, frame->reason);
}

void json_frames_feed(struct json_frames *f, struct slice bytes, json_frames_taker *take,
                      void *user)
{
    while (bytes.len) {
        struct piece piece = piece_of(bytes, take, user);

        bytes = slice_after(bytes, scan(f, &piece));
        if (piece.is_left)
            look_again(f, take, user);
    }
}

void json_frames_finish(struct json_frames *f, json_frames_taker *take, void *user)
{
    struct piece piece = piece_of(SLICE(""), take, user);

    while (f->state == OBJECT && !f->is_tentative) {
        break_object(f, &piece, "cut off in the middle");
        look_again(f, take, user);
    }
    if (f->state == TEXT)
        end_text(f, &piece, BETWEEN);
    if (f->state == BETWEEN && f->is_array) {
        begin_item(f, &piece, BETWEEN);
        hand_on(f, &piece, (struct slice){"", 0}, "array without its end");
    }
}

void json_frames_close(struct json_frames *f)
{
    free(f->carry);
    free(f->spare);
    *f = (struct json_frames){0};
}
