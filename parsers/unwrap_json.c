/*
 * One JSON object a line with the text in one of its fields: Docker's json-file, the
 * journal, exports of log stores, and what loggers of applications write.
 */
#include "model/base/compiler.h"
#include "model/base/num.h"
#include "model/units.h"
#include "parsers/json.h"
#include "parsers/unwrap_internal.h"

/* What a key says. TEXT, TIME, POD, … keep the best rank seen. */
enum role {
    ROLE_NONE,
    ROLE_TEXT,
    ROLE_TIME,
    ROLE_SOURCE,
    ROLE_CONTAINER,
    ROLE_LEVEL,     /* only applications know how bad it is */
    ROLE_STREAM,    /* "stdout" */
    ROLE_INSIDE,    /* an object that is read as if its members stood here */
    ROLE_SOURCES,   /* an object about who said it */
    ROLE_POD_OF,    /* "pod": {"name": …} */
    ROLE_JOURNAL,   /* only the journal has it */
    ROLE_TRANSPORT, /* only collectors write it */
};

static const struct key {
    struct slice name;
    enum role role;
    unsigned rank; /* the greater wins */
} keys[] = {
    {SLICE_INIT("log"), ROLE_TEXT, 9},
    {SLICE_INIT("MESSAGE"), ROLE_TEXT, 9},
    {SLICE_INIT("textPayload"), ROLE_TEXT, 8},
    {SLICE_INIT("_raw"), ROLE_TEXT, 8},
    {SLICE_INIT("line"), ROLE_TEXT, 7},
    {SLICE_INIT("message"), ROLE_TEXT, 6},
    {SLICE_INIT("msg"), ROLE_TEXT, 5},
    {SLICE_INIT("Message"), ROLE_TEXT, 5},
    {SLICE_INIT("body"), ROLE_TEXT, 4},
    {SLICE_INIT("text"), ROLE_TEXT, 4},
    {SLICE_INIT("short_message"), ROLE_TEXT, 3},
    {SLICE_INIT("content"), ROLE_TEXT, 3},
    {SLICE_INIT("time"), ROLE_TIME, 9},
    {SLICE_INIT("ts"), ROLE_TIME, 8},
    {SLICE_INIT("timestamp"), ROLE_TIME, 8},
    {SLICE_INIT("@timestamp"), ROLE_TIME, 8},
    {SLICE_INIT("__REALTIME_TIMESTAMP"), ROLE_TIME, 8},
    {SLICE_INIT("t"), ROLE_TIME, 6},
    {SLICE_INIT("_time"), ROLE_TIME, 6},
    {SLICE_INIT("Timestamp"), ROLE_TIME, 6},
    {SLICE_INIT("datetime"), ROLE_TIME, 6},
    {SLICE_INIT("date"), ROLE_TIME, 5},
    {SLICE_INIT("pod_name"), ROLE_SOURCE, 9},
    {SLICE_INIT("pod"), ROLE_POD_OF, 9},
    {SLICE_INIT("service"), ROLE_SOURCE, 4},
    {SLICE_INIT("app"), ROLE_SOURCE, 4},
    {SLICE_INIT("instance"), ROLE_SOURCE, 3},
    {SLICE_INIT("host"), ROLE_SOURCE, 2},
    {SLICE_INIT("hostname"), ROLE_SOURCE, 2},
    {SLICE_INIT("container_name"), ROLE_CONTAINER, 9},
    {SLICE_INIT("container"), ROLE_POD_OF, 8},
    {SLICE_INIT("level"), ROLE_LEVEL, 0},
    {SLICE_INIT("severity"), ROLE_LEVEL, 0},
    {SLICE_INIT("lvl"), ROLE_LEVEL, 0},
    {SLICE_INIT("log.level"), ROLE_LEVEL, 0},
    {SLICE_INIT("loglevel"), ROLE_LEVEL, 0},
    {SLICE_INIT("caller"), ROLE_LEVEL, 0},
    {SLICE_INIT("logger"), ROLE_LEVEL, 0},
    {SLICE_INIT("L"), ROLE_LEVEL, 0},
    {SLICE_INIT("stream"), ROLE_STREAM, 0},
    {SLICE_INIT("_source"), ROLE_INSIDE, 0},
    {SLICE_INIT("jsonPayload"), ROLE_INSIDE, 0},
    {SLICE_INIT("attributes"), ROLE_INSIDE, 0},
    {SLICE_INIT("result"), ROLE_INSIDE, 0},
    {SLICE_INIT("kubernetes"), ROLE_SOURCES, 0},
    {SLICE_INIT("labels"), ROLE_SOURCES, 0},
    {SLICE_INIT("resource"), ROLE_SOURCES, 0},
    {SLICE_INIT("__CURSOR"), ROLE_JOURNAL, 0},
    {SLICE_INIT("_BOOT_ID"), ROLE_JOURNAL, 0},
    {SLICE_INIT("container_id"), ROLE_TRANSPORT, 0},
    {SLICE_INIT("logStream"), ROLE_TRANSPORT, 0},
    {SLICE_INIT("logName"), ROLE_TRANSPORT, 0},
    {SLICE_INIT("ingestionTime"), ROLE_TRANSPORT, 0},
};

/* How the members of an object that is open are read. */
enum mode { MODE_ALL, MODE_SOURCES, MODE_NAME_OF_POD, MODE_NAME_OF_CONTAINER };

#define OPEN_MAX 5 /* objects in objects that are looked into */

struct best {
    struct slice value;
    unsigned rank; /* 0 = none */
    enum json_kind kind;
};

struct walk {
    struct json json;
    struct peel_context *context;
    enum mode modes[OPEN_MAX];
    struct best text, time, source, container;
    struct slice text_key;
    bool has_level, has_journal, has_transport, is_bytes;
    char stream; /* 'o' of stdout, 'e' of stderr; 0 = none given */
    struct journal_who who;
};

static const struct key *find_key(struct slice name)
{
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        if (keys[i].name.len == name.len && name.len &&
            keys[i].name.ptr[0] == name.ptr[0] && slice_eq(keys[i].name, name))
            return &keys[i];
    }
    return NULL;
}

static bool keep(struct best *best, unsigned rank, struct slice value,
                 enum json_kind kind)
{
    if (rank <= best->rank)
        return false;
    *best = (struct best){value, rank, kind};
    return true;
}

/* MESSAGE of an entry that is not UTF-8: an array of byte values. */
static void take_bytes(struct walk *w)
{
    struct text *t = &w->context->text;
    enum json_kind kind;

    text_clear(t);
    while ((kind = json_next(&w->json)) == JSON_NUMBER) {
        uint64_t byte;

        if (num_parse_u64(w->json.text, &byte) && byte < 256)
            text_put_char(t, (char)byte);
    }
    while (kind != JSON_ARRAY_END && kind != JSON_ERROR) {
        json_skip(&w->json, kind);
        kind = json_next(&w->json);
    }
    w->is_bytes = true;
    (void)keep(&w->text, 10, slice_of(t->ptr, t->len), JSON_STRING);
}

/* An object to look into; what is inside comes with the next tokens. */
static bool look_into(struct walk *w, const struct key *key, enum mode mode)
{
    unsigned at = w->json.depth - 1; /* of the object that just opened */
    enum role role = key ? key->role : ROLE_NONE;

    if (at >= OPEN_MAX)
        return false;
    if (role == ROLE_INSIDE && mode == MODE_ALL) {
        w->modes[at] = MODE_ALL;
    } else if (role == ROLE_SOURCES || role == ROLE_STREAM) {
        w->modes[at] = MODE_SOURCES;
        w->has_transport = true;
    } else if (role == ROLE_POD_OF && mode != MODE_NAME_OF_POD) {
        w->modes[at] = key->name.len == 3 ? MODE_NAME_OF_POD : MODE_NAME_OF_CONTAINER;
    } else {
        return false;
    }
    return true;
}

static void take_source(struct walk *w, const struct key *key, struct slice value)
{
    bool is_container =
        key->role == ROLE_CONTAINER || (key->role == ROLE_POD_OF && key->name.len != 3);

    (void)keep(is_container ? &w->container : &w->source, key->rank, value, JSON_STRING);
}

static void take_scalar(struct walk *w, const struct key *key, enum json_kind kind)
{
    struct slice value = w->json.text;

    switch (key->role) {
    case ROLE_TEXT:
        if (kind == JSON_STRING && keep(&w->text, key->rank, value, kind))
            w->text_key = key->name;
        break;
    case ROLE_TIME:
        if (kind == JSON_STRING || kind == JSON_NUMBER)
            (void)keep(&w->time, key->rank, value, kind);
        w->has_journal |= slice_starts(key->name, SLICE("__"));
        break;
    case ROLE_SOURCE:
    case ROLE_CONTAINER:
    case ROLE_POD_OF:
        if (kind == JSON_STRING)
            take_source(w, key, value);
        break;
    case ROLE_LEVEL:
        w->has_level = true;
        break;
    case ROLE_STREAM:
        if (kind == JSON_STRING)
            w->stream = value.len > 3 ? value.ptr[3] : '?';
        break;
    case ROLE_JOURNAL:
        w->has_journal = true;
        break;
    case ROLE_TRANSPORT:
        w->has_transport = true;
        break;
    case ROLE_NONE:
    case ROLE_INSIDE:
    case ROLE_SOURCES:
        break;
    }
}

static bool is_about_source(const struct key *key)
{
    return key->role == ROLE_SOURCE || key->role == ROLE_CONTAINER ||
           key->role == ROLE_POD_OF;
}

static void take_member(struct walk *w)
{
    enum mode mode =
        w->json.depth <= OPEN_MAX ? w->modes[w->json.depth - 1] : MODE_SOURCES;
    struct slice name = w->json.text;
    const struct key *key = find_key(name);
    enum json_kind kind = json_next(&w->json);

    if (kind == JSON_OBJECT) {
        if (!look_into(w, key, mode))
            json_skip(&w->json, kind);
    } else if (kind == JSON_ARRAY) {
        if (mode == MODE_ALL && slice_eq(name, SLICE("MESSAGE")))
            take_bytes(w);
        else
            json_skip(&w->json, kind);
    } else if (kind != JSON_STRING && kind != JSON_NUMBER) {
        return;
    } else if (mode == MODE_NAME_OF_POD || mode == MODE_NAME_OF_CONTAINER) {
        if (slice_eq(name, SLICE("name")))
            (void)keep(mode == MODE_NAME_OF_POD ? &w->source : &w->container, 9,
                       w->json.text, kind);
    } else if (key && (mode == MODE_ALL || is_about_source(key))) {
        take_scalar(w, key, kind);
    } else if (!key && mode == MODE_ALL && name.len > 3) {
        journal_who_take(&w->who, name, w->json.text);
    }
}

void journal_who_take(struct journal_who *w, struct slice key, struct slice value)
{
    static const struct {
        struct slice key;
        unsigned rank;
    } names[] = {
        {SLICE_INIT("CONTAINER_NAME"), 9}, {SLICE_INIT("SYSLOG_IDENTIFIER"), 5},
        {SLICE_INIT("_SYSTEMD_UNIT"), 4},  {SLICE_INIT("_SYSTEMD_USER_UNIT"), 3},
        {SLICE_INIT("_COMM"), 2},
    };
    uint64_t pid;

    if (key.ptr[0] != '_' && key.ptr[0] != 'S' && key.ptr[0] != 'C')
        return;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (names[i].rank > w->rank && slice_eq(key, names[i].key) && value.len) {
            w->name = value;
            w->rank = names[i].rank;
        }
    }
    w->is_container |= slice_eq(key, SLICE("CONTAINER_NAME"));
    if (slice_eq(key, SLICE("_HOSTNAME")))
        w->host = value;
    else if (slice_eq(key, SLICE("_PID")) && num_parse_u64(value, &pid) &&
             pid <= INT32_MAX)
        w->pid = (int64_t)pid;
}

/* False when the line is no JSON object, whole and alone. */
static bool walk_line(struct walk *w, struct slice line)
{
    enum json_kind kind;

    w->json = json_init(line);
    if (json_next(&w->json) != JSON_OBJECT)
        return false;
    while ((kind = json_next(&w->json)) == JSON_KEY || kind == JSON_OBJECT_END) {
        if (kind == JSON_KEY)
            take_member(w);
        else if (w->json.depth == 0)
            break;
    }
    return json_next(&w->json) == JSON_END;
}

static struct slice source_of(struct walk *w)
{
    struct text *t = &w->context->source;

    if (w->has_journal && w->who.rank)
        return w->who.name;
    if (!w->container.rank)
        return w->source.value;
    if (w->source.rank < 9) /* a host or an application says less than a container */
        return w->container.value;
    text_clear(t);
    text_put(t, w->source.value);
    text_put_char(t, '/');
    text_put(t, w->container.value);
    return slice_of(t->ptr, t->len);
}

static enum wrapping wrapping_of(const struct walk *w)
{
    bool is_msg = slice_eq(w->text_key, SLICE("msg"));

    if (w->has_journal)
        return WRAPPING_JOURNALD_JSON;
    if (slice_eq(w->text_key, SLICE("log")) && w->stream && w->time.rank &&
        !w->has_transport)
        return WRAPPING_DOCKER;
    if (w->has_transport || w->stream || slice_eq(w->text_key, SLICE("textPayload")) ||
        slice_eq(w->text_key, SLICE("_raw")))
        return WRAPPING_JSON;
    return w->has_level || is_msg ? WRAPPING_APP_JSON : WRAPPING_JSON;
}

static void settle_text(struct walk *w, struct peeled *out)
{
    struct text *t = &w->context->text;
    struct slice raw = w->text.value;

    if (w->is_bytes || raw.len == 0 || !memchr(raw.ptr, '\\', raw.len)) {
        out->text = raw;
    } else {
        text_clear(t);
        unescape_put(t, raw);
        out->text = slice_of(t->ptr, t->len);
    }
    if (slice_ends(out->text, SLICE("\n")))
        out->text.len--;
    else
        out->is_part = out->wrapping == WRAPPING_DOCKER && w->context->has_newlines;
    if (slice_ends(out->text, SLICE("\r")) && !out->is_part)
        out->text.len--;
}

static bool has_brackets(struct slice line)
{
    size_t end = line.len;

    while (end && (line.ptr[end - 1] == ' ' || line.ptr[end - 1] == '\r'))
        end--;
    return end > 1 && line.ptr[0] == '{' && line.ptr[end - 1] == '}';
}

bool peel_json(struct peel_context *c, struct slice line, struct peeled *out)
{
    struct walk w = {.context = c, .who.pid = -1};

    while (line.len && (line.ptr[0] == ' ' || line.ptr[0] == '\t'))
        line = slice_after(line, 1);
    if (!has_brackets(line) || !walk_line(&w, line) || !w.text.rank)
        return false;
    /* A text alone may be anything: who said it, when, or how bad it was comes along
     * where it is a log. */
    if (!w.time.rank && !w.has_level && !w.has_transport && !w.has_journal)
        return false;
    out->wrapping = wrapping_of(&w);
    out->is_app = out->wrapping == WRAPPING_APP_JSON;
    out->source = source_of(&w);
    if (w.has_journal) {
        /* Of a container it is the daemon's, which wrote the line for it. */
        out->pid = w.who.is_container ? -1 : w.who.pid;
        out->scope = w.who.host;
    }
    out->stream = w.stream;
    if (w.time.rank)
        (void)any_stamp(c, w.time.value, out);
    settle_text(&w, out);
    return true;
}

/* Docker writes the text first; what others write so has stream and time before it. */
enum wrapping peel_json_front(struct slice front)
{
    static const struct slice docker[] = {SLICE_INIT("stream"), SLICE_INIT("time")};
    struct json j = json_init(front);
    enum json_kind kind = json_next(&j);

    if (kind != JSON_OBJECT)
        return WRAPPINGS;
    while (json_next(&j) == JSON_KEY) {
        struct slice name = j.text;
        const struct key *key = find_key(name);

        kind = json_next(&j);
        if (slice_starts(name, SLICE("__")) || slice_eq(name, SLICE("MESSAGE")) ||
            (key && key->role == ROLE_JOURNAL))
            return WRAPPING_JOURNALD_JSON;
        if (slice_eq(name, SLICE("log")) && (kind == JSON_STRING || kind == JSON_ERROR))
            return WRAPPING_DOCKER;
        if (!slice_is_any(name, docker, COUNT_OF(docker)))
            return WRAPPINGS;
        json_skip(&j, kind);
    }
    return WRAPPINGS;
}

/* Cheap for a line that is none: its first bytes say so. */
bool peel_stray(struct peel_context *c, struct slice line, struct peeled *out)
{
    *out = (struct peeled){.pid = -1};
    if (line.len < 20)
        return false;
    if (line.ptr[0] != '{')
        return peel_cri(c, line, out);
    return line.ptr[1] == '"' && peel_json(c, line, out) &&
           peel_is_unmistakable(out->wrapping);
}
