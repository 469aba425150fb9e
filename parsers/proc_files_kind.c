/* Which of the kernel's files a path, a name or a line belongs to. */
#include <math.h>

#include "model/base/compiler.h"
#include "model/base/num.h"
#include "parsers/proc_files_internal.h"

/* clang-format off */
#define NUMBER(name, value_name, unit)                                                   \
    {SLICE_INIT(name), PROC_NUMBER, SUBJECT_CGROUP, SLICE_INIT(value_name), METRIC_COUNT, \
     unit}
#define CATALOGUED(name, metric)                                                         \
    {SLICE_INIT(name), PROC_NUMBER, SUBJECT_CGROUP, SLICE_INIT(""), metric, UNIT_BYTES}
#define LINES(name, kind, subject, prefix)                                               \
    {SLICE_INIT(name), kind, subject, SLICE_INIT(prefix), METRIC_COUNT, UNIT_NONE}

/* The rows of enum proc_known come first. */
const struct proc_file proc_files_table[] = {
    LINES("memory.stat", PROC_KEYED, SUBJECT_CGROUP, "cgroup.stat."),
    LINES("memory.events", PROC_KEYED, SUBJECT_CGROUP, "cgroup.events."),
    LINES("memory.oom_control", PROC_KEYED, SUBJECT_CGROUP, "cgroup.events."),
    LINES("memory.pressure", PROC_PRESSURE, SUBJECT_CGROUP, "psi."),
    LINES("pressure/memory", PROC_PRESSURE, SUBJECT_HOST, "psi."),
    LINES("status", PROC_STATUS, SUBJECT_PROCESS, "proc."),
    LINES("smaps_rollup", PROC_ROLLUP, SUBJECT_PROCESS, "proc."),
    LINES("smaps", PROC_SMAPS, SUBJECT_PROCESS, "proc."),
    LINES("meminfo", PROC_MEMINFO, SUBJECT_HOST, "meminfo."),
    LINES("statm", PROC_STATM, SUBJECT_PROCESS, "proc.statm."),
    LINES("stat", PROC_STAT, SUBJECT_PROCESS, "proc."),
    LINES("vmstat", PROC_KEYED, SUBJECT_HOST, "vmstat."),
    LINES("memory.events.local", PROC_KEYED, SUBJECT_CGROUP, "cgroup.events.local."),
    LINES("memory.swap.events", PROC_KEYED, SUBJECT_CGROUP, "cgroup.swap.events."),
    LINES("cpu.pressure", PROC_PRESSURE, SUBJECT_CGROUP, "psi.cpu."),
    LINES("io.pressure", PROC_PRESSURE, SUBJECT_CGROUP, "psi.io."),
    LINES("pressure/cpu", PROC_PRESSURE, SUBJECT_HOST, "psi.cpu."),
    LINES("pressure/io", PROC_PRESSURE, SUBJECT_HOST, "psi.io."),
    CATALOGUED("memory.current", METRIC_MEM_CGROUP),
    CATALOGUED("memory.max", METRIC_MEM_LIMIT),
    CATALOGUED("memory.usage_in_bytes", METRIC_MEM_CGROUP),
    CATALOGUED("memory.limit_in_bytes", METRIC_MEM_LIMIT),
    NUMBER("memory.failcnt", "cgroup.failcnt", UNIT_COUNT),
    NUMBER("memory.high", "cgroup.high", UNIT_BYTES),
    NUMBER("memory.low", "cgroup.low", UNIT_BYTES),
    NUMBER("memory.min", "cgroup.min", UNIT_BYTES),
    NUMBER("memory.peak", "cgroup.peak", UNIT_BYTES),
    NUMBER("memory.max_usage_in_bytes", "cgroup.peak", UNIT_BYTES),
    NUMBER("memory.soft_limit_in_bytes", "cgroup.soft_limit", UNIT_BYTES),
    NUMBER("memory.swap.current", "cgroup.swap.current", UNIT_BYTES),
    NUMBER("memory.swap.max", "cgroup.swap.max", UNIT_BYTES),
    NUMBER("memory.swap.high", "cgroup.swap.high", UNIT_BYTES),
    NUMBER("memory.swap.peak", "cgroup.swap.peak", UNIT_BYTES),
    NUMBER("memory.zswap.current", "cgroup.zswap.current", UNIT_BYTES),
    NUMBER("memory.zswap.max", "cgroup.zswap.max", UNIT_BYTES),
    NUMBER("memory.memsw.usage_in_bytes", "cgroup.memsw.usage", UNIT_BYTES),
    NUMBER("memory.memsw.max_usage_in_bytes", "cgroup.memsw.peak", UNIT_BYTES),
    NUMBER("memory.memsw.limit_in_bytes", "cgroup.memsw.limit", UNIT_BYTES),
    NUMBER("memory.memsw.failcnt", "cgroup.memsw.failcnt", UNIT_COUNT),
    NUMBER("memory.kmem.usage_in_bytes", "cgroup.kmem.usage", UNIT_BYTES),
    NUMBER("memory.kmem.max_usage_in_bytes", "cgroup.kmem.peak", UNIT_BYTES),
    NUMBER("memory.kmem.limit_in_bytes", "cgroup.kmem.limit", UNIT_BYTES),
    NUMBER("memory.kmem.failcnt", "cgroup.kmem.failcnt", UNIT_COUNT),
    NUMBER("memory.kmem.tcp.usage_in_bytes", "cgroup.kmem.tcp.usage", UNIT_BYTES),
    NUMBER("memory.swappiness", "cgroup.swappiness", UNIT_NONE),
    NUMBER("memory.oom.group", "cgroup.oom_group", UNIT_NONE),
    NUMBER("pids.current", "cgroup.pids", UNIT_COUNT),
    {SLICE_INIT("oom_score"), PROC_NUMBER, SUBJECT_PROCESS, SLICE_INIT("proc.oom_score"),
     METRIC_COUNT, UNIT_NONE},
    {SLICE_INIT("oom_score_adj"), PROC_NUMBER, SUBJECT_PROCESS,
     SLICE_INIT("proc.oom_score_adj"), METRIC_COUNT, UNIT_NONE},
    {SLICE_INIT("oom_adj"), PROC_NUMBER, SUBJECT_PROCESS, SLICE_INIT("proc.oom_adj"),
     METRIC_COUNT, UNIT_NONE},
};
/* clang-format on */

const size_t proc_files_count = COUNT_OF(proc_files_table);

_Static_assert(COUNT_OF(proc_files_table) <= 64, "a row is a bit of proc_snapshot.seen");

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '_';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

const struct proc_file *proc_file_of_path(struct slice path)
{
    const struct proc_file *best = NULL;

    for (size_t i = 0; i < proc_files_count; i++) {
        const struct proc_file *file = &proc_files_table[i];
        struct slice name = file->name;

        if (!slice_ends(path, name) || (best && best->name.len > name.len))
            continue;
        if (path.len == name.len || path.ptr[path.len - name.len - 1] == '/')
            best = file;
    }
    return best;
}

/* Does `name` hold the word? Where a path stood there may be another joint. */
static bool has_word(struct slice name, struct slice word)
{
    for (size_t at = 0; at + word.len <= name.len; at++) {
        struct slice rest = slice_after(name, at);
        size_t i = 0;

        while (i < word.len && (rest.ptr[i] == word.ptr[i] ||
                                (word.ptr[i] == '/' && !is_name_char(rest.ptr[i]))))
            i++;
        if (i == word.len && (at == 0 || !is_name_char(name.ptr[at - 1])) &&
            (i == rest.len || !is_name_char(rest.ptr[i])))
            return true;
    }
    return false;
}

const struct proc_file *proc_file_in_name(struct slice name)
{
    const struct proc_file *best = NULL;

    for (size_t i = 0; i < proc_files_count; i++) {
        const struct proc_file *file = &proc_files_table[i];

        if (file->kind > PROC_PRESSURE || slice_eq(file->name, SLICE("vmstat")))
            continue;
        if (has_word(name, file->name) && (!best || file->name.len > best->name.len))
            best = file;
    }
    return best;
}

const struct proc_file *proc_file_of_keys(struct slice path, struct slice *key)
{
    const struct proc_file *best = NULL;

    for (size_t i = 0; i < proc_files_count; i++) {
        const struct proc_file *file = &proc_files_table[i];
        size_t len = file->name.len;

        if (file->subject != SUBJECT_CGROUP || !slice_starts(path, file->name) ||
            (best && best->name.len > len))
            continue;
        if (path.len == len || path.ptr[len] == '.') {
            *key = slice_after(path, path.len == len ? len : len + 1);
            best = file;
        }
    }
    /* "memory.max.x" is not the number of memory.max. */
    if (best && (best->kind == PROC_NUMBER) != (key->len == 0))
        return NULL;
    return best;
}

struct slice proc_take_word(struct slice *line)
{
    struct slice word;
    size_t len = 0;

    while (line->len && (line->ptr[0] == ' ' || line->ptr[0] == '\t'))
        *line = slice_after(*line, 1);
    while (len < line->len && line->ptr[len] != ' ' && line->ptr[len] != '\t')
        len++;
    word = slice_first(*line, len);
    *line = slice_after(*line, len);
    return word;
}

bool proc_number(struct slice text, double *value)
{
    bool is_negative = text.len > 1 && text.ptr[0] == '-';
    uint64_t whole;

    *value = NAN;
    if (slice_eq(text, SLICE("max")))
        return true;
    if (!num_parse_u64(is_negative ? slice_after(text, 1) : text, &whole))
        return false;
    /* No machine has 2^62 bytes: "no limit" is LONG_MAX rounded down to a page. */
    if (whole < UINT64_C(1) << 62)
        *value = is_negative ? -(double)whole : (double)whole;
    return true;
}

/* lib and dt have been 0 since Linux 2.6. */
static bool is_statm(struct slice line)
{
    uint64_t field[7];
    struct slice rest = line;

    for (size_t i = 0; i < COUNT_OF(field); i++) {
        if (!num_parse_u64(proc_take_word(&rest), &field[i]))
            return false;
    }
    return proc_take_word(&rest).len == 0 && field[4] == 0 && field[6] == 0 &&
           field[1] <= field[0];
}

/* "26231 (a name) R 5392": the name may hold anything. */
static bool is_stat(struct slice line)
{
    size_t at = 0, close = line.len;

    while (at < line.len && is_digit(line.ptr[at]))
        at++;
    if (at == 0 || !slice_starts(slice_after(line, at), SLICE(" (")))
        return false;
    while (close > at && line.ptr[close - 1] != ')')
        close--;
    return close > at + 1 && line.len - close > 4 && line.ptr[close] == ' ' &&
           line.ptr[close + 2] == ' ' &&
           (is_digit(line.ptr[close + 3]) || line.ptr[close + 3] == '-');
}

static size_t hex_len(struct slice s)
{
    size_t len = 0;

    while (len < s.len && len < 17 &&
           (is_digit(s.ptr[len]) || (s.ptr[len] >= 'a' && s.ptr[len] <= 'f')))
        len++;
    return len;
}

/* "00400000-00cb1000 r-xp 00000000 fd:01 952273     /bin/alertmanager" */
static bool is_mapping(struct slice line)
{
    size_t from = hex_len(line), to;

    if (from == 0 || from > 16 || from == line.len || line.ptr[from] != '-')
        return false;
    line = slice_after(line, from + 1);
    to = hex_len(line);
    if (to == 0 || to > 16)
        return false;
    line = slice_after(line, to);
    return line.len > 5 && line.ptr[0] == ' ' && line.ptr[5] == ' ' &&
           (line.ptr[1] == 'r' || line.ptr[1] == '-') &&
           (line.ptr[4] == 'p' || line.ptr[4] == 's');
}

struct slice proc_key_of(struct slice line)
{
    size_t len = 0;

    while (len < line.len && len <= PROC_NAME_MAX &&
           (is_name_char(line.ptr[len]) || line.ptr[len] == '(' || line.ptr[len] == ')'))
        len++;
    return slice_first(line, len);
}

static bool is_keyed(struct slice line)
{
    struct slice rest = line, key = proc_take_word(&rest), number = proc_take_word(&rest);
    double value;

    return key.len > 1 && !is_digit(key.ptr[0]) && proc_key_of(key).len == key.len &&
           proc_number(number, &value) && proc_take_word(&rest).len == 0;
}

static bool is_colon(struct slice line)
{
    struct slice key = proc_key_of(line);

    if (key.len < 2 || is_digit(key.ptr[0]) || key.len == line.len ||
        line.ptr[key.len] != ':')
        return false;
    line = slice_after(line, key.len + 1);
    return line.len == 0 || line.ptr[0] == ' ' || line.ptr[0] == '\t';
}

enum proc_shape proc_shape_of(struct slice line)
{
    struct slice rest = line, word = proc_take_word(&rest);
    double value;

    if (slice_starts(line, SLICE("some avg10=")) ||
        slice_starts(line, SLICE("full avg10=")))
        return SHAPE_PRESSURE;
    if (proc_number(word, &value) && proc_take_word(&rest).len == 0)
        return SHAPE_NUMBER;
    if (is_keyed(line))
        return SHAPE_KEYED;
    if (is_colon(line))
        return SHAPE_COLON;
    if (is_mapping(line))
        return SHAPE_MAPPING;
    if (is_statm(line))
        return SHAPE_STATM;
    return is_stat(line) ? SHAPE_STAT : SHAPE_NONE;
}

bool proc_file_accepts(const struct proc_file *file, enum proc_shape shape)
{
    switch (file->kind) {
    case PROC_NUMBER:
        return shape == SHAPE_NUMBER;
    case PROC_KEYED:
        return shape == SHAPE_KEYED;
    case PROC_PRESSURE:
        return shape == SHAPE_PRESSURE;
    case PROC_STATUS:
    case PROC_MEMINFO:
        return shape == SHAPE_COLON;
    case PROC_ROLLUP:
    case PROC_SMAPS:
        return shape == SHAPE_COLON || shape == SHAPE_MAPPING;
    case PROC_STATM:
        return shape == SHAPE_STATM;
    case PROC_STAT:
        return shape == SHAPE_STAT;
    }
    return false;
}

struct key_rule {
    struct slice key; /* "nr_*": all that begin so */
    enum proc_known file;
};

static const struct key_rule keyed_rules[] = {
    {SLICE_INIT("low"), PROC_FILE_EVENTS},
    {SLICE_INIT("high"), PROC_FILE_EVENTS},
    {SLICE_INIT("max"), PROC_FILE_EVENTS},
    {SLICE_INIT("oom"), PROC_FILE_EVENTS},
    {SLICE_INIT("oom_group_kill"), PROC_FILE_EVENTS},
    {SLICE_INIT("oom_kill_disable"), PROC_FILE_OOM_CONTROL},
    {SLICE_INIT("under_oom"), PROC_FILE_OOM_CONTROL},
    {SLICE_INIT("nr_*"), PROC_FILE_VMSTAT},
    {SLICE_INIT("anon"), PROC_FILE_CGROUP_STAT},
    {SLICE_INIT("file"), PROC_FILE_CGROUP_STAT},
    {SLICE_INIT("kernel"), PROC_FILE_CGROUP_STAT},
    {SLICE_INIT("kernel_stack"), PROC_FILE_CGROUP_STAT},
    {SLICE_INIT("cache"), PROC_FILE_CGROUP_STAT},
    {SLICE_INIT("rss"), PROC_FILE_CGROUP_STAT},
    {SLICE_INIT("inactive_*"), PROC_FILE_CGROUP_STAT},
    {SLICE_INIT("active_*"), PROC_FILE_CGROUP_STAT},
    {SLICE_INIT("total_*"), PROC_FILE_CGROUP_STAT},
    {SLICE_INIT("hierarchical_*"), PROC_FILE_CGROUP_STAT},
    {SLICE_INIT("slab"), PROC_FILE_CGROUP_STAT},
    {SLICE_INIT("slab_reclaimable"), PROC_FILE_CGROUP_STAT},
};

/* Keys of more than one file only when nothing else is open. */
static const struct key_rule shared_rules[] = {
    {SLICE_INIT("oom_kill"), PROC_FILE_EVENTS},
    {SLICE_INIT("pgfault"), PROC_FILE_CGROUP_STAT},
    {SLICE_INIT("pgmajfault"), PROC_FILE_CGROUP_STAT},
    {SLICE_INIT("workingset_*"), PROC_FILE_CGROUP_STAT},
};

/* "Name:" only with its tab: a pod's description begins with it, too. */
static const struct key_rule colon_rules[] = {
    {SLICE_INIT("Name:\t"), PROC_FILE_STATUS},
    {SLICE_INIT("Umask:\t"), PROC_FILE_STATUS},
    {SLICE_INIT("State:\t"), PROC_FILE_STATUS},
    {SLICE_INIT("Tgid:*"), PROC_FILE_STATUS},
    {SLICE_INIT("Ngid:*"), PROC_FILE_STATUS},
    {SLICE_INIT("PPid:*"), PROC_FILE_STATUS},
    {SLICE_INIT("TracerPid:*"), PROC_FILE_STATUS},
    {SLICE_INIT("VmallocTotal:*"), PROC_FILE_MEMINFO},
    {SLICE_INIT("VmallocUsed:*"), PROC_FILE_MEMINFO},
    {SLICE_INIT("VmallocChunk:*"), PROC_FILE_MEMINFO},
    {SLICE_INIT("Vm*"), PROC_FILE_STATUS},
    {SLICE_INIT("RssAnon:*"), PROC_FILE_STATUS},
    {SLICE_INIT("RssFile:*"), PROC_FILE_STATUS},
    {SLICE_INIT("RssShmem:*"), PROC_FILE_STATUS},
    {SLICE_INIT("MemTotal:*"), PROC_FILE_MEMINFO},
    {SLICE_INIT("MemFree:*"), PROC_FILE_MEMINFO},
    {SLICE_INIT("MemAvailable:*"), PROC_FILE_MEMINFO},
    {SLICE_INIT("Buffers:*"), PROC_FILE_MEMINFO},
    {SLICE_INIT("Cached:*"), PROC_FILE_MEMINFO},
    {SLICE_INIT("SwapTotal:*"), PROC_FILE_MEMINFO},
    {SLICE_INIT("Slab:*"), PROC_FILE_MEMINFO},
    {SLICE_INIT("SReclaimable:*"), PROC_FILE_MEMINFO},
};

static const struct proc_file *by_rule(struct slice text, const struct key_rule *rules,
                                       size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct slice key = rules[i].key;
        bool is_front = slice_ends(key, SLICE("*"));

        if (is_front ? slice_starts(text, slice_first(key, key.len - 1))
                     : slice_eq(slice_first(text, key.len), key) &&
                           (text.len == key.len || slice_ends(key, SLICE("\t"))))
            return &proc_files_table[rules[i].file];
    }
    return NULL;
}

static const struct proc_file *of_keyed(struct slice line,
                                        const struct proc_file *current)
{
    struct slice key = proc_key_of(line);
    const struct proc_file *file = by_rule(key, keyed_rules, COUNT_OF(keyed_rules));

    /* /proc/vmstat has none of the others' own keys; what else it may have is open. */
    if (file)
        return file;
    if (current && current->kind == PROC_KEYED)
        return current;
    return by_rule(key, shared_rules, COUNT_OF(shared_rules));
}

static const struct proc_file *of_colon(struct slice line,
                                        const struct proc_file *current)
{
    const struct proc_file *file = by_rule(line, colon_rules, COUNT_OF(colon_rules));

    /* Of a mapping, though it begins as a status' sizes do. */
    if (file && !slice_starts(line, SLICE("VmFlags:")))
        return file;
    return current && proc_file_accepts(current, SHAPE_COLON) ? current : NULL;
}

const struct proc_file *proc_file_of_line(struct slice line, enum proc_shape shape,
                                          const struct proc_file *current)
{
    switch (shape) {
    case SHAPE_PRESSURE:
        return &proc_files_table[current && current->subject == SUBJECT_CGROUP
                                     ? PROC_FILE_CGROUP_PRESSURE
                                     : PROC_FILE_PRESSURE];
    case SHAPE_KEYED:
        return of_keyed(line, current);
    case SHAPE_COLON:
        return of_colon(line, current);
    case SHAPE_MAPPING:
        return &proc_files_table[slice_ends(line, SLICE("[rollup]")) ? PROC_FILE_ROLLUP
                                                                     : PROC_FILE_SMAPS];
    case SHAPE_STATM:
        return &proc_files_table[PROC_FILE_STATM];
    case SHAPE_STAT:
        return &proc_files_table[PROC_FILE_STAT];
    case SHAPE_NONE:
    case SHAPE_NUMBER:
        break;
    }
    return NULL;
}
