/*
 * Runs a program and says what it took, as time(1) does:
 *
 *   bench_run REPORT PROGRAM ARGUMENT…
 *
 * writes a line of JSON to the file REPORT. The benchmark's driver does not do this
 * itself because the kernel counts the memory of whoever starts a program into that
 * program's peak, and an interpreter's is larger than wc's.
 */
#define _DEFAULT_SOURCE 1

#include <stdio.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/timing.h"

static double seconds(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static int report(const char *path, int64_t wall_ns, const struct rusage *usage)
{
    FILE *file = fopen(path, "w");

    if (!file) {
        perror(path);
        return 1;
    }
    (void)fprintf(file,
                  "{\"wall_s\": %.6f, \"user_s\": %.6f, \"sys_s\": %.6f, "
                  "\"peak_bytes\": %lld}\n",
                  (double)wall_ns / 1e9, seconds(usage->ru_utime),
                  seconds(usage->ru_stime), (long long)usage->ru_maxrss * 1024);
    return fclose(file) == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct rusage usage;
    int64_t start_ns = timing_now_ns();
    pid_t child = argc > 2 ? fork() : -1;
    int status;

    if (child == 0) {
        (void)execvp(argv[2], argv + 2);
        perror(argv[2]);
        _exit(127);
    }
    if (child < 0 || wait4(child, &status, 0, &usage) != child) {
        (void)fprintf(stderr, "usage: bench_run REPORT PROGRAM ARGUMENT...\n");
        return 2;
    }
    if (report(argv[1], timing_now_ns() - start_ns, &usage) != 0)
        return 1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
