/* What END says of a child, and where the kernel's count of kills for memory is found. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "replay/child_death.h"
#include "tests/unit/support.h"

TestSuite(child_death, .fini = test_abort_on_leak);

/* As of waitpid(2) on Linux: a signal in the low bits, an exit status above them. */
#define EXIT(n) ((n) << 8)
#define KILLED(n) (n)

static const struct {
    struct child_death death;
    const char *words;
    int status;
    bool is_oom;
} rows[] = {
    {{true, EXIT(0), false, 0, 0}, "exit 0", 0, false},
    {{true, EXIT(2), true, 0, 1}, "exit 2", 2, false},
    {{true, KILLED(15), true, 0, 1}, "killed by signal 15 (Terminated)", 143, false},
    {{true, KILLED(9), false, 0, 0}, "killed by signal 9 (Killed)", 137, false},
    {{true, KILLED(9), true, 3, 3}, "killed by signal 9 (Killed)", 137, false},
    {{true, KILLED(9), true, 0, 1},
     "killed by signal 9 (Killed) for memory: the cgroup's oom_kill count rose from 0 to "
     "1",
     137,
     true},
    {{true, KILLED(40), false, 0, 0}, "killed by signal 40", 168, false},
    {{false, 0, false, 0, 0}, "ended; its exit status is not known", 1, false},
};

Test(child_death, words)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct text words = {0};

        child_put_death(&words, &rows[i].death);
        cr_expect_str_eq(text_str(&words), rows[i].words, "%s", text_str(&words));
        cr_expect_eq(child_death_status(&rows[i].death), rows[i].status, "%s",
                     rows[i].words);
        cr_expect_eq(child_death_is_oom(&rows[i].death), rows[i].is_oom, "%s",
                     rows[i].words);
        text_finish(&words);
    }
}

/* The files of one machine: a membership, and one file with a count. */
static const struct {
    const char *membership;
    const char *file; /* below the mount */
    const char *bytes;
    bool is_found;
    uint64_t kills;
} machines[] = {
    {"0::/app\n", "app/memory.events", "low 0\noom 3\noom_kill 2\noom_group_kill 9\n",
     true, 2},
    {"0::/\n", "memory.events", "oom_kill 7\n", true, 7},
    {"0::/of/host\n", "memory.events", "oom_kill 4", true, 4},
    {"5:cpu:/x\n4:memory:/app\n0::/y\n", "memory/app/memory.oom_control",
     "oom_kill_disable 0\nunder_oom 0\noom_kill 5\n", true, 5},
    {"4:hugetlb,memory:/of/host\n", "memory/memory.oom_control", "oom_kill 6\n", true, 6},
    {"4:memory:/app\n", "memory/app/memory.oom_control",
     "oom_kill_disable 0\nunder_oom 0\n", false, 0},
    {"0::/app\n", "app/memory.events", "oom_kill many\n", false, 0},
    {"0::/app\n", "app/memory.events", "", false, 0},
    {"3:cpu:/app\n", "app/memory.events", "oom_kill 2\n", false, 0},
    {"", "memory.events", "oom_kill 2\n", false, 0},
    {"0\n:\n::\n", "memory.events", "oom_kill 2\n", false, 0},
};

static void put_file(const char *folder, const char *path, const char *bytes)
{
    char name[256];
    FILE *f;

    for (const char *at = strchr(path, '/'); at; at = strchr(at + 1, '/')) {
        (void)snprintf(name, sizeof name, "%s/%.*s", folder, (int)(at - path), path);
        (void)mkdir(name, 0700);
    }
    (void)snprintf(name, sizeof name, "%s/%s", folder, path);
    f = fopen(name, "w");
    cr_assert(f);
    cr_assert_geq(fputs(bytes, f), 0);
    cr_assert_eq(fclose(f), 0);
}

static void remove_file(const char *folder, const char *path)
{
    char name[256];
    char *slash;

    (void)snprintf(name, sizeof name, "%s/%s", folder, path);
    cr_assert_eq(remove(name), 0);
    while ((slash = strrchr(name, '/')) > name + strlen(folder)) {
        *slash = '\0';
        (void)rmdir(name);
    }
}

Test(child_death, count_of_kills)
{
    for (size_t i = 0; i < COUNT_OF(machines); i++) {
        char folder[] = "/tmp/child_death_XXXXXX";
        char membership[64];
        uint64_t kills = 0;

        cr_assert(mkdtemp(folder));
        put_file(folder, "membership", machines[i].membership);
        put_file(folder, machines[i].file, machines[i].bytes);
        (void)snprintf(membership, sizeof membership, "%s/membership", folder);
        cr_expect_eq(child_oom_kills(membership, folder, &kills), machines[i].is_found,
                     "%zu: %s", i, machines[i].membership);
        cr_expect_eq(kills, machines[i].kills, "%zu: %s", i, machines[i].membership);
        remove_file(folder, machines[i].file);
        remove_file(folder, "membership");
        cr_assert_eq(rmdir(folder), 0);
        cr_expect_not(child_oom_kills(membership, folder, &kills), "no such file");
    }
}
