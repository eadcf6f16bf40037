#pragma once

/*
 * Addresses of the link protocol: `[type, id]` or `[type, id, request]` (link.md 1.3), and the targets that they are to a hub.
 *
 *     [1,4]   the target 4                [2,7]  instance-7, or the name that an alias gives it
 *     [3,1]   the target control-1        [0,0]  the hub itself
 *
 * Threading: no state. Views borrow what was read.
 */

#include "msg/json_text.h"

enum ald_link_kind {
    ALD_LINK_CONTROLLER,
    ALD_LINK_HOST_KIND,
    ALD_LINK_INSTANCE,
    ALD_LINK_CONTROL_KIND,
    ALD_LINK_BROADCAST,
    ALD_LINK_N_KINDS
};

struct ald_link_address {
    uint8_t type; /* enum ald_link_kind */
    bool is_odd;  /* the id is an integer, as JSON has it, that fits nowhere: it is nobody's */
    int64_t id;
    struct ald_str request; /* the digits of the request id as they stand; absent: none */
};

/* Largest integer that every peer can tell from its neighbours (link.md 2.7). */
#define ALD_LINK_INTEGER_MAX ((int64_t)9007199254740991)

/* Longest text of an address: three integers with what stands around them. */
enum { ALD_LINK_ADDRESS_MAX = 96 };

/* Outcome: not an address. `value` is sound JSON; items after the third are not looked at (link.md 1.3). */
enum { ALD_LINK_NO_ADDRESS = 1 };
ALD_NODISCARD int ald_link_address_read(struct ald_json_value value, struct ald_link_address *ret_address);

/* The same type and id; request ids do not matter. */
static inline bool ald_link_address_same(const struct ald_link_address *a, const struct ald_link_address *b)
{
    return a->type == b->type && a->id == b->id && !a->is_odd && !b->is_odd;
}

/* "[3,1,9]"; returns how many bytes of `room` it takes. */
size_t ald_link_address_format(const struct ald_link_address *address, char room[ALD_LINK_ADDRESS_MAX]);
/* "[Address control:1:9]", as error texts have it. */
size_t ald_link_address_describe(const struct ald_link_address *address, char room[ALD_LINK_ADDRESS_MAX]);

/* "3,1,9": what stands in msg->wire_id. */
size_t ald_link_wire_id(const struct ald_link_address *address, char room[ALD_LINK_ADDRESS_MAX]);
/* Outcome: ALD_LINK_NO_ADDRESS. */
ALD_NODISCARD int ald_link_wire_id_read(struct ald_str wire_id, struct ald_link_address *ret_address);

/* A name that the settings give an address: `[link] alias`, "NAME=host 100, OTHER=instance 7". */
struct ald_str ald_link_alias_name(struct ald_str aliases, const struct ald_link_address *address);

/*
 * The target of an address, in `room` or in `aliases` (may be absent). Absent: it is no host, instance or control, or its id
 * is nobody's.
 */
struct ald_str ald_link_target(struct ald_str aliases, const struct ald_link_address *address,
                               char room[ALD_LINK_ADDRESS_MAX]);
/* The address of a target, [0,0] for one that two integers cannot say; true: it has one. */
bool ald_link_target_read(struct ald_str aliases, struct ald_str target, struct ald_link_address *ret_address);

/* Is `aliases` what the comment above shows, of hosts and instances, each name and each address once? For whoever reads the
 * settings. Outcomes: what is wrong with `ret_bad` (may be NULL). */
enum { ALD_LINK_ALIAS_MALFORMED = 1, ALD_LINK_ALIAS_TWICE };
ALD_NODISCARD int ald_link_aliases_check(struct ald_str aliases, struct ald_str *ret_bad);
