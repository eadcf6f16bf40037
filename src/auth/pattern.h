#pragma once

/*
 * Pattern: what a rule says of names: `lamp`, `press-*`, `*`; and of commands: `lamp:signal`, `*:ping`, `:*`.
 *
 * Names are written as in the text form of an address (msg/address.h): what would mean something is percent-encoded. A
 * `*` at the end stands for any rest; anywhere else it is a mistake, since a reader could take it for more than it is.
 * The empty name is the hub itself.
 *
 * Pure: no memory of its own; a pattern borrows what it was decoded into.
 */

#include "base/str.h"

struct ald_pattern {
    struct ald_str name; /* plain */
    bool open;           /* any rest may follow */
};

/*
 * Read one. `text` is decoded into `scratch` (at least `text.size` bytes), which the pattern then borrows. Returns what is
 * wrong with it (static), or NULL.
 */
const char *ald_pattern_parse(struct ald_str text, char *scratch, struct ald_pattern *ret_pattern);
bool ald_pattern_fits(const struct ald_pattern *pattern, struct ald_str name);

/* What may be commanded: a target and a name. */
struct ald_command_pattern {
    struct ald_pattern target, name;
};

/* Read `TARGET:NAME`; as ald_pattern_parse(). The first plain `:` parts the two. */
const char *ald_command_pattern_parse(struct ald_str text, char *scratch, struct ald_command_pattern *ret_pattern);

/*
 * Take the next word off a comma separated `list`, without the blanks around it; false when the list is absent, which it
 * is after its last word. Two commas in a row, or one at an end, have an empty word beside them, and so is an empty list.
 */
bool ald_pattern_word_next(struct ald_str *list, struct ald_str *ret_word);
