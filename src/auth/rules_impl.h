#pragma once

/* The inside of the rules, for the files of this folder only. */

#include "auth/rules.h"

struct ald_rules {
    char *text;    /* what everything borrows */
    char *scratch; /* as large; where patterns are decoded to */
    struct ald_principal **principals;
    size_t n_principals, principals_room;
    struct ald_command_pattern *patterns; /* names alone are in `target` (serve) or in `name` (the others) */
    size_t n_patterns, patterns_room;
    struct ald_token_hash *hashes; /* in the order of their bytes */
    size_t n_hashes, hashes_room;
    struct ald_table by_name, by_user;
    struct ald_rule primary_only;
    unsigned primary_line; /* of its section */
};
