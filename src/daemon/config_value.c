#include "daemon/config_value.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/printable.h"

static const char *const log_levels[] = {"error", "warning", "info", "debug", NULL};
static const char *const log_formats[] = {"text", "json", NULL};

/* Every row of type CHOICE; found by its key, so that the table stays one line a setting. */
static const char *const *const choices[ALD_N_KEYS] = {
    [ALD_KEY_LOG_LEVEL] = log_levels,
    [ALD_KEY_LOG_FORMAT] = log_formats,
};

struct unit {
    const char *name;
    uint64_t worth;
};

/* Largest first, which is how they are tried when a value is written. */
static const struct unit duration_units[] = {
    {"h", ALD_CONFIG_HOUR}, {"m", 60 * ALD_SEC}, {"s", ALD_SEC}, {"ms", ALD_MSEC}, {NULL, 0},
};
static const struct unit size_units[] = {
    {"GiB", (uint64_t)ALD_MIB * 1024}, {"MiB", ALD_MIB}, {"KiB", ALD_KIB}, {"", 1}, {"B", 1}, {NULL, 0},
};

const char *const *ald_config_choices(const struct ald_config_row *row)
{
    const char *const *words = choices[row - ald_config_rows];

    ald_assert(words != NULL);
    return words;
}

static int ALD_PRINTF(2, 3) value_bad(struct ald_config_value_why *why, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vsnprintf(why->text, sizeof(why->text), format, args);
    va_end(args);
    return ALD_CONFIG_VALUE_BAD;
}

/* "X is not <what>" with X short enough for the rest to fit. */
static int value_is_not(struct ald_config_value_why *why, struct ald_str text, const char *what)
{
    char quoted[80];

    (void)ald_printable(text, quoted, sizeof(quoted));
    if (text.size == 0) {
        return value_bad(why, "the value is missing; it is %s", what);
    }
    return value_bad(why, "\"%s\" is not %s", quoted, what);
}

static int range_check(const struct ald_config_row *row, struct ald_str text, uint64_t number,
                       struct ald_config_value_why *why)
{
    char quoted[80], min[32], max[32];

    if (number >= row->min && number <= row->max) {
        return 0;
    }
    (void)ald_printable(text, quoted, sizeof(quoted));
    ald_config_value_format(row->type, row->min, min, sizeof(min));
    ald_config_value_format(row->type, row->max, max, sizeof(max));
    if (row->min == row->max) {
        return value_bad(why, "%s is not possible; only %s is", quoted, min);
    }
    return value_bad(why, "%s is out of range; from %s to %s", quoted, min, max);
}

/* Outcome: ALD_CONFIG_VALUE_BAD, and nothing said. */
static int unit_parse(struct ald_str text, const struct unit *units, uint64_t *ret_number)
{
    size_t n_digits = 0;
    uint64_t count;

    while (n_digits < text.size && text.data[n_digits] >= '0' && text.data[n_digits] <= '9') {
        n_digits++;
    }
    if (ald_str_u64((struct ald_str){text.data, n_digits}, &count) != 0) {
        return ALD_CONFIG_VALUE_BAD;
    }

    for (; units->name != NULL; units++) {
        if (ald_str_equal(ald_str(units->name), ald_str_from(text, n_digits))) {
            /* What does not fit is out of everybody's range, so it may stay at the largest number. */
            *ret_number = count > UINT64_MAX / units->worth ? UINT64_MAX : count * units->worth;
            return 0;
        }
    }
    return ALD_CONFIG_VALUE_BAD;
}

static int duration_parse(struct ald_str text, uint64_t *ret_number)
{
    if (ald_str_equal(text, ALD_STR("0"))) {
        *ret_number = 0;
        return 0;
    }
    return unit_parse(text, duration_units, ret_number);
}

static int mode_parse(struct ald_str text, uint64_t *ret_number)
{
    uint64_t mode = 0;

    if (text.size < 3 || text.size > 4) {
        return ALD_CONFIG_VALUE_BAD;
    }
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '7') {
            return ALD_CONFIG_VALUE_BAD;
        }
        mode = mode * 8 + (uint64_t)(text.data[i] - '0');
    }
    *ret_number = mode;
    return 0;
}

static int yes_parse(struct ald_str text, uint64_t *ret_number)
{
    if (ald_str_equal_nocase(text, ALD_STR("yes")) || ald_str_equal_nocase(text, ALD_STR("true"))) {
        *ret_number = 1;
        return 0;
    }
    if (ald_str_equal_nocase(text, ALD_STR("no")) || ald_str_equal_nocase(text, ALD_STR("false"))) {
        *ret_number = 0;
        return 0;
    }
    return ALD_CONFIG_VALUE_BAD;
}

/* The types that are numbers, and how they are said. CHOICE is not here: what it may be depends on the row. */
static const struct {
    int (*parse)(struct ald_str text, uint64_t *ret_number);
    const char *what;
} numbers[ALD_N_CONFIG_TYPES] = {
    [ALD_CONFIG_YES] = {yes_parse, "yes or no"},
    [ALD_CONFIG_NUMBER] = {ald_str_u64, "a number"},
    [ALD_CONFIG_MODE] = {mode_parse, "a mode like 0600"},
    [ALD_CONFIG_SIZE] = {NULL, "a size like 4096, 64KiB, 16MiB or 1GiB"},
    [ALD_CONFIG_DURATION] = {duration_parse, "a duration like 500ms, 5s, 2m or 1h"},
};

static int number_parse(const struct ald_config_row *row, struct ald_str text, uint64_t *ret_number,
                        struct ald_config_value_why *why)
{
    uint64_t number;
    int r;

    r = row->type == ALD_CONFIG_SIZE ? unit_parse(text, size_units, &number) : numbers[row->type].parse(text, &number);
    if (r != 0) {
        return value_is_not(why, text, numbers[row->type].what);
    }
    r = range_check(row, text, number, why);
    if (r == 0) {
        *ret_number = number;
    }
    return r;
}

static int choice_parse(const struct ald_config_row *row, struct ald_str text, uint64_t *ret_number,
                        struct ald_config_value_why *why)
{
    const char *const *words = ald_config_choices(row);
    char list[128] = "one of";
    size_t size = strlen(list);

    for (size_t i = 0; words[i] != NULL; i++) {
        if (ald_str_equal(text, ald_str(words[i]))) {
            *ret_number = i;
            return 0;
        }
        size += (size_t)snprintf(list + size, sizeof(list) - size, "%s %s", i > 0 ? "," : "", words[i]);
        ald_assert(size < sizeof(list));
    }
    return value_is_not(why, text, list);
}

static int length_check(const struct ald_config_row *row, struct ald_str text, struct ald_config_value_why *why)
{
    if (text.size < row->min) {
        return value_bad(why, "the value is missing");
    }
    if (text.size > row->max) {
        return value_bad(why, "%zu bytes are too many; at most %llu", text.size, (unsigned long long)row->max);
    }
    if (memchr(text.data, '\0', text.size) != NULL || !ald_utf8_valid(text)) {
        return value_bad(why, "the value is not plain UTF-8 text");
    }
    return 0;
}

static int name_check(struct ald_str text, struct ald_config_value_why *why)
{
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';

        if (!letter && (i == 0 || c < '0' || c > '9')) {
            return value_is_not(why, text, "a name: letters, digits and _, no digit first");
        }
    }
    return 0;
}

static int addresses_check(struct ald_str text, struct ald_config_value_why *why)
{
    struct ald_str rest = text;
    struct ald_config_address address;

    while (ald_config_address_next(&rest, &address)) {
    }
    /* What could not be read was left in the list. */
    if (rest.size > 0) {
        return value_is_not(why, rest,
                            "host:port, like 127.0.0.1:8062, [::1]:8062 or *:8062, several separated by commas");
    }
    return 0;
}

int ald_config_value_parse(const struct ald_config_row *row, struct ald_str text, uint64_t *ret_number,
                           struct ald_config_value_why *ret_why)
{
    int r;

    if (row->type == ALD_CONFIG_CHOICE) {
        return choice_parse(row, text, ret_number, ret_why);
    }
    if (numbers[row->type].what != NULL) {
        return number_parse(row, text, ret_number, ret_why);
    }

    r = length_check(row, text, ret_why);
    if (r == 0 && row->type == ALD_CONFIG_NAME) {
        r = name_check(text, ret_why);
    }
    if (r == 0 && row->type == ALD_CONFIG_ADDRESSES) {
        r = addresses_check(text, ret_why);
    }
    if (r == 0) {
        *ret_number = 0;
    }
    return r;
}

static void unit_format(const struct unit *units, uint64_t number, char *to, size_t room)
{
    while (units[1].name != NULL && (number % units->worth != 0 || number == 0)) {
        units++;
    }
    (void)snprintf(to, room, "%llu%s", (unsigned long long)(number / units->worth), units->name);
}

void ald_config_value_format(enum ald_config_type type, uint64_t number, char *to, size_t room)
{
    switch (type) {
    case ALD_CONFIG_DURATION:
        if (number == 0) {
            (void)snprintf(to, room, "0");
            break;
        }
        unit_format(duration_units, number, to, room);
        break;
    case ALD_CONFIG_SIZE:
        unit_format(size_units, number, to, room);
        break;
    case ALD_CONFIG_MODE:
        (void)snprintf(to, room, "%04llo", (unsigned long long)number);
        break;
    case ALD_CONFIG_YES:
        (void)snprintf(to, room, "%s", number != 0 ? "yes" : "no");
        break;
    default:
        (void)snprintf(to, room, "%llu", (unsigned long long)number);
        break;
    }
}
