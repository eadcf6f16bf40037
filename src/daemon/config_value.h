#pragma once

/*
 * Config values: the texts of settings and what they mean, for each type of the table.
 *
 * Pure, and nothing here allocates.
 */

#include "daemon/config.h"

struct ald_config_value_why {
    char text[256];
};

enum { ALD_CONFIG_VALUE_BAD = 1 };

/*
 * Read `text` as a value of `row`; for types that are texts `*ret_number` is 0. Outcome: ALD_CONFIG_VALUE_BAD,
 * `ret_why` then says what is wrong and what would be right, and quotes the text as far as it can be shown.
 */
ALD_NODISCARD int ald_config_value_parse(const struct ald_config_row *row, struct ald_str text, uint64_t *ret_number,
                                         struct ald_config_value_why *ret_why);

/* Write the number as one would in a file: 5s, 64KiB. `to` is always terminated. */
void ald_config_value_format(enum ald_config_type type, uint64_t number, char *to, size_t room);

/* The words of a CHOICE, ends with NULL. */
const char *const *ald_config_choices(const struct ald_config_row *row);
