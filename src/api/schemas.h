#pragma once

/*
 * Schemas of a client: what its messages are held against, both ways (<aldis/schemas.h>). The verdicts are those of a hub
 * (msg/blueprint_check.h).
 *
 * Threading: the functions, from any thread; the sets are counted, and do not change any more once a client has them.
 */

#include "aldis/schemas.h"
#include "base/str.h"
#include "msg/blueprint_check.h"

/* Which payload of a message is looked at. */
enum ald_api_payload { ALD_API_COMMAND, ALD_API_EVENT, ALD_API_REPLY };

/* A function that sends begins: nothing was wrong yet. */
void ald_api_schemas_begin(void);
/*
 * Does `payload` (borrows; absent: none) of the message `name`, which `client` is about to say, keep to its schemas? Errors:
 * ALDIS_E_INVALID, and aldis_schemas_fault() says why; ALDIS_E_NOMEM.
 */
ALD_NODISCARD int ald_api_schemas_say(struct aldis_client *client, enum ald_api_payload what, struct ald_str name,
                                      struct ald_str payload);

/*
 * The same of what has come. Outcomes: those of ald_blueprint_check(), with its `text`. Errors: ALDIS_E_NOMEM.
 */
ALD_NODISCARD int ald_api_schemas_hear(struct aldis_client *client, enum ald_api_payload what, struct ald_str name,
                                       struct ald_str payload, char text[ALD_BLUEPRINT_TEXT_MAX]);
