/*
 * The terminal: the only file that knows curses. Copies canvases to it, reads keys,
 * and gives it back as it was found on every way out: return, exit, running out of
 * memory, SIGTERM and SIGHUP, and crashes.
 *
 * A process has one terminal; its state is this module's own.
 */
#ifndef TUI_TERM_H
#define TUI_TERM_H

#include <stdbool.h>
#include <stdint.h>

#include "model/base/compiler.h"
#include "model/base/err.h"
#include "tui/canvas.h"

struct term_options {
    bool wants_colour;
    enum charset charset;
};

/*
 * Takes the terminal over. Keys are read from standard input where that is a terminal,
 * otherwise (it carries data) from /dev/tty. False with *err filled where there is no
 * terminal or its kind is unknown; nothing has been changed then.
 */
MUST_USE bool term_open(const struct term_options *options, struct err *err);
void term_close(void);

void term_size(int *cols, int *rows);

/* Shows the canvas; only what differs from the last one is sent. */
void term_draw(const struct canvas *c);

/* Everything is sent again with the next term_draw. */
void term_forget(void);

/* The next key waiting (a code point or enum keycode); false when there is none. */
bool term_read_key(uint32_t *key);

/* To poll for reading: the keyboard, and what wakes up when a signal came. */
int term_key_fd(void);
int term_signal_fd(void);

enum term_event {
    TERM_RESIZED = 1,
    TERM_SUSPEND = 2,    /* SIGTSTP: call term_suspend */
    TERM_CONTINUED = 4,  /* draw again */
    TERM_INTERRUPT = 8,  /* Ctrl-C */
    TERM_TERMINATE = 16, /* SIGTERM or SIGHUP: close and call term_die */
};
/* The signal behind TERM_TERMINATE; 0: none. */
int term_fatal_signal(void);

/* What signals brought since the last call: a set of the above. */
unsigned term_take_events(void);

/* Gives the terminal back, stops the process, and takes it over again when continued. */
void term_suspend(void);

/* Ends the process by the signal that asked for it, the terminal closed. */
NO_RETURN void term_die(void);

#endif
