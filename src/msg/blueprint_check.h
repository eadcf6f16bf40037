#pragma once

/*
 * What a payload that breaks the schema of its message is told, the same wherever it is looked at: in a hub, where a message comes
 * in (conn/edge_schema.c), and in a program, before it goes out (api/schemas.c). The words are the original's (link.md 4.5), with
 * the place and the rule.
 *
 * Threading: that of the checker.
 */

#include "msg/catalog.h"

enum { ALD_BLUEPRINT_TEXT_MAX = ALD_SCHEMA_TEXT_MAX + 320 }; /* a name, what is wrong, and where */

enum {
    ALD_BLUEPRINT_BROKEN = 1, /* it breaks a rule, or is no JSON */
    ALD_BLUEPRINT_TOO_MUCH    /* it could not be decided within the limits */
};

/*
 * Does `payload` (borrows; absent counts as null) keep to the schema of the message, or (`is_response`) of the answer? Sound where
 * there is none. On every outcome `text` says why. Errors: ALDIS_E_NOMEM.
 */
ALD_NODISCARD int ald_blueprint_check(const struct ald_blueprint *blueprint, bool is_response,
                                      struct ald_schema_checker *checker, struct ald_str payload,
                                      char text[ALD_BLUEPRINT_TEXT_MAX]);
