#include "tui/keys.h"

#include "model/base/text.h"

/* The order is that of the help page; the footer takes as many as there is room for. */
const struct key_row key_table[] = {
    {' ', ACTION_PLAY, "Space", "play, pause; at the end: from the beginning", "Space",
     "play", false},
    {'>', ACTION_FASTER, "> <", "faster, slower: 1/8 to 4096 times", "<>", "speed",
     false},
    {'<', ACTION_SLOWER, NULL, NULL, NULL, NULL, false},
    {KEYCODE_RIGHT, ACTION_LATER, "← →  h l", "step by a hundredth of the window", "←→",
     "step", false},
    {KEYCODE_LEFT, ACTION_EARLIER, NULL, NULL, NULL, NULL, false},
    {'l', ACTION_LATER, NULL, NULL, NULL, NULL, false},
    {'h', ACTION_EARLIER, NULL, NULL, NULL, NULL, false},
    {KEYCODE_PAGE_DOWN, ACTION_MUCH_LATER, "PgUp PgDn", "step by a tenth of the window",
     NULL, NULL, false},
    {KEYCODE_PAGE_UP, ACTION_MUCH_EARLIER, NULL, NULL, NULL, NULL, false},
    {'t', ACTION_NEXT_CYCLE, "t T  . ,", "next, previous record (a GC cycle)", "tT",
     "cycle", false},
    {'T', ACTION_PREVIOUS_CYCLE, NULL, NULL, NULL, NULL, false},
    {'.', ACTION_NEXT_CYCLE, NULL, NULL, NULL, NULL, false},
    {',', ACTION_PREVIOUS_CYCLE, NULL, NULL, NULL, NULL, false},
    {'g', ACTION_START, "g G  Home End", "to the beginning, to the end", NULL, NULL,
     false},
    {'G', ACTION_END, NULL, NULL, NULL, NULL, false},
    {KEYCODE_HOME, ACTION_START, NULL, NULL, NULL, NULL, false},
    {KEYCODE_END, ACTION_END, NULL, NULL, NULL, NULL, false},
    {'b', ACTION_GO_TO, "b", "go to a time: 14:03:05, +0:27.5, -5m, 50%", "b", "go to",
     false},
    {'+', ACTION_ZOOM_IN, "+ -  z Z", "zoom in, out, around the playhead", "+-", "zoom",
     false},
    {'=', ACTION_ZOOM_IN, NULL, NULL, NULL, NULL, false}, /* + without its shift key */
    {'-', ACTION_ZOOM_OUT, NULL, NULL, NULL, NULL, false},
    {'z', ACTION_ZOOM_IN, NULL, NULL, NULL, NULL, false},
    {'Z', ACTION_ZOOM_OUT, NULL, NULL, NULL, NULL, false},
    {'0', ACTION_ZOOM_RESET, "0", "the whole recording", NULL, NULL, false},
    {'[', ACTION_PAN_EARLIER, "[ ]", "move a zoomed window by half", NULL, NULL, false},
    {']', ACTION_PAN_LATER, NULL, NULL, NULL, NULL, false},
    {'F', ACTION_FOLLOW, "F", "follow the newest record, or stop to", NULL, NULL, false},
    {KEYCODE_TAB, ACTION_NEXT_CHART, "Tab Shift-Tab", "next, previous chart", "Tab",
     "chart", false},
    {KEYCODE_SHIFT_TAB, ACTION_PREVIOUS_CHART, NULL, NULL, NULL, NULL, false},
    {KEYCODE_ENTER, ACTION_ENLARGE, "Enter", "the chosen chart large, and back", NULL,
     NULL, false},
    {'e', ACTION_NEXT_FINDING, "e E", "to the next, previous finding: when it was told",
     "eE", "finding", false},
    {'E', ACTION_PREVIOUS_FINDING, NULL, NULL, NULL, NULL, false},
    {'w', ACTION_NEXT_WARNING, "w W", "to the next, previous warning or worse", NULL,
     NULL, false},
    {'W', ACTION_PREVIOUS_WARNING, NULL, NULL, NULL, NULL, false},
    {'1', ACTION_VIEW_OVERVIEW, "1", "the charts", NULL, NULL, false},
    {'6', ACTION_VIEW_EVENTS, "6", "the list of events; Enter goes to the chosen one",
     "6", "events", false},
    {'&', ACTION_FILTER, "&", "in the list: all events, warnings, critical ones", NULL,
     NULL, false},
    {'S', ACTION_SEGMENTS, "S", "segments: where the chosen chart's trend changed", NULL,
     NULL, false},
    {'p', ACTION_NEXT_PROCESS, "p P", "next, previous process", NULL, NULL, false},
    {'P', ACTION_PREVIOUS_PROCESS, NULL, NULL, NULL, NULL, false},
    {'9', ACTION_VIEW_LOG, "9", "the log: what was printed, up to the playhead", "9",
     "log", true},
    {'R', ACTION_RECORD, "R", "record to a file, or stop to", "R", "record", true},
    {'=', ACTION_FREEZE, "=", "hold the picture still; again: catch up", "=", "freeze",
     true},
    {'H', ACTION_PROFILES, "H", "take heap, allocs and goroutine profiles now", "H",
     "profiles", true},
    {'X', ACTION_TRACE, "X", "take an execution trace of some seconds", "X", "trace",
     true},
    {'o', ACTION_ADD_OFFER, "o", "add the source that is offered", "o", "add", true},
    {'?', ACTION_HELP, "? F1", "this page", "?", "keys", false},
    {KEYCODE_F1, ACTION_HELP, NULL, NULL, NULL, NULL, false},
    {KEYCODE_CTRL_L, ACTION_REDRAW, "Ctrl-L Ctrl-Z", "draw the screen anew, suspend",
     NULL, NULL, false},
    {KEYCODE_CTRL_Z, ACTION_SUSPEND, NULL, NULL, NULL, NULL, false},
    {'q', ACTION_BACK, "q Esc", "back; q quits where there is nothing to close", "q",
     "quit", false},
    {KEYCODE_ESC, ACTION_CLOSE, NULL, NULL, NULL, NULL, false},
    {KEYCODE_CTRL_C, ACTION_QUIT, "Ctrl-C F10", "quit", NULL, NULL, false},
    {KEYCODE_F10, ACTION_QUIT, NULL, NULL, NULL, NULL, false},
};
const size_t key_table_count = COUNT_OF(key_table);

const struct list_key list_keys[] = {
    {"jk", "choose", false},  {"Enter", "go there", false}, {"&", "filter", false},
    {"eE", "finding", false}, {"wW", "warning", false},     {"1", "charts", true},
    {"q", "back", true},
};
const size_t list_key_count = COUNT_OF(list_keys);

const struct list_key log_keys[] = {
    {"jk", "scroll", false}, {"G", "newest", false}, {"1", "charts", false},
    {"6", "events", false},  {"q", "back", false},
};
const size_t log_key_count = COUNT_OF(log_keys);

enum action key_action(uint32_t key, bool is_live)
{
    enum action other = ACTION_NONE;

    for (size_t i = 0; i < key_table_count; i++) {
        if (key_table[i].key != key)
            continue;
        if (key_table[i].is_live == is_live)
            return key_table[i].action;
        other = key_table[i].action;
    }
    return other;
}

static const struct {
    const char *name;
    uint32_t key;
} names[] = {
    {"Left", KEYCODE_LEFT},
    {"Right", KEYCODE_RIGHT},
    {"Up", KEYCODE_UP},
    {"Down", KEYCODE_DOWN},
    {"Home", KEYCODE_HOME},
    {"End", KEYCODE_END},
    {"PageUp", KEYCODE_PAGE_UP},
    {"PageDown", KEYCODE_PAGE_DOWN},
    {"Tab", KEYCODE_TAB},
    {"S-Tab", KEYCODE_SHIFT_TAB},
    {"Space", ' '},
    {"Enter", KEYCODE_ENTER},
    {"Esc", KEYCODE_ESC},
    {"Backspace", KEYCODE_BACKSPACE},
    {"F1", KEYCODE_F1},
    {"F10", KEYCODE_F10},
    {"lt", '<'},
    {"gt", '>'},
};

/* The name between "<" at the front and ">", if it looks like one. */
static struct slice name_of(struct slice script)
{
    size_t len = 1;

    while (len < script.len &&
           ((script.ptr[len] >= 'A' && script.ptr[len] <= 'Z') ||
            (script.ptr[len] >= 'a' && script.ptr[len] <= 'z') ||
            (len > 1 && script.ptr[len] >= '0' && script.ptr[len] <= '9') ||
            (len > 1 && script.ptr[len] == '-')))
        len++;
    if (len == 1 || len == script.len || script.ptr[len] != '>')
        return (struct slice){0};
    return slice_of(script.ptr + 1, len - 1);
}

bool key_script_next(struct slice *script, uint32_t *key, struct slice *bad)
{
    struct slice name;
    size_t bytes;

    *bad = (struct slice){0};
    if (script->len == 0)
        return false;
    if (script->ptr[0] == '<') {
        name = name_of(*script);
        for (size_t i = 0; i < COUNT_OF(names); i++) {
            if (slice_eq(name, slice_str(names[i].name))) {
                *key = names[i].key;
                *script = slice_after(*script, name.len + 2);
                return true;
            }
        }
        if (name.len > 0) {
            *bad = name;
            return false;
        }
    }
    bytes = text_decode(*script, key);
    if (bytes == 0) {
        *key = (unsigned char)script->ptr[0];
        bytes = 1;
    }
    *script = slice_after(*script, bytes);
    return true;
}
