#include "wire/communicator/comm_value.h"

#include <stdio.h>

#include "wire/communicator/comm_bytes.h"

/* Takes the first byte of `*text` if it is `byte`. */
static bool take(struct ald_str *text, char byte)
{
    if (text->size == 0 || text->data[0] != byte) {
        return false;
    }
    *text = ald_str_from(*text, 1);
    return true;
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* --- integers and booleans -------------------------------------------------------------------------------------- */

/* The base that a prefix names, which is taken; else 10. */
static unsigned base_take(struct ald_str *digits)
{
    char letter = digits->size > 2 && digits->data[0] == '0' ? digits->data[1] : 0;
    unsigned base = letter == 'x' || letter == 'X'   ? 16
                    : letter == 'b' || letter == 'B' ? 2
                    : letter == 'o' || letter == 'O' ? 8
                    : letter == 'd' || letter == 'D' ? 10
                                                     : 0;

    if (base == 0) {
        return 10;
    }
    *digits = ald_str_from(*digits, 2);
    return base;
}

static unsigned digit_value(char digit)
{
    char lower = (char)(digit | 0x20);

    return is_digit(digit) ? (unsigned)(digit - '0') : lower >= 'a' && lower <= 'f' ? (unsigned)(lower - 'a') + 10 : 99;
}

int ald_comm_int_read(struct ald_str text, int64_t *ret_integer)
{
    bool negative = take(&text, '-');
    uint64_t magnitude = 0, most;
    unsigned base;

    if (!negative) {
        (void)take(&text, '+');
    }
    base = base_take(&text);
    most = negative ? (uint64_t)INT64_MAX + 1 : (uint64_t)INT64_MAX;
    for (size_t i = 0; i < text.size; i++) {
        unsigned digit = digit_value(text.data[i]);

        if (digit >= base || magnitude > (most - digit) / base) {
            return ALD_COMM_MALFORMED;
        }
        magnitude = magnitude * base + digit;
    }
    if (text.size == 0) {
        return ALD_COMM_MALFORMED;
    }
    *ret_integer = negative && magnitude > 0 ? -(int64_t)(magnitude - 1) - 1 : (int64_t)magnitude;
    return 0;
}

int ald_comm_bool_read(struct ald_str text, bool *ret_truth)
{
    if (ald_str_equal(text, ALD_STR("true")) || ald_str_equal(text, ALD_STR("yes"))) {
        *ret_truth = true;
        return 0;
    }
    if (ald_str_equal(text, ALD_STR("false")) || ald_str_equal(text, ALD_STR("no"))) {
        *ret_truth = false;
        return 0;
    }
    return ALD_COMM_MALFORMED;
}

/* --- durations -------------------------------------------------------------------------------------------------- */

static const struct {
    const char *names[3];
    uint32_t seconds;
} units[] = {
    {{"s", "second", "seconds"}, 1},       {{"m", "minute", "minutes"}, 60},
    {{"h", "hour", "hours"}, 3600},        {{"d", "day", "days"}, 86400},
    {{"w", "week", "weeks"}, 7 * 86400},   {{"month", "months", "month"}, 30 * 86400},
    {{"y", "year", "years"}, 365 * 86400},
};

static void blanks_take(struct ald_str *text)
{
    while (text->size > 0 && comm_is_blank((uint8_t)text->data[0])) {
        *text = ald_str_from(*text, 1);
    }
}

/* Takes a unit, which may be nothing, and gives its seconds; 0: there is no such. */
static uint32_t unit_take(struct ald_str *text)
{
    struct ald_str word = {text->data, 0};

    while (word.size < text->size && comm_is_name_first((uint8_t)text->data[word.size])) {
        word.size++;
    }
    *text = ald_str_from(*text, word.size);
    if (word.size == 0) {
        return 1;
    }
    for (size_t i = 0; i < ALD_COUNT(units); i++) {
        for (size_t k = 0; k < ALD_COUNT(units[i].names); k++) {
            if (ald_str_equal(word, ald_str(units[i].names[k]))) {
                return units[i].seconds;
            }
        }
    }
    return 0;
}

/* Takes the digits at the front. */
static struct ald_str digits_take(struct ald_str *text)
{
    struct ald_str digits = {text->data, 0};

    while (digits.size < text->size && is_digit(text->data[digits.size])) {
        digits.size++;
    }
    *text = ald_str_from(*text, digits.size);
    return digits;
}

/* Up to nine digits behind a point, as billionths; more do not count. */
static uint64_t billionths(struct ald_str fraction)
{
    uint64_t number = 0;

    for (size_t i = 0; i < 9; i++) {
        number = number * 10 + (i < fraction.size ? (uint64_t)(fraction.data[i] - '0') : 0);
    }
    return number;
}

/* Takes one number and its unit, and adds what they say. Sums stay below half of what fits. */
static bool duration_take(struct ald_str *text, ald_usec *sum)
{
    const uint64_t most = UINT64_MAX / 4;
    struct ald_str whole = digits_take(text), fraction = ALD_STR("");
    bool pointed = take(text, '.');
    uint64_t number = 0;
    uint32_t seconds;

    if (pointed) {
        fraction = digits_take(text);
    }
    if ((pointed ? fraction.size : whole.size) == 0 || (whole.size > 0 && ald_str_u64(whole, &number) != 0)) {
        return false;
    }
    blanks_take(text);
    seconds = unit_take(text);
    blanks_take(text);
    if (seconds == 0 || number > most / ALD_SEC / seconds || *sum > most) {
        return false;
    }
    *sum += number * seconds * ALD_SEC + billionths(fraction) * seconds / 1000;
    return true;
}

int ald_comm_duration_read(struct ald_str text, ald_usec *ret_duration)
{
    ald_usec sum = 0;

    blanks_take(&text);
    if (text.size == 0) {
        return ALD_COMM_MALFORMED;
    }
    while (text.size > 0) {
        if (!duration_take(&text, &sum)) {
            return ALD_COMM_MALFORMED;
        }
    }
    *ret_duration = sum;
    return 0;
}

/* --- times ------------------------------------------------------------------------------------------------------ */

int ald_comm_time_read(struct ald_str text, struct ald_comm_time *ret_time)
{
    struct ald_str whole = digits_take(&text), fraction = ALD_STR("0");
    uint64_t sec;

    if (take(&text, '.')) {
        fraction = digits_take(&text);
    }
    if (text.size > 0 || fraction.size == 0 || fraction.size > 9 || ald_str_u64(whole, &sec) != 0 || sec > INT64_MAX) {
        return ALD_COMM_MALFORMED;
    }
    *ret_time = (struct ald_comm_time){.sec = (int64_t)sec, .nsec = (uint32_t)billionths(fraction)};
    return 0;
}

struct ald_str ald_comm_time_format(struct ald_comm_time time, char room[static ALD_COMM_TIME_MAX])
{
    int size = snprintf(room, ALD_COMM_TIME_MAX, "%lld.%09u", (long long)time.sec, (unsigned)time.nsec);

    ald_assert(size > 0 && size < ALD_COMM_TIME_MAX);
    return ald_str_of(room, (size_t)size);
}

/* --- lists ------------------------------------------------------------------------------------------------------ */

/* Takes what stands before the next `separator`, and that. */
static struct ald_str part_take(struct ald_str *text, char separator)
{
    const char *end = text->size > 0 ? memchr(text->data, separator, text->size) : NULL;
    struct ald_str part = {text->data, end != NULL ? (size_t)(end - text->data) : text->size};

    *text = ald_str_from(*text, part.size + (end != NULL ? 1 : 0));
    return part;
}

bool ald_comm_list_next(struct ald_str *list, struct ald_str *ret_item)
{
    while (list->size > 0) {
        *ret_item = part_take(list, ',');
        if (ret_item->size > 0) {
            return true;
        }
    }
    return false;
}

/* "out of range or invalid → default" (communicator 5.5). */
static void cache_read_ttl(struct ald_str text, struct ald_comm_cache *cache)
{
    ald_usec ttl;

    cache->says_ttl =
        ald_comm_duration_read(text, &ttl) == 0 && ttl >= ALD_COMM_CACHE_TTL_MIN && ttl <= ALD_COMM_CACHE_TTL_MAX;
    cache->ttl = cache->says_ttl ? ttl : ALD_COMM_CACHE_TTL;
}

struct ald_comm_cache ald_comm_cache_read(struct ald_str text)
{
    struct ald_comm_cache cache = {.keep = true, .ttl = ALD_COMM_CACHE_TTL};

    while (text.size > 0) {
        struct ald_str value = part_take(&text, ';');
        struct ald_str name = ald_str_trim(part_take(&value, '='));

        if (ald_str_equal(name, ALD_STR("no"))) {
            cache.keep = false;
        } else if (ald_str_equal(name, ALD_STR("reply"))) {
            cache.reply = true;
        } else if (ald_str_equal(name, ALD_STR("ttl"))) {
            cache_read_ttl(value, &cache);
        }
    }
    cache.reply = cache.reply && !cache.keep;
    return cache;
}
