#pragma once

/*
 * Net: what all streams and listeners of one loop share: the blocks they read into, the counters, the names of inproc
 * listeners, and the list of what is alive.
 *
 * Lifetime:   ald_net_new() to ald_net_free(), which comes after the last listener and stream were closed and freed by
 *             their owners. Streams that only linger (closed and given up by their owner) are aborted by it.
 * Threading:  the loop's thread only. One net per loop.
 */

#include "base/defs.h"

struct ald_block_pool;
struct ald_loop;
struct ald_net;

/* What happened, since the start. X(name, meaning). */
#define ALD_NET_COUNTERS(X)                                                                                            \
    X(accepted, "connections accepted")                                                                                \
    X(dialed, "connections asked for")                                                                                 \
    X(opened, "streams whose handshakes succeeded; one that becomes a WebSocket counts again")                         \
    X(closed, "streams that ended, however")                                                                           \
    X(refused, "dials that nobody answered, or that were answered with no")                                            \
    X(broken, "connections that ended without a goodbye")                                                              \
    X(timeouts, "handshakes and closes that missed their deadline")                                                    \
    X(accept_failures, "accepts that the system refused")                                                              \
    X(accept_shed, "connections dropped because no descriptor was left")                                               \
    X(tls_failures, "TLS handshakes and records that were wrong")                                                      \
    X(tls_truncated, "TLS connections that ended without close_notify")                                                \
    X(ws_refused, "WebSocket handshakes that were wrong")                                                              \
    X(ws_violations, "WebSocket connections closed for breaking RFC 6455")                                             \
    X(ws_oversize, "WebSocket messages or frames over their limit")                                                    \
    X(ws_no_budget, "WebSocket messages for which the shared reassembly budget was too small")                         \
    X(ws_pings_merged, "pings answered together with a later one")                                                     \
    X(discarded_bytes, "bytes received after the stream was closed on our side")                                       \
    X(read_bytes, "bytes read from sockets")                                                                           \
    X(written_bytes, "bytes written to sockets")                                                                       \
    X(reads, "read calls")                                                                                             \
    X(writes, "write calls")                                                                                           \
    X(no_memory, "streams ended because memory was short")                                                             \
    X(udp_received, "datagrams received")                                                                              \
    X(udp_sent, "datagrams sent")                                                                                      \
    X(udp_oversize, "datagrams dropped because they were longer than their receiver takes")                            \
    X(udp_foreign, "datagrams dropped because they did not come from this machine")                                    \
    X(udp_overflow, "datagrams that the system dropped because they came faster than they were read")                  \
    X(udp_failures, "receive calls for datagrams that the system refused")                                             \
    X(udp_send_oversize, "datagrams not sent because they were over the limit")                                        \
    X(udp_send_full, "datagrams not sent because the system had no room")                                              \
    X(udp_unheard, "datagrams that could not be sent, or that nobody listened to")

struct ald_net_counters {
#define ALD_X(name, meaning) uint64_t name;
    ALD_NET_COUNTERS(ALD_X)
#undef ALD_X
};

/* Gives a net on `loop` (borrows, for its whole life). Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_net_new(struct ald_loop *loop, struct ald_net **ret_net);
/* Aborts what lingers; asserts that nothing else is left. NULL is fine; returns NULL. */
struct ald_net *ald_net_free(struct ald_net *net);
ALD_DEFINE_CLEANUP(struct ald_net *, ald_net_free);

struct ald_loop *ald_net_loop(const struct ald_net *net);
const struct ald_net_counters *ald_net_counters(const struct ald_net *net);
/* Streams alive, those that linger included. A stack of tls and ws over tcp counts once. */
size_t ald_net_streams(const struct ald_net *net);
/* Of a stream that its owner has closed and given up the kernel has bytes that it still has to get across: they would be lost
 * with ald_net_free(). */
bool ald_net_delivers(const struct ald_net *net);

/*
 * Budget: a number of bytes that several streams share, for messages that are being put together. A stream that finds
 * it empty is closed (1013 on a WebSocket), so many peers that each send half a large message cannot add up to all
 * memory.
 */
struct ald_budget {
    size_t max;
    size_t used;
};

/* A line for people about why something could not be done, naming the file, host or address. */
struct ald_why {
    char text[256];
};
