/* Reads a line of one of the kernel's files into the snapshot of its moment. */
#include <math.h>
#include <string.h>

#include "model/base/compiler.h"
#include "model/base/num.h"
#include "parsers/proc_files_internal.h"

/* statm and stat count in pages; it is 4 KiB on amd64, and on most arm64 kernels. */
#define PAGE_BYTES 4096.0
/* USER_HZ, which is 100 on all architectures that Go runs on but for alpha's like. */
#define TICK_NS 1e7

const char proc_begins_next[] = "begins the next one";

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_there(const struct proc_snapshot *s, uint32_t metric, struct slice prefix,
                     struct slice key)
{
    return figures_find(&s->figures, s->from, metric, prefix, key) < s->figures.count;
}

/* The same from another file of the moment stays as it is: VmRSS is Rss. */
static void put_metric(struct proc_snapshot *s, enum metric metric, double value)
{
    if (figures_find(&s->figures, 0, metric, SLICE(""), SLICE("")) == s->figures.count)
        figures_put_metric(&s->figures, metric, value);
}

static void put_named(struct proc_snapshot *s, struct slice prefix, struct slice key,
                      enum unit unit, double value)
{
    if (figures_find(&s->figures, 0, METRIC_COUNT, prefix, key) == s->figures.count)
        figures_put(&s->figures, prefix, key, unit, value);
}

/* Events and pages are counted, all else is bytes. */
static enum unit unit_of_key(const struct proc_file *file, struct slice key)
{
    static const struct slice counted[] = {
        SLICE_INIT("pg"),          SLICE_INIT("total_pg"),
        SLICE_INIT("workingset_"), SLICE_INIT("total_workingset_"),
        SLICE_INIT("thp_"),        SLICE_INIT("swpin"),
        SLICE_INIT("swpout"),      SLICE_INIT("zswpi"),
        SLICE_INIT("zswpo"),       SLICE_INIT("zswpwb"),
        SLICE_INIT("nr_"),         SLICE_INIT("numa_"),
    };

    if (file != &proc_files_table[PROC_FILE_CGROUP_STAT])
        return UNIT_COUNT;
    if (slice_starts_any(key, counted, COUNT_OF(counted)))
        return UNIT_COUNT;
    return UNIT_BYTES;
}

bool proc_snapshot_put(struct proc_snapshot *s, const struct proc_file *file,
                       struct slice key, double value)
{
    if (file->kind == PROC_NUMBER) {
        if (value < 0 && file->unit == UNIT_BYTES) /* -1: no limit */
            return true;
        if (is_there(s, file->metric, file->prefix, SLICE("")))
            return false;
        if (file->metric < METRIC_COUNT)
            put_metric(s, file->metric, value);
        else
            put_named(s, file->prefix, SLICE(""), file->unit, value);
        return true;
    }
    if (is_there(s, METRIC_COUNT, file->prefix, key))
        return false;
    put_named(s, file->prefix, key, unit_of_key(file, key), value);
    return true;
}

static const char *take_number(struct proc_snapshot *s, const struct proc_file *file,
                               struct slice line)
{
    double value;

    /* One is all that such a file holds, also where it says "max". */
    if (s->seen & UINT64_C(1) << (file - proc_files_table))
        return proc_begins_next;
    if (!proc_number(proc_take_word(&line), &value))
        return "malformed number";
    (void)proc_snapshot_put(s, file, SLICE(""), value);
    return NULL;
}

static const char *take_keyed(struct proc_snapshot *s, const struct proc_file *file,
                              struct slice line)
{
    struct slice key = proc_take_word(&line);
    double value;

    if (!proc_number(proc_take_word(&line), &value))
        return "malformed number";
    return proc_snapshot_put(s, file, key, value) ? NULL : proc_begins_next;
}

/* The share of time, with or without the catalogue's name for it. */
static const char *put_share(struct proc_snapshot *s, const struct proc_file *file,
                             struct slice share, struct slice key, double ratio)
{
    bool is_memory = slice_eq(file->prefix, SLICE("psi."));
    char name[24];
    size_t len = share.len + 1 + key.len;
    enum metric metric = share.ptr[0] == 's' ? METRIC_PSI_SOME : METRIC_PSI_FULL;

    if (!(ratio >= 0 && ratio <= 1.01))
        return "pressure beyond 100 %";
    if (is_memory && slice_eq(key, SLICE("avg10"))) {
        if (is_there(s, metric, SLICE(""), SLICE("")))
            return proc_begins_next;
        put_metric(s, metric, ratio);
        return NULL;
    }
    memcpy(name, share.ptr, share.len);
    name[share.len] = '.';
    memcpy(name + share.len + 1, key.ptr, key.len);
    if (is_there(s, METRIC_COUNT, file->prefix, slice_of(name, len)))
        return proc_begins_next;
    put_named(s, file->prefix, slice_of(name, len), UNIT_RATIO, ratio);
    return NULL;
}

const char *proc_snapshot_put_pressure(struct proc_snapshot *s,
                                       const struct proc_file *file, struct slice share,
                                       struct slice key, struct slice number)
{
    bool is_some = slice_eq(share, SLICE("some"));
    double value;

    if ((!is_some && !slice_eq(share, SLICE("full"))) ||
        !num_parse_double(number, &value) || !isfinite(value))
        return "malformed pressure";
    if (slice_eq(key, SLICE("total"))) {
        put_named(s, file->prefix, is_some ? SLICE("some.total") : SLICE("full.total"),
                  UNIT_NS, value * (double)NS_PER_US);
        return NULL;
    }
    if (!slice_eq(key, SLICE("avg10")) && !slice_eq(key, SLICE("avg60")) &&
        !slice_eq(key, SLICE("avg300")))
        return NULL; /* whatever a later kernel adds */
    if (!figures_percent(number, &value))
        return "malformed pressure";
    return put_share(s, file, share, key, value);
}

static const char *take_pressure(struct proc_snapshot *s, const struct proc_file *file,
                                 struct slice line)
{
    struct slice share = proc_take_word(&line), word;

    while ((word = proc_take_word(&line)).len) {
        const char *equals = memchr(word.ptr, '=', word.len), *reason;
        size_t len = equals ? (size_t)(equals - word.ptr) : 0;

        if (!equals)
            return "malformed pressure";
        reason = proc_snapshot_put_pressure(s, file, share, slice_first(word, len),
                                            slice_after(word, len + 1));
        if (reason)
            return reason;
    }
    return NULL;
}

static bool parse_bytes(struct slice line, double *bytes)
{
    struct slice number = proc_take_word(&line), unit = proc_take_word(&line);
    uint64_t value;

    if (!num_parse_u64(number, &value))
        return false;
    *bytes = (double)value * 1024;
    return slice_eq(unit, SLICE("kB"));
}

static const char *put_bytes(struct proc_snapshot *s, const struct proc_file *file,
                             struct slice key, struct slice rest, struct slice rss_key)
{
    double bytes;

    if (!parse_bytes(rest, &bytes))
        return "expected a number of kB";
    if (slice_eq(key, rss_key)) {
        if (is_there(s, METRIC_MEM_RSS, SLICE(""), SLICE("")))
            return proc_begins_next;
        put_metric(s, METRIC_MEM_RSS, bytes);
        return NULL;
    }
    if (is_there(s, METRIC_COUNT, file->prefix, key))
        return proc_begins_next;
    put_named(s, file->prefix, key, UNIT_BYTES, bytes);
    return NULL;
}

static void keep_program(struct proc_snapshot *s, struct slice name)
{
    s->program_len = name.len < PROC_NAME_MAX ? name.len : PROC_NAME_MAX;
    if (s->program_len)
        memcpy(s->program, name.ptr, s->program_len);
}

static const char *put_pid(struct proc_snapshot *s, struct slice word)
{
    uint64_t pid;

    if (!num_parse_u64(word, &pid) || pid > INT32_MAX)
        return "malformed pid";
    if (s->pid >= 0 && s->pid != (int64_t)pid)
        return proc_begins_next;
    s->pid = (int64_t)pid;
    return NULL;
}

static const char *put_count(struct proc_snapshot *s, const struct proc_file *file,
                             struct slice key, struct slice rest)
{
    uint64_t count;

    if (!num_parse_u64(proc_take_word(&rest), &count))
        return "malformed number";
    if (slice_eq(key, SLICE("Threads"))) {
        if (is_there(s, METRIC_SCHED_THREADS, SLICE(""), SLICE("")))
            return proc_begins_next;
        put_metric(s, METRIC_SCHED_THREADS, (double)count);
        return NULL;
    }
    put_named(s, file->prefix, key, UNIT_COUNT, (double)count);
    return NULL;
}

/* What follows "Key:". */
static struct slice behind_key(struct slice line, struct slice key)
{
    struct slice rest = slice_after(line, key.len + 1);

    while (rest.len && (rest.ptr[0] == ' ' || rest.ptr[0] == '\t'))
        rest = slice_after(rest, 1);
    return rest;
}

static const char *take_status(struct proc_snapshot *s, const struct proc_file *file,
                               struct slice line)
{
    struct slice key = proc_key_of(line), rest = behind_key(line, key);

    if (slice_eq(key, SLICE("Name"))) {
        if (s->seen & UINT64_C(1) << PROC_FILE_STATUS)
            return proc_begins_next;
        keep_program(s, rest);
        return NULL;
    }
    /* Of a thread's status, Tgid is the process. */
    if (slice_eq(key, SLICE("Tgid")))
        return put_pid(s, rest);
    if (slice_eq(key, SLICE("Pid")))
        return s->pid < 0 ? put_pid(s, rest) : NULL;
    if (slice_starts(key, SLICE("Vm")) || slice_starts(key, SLICE("Rss")) ||
        slice_eq(key, SLICE("HugetlbPages")))
        return put_bytes(s, file, key, rest, SLICE("VmRSS"));
    if (slice_eq(key, SLICE("Threads")) || slice_ends(key, SLICE("_ctxt_switches")))
        return put_count(s, file, key, rest);
    return NULL; /* masks, ids: no figures of memory */
}

/* Sizes of the page tables' entries, flags: not what the mapping holds. */
static bool is_attribute(struct slice key)
{
    static const struct slice keys[] = {
        SLICE_INIT("KernelPageSize"), SLICE_INIT("MMUPageSize"),   SLICE_INIT("VmFlags"),
        SLICE_INIT("THPeligible"),    SLICE_INIT("ProtectionKey"),
    };

    return slice_is_any(key, keys, COUNT_OF(keys));
}

static const char *take_rollup(struct proc_snapshot *s, const struct proc_file *file,
                               struct slice line)
{
    struct slice key = proc_key_of(line);

    if (slice_ends(line, SLICE("[rollup]")))
        return s->seen & UINT64_C(1) << PROC_FILE_ROLLUP ? proc_begins_next : NULL;
    if (key.len == line.len || line.ptr[key.len] != ':')
        return "expected a key";
    if (is_attribute(key))
        return NULL;
    return put_bytes(s, file, key, behind_key(line, key), SLICE("Rss"));
}

/* The series that a mapping's resident bytes are counted under: "smaps.go.heap" of what
 * Go 1.25 and later call "[anon: Go: heap]". */
static void name_mapping(struct proc_snapshot *s, struct slice name)
{
    struct slice front = SLICE("smaps."), rest = name;
    size_t len;

    if (name.len == 0) {
        rest = SLICE("anon");
    } else if (name.ptr[0] != '[') {
        rest = SLICE("file");
    } else {
        rest = slice_after(rest, 1);
        if (slice_starts(rest, SLICE("anon:")))
            rest = slice_after(rest, 5);
        if (slice_starts(rest, SLICE(" Go: "))) {
            front = SLICE("smaps.go.");
            rest = slice_after(rest, 5);
        }
    }
    len = front.len;
    memcpy(s->mapping, front.ptr, len);
    for (size_t i = 0; i < rest.len && rest.ptr[i] != ']' && len < PROC_NAME_MAX; i++)
        s->mapping[len++] = rest.ptr[i] == ' ' ? '_' : rest.ptr[i];
    s->mapping_len = len;
}

static const char *begin_mapping(struct proc_snapshot *s, struct slice line)
{
    uint64_t start = 0;
    size_t i = 0;

    for (; line.ptr[i] != '-'; i++)
        start = start << 4 | (uint64_t)(is_digit(line.ptr[i]) ? line.ptr[i] - '0'
                                                              : line.ptr[i] - 'a' + 10);
    /* The kernel lists them by address: one that lies lower is of the next reading. */
    if (s->mapping_len && start <= s->mapping_start)
        return proc_begins_next;
    s->mapping_start = start;
    for (i = 0; i < 5; i++)
        (void)proc_take_word(&line);
    while (line.len && line.ptr[0] == ' ')
        line = slice_after(line, 1);
    name_mapping(s, line);
    return NULL;
}

static void add_rss(struct proc_snapshot *s, double bytes)
{
    struct figures *f = &s->figures;
    size_t i = figures_find(f, s->from, METRIC_MEM_RSS, SLICE(""), SLICE(""));

    if (i < f->count)
        f->values[i].value += bytes;
    else
        put_metric(s, METRIC_MEM_RSS, bytes);
    figures_add(f, SLICE(""), slice_of(s->mapping, s->mapping_len), UNIT_BYTES, bytes);
}

static const char *take_smaps(struct proc_snapshot *s, const struct proc_file *file,
                              struct slice line)
{
    struct slice key = proc_key_of(line);
    double bytes;

    if (proc_shape_of(line) == SHAPE_MAPPING)
        return begin_mapping(s, line);
    if (key.len == line.len || line.ptr[key.len] != ':')
        return "expected a key";
    if (is_attribute(key))
        return NULL;
    if (!parse_bytes(behind_key(line, key), &bytes))
        return "expected a number of kB";
    if (s->mapping_len == 0)
        return "figures of no mapping";
    if (slice_eq(key, SLICE("Rss")))
        add_rss(s, bytes);
    else
        figures_add(&s->figures, file->prefix, key, UNIT_BYTES, bytes);
    return NULL;
}

static const char *take_meminfo(struct proc_snapshot *s, const struct proc_file *file,
                                struct slice line)
{
    struct slice key = proc_key_of(line), rest = behind_key(line, key), number;
    uint64_t count;

    if (slice_starts(key, SLICE("HugePages_"))) {
        number = proc_take_word(&rest);
        if (!num_parse_u64(number, &count))
            return "malformed number";
        if (is_there(s, METRIC_COUNT, file->prefix, key))
            return proc_begins_next;
        put_named(s, file->prefix, key, UNIT_COUNT, (double)count);
        return NULL;
    }
    return put_bytes(s, file, key, rest, SLICE(""));
}

static const char *take_statm(struct proc_snapshot *s, const struct proc_file *file,
                              struct slice line)
{
    static const struct slice names[] = {
        SLICE_INIT("size"), SLICE_INIT(""), SLICE_INIT("shared"),
        SLICE_INIT("text"), SLICE_INIT(""), SLICE_INIT("data"),
    };

    if (s->seen & UINT64_C(1) << PROC_FILE_STATM)
        return proc_begins_next;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        double pages;

        if (!proc_number(proc_take_word(&line), &pages))
            return "malformed number";
        if (i == 1)
            put_metric(s, METRIC_MEM_RSS, pages * PAGE_BYTES);
        else if (names[i].len)
            put_named(s, file->prefix, names[i], UNIT_BYTES, pages * PAGE_BYTES);
    }
    return NULL;
}

/* The fields behind the name; 3 is the state. */
static const struct stat_field {
    unsigned number;
    struct slice name;
    enum unit unit;
    double scale;
} stat_fields[] = {
    {10, SLICE_INIT("minflt"), UNIT_COUNT, 1},
    {12, SLICE_INIT("majflt"), UNIT_COUNT, 1},
    {14, SLICE_INIT("utime"), UNIT_NS, TICK_NS},
    {15, SLICE_INIT("stime"), UNIT_NS, TICK_NS},
    {23, SLICE_INIT("vsize"), UNIT_BYTES, 1},
};

static const char *put_stat_field(struct proc_snapshot *s, const struct proc_file *file,
                                  unsigned number, struct slice word)
{
    double value;

    if (number == 20 || number == 24) {
        if (!proc_number(word, &value))
            return "malformed number";
        put_metric(s, number == 20 ? METRIC_SCHED_THREADS : METRIC_MEM_RSS,
                   number == 20 ? value : value * PAGE_BYTES);
    }
    for (size_t i = 0; i < COUNT_OF(stat_fields); i++) {
        if (stat_fields[i].number != number)
            continue;
        if (!proc_number(word, &value))
            return "malformed number";
        put_named(s, file->prefix, stat_fields[i].name, stat_fields[i].unit,
                  value * stat_fields[i].scale);
    }
    return NULL;
}

static const char *take_stat(struct proc_snapshot *s, const struct proc_file *file,
                             struct slice line)
{
    struct slice rest = line, pid = proc_take_word(&rest), word;
    size_t close = line.len;
    const char *reason;

    if (s->seen & UINT64_C(1) << PROC_FILE_STAT)
        return proc_begins_next;
    while (line.ptr[close - 1] != ')')
        close--;
    reason = put_pid(s, pid);
    if (reason)
        return reason;
    keep_program(s, slice_of(pid.ptr + pid.len + 2, close - 1 - (pid.len + 2)));
    rest = slice_after(line, close);
    for (unsigned number = 3; number <= 24; number++) {
        word = proc_take_word(&rest);
        if (word.len == 0)
            return "fewer than 24 fields";
        reason = number > 3 ? put_stat_field(s, file, number, word) : NULL;
        if (reason)
            return reason;
    }
    return NULL;
}

static const char *take(struct proc_snapshot *s, const struct proc_file *file,
                        struct slice line)
{
    switch (file->kind) {
    case PROC_NUMBER:
        return take_number(s, file, line);
    case PROC_KEYED:
        return take_keyed(s, file, line);
    case PROC_PRESSURE:
        return take_pressure(s, file, line);
    case PROC_STATUS:
        return take_status(s, file, line);
    case PROC_ROLLUP:
        return take_rollup(s, file, line);
    case PROC_SMAPS:
        return take_smaps(s, file, line);
    case PROC_MEMINFO:
        return take_meminfo(s, file, line);
    case PROC_STATM:
        return take_statm(s, file, line);
    case PROC_STAT:
        return take_stat(s, file, line);
    }
    return "line of no known file";
}

const char *proc_snapshot_take(struct proc_snapshot *s, const struct proc_file *file,
                               struct slice line)
{
    uint64_t bit = UINT64_C(1) << (file - proc_files_table);
    size_t count, names_len;
    const char *reason;

    if (s->file != file) {
        /* The machine and a process have tables of their own; a file that is read
         * again is of the next moment. */
        if (s->file && (s->file->subject != file->subject || (s->seen & bit)))
            return proc_begins_next;
        s->file = file;
        s->from = s->figures.count;
    }
    count = s->figures.count;
    names_len = s->figures.names_len;
    reason = take(s, file, line);
    if (!reason) {
        s->seen |= bit;
        s->has_content = true;
    } else { /* half a line is none */
        s->figures.count = count;
        s->figures.names_len = names_len;
    }
    return reason;
}

static double stat_of(const struct proc_snapshot *s, struct slice key)
{
    return figures_get(&s->figures, SLICE("cgroup.stat."), key);
}

void proc_snapshot_derive(struct proc_snapshot *s)
{
    struct figures *f = &s->figures;
    double usage = figures_get_metric(f, METRIC_MEM_CGROUP), inactive, slab, total;

    inactive = stat_of(s, SLICE("total_inactive_file"));
    if (isnan(inactive))
        inactive = stat_of(s, SLICE("inactive_file"));
    /* As Kubernetes counts it. */
    if (usage >= 0 && inactive >= 0)
        put_named(s, SLICE("cgroup.working_set"), SLICE(""), UNIT_BYTES,
                  usage > inactive ? usage - inactive : 0);
    put_metric(s, METRIC_MEM_LIMIT, stat_of(s, SLICE("hierarchical_memory_limit")));
    slab = figures_get(f, SLICE("meminfo."), SLICE("Slab"));
    total = figures_get(f, SLICE("meminfo."), SLICE("MemTotal"));
    if (slab <= total && total > 0)
        put_named(s, SLICE("meminfo.slab_share"), SLICE(""), UNIT_RATIO, slab / total);
}
