/*
 * An existing connector comes back after every code but 1000 (exchange.md 4.5), so 1000 is only said to who asked for
 * it: whoever is asked to leave by a hub is meant to look for another, or to return later.
 */

#include "conn/conn_close.h"

#include "wire/ws/ws_frame.h"

static const struct ald_conn_code codes[] = {
    /* exchange.md 2.12: what the original sends after a goodbye that was answered or not. */
    [ALD_CLOSE_LEFT] = {ALD_WS_CLOSE_INTERNAL, ""},
    [ALD_CLOSE_UNHEALTHY] = {ALD_WS_CLOSE_INTERNAL, "Health checks failed"},
    [ALD_CLOSE_MUTE] = {ALD_WS_CLOSE_INTERNAL, "PRIMARY was not answered"},
    [ALD_CLOSE_SLOW] = {ALD_WS_CLOSE_POLICY, "Does not read what it is sent"},
    [ALD_CLOSE_REPLACED] = {ALD_WS_CLOSE_POLICY, "Another connection took its name"},
    [ALD_CLOSE_DENIED] = {ALD_WS_CLOSE_POLICY, "Registration denied"},
    [ALD_CLOSE_FULL] = {ALD_WS_CLOSE_LATER, "Too many connections"},
    /* exchange.md 12: a connector takes it for a reason to come back at once. */
    [ALD_CLOSE_STOPPING] = {ALD_WS_CLOSE_AWAY, "The hub stops"},
    [ALD_CLOSE_TAKEN] = {ALD_WS_CLOSE_POLICY, "Its session goes on elsewhere"},
};

enum ald_parting ald_conn_parting(enum ald_close_cause cause)
{
    static const enum ald_parting partings[] = {
        [ALD_CLOSE_LEFT] = ALD_PARTING_LEFT,         [ALD_CLOSE_UNHEALTHY] = ALD_PARTING_UNHEALTHY,
        [ALD_CLOSE_MUTE] = ALD_PARTING_UNHEALTHY,    [ALD_CLOSE_SLOW] = ALD_PARTING_UNHEALTHY,
        [ALD_CLOSE_REPLACED] = ALD_PARTING_REPLACED, [ALD_CLOSE_DENIED] = ALD_PARTING_DENIED,
        [ALD_CLOSE_FULL] = ALD_PARTING_FULL,         [ALD_CLOSE_STOPPING] = ALD_PARTING_STOPPING,
        [ALD_CLOSE_TAKEN] = ALD_PARTING_TAKEN,
    };

    ald_assert((size_t)cause < ALD_COUNT(partings));
    return partings[cause];
}

struct ald_conn_code ald_conn_code_of(enum ald_close_cause cause)
{
    ald_assert((size_t)cause < ALD_COUNT(codes));
    return codes[cause];
}

/* exchange.md 2.12: how the one who was told goodbye closes, which an existing peer takes for its answer. */
struct ald_conn_code ald_conn_code_of_goodbye(bool reconnect)
{
    return reconnect ? (struct ald_conn_code){ALD_WS_CLOSE_LATER, "GoodBye Command with reconnection requested."}
                     : (struct ald_conn_code){ALD_WS_CLOSE_NORMAL, "GoodBye Command without reconnection."};
}
