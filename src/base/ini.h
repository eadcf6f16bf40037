#pragma once

/*
 * Ini: the text of a configuration file as a row of `[section] key = value`.
 *
 * Grammar: one item a line, ending in LF or CRLF. `[section]` begins a section, and so does `[section title]` where the
 * file has titles; `key = value` belongs to the section above it. Blanks around names and values are dropped; a value runs to the end of its line and may be empty. A line
 * whose first character is `#` or `;` is a comment; there are no comments behind values, because `#` is a fair
 * character in a path. Names are made of letters, digits, `_` and `-`. A title runs to the bracket that ends its line
 * and may hold any character, that bracket too; one pair of double quotes around it is dropped. The text is UTF-8,
 * without control characters but tabs.
 *
 * Pure: no file, no memory. Everything given borrows the text.
 */

#include "base/str.h"

struct ald_ini {
    struct ald_str rest;
    struct ald_str section; /* absent before the first one */
    struct ald_str title;   /* of the section; absent without one */
    unsigned line;          /* of what was given last, from 1 */
    bool titled;
};

struct ald_ini_item {
    struct ald_str section, title;
    struct ald_str key, value; /* absent: a section of a file with titles begins, which may stay empty */
    unsigned line;
};

void ald_ini_init(struct ald_ini *ini, struct ald_str text);
/* The same for a file whose sections may have titles; each section is given as an item without a key when it begins. */
void ald_ini_init_titled(struct ald_ini *ini, struct ald_str text);

/* END: no item is left. MALFORMED: the line `ini->line` is wrong, `*ret_what` says how (static). */
enum { ALD_INI_END = 1, ALD_INI_MALFORMED };

/* Give the next item. Outcomes: ALD_INI_END, ALD_INI_MALFORMED; after either nothing more can be read. */
ALD_NODISCARD int ald_ini_next(struct ald_ini *ini, struct ald_ini_item *ret_item, const char **ret_what);
