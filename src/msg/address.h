#pragma once

/*
 * Address: where a message goes or comes from, `[hub:]target[#channel]`, with the scope as an attribute of its own.
 *
 * A name is any UTF-8. In the text form the bytes `: # / * ? . %` and blanks inside a name are percent-encoded, so that a
 * target called "a:b" and a target b of hub a never look alike (DESIGN section 1).
 */

#include "base/buf.h"
#include "base/str.h"

enum ald_scope {
    ALD_SCOPE_ONE,       /* one target */
    ALD_SCOPE_HERE,      /* `.` all of this hub */
    ALD_SCOPE_NETWORK,   /* `?` this private network */
    ALD_SCOPE_EVERYWHERE /* `*` */
};

/* Names are plain, not percent-encoded. An absent target means "whoever answers what the hub does not": the controller;
 * an empty one means the hub itself. Absent hub: this one. */
struct ald_address {
    struct ald_str hub;
    struct ald_str target;
    struct ald_str channel;
    enum ald_scope scope;
};

#define ALD_ADDRESS_NONE ((struct ald_address){ALD_STR_NONE, ALD_STR_NONE, ALD_STR_NONE, ALD_SCOPE_ONE})

/* Longest name of a target, hub, command or channel, in bytes: long enough for every UUID, path and URL seen in the four
 * protocols, short enough that a name costs less than its message. */
enum { ALD_NAME_MAX = 255 };

enum { ALD_ADDRESS_MALFORMED = 1 };

/*
 * Read the text form. The names are decoded into `scratch` (at least `text.size` bytes), which the address then borrows.
 * Outcome: ALD_ADDRESS_MALFORMED (empty target after a hub, bad percent, name over ALD_NAME_MAX, invalid UTF-8).
 */
ALD_NODISCARD int ald_address_parse(struct ald_str text, char *scratch, struct ald_address *ret_address);

/* Nothing but a target whose name is its own text form, as nearly all are. */
bool ald_address_is_plain(const struct ald_address *address);
/* Append the text form. Outcome: ALD_BUF_FULL. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_address_format(const struct ald_address *address, struct ald_buf *buf);
