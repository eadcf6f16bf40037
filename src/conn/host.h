#pragma once

/*
 * Host: is a request for us, by the name it uses?
 *
 * A page in a browser reaches what its own name resolves to. Whoever owns a name can let it resolve to 127.0.0.1 after the
 * page was loaded ("DNS rebinding"); then its requests to a door of this machine are same-origin, carry its own name as
 * Origin and as Host, and their answers can be read. So a door that only this machine reaches, and that asks nobody who he
 * is, answers to addresses and to names that nobody else can let resolve to us, and to those that it was told.
 */

#include "base/str.h"

/*
 * `host` (of a request: a name or an address, perhaps with a port; may be absent, browsers always send one) is an IP address,
 * `localhost`, a name below it (RFC 6761 section 6.3), or one of the comma separated `names`, in any case.
 */
bool ald_host_is_ours(struct ald_str host, struct ald_str names);
