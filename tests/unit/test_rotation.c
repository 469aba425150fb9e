/* Which of the names in a folder are older pieces of a log, and in what order. */
#define _XOPEN_SOURCE 700 /* mkdtemp */

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/base/compiler.h"
#include "model/base/text.h"
#include "replay/rotation.h"
#include "tests/unit/support.h"

TestSuite(rotation, .fini = test_abort_on_leak);

#define NAMES_MAX 12

static const struct {
    const char *names[NAMES_MAX]; /* that are in the folder besides app.log */
    const char *want;
} cases[] = {
    {{NULL}, ""},
    {{"app.log.1", "app.log.10", "app.log.2"}, "app.log.10 app.log.2 app.log.1 "},
    {{"app.log.1", "app.log.2.gz", "app.log.3.zst", "app.log.4.xz", "app.log.5.lz4"},
     "app.log.5.lz4 app.log.4.xz app.log.3.zst app.log.2.gz app.log.1 "},
    {{"app.log-20261121", "app.log-20261120.zst", "app.log-20251231.gz"},
     "app.log-20251231.gz app.log-20261120.zst app.log-20261121 "},
    {{"app.log.2026-11-21", "app.log.2026-11-03.gz"},
     "app.log.2026-11-03.gz app.log.2026-11-21 "},
    {{"app.log-20261121-093000", "app.log-20261121-073000.xz", "app.log-20261120"},
     "app.log-20261120 app.log-20261121-073000.xz app.log-20261121-093000 "},
    {{"app-2026-11-21T01-36-24.500.log", "app-2026-11-21T01-36-24.499.log.gz",
      "app-2026-11-20T23-00-00.000.log"},
     "app-2026-11-20T23-00-00.000.log app-2026-11-21T01-36-24.499.log.gz "
     "app-2026-11-21T01-36-24.500.log "},
    {{"app-20261120.log", "app-20261119.log.gz"},
     "app-20261119.log.gz app-20261120.log "},
    /* Both are there while it is packed: the whole one. */
    {{"app.log.1", "app.log.1.gz"}, "app.log.1 "},
    {{"app.log.bak", "app.log.1.swp", "app.log.", "app.log.gz", "app.log.1.bz2",
      "app.log-1", "app.log.1~", "app.logs.1", "myapp.log.1",
      "app.log.999999999999999999", "app.log.-1", ".app.log.1"},
     ""},
    {{"app.log-20261321", "app.log-20261132", "app.log.2026-1-2", "app.log-2026112",
      "app.log.2026-11-21T", "app-.log", "app-other.log", "app.log.2026-11-21.old"},
     ""},
};

static void path_in(char out[128], const char *folder, const char *name)
{
    (void)snprintf(out, 128, "%s/%s", folder, name);
}

static void touch(const char *folder, const char *name)
{
    char path[128];
    FILE *f;

    path_in(path, folder, name);
    f = fopen(path, "wb");
    cr_assert(f, "%s", path);
    cr_assert_eq(fclose(f), 0);
}

static void drop(const char *folder, const char *name)
{
    char path[128];

    path_in(path, folder, name);
    cr_assert_eq(remove(path), 0, "%s", path);
}

static void list(struct text *out, const char *path)
{
    struct rotations r = rotations_find(path);

    text_clear(out);
    for (size_t i = 0; i < r.count; i++) {
        text_put(out, slice_base_name(slice_str(r.paths[i])));
        text_put_char(out, ' ');
        cr_expect_eq(access(r.paths[i], F_OK), 0, "%s", r.paths[i]);
    }
    rotations_finish(&r);
}

Test(rotation, oldest_first)
{
    char folder[] = "/tmp/heapreel-rotation-XXXXXX", path[128];
    struct text got = {0};

    cr_assert(mkdtemp(folder));
    touch(folder, "app.log");
    path_in(path, folder, "app.log");
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        for (size_t k = 0; k < NAMES_MAX && cases[i].names[k]; k++)
            touch(folder, cases[i].names[k]);
        list(&got, path);
        cr_expect_str_eq(text_str(&got), cases[i].want, "case %zu: %s", i,
                         text_str(&got));
        for (size_t k = 0; k < NAMES_MAX && cases[i].names[k]; k++)
            drop(folder, cases[i].names[k]);
    }
    drop(folder, "app.log");
    cr_expect_eq(rmdir(folder), 0);
    text_finish(&got);
}

Test(rotation, keeps_the_youngest)
{
    char folder[] = "/tmp/heapreel-rotation-XXXXXX", path[128], name[32];
    struct rotations r;

    cr_assert(mkdtemp(folder));
    for (int i = 1; i <= 100; i++) {
        (void)snprintf(name, sizeof name, "app.log.%d", i);
        touch(folder, name);
    }
    path_in(path, folder, "app.log");
    r = rotations_find(path);
    cr_assert_eq(r.count, ROTATIONS_MAX);
    path_in(path, folder, "app.log.64");
    cr_expect_str_eq(r.paths[0], path);
    path_in(path, folder, "app.log.1");
    cr_expect_str_eq(r.paths[r.count - 1], path);
    rotations_finish(&r);
    for (int i = 1; i <= 100; i++) {
        (void)snprintf(name, sizeof name, "app.log.%d", i);
        drop(folder, name);
    }
    cr_expect_eq(rmdir(folder), 0);
}

Test(rotation, names_without_a_folder_and_folders_that_are_none)
{
    char folder[] = "/tmp/heapreel-rotation-XXXXXX", path[128];
    struct text got = {0};

    cr_assert(mkdtemp(folder));
    touch(folder, "app.log.1");
    path_in(path, folder, "app.log.2");
    cr_assert_eq(mkdir(path, 0700), 0);
    cr_assert_eq(chdir(folder), 0);
    list(&got, "app.log");
    cr_expect_str_eq(text_str(&got), "app.log.1 ");
    list(&got, "none/app.log");
    cr_expect_str_eq(text_str(&got), "");
    list(&got, "./");
    cr_expect_str_eq(text_str(&got), "");
    cr_assert_eq(chdir("/"), 0);
    drop(folder, "app.log.1");
    drop(folder, "app.log.2");
    cr_expect_eq(rmdir(folder), 0);
    text_finish(&got);
}
