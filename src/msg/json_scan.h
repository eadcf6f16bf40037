#pragma once

/*
 * Envelope scanner: finds a few members of one JSON object and checks the rest, in one pass, without memory.
 *
 * The hub reads envelopes, never payloads: of `{"id":…,"type":…,"payload":{…}}` it wants three views, and must know that
 * the payload is sound JSON, since it will forward it as it is. Nothing is built, nothing is copied; nesting is followed
 * on a stack of fixed size, not by recursion.
 *
 * Threading: no state. The values borrow the text.
 */

#include "msg/json_number.h"
#include "msg/json_text.h"

/* One member that the caller wants: it sets `name` (as decoded), the scanner sets `value`. */
struct ald_json_field {
    struct ald_str name;
    struct ald_json_value value; /* type ALD_JSON_NONE: no such member */
};

#define ALD_JSON_FIELD(literal)                                                                                        \
    {                                                                                                                  \
        .name = ALD_STR(literal)                                                                                       \
    }

/* Outcome: sound JSON, but something else than an object; the type is told and no field is set. */
enum { ALD_JSON_NOT_OBJECT = 2 };

/* What the scanner found. */
struct ald_json_scan {
    struct ald_json_value value; /* the object itself; what follows it is not in `raw` */
    struct ald_json_end end;     /* where reading ended, also when the text is malformed */
    unsigned flags;              /* of everything that was read: without any, every string in it is plain */
    uint32_t n_unknown;          /* members of names that no field has */
};

/*
 * Read the object in `text` with `options` (ALD_JSON_BROKEN_OK, ALD_JSON_TAIL_OK). Every field's value is set, to what
 * the last member of that name holds, or to ALD_JSON_NONE; members of other names are checked and skipped. Names are
 * compared decoded, so `"\u0069d"` is `id`. Fields are found fastest in the order in which peers write them. Two fields
 * may not have one name.
 *
 * `*ret_scan` is written in every case. Outcomes: ALD_JSON_MALFORMED (the fields then hold nothing to rely on),
 * ALD_JSON_NOT_OBJECT.
 */
ALD_NODISCARD int ald_json_scan(struct ald_str text, unsigned options, struct ald_json_field *fields, size_t n_fields,
                                struct ald_json_scan *ret_scan);

/* The same without fields: is `text` one sound JSON value of any type? Outcome: ALD_JSON_MALFORMED. */
ALD_NODISCARD int ald_json_check(struct ald_str text, unsigned options, struct ald_json_scan *ret_scan);
