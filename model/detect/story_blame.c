#include "model/detect/story_blame.h"

#include <stdlib.h>

#include "model/base/mem.h"
#include "model/base/num.h"

/* Go's heap profile takes a sample every 512 KiB: a growth of fewer than three may be
 * chance. Goroutine profiles count every one. */
#define HEAP_GROWTH_MIN 1.5e6
#define GOROUTINE_GROWTH_MIN 3

/* Who has less than this of the growth is not the one to look at. */
#define SHARE_MIN 0.1

/* The first elements of the standard library's import paths, `go list std` of Go 1.26. */
static const char *const std_packages[] = {
    "archive",  "bufio",    "bytes",   "cmp",     "compress", "container", "context",
    "crypto",   "database", "debug",   "embed",   "encoding", "errors",    "expvar",
    "flag",     "fmt",      "go",      "hash",    "html",     "image",     "index",
    "internal", "io",       "iter",    "log",     "maps",     "math",      "mime",
    "net",      "os",       "path",    "plugin",  "reflect",  "regexp",    "runtime",
    "slices",   "sort",     "strconv", "strings", "structs",  "sync",      "syscall",
    "testing",  "text",     "time",    "type:",   "unicode",  "unique",    "unsafe",
    "vendor",   "weak",
};

/* "encoding" of "encoding/json.(*Decoder).Decode", "main" of "main.live". */
static struct slice first_element(struct slice symbol)
{
    size_t len = 0;

    while (len < symbol.len && symbol.ptr[len] != '/' && symbol.ptr[len] != '.')
        len++;
    return slice_first(symbol, len);
}

static bool is_of_go(const struct profile_store *store, uint32_t symbol)
{
    struct slice element = first_element(profile_symbol_name(store, symbol));

    for (size_t i = 0; i < COUNT_OF(std_packages); i++) {
        if (slice_eq(element, slice_str(std_packages[i])))
            return true;
    }
    return false;
}

static uint32_t symbol_of(const struct profile_store *store, uint32_t node)
{
    return profile_frame_of(store, profile_node_frame(store, node)).symbol;
}

/* What a question to the profiles needs along the way. */
struct ledger {
    const struct profile_store *store;
    double *nodes;   /* of each: what it has more than before */
    double *symbols; /* the same, laid to whom to look at */
    size_t node_count;
};

static size_t type_of(const struct profile_store *store, const struct profile *p)
{
    size_t type = p->default_type;

    if (p->kind == PROFILE_HEAP)
        (void)profile_find_type(store, p, SLICE("inuse_space"), &type);
    return type;
}

static void add_profile(struct ledger *l, const struct profile *p, double sign)
{
    struct profile_rows rows = profile_rows(p);
    size_t type = type_of(l->store, p);

    while (profile_rows_next(&rows)) {
        if (rows.node != PROFILE_ROOT)
            l->nodes[rows.node] += sign * (double)rows.values[type];
    }
}

/* The nearest function that is the program's own; the leaf where all are Go's. */
static uint32_t owner_of(const struct profile_store *store, uint32_t leaf)
{
    uint32_t node = leaf;

    while (node != PROFILE_ROOT && is_of_go(store, symbol_of(store, node)))
        node = profile_node_parent(store, node);
    return symbol_of(store, node == PROFILE_ROOT ? leaf : node);
}

static void lay_to_owners(struct ledger *l)
{
    for (size_t node = 1; node < l->node_count; node++) {
        if (l->nodes[node] != 0)
            l->symbols[owner_of(l->store, (uint32_t)node)] += l->nodes[node];
    }
}

/* The one with the most; of Go's own functions only where nobody else has anything. */
static bool find_most(const struct ledger *l, double least, struct blame *out)
{
    size_t count = profile_symbol_count(l->store);
    double total = 0;
    bool has_own = false;

    for (size_t i = 0; i < count; i++) {
        double amount = l->symbols[i];
        bool is_own;

        if (amount <= 0)
            continue;
        total += amount;
        is_own = !is_of_go(l->store, (uint32_t)i);
        if (is_own < has_own || (is_own == has_own && amount <= out->amount))
            continue;
        has_own = is_own;
        out->symbol = (uint32_t)i;
        out->amount = amount;
    }
    out->share = total > 0 ? out->amount / total : 0;
    return out->amount >= least && out->share >= SHARE_MIN;
}

static struct blame compare(const struct profile_store *store, const struct profile *base,
                            const struct profile *last)
{
    struct ledger l = {.store = store, .node_count = last->nodes_end};
    double least =
        last->kind == PROFILE_GOROUTINE ? GOROUTINE_GROWTH_MIN : HEAP_GROWTH_MIN;
    struct blame blame = {.is_growth = base != NULL, .to_ns = profile_time(last)};

    blame.from_ns = base ? profile_time(base) : blame.to_ns;
    if (base && base->nodes_end > l.node_count)
        l.node_count = base->nodes_end;
    l.nodes = mem_alloc_array(l.node_count ? l.node_count : 1, sizeof *l.nodes);
    l.symbols = mem_alloc_array(profile_symbol_count(store) + 1, sizeof *l.symbols);
    add_profile(&l, last, 1);
    if (base)
        add_profile(&l, base, -1);
    lay_to_owners(&l);
    blame.has = find_most(&l, least, &blame);
    free(l.nodes);
    free(l.symbols);
    return blame;
}

/* Which profiles answer a question, and until when no other would. */
struct pair {
    const struct profile *base, *last;
    int64_t from_ns, until_ns;
};

static bool is_about(const struct profile *p, const struct process *process,
                     enum profile_kind kind)
{
    return p->kind == kind && p->track->process == process && p->duration_ns == 0;
}

static struct pair choose_last(const struct profile_store *store,
                               const struct process *process, enum profile_kind kind,
                               int64_t at_ns)
{
    struct pair pair = {.from_ns = INT64_MIN, .until_ns = INT64_MAX};

    for (size_t i = 0; i < profile_store_count(store); i++) {
        const struct profile *p = profile_store_at(store, i);
        int64_t time_ns;

        if (!is_about(p, process, kind))
            continue;
        time_ns = profile_time(p);
        if (time_ns > at_ns) {
            pair.until_ns = time_ns < pair.until_ns ? time_ns : pair.until_ns;
        } else if (!pair.last || time_ns >= pair.from_ns) {
            pair.last = p;
            pair.from_ns = time_ns;
        }
    }
    return pair;
}

/* The same moment in another form, or what the same program wrote in another one: its
 * names of functions may differ. */
static bool is_comparable(const struct profile *a, const struct profile *b)
{
    return a->track->source->format == b->track->source->format;
}

/* The last one before the growth; where there is none, the first one in it. */
static void choose_base(const struct profile_store *store, const struct process *process,
                        int64_t onset_ns, struct pair *pair)
{
    int64_t best_ns = 0;

    for (size_t i = 0; i < profile_store_count(store); i++) {
        const struct profile *p = profile_store_at(store, i);
        int64_t time_ns;
        bool is_better;

        if (!is_about(p, process, pair->last->kind) || !is_comparable(p, pair->last))
            continue;
        time_ns = profile_time(p);
        if (time_ns >= pair->from_ns)
            continue;
        is_better =
            !pair->base || (time_ns <= onset_ns ? best_ns > onset_ns || time_ns > best_ns
                                                : time_ns < best_ns);
        if (is_better) {
            pair->base = p;
            best_ns = time_ns;
        }
    }
}

static struct blame answer(const struct session *s, const struct pair *pair,
                           int64_t onset_ns)
{
    if (!pair->last || pair->from_ns <= onset_ns)
        return (struct blame){0};
    return compare(s->profiles, pair->base, pair->last);
}

static struct pair choose(const struct session *s, const struct process *p,
                          enum profile_kind kind, int64_t onset_ns, int64_t at_ns)
{
    struct pair pair = choose_last(s->profiles, p, kind, at_ns);

    if (pair.last)
        choose_base(s->profiles, p, onset_ns, &pair);
    return pair;
}

struct blame blame_find(const struct session *s, const struct process *p,
                        enum profile_kind kind, int64_t onset_ns, int64_t at_ns)
{
    struct pair pair = choose(s, p, kind, onset_ns, at_ns);

    return answer(s, &pair, onset_ns);
}

struct blame blame_recall(struct blame_memo *memo, const struct session *s,
                          const struct process *p, enum profile_kind kind,
                          int64_t onset_ns, int64_t at_ns)
{
    struct pair pair;

    if (!memo)
        return blame_find(s, p, kind, onset_ns, at_ns);
    if (memo->is_filled && memo->session == s && memo->process == p &&
        memo->kind == kind && memo->revision == s->revision &&
        memo->onset_ns == onset_ns && at_ns >= memo->from_ns &&
        (at_ns < memo->until_ns || memo->until_ns == INT64_MAX))
        return memo->blame;
    pair = choose(s, p, kind, onset_ns, at_ns);
    *memo = (struct blame_memo){
        .is_filled = true,
        .session = s,
        .process = p,
        .kind = kind,
        .revision = s->revision,
        .onset_ns = onset_ns,
        .from_ns = pair.from_ns,
        .until_ns = pair.until_ns,
        .blame = answer(s, &pair, onset_ns),
    };
    return memo->blame;
}
