#include "conn/wall.h"

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
