#include "loop/wall.h"

#include <stdio.h>
#include <time.h>

static struct tm wall_date(ald_wall wall)
{
    time_t seconds = (time_t)(wall / ALD_SEC);
    struct tm date = {.tm_mday = 1, .tm_wday = 4, .tm_year = 70};

    /* It fails for years over an int only, which no clock shows; then the epoch stands there. */
    (void)gmtime_r(&seconds, &date);
    return date;
}

void ald_wall_iso(ald_wall wall, char to[ALD_WALL_TEXT])
{
    struct tm date = wall_date(wall);

    (void)snprintf(to, ALD_WALL_TEXT, "%04d-%02d-%02dT%02d:%02d:%02d.%03uZ", date.tm_year + 1900, date.tm_mon + 1,
                   date.tm_mday, date.tm_hour, date.tm_min, date.tm_sec, (unsigned)(wall % ALD_SEC / ALD_MSEC));
}

/* `n` digits, and then the byte `end`. False: they are not there, or say more than `max`. */
static bool digits_take(struct ald_str *text, size_t n, char end, unsigned max, unsigned *ret_number)
{
    unsigned number = 0;

    if (text->size <= n || text->data[n] != end) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (text->data[i] < '0' || text->data[i] > '9') {
            return false;
        }
        number = number * 10 + (unsigned)(text->data[i] - '0');
    }
    *text = ald_str_from(*text, n + 1);
    *ret_number = number;
    return number <= max;
}

/* The fraction of a second and the Z, behind the point; digits beyond microseconds say nothing to us. */
static bool fraction_take(struct ald_str text, ald_usec *ret_usec)
{
    ald_usec usec = 0, unit = ALD_SEC / 10;
    size_t i = 0;

    for (; i < text.size && text.data[i] >= '0' && text.data[i] <= '9'; i++) {
        usec += (ald_usec)(text.data[i] - '0') * unit;
        unit /= 10;
    }
    *ret_usec = usec;
    return i > 0 && ald_str_equal(ald_str_from(text, i), ALD_STR("Z"));
}

/* Days from 1970 to a date of the Gregorian calendar, whose leap day ends a year that begins in March. */
static uint64_t days_until(unsigned year, unsigned month, unsigned day)
{
    uint64_t y = month > 2 ? year : year - 1;
    uint64_t of_year = (153 * (uint64_t)((month + 9) % 12) + 2) / 5 + day - 1;

    return y * 365 + y / 4 - y / 100 + y / 400 + of_year - 719468;
}

int ald_wall_parse_iso(struct ald_str text, ald_wall *ret_wall)
{
    unsigned year, month, day, hour, minute, second;
    ald_usec fraction = 0;
    bool whole;

    if (!digits_take(&text, 4, '-', 9999, &year) || !digits_take(&text, 2, '-', 12, &month) ||
        !digits_take(&text, 2, 'T', 31, &day) || !digits_take(&text, 2, ':', 23, &hour) ||
        !digits_take(&text, 2, ':', 59, &minute) || year < 1970 || month == 0 || day == 0) {
        return ALD_WALL_MALFORMED;
    }
    whole = digits_take(&text, 2, 'Z', 60, &second);
    if (!whole && (!digits_take(&text, 2, '.', 60, &second) || !fraction_take(text, &fraction))) {
        return ALD_WALL_MALFORMED;
    }
    if (whole && text.size > 0) {
        return ALD_WALL_MALFORMED;
    }
    *ret_wall = (days_until(year, month, day) * 86400 + hour * 3600 + minute * 60 + second) * ALD_SEC + fraction;
    return 0;
}

/* `500ms`, `5s`, `2m`, `1h`, `7d`; a unit must be given, because everybody guesses another one. */
static bool ago_read(struct ald_str text, ald_wall now, ald_wall *ret_wall)
{
    static const struct {
        struct ald_str word;
        ald_usec usec;
    } units[] = {
        {{"ms", 2}, ALD_MSEC},           {{"s", 1}, ALD_SEC}, {{"m", 1}, 60 * ALD_SEC}, {{"h", 1}, 3600 * ALD_SEC},
        {{"d", 1}, 24 * 3600 * ALD_SEC},
    };
    uint64_t number = 0;
    size_t digits = 0;

    while (digits < text.size && text.data[digits] >= '0' && text.data[digits] <= '9') {
        digits++;
    }
    for (size_t i = 0; i < ALD_COUNT(units); i++) {
        if (ald_str_equal(ald_str_from(text, digits), units[i].word) &&
            ald_str_u64(ald_str_of(text.data, digits), &number) == 0) {
            /* Longer ago than the epoch is all there is. */
            *ret_wall = number < now / units[i].usec ? now - number * units[i].usec : 0;
            return true;
        }
    }
    return false;
}

int ald_wall_parse_since(struct ald_str text, ald_wall now, ald_wall *ret_since)
{
    uint64_t msec;

    if (ald_str_u64(text, &msec) == 0) {
        *ret_since = ALD_MIN(msec, now / ALD_MSEC) * ALD_MSEC;
        return 0;
    }
    if (ald_wall_parse_iso(text, ret_since) == 0) {
        *ret_since = ALD_MIN(*ret_since, now); /* nobody has missed what comes */
        return 0;
    }
    return ago_read(text, now, ret_since) ? 0 : ALD_WALL_MALFORMED;
}

/* Not strftime(), which asks the locale for the names. */
void ald_wall_http(ald_wall wall, char to[ALD_WALL_TEXT])
{
    static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct tm date = wall_date(wall);

    (void)snprintf(to, ALD_WALL_TEXT, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[date.tm_wday], date.tm_mday,
                   months[date.tm_mon], date.tm_year + 1900, date.tm_hour, date.tm_min, date.tm_sec);
}
