/* SIGWINCH and sigaltstack are beyond the POSIX of the other files; wide curses asks
 * for its own macro. */
#define _DEFAULT_SOURCE 1
#define _XOPEN_SOURCE 700
#define NCURSES_WIDECHAR 1

#include "tui/term.h"

#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#include "model/base/mem.h"
#include "tui/keys.h"

#define RESTORE_BYTES 256
#define ALT_STACK_BYTES 16384

static struct {
    bool is_open;
    SCREEN *screen;
    FILE *keys; /* /dev/tty; NULL: standard input */
    int wake[2];
    struct cell *shown; /* what the terminal shows */
    int shown_cols, shown_rows;
    struct theme theme;
} term = {.wake = {-1, -1}};

/* What signal handlers touch. */
static volatile sig_atomic_t events;
static volatile sig_atomic_t fatal_signal;
static volatile sig_atomic_t is_raw; /* the terminal is ours to give back */
static struct termios saved_modes;
static char restore[RESTORE_BYTES];
static size_t restore_len;
static char alt_stack[ALT_STACK_BYTES];

/* With nothing but what a signal handler may call. */
static void give_back(void)
{
    size_t done = 0;

    if (!is_raw)
        return;
    is_raw = 0;
    while (done < restore_len) {
        ssize_t n = write(STDOUT_FILENO, restore + done, restore_len - done);

        if (n <= 0)
            break;
        done += (size_t)n;
    }
    (void)tcsetattr(STDOUT_FILENO, TCSADRAIN, &saved_modes);
}

static void on_crash(int signal_number)
{
    give_back();
    /* SA_RESETHAND has put the default back: this one ends the process, as it would
     * have been ended without us. */
    (void)raise(signal_number);
}

static void on_signal(int signal_number)
{
    int saved_errno = errno;

    switch (signal_number) {
    case SIGWINCH:
        events |= TERM_RESIZED;
        break;
    case SIGTSTP:
        events |= TERM_SUSPEND;
        break;
    case SIGCONT:
        events |= TERM_CONTINUED;
        break;
    case SIGINT:
        events |= TERM_INTERRUPT;
        break;
    default:
        fatal_signal = signal_number;
        events |= TERM_TERMINATE;
        break;
    }
    /* A full pipe has woken the loop already. */
    if (write(term.wake[1], "", 1) < 0)
        errno = saved_errno;
    errno = saved_errno;
}

static void handle(int signal_number, void (*handler)(int), int flags)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};

    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(signal_number, &action, NULL);
}

static void handle_signals(void)
{
    static const int crashes[] = {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGQUIT};
    static const int others[] = {SIGWINCH, SIGTSTP, SIGCONT, SIGINT, SIGTERM, SIGHUP};
    stack_t stack = {.ss_sp = alt_stack, .ss_size = sizeof alt_stack};

    /* A stack overflow leaves no room on the stack to handle it. */
    (void)sigaltstack(&stack, NULL);
    for (size_t i = 0; i < COUNT_OF(crashes); i++)
        handle(crashes[i], on_crash, SA_ONSTACK | SA_NODEFER | (int)SA_RESETHAND);
    for (size_t i = 0; i < COUNT_OF(others); i++)
        handle(others[i], on_signal, SA_RESTART);
}

/* A terminfo string without its padding ("$<5>"), which no terminal of today needs. */
static void add_restore(const char *name)
{
    char writable[16];
    const char *s;

    (void)snprintf(writable, sizeof writable, "%s", name);
    s = tigetstr(writable);
    /* tigetstr says "not a string" by the pointer -1. */
    for (; s && s != (const char *)-1 && *s && restore_len < RESTORE_BYTES; s++) {
        if (s[0] == '$' && s[1] == '<') {
            const char *end = strchr(s, '>');

            if (!end)
                return;
            s = end;
        } else {
            restore[restore_len++] = *s;
        }
    }
}

static void prepare_restore(void)
{
    static const char *const names[] = {"rmkx", "sgr0", "op", "cnorm", "rmcup"};

    restore_len = 0;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        add_restore(names[i]);
}

static bool open_wake_pipe(struct err *err)
{
    if (pipe(term.wake) != 0) {
        err_set(err, 0, 0, "%s", strerror(errno));
        return false;
    }
    for (int i = 0; i < 2; i++) {
        (void)fcntl(term.wake[i], F_SETFL, O_NONBLOCK);
        (void)fcntl(term.wake[i], F_SETFD, FD_CLOEXEC);
    }
    return true;
}

static bool open_keys(struct err *err)
{
    if (isatty(STDIN_FILENO))
        return true;
    term.keys = fopen("/dev/tty", "r");
    if (!term.keys)
        err_set(err, 0, 0, "no terminal to read keys from: /dev/tty: %s",
                strerror(errno));
    return term.keys != NULL;
}

static bool open_screen(struct err *err)
{
    const char *kind = getenv("TERM");
    char writable[] = "cup";

    /* newterm would end the process at a terminal that it does not know. */
    term.screen = newterm(NULL, stdout, term.keys ? term.keys : stdin);
    if (term.screen && tigetstr(writable) && tigetstr(writable) != (char *)-1)
        return true;
    if (term.screen) {
        (void)endwin();
        delscreen(term.screen);
        term.screen = NULL;
    }
    err_set(err, 0, 0,
            "a terminal of the kind \"%.40s\" cannot show the dashboard; set "
            "TERM (xterm-256color)",
            kind ? kind : "");
    return false;
}

static unsigned long curses_attrs(unsigned attrs)
{
    unsigned long out = A_NORMAL;

    if (attrs & ATTR_BOLD)
        out |= A_BOLD;
    if (attrs & ATTR_DIM)
        out |= A_DIM;
    if (attrs & ATTR_REVERSE)
        out |= A_REVERSE;
    if (attrs & ATTR_UNDERLINE)
        out |= A_UNDERLINE;
    return out;
}

static void open_colours(bool wants_colour)
{
    int colours = 1;

    if (wants_colour && has_colors() && start_color() == OK) {
        (void)use_default_colors();
        colours = COLORS;
    }
    term.theme = theme_of_environment(colours);
    if (term.theme.depth == DEPTH_MONO)
        return;
    for (int role = 0; role < ROLE_COUNT; role++) {
        struct style style = theme_style(&term.theme, (enum role)role);

        (void)init_extended_pair(role + 1, style.colour, -1);
    }
}

/* Curses ignores SIGTSTP while it writes to the screen, so a Ctrl-Z that came at that
 * moment would be lost. It comes as a key instead. */
static void take_suspend_key(void)
{
    struct termios modes;

    if (tcgetattr(STDOUT_FILENO, &modes) != 0)
        return;
    modes.c_cc[VSUSP] = _POSIX_VDISABLE;
    (void)tcsetattr(STDOUT_FILENO, TCSADRAIN, &modes);
    (void)def_prog_mode();
}

static void set_modes(void)
{
    (void)cbreak();
    (void)noecho();
    (void)nonl();
    (void)keypad(stdscr, TRUE);
    (void)nodelay(stdscr, TRUE);
    (void)set_escdelay(25);
    (void)curs_set(0);
    (void)leaveok(stdscr, TRUE);
    take_suspend_key();
}

static void close_files(void)
{
    for (int i = 0; i < 2; i++) {
        if (term.wake[i] >= 0)
            (void)close(term.wake[i]);
        term.wake[i] = -1;
    }
    if (term.keys)
        (void)fclose(term.keys);
    term.keys = NULL;
}

bool term_open(const struct term_options *options, struct err *err)
{
    /* Characters beyond ASCII were asked for in a locale that has none. */
    if (options->charset != CHARSET_ASCII && strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
        (void)setlocale(LC_CTYPE, "C.UTF-8");
    if (tcgetattr(STDOUT_FILENO, &saved_modes) != 0) {
        err_set(err, 0, 0, "standard output is not a terminal");
        return false;
    }
    if (!open_keys(err) || !open_wake_pipe(err) || !open_screen(err)) {
        close_files();
        return false;
    }
    prepare_restore();
    is_raw = 1;
    term.is_open = true;
    handle_signals();
    mem_on_exhausted(term_close);
    (void)atexit(term_close);
    set_modes();
    open_colours(options->wants_colour);
    term_forget();
    return true;
}

/* Once more: to some terminals, what scrolled in between also saved that it is hidden,
 * and leaving the screen brings that back. */
static void show_cursor(void)
{
    const char *shows = tigetstr("cnorm");

    if (shows && shows != (const char *)-1) /* which is how it says that there is none */
        (void)putp(shows);
    (void)fflush(stdout);
}

void term_close(void)
{
    if (!term.is_open)
        return;
    term.is_open = false;
    mem_on_exhausted(NULL);
    (void)endwin();
    show_cursor();
    is_raw = 0;
    (void)tcsetattr(STDOUT_FILENO, TCSADRAIN, &saved_modes);
    delscreen(term.screen);
    term.screen = NULL;
    free(term.shown);
    term.shown = NULL;
    handle(SIGTSTP, SIG_DFL, 0);
    handle(SIGINT, SIG_DFL, 0);
    handle(SIGWINCH, SIG_DFL, 0);
    handle(SIGCONT, SIG_DFL, 0);
    handle(SIGTERM, SIG_DFL, 0);
    handle(SIGHUP, SIG_DFL, 0);
    close_files();
}

void term_size(int *cols, int *rows)
{
    struct winsize size;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 &&
        size.ws_row > 0) {
        *cols = size.ws_col;
        *rows = size.ws_row;
        if (*cols != COLS || *rows != LINES)
            (void)resizeterm(*rows, *cols);
    }
    *cols = COLS;
    *rows = LINES;
}

void term_forget(void)
{
    free(term.shown);
    term.shown = NULL;
    (void)clearok(curscr, TRUE);
}

static void put_cell(const struct cell *cell, int col, int row)
{
    wchar_t text[3] = {(wchar_t)cell->base, (wchar_t)cell->mark, 0};
    struct style style = theme_style(&term.theme, (enum role)cell->role);
    unsigned attrs = style.attrs | cell->attrs;
    short pair = term.theme.depth == DEPTH_MONO ? 0 : (short)(cell->role + 1);
    cchar_t out;

    if (setcchar(&out, text, (attr_t)curses_attrs(attrs), pair, NULL) == OK)
        (void)mvadd_wch(row, col, &out);
}

static bool is_shown(const struct canvas *c)
{
    return term.shown && term.shown_cols == c->cols && term.shown_rows == c->rows;
}

void term_draw(const struct canvas *c)
{
    size_t count = (size_t)c->cols * (size_t)c->rows;
    bool has_all = !is_shown(c);

    if (has_all) {
        free(term.shown);
        term.shown = mem_alloc_array(count, sizeof *term.shown);
        term.shown_cols = c->cols;
        term.shown_rows = c->rows;
        (void)erase();
    }
    for (int row = 0; row < c->rows; row++) {
        for (int col = 0; col < c->cols; col++) {
            size_t i = (size_t)row * (size_t)c->cols + (size_t)col;
            const struct cell *cell = &c->cells[i], *old = &term.shown[i];

            if (cell->width > 0 &&
                (has_all || cell->base != old->base || cell->mark != old->mark ||
                 cell->role != old->role || cell->attrs != old->attrs ||
                 cell->width != old->width))
                put_cell(cell, col, row);
        }
    }
    memcpy(term.shown, c->cells, count * sizeof *term.shown);
    (void)refresh();
}

static const struct {
    int curses;
    uint32_t key;
} special_keys[] = {
    {KEY_LEFT, KEYCODE_LEFT},
    {KEY_RIGHT, KEYCODE_RIGHT},
    {KEY_UP, KEYCODE_UP},
    {KEY_DOWN, KEYCODE_DOWN},
    {KEY_HOME, KEYCODE_HOME},
    {KEY_END, KEYCODE_END},
    {KEY_PPAGE, KEYCODE_PAGE_UP},
    {KEY_NPAGE, KEYCODE_PAGE_DOWN},
    {KEY_BTAB, KEYCODE_SHIFT_TAB},
    {KEY_ENTER, KEYCODE_ENTER},
    {KEY_F(1), KEYCODE_F1},
    {KEY_F(10), KEYCODE_F10},
    {KEY_BACKSPACE, KEYCODE_BACKSPACE},
};

static bool translate(int result, wint_t got, uint32_t *key)
{
    if (result == KEY_CODE_YES) {
        for (size_t i = 0; i < COUNT_OF(special_keys); i++) {
            if ((wint_t)special_keys[i].curses == got) {
                *key = special_keys[i].key;
                return true;
            }
        }
        return false;
    }
    *key = (uint32_t)got;
    if (got == '\r' || got == '\n')
        *key = KEYCODE_ENTER;
    else if (got == 0x7f || got == '\b')
        *key = KEYCODE_BACKSPACE;
    return true;
}

bool term_read_key(uint32_t *key)
{
    wint_t got;
    int result;

    while ((result = get_wch(&got)) != ERR)
        if (translate(result, got, key))
            return true;
    return false;
}

int term_key_fd(void)
{
    return term.keys ? fileno(term.keys) : STDIN_FILENO;
}

int term_signal_fd(void)
{
    return term.wake[0];
}

unsigned term_take_events(void)
{
    sigset_t all, before;
    char drain[64];
    unsigned taken;

    while (read(term.wake[0], drain, sizeof drain) > 0)
        continue;
    (void)sigfillset(&all);
    (void)sigprocmask(SIG_BLOCK, &all, &before);
    taken = (unsigned)events;
    events = 0;
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    return taken;
}

int term_fatal_signal(void)
{
    return (int)fatal_signal;
}

void term_suspend(void)
{
    (void)endwin();
    is_raw = 0;
    handle(SIGTSTP, SIG_DFL, 0);
    /* The whole job, as the terminal itself would: `zcat app.log | heapreel -`. */
    (void)kill(0, SIGTSTP);
    /* Continued. */
    handle(SIGTSTP, on_signal, SA_RESTART);
    is_raw = 1;
    term_forget();
    (void)refresh();
    (void)curs_set(0);
}

void term_die(void)
{
    term_close();
    if (fatal_signal) {
        handle(fatal_signal, SIG_DFL, 0);
        (void)raise(fatal_signal);
    }
    exit(1);
}
