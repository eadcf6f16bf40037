/*
 * Acknowledgements that a peer gives without knowing it, role hub.
 *
 * Existing clients acknowledge with their heartbeats only, one in fifteen seconds (link.md 2.4), and what is not acknowledged
 * waits in the window of their session, which has an end (hub/session.h). But whoever speaks WebSocket answers a ping with a
 * pong of the same payload (RFC 6455 5.5.3). So a ping that names the last serial goes behind it when enough was told, and
 * the pong proves that the peer's WebSocket layer has read everything before it.
 *
 * That layer hands out messages in the order in which they came, and pongs are written in the same order: in the `ws` package,
 * which the original's programs use, one loop reads a message, emits 'message' and only then goes on to the ping (with
 * allowSynchronousEvents, its default, in one call; without, the loop stands still until the event was emitted). There, a pong
 * says no less than a heartbeat would. Browsers, and Python's websockets, answer as soon as the messages wait for the application,
 * which still gets them when the connection breaks; only one that ends with them loses them.
 *
 * Whoever lost any says so when it resumes with a lower serial, and is invalidated, counted: the hub has nothing to say again
 * (hub/session.h). So nothing is lost in silence.
 *
 * A pong is no heartbeat (link.md 2.4), and one that does not answer the ping that is under way means nothing. Who answers no
 * ping gets no second one, and goes on with heartbeats.
 */

#include "base/error.h"
#include "wire/link/link_impl.h"

#include <stdio.h>

/*
 * So much is told without an acknowledgement before a ping asks for one. Small beside the window (1/512 of it),
 * because what was told during a round trip comes on top, and what a quiet session stays below is held from one
 * heartbeat to the next: a thousand of those fit into the room of all windows. And large enough that a ping, and a system call for
 * its pong at the peer, cost nothing beside the messages.
 */
enum { PING_MESSAGES = 256, PING_BYTES = 256 * 1024 };

/* What our pings say before the serial, which is 20 digits at most; a control frame has room for 125 bytes. */
#define PING_MARK "aldis "
enum { PING_MAX = sizeof(PING_MARK) + 20 };

static struct ald_str ping_text(uint64_t serial, char room[PING_MAX + 1])
{
    return ald_str_of(room, (size_t)snprintf(room, PING_MAX + 1, PING_MARK "%llu", (unsigned long long)serial));
}

static int ping_write(struct ald_link *link)
{
    struct ald_link_ping *ping = &link->ping;
    size_t at = ald_buf_size(&link->work->out);
    char room[PING_MAX + 1];

    if (ald_buf_push(&link->work->out, ping_text(ping->told, room)) != 0) {
        ald_buf_cut(&link->work->out, at);
        return ald_trace(ALDIS_E_NOMEM);
    }
    ald_link_push_ping(link, at);
    ping->asked = ping->told;
    ping->bytes = 0;
    return 0;
}

/* One at a time: so a peer that reads slowly is asked slowly, and has at most one pong to write. */
static int ping_when_due(struct ald_link *link)
{
    const struct ald_link_ping *ping = &link->ping;

    if (ping->asked != 0 || ping->told == ping->acked ||
        (ping->told - ping->acked < PING_MESSAGES && ping->bytes < PING_BYTES)) {
        return 0;
    }
    return ping_write(link);
}

int ald_link_ping_told(struct ald_link *link, uint64_t serial, size_t size)
{
    struct ald_link_ping *ping = &link->ping;

    if (serial == 0) {
        return 0; /* it is in no session, and nobody waits for what becomes of it */
    }
    if (ping->told == 0) {
        ping->acked = serial - 1; /* a session goes on here with what it has not acknowledged */
    }
    ping->told = ALD_MAX(ping->told, serial);
    ping->bytes += size;
    return ping_when_due(link);
}

void ald_link_ping_acked(struct ald_link *link, uint64_t serial)
{
    struct ald_link_ping *ping = &link->ping;

    ping->acked = ALD_MAX(ping->acked, ALD_MIN(serial, ping->told));
    if (ping->acked == ping->told) {
        ping->bytes = 0;
    }
}

int ald_link_ping_answered(struct ald_link *link, struct ald_str payload)
{
    struct ald_link_ping *ping = &link->ping;
    uint64_t serial = ping->asked;
    char room[PING_MAX + 1];

    if (serial == 0 || !ald_str_equal(payload, ping_text(serial, room))) {
        ald_link_count(link, ALD_LINK_N_PONGS_UNASKED);
        return 0;
    }
    ald_link_count(link, ALD_LINK_N_PONGS_IN);
    ping->asked = 0;
    if (serial > ping->acked) { /* no heartbeat was faster */
        ping->acked = serial;
        ald_link_say_acked(link, serial);
    }
    return ping_when_due(link);
}
