#include "cli/duration.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/str.h"

int ald_duration_parse(const char *text, ald_usec *ret_duration)
{
    static const struct {
        const char *name;
        ald_usec worth;
    } units[] = {{"ms", ALD_MSEC}, {"s", ALD_SEC}, {"m", 60 * ALD_SEC}, {"h", 3600 * ALD_SEC}};
    struct ald_str all = ald_str(text);
    size_t n_digits = strspn(text, "0123456789");
    uint64_t count;

    if (ald_str_u64(ald_str_of(text, n_digits), &count) != 0) {
        return n_digits > 0 ? ALD_DURATION_RANGE : ALD_DURATION_MALFORMED;
    }
    for (size_t i = 0; i < ALD_COUNT(units); i++) {
        if (!ald_str_equal(ald_str(units[i].name), ald_str_from(all, n_digits))) {
            continue;
        }
        if (count == 0 || count > ALD_DURATION_MAX / units[i].worth) {
            return ALD_DURATION_RANGE;
        }
        *ret_duration = count * units[i].worth;
        return 0;
    }
    return ALD_DURATION_MALFORMED;
}

const char *ald_duration_format(ald_usec duration, char text[32])
{
    if (duration < ALD_SEC) {
        snprintf(text, 32, "%" PRIu64 " ms", duration / ALD_MSEC);
    } else if (duration < 60 * ALD_SEC) {
        snprintf(text, 32, "%.1f s", (double)duration / (double)ALD_SEC);
    } else if (duration < 2 * 3600 * ALD_SEC) {
        snprintf(text, 32, "%" PRIu64 " min", duration / (60 * ALD_SEC));
    } else {
        snprintf(text, 32, "%" PRIu64 " h", duration / (3600 * ALD_SEC));
    }
    return text;
}
