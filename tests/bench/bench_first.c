/*
 * How long it takes from the start of the program to the first chart on a terminal of
 * 200×60:
 *
 *   bench_first HEAPREEL FILE
 *
 * starts `heapreel open FILE` on a pty and feeds what it writes to libvterm until the
 * screen shows a curve and the line of keys at the bottom. Prints a line of JSON, times
 * in ms since before the fork: the first byte on the terminal, that screen, and, since
 * loading goes on behind it, how long a key then takes to be answered.
 */
#define _DEFAULT_SOURCE 1

#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vterm.h>

#include "tests/bench/timing.h"

#define COLS 200
#define ROWS 60
#define PATIENCE_MS 30000

/* A curve of that width has more; fewer could be an axis or a loading animation. */
#define CURVE_LEAST_CELLS 40
#define BRAILLE_FIRST 0x2801
#define BRAILLE_LAST 0x28ff

struct screen {
    int fd;
    VTerm *vt;
    VTermScreen *cells;
    int64_t start_ns, first_byte_ns;
};

static uint32_t point_at(const struct screen *s, int row, int col)
{
    VTermScreenCell cell;
    VTermPos at = {.row = row, .col = col};

    return vterm_screen_get_cell(s->cells, at, &cell) ? cell.chars[0] : 0;
}

static bool shows_chart(const struct screen *s)
{
    int curve = 0, footer = 0;

    for (int col = 0; col < COLS; col++) {
        uint32_t below = point_at(s, ROWS - 1, col);

        footer += below != 0 && below != ' ';
        for (int row = 0; row < ROWS; row++) {
            uint32_t point = point_at(s, row, col);

            curve += point >= BRAILLE_FIRST && point <= BRAILLE_LAST;
        }
    }
    return curve >= CURVE_LEAST_CELLS && footer > 0;
}

static bool shows_help(const struct screen *s)
{
    char text[COLS * ROWS * 8];
    VTermRect all = {0, ROWS, 0, COLS};
    size_t len = vterm_screen_get_text(s->cells, text, sizeof text - 1, all);

    text[len] = '\0';
    return strstr(text, "the whole recording") != NULL;
}

/* Reads until `wanted` holds; the time when it did, -1 when it never does. */
static int64_t wait_until(struct screen *s, bool (*wanted)(const struct screen *))
{
    int64_t end_ns = timing_now_ns() + PATIENCE_MS * INT64_C(1000000);
    char bytes[65536];

    while (timing_now_ns() < end_ns) {
        struct pollfd fd = {.fd = s->fd, .events = POLLIN};
        int64_t now_ns;
        ssize_t n;

        if (poll(&fd, 1, PATIENCE_MS) <= 0)
            break;
        n = read(s->fd, bytes, sizeof bytes);
        now_ns = timing_now_ns();
        if (n <= 0)
            break;
        if (!s->first_byte_ns)
            s->first_byte_ns = now_ns;
        (void)vterm_input_write(s->vt, bytes, (size_t)n);
        vterm_screen_flush_damage(s->cells);
        if (wanted(s))
            return now_ns;
    }
    return -1;
}

static double ms_since(int64_t from_ns, int64_t to_ns)
{
    return (double)(to_ns - from_ns) / 1e6;
}

static int watch(struct screen *s)
{
    int64_t chart_ns = wait_until(s, shows_chart), key_ns, help_ns;

    if (chart_ns < 0) {
        (void)fprintf(stderr, "bench_first: no chart came\n");
        return 1;
    }
    key_ns = timing_now_ns();
    help_ns = write(s->fd, "?", 1) == 1 ? wait_until(s, shows_help) : -1;
    if (help_ns < 0) {
        (void)fprintf(stderr, "bench_first: a key was not answered\n");
        return 1;
    }
    (void)printf("{\"first_byte_ms\": %.3f, \"first_chart_ms\": %.3f, "
                 "\"key_ms\": %.3f}\n",
                 ms_since(s->start_ns, s->first_byte_ns), ms_since(s->start_ns, chart_ns),
                 ms_since(key_ns, help_ns));
    return 0;
}

static void run_heapreel(char *program, char *file)
{
    char open[] = "open";
    char *const args[] = {program, open, file, NULL};

    (void)setenv("TERM", "xterm-256color", 1);
    (void)setenv("LC_ALL", "C.UTF-8", 1);
    (void)unsetenv("HEAPREEL_CHARS");
    (void)execv(program, args);
    _exit(127);
}

int main(int argc, char **argv)
{
    struct winsize size = {.ws_col = COLS, .ws_row = ROWS};
    struct screen s = {.vt = vterm_new(ROWS, COLS)};
    pid_t child;
    int status;

    if (argc != 3) {
        (void)fprintf(stderr, "usage: bench_first HEAPREEL FILE\n");
        return 2;
    }
    vterm_set_utf8(s.vt, 1);
    s.cells = vterm_obtain_screen(s.vt);
    vterm_screen_enable_altscreen(s.cells, 1);
    vterm_screen_reset(s.cells, 1);
    s.start_ns = timing_now_ns();
    child = forkpty(&s.fd, NULL, NULL, &size);
    if (child == 0)
        run_heapreel(argv[1], argv[2]);
    if (child < 0) {
        perror("bench_first: forkpty");
        return 1;
    }
    status = watch(&s);
    (void)kill(child, SIGKILL); /* it may be gigabytes from done */
    (void)waitpid(child, NULL, 0);
    (void)close(s.fd);
    vterm_free(s.vt);
    return status;
}
