#pragma once

/*
 * JSON as the test reads it: slow, small, and written from the grammar (RFC 8259) without a look at the project's own, so that
 * the two judge each other.
 */

#include "base/str.h"

/* Nothing but one value, with blanks around it. */
bool cuts_json_check(struct ald_str text);
/* What a member of an object is; absent: it has no such member, or is no object. */
struct ald_str cuts_json_member(struct ald_str object, const char *name);
/* The same of an array. */
struct ald_str cuts_json_item(struct ald_str array, size_t place);
/* False: it is no integer. */
bool cuts_json_int(struct ald_str value, int64_t *ret_number);
/* It is the string `text`, with nothing escaped in it. */
bool cuts_json_is(struct ald_str value, const char *text);
/* The inside of a string; absent: it is none. */
struct ald_str cuts_json_text(struct ald_str value);
