#pragma once

/*
 * Way: what a scheme of a URL stands for: what follows it, how the hub is dialled, which protocol is spoken there, and
 * what that can say. A new scheme is a new row in way.c, and nothing else asks which one it is.
 */

#include "base/str.h"

struct ald_carrier; /* client/carrier.h */
struct ald_dialect_type;

/* What may follow the scheme. */
enum ald_way_form {
    ALD_WAY_PATH,     /* the path of a socket */
    ALD_WAY_PREFIX,   /* HOST[:PORT][/PREFIX] */
    ALD_WAY_HOST,     /* HOST[:PORT] */
    ALD_WAY_INTERFACE /* IFACE[:PORT] */
};

/* What can be said on a way, and what comes of it. */
enum {
    ALD_WAY_ADDRESSES = 1,      /* a command may be for any target; else it is for the hub */
    ALD_WAY_ASKS = 2,           /* what became of a command of an earlier connection (client/ask.h) */
    ALD_WAY_STATUSES = 4,       /* how far a job is */
    ALD_WAY_DRAINS = 8,         /* after our goodbye what runs is still answered */
    ALD_WAY_LEAVES = 16,        /* a goodbye ends the connection, and must be said to a hub that shall not miss us */
    ALD_WAY_EVENT_OPTIONS = 32, /* of an event: hold, report, everyone */
    ALD_WAY_NEWS = 64,          /* of the world around the hub, also when it is asked for */
    ALD_WAY_NAME_PASSES = 128,  /* a name that is taken may be free later: our own former connection may have it */
    ALD_WAY_UNKNOWN = 256,      /* who sends an event that nobody takes is told so */
    ALD_WAY_UNHEARD = 512,      /* nobody says that they heard anything */
    ALD_WAY_CODES = 1024,       /* how the hub closes says whether it makes sense to come again (link.md 2.11) */
    ALD_WAY_STORES = 2048       /* of a command: durable, and a collapse key */
};

struct ald_way {
    const char *scheme; /* with what follows it: "cd://" */
    const char *shown;  /* the same, as it is written back */
    size_t at;          /* where the rest begins; of "cd:///" the last slash is part of it */
    const char *full;   /* the whole of what may be written, for people: "cd://HOST[:PORT]" */
    uint8_t form;       /* enum ald_way_form */
    bool is_unix;
    bool tls;
    bool near;     /* not beyond this machine and private networks: nothing is encrypted (communicator.md 2.1) */
    bool numbers;  /* a target is the number of a host (link.md 1.3) */
    bool api;      /* there is an HTTP server, with /api/v1 */
    uint16_t port; /* unless another is written */
    const struct ald_carrier *carrier;
    const struct ald_dialect_type *dialect;
    uint32_t variant;
    unsigned can; /* ALD_WAY_* */
};

/* All of them; the first that fits is meant. Ends with a row without a scheme. */
extern const struct ald_way ald_ways[];
/* To listeners in this process, which only its own hub has (<aldis/hub.h>): the scheme is all of the URL, and ald_url_parse() knows
 * none of them. The first is the one that is meant when nothing is said. Ends as the others. */
extern const struct ald_way ald_ways_inproc[];
