#define _DEFAULT_SOURCE 1

#include "tests/terminal/session.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <utmp.h>

#define PATIENCE_MS 10000
#define SLICE_MS 20

static int on_property(VTermProp property, VTermValue *value, void *user)
{
    struct terminal *t = user;

    if (property == VTERM_PROP_ALTSCREEN)
        t->is_alternate = value->boolean != 0;
    else if (property == VTERM_PROP_CURSORVISIBLE)
        t->is_cursor_hidden = value->boolean == 0;
    return 1;
}

static const VTermScreenCallbacks callbacks = {.settermprop = on_property};

static void run_program(const struct program *p)
{
    /* execvp promises not to write, its type does not say so. */
    union {
        const char *const *given;
        char *const *wanted;
    } argv = {.given = p->argv};

    if (p->input >= 0)
        (void)dup2(p->input, STDIN_FILENO);
    (void)setenv("TERM", p->term ? p->term : "xterm-256color", 1);
    (void)setpgid(0, 0);
    (void)tcsetpgrp(STDOUT_FILENO, getpid());
    (void)signal(SIGTTOU, SIG_DFL);
    (void)execvp(argv.given[0], argv.wanted);
    _exit(127);
}

/* The little shell: hands the terminal to the program, and takes it back when that
 * stops or ends. */
static void run_shell(const struct program *p, int orders, int reports)
{
    pid_t program;
    int status;
    char order;

    (void)signal(SIGTTOU, SIG_IGN);
    program = fork();
    if (program == 0)
        run_program(p);
    (void)setpgid(program, program);
    (void)!write(reports, &program, sizeof program);
    while (waitpid(program, &status, WUNTRACED) == program) {
        bool is_stopped = WIFSTOPPED(status);

        (void)tcsetpgrp(STDOUT_FILENO, getpid());
        (void)!write(reports, is_stopped ? "s" : "e", 1);
        if (!is_stopped) {
            (void)!write(reports, &status, sizeof status);
            (void)!read(orders, &order, 1); /* until the test has looked */
            _exit(0);
        }
        if (read(orders, &order, 1) != 1)
            _exit(1);
        (void)tcsetpgrp(STDOUT_FILENO, program);
        (void)kill(-program, SIGCONT);
    }
    _exit(1);
}

const char *terminal_heapreel(void)
{
    const char *path = getenv("HEAPREEL");

    return path ? path : "heapreel";
}

void terminal_start(struct terminal *t, const struct program *p, int cols, int rows)
{
    struct winsize size = {.ws_col = (unsigned short)cols,
                           .ws_row = (unsigned short)rows};
    int orders[2], reports[2];

    memset(t, 0, sizeof *t);
    t->cols = cols;
    t->rows = rows;
    if (openpty(&t->fd, &t->tty, NULL, NULL, &size) != 0 || pipe(orders) != 0 ||
        pipe(reports) != 0)
        abort();
    t->vt = vterm_new(rows, cols);
    vterm_set_utf8(t->vt, 1);
    t->screen = vterm_obtain_screen(t->vt);
    vterm_screen_enable_altscreen(t->screen, 1);
    vterm_screen_set_callbacks(t->screen, &callbacks, t);
    vterm_screen_reset(t->screen, 1);
    for (int i = 0; i < 2; i++) {
        (void)fcntl(orders[i], F_SETFD, FD_CLOEXEC);
        (void)fcntl(reports[i], F_SETFD, FD_CLOEXEC);
    }
    (void)fcntl(t->fd, F_SETFD, FD_CLOEXEC);
    t->shell = fork();
    if (t->shell == 0) {
        (void)close(t->fd);
        if (login_tty(t->tty) != 0)
            _exit(126);
        run_shell(p, orders[0], reports[1]);
    }
    (void)close(orders[0]);
    (void)close(reports[1]);
    t->orders = orders[1];
    t->reports = reports[0];
    if (read(t->reports, &t->program, sizeof t->program) != sizeof t->program)
        abort();
}

void terminal_finish(struct terminal *t)
{
    (void)kill(t->program, SIGKILL);
    (void)close(t->orders);
    (void)close(t->reports);
    (void)close(t->fd);
    (void)close(t->tty);
    (void)kill(t->shell, SIGKILL);
    (void)waitpid(t->shell, NULL, 0);
    vterm_free(t->vt);
}

void terminal_type(struct terminal *t, const char *bytes)
{
    (void)!write(t->fd, bytes, strlen(bytes));
}

void terminal_resize(struct terminal *t, int cols, int rows)
{
    struct winsize size = {.ws_col = (unsigned short)cols,
                           .ws_row = (unsigned short)rows};

    t->cols = cols;
    t->rows = rows;
    vterm_set_size(t->vt, rows, cols);
    (void)ioctl(t->tty, TIOCSWINSZ, &size);
}

/* Feeds what the program writes to the screen, for at most one slice of time. */
static void pump(struct terminal *t)
{
    struct pollfd fd = {.fd = t->fd, .events = POLLIN};
    char bytes[65536];
    ssize_t n;

    if (poll(&fd, 1, SLICE_MS) <= 0 || !(fd.revents & POLLIN))
        return;
    n = read(t->fd, bytes, sizeof bytes);
    if (n > 0)
        (void)vterm_input_write(t->vt, bytes, (size_t)n);
    vterm_screen_flush_damage(t->screen);
}

const char *terminal_text(struct terminal *t)
{
    static char text[200 * 1000];
    size_t len = 0;

    for (int row = 0; row < t->rows && len < sizeof text - 4096; row++) {
        VTermRect line = {row, row + 1, 0, t->cols};

        len += vterm_screen_get_text(t->screen, text + len, 4000, line);
        text[len++] = '\n';
    }
    text[len] = '\0';
    return text;
}

static long long now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool wait_for_text(struct terminal *t, const char *text, bool wanted)
{
    long long end = now_ms() + PATIENCE_MS;

    do {
        pump(t);
        if ((strstr(terminal_text(t), text) != NULL) == wanted)
            return true;
    } while (now_ms() < end);
    return false;
}

bool terminal_shows(struct terminal *t, const char *text)
{
    return wait_for_text(t, text, true);
}

bool terminal_lacks(struct terminal *t, const char *text)
{
    return wait_for_text(t, text, false);
}

static bool wait_for_report(struct terminal *t, char wanted)
{
    long long end = now_ms() + PATIENCE_MS;
    struct pollfd fd = {.fd = t->reports, .events = POLLIN};
    char report;
    int ready;

    do {
        pump(t);
        ready = poll(&fd, 1, 0);
    } while (ready != 1 && now_ms() < end);
    if (ready != 1 || read(t->reports, &report, 1) != 1 || report != wanted)
        return false;
    /* What it wrote before it stopped. */
    for (int i = 0; i < 5; i++)
        pump(t);
    return true;
}

bool terminal_stopped(struct terminal *t)
{
    return wait_for_report(t, 's');
}

bool terminal_ended(struct terminal *t, int *status)
{
    return wait_for_report(t, 'e') &&
           read(t->reports, status, sizeof *status) == sizeof *status;
}

void terminal_continue(struct terminal *t)
{
    (void)!write(t->orders, "c", 1);
}

bool terminal_is_restored(struct terminal *t)
{
    struct termios modes;

    return tcgetattr(t->tty, &modes) == 0 &&
           (modes.c_lflag & (ECHO | ICANON | ISIG)) == (ECHO | ICANON | ISIG) &&
           (modes.c_iflag & ICRNL) != 0 && (modes.c_oflag & OPOST) != 0 &&
           !t->is_alternate && !t->is_cursor_hidden;
}

void terminal_expect_end(struct terminal *t, int wanted_status)
{
    int status = -1;

    cr_assert(terminal_ended(t, &status), "did not end");
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == wanted_status, "status %x",
              (unsigned)status);
    cr_expect(terminal_is_restored(t), "not restored");
}
