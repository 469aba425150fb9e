/*
 * A program on a terminal of its own: a pty, with libvterm as what shows the screen
 * and, between the two, a little shell that gives the program its job control (stop,
 * continue, exit status), as any terminal's shell does.
 */
#ifndef TESTS_TERMINAL_SESSION_H
#define TESTS_TERMINAL_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <vterm.h>

#define SESSION_ARGS 16

struct terminal {
    int fd;  /* our end of the pty */
    int tty; /* the program's end, kept open to ask for its modes */
    pid_t shell, program;
    int orders;  /* a byte tells the shell to continue the program */
    int reports; /* "s" when it stopped, "e" and the wait status when it ended */
    VTerm *vt;
    VTermScreen *screen;
    int cols, rows;
    bool is_alternate, is_cursor_hidden;
};

struct program {
    const char *argv[SESSION_ARGS]; /* ends with NULL */
    const char *term;               /* TERM; NULL: xterm-256color */
    int input;                      /* standard input; -1: the terminal */
};

/* The program that is tested: $HEAPREEL, or what PATH has. */
const char *terminal_heapreel(void);

void terminal_start(struct terminal *t, const struct program *p, int cols, int rows);
void terminal_finish(struct terminal *t);

void terminal_type(struct terminal *t, const char *bytes);
void terminal_resize(struct terminal *t, int cols, int rows);

/* Waits until the screen shows the text (or no longer does); false after ten seconds. */
bool terminal_shows(struct terminal *t, const char *text);
bool terminal_lacks(struct terminal *t, const char *text);

/* … for a test that cannot go on without; criterion.h comes first. */
#define EXPECT_SHOWS(t, text)                                                            \
    cr_assert(terminal_shows(t, text), "no \"%s\" in\n%s", text, terminal_text(t))
#define EXPECT_LACKS(t, text)                                                            \
    cr_assert(terminal_lacks(t, text), "still \"%s\" in\n%s", text, terminal_text(t))

/* Waits until the program stopped; ended (its wait status in *status). */
bool terminal_stopped(struct terminal *t);
bool terminal_ended(struct terminal *t, int *status);
void terminal_continue(struct terminal *t);

/* The screen as text. Static storage, valid until the next call. */
const char *terminal_text(struct terminal *t);

/* The normal screen, a visible cursor, echo and line editing: as the shell likes it. */
bool terminal_is_restored(struct terminal *t);

/* It ends, with that exit status, and leaves the terminal as it was. */
void terminal_expect_end(struct terminal *t, int wanted_status);

#endif
