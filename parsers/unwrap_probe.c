/* Which wrapping the head of a stream is in: its lines vote. */
#include "model/base/compiler.h"
#include "parsers/scan.h"
#include "parsers/text_line.h"
#include "parsers/unwrap_table.h"

#define VOTERS_MAX 400 /* lines looked at: more would not change the answer */

/* What it takes. An application's own format has raw lines of the runtime between its
 * lines; a transport has no line without. `least`: of what may be chance. */
static const struct {
    unsigned percent, least;
} bars[WRAPPINGS] = {
    [WRAPPING_DOCKER] = {60, 1},   [WRAPPING_JOURNALD_JSON] = {60, 1},
    [WRAPPING_CRI] = {60, 1},      [WRAPPING_KUBECTL] = {60, 1},
    [WRAPPING_LOGCLI] = {60, 2},   [WRAPPING_COMPOSE] = {80, 3},
    [WRAPPING_JOURNALD] = {50, 1}, [WRAPPING_SYSLOG] = {50, 1},
    [WRAPPING_JSON] = {60, 1},     [WRAPPING_APP_JSON] = {50, 1},
    [WRAPPING_KLOG] = {50, 1},
};

struct ballot {
    unsigned votes[WRAPPINGS];
    unsigned voters;
    bool has_newlines;
};

/* What tools say before the log begins. */
static bool is_preamble(struct slice line)
{
    return slice_starts(line, SLICE("-- ")) || slice_starts(line, SLICE("==> ")) ||
           slice_starts(line, SLICE("Attaching to ")) ||
           slice_starts(line, SLICE("time=\"")) || text_trim(line).len == 0;
}

static bool claim(struct peel_context *c, struct slice line, struct peeled *out)
{
    static const enum wrapping order[] = {
        WRAPPING_DOCKER,  WRAPPING_CRI,    WRAPPING_KUBECTL, WRAPPING_LOGCLI,
        WRAPPING_COMPOSE, WRAPPING_SYSLOG, WRAPPING_KLOG};

    for (size_t i = 0; i < COUNT_OF(order); i++) {
        *out = (struct peeled){.pid = -1};
        if (unwrap_peel(c, order[i], line, out))
            return true;
    }
    return false;
}

/* The only line of the head, which it is longer than. */
static void vote_by_front(struct slice front, struct ballot *b)
{
    enum wrapping w = WRAPPINGS;

    if (front.len >= LIMIT_PROBE_BYTES / 2)
        w = peel_json_front(front);
    if (w < WRAPPINGS)
        b->votes[w]++;
    b->has_newlines |= w == WRAPPING_DOCKER; /* as its texts do */
}

/* Each whole line votes. */
static struct ballot vote(struct peel_context *c, struct slice head, bool is_whole)
{
    struct ballot b = {0};

    while (head.len && b.voters < VOTERS_MAX) {
        const char *end = head.ptr + head.len, *stop = scan_line_end(head.ptr, end);
        struct slice line = slice_first(head, (size_t)(stop - head.ptr));
        struct peeled out;

        if (stop == end && !is_whole)
            break;
        head = slice_after(head, line.len + (stop < end));
        line = text_line_content(line);
        if (is_preamble(line))
            continue;
        b.voters++;
        if (claim(c, line, &out)) {
            b.votes[out.wrapping]++;
            b.has_newlines |= out.wrapping == WRAPPING_DOCKER && !out.is_part;
        } else if (stop == end && b.voters == 1) {
            vote_by_front(line, &b);
        }
    }
    return b;
}

/* The lines that speak for or against a wrapping: those of another that nothing else can
 * be taken for are of a log that was put before or behind. */
static unsigned voters_on(const struct ballot *b, enum wrapping w)
{
    unsigned voters = b->voters;

    for (enum wrapping other = 0; other < WRAPPINGS; other++) {
        if (other != w && peel_is_unmistakable(other))
            voters -= b->votes[other];
    }
    return voters;
}

/* The wrapping with most votes that has enough of them; WRAPPINGS: none. *is_near: one
 * would have with more lines. */
static enum wrapping count(const struct ballot *b, bool *is_near)
{
    enum wrapping best = WRAPPINGS;

    *is_near = false;
    for (enum wrapping w = 0; w < WRAPPINGS; w++) {
        if (!bars[w].percent || !b->votes[w] ||
            b->votes[w] * 100 < voters_on(b, w) * bars[w].percent)
            continue;
        if (b->votes[w] < bars[w].least)
            *is_near = true;
        else if (best == WRAPPINGS || b->votes[w] > b->votes[best])
            best = w;
    }
    return best;
}

/* JSON and klog lines may be somebody's format as they are. */
static bool is_claimed_raw(struct slice head, bool is_whole, enum wrapping w)
{
    const struct parser_ops *parser;
    bool need_more;

    if (w != WRAPPING_JSON && w != WRAPPING_APP_JSON && w != WRAPPING_KLOG)
        return false;
    parser = parser_probe(head, is_whole, &need_more);
    return parser && strcmp(parser->name, "gctrace") != 0;
}

/* The texts inside of the layer. */
static void look_inside(struct peel_context *c, enum wrapping w, struct slice head,
                        struct text *inside)
{
    unsigned lines = 0;

    text_clear(inside);
    while (head.len && lines++ < VOTERS_MAX) {
        struct slice line = text_line_first(head, &head);
        struct peeled out = {.pid = -1};

        if (!unwrap_peel(c, w, line, &out))
            continue;
        text_put(inside, out.text);
        text_put_char(inside, '\n');
    }
}

static bool is_transport(enum wrapping w)
{
    return w < WRAPPINGS && w != WRAPPING_APP_JSON && w != WRAPPING_KLOG;
}

/* Layers inside of the first, whose texts are in c->… of one line at a time. */
static void find_inner(struct peel_context *c, struct slice head,
                       struct unwrap_plan *plan)
{
    struct text texts[2] = {{0}, {0}};
    bool is_near;

    while (plan->depth < LIMIT_UNWRAP_DEPTH) {
        struct text *inside = &texts[plan->depth % 2];
        struct ballot b;
        enum wrapping w;

        look_inside(c, plan->layers[plan->depth - 1], head, inside);
        head = slice_of(inside->ptr, inside->len);
        b = vote(c, head, true);
        w = count(&b, &is_near);
        if (!is_transport(w) || b.votes[w] * 10 < b.voters * 8)
            break;
        plan->layers[plan->depth++] = (unsigned char)w;
        plan->has_newlines |= b.has_newlines;
    }
    text_finish(&texts[0]);
    text_finish(&texts[1]);
}

static enum probe find(struct peel_context *c, struct slice head, bool is_whole,
                       struct unwrap_plan *plan)
{
    struct ballot b;
    enum wrapping w;
    bool is_near;

    if (c->pattern) {
        *plan = (struct unwrap_plan){.layers = {WRAPPING_PREFIX}, .depth = 1};
    } else {
        b = vote(c, head, is_whole);
        w = count(&b, &is_near);
        if (w == WRAPPINGS || is_claimed_raw(head, is_whole, w))
            return (is_near || b.voters == 0) && !is_whole ? PROBE_NEED_MORE : PROBE_NO;
        *plan = (struct unwrap_plan){
            .layers = {(unsigned char)w},
            .depth = 1,
            .has_newlines = b.has_newlines,
        };
    }
    if (is_transport((enum wrapping)plan->layers[0]))
        find_inner(c, head, plan);
    return PROBE_CERTAIN;
}

enum probe unwrap_probe(struct slice head, bool is_whole,
                        const struct unwrap_options *options, struct unwrap_plan *plan)
{
    struct peel_context c = {
        .reference_ns = options->reference_ns,
        .pattern = options->pattern,
        .has_newlines = true,
    };
    enum probe answer;

    *plan = (struct unwrap_plan){0};
    is_whole |= head.len >= LIMIT_PROBE_BYTES;
    if (!options->pattern) {
        answer = journal_export_probe(head, is_whole);
        if (answer == PROBE_CERTAIN)
            *plan = (struct unwrap_plan){.layers = {WRAPPING_EXPORT}, .depth = 1};
        if (answer != PROBE_NO)
            return answer;
    }
    answer = find(&c, head, is_whole, plan);
    peel_finish(&c);
    return answer;
}
