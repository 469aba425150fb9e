#include "parsers/kernel_log_time.h"

#include "model/base/num.h"
#include "model/units.h"
#include "parsers/text_line.h"

#define YEAR_NS (INT64_C(31556952) * NS_PER_S)
#define DAY_NS (INT64_C(86400) * NS_PER_S)

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* "123.456789", of which the fraction has at most nine digits. */
bool klog_take_seconds(struct slice *s, int64_t *ns)
{
    struct slice rest = *s;
    int64_t step = NS_PER_S, fraction = 0;
    uint64_t whole;

    if (!text_take_u64(&rest, &whole) || whole > (uint64_t)(INT64_MAX / NS_PER_S - 1) ||
        !text_take(&rest, SLICE(".")) || !rest.len || !is_digit(rest.ptr[0]))
        return false;
    for (; rest.len && is_digit(rest.ptr[0]); rest = slice_after(rest, 1)) {
        step /= 10;
        fraction += step * (rest.ptr[0] - '0');
    }
    *ns = (int64_t)whole * NS_PER_S + fraction;
    *s = rest;
    return true;
}

/* "00:05:14" with or without a fraction. */
bool klog_take_clock(struct slice *s, int64_t *ns)
{
    static const uint64_t most[] = {23, 59, 60};
    struct slice rest = *s;
    int64_t seconds = 0, step = NS_PER_S;

    for (size_t i = 0; i < COUNT_OF(most); i++) {
        uint64_t part;

        if (rest.len < 2 || (i && !text_take(&rest, SLICE(":"))) ||
            !num_parse_u64(slice_first(rest, 2), &part) || part > most[i] || rest.len < 2)
            return false;
        seconds = seconds * 60 + (int64_t)part;
        rest = slice_after(rest, 2);
    }
    *ns = seconds * NS_PER_S;
    if (rest.len > 1 && rest.ptr[0] == '.' && is_digit(rest.ptr[1])) {
        rest = slice_after(rest, 1);
        for (; rest.len && is_digit(rest.ptr[0]); rest = slice_after(rest, 1)) {
            step /= 10;
            *ns += step * (rest.ptr[0] - '0');
        }
    }
    *s = rest;
    return true;
}

/*
 * dmesg -T prints in the user's language: the first letters of what the C library's
 * English, German, French, Spanish, Italian, Portuguese and Dutch locales call the
 * months.
 */
static const char *const months[12] = {
    "Jan jan gen ene",
    "Feb feb fev f\xc3\xa9v",
    "Mar mar M\xc3\xa4r mrt",
    "Apr apr avr abr",
    "May may Mai mai mag mei",
    "Jun jun juin giu",
    "Jul jul juil lug",
    "Aug aug ao\xc3\xbb ago",
    "Sep sep set",
    "Oct oct Okt okt ott out",
    "Nov nov",
    "Dec dec Dez dez d\xc3\xa9 dic",
};

static bool is_one_of(struct slice word, const char *fronts)
{
    for (;;) {
        size_t len = strcspn(fronts, " ");

        if (slice_starts(word, slice_of(fronts, len)))
            return true;
        if (!fronts[len])
            return false;
        fronts += len + 1;
    }
}

int klog_month_of(struct slice word)
{
    uint64_t number;

    for (int i = 0; i < 12; i++) {
        if (is_one_of(word, months[i]))
            return i + 1;
    }
    /* "12月": Chinese, Japanese and Korean count them. */
    if (text_take_u64(&word, &number) && number >= 1 && number <= 12 && word.len &&
        (unsigned char)word.ptr[0] >= 0x80)
        return (int)number;
    return 0;
}

/* The last year in which that date is not in the future of the log's end. */
int64_t klog_latest_date(int64_t latest_ns, int month, int day, int64_t clock_ns)
{
    int64_t latest = num_sat_add_i64(latest_ns, DAY_NS), ns;
    int year = 1970 + (int)(latest_ns / YEAR_NS) + 1;

    while ((ns = unit_unix_ns(year, month, day, clock_ns)) > latest && year > 1970)
        year--;
    return ns;
}
