#pragma once

/*
 * Schemas: what messages must look like, known to the program itself. A set is filled with documents, each of which
 * describes one message (docs/schemas.md), and given to a client. From then on
 *
 *     a command, event or answer of ours   that breaks its schema is not sent: the function that was to send it gives
 *                                          ALDIS_E_INVALID, and aldis_schemas_fault() says what is wrong, and where
 *     a command that comes                 is refused (`invalid`) before its handler is called; an event is dropped
 *     a reply that comes                   becomes `failed` (`agent_broke`); its payload is not shown
 *
 * in the words of a hub that knows them. What has no document passes. Where a message comes from and goes to, and who may say
 * it, is the hub's to judge.
 *
 * Lifetime:   aldis_schemas_new() to aldis_schemas_free(); a client that was given a set keeps what it needs of it.
 * Threading:  fill a set on one thread. The rest from any thread.
 */

#include "aldis/client.h"

ALDIS_EXTERN_BEGIN

struct aldis_schemas;

/* Gives an empty set. Errors: ALDIS_E_INVALID (NULL), ALDIS_E_NOMEM. */
ALDIS_API ALDIS_RESULT int aldis_schemas_new(struct aldis_schemas **ret_schemas);

/*
 * Add one document: `size` bytes of JSON, 0: it ends with a NUL. It takes the place of one of the same name. When it is not
 * taken, `why` (may be NULL; `why_size` bytes with the terminator) is told what is wrong, and where. Errors: ALDIS_E_INVALID
 * (it is no document; there are 4,096 already; a client has the set), ALDIS_E_NOMEM.
 */
ALDIS_API ALDIS_RESULT int aldis_schemas_add(struct aldis_schemas *schemas, const char *document, size_t size,
                                             char *why, size_t why_size);

/*
 * Add the documents in all files NAME.json of a folder, by their names in byte order; the first that is wrong ends it, and what
 * was added before stays. Errors: as aldis_schemas_add(), and ALDIS_E_IO (`why` says which file cannot be read).
 */
ALDIS_API ALDIS_RESULT int aldis_schemas_add_folder(struct aldis_schemas *schemas, const char *folder, char *why,
                                                    size_t why_size);

/* Let go of it. NULL is fine; returns NULL. */
ALDIS_API struct aldis_schemas *aldis_schemas_free(struct aldis_schemas *schemas);

/*
 * Hold everything that `client` says and hears from now on against `schemas` (shares; NULL: against none). Nothing can be added to
 * the set any more: for others make another set. Errors: ALDIS_E_INVALID.
 */
ALDIS_API int aldis_client_use_schemas(struct aldis_client *client, struct aldis_schemas *schemas);

/*
 * Why a function that was called on this thread, and gave ALDIS_E_INVALID, did not send the payload: `Request foo:EchoRequest failed
 * validation: must be of type string at /text (rule #/properties/text/type)`. "" when it was anything else. Lives until this
 * thread sends the next one.
 */
ALDIS_API const char *aldis_schemas_fault(void);

ALDIS_EXTERN_END
