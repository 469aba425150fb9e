#include "parsers/kernel_log_facts.h"

#include <assert.h>

#include "model/base/compiler.h"
#include "model/base/num.h"
#include "parsers/text_line.h"

#define KIB_BYTES 1024.0

/* Which figures the kernel counts in pages is a property of the fact: all of Mem-Info but
 * swap. */
static const struct {
    const char *name;
    bool in_pages;
} facts[] = {
    [KLOG_USAGE] = {"usage_bytes", false},
    [KLOG_LIMIT] = {"cgroup_limit_bytes", false},
    [KLOG_FAILCNT] = {"failcnt", false},
    [KLOG_SWAP_USAGE] = {"swap_usage_bytes", false},
    [KLOG_SWAP_LIMIT] = {"swap_limit_bytes", false},
    [KLOG_MEMSW_USAGE] = {"memsw_usage_bytes", false},
    [KLOG_MEMSW_LIMIT] = {"memsw_limit_bytes", false},
    [KLOG_CG_ANON] = {"memcg_anon_bytes", false},
    [KLOG_CG_FILE] = {"memcg_file_bytes", false},
    [KLOG_CG_KERNEL] = {"memcg_kernel_bytes", false},
    [KLOG_CG_KERNEL_STACK] = {"memcg_kernel_stack_bytes", false},
    [KLOG_CG_PAGETABLES] = {"memcg_pagetables_bytes", false},
    [KLOG_CG_SOCK] = {"memcg_sock_bytes", false},
    [KLOG_CG_SHMEM] = {"memcg_shmem_bytes", false},
    [KLOG_CG_SLAB] = {"memcg_slab_bytes", false},
    [KLOG_CG_SLAB_RECLAIMABLE] = {"memcg_slab_reclaimable_bytes", false},
    [KLOG_CG_HUGE] = {"memcg_anon_huge_bytes", false},
    [KLOG_CG_SWAP] = {"memcg_swap_bytes", false},
    [KLOG_CG_INACTIVE_FILE] = {"memcg_inactive_file_bytes", false},
    [KLOG_CG_ACTIVE_FILE] = {"memcg_active_file_bytes", false},
    [KLOG_CG_UNEVICTABLE] = {"memcg_unevictable_bytes", false},
    [KLOG_HOST_FREE] = {"host_free_bytes", true},
    [KLOG_HOST_ACTIVE_ANON] = {"host_active_anon_bytes", true},
    [KLOG_HOST_INACTIVE_ANON] = {"host_inactive_anon_bytes", true},
    [KLOG_HOST_ACTIVE_FILE] = {"host_active_file_bytes", true},
    [KLOG_HOST_INACTIVE_FILE] = {"host_inactive_file_bytes", true},
    [KLOG_HOST_UNEVICTABLE] = {"host_unevictable_bytes", true},
    [KLOG_HOST_SLAB_RECLAIMABLE] = {"host_slab_reclaimable_bytes", true},
    [KLOG_HOST_SLAB_UNRECLAIMABLE] = {"host_slab_unreclaimable_bytes", true},
    [KLOG_HOST_SHMEM] = {"host_shmem_bytes", true},
    [KLOG_HOST_PAGETABLES] = {"host_pagetables_bytes", true},
    [KLOG_HOST_RAM] = {"host_ram_bytes", true},
    [KLOG_HOST_SWAP_FREE] = {"host_swap_free_bytes", false},
    [KLOG_HOST_SWAP_TOTAL] = {"host_swap_total_bytes", false},
    [KLOG_TOTAL_VM] = {"total_vm_bytes", false},
    [KLOG_ANON_RSS] = {"anon_rss_bytes", false},
    [KLOG_FILE_RSS] = {"file_rss_bytes", false},
    [KLOG_SHMEM_RSS] = {"shmem_rss_bytes", false},
    [KLOG_PGTABLES] = {"pgtables_bytes", false},
    [KLOG_OOM_SCORE] = {"oom_score", false},
    [KLOG_OOM_SCORE_ADJ] = {"oom_score_adj", false},
    [KLOG_UID] = {"uid", false},
};
static_assert(COUNT_OF(facts) == KLOG_FACTS, "a name for each fact");

const char *klog_fact_name(enum klog_fact fact)
{
    return facts[fact].name;
}

bool klog_fact_in_pages(enum klog_fact fact)
{
    return facts[fact].in_pages;
}

void klog_put_pair(struct klog_parsed *p, enum klog_fact fact, unsigned char rank,
                   double value)
{
    if (p->pair_count < KLOG_PAIRS)
        p->pairs[p->pair_count++] = (struct klog_pair){fact, rank, value};
}

/*
 * Keys of memory.stat as the report prints them: of cgroup v2, and of v1, whose total_…
 * covers the cgroups below as well, as v2's figures do, and so says it better.
 */
static const struct stat_key {
    struct slice key;
    enum klog_fact fact;
    unsigned char rank;
} stat_keys[] = {
    {SLICE_INIT("anon"), KLOG_CG_ANON, 1},
    {SLICE_INIT("rss"), KLOG_CG_ANON, 1},
    {SLICE_INIT("total_rss"), KLOG_CG_ANON, 2},
    {SLICE_INIT("file"), KLOG_CG_FILE, 1},
    {SLICE_INIT("cache"), KLOG_CG_FILE, 1},
    {SLICE_INIT("total_cache"), KLOG_CG_FILE, 2},
    {SLICE_INIT("kernel"), KLOG_CG_KERNEL, 2},
    {SLICE_INIT("kernel_stack"), KLOG_CG_KERNEL_STACK, 1},
    {SLICE_INIT("pagetables"), KLOG_CG_PAGETABLES, 1},
    {SLICE_INIT("sock"), KLOG_CG_SOCK, 1},
    {SLICE_INIT("shmem"), KLOG_CG_SHMEM, 1},
    {SLICE_INIT("total_shmem"), KLOG_CG_SHMEM, 2},
    {SLICE_INIT("slab"), KLOG_CG_SLAB, 1},
    {SLICE_INIT("slab_reclaimable"), KLOG_CG_SLAB_RECLAIMABLE, 1},
    {SLICE_INIT("anon_thp"), KLOG_CG_HUGE, 1},
    {SLICE_INIT("rss_huge"), KLOG_CG_HUGE, 1},
    {SLICE_INIT("total_rss_huge"), KLOG_CG_HUGE, 2},
    {SLICE_INIT("swap"), KLOG_CG_SWAP, 1},
    {SLICE_INIT("total_swap"), KLOG_CG_SWAP, 2},
    {SLICE_INIT("inactive_file"), KLOG_CG_INACTIVE_FILE, 1},
    {SLICE_INIT("total_inactive_file"), KLOG_CG_INACTIVE_FILE, 2},
    {SLICE_INIT("active_file"), KLOG_CG_ACTIVE_FILE, 1},
    {SLICE_INIT("total_active_file"), KLOG_CG_ACTIVE_FILE, 2},
    {SLICE_INIT("unevictable"), KLOG_CG_UNEVICTABLE, 1},
    {SLICE_INIT("total_unevictable"), KLOG_CG_UNEVICTABLE, 2},
};

static void put_stat(struct klog_parsed *p, struct slice key, double value)
{
    for (size_t i = 0; i < COUNT_OF(stat_keys); i++) {
        if (slice_eq(stat_keys[i].key, key)) {
            klog_put_pair(p, stat_keys[i].fact, stat_keys[i].rank, value);
            return;
        }
    }
}

static struct slice take_key(struct slice *s)
{
    struct slice key;

    text_skip_blanks(s);
    key = slice_first(*s, 0);
    while (key.len < s->len &&
           ((s->ptr[key.len] >= 'a' && s->ptr[key.len] <= 'z') ||
            (s->ptr[key.len] >= '0' && s->ptr[key.len] <= '9') || s->ptr[key.len] == '_'))
        key.len++;
    *s = slice_after(*s, key.len);
    return key;
}

bool klog_parse_stat(struct slice text, struct klog_parsed *out)
{
    struct slice s = text_trim(text), key = take_key(&s);
    uint64_t value;

    *out = (struct klog_parsed){.pid = -1};
    if (key.len == 0 || !text_take(&s, SLICE(" ")) || !text_take_u64(&s, &value) || s.len)
        return false;
    out->kind = KLOG_STAT;
    put_stat(out, key, (double)value);
    return true;
}

void klog_put_old_stats(struct slice text, struct klog_parsed *p)
{
    struct slice s = text;

    for (;;) {
        struct slice key = take_key(&s);
        uint64_t value;

        if (key.len == 0 || !text_take(&s, SLICE(":")) || !text_take_u64(&s, &value) ||
            !text_take(&s, SLICE("KB")))
            return;
        put_stat(p, key, (double)value * KIB_BYTES);
    }
}

/* "51200kB": the unit is proof that the number is all there. */
static bool take_kib(struct slice *s, double *bytes)
{
    struct slice rest = *s;
    uint64_t kib;

    if (!text_take_u64(&rest, &kib) || !text_take(&rest, SLICE("kB")))
        return false;
    *bytes = (double)kib * KIB_BYTES;
    *s = rest;
    return true;
}

bool klog_parse_usage(struct slice text, struct klog_parsed *p)
{
    static const struct {
        struct slice front;
        enum klog_fact usage, limit;
        enum klog_kind kind;
    } forms[] = {
        {SLICE_INIT("memory: usage "), KLOG_USAGE, KLOG_LIMIT, KLOG_MEMORY},
        {SLICE_INIT("memory+swap: usage "), KLOG_MEMSW_USAGE, KLOG_MEMSW_LIMIT,
         KLOG_MEMORY_2},
        {SLICE_INIT("swap: usage "), KLOG_SWAP_USAGE, KLOG_SWAP_LIMIT, KLOG_MEMORY_2},
        {SLICE_INIT("kmem: usage "), KLOG_CG_KERNEL, KLOG_FACTS, KLOG_MEMORY_2},
    };

    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        struct slice s = text;
        uint64_t failcnt;
        double bytes;

        if (!text_take(&s, forms[i].front) || !take_kib(&s, &bytes))
            continue;
        p->kind = forms[i].kind;
        klog_put_pair(p, forms[i].usage, 1, bytes);
        if (!text_take(&s, SLICE(", limit ")) || !take_kib(&s, &bytes))
            return true;
        if (forms[i].limit != KLOG_FACTS)
            klog_put_pair(p, forms[i].limit, 1, bytes);
        if (p->kind == KLOG_MEMORY && text_take(&s, SLICE(", failcnt ")) &&
            text_take_u64(&s, &failcnt))
            klog_put_pair(p, KLOG_FAILCNT, 1, (double)failcnt);
        return true;
    }
    return false;
}

/* "active_anon:1999425 inactive_anon:0 …", in pages. */
static bool parse_page_counts(struct slice text, struct klog_parsed *p)
{
    static const struct {
        struct slice key;
        enum klog_fact fact;
    } keys[] = {
        {SLICE_INIT("free"), KLOG_HOST_FREE},
        {SLICE_INIT("active_anon"), KLOG_HOST_ACTIVE_ANON},
        {SLICE_INIT("inactive_anon"), KLOG_HOST_INACTIVE_ANON},
        {SLICE_INIT("active_file"), KLOG_HOST_ACTIVE_FILE},
        {SLICE_INIT("inactive_file"), KLOG_HOST_INACTIVE_FILE},
        {SLICE_INIT("unevictable"), KLOG_HOST_UNEVICTABLE},
        {SLICE_INIT("slab_reclaimable"), KLOG_HOST_SLAB_RECLAIMABLE},
        {SLICE_INIT("slab_unreclaimable"), KLOG_HOST_SLAB_UNRECLAIMABLE},
        {SLICE_INIT("shmem"), KLOG_HOST_SHMEM},
        {SLICE_INIT("pagetables"), KLOG_HOST_PAGETABLES},
    };
    struct slice s = text;

    for (;;) {
        struct slice key = take_key(&s);
        uint64_t value;

        if (key.len == 0 || !text_take(&s, SLICE(":")) || !text_take_u64(&s, &value) ||
            (s.len && s.ptr[0] != ' '))
            return p->pair_count > 0;
        p->kind = KLOG_HOST;
        for (size_t i = 0; i < COUNT_OF(keys); i++) {
            if (slice_eq(keys[i].key, key))
                klog_put_pair(p, keys[i].fact, 1, (double)value);
        }
    }
}

bool klog_parse_host(struct slice text, struct klog_parsed *p)
{
    struct slice s = text_trim(text), rest = s;
    double bytes;
    uint64_t pages;

    if (text_take(&rest, SLICE("Free swap  = ")) && take_kib(&rest, &bytes))
        klog_put_pair(p, KLOG_HOST_SWAP_FREE, 1, bytes);
    else if (text_take(&rest, SLICE("Total swap = ")) && take_kib(&rest, &bytes))
        klog_put_pair(p, KLOG_HOST_SWAP_TOTAL, 1, bytes);
    else if (text_take_u64(&rest, &pages) && slice_eq(rest, SLICE(" pages RAM")))
        klog_put_pair(p, KLOG_HOST_RAM, 1, (double)pages);
    else
        return parse_page_counts(s, p);
    p->kind = KLOG_HOST;
    return true;
}

/* Where the log was cut, the rest of a figure is no fault. */
static bool is_cut_kib(struct slice s)
{
    while (s.len && s.ptr[0] >= '0' && s.ptr[0] <= '9')
        s = slice_after(s, 1);
    return s.len == 0 || slice_eq(s, SLICE("k"));
}

void klog_put_kill(struct slice text, struct klog_parsed *p)
{
    static const struct {
        struct slice key;
        enum klog_fact fact;
    } keys[] = {
        {SLICE_INIT(" total-vm:"), KLOG_TOTAL_VM},
        {SLICE_INIT(" vsz:"), KLOG_TOTAL_VM},
        {SLICE_INIT("anon-rss:"), KLOG_ANON_RSS},
        {SLICE_INIT("file-rss:"), KLOG_FILE_RSS},
        {SLICE_INIT("shmem-rss:"), KLOG_SHMEM_RSS},
        {SLICE_INIT(" pgtables:"), KLOG_PGTABLES},
    };
    struct slice s;
    int64_t number;
    double bytes;
    size_t at;

    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        at = text_find(text, keys[i].key);
        if (at == text.len)
            continue;
        s = slice_after(text, at + keys[i].key.len);
        if (take_kib(&s, &bytes))
            klog_put_pair(p, keys[i].fact, 1, bytes);
        else if (!is_cut_kib(s))
            p->reason = "malformed figure of a kill: left out";
    }
    at = text_find(text, SLICE("UID"));
    s = slice_after(text, at < text.len ? at + 3 : at);
    if ((text_take(&s, SLICE(":")) || text_take(&s, SLICE(" "))) &&
        text_take_i64(&s, &number))
        klog_put_pair(p, KLOG_UID, 1, (double)number);
    at = text_find(text, SLICE(" oom_score_adj:"));
    s = slice_after(text, at < text.len ? at + 15 : at);
    if (s.len && text_take_i64(&s, &number))
        klog_put_pair(p, KLOG_OOM_SCORE_ADJ, 1, (double)number);
}
