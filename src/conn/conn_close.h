#pragma once

/* How the hub's reasons to end a connection are said in a WebSocket close frame. */

#include "hub/hub.h"
#include "wire/dialect.h"

struct ald_conn_code {
    uint16_t code; /* RFC 6455 section 7.4 */
    const char *reason;
};

struct ald_conn_code ald_conn_code_of(enum ald_close_cause cause);
/* The same, for a dialect that has words of its own. */
enum ald_parting ald_conn_parting(enum ald_close_cause cause);
/* The peer said goodbye itself, and means (not) to come back. */
struct ald_conn_code ald_conn_code_of_goodbye(bool reconnect);
