#include "client/way.h"

#include "client/carrier.h"
#include "wire/communicator/communicator.h"
#include "wire/exchange/exchange.h"
#include "wire/link/link.h"

enum { EXCHANGE_PORT = 8062 }; /* exchange.md 2.1, for all schemes */

enum {
    EXCHANGE_CAN = ALD_WAY_ADDRESSES | ALD_WAY_ASKS | ALD_WAY_STATUSES | ALD_WAY_DRAINS | ALD_WAY_STORES,
    COMMUNICATOR_CAN = ALD_WAY_ADDRESSES | ALD_WAY_ASKS | ALD_WAY_LEAVES | ALD_WAY_EVENT_OPTIONS | ALD_WAY_NEWS |
                       ALD_WAY_NAME_PASSES | ALD_WAY_UNKNOWN,
    LINK_CAN = ALD_WAY_ADDRESSES | ALD_WAY_LEAVES | ALD_WAY_CODES | ALD_WAY_STORES,
    DATAGRAM_CAN = ALD_WAY_ADDRESSES | ALD_WAY_EVENT_OPTIONS | ALD_WAY_UNHEARD
};

#define WAY_EXCHANGE                                                                                                   \
    .api = true, .port = EXCHANGE_PORT, .carrier = &ald_carrier_ws, .dialect = &ald_exchange,                          \
    .variant = ALD_EXCHANGE_V1 | ALD_EXCHANGE_EXTENDED, .can = EXCHANGE_CAN
#define WAY_COMMUNICATOR                                                                                               \
    .carrier = &ald_carrier_bytes, .dialect = &ald_communicator, .variant = ALD_COMMUNICATOR_SERVICE,                  \
    .can = COMMUNICATOR_CAN
#define WAY_LINK                                                                                                       \
    .numbers = true, .port = EXCHANGE_PORT, .carrier = &ald_carrier_link, .dialect = &ald_link, .can = LINK_CAN
#define WAY_DATAGRAM                                                                                                   \
    .near = true, .port = ALD_COMMUNICATOR_PORT_UDP, .carrier = &ald_carrier_datagram, .dialect = &ald_communicator,   \
    .variant = ALD_COMMUNICATOR_DATAGRAM, .can = DATAGRAM_CAN

const struct ald_way ald_ways[] = {
    {"unix:", "unix:", 5, "unix:PATH", ALD_WAY_PATH, .is_unix = true, WAY_EXCHANGE},
    {"ws://", "ws://", 5, "ws://HOST[:PORT][/PREFIX]", ALD_WAY_PREFIX, WAY_EXCHANGE},
    {"wss://", "wss://", 6, "wss://HOST[:PORT][/PREFIX]", ALD_WAY_PREFIX, .tls = true, WAY_EXCHANGE},
    {"http://", "ws://", 7, "http://HOST[:PORT][/PREFIX]", ALD_WAY_PREFIX, WAY_EXCHANGE},
    {"https://", "wss://", 8, "https://HOST[:PORT][/PREFIX]", ALD_WAY_PREFIX, .tls = true, WAY_EXCHANGE},
    {"cd:///", "cd://", 5, "cd:///PATH", ALD_WAY_PATH, .is_unix = true, WAY_COMMUNICATOR},
    {"cd://", "cd://", 5, "cd://HOST[:PORT]", ALD_WAY_HOST, .near = true, .port = ALD_COMMUNICATOR_PORT_LOCAL,
     WAY_COMMUNICATOR},
    {"cds://", "cds://", 6, "cds://HOST[:PORT]", ALD_WAY_HOST, .tls = true, .port = ALD_COMMUNICATOR_PORT_SECURE,
     WAY_COMMUNICATOR},
    {"cdu://", "cdu://", 6, "cdu://HOST[:PORT]", ALD_WAY_HOST, WAY_DATAGRAM},
    {"cdb://", "cdb://", 6, "cdb://INTERFACE[:PORT]", ALD_WAY_INTERFACE, WAY_DATAGRAM},
    {"link+ws://", "link+ws://", 10, "link+ws://HOST[:PORT][/PREFIX]", ALD_WAY_PREFIX, WAY_LINK},
    {"link+wss://", "link+wss://", 11, "link+wss://HOST[:PORT][/PREFIX]", ALD_WAY_PREFIX, .tls = true, WAY_LINK},
    {.scheme = NULL},
};

const struct ald_way ald_ways_inproc[] = {
    {"inproc:", "inproc:", 7, "inproc:", ALD_WAY_PATH, WAY_EXCHANGE},
    {"link+inproc:", "link+inproc:", 12, "link+inproc:", ALD_WAY_PATH, WAY_LINK},
    {"cd+inproc:", "cd+inproc:", 10, "cd+inproc:", ALD_WAY_PATH, WAY_COMMUNICATOR},
    {.scheme = NULL},
};
