#pragma once

/*
 * HTTP fields: the headers of a message as views, and the small grammars of their values (RFC 9110 section 5).
 *
 * Everything here borrows and allocates nothing.
 */

#include "base/defs.h"
#include "base/str.h"

struct ald_http_field {
    struct ald_str name;
    struct ald_str value; /* without blanks around it; may be empty */
};

struct ald_http_fields {
    const struct ald_http_field *items;
    size_t n;
};

/* How many fields are called `name` (in any case). */
size_t ald_http_fields_count(struct ald_http_fields fields, struct ald_str name);
/* The value of the first field called `name`, or the absent view. */
struct ald_str ald_http_fields_find(struct ald_http_fields fields, struct ald_str name);
/* Some field called `name` lists `token` (in any case), as in `Connection: keep-alive, Upgrade`. */
bool ald_http_fields_list(struct ald_http_fields fields, struct ald_str name, struct ald_str token);

/*
 * Take the next non-empty element off the comma separated list `*list` (RFC 9110 section 5.6.1), trimmed; commas inside
 * quoted strings do not separate. False when there is none left.
 */
bool ald_http_list_next(struct ald_str *list, struct ald_str *ret_item);
/* The element of a list without its parameters: `a` of `a; b=c`. */
struct ald_str ald_http_item_name(struct ald_str item);

/* One or more token characters, RFC 9110 section 5.6.2. */
bool ald_http_token_valid(struct ald_str text);
/* May be the value of a field: blanks, tabs, visible ASCII, bytes over 0x7F (section 5.5). */
bool ald_http_value_valid(struct ald_str text);
/* The value of a hexadecimal digit, or -1. */
int ald_http_hex_value(char digit);
