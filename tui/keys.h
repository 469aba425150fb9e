/*
 * What each key does: one table, from which the help page and the footer are made.
 */
#ifndef TUI_KEYS_H
#define TUI_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/base/compiler.h"
#include "model/base/slice.h"

/* A key is the code point that it types, or one of these. */
enum keycode {
    KEYCODE_TAB = 9,
    KEYCODE_CTRL_C = 3,
    KEYCODE_CTRL_L = 12,
    KEYCODE_CTRL_U = 21,
    KEYCODE_CTRL_Z = 26,
    KEYCODE_ESC = 27,
    KEYCODE_LEFT = 0x110000, /* beyond Unicode */
    KEYCODE_RIGHT,
    KEYCODE_UP,
    KEYCODE_DOWN,
    KEYCODE_HOME,
    KEYCODE_END,
    KEYCODE_PAGE_UP,
    KEYCODE_PAGE_DOWN,
    KEYCODE_SHIFT_TAB,
    KEYCODE_ENTER,
    KEYCODE_BACKSPACE,
    KEYCODE_F1,
    KEYCODE_F10,
};

enum action {
    ACTION_NONE,
    ACTION_PLAY,
    ACTION_FASTER,
    ACTION_SLOWER,
    ACTION_NEXT_CYCLE,
    ACTION_PREVIOUS_CYCLE,
    ACTION_LATER,
    ACTION_EARLIER,
    ACTION_MUCH_LATER,
    ACTION_MUCH_EARLIER,
    ACTION_START,
    ACTION_END,
    ACTION_GO_TO,
    ACTION_ZOOM_IN,
    ACTION_ZOOM_OUT,
    ACTION_ZOOM_RESET,
    ACTION_PAN_EARLIER,
    ACTION_PAN_LATER,
    ACTION_FOLLOW,
    ACTION_NEXT_CHART,
    ACTION_PREVIOUS_CHART,
    ACTION_ENLARGE,
    ACTION_NEXT_PROCESS,
    ACTION_PREVIOUS_PROCESS,
    ACTION_NEXT_FINDING,
    ACTION_PREVIOUS_FINDING,
    ACTION_NEXT_WARNING,
    ACTION_PREVIOUS_WARNING,
    ACTION_SEGMENTS,
    ACTION_FILTER,
    ACTION_VIEW_OVERVIEW,
    ACTION_VIEW_EVENTS,
    ACTION_VIEW_LOG,
    ACTION_RECORD,
    ACTION_FREEZE,
    ACTION_PROFILES,
    ACTION_TRACE,
    ACTION_ADD_OFFER,
    ACTION_HELP,
    ACTION_BACK,  /* closes what is open; quits when nothing is */
    ACTION_CLOSE, /* closes what is open */
    ACTION_QUIT,
    ACTION_REDRAW,
    ACTION_SUSPEND,
};

struct key_row {
    uint32_t key;
    enum action action;
    const char *keys; /* how the help page names this and its neighbours; NULL: alias */
    const char *help;
    const char *footer_keys; /* NULL: not in the footer */
    const char *footer;
    bool is_live; /* of live sessions only: elsewhere it is not told of */
};

/* What the footer says instead where a list or the log is on the screen. */
struct list_key {
    const char *keys, *does;
    bool needs_charts; /* of no use where there is nothing but the list */
};
extern const struct list_key list_keys[];
extern const size_t list_key_count;
extern const struct list_key log_keys[];
extern const size_t log_key_count;

extern const struct key_row key_table[];
extern const size_t key_table_count;

/* What a key does; one of live sessions where it does nothing else as well, so that it
 * can be said why not. */
enum action key_action(uint32_t key, bool is_live);

/*
 * The next key of a script ("b50%<Enter>"): every character is a key, names stand in
 * angle brackets: <Left> <Right> <Up> <Down> <Home> <End> <PageUp> <PageDown> <Tab>
 * <Space> <Enter> <Esc> <Backspace> <F1> <lt> <gt>. A "<" that begins no name is itself.
 *
 * Moves *script past it. False at its end, or (with *bad set to the name) at a name
 * that no key has.
 */
MUST_USE bool key_script_next(struct slice *script, uint32_t *key, struct slice *bad);

#endif
